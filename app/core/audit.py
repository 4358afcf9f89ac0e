"""Who did what to what, and what was deleted when: ids, verbs and numbers only, never a name, an address or a text."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from sqlalchemy import Index, Integer, String, Uuid
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.core import clock
from app.core.db import Model, UTCDateTime, uuid_key, write_tx
from app.core.purging import delete_where

KEPT = timedelta(days=90)


class AuditEntry(Model):
    """One deed. `actor` is a device's id, None for the terminal, the guest, or the app itself (`by` says which)."""

    __tablename__ = "audit_entries"
    __table_args__ = (Index("ix_audit_entries_scope_at", "scope", "at"),)

    id: Mapped[uuid.UUID] = uuid_key()
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    scope: Mapped[uuid.UUID] = mapped_column(Uuid)
    by: Mapped[str] = mapped_column(String(8))
    actor: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    verb: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[uuid.UUID] = mapped_column(Uuid)


class Deletion(Model):
    """The proof that something was deleted: what kind, how many rows, of which event, and when."""

    __tablename__ = "deletions"
    __table_args__ = (Index("ix_deletions_scope_at", "scope", "at"),)

    id: Mapped[uuid.UUID] = uuid_key()
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    scope: Mapped[uuid.UUID] = mapped_column(Uuid)
    kind: Mapped[str] = mapped_column(String(40))
    count: Mapped[int] = mapped_column(Integer)


def note(
    session: Session, scope: uuid.UUID, verb: str, subject_id: uuid.UUID, *, by: str, actor: uuid.UUID | None = None
) -> None:
    """Keep, inside the caller's `write_tx()`, that `by` (device, guest, terminal or app) did `verb` to the subject."""
    session.add(AuditEntry(at=clock.now(), scope=scope, by=by, actor=actor, verb=verb, subject_id=subject_id))


def note_deleted(session: Session, scope: uuid.UUID, kind: str, count: int) -> None:
    """Keep, inside the caller's `write_tx()`, that so many rows of this kind were deleted; nothing for none."""
    if count:
        session.add(Deletion(at=clock.now(), scope=scope, kind=kind, count=count))


def purge(now: datetime) -> dict[str, int]:
    """Delete deeds of more than ninety days ago; the proofs of deletion stay: they hold numbers only."""
    with write_tx() as session:
        return {"audit_entries": delete_where(session, AuditEntry, AuditEntry.at < now - KEPT)}
