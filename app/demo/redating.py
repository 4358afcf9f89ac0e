"""The two events that are always on: their timetable is set around the present minute at each start.

Only dates and times change: ids, numbers, registrations and tickets stay, and nothing counts as a change that people
would have to be told of.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app.agenda import service as agenda
from app.agenda.models import AgendaItem, ItemStatus
from app.agenda.service import rows_changed
from app.checkin.models import CheckInList
from app.core import clock
from app.core.db import db, write_tx
from app.core.rows import set_changed
from app.demo import data
from app.demo.data import EventRecord, Row
from app.events.models import Event, EventChange, EventStatus
from app.events.service import Change, record_change
from app.i18n import texts

HEAD_START = timedelta(minutes=10)
CLOCKS = {
    "starts_at": "start", "ends_at": "end", "doors_at": "doors", "latest_arrival_at": "latest_arrival",
    "old_starts_at": "old_start", "old_ends_at": "old_end",
}  # fmt: skip
HOURS = {"opens_at": "opens", "closes_at": "closes"}
SMALL_HOURS = 4  # by then the evening before is over, in every zone of ours
ANNOUNCED_BEFORE = timedelta(minutes=40)


@dataclass(frozen=True, slots=True)
class Timetable:
    """When a live event is: its days, the date columns of each row by number, and those of each check-in list by slug."""

    starts_on: date
    ends_on: date
    rows: dict[int, dict[str, Any]]
    lists: dict[str, dict[str, Any]]


def redate(now: datetime) -> None:
    """Lay the live events around `now` (aware), so that something is on and something comes next; one transaction."""
    with write_tx() as session:
        for record in data.events():
            event = session.scalar(select(Event).where(Event.slug == record.slug)) if record.live else None
            if event is not None:
                apply(session, event, timetable(record, now))


def keep_up(now: datetime) -> None:
    """Lay the live events around `now` again once they are over, so that a demo left running for days always shows something.

    An evening waits until its last row has ended, a visit until the small hours of the next day.
    """
    over = [record.slug for record in data.events() if record.live and _is_played(record, now)]
    if over:
        redate(now)


def _is_played(record: EventRecord, now: datetime) -> bool:
    """Whether nothing timed is left; a row without a time may keep the event itself from being over until midnight."""
    starts_on, last = _span(record.slug)
    if starts_on is None or last is None:
        return False
    if "anchor" in record.live:
        return last <= now
    local = now.astimezone(record.zone)
    return local.hour >= SMALL_HOURS and starts_on != timetable(record, now).starts_on


def _span(slug: str) -> tuple[date | None, datetime | None]:
    """The first day of a live event and the last moment of its rows."""
    ends = func.max(func.coalesce(AgendaItem.ends_at, AgendaItem.starts_at))
    asked = select(Event.starts_on, ends).join(AgendaItem, AgendaItem.event_id == Event.id).where(Event.slug == slug)
    found = db.session.execute(asked.group_by(Event.starts_on)).first()
    return (found[0], found[1]) if found else (None, None)


def apply(session: Session, event: Event, times: Timetable) -> None:
    """Write a timetable to the event, its rows and lists; pages and calendars are made anew when that changed anything."""
    items = session.scalars(select(AgendaItem).where(AgendaItem.event_id == event.id)).all()
    moved = [item for item in items if set_changed(item, times.rows.get(item.number, {}))]
    for item in moved:
        item.sequence, item.updated_at = item.sequence + 1, clock.now()
    _tell(session, event, [item for item in moved if item.changed_at])
    check_in_lists = session.scalars(select(CheckInList).where(CheckInList.event_id == event.id)).all()
    reset = [
        check_in_list for check_in_list in check_in_lists if set_changed(check_in_list, times.lists.get(check_in_list.slug, {}))
    ]
    if set_changed(event, {"starts_on": times.starts_on, "ends_on": times.ends_on}) or moved or reset:
        rows_changed(session, event)


def _tell(session: Session, event: Event, items: Sequence[AgendaItem]) -> None:
    """Put the rows that the demo shows as cancelled or moved into the event's feed, in place of what it said before."""
    session.flush()
    session.execute(delete(EventChange).where(EventChange.owner.in_([item.id for item in items])))
    for item in items:
        after = agenda.facts_of_row(session, event, item)
        before = after | {"status": EventStatus.SCHEDULED}
        if item.old_starts_at:
            old = {name: getattr(item, f"old_{name}") for name in ("starts_at", "ends_at")}
            before |= {name: moment.isoformat() if moment else None for name, moment in old.items()}
        if item.old_venue:
            name = item.old_venue_id, "venue.name"
            before |= {"venue": texts.wordings(session, [name])[name], "address": item.old_venue.address}
        record_change(session, event, Change(item.id, item.sequence, before, after, item.changed_at or clock.now()))


