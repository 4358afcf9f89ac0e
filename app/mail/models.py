"""The outbox: which mail is owed about what. Never an address, a text or a link: those are made when it is sent."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import Index, Integer, String, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Model, UTCDateTime, uuid_key


class OutboxMail(Model):
    """One mail owed. `subject_id` is what it is about (opaque here), `variant` tells several of one kind apart.

    It waits while none of `sent_at`, `failed_at` (given up) and `dropped_at` (nothing to send any more) is set. Whoever
    sends it holds it until `leased_until`; `attempts` grows with each try and is what a late sender is recognised by.
    `last_error` names the fault's class and code only, because servers repeat the address in their words.
    """

    __tablename__ = "outbox_mails"
    __table_args__ = (UniqueConstraint("kind", "subject_id", "variant"), Index("ix_outbox_mails_next_try_at", "next_try_at"))

    id: Mapped[uuid.UUID] = uuid_key()
    kind: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    variant: Mapped[str] = mapped_column(String(40), default="")
    language: Mapped[str] = mapped_column(String(8))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    due_at: Mapped[datetime] = mapped_column(UTCDateTime)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    next_try_at: Mapped[datetime] = mapped_column(UTCDateTime)
    leased_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    failed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    dropped_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    last_error: Mapped[str] = mapped_column(String(80), default="")
