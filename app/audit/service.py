"""Recording who did what to what, and what was deleted when."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.audit import journal
from app.audit.models import Actor, AuditEntry, Deletion
from app.audit.retention import Stored, delete_where, there_is
from app.core import clock
from app.core.db import db, write_tx

RETENTION = timedelta(days=90)


def record(session: Session, event_id: uuid.UUID, verb: str, subject_id: uuid.UUID, actor: Actor) -> None:
    """Keep, inside the caller's `write_tx()`, that the actor did `verb` to the subject."""
    entry = AuditEntry(
        at=clock.now(), event_id=event_id, actor_kind=actor.kind, actor_id=actor.id, verb=verb, subject_id=subject_id
    )
    session.add(entry)


def record_for_good(session: Session, event_id: uuid.UUID, verb: str, subject_id: uuid.UUID, actor: Actor) -> None:
    """`record` for what must not come back with an older backup: it stands in the journal, too."""
    record(session, event_id, verb, subject_id, actor)
    journal.record(session, verb, subject_id)


def catch_up(verbs: Collection[str], now: datetime) -> int:
    """Add to the journal what was done for good and is not in it: done on another machine, or just before a crash. How many."""
    asked = select(AuditEntry.at, AuditEntry.verb, AuditEntry.subject_id).where(AuditEntry.verb.in_(verbs))
    known = {(entry.verb, entry.subject_id) for entry in journal.read()}
    rows = db.session.execute(asked.where(AuditEntry.at > now - journal.RETENTION).order_by(AuditEntry.at)).all()
    missing = [journal.JournalEntry(*row) for row in rows if (row.verb, row.subject_id) not in known]
    if missing:
        journal.write(missing)
    return len(missing)


def record_deleted(session: Session, event_id: uuid.UUID, kind: str, count: int) -> None:
    """Keep, inside the caller's `write_tx()`, that so many rows of this kind were deleted; nothing for none."""
    if count:
        session.add(Deletion(at=clock.now(), event_id=event_id, kind=kind, count=count))


def record_deletions(session: Session, kind: str, event_ids: Iterable[uuid.UUID]) -> int:
    """`record_deleted` for rows of several events: one id for each row that was deleted. Returns how many there were."""
    counts = Counter(event_ids)
    for event_id, count in counts.items():
        record_deleted(session, event_id, kind, count)
    return counts.total()


def deletions_of(event_id: uuid.UUID) -> list[Deletion]:
    """The proofs of what was deleted of an event, newest first."""
    query = select(Deletion).where(Deletion.event_id == event_id).order_by(Deletion.at.desc(), Deletion.kind)
    return list(db.session.scalars(query))


def stored_of(event_id: uuid.UUID) -> list[Stored]:
    """How many entries are kept of an event, and when the newest of them goes."""
    query = select(func.count(), func.max(AuditEntry.at)).where(AuditEntry.event_id == event_id)
    count, newest = db.session.execute(query).one()
    return [Stored("audit_entries", count, (newest + RETENTION).date() if newest else None)]


def forget(session: Session, event_id: uuid.UUID) -> None:
    """Delete, inside the caller's `write_tx()`, the entries of an event that goes; proofs of deletion stay."""
    delete_where(session, AuditEntry, AuditEntry.event_id == event_id)


def purge(now: datetime) -> dict[str, int]:
    """Delete entries of more than ninety days ago; the proofs of deletion stay: they hold numbers only."""
    old = AuditEntry.at < now - RETENTION
    if not there_is(AuditEntry, old):
        return {"audit_entries": 0}
    with write_tx() as session:
        return {"audit_entries": delete_where(session, AuditEntry, old)}
