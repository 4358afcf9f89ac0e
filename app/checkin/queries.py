"""The door's SQL: Core statements, compiled once, so that a scan costs as few as it can (checkin.md §4)."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import Table, bindparam, distinct, exists, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from app.checkin.ledger import Ledger, Pass
from app.checkin.models import Admission, CheckInList, Conflict, Device, Direction, Headcount, Scan, ScanMode, device_initials
from app.checkin.rules import CheckInListState, DeviceState, Result, moment_of
from app.core.db import bare_sql, read_rows
from app.registration.models import Registration, RegistrationAnswer, RegistrationQuestion, Ticket

scans, admissions = cast(Table, Scan.__table__), cast(Table, Admission.__table__)
devices, lists, tickets = cast(Table, Device.__table__), cast(Table, CheckInList.__table__), cast(Table, Ticket.__table__)
conflicts, headcounts = cast(Table, Conflict.__table__), cast(Table, Headcount.__table__)
registrations = cast(Table, Registration.__table__)
questions, answers = cast(Table, RegistrationQuestion.__table__), cast(Table, RegistrationAnswer.__table__)
INSERT: Mapping[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
_ended = scans.alias("ended")


def _many(name: str) -> Any:
    return bindparam(name, expanding=True)


# Without the engine's types: every call of a phone asks this, and the rows are nearly always those of the call before.
DEVICE = """
    SELECT devices.id, devices.event_id, events.version, devices.name, devices.language, devices.may_supervise,
        devices.expires_at, devices.revoked_at, devices.lists, devices.next_token_hash = {}, lists.id, lists.slug,
        lists.opens_at, lists.closes_at,
        lists.re_entry, lists.count_exits, lists.capacity, lists.kind, lists.position, lists."on", lists.is_venue_door
    FROM devices LEFT JOIN check_in_lists AS lists ON lists.event_id = devices.event_id
    LEFT JOIN events ON events.id = devices.event_id
    WHERE devices.token_hash = {} OR devices.next_token_hash = {}
    ORDER BY lists.position, lists.slug
"""
CLAIM = {name: insert(scans).on_conflict_do_nothing().returning(scans.c.id) for name, insert in INSERT.items()}
ADMIT = {name: insert(admissions).on_conflict_do_nothing().returning(admissions.c.id) for name, insert in INSERT.items()}
COMPLAIN = {name: insert(conflicts).on_conflict_do_nothing() for name, insert in INSERT.items()}
SETTLE = update(scans).where(scans.c.id == bindparam("scan"))
END = update(admissions).where(admissions.c.id == bindparam("admission"))
TICKET = select(
    tickets.c.id, tickets.c.event_id, tickets.c.code_hash, tickets.c.holder, tickets.c.language, tickets.c.party_size,
    tickets.c.status, tickets.c.lists, tickets.c.rehearsal,
    exists().where(admissions.c.ticket_id == tickets.c.id).label("seen"),
    or_(
        exists().where(
            registrations.c.id == tickets.c.registration_id, registrations.c.tell_door, registrations.c.needs.is_not(None)
        ),
        exists().where(
            answers.c.registration_id == tickets.c.registration_id, questions.c.id == answers.c.question_id, questions.c.at_door
        ),
    ).label("told"),
)  # fmt: skip
BY_HASH, BY_ID = tickets.c.code_hash.in_(_many("hashes")), tickets.c.id.in_(_many("ids"))
TICKETS = TICKET.where(or_(BY_HASH, BY_ID))
LOCKED_TICKETS = TICKETS.order_by(tickets.c.id).with_for_update(key_share=True, of=tickets)
LOCKED_BY_HASH = TICKET.where(BY_HASH).order_by(tickets.c.id).with_for_update(key_share=True, of=tickets)
LOCKED_TICKET = TICKET.where(tickets.c.code_hash == bindparam("hash")).with_for_update(key_share=True, of=tickets)
HISTORY = (
    select(
        admissions.c.id, admissions.c.ticket_id, admissions.c.list_id, admissions.c.pass_no, admissions.c.scan_id,
        admissions.c.released_by, _ended.c.direction, scans.c.mode, scans.c.received_at, scans.c.occurred_at, scans.c.offset_ms,
        devices.c.name,
    )
    .join(scans, scans.c.id == admissions.c.scan_id)
    .join(devices, devices.c.id == scans.c.device_id)
    .outerjoin(_ended, _ended.c.id == admissions.c.released_by)
    .where(admissions.c.ticket_id.in_(_many("tickets")), admissions.c.list_id.in_(_many("lists")))
)  # fmt: skip
STORED = select(scans).where(scans.c.id.in_(_many("ids")))
REFERENCES = select(tickets.c.reference, tickets.c.id).where(
    tickets.c.event_id == bindparam("event_id"), tickets.c.reference.in_(_many("references"))
)
UNKNOWN = select(func.count()).where(
    scans.c.device_id == bindparam("device"),
    scans.c.received_at > bindparam("since"),
    scans.c.result == Result.UNKNOWN.value,
)
MISSES, UNKNOWN_CODES = UNKNOWN.where(scans.c.typed), UNKNOWN.where(~scans.c.typed, scans.c.mode == bindparam("mode"))


def find_device_state(connection: Connection, token_hash: bytes) -> DeviceState | None:
    """The device with this token, alive or dead, and its lists, as this transaction sees them."""
    rows = connection.exec_driver_sql(bare_sql(DEVICE, connection.dialect.name), (token_hash,) * 3).all()
    return _as_phone(tuple(map(tuple, rows)), token_hash) if rows else None


def read_device_state(token_hash: bytes) -> DeviceState | None:
    """The same as it was committed last, outside any transaction."""
    rows = read_rows(DEVICE, *(token_hash,) * 3)
    return _as_phone(tuple(map(tuple, rows)), token_hash) if rows else None


@lru_cache(maxsize=1000)
def _as_phone(rows: tuple[tuple[Any, ...], ...], token_hash: bytes) -> DeviceState:
    """A device's row, once for each list of its event, as a `Phone` with the lists it may serve."""
    ident, event_id, version, name, language, supervises, expires_at, revoked_at, slugs, rolled = rows[0][:10]
    every = {one.slug: one for one in (_door(row[10:]) for row in rows if row[10] is not None)}
    check_in_lists = {slug: check_in_list for slug, check_in_list in every.items() if slug in slugs.split(",")}
    return DeviceState(
        _uuid(ident), _uuid(event_id), name, device_initials(name), language, bool(supervises), _aware(expires_at),
        revoked_at and _aware(revoked_at), check_in_lists, every, bool(rolled), token_hash, version,
    )  # fmt: skip


