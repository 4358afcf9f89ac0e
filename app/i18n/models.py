"""Texts in several languages: which field of which row, and what each language says.

Two tables instead of a JSON column: two people translate at once without losing each other's work, and origin, status
and outdatedness are kept per language (docs/decisions/0005-texts.md).
"""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, Integer, String, Text, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import Model, UTCDateTime, one_of, uuid_key, word


class Origin(StrEnum):
    """Who made a translation."""

    HUMAN = "human"
    MACHINE = "machine"
    IMPORT = "import"


class TranslationStatus(StrEnum):
    """How far a translation is; a draft is not shown."""

    DRAFT = "draft"
    UNREVIEWED = "unreviewed"
    REVIEWED = "reviewed"


class LocalText(Model):
    """One translatable field of one row.

    `scope` is what a page loads at once (an event, a place); `owner` is the row inside it (an agenda item); `kind` is the
    field, such as `item.title`. No foreign keys upwards: owners delete their texts.
    """

    __tablename__ = "local_texts"
    __table_args__ = (UniqueConstraint("owner", "kind"), Index("ix_local_texts_scope", "scope"))

    id: Mapped[uuid.UUID] = uuid_key()
    scope: Mapped[uuid.UUID] = mapped_column(Uuid)
    owner: Mapped[uuid.UUID] = mapped_column(Uuid)
    kind: Mapped[str] = mapped_column(String(40))
    source_lang: Mapped[str] = mapped_column(String(8))
    source_version: Mapped[int] = mapped_column(Integer, default=1)
    translations: Mapped[list[Translation]] = relationship(
        back_populates="text", cascade="all, delete-orphan", passive_deletes=True
    )


class Translation(Model):
    """What a text says in one language, where that came from, and which version of the source it was made from."""

    __tablename__ = "translations"
    __table_args__ = (
        one_of("origin", Origin),
        one_of("status", TranslationStatus),
        Index("ix_translations_lang_status", "lang", "status"),
    )

    text_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("local_texts.id", ondelete="CASCADE"), primary_key=True)
    lang: Mapped[str] = mapped_column(String(8), primary_key=True)
    value: Mapped[str] = mapped_column(Text)
    folded: Mapped[str] = mapped_column(Text)
    origin: Mapped[Origin] = mapped_column(word(Origin, 8), default=Origin.HUMAN)
    status: Mapped[TranslationStatus] = mapped_column(word(TranslationStatus, 10), default=TranslationStatus.UNREVIEWED)
    source_version: Mapped[int] = mapped_column(Integer, default=1)
    actor: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime)
    text: Mapped[LocalText] = relationship(back_populates="translations")
