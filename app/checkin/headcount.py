"""How many people are in: at each list, and at the venue, where everybody is counted once however many doors they passed.

The venue's number is never a sum over lists (people in now = distinct people admitted at its doors, minus those who left by
any of them, plus the clicks there), and never below zero. Rehearsals count nowhere.
"""

from __future__ import annotations

import uuid
import zlib
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, Subquery, and_, case, func, literal, or_, select
from sqlalchemy.engine import Connection

from app.checkin import counters
from app.checkin.models import PENDING, QUARANTINE, Direction, ScanMode
from app.checkin.queries import admissions, headcounts, lists, scans, tickets
from app.checkin.rules import Result, crowding, moment_of
from app.core import clock
from app.core.db import db
from app.i18n import texts

MINUTES = 15
_NOT_REFUSED = (Result.ACCEPTED.value, QUARANTINE, PENDING)
_ended = scans.alias("ended")


@dataclass(frozen=True, slots=True)
class Movement:
    """Somebody of a ticket came in or went out. `passes` are those that came in, or that this exit ended at its own list;
    `more` is how many went out beyond those: they had come in by another door."""

    ticket: object
    at: datetime
    seq: int
    out: bool = False
    passes: frozenset[int] = frozenset()
    more: int = 0


def inside_now(movements: Iterable[Movement], clicks: int = 0) -> int:
    """People in at the venue: distinct (ticket, pass), each ticket's movements taken in their order; never below zero.

    Whoever goes out by another door than the one they came in by is out; who went out and came in again is in once. What
    was taken back must not be among the movements.
    """
    inside: dict[object, set[int]] = {}
    for move in sorted(movements, key=lambda move: (move.at, move.seq, move.out)):
        present = inside.setdefault(move.ticket, set())
        if move.out:
            present -= move.passes
            present.difference_update(sorted(present)[: move.more])
        else:
            present |= move.passes
    return max(0, sum(map(len, inside.values())) + clicks)


@dataclass(frozen=True, slots=True)
class ListNumbers:
    """A list at this moment. `arrived` people came at least once, `exits` times somebody went out, `clicks` is what was
    counted by hand, `refused` scans let nobody in; `per_minute` let in (and clicked in) in each of 15 minutes, oldest first."""

    slug: str
    name: str
    inside: int
    arrived: int
    exits: int
    clicks: int
    refused: int
    capacity: int | None
    warning: str | None
    per_minute: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class EventNumbers:
    """The venue at this moment, and its event's lists in their order. Its capacity is that of its largest door."""

    inside: int
    capacity: int | None
    warning: str | None
    lists: tuple[ListNumbers, ...]


def numbers_of(event_id: uuid.UUID, lang: str = "en") -> EventNumbers:
    """The numbers of an event, its lists named in `lang`."""
    connection, now = db.session.connection(), clock.now()
    check_in_lists = connection.execute(
        select(lists).where(lists.c.event_id == event_id).order_by(lists.c.position, lists.c.slug)
    ).all()
    ids, names = [one.id for one in check_in_lists], texts.load([event_id], lang, kinds=["list.name"])
    kept = counters.read(connection, ids)
    arrived, seen, rates = _arrived(connection, ids), _seen(connection, ids), _per_minute(connection, ids, now)
    found = tuple(
        ListNumbers(
            one.slug, str(names(one.id, "list.name")) or one.slug, kept[one.id].people, arrived.get(one.id, 0),
            seen.get(one.id, (0, 0))[0], kept[one.id].clicks, seen.get(one.id, (0, 0))[1], one.capacity,
            crowding(kept[one.id].people, one.capacity), rates[one.id],
        )
        for one in check_in_lists
    )  # fmt: skip
    venue = _inside_venue(connection, [one for one in check_in_lists if one.is_venue_door])
    capacity = max(
        (one.capacity for one in check_in_lists if one.is_venue_door and one.capacity is not None),
        default=None,
    )
    return EventNumbers(venue, capacity, crowding(venue, capacity), found)


