"""The offline list: what a phone needs to judge tickets without a network, unreadable without the tickets themselves.

Per ticket a hash of its code, a state, how many are in, and a note (initials, party, language, needs, answers) under a key that
only the code gives: a lost phone tells nobody's name (checkin.md §3). Changes are sent with an overlap instead of a lock:
a transaction that commits late is seen the next time, and an entry that comes twice says the same twice.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import uuid
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Select, and_, select
from sqlalchemy.engine import Connection

from app.checkin.models import Direction
from app.checkin.queries import admissions, scans, tickets
from app.checkin.rules import WAITING, CheckInListState, DeviceState
from app.core import clock
from app.core.db import db
from app.core.security import keyed_hash
from app.events.service import LEAP
from app.registration import codes
from app.registration.models import RegistrationStatus, initials_of
from app.scanner import guest_notes

PAGE, OVERLAP = 2_500, timedelta(seconds=30)
FEW = 500
MAX_CURSOR = 300
INFO = b"door note\x01"  # HKDF's info and its counter: 32 bytes are one block
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ended = scans.alias("ended")
_PASSES = (
    select(admissions.c.ticket_id, admissions.c.pass_no, admissions.c.released_by.is_(None), _ended.c.direction)
    .select_from(admissions.outerjoin(_ended, _ended.c.id == admissions.c.released_by))
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a phone stands: all changes before `until` are in its hands once `after` is None. `since` None: a full list.

    `about` names what the list was made for; when that has changed (the list's rules, the language, our key), all of it is sent.
    """

    about: str
    since: datetime | None
    until: datetime
    after: uuid.UUID | None = None

    def __str__(self) -> str:
        since = None if self.since is None else _micros(self.since)
        packed = json.dumps([self.about, since, _micros(self.until), self.after and self.after.hex], separators=(",", ":"))
        return urlsafe_b64encode(packed.encode()).decode().rstrip("=")


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list. `entries` are (hash, state, note, inside, gone) of tickets, `removed` hashes of the codes that these
    tickets had before: a phone knows them as replaced.

    `full` begins the list anew: forget what was there. With `more`, ask again at once.
    """

    salt: bytes
    cursor: Cursor
    now: datetime
    full: bool
    more: bool
    entries: list[tuple[str, str, str, int, int]]
    removed: list[str]


def salt_of(event_id: uuid.UUID) -> bytes:
    """The 16 bytes that an event's hashes and notes are made with."""
    return keyed_hash("door-salt", event_id.bytes)[:16]


def page_of(device: DeviceState, check_in_list: CheckInListState, since: str | None) -> Page:
    """The next part of the list after the cursor `since`; from the beginning when that is none of ours."""
    now, salt = clock.now(), salt_of(device.event_id)
    cursor = _next(_about(device, check_in_list, salt), since, now - OVERLAP)
    connection = db.session.connection()
    rows = connection.execute(_wanted(device.event_id, check_in_list, cursor)).all()
    more, rows = len(rows) > PAGE, rows[:PAGE]
    whole = cursor.since is None
    counts = _counts(connection, check_in_list, [row.id for row in rows], whole=whole)
    told = guest_notes.of_tickets(device.event_id, [row.id for row in rows], device.language)
    entries = [
        _entry(row, check_in_list, salt, *counts.get(row.id, (0, 0)), told.get(row.id, guest_notes.NOTHING)) for row in rows
    ]
    old = [gone for row in rows for gone in _old_hashes(row, salt)]
    begins = whole and cursor.after is None
    return Page(salt, replace(cursor, after=rows[-1].id if more else None), now, begins, more, entries, old)


# Where a phone stands


def _about(device: DeviceState, check_in_list: CheckInListState, salt: bytes) -> str:
    returns = (device.event_version or 0) // LEAP  # how often an older database came back: then all of the list is sent
    made_for = f"{check_in_list.id} {check_in_list.slug} {check_in_list.re_entry} {device.language} {salt.hex()} {returns}"
    return hashlib.sha256(made_for.encode()).hexdigest()[:16]


def _next(about: str, text: str | None, until: datetime) -> Cursor:
    """What to read now: the rest of what was begun, else what changed since, else everything."""
    known = _parse(text) if text else None
    if known is None or known.about != about or known.until > until + OVERLAP:
        return Cursor(about, None, until)
    return known if known.after else Cursor(about, known.until, max(known.until, until))


def _parse(text: str) -> Cursor | None:
    try:
        if len(text) > MAX_CURSOR:
            raise ValueError
        about, since, until, after = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        return Cursor(str(about), since if since is None else _moment(since), _moment(until), uuid.UUID(after) if after else None)
    except (ValueError, TypeError, OverflowError, AttributeError, RecursionError):
        return None


