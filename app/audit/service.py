"""Who did what to what, and what was deleted when: ids, verbs and numbers only, never a name, an address or a text."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from sqlalchemy import Index, Integer, String, Uuid, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.audit import journal
from app.audit.retention import Stored, delete_where, there_is
from app.core import clock
from app.core.db import Model, UTCDateTime, db, uuid_key, write_tx

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


def note_for_good(
    session: Session, scope: uuid.UUID, verb: str, subject_id: uuid.UUID, *, by: str, actor: uuid.UUID | None = None
) -> None:
    """`note` for what must not come back with an older backup: it stands in the journal, too."""
    note(session, scope, verb, subject_id, by=by, actor=actor)
    journal.note(session, verb, subject_id)


def catch_up(verbs: Collection[str], now: datetime) -> int:
    """Add to the journal what was done for good and is not in it: done on another machine, or just before a crash. How many."""
    asked = select(AuditEntry.at, AuditEntry.verb, AuditEntry.subject_id).where(AuditEntry.verb.in_(verbs))
    known = {(entry.verb, entry.subject_id) for entry in journal.read()}
    rows = db.session.execute(asked.where(AuditEntry.at > now - journal.KEPT).order_by(AuditEntry.at)).all()
    missing = [journal.Entry(*row) for row in rows if (row.verb, row.subject_id) not in known]
    if missing:
        journal.write(missing)
    return len(missing)


def note_deleted(session: Session, scope: uuid.UUID, kind: str, count: int) -> None:
    """Keep, inside the caller's `write_tx()`, that so many rows of this kind were deleted; nothing for none."""
    if count:
        session.add(Deletion(at=clock.now(), scope=scope, kind=kind, count=count))


def prove(session: Session, kind: str, scopes: Iterable[uuid.UUID]) -> int:
    """`note_deleted` for rows of several events: one scope for each row that was deleted. Returns how many there were."""
    counts = Counter(scopes)
    for scope, count in counts.items():
        note_deleted(session, scope, kind, count)
    return counts.total()


def deletions_of(scope: uuid.UUID) -> list[Deletion]:
    """The proofs of what was deleted of an event, newest first."""
    query = select(Deletion).where(Deletion.scope == scope).order_by(Deletion.at.desc(), Deletion.kind)
    return list(db.session.scalars(query))


def stored_of(scope: uuid.UUID) -> list[Stored]:
    """How many deeds are kept of an event, and when the newest of them goes."""
    query = select(func.count(), func.max(AuditEntry.at)).where(AuditEntry.scope == scope)
    count, newest = db.session.execute(query).one()
    return [Stored("audit_entries", count, (newest + KEPT).date() if newest else None)]


def forget(session: Session, scope: uuid.UUID) -> None:
    """Delete, inside the caller's `write_tx()`, the deeds that were noted of an event that goes; proofs of deletion stay."""
    delete_where(session, AuditEntry, AuditEntry.scope == scope)


def purge(now: datetime) -> dict[str, int]:
    """Delete deeds of more than ninety days ago; the proofs of deletion stay: they hold numbers only."""
    old = AuditEntry.at < now - KEPT
    if not there_is(AuditEntry, old):
        return {"audit_entries": 0}
    with write_tx() as session:
        return {"audit_entries": delete_where(session, AuditEntry, old)}
