"""The door's verbs. Knows nothing of requests, sessions or templates.

`record` is the transaction of checkin.md §4: claim the ids, lock the tickets, judge, let the unique index decide, settle. Calls
that a process has at the same time share one.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flask import current_app
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from app.checkin import counters, queries
from app.checkin.claims import Batch, Overtaken
from app.checkin.models import CheckInList, Direction, ListKind, ScanMode
from app.checkin.recording import Recording
from app.checkin.rules import Attempt, DeviceNotAllowed, DeviceState, Faulty, UnknownDevice, Verdict
from app.core import clock
from app.core.db import db, write_tx
from app.core.together import Together
from app.core.write_queue import QueueTimeout
from app.i18n import texts
from app.i18n.models import Origin

MOST_AT_ONCE, MOST_IN_COMPANY = 32, 5

# Lists


def find_list(event_id: uuid.UUID, slug: str) -> CheckInList | None:
    """An event's check-in list."""
    return db.session.scalar(select(CheckInList).where(CheckInList.event_id == event_id, CheckInList.slug == slug))


def lists_of(event_id: uuid.UUID) -> list[CheckInList]:
    """An event's check-in lists, in their order."""
    query = select(CheckInList).where(CheckInList.event_id == event_id).order_by(CheckInList.position, CheckInList.slug)
    return list(db.session.scalars(query))


def put_list(
    session: Session, event_id: uuid.UUID, slug: str, fields: Mapping[str, Any], names: Mapping[str, str], source_lang: str = "en"
) -> CheckInList:
    """Set up a list inside a `write_tx()`; the same call again changes nothing. `names` maps language to its name.

    `fields` are columns of `CheckInList`. Whoever is in the coach is not at the venue, unless they say so.
    """
    check_in_list = session.scalar(select(CheckInList).where(CheckInList.event_id == event_id, CheckInList.slug == slug))
    if check_in_list is None:
        check_in_list = CheckInList(
            id=uuid.uuid4(), event_id=event_id, slug=slug, is_venue_door=fields.get("kind") != ListKind.COACH
        )
        session.add(check_in_list)
    for name, value in fields.items():
        setattr(check_in_list, name, value)
    origin = Origin.MACHINE if len(names) > 1 else Origin.HUMAN
    texts.put(
        session,
        event_id,
        check_in_list.id,
        "list.name",
        names,
        source_lang if source_lang in names else next(iter(names)),
        origin,
    )
    return check_in_list


def inside(door_id: uuid.UUID) -> int:
    """How many people are in at a list; rehearsals count nowhere."""
    return counters.inside(db.session.connection(), [door_id])[door_id]


# Scans


@dataclass(frozen=True, slots=True)
class Recorded:
    """A batch's answers, in the order it was sent, and the phone that sent it."""

    device: DeviceState
    verdicts: list[Verdict]


def record(token_hash: bytes, items: Sequence[Attempt | Faulty], sent_at: datetime | None = None) -> Recorded:
    """Keep every attempt and admit each pass of a ticket at most once per list.

    One transaction for the batch. An id sent again returns the stored verdict and writes nothing; sent again for something
    else, its verdict is the error `id_reused`. A dead device may still deliver what it scanned offline: that is kept as
    quarantine and admits nobody. Raises `UnknownDevice` for an unknown token, and for a dead one with nothing offline;
    `DeviceNotAllowed` for a device that serves no list (a supervisor's takes back all the same).
    """
    now = clock.now()
    device = _entitled(queries.read_device_state(token_hash), items, now)
    batch = Batch(device, items, now, now - (sent_at or now))
    verdicts = _together().do(batch) if _may_join(batch) else None
    return Recorded(device, verdicts) if verdicts is not None else _record_alone(token_hash, batch)


def _together() -> Together[Batch, list[Verdict]]:
    """Where the calls that one process has at once share a transaction."""
    made = current_app.extensions
    shared: Together[Batch, list[Verdict]] | None = made.get("scans")
    return shared or made.setdefault("scans", Together(_record_all, _ids, MOST_AT_ONCE))


def _may_join(batch: Batch) -> bool:
    """What a few people scanned at a door: no delivery of a whole evening, nothing typed, no token used for the first time."""
    typed = any(attempt.reference for attempt in batch.attempts)
    return len(batch.items) <= MOST_IN_COMPANY and not typed and not batch.device.rolled


def _ids(batch: Batch) -> set[uuid.UUID]:
    return {attempt.id for attempt in batch.attempts}


def _record_all(batches: Sequence[Batch]) -> list[list[Verdict]] | None:
    """Several calls in one transaction; None when one of them needs care, or when nothing can be written now."""
    try:
        with write_tx() as session:
            return Recording(session, session.connection(), careful=False).keep(batches)
    except (Overtaken, QueueTimeout, DBAPIError):
        return None


def _record_alone(token_hash: bytes, batch: Batch) -> Recorded:
    try:
        return _record(token_hash, batch, careful=False)
    except (Overtaken, IntegrityError):  # also when one of its lists has just been deleted
        return _record(token_hash, batch, careful=True)


def _record(token_hash: bytes, batch: Batch, *, careful: bool) -> Recorded:
    """The phone was looked up before the turn to write was waited for: what it may do is judged as of when the call arrived."""
    with write_tx() as session:
        connection = session.connection()
        if careful or batch.device.rolled:
            device = _entitled(queries.find_device_state(connection, token_hash), batch.items, batch.now)
            queries.adopt_token(connection, device)
            batch = replace(batch, device=device)
        (verdicts,) = Recording(session, connection, careful=careful).keep([batch])
        return Recorded(batch.device, verdicts)


def _entitled(device: DeviceState | None, items: Sequence[Attempt | Faulty], now: datetime) -> DeviceState:
    offline = any(_is_offline(item) for item in items)
    if device is None or not (device.is_live(now) or offline):
        raise UnknownDevice
    if not (device.may_scan or offline or (device.may_supervise and all(map(_takes_back, items)))):
        raise DeviceNotAllowed
    return device


def _takes_back(item: Attempt | Faulty) -> bool:
    return isinstance(item, Attempt) and item.direction == Direction.UNDO


def _is_offline(item: Attempt | Faulty) -> bool:
    return isinstance(item, Attempt) and item.mode == ScanMode.OFFLINE
