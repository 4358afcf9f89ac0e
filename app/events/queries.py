"""Reading lists of events a piece at a time: the database parts the past from what comes and sorts, however many there are."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, or_, select
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from app.core.db import db
from app.core.errors import NotFound
from app.core.versions import Stamp
from app.events.days import evening_of
from app.events.models import Event, EventChange, EventStatus, EventWords
from app.i18n import formats
from app.places.models import Place

Conditions = Sequence[ColumnElement[bool]]
PUBLIC: Conditions = ()  # what an event must be for residents to see it


@dataclass(frozen=True, slots=True)
class EventCounts:
    """How many events there are, how many of them are to come, and the next moment at which one becomes past."""

    total: int
    coming: int
    changes_at: datetime | None


def public_events(*columns: Any) -> Select[Any]:
    """The events that residents may see, or these columns of them: what every page, list and feed starts from."""
    return select(*(columns or (Event,))).select_from(Event).where(*PUBLIC)


_WHOLE = joinedload(Event.place).joinedload(Place.names), joinedload(Event.venue), joinedload(Event.days)
# Built once, one query: it stands before every page of an event that is made anew.
_BY_SLUG = public_events().where(Event.slug == bindparam("slug")).options(*_WHOLE)


def listed_events() -> Select[Any]:
    """Events with the names of their towns."""
    return public_events().options(joinedload(Event.place).selectinload(Place.names))


def is_coming(now: datetime) -> ColumnElement[bool]:
    """Not over by the event's own clocks; an undated event is still to come."""
    return or_(Event.over_at.is_(None), Event.over_at > now)


def count(where: Conditions, now: datetime) -> EventCounts:
    """One query."""
    later = and_(Event.over_at.is_not(None), Event.over_at > now)
    asked = public_events(func.count(), func.count().filter(is_coming(now)), func.min(Event.over_at).filter(later))
    total, coming, changes_at = db.session.execute(asked.where(*where)).one()
    return EventCounts(total, coming, changes_at)


def coming(where: Conditions, now: datetime, limit: int, offset: int = 0) -> list[Event]:
    """Those to come, the soonest first, undated ones last. One query, two where there is any."""
    query = listed_events().where(is_coming(now), *where).order_by(Event.rank, Event.slug)
    return list(db.session.scalars(query.limit(limit).offset(offset)))


def past(where: Conditions, now: datetime, limit: int, offset: int = 0) -> list[Event]:
    """Those that are over, the latest first."""
    query = listed_events().where(Event.over_at <= now, *where).order_by(Event.rank.desc(), Event.slug)
    return list(db.session.scalars(query.limit(limit).offset(offset)))


def worded(words: Iterable[str]) -> Conditions:
    """What is said of the event, or of its town, holds each of these folded words, within longer words too.

    A join, not a subquery: a page of thirty is found as soon as thirty events hold the words.
    """
    holding = [EventWords.words.contains(word, autoescape=True) for word in words]
    return (EventWords.event_id == Event.id, *holding) if holding else ()


def hosts() -> tuple[int, Select[Place]]:
    """How many towns have events, and the query that reads them."""
    held = public_events(Event.place_id).where(Event.place_id.is_not(None))
    number = db.session.scalar(public_events(func.count(func.distinct(Event.place_id)))) or 0
    return number, select(Place).where(Place.id.in_(held)).options(selectinload(Place.names))


def find_event(slug: str) -> Event | None:
    """The event of this name, with its place and venue, for whoever organises it: whether residents may see it or not."""
    return db.session.scalars(select(Event).where(Event.slug == slug).options(*_WHOLE)).unique().one_or_none()


def get_event(slug: str) -> Event:
    """The event at this address of residents' pages, with its place and venue. Raises `NotFound`."""
    event: Event | None = db.session.scalars(_BY_SLUG, {"slug": slug}).unique().one_or_none()
    if event is None:
        raise NotFound
    return event


def find_event_by_id(event_id: uuid.UUID) -> Event | None:
    """The event with this id."""
    return db.session.get(Event, event_id)


def event_stamp(slug: str) -> Stamp:
    """Where the version stands that pages of this event show; it is None when there is no such event."""
    return Stamp("SELECT version FROM events WHERE slug = {}", (slug,))


def catalogue_stamp() -> Stamp:
    """Where the version stands that home, lists and towns show."""
    return Stamp("SELECT coalesce(max(version), 0) FROM catalogue_version")


def net_changes(event_id: uuid.UUID, since: datetime, until: datetime) -> dict[uuid.UUID, tuple[dict[str, Any], dict[str, Any]]]:
    """For the event and each of its rows that was changed from `since` until, not including, `until`: what it was and what it
    is then, however often it changed between."""
    query = select(EventChange).where(EventChange.event_id == event_id, EventChange.at >= since, EventChange.at < until)
    found: dict[uuid.UUID, tuple[dict[str, Any], dict[str, Any]]] = {}
    for change in db.session.scalars(query.order_by(EventChange.at, EventChange.sequence)):
        found[change.owner] = (found[change.owner][0] if change.owner in found else change.before, change.after)
    return found


def latest_changes(where: ColumnElement[bool], most: int) -> list[EventChange]:
    """The newest changes among these events (a condition on `Event`), the newest first, each with its event."""
    query = select(EventChange).join(EventChange.event).where(*PUBLIC, where).options(contains_eager(EventChange.event))
    return list(db.session.scalars(query.order_by(EventChange.at.desc(), EventChange.id.desc()).limit(most)))


def knows_its_days(event: Event) -> bool:
    """Whether the days of an event hold. Those of a postponed one do only when they were changed with that, or since."""
    if event.status != EventStatus.POSTPONED:
        return True
    newest_first = EventChange.at.desc(), EventChange.sequence.desc()
    for change in db.session.scalars(select(EventChange).where(EventChange.owner == event.id).order_by(*newest_first)):
        if differ(change.before, change.after, "starts_on", "ends_on", "date_precision"):
            return True
        if differ(change.before, change.after, "status"):
            return False
    return False


def is_a_day_of(event: Event, moment: datetime) -> bool:
    """Whether a moment lies on one of the event's days, or in the night after it."""
    zone = formats.zone(event.timezone)
    first, last = event.starts_on, event.ends_on or event.starts_on
    days = moment.astimezone(zone).date(), evening_of(moment, zone)
    return first is not None and last is not None and any(first <= day <= last for day in days)


def differ(before: Mapping[str, Any], after: Mapping[str, Any], *names: str) -> bool:
    """Whether any of these facts changed."""
    return any(before[name] != after[name] for name in names)
