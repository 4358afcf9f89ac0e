"""How long the door's records are kept: thirty days after the event scans and devices are deleted and only numbers stay."""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, Select, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from app.audit import service as audit
from app.audit.models import Deletion
from app.audit.retention import Stored, delete_where, there_is
from app.audit.service import record_deleted, record_deletions
from app.checkin.models import (
    PENDING,
    QUARANTINE,
    Admission,
    AttendanceTotal,
    CheckInList,
    Conflict,
    Device,
    Direction,
    Headcount,
    ListCounter,
    Scan,
)
from app.checkin.rules import Result
from app.core.db import Model, db, write_tx
from app.events.queries import find_event_by_id
from app.events.retention import kept_until, past_keeping
from app.registration import retention as registration
from app.registration.models import Ticket

# In this order they are deleted: each points at those after it.
KINDS: dict[str, type[Model]] = {
    "conflicts": Conflict, "admissions": Admission, "headcounts": Headcount, "scans": Scan, "devices": Device,
}  # fmt: skip
NOT_REFUSED = (Result.ACCEPTED.value, QUARANTINE, PENDING)


@dataclass(slots=True)
class Attendance:
    """A list in numbers; rehearsals count nowhere.

    `admitted` people came (once each, however often they went in and out), `exits` times somebody went out, `refused`
    scans let nobody in, `walk_ins` is what was counted by hand.
    """

    admitted: int = 0
    exits: int = 0
    refused: int = 0
    walk_ins: int = 0


NUMBERS = tuple(Attendance.__dataclass_fields__)


def purge(now: datetime) -> dict[str, int]:
    """Delete scans, what followed from them, and devices of events past keeping; their numbers stay in `AttendanceTotal`.

    One-time tokens that are over lose their hash at once. A dead device keeps its own until then, because it may still
    deliver what it scanned without a network. Each event is a transaction of its own, with the proof of what was deleted.
    Returns how many of each were deleted.
    """
    counts = Counter({"one_time_tokens": _forget_one_time_tokens(now)} | dict.fromkeys(KINDS, 0))
    event_ids = set(db.session.scalars(select(Device.event_id).distinct()))
    for event_id in sorted(past_keeping(db.session(), event_ids, now)):
        with write_tx() as session:
            counts.update(_delete_all(session, event_id))
    return dict(counts)


def stored_of(event_id: uuid.UUID) -> list[Stored]:
    """What is still kept of an event: its registrations, its door, and the deeds that were noted; none of it names anybody."""
    event = find_event_by_id(event_id)
    due = kept_until(event) if event else None
    check_in_list = [Stored(kind, db.session.scalar(_number(kind, event_id)) or 0, due) for kind in KINDS]
    return [*registration.stored_of(event_id), *check_in_list, *audit.stored_of(event_id)]


def deletions_of(event_id: uuid.UUID) -> list[Deletion]:
    """The proofs of what was deleted of an event, newest first: when, which kind, how many."""
    return audit.deletions_of(event_id)


def forget_elsewhere(session: Session, event_id: uuid.UUID) -> None:
    """Take the ids of an event's tickets out of the scans of other events' doors, inside the caller's `write_tx()`."""
    tickets = select(Ticket.id).where(Ticket.event_id == event_id)
    lists = select(CheckInList.id).where(CheckInList.event_id == event_id)
    strays = update(Scan).where(Scan.ticket_id.in_(tickets), Scan.list_id.not_in(lists)).values(ticket_id=None)
    session.execute(strays.execution_options(synchronize_session=False))


def _delete_all(session: Session, event_id: uuid.UUID) -> dict[str, int]:
    """Everything personal of one event's door, with the proof of it."""
    lists = list(session.scalars(select(CheckInList).where(CheckInList.event_id == event_id)))
    _keep_totals(session, lists)
    counts = {kind: delete_where(session, model, _mine(kind, event_id)) for kind, model in KINDS.items()}
    delete_where(session, ListCounter, ListCounter.list_id.in_([one.id for one in lists]))
    for kind, count in counts.items():
        record_deleted(session, event_id, kind, count)
    return counts


def _mine(kind: str, event_id: uuid.UUID) -> ColumnElement[bool]:
    """The event's rows of one kind."""
    lists = select(CheckInList.id).where(CheckInList.event_id == event_id)
    if kind == "conflicts":
        return Conflict.scan_id.in_(select(Scan.id).where(Scan.list_id.in_(lists)))
    if kind == "devices":
        return Device.event_id == event_id
    return cast(Any, KINDS[kind]).list_id.in_(lists)  # type: ignore[no-any-return]


