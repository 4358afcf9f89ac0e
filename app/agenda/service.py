"""The agenda's verbs: show an event's rows, say what is on now and next, move or cancel a row."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.agenda.models import AgendaItem, ItemStatus
from app.agenda.queries import (
    programme_end_of,
)
from app.core import clock
from app.core.errors import NotFound
from app.events.models import Event
from app.events.service import Change, announce, touch
from app.i18n import formats, texts
from app.places.models import Venue


def move_item(
    session: Session, item_id: uuid.UUID, starts_at: datetime | None, ends_at: datetime | None,
    reasons: Mapping[str, str] | None = None,
) -> AgendaItem:  # fmt: skip
    """Give a row a new time and say why. What was announced first is kept, also through a second move. Raises `NotFound`.

    A row moved back to its first time counts as not moved.
    """
    item, event = _locked(session, item_id)
    before = facts_of_row(session, event, item)
    first = (item.old_starts_at, item.old_ends_at) if item.old_starts_at else (item.starts_at, item.ends_at)
    item.starts_at, item.ends_at = starts_at, ends_at
    item.old_starts_at, item.old_ends_at = (None, None) if first == (starts_at, ends_at) else first
    if starts_at is not None:
        item.on = _programme_day(starts_at.astimezone(formats.zone(event.timezone)), item.on)
    _finish_change(session, event, item, before, reasons)
    return item


def move_item_to(
    session: Session, item_id: uuid.UUID, venue_id: uuid.UUID | None, room_id: uuid.UUID | None = None,
    reasons: Mapping[str, str] | None = None,
) -> AgendaItem:  # fmt: skip
    """Give a row a new place and say why; the venue that was announced first is kept. Raises `NotFound`."""
    item, event = _locked(session, item_id)
    before = facts_of_row(session, event, item)
    first = item.old_venue_id or item.venue_id or event.venue_id
    item.venue_id, item.room_id = venue_id, room_id
    item.old_venue_id = None if first == venue_id else first
    _finish_change(session, event, item, before, reasons)
    return item


def cancel_item(session: Session, item_id: uuid.UUID, reasons: Mapping[str, str] | None = None) -> AgendaItem:
    """Say that a row will not take place, and why; it stays in the agenda and in calendars. Raises `NotFound`."""
    item, event = _locked(session, item_id)
    before = facts_of_row(session, event, item)
    if not item.is_cancelled:
        item.status = ItemStatus.CANCELLED
        _finish_change(session, event, item, before, reasons)
    return item


def rows_changed(session: Session, event: Event) -> None:
    """Note, inside a `write_tx()`, that rows of the event were written: it may be over at another moment, its pages change."""
    session.flush()
    event.programme_ends_at = programme_end_of(event)
    touch(session, event)


def _locked(session: Session, item_id: uuid.UUID) -> tuple[AgendaItem, Event]:
    """The row and its event, the event's row locked first: its version is counted up by whoever holds it."""
    item = session.get(AgendaItem, item_id)
    if item is None:
        raise NotFound
    event = session.get(Event, item.event_id, with_for_update={"key_share": True}, populate_existing=True)
    if event is None:
        raise NotFound
    session.refresh(item)
    return item, event


def _programme_day(start: datetime, before: date | None) -> date:
    """The day of a start on the clock of the place; before five in the morning a row may stay with its evening."""
    day = start.date()
    evening = before is not None and before == day - timedelta(days=1) and start.hour < clock.MORNING
    return day - timedelta(days=1) if evening else day


def facts_of_row(session: Session, event: Event, item: AgendaItem) -> dict[str, Any]:
    """What people are told of a row when it changes, as `EventChange` keeps it. Texts: language -> wording."""
    venue = session.get(Venue, item.venue_id or event.venue_id) if item.venue_id or event.venue_id else None
    wanted = {
        "title": (item.id, "item.title"), "reason": (item.id, "item.reason"), "place": (item.id, "item.place"),
        "venue": (venue.id if venue else None, "venue.name"), "room": (item.room_id, "room.name"),
    }  # fmt: skip
    said = texts.wordings(session, wanted.values())
    moments = {name: at.isoformat() if (at := getattr(item, name)) else None for name in ("starts_at", "ends_at")}
    return {name: said[key] for name, key in wanted.items()} | moments | {
        "number": item.number, "status": item.status, "address": venue.address if venue else "",
    }  # fmt: skip


def _finish_change(
    session: Session, event: Event, item: AgendaItem, before: dict[str, Any], reasons: Mapping[str, str] | None
) -> None:
    """Calendars, pages and feeds must show the change: sequence and version grow, the reason stands beside it."""
    item.sequence += 1
    item.changed_at = item.updated_at = clock.now()
    if reasons:
        source = event.source_lang if event.source_lang in reasons else next(iter(reasons))
        texts.put(session, event.id, item.id, "item.reason", dict(reasons), source)
    session.flush()
    rows_changed(session, event)
    announce(session, event, [Change(item.id, item.sequence, before, facts_of_row(session, event, item), item.changed_at)])
