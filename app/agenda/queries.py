"""Reading agendas: an event with all its rows in a fixed number of queries, and what is on now in every town."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Protocol, cast
from zoneinfo import ZoneInfo

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import joinedload

from app.agenda import rules
from app.agenda.models import AgendaItem, ItemPerson, ItemStatus
from app.core.db import db
from app.core.errors import NotFound
from app.events.models import CALLED_OFF, Event, EventDay, EventStatus
from app.i18n import formats, texts
from app.i18n.texts import Texts
from app.places.models import Venue

HIGHEST_NUMBER = 2**31 - 1
FIRST = datetime.min.replace(tzinfo=UTC)


class Timed(Protocol):
    """What a row, or a bare result of its columns, tells of its time."""

    number: int
    on: date | None
    starts_at: datetime | None
    ends_at: datetime | None
    parallel_group: str
    status: ItemStatus


@dataclass(slots=True)
class Day:
    """One civil day of an agenda: its rows in order, and the day's own state where it has one."""

    on: date
    items: list[AgendaItem]
    own: EventDay | None = None

    @property
    def is_off(self) -> bool:
        """Whether the whole day was called off."""
        return self.own is not None and self.own.status in CALLED_OFF


@dataclass(slots=True)
class Agenda:
    """An event as a page shows it: days with rows, rows without a day, texts in the page's language."""

    event: Event
    zone: ZoneInfo
    items: list[AgendaItem]
    facts: rules.AgendaFacts
    days: list[Day]
    undated: list[AgendaItem]
    texts: Texts

    def numbered(self, numbers: Iterable[int]) -> list[AgendaItem]:
        """The rows with these numbers, in that order."""
        known = {item.number: item for item in self.items}
        return [known[number] for number in numbers]

    def other_day(self, item: AgendaItem, today: date) -> date | None:
        """The row's day when it is not today: to be said beside its time."""
        return other_day(item, today, self.zone)

    def is_off(self, item: AgendaItem) -> bool:
        """Whether the row will not take place: cancelled itself, or with its day, or with the event."""
        return self.state_of(item) in CALLED_OFF

    def state_of(self, item: AgendaItem) -> EventStatus:
        """Cancelled or postponed, as the row itself, its day or the whole event is; else scheduled: it takes place."""
        if item.is_cancelled:
            return EventStatus.CANCELLED
        on = shown_day(item, self.zone)
        states = [self.event.status, *(day.own.status for day in self.days if day.own is not None and day.on == on)]
        return next((state for state in states if state in CALLED_OFF), EventStatus.SCHEDULED)


def agenda_of(event: Event, lang: str) -> Agenda:
    """Everything the event's page shows of its rows. The number of queries does not depend on the number of rows."""
    items = list(db.session.scalars(_OF_EVENT, {"event": event.id}).unique())
    return _agenda(event, items, facts_of(event, items), lang)


def item_of(event: Event, number: int, lang: str) -> tuple[Agenda, AgendaItem]:
    """One row of the event by its number, in an agenda that holds this row alone. Raises `NotFound`."""
    item = find_item(event, number)
    if item is None:
        raise NotFound
    return _agenda(event, [item], facts_of(event, _times_of(event)), lang), item


def find_item(event: Event, number: int) -> AgendaItem | None:
    """The event's row with this number."""
    if not 0 < number <= HIGHEST_NUMBER:
        return None
    return db.session.scalars(items_where(AgendaItem.event_id == event.id, AgendaItem.number == number)).unique().one_or_none()


def facts_of(event: Event, items: Iterable[Timed]) -> rules.AgendaFacts:
    """What judging needs to know of the event and its rows."""
    return rules.AgendaFacts(
        zone=formats.zone(event.timezone),
        rows=tuple(
            rules.Row(
                item.number, item.on, item.starts_at, item.ends_at, item.parallel_group, item.status == ItemStatus.CANCELLED
            )
            for item in items
        ),
        starts_on=event.starts_on,
        ends_on=event.ends_on,
        precision=event.date_precision,
        status=event.status,
        days_off=frozenset(day.on for day in event.days if day.status in CALLED_OFF),
    )


def programme_end_of(event: Event) -> datetime | None:
    """When its last row ends, from the rows as they stand in the database."""
    return rules.programme_ends_at(facts_of(event, _times_of(event)))


def now_and_next(agenda: Agenda, now: datetime) -> rules.Judgement:
    """What is on in this event at the moment, and what comes next."""
    return rules.judge(agenda.facts, now)


def shown_day(item: AgendaItem, zone: ZoneInfo) -> date | None:
    """The day under which a row stands: its own, else that of its start in the event's zone."""
    return item.on or (item.starts_at.astimezone(zone).date() if item.starts_at else None)


def other_day(item: AgendaItem, today: date, zone: ZoneInfo) -> date | None:
    """The row's day when it is neither today's row nor begins today (after midnight, the evening's rows still do)."""
    day = shown_day(item, zone)
    return None if day == today or starts_today(item, today, zone) else day