def inside_venue(event_id: uuid.UUID) -> int:
    """People in at the venue now."""
    connection = db.session.connection()
    check_in_lists = connection.execute(select(lists).where(lists.c.event_id == event_id, lists.c.is_venue_door)).all()
    return _inside_venue(connection, check_in_lists)


def numbers_version(event_id: uuid.UUID) -> str:
    """Changes whenever the numbers do, and with each minute: for ETags. Scans and clicks are only ever added."""
    connection = db.session.connection()
    rules = select(lists.c.id, lists.c.slug, lists.c.capacity, lists.c.is_venue_door, lists.c.count_exits, lists.c.position)
    check_in_lists = connection.execute(rules.where(lists.c.event_id == event_id).order_by(lists.c.slug)).all()
    changes = sum(kept.changes for kept in counters.read(connection, [one.id for one in check_in_lists]).values())
    return f"{changes}-{zlib.crc32(repr(check_in_lists).encode()):x}-{int(clock.now().timestamp() // 60):x}"


# The venue


def _inside_venue(connection: Connection, check_in_lists: Collection[Any]) -> int:
    """Tickets that nobody left with are counted by the database; the few others are told step by step to the rule.

    With one door that nobody ever left by, the venue is that list.
    """
    ids = [one.id for one in check_in_lists]
    kept = counters.read(connection, ids)
    if len(ids) == 1 and not kept[ids[0]].exits:
        return kept[ids[0]].people
    if not ids:
        return 0
    exits = _exits([one.id for one in check_in_lists if one.count_exits])
    leaving = select(exits.c.ticket_id)
    people = (
        select(admissions.c.ticket_id, admissions.c.pass_no)
        .join(tickets, tickets.c.id == admissions.c.ticket_id)
        .where(admissions.c.list_id.in_(ids), admissions.c.released_by.is_(None), tickets.c.rehearsal.is_(False))
        .where(admissions.c.ticket_id.not_in(leaving))
        .distinct()
        .subquery()
    )
    staying = connection.execute(select(func.count()).select_from(people)).scalar_one()
    clicks = sum(one.clicks for one in kept.values())
    return inside_now(_movements(connection, ids, exits), staying + clicks)


def _exits(ids: Collection[uuid.UUID]) -> Subquery:
    """Exits that count and were not taken back."""
    return (
        select(scans)
        .where(scans.c.list_id.in_(ids), scans.c.direction == Direction.EXIT, scans.c.result == Result.EXITED.value)
        .where(scans.c.rehearsal.is_(False), scans.c.ticket_id.is_not(None), scans.c.id.not_in(_undone(ids)))
        .subquery()
    )


def _undone(ids: Collection[uuid.UUID]) -> Select[Any]:
    """The scans that were taken back."""
    undos = scans.c.direction == Direction.UNDO, scans.c.result == Result.UNDONE.value, scans.c.undoes.is_not(None)
    return select(scans.c.undoes).where(scans.c.list_id.in_(ids), *undos)


def _movements(connection: Connection, ids: Collection[uuid.UUID], exits: Subquery) -> list[Movement]:
    """How people of the tickets that somebody left with came and went. An exit stands after what it ended."""
    came = (
        select(
            admissions.c.ticket_id, admissions.c.pass_no, admissions.c.released_by, scans.c.seq, scans.c.mode,
            scans.c.received_at, scans.c.occurred_at, scans.c.offset_ms,
        )
        .join(scans, scans.c.id == admissions.c.scan_id)
        .outerjoin(_ended, _ended.c.id == admissions.c.released_by)
        .where(admissions.c.list_id.in_(ids), admissions.c.ticket_id.in_(select(exits.c.ticket_id)))
        .where(or_(admissions.c.released_by.is_(None), _ended.c.direction == Direction.EXIT), scans.c.rehearsal.is_(False))
    )  # fmt: skip
    moves, ended = [], dict[uuid.UUID, list[Movement]]()
    for row in connection.execute(came):
        moves.append(move := Movement(row.ticket_id, _at(row), row.seq, passes=frozenset({row.pass_no})))
        if row.released_by is not None:
            ended.setdefault(row.released_by, []).append(move)
    for row in connection.execute(select(exits)):
        theirs = ended.get(row.id, [])
        at, seq = max([(_at(row), row.seq), *((move.at, move.seq) for move in theirs)])
        passes = frozenset().union(*(move.passes for move in theirs))
        moves.append(Movement(row.ticket_id, at, seq, out=True, passes=passes, more=row._mapping["count"] - len(passes)))
    return moves