def _door(values: tuple[Any, ...]) -> CheckInListState:
    ident, slug, opens_at, closes_at, re_entry, count_exits, capacity, kind, position, on, venue = values
    day = date.fromisoformat(on) if isinstance(on, str) else on
    return CheckInListState(
        _uuid(ident), slug, opens_at and _aware(opens_at), closes_at and _aware(closes_at), bool(re_entry), bool(count_exits),
        capacity, kind, position, day, bool(venue),
    )  # fmt: skip


def _uuid(raw: Any) -> uuid.UUID:
    return raw if isinstance(raw, uuid.UUID) else uuid.UUID(raw)


def _aware(raw: Any) -> datetime:
    """A moment as SQLite (text, in UTC) or PostgreSQL keeps it."""
    return datetime.fromisoformat(raw).replace(tzinfo=UTC) if isinstance(raw, str) else raw.astimezone(UTC)


def adopt_token(connection: Connection, device: DeviceState) -> None:
    """The token that follows is used for the first time: the one before it is dead from now on. Before anything is locked."""
    if device.rolled:
        follows = devices.c.id == device.id, devices.c.next_token_hash == device.token_hash
        connection.execute(update(devices).where(*follows).values(token_hash=device.token_hash, next_token_hash=None))


def claim(connection: Connection, rows: Sequence[dict[str, Any]]) -> set[uuid.UUID]:
    """Insert attempts in id order (two batches never deadlock); returns the ids that were new."""
    ordered = sorted(rows, key=lambda row: row["id"].bytes)
    return set(connection.execute(CLAIM[connection.dialect.name], _alone(ordered)).scalars()) if ordered else set()


def _alone(rows: Sequence[dict[str, Any]]) -> Any:
    """One row is sent as one: what prepares the engine for many costs as much as the insert itself."""
    return rows[0] if len(rows) == 1 else rows


def stored_scans(connection: Connection, ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Any]:
    """Scans as they stand in the table."""
    return {row.id: row for row in connection.execute(STORED, {"ids": list(ids)})} if ids else {}


def lock_tickets(connection: Connection, hashes: Collection[bytes], ids: Collection[uuid.UUID]) -> Sequence[Any]:
    """The tickets with these hashes or ids, locked in id order until the transaction ends, in one statement.

    `seen` says whether any admission stood when the statement began, which may be before a lock was waited for; `told`
    whether the guest's registration tells the door anything (`notes`).
    """
    if len(hashes) == 1 and not ids:
        return connection.execute(LOCKED_TICKET, {"hash": next(iter(hashes))}).all()
    if not ids:
        return connection.execute(LOCKED_BY_HASH, {"hashes": list(hashes)}).all() if hashes else []
    return connection.execute(LOCKED_TICKETS, {"hashes": list(hashes), "ids": list(ids)}).all()


