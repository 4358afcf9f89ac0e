"""Anonymous plus and minus clicks at a door: walk-ins and crowds, counted without a name and each exactly once."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.checkin import counters, queries
from app.checkin.counters import Tally
from app.checkin.queries import INSERT, headcounts
from app.checkin.rules import CheckInListState, DeviceState, Faulty, UnknownDevice
from app.core import clock

_ADD = {name: insert(headcounts).on_conflict_do_nothing().returning(headcounts.c.id) for name, insert in INSERT.items()}
_STORED = select(headcounts).where(headcounts.c.id.in_(bindparam("ids", expanding=True)))


@dataclass(frozen=True, slots=True)
class Click:
    """One tap: `delta` people came in (or, below zero, went out) at a list."""

    id: uuid.UUID
    sent_id: str
    check_in_list: str
    delta: int
    at: datetime
    rehearsal: bool = False


@dataclass(frozen=True, slots=True)
class Counted:
    """What a click is answered: counted, now or (`replay`) before, or an error and nothing was stored."""

    sent_id: str | None
    error: str = ""
    fields: tuple[str, ...] = ()
    replay: bool = False


def count(
    session: Session, device: DeviceState, items: Sequence[Click | Faulty], sent_at: datetime | None = None
) -> list[Counted]:
    """Keep every click once; the same id again is a replay, for something else `id_reused`.

    The time is kept as the phone said it, with the phone's offset; whoever shows it sets it right (`rules.moment_of`).
    Raises `UnknownDevice` when the phone was ended meanwhile.
    """
    try:
        return _count(session.connection(), device, items, sent_at)
    except IntegrityError:  # its event is being deleted
        raise UnknownDevice from None


def _count(
    connection: Connection, device: DeviceState, items: Sequence[Click | Faulty], sent_at: datetime | None
) -> list[Counted]:
    now = clock.now()
    current = queries.find_device_state(connection, device.token_hash)
    if current is None or not current.is_live(now):
        raise UnknownDevice
    queries.adopt_token(connection, current)
    fresh = _add(connection, current, [item for item in items if isinstance(item, Click)], now, now - (sent_at or now))
    ids = [item.id for item in items if isinstance(item, Click)]
    stored = {row.id: row for row in connection.execute(_STORED, {"ids": ids})} if ids else {}
    return [_answer(current, item, fresh, stored) for item in items]


def _add(
    connection: Connection, device: DeviceState, clicks: Sequence[Click], now: datetime, offset: timedelta
) -> set[uuid.UUID]:
    rows = {
        click.id: _row(click, device, device.check_in_lists[click.check_in_list], now, offset)
        for click in reversed(clicks) if click.check_in_list in device.check_in_lists
    }  # fmt: skip
    ordered = sorted(rows.values(), key=lambda row: row["id"].bytes)
    fresh = set(connection.execute(_ADD[connection.dialect.name], ordered).scalars()) if ordered else set()
    added: defaultdict[uuid.UUID, Tally] = defaultdict(Tally)
    for row in (row for row in ordered if row["id"] in fresh):
        added[row["list_id"]].clicks += 0 if row["rehearsal"] else row["delta"]
        added[row["list_id"]].changes += 1
    counters.add(connection, added)
    return fresh


def _row(click: Click, device: DeviceState, check_in_list: CheckInListState, now: datetime, offset: timedelta) -> dict[str, Any]:
    return {
        "id": click.id, "list_id": check_in_list.id, "device_id": device.id, "delta": click.delta, "occurred_at": click.at,
        "received_at": now, "offset_ms": round(offset / timedelta(milliseconds=1)), "rehearsal": click.rehearsal,
    }  # fmt: skip


def _answer(device: DeviceState, item: Click | Faulty, fresh: set[uuid.UUID], stored: dict[uuid.UUID, Any]) -> Counted:
    """The first of an id in this call is the new one; the rest repeat it."""
    if isinstance(item, Faulty):
        return Counted(item.sent_id, error="invalid", fields=item.fields)
    check_in_list, row = device.check_in_lists.get(item.check_in_list), stored.get(item.id)
    if check_in_list is None:
        return Counted(item.sent_id, error="unknown_list")
    if row is None or (row.device_id, row.list_id, row.delta, row.rehearsal) != (
        device.id,
        check_in_list.id,
        item.delta,
        item.rehearsal,
    ):
        return Counted(item.sent_id, error="id_reused")
    replay = item.id not in fresh
    fresh.discard(item.id)
    return Counted(item.sent_id, replay=replay)