def _at(row: Any) -> datetime:
    return moment_of(row.mode, row.received_at, row.occurred_at, timedelta(milliseconds=row.offset_ms))


# Each list


def _arrived(connection: Connection, ids: Collection[uuid.UUID]) -> dict[uuid.UUID, int]:
    """People who came at least once, and whose coming was not taken back."""
    people = (
        select(admissions.c.list_id, admissions.c.ticket_id, admissions.c.pass_no)
        .join(tickets, tickets.c.id == admissions.c.ticket_id)
        .outerjoin(_ended, _ended.c.id == admissions.c.released_by)
        .where(admissions.c.list_id.in_(ids), tickets.c.rehearsal.is_(False))
        .where(or_(admissions.c.released_by.is_(None), _ended.c.direction == Direction.EXIT))
        .distinct()
        .subquery()
    )
    return {row[0]: row[1] for row in connection.execute(select(people.c.list_id, func.count()).group_by(people.c.list_id))}


def _seen(connection: Connection, ids: Collection[uuid.UUID]) -> dict[uuid.UUID, tuple[int, int]]:
    """(times somebody went out, scans that let nobody in) for each list."""
    exits = case((and_(scans.c.direction == Direction.EXIT, scans.c.result == Result.EXITED.value), scans.c.count), else_=0)
    refused = case((and_(scans.c.direction == Direction.ENTRY, scans.c.result.not_in(_NOT_REFUSED)), 1), else_=0)
    query = select(scans.c.list_id, func.sum(exits), func.sum(refused)).group_by(scans.c.list_id)
    rows = connection.execute(query.where(scans.c.list_id.in_(ids), scans.c.rehearsal.is_(False)))
    return {ident: (int(out), int(nobody)) for ident, out, nobody in rows}


def _per_minute(connection: Connection, ids: Collection[uuid.UUID], now: datetime) -> dict[uuid.UUID, tuple[int, ...]]:
    """People let in and clicked in, by the minute they came in, whenever that was delivered; the last one is this minute.

    What was taken back is not among them: neither an undone scan nor, for each −1, a click before it.
    """
    this, found = int(now.timestamp() // 60), Counter[tuple[uuid.UUID, int]]()
    for query in (_let_in(ids), _clicked_in(ids)):
        since = now - timedelta(minutes=MINUTES)
        for row in connection.execute(query.where(query.selected_columns.received_at >= since)):
            found[row.list_id, int(_at(row).timestamp() // 60)] += row.number
    minutes = range(this - MINUTES + 1, this + 1)
    return {ident: _net([found[ident, minute] for minute in minutes]) for ident in ids}


def _net(changes: Sequence[int]) -> tuple[int, ...]:
    """What is below zero in a minute is taken off the minutes before it; no minute is left below zero."""
    owed, net = 0, list[int]()
    for change in reversed(changes):
        owed += change
        net.append(max(0, owed))
        owed = min(0, owed)
    return tuple(reversed(net))


def _let_in(ids: Collection[uuid.UUID]) -> Select[Any]:
    columns = scans.c.list_id, scans.c.mode, scans.c.received_at, scans.c.occurred_at, scans.c.offset_ms
    query = select(*columns, scans.c.admitted.label("number"))
    standing = scans.c.admitted > 0, scans.c.rehearsal.is_(False), scans.c.id.not_in(_undone(ids))
    return query.where(scans.c.list_id.in_(ids), *standing)


def _clicked_in(ids: Collection[uuid.UUID]) -> Select[Any]:
    clicks = headcounts.c
    offline = select(
        clicks.list_id, literal(ScanMode.OFFLINE).label("mode"), clicks.received_at, clicks.occurred_at, clicks.offset_ms,
        clicks.delta.label("number"),
    )  # fmt: skip
    return offline.where(clicks.list_id.in_(ids), clicks.rehearsal.is_(False))
