"""What is on now in every town, in four or five queries however many events there are."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import joinedload, selectinload

from app.agenda import rules
from app.agenda.models import AgendaItem
from app.agenda.queries import facts_of, items_where, shown_day, starts_today, text_scopes
from app.core.db import db
from app.events.models import CALLED_OFF, Event
from app.events.queries import public_events
from app.i18n import formats, texts
from app.i18n.formats import Precision
from app.i18n.texts import Texts
from app.places.models import Place

NEARBY = timedelta(days=1)
HEADLINES = ("event.title", "event.place", "item.title", "item.place", "item.when", "venue.name", "room.name")


@dataclass(slots=True)
class OnNow:
    """An event on (or about to be) at a moment: its rows on now, those that come next, and until when that is true."""

    event: Event
    state: rules.State
    now: list[AgendaItem]
    next: list[AgendaItem]
    texts: Texts
    zone: ZoneInfo
    valid_until: datetime | None


def now_everywhere(now: datetime, lang: str) -> list[OnNow]:
    """The events of all towns with something on now, then those with something still to come today.

    Four or five queries, however many events. Keep a page that shows it until `changes_everywhere(answer, now)`.
    """
    events = list(db.session.scalars(_events_near(now)).unique())
    rows: dict[uuid.UUID, list[AgendaItem]] = {event.id: [] for event in events}
    if events:
        for item in db.session.scalars(items_where(AgendaItem.event_id.in_(rows))).unique():
            rows[item.event_id].append(item)
    every = texts.load(text_scopes(events, [item for items in rows.values() for item in items]), lang, kinds=HEADLINES, lean=True)
    found = [_on_now(event, rows[event.id], _preferring(every, event), now) for event in events]
    shown = [one for one in found if one is not None]
    return sorted(shown, key=lambda one: (not one.now, -one.event.featured, _first_start(one, now), one.event.slug))


def changes_everywhere(shown: Iterable[OnNow], now: datetime) -> datetime:
    """When `now_everywhere` may answer otherwise: a change of one that is shown, or the next full hour (a midnight)."""
    hour = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return min([hour, *(one.valid_until for one in shown if one.valid_until)])


def _preferring(known: Texts, event: Event) -> Texts:
    return Texts(known.lang, event.fallback, known.found, known.sources)


def _events_near(now: datetime) -> Select[Any]:
    """Events whose days, or whose rows' moments, lie within a day of `now`: enough for every zone and every night."""
    first, last = now.date() - NEARBY, now.date() + NEARBY
    with_rows = select(AgendaItem.event_id).where(AgendaItem.starts_at.between(now - 2 * NEARBY, now + 2 * NEARBY))
    return (
        public_events()
        .where(Event.status.not_in(CALLED_OFF), Event.date_precision == Precision.DAY)
        .where(or_(Event.starts_on.between(first, last), Event.ends_on.between(first, last), Event.id.in_(with_rows)))
        .options(joinedload(Event.place).selectinload(Place.names), joinedload(Event.venue), selectinload(Event.days))
    )


def _on_now(event: Event, items: list[AgendaItem], known: Texts, now: datetime) -> OnNow | None:
    """The event at this moment, or None when nothing of it is on now or to come today."""
    judged = rules.judge(facts_of(event, items), now)
    numbered, zone = {item.number: item for item in items}, formats.zone(event.timezone)
    coming = [numbered[number] for number in judged.next]
    today = [item for item in coming if shown_day(item, zone) == judged.today or starts_today(item, judged.today, zone)]
    if not judged.now and not today and not judged.untimed:
        return None
    return OnNow(event, judged.state, [numbered[number] for number in judged.now], coming, known, zone, judged.until)


def _first_start(one: OnNow, now: datetime) -> datetime:
    return min((item.starts_at for item in one.now or one.next if item.starts_at), default=now + 2 * NEARBY)