def timetable(record: EventRecord, now: datetime) -> Timetable:
    """The dates of a live event for this moment. Shifts are in elapsed time, so summer-time nights stretch nothing."""
    return _around_anchor(record, now) if "anchor" in record.live else _around_today(record, now)


def _around_anchor(record: EventRecord, now: datetime) -> Timetable:
    """One evening whose anchor minute is now. Rows past midnight belong to the day on which it began."""
    template = date(2025, 1, 1)  # a day without a change of the clocks
    shift = _floor(now) - data.moment(template, record.live["anchor"], record.zone)
    rows = {row["number"]: _moments(row, template, record, shift) for row in record.items}
    lists = {row["slug"]: _moments(row, template, record, shift, HOURS) for row in record.lists}
    first = min(times["starts_at"] for times in rows.values() if times["starts_at"])
    day = first.astimezone(record.zone).date()
    for row in record.items:
        rows[row["number"]] |= {"on": day, "changed_at": _changed(row, now)}
    last = max(times["ends_at"] or times["starts_at"] or first for times in rows.values())
    return Timetable(day, last.astimezone(record.zone).date(), rows, lists)


def _around_today(record: EventRecord, now: datetime) -> Timetable:
    """Days before and after keep their clock times; today's rows move only while none would be on yet."""
    today = now.astimezone(record.zone).date()
    shift = _shift_of_today(record, today, now)
    rows, lists = {}, {}
    for row in record.items:
        day = today + timedelta(days=row["on"])
        rows[row["number"]] = _moments(row, day, record, shift if row["on"] == 0 else timedelta(0))
        rows[row["number"]] |= {"on": day, "changed_at": _changed(row, now)}
    for row in record.lists:
        day = today + timedelta(days=row.get("on", 0))
        lists[row["slug"]] = _moments(row, day, record, shift if day == today else timedelta(0), HOURS)
        lists[row["slug"]]["on"] = day if row.get("kind") == "day" else None
    first, last = (today + timedelta(days=record.live[name]) for name in ("first_day", "last_day"))
    return Timetable(first, last, rows, lists)


def _shift_of_today(record: EventRecord, today: date, now: datetime) -> timedelta:
    """How far today's rows move: not at all by day, back to the present in the small hours (never before midnight).

    The evening needs no shift, because the last row starts after midnight.
    """
    first = min(data.moment(today, row["start"], record.zone) for row in record.items if row["on"] == 0 and "start" in row)
    if now >= first:
        return timedelta(0)
    return max(_floor(now) - HEAD_START, data.moment(today, "00:00", record.zone)) - first


def _moments(row: Row, day: date, record: EventRecord, shift: timedelta, clocks: Mapping[str, str] = CLOCKS) -> dict[str, Any]:
    return {name: data.moment(day, row[key], record.zone) + shift if key in row else None for name, key in clocks.items()}


def _changed(row: Row, now: datetime) -> datetime | None:
    """When a cancelled or moved row was announced: shortly before the present."""
    changed = row.get("status") == ItemStatus.CANCELLED or "old_start" in row or "old_venue" in row
    return _floor(now) - ANNOUNCED_BEFORE if changed else None


def _floor(moment: datetime) -> datetime:
    """The last full five minutes, so that times on the page look like a programme's."""
    utc = moment.astimezone(UTC)
    return utc - timedelta(minutes=utc.minute % 5, seconds=utc.second, microseconds=utc.microsecond)