def read_tickets(connection: Connection, ids: Collection[uuid.UUID]) -> Sequence[Any]:
    """Tickets that nothing will be written for."""
    return connection.execute(TICKETS, {"hashes": [], "ids": list(ids)}).all() if ids else []


def ids_of_references(connection: Connection, event_id: uuid.UUID, references: Collection[str]) -> dict[str, uuid.UUID]:
    """The event's tickets that have these references, not locked yet."""
    if not references:
        return {}
    return {
        row.reference: row.id for row in connection.execute(REFERENCES, {"event_id": event_id, "references": list(references)})
    }


def ledger(connection: Connection, ticket_ids: Collection[uuid.UUID], list_ids: Collection[uuid.UUID]) -> Ledger:
    """Everything that ever happened to these tickets at these lists. Lock the tickets first."""
    if not ticket_ids:
        return Ledger()
    found = connection.execute(HISTORY, {"tickets": list(ticket_ids), "lists": list(list_ids)})
    return Ledger(sorted(map(_pass, found), key=lambda entry: entry.number))


def _pass(row: Any) -> Pass:
    at = moment_of(row.mode, row.received_at, row.occurred_at, timedelta(milliseconds=row.offset_ms))
    return Pass(
        row.id, row.ticket_id, row.list_id, row.pass_no, row.scan_id, at, device_initials(row.name), row.released_by,
        row.direction == Direction.EXIT, row.released_by,
    )  # fmt: skip


def write_passes(connection: Connection, book: Ledger) -> list[Pass]:
    """Write what a batch changed: ends, then returns, then new rows. Returns the new ones that the database did not take."""
    for changed in (book.released, book.restored):
        if changed:
            connection.execute(END, [{"admission": entry.id, "released_by": entry.ended_by} for entry in changed])
    new = book.new
    if not new:
        return []
    rows = [
        {"id": entry.id, "ticket_id": entry.ticket_id, "list_id": entry.list_id, "pass_no": entry.number,
         "scan_id": entry.scan_id, "released_by": entry.ended_by}
        for entry in new
    ]  # fmt: skip
    taken = set(connection.execute(ADMIT[connection.dialect.name], _alone(rows)).scalars())
    return [entry for entry in new if entry.id not in taken]


def settle(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write the results of claimed attempts."""
    if rows:
        connection.execute(SETTLE, rows)


def complain(connection: Connection, rows: Iterable[Mapping[str, Any]]) -> None:
    """Keep conflicts, each scan's once."""
    if found := list(rows):
        connection.execute(COMPLAIN[connection.dialect.name], found)


def is_undone(connection: Connection, list_id: uuid.UUID, scan_id: uuid.UUID) -> bool:
    """Whether this scan of this list was taken back."""
    undo = scans.c.list_id == list_id, scans.c.undoes == scan_id, scans.c.result == Result.UNDONE.value
    return connection.execute(select(scans.c.id).where(*undo, scans.c.rehearsal.is_(False)).limit(1)).first() is not None


def lock_device(connection: Connection, device_id: uuid.UUID) -> None:
    """Let one call of a device pass at a time, so that its misses are counted right."""
    connection.execute(select(devices.c.id).where(devices.c.id == device_id).with_for_update(key_share=True))


def count_misses(connection: Connection, device_id: uuid.UUID, since: datetime) -> int:
    """How many typed references found nothing since then."""
    return connection.execute(MISSES, {"device": device_id, "since": since}).scalar_one()


def count_unknown(connection: Connection, device_id: uuid.UUID, mode: ScanMode, since: datetime) -> int:
    """How many codes that are nobody's came from a device since then, scanned online or offline (`mode`)."""
    return connection.execute(UNKNOWN_CODES, {"device": device_id, "mode": mode, "since": since}).scalar_one()


def not_delivered(connection: Connection, device_id: uuid.UUID) -> int:
    """How many scans of a phone are still on it, by the gaps in its numbers; a phone set up anew starts at 1 again."""
    query = select(func.max(scans.c.seq), func.count(distinct(scans.c.seq))).where(
        scans.c.device_id == device_id, scans.c.seq > 0
    )
    highest, present = connection.execute(query).one()
    return int(highest or 0) - int(present)