def _number(kind: str, event_id: uuid.UUID) -> Select[int]:
    return select(func.count()).select_from(KINDS[kind]).where(_mine(kind, event_id))


def attendance_of(event_id: uuid.UUID) -> dict[str, Attendance]:
    """An event's lists in numbers, by slug: the same before its scans are deleted and after."""
    session = db.session()
    lists = list(session.scalars(select(CheckInList).where(CheckInList.event_id == event_id)))
    counted = _counted(session, [one.id for one in lists])
    found = {one.slug: counted[one.id] for one in lists}
    for total in session.scalars(select(AttendanceTotal).where(AttendanceTotal.event_id == event_id)):
        _add(found.setdefault(total.slug, Attendance()), total)
    return found


def _forget_one_time_tokens(now: datetime) -> int:
    over = Device.enrol_hash.is_not(None) & (Device.enrol_expires_at <= now)
    if not there_is(Device, over):
        return 0
    emptied = update(Device).where(over).values(enrol_hash=None).returning(Device.event_id)
    with write_tx() as session:
        rows = session.scalars(emptied.execution_options(synchronize_session=False))
        return record_deletions(session, "one_time_tokens", list(rows))


def _keep_totals(session: Session, lists: list[CheckInList]) -> None:
    """Add what is about to be deleted to the lists' numbers: an event that was moved to a later day may be purged twice."""
    counted = _counted(session, [one.id for one in lists])
    for check_in_list in lists:
        total = session.get(AttendanceTotal, (check_in_list.event_id, check_in_list.slug))
        if total is None:
            total = AttendanceTotal(
                event_id=check_in_list.event_id, slug=check_in_list.slug, admitted=0, exits=0, refused=0, walk_ins=0
            )
            session.add(total)
        _add(total, counted[check_in_list.id])


def _add(total: Any, more: Any) -> None:
    for name in NUMBERS:
        setattr(total, name, getattr(total, name) + getattr(more, name))


def _counted(session: Session, ids: list[uuid.UUID]) -> dict[uuid.UUID, Attendance]:
    """The numbers of these lists from the rows that are there, in four statements."""
    found = {ident: Attendance() for ident in ids}
    queries = {"admitted": _admitted(ids), "exits": _exits(ids), "refused": _refused(ids), "walk_ins": _walk_ins(ids)}
    for name, query in queries.items():
        for ident, number in session.execute(query):
            setattr(found[ident], name, int(number))
    return found


def _passes(ids: list[uuid.UUID], *columns: Any) -> tuple[Select[Any], Any]:
    """Admissions at these lists, and the scan that ended each, if any."""
    ended = aliased(Scan)
    joined = select(*columns).join(Ticket, Ticket.id == Admission.ticket_id).outerjoin(ended, ended.id == Admission.released_by)
    return joined.where(Admission.list_id.in_(ids), Ticket.rehearsal.is_(False)), ended


def _admitted(ids: list[uuid.UUID]) -> Select[Any]:
    query, ended = _passes(ids, Admission.list_id, Admission.ticket_id, Admission.pass_no)
    people = query.where(or_(Admission.released_by.is_(None), ended.direction == Direction.EXIT)).distinct().subquery()
    return select(people.c.list_id, func.count()).group_by(people.c.list_id)


def _exits(ids: list[uuid.UUID]) -> Select[Any]:
    query, ended = _passes(ids, Admission.list_id, func.count())
    return query.where(ended.direction == Direction.EXIT).group_by(Admission.list_id)


def _refused(ids: list[uuid.UUID]) -> Select[uuid.UUID, int]:
    entries = Scan.list_id.in_(ids), Scan.direction == Direction.ENTRY, Scan.rehearsal.is_(False)
    return select(Scan.list_id, func.count()).where(*entries, Scan.result.not_in(NOT_REFUSED)).group_by(Scan.list_id)


def _walk_ins(ids: list[uuid.UUID]) -> Select[uuid.UUID, int]:
    clicks = Headcount.list_id.in_(ids), Headcount.rehearsal.is_(False)
    return select(Headcount.list_id, func.sum(Headcount.delta)).where(*clicks).group_by(Headcount.list_id)