def items_where(*where: object) -> Select[AgendaItem]:
    """Rows with all that a page shows of them, in the order of the agenda."""
    return (
        select(AgendaItem)
        .where(*where)  # type: ignore[arg-type]
        .order_by(AgendaItem.event_id, AgendaItem.position, AgendaItem.number)
        .options(
            joinedload(AgendaItem.venue),
            joinedload(AgendaItem.old_venue),
            joinedload(AgendaItem.people).load_only(ItemPerson.role, ItemPerson.position),
        )
    )


_OF_EVENT = items_where(AgendaItem.event_id == bindparam("event"))  # built once


def _times_of(event: Event) -> Iterable[Timed]:
    """The times of all rows, without the rest: whether one is on now can depend on the next."""
    columns = (
        AgendaItem.number, AgendaItem.on, AgendaItem.starts_at, AgendaItem.ends_at, AgendaItem.parallel_group, AgendaItem.status,
    )  # fmt: skip
    return cast(Iterable[Timed], db.session.execute(select(*columns).where(AgendaItem.event_id == event.id)))


def _agenda(event: Event, items: list[AgendaItem], facts: rules.AgendaFacts, lang: str) -> Agenda:
    zone = formats.zone(event.timezone)
    known = texts.load(text_scopes([event], items), lang, prefer=event.fallback, lean=True)
    return Agenda(
        event=event, zone=zone, items=items, facts=facts, days=_days(event, items, zone),
        undated=[item for item in items if shown_day(item, zone) is None], texts=_only(known, _owners(event, items)),
    )  # fmt: skip


def _days(event: Event, items: Sequence[AgendaItem], zone: ZoneInfo) -> list[Day]:
    """The days that have rows or a state of their own, each with its rows by time, rows without a time where they stand."""
    days = {day.on: Day(day.on, [], day) for day in event.days}
    for item in items:
        on = shown_day(item, zone)
        if on is not None:
            days.setdefault(on, Day(on, [])).items.append(item)
    for day in days.values():
        if all(item.starts_at for item in day.items):
            day.items.sort(key=lambda item: (item.starts_at or FIRST, item.position, item.number))
    return [days[on] for on in sorted(days)]


def text_scopes(events: Iterable[Event], items: Iterable[AgendaItem]) -> set[uuid.UUID]:
    """Whose texts a page needs: the events', and those of the places where their venues stand."""
    scopes: set[uuid.UUID] = set()
    for event in events:
        scopes |= {event.id, *_places_of(event.venue)}
    for item in items:
        scopes |= {*_places_of(item.venue), *_places_of(item.old_venue)}
    return scopes


def _places_of(venue: Venue | None) -> tuple[uuid.UUID, ...]:
    return (venue.place_id or venue.id,) if venue else ()


def _owners(event: Event, items: Iterable[AgendaItem]) -> set[uuid.UUID | None]:
    """The rows whose texts are shown: a place's other venues are not."""
    owners = {event.id, event.venue_id, *(day.id for day in event.days)}
    for item in items:
        owners |= {item.id, item.venue_id, item.old_venue_id, item.room_id, item.track_id}
        owners |= {person.person_id for person in item.people}
    return owners


def _only(known: Texts, owners: set[uuid.UUID | None]) -> Texts:
    found = {key: values for key, values in known.found.items() if key[0] in owners}
    return Texts(known.lang, known.prefer, found, known.sources)


def starts_today(item: AgendaItem, today: date, zone: ZoneInfo) -> bool:
    return item.starts_at is not None and item.starts_at.astimezone(zone).date() == today


def venue_of(agenda: Agenda, item: AgendaItem | None) -> Venue | None:
    """Where a row takes place: its own venue, else the event's."""
    return (item.venue if item else None) or agenda.event.venue


def hours_of(event_id: uuid.UUID) -> tuple[datetime | None, datetime | None, int]:
    """The first start and the last end among an event's rows that take place (None when none has a time), and how often
    its rows were changed after they were announced, those that were cancelled too.

    No end where the last row to begin has none of its own: a time by which people still stay would be told as the end.
    """
    on = AgendaItem.status != ItemStatus.CANCELLED
    starts, ends = AgendaItem.starts_at, AgendaItem.ends_at
    query = select(
        func.min(starts).filter(on), func.max(starts).filter(on), func.max(ends).filter(on), func.sum(AgendaItem.sequence)
    ).where(AgendaItem.event_id == event_id)
    first, latest, last, changes = db.session.execute(query).one()
    return first, last if last and latest and last > latest else None, int(changes or 0)


def first_starts(event_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, datetime]:
    """The first start among the rows of each of these events that take place; events without times are left out."""
    rows = AgendaItem.event_id.in_(event_ids), AgendaItem.status != ItemStatus.CANCELLED
    query = select(AgendaItem.event_id, func.min(AgendaItem.starts_at)).where(*rows).group_by(AgendaItem.event_id)
    return {event_id: first for event_id, first in db.session.execute(query) if first}