def _micros(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _moment(value: Any) -> datetime:
    if type(value) is not int:
        raise ValueError
    return _EPOCH + timedelta(microseconds=value)


# Rows


def _wanted(event_id: uuid.UUID, check_in_list: CheckInListState, cursor: Cursor) -> Select[Any]:
    """One more than a page of tickets, in the order of their ids: all, or those that changed or were scanned here since."""
    query = (
        select(
            tickets.c.id, tickets.c.generation, tickets.c.status, tickets.c.lists, tickets.c.holder, tickets.c.party_size,
            tickets.c.language, tickets.c.rehearsal, tickets.c.code_hash,
        )
        .where(tickets.c.event_id == event_id)
        .order_by(tickets.c.id)
        .limit(PAGE + 1)
    )  # fmt: skip
    if cursor.after is not None:
        query = query.where(tickets.c.id > cursor.after)
    if cursor.since is None:
        return query
    changed = select(tickets.c.id).where(tickets.c.event_id == event_id, tickets.c.changed_at > cursor.since)
    scanned = select(scans.c.ticket_id).where(
        scans.c.list_id == check_in_list.id, scans.c.received_at > cursor.since, scans.c.ticket_id.is_not(None)
    )
    return query.where(tickets.c.id.in_(changed.union(scanned)))


def _counts(
    connection: Connection, check_in_list: CheckInListState, ids: Sequence[uuid.UUID], *, whole: bool
) -> dict[uuid.UUID, tuple[int, int]]:
    """(in, gone for good) of those of these tickets that were ever here."""
    if not ids:
        return {}
    among = _between(ids) if whole or len(ids) > FEW else admissions.c.ticket_id.in_(ids)
    live: dict[uuid.UUID, set[int]] = {}
    left: dict[uuid.UUID, set[int]] = {}
    for ticket_id, number, stands, ended_by in connection.execute(_PASSES.where(admissions.c.list_id == check_in_list.id, among)):
        if stands:
            live.setdefault(ticket_id, set()).add(number)
        elif ended_by == Direction.EXIT and not check_in_list.re_entry:
            left.setdefault(ticket_id, set()).add(number)
    nobody: set[int] = set()
    return {one: (len(inside := live.get(one, nobody)), len(left.get(one, nobody) - inside)) for one in live.keys() | left.keys()}


def _between(ids: Sequence[uuid.UUID]) -> Any:
    """Admissions of tickets from the first of these ids to the last."""
    return and_(admissions.c.ticket_id >= ids[0], admissions.c.ticket_id <= ids[-1])


# Entries


def code_hash(salt: bytes, code: str) -> str:
    """What stands for a code in the list: 16 bytes of SHA-256, as base64url."""
    return _text(hashlib.sha256(salt + code.encode()).digest()[:16])


def state_of(status: RegistrationStatus, lists: str | None, slug: str) -> str:
    """What a phone may know of a ticket at this list, in the order of the rules."""
    if status == RegistrationStatus.CANCELLED:
        return "cancelled"
    if status in WAITING:
        return "waitlisted"
    return "ok" if lists is None or slug in lists.split(",") else "wrong_list"


def seal_note(salt: bytes, code: str, plain: bytes) -> str:
    """AES-256-GCM under a key that the code and the salt give (HKDF-SHA256); the nonce is derived, so no two texts share one."""
    key = hmac.digest(hmac.digest(salt, code.encode(), hashlib.sha256), INFO, hashlib.sha256)
    nonce = hmac.digest(key, plain, hashlib.sha256)[:12]
    return _text(nonce + AESGCM(key).encrypt(nonce, plain, None))


def _entry(
    row: Any, check_in_list: CheckInListState, salt: bytes, inside: int, gone: int, told: guest_notes.Told
) -> tuple[str, str, str, int, int]:
    code = codes.ticket_code(row.id, row.generation, row.code_hash)
    note = seal_note(salt, code, _note(row, told))
    return code_hash(salt, code), state_of(row.status, row.lists, check_in_list.slug), note, inside, gone


def _note(row: Any, told: guest_notes.Told) -> bytes:
    said: dict[str, Any] = {"i": initials_of(row.holder), "p": row.party_size, "l": row.language}
    seldom = {"n": told.needs, "a": told.answers, "r": int(row.rehearsal)}
    said |= {name: value for name, value in seldom.items() if value}
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()


def _old_hashes(row: Any, salt: bytes) -> list[str]:
    """The hashes of the codes that this ticket had before."""
    before = (code for generation in range(1, row.generation) for code in codes.ticket_codes(row.id, generation))
    return [code_hash(salt, code) for code in before]


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")
