"""Reading lists of events a piece at a time: the database parts the past from what comes and sorts, however many there are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from app.core.db import db
from app.events.models import Event, EventWords
from app.places.models import Place

Conditions = Sequence[ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Numbers:
    """How many events there are, how many of them are to come, and the next moment at which one becomes past."""

    total: int
    coming: int
    changes_at: datetime | None


def events() -> Select[Event]:
    """Events with the names of their towns."""
    return select(Event).options(joinedload(Event.place).selectinload(Place.names))


def is_coming(now: datetime) -> ColumnElement[bool]:
    """Not over by the event's own clocks; an undated event is still to come."""
    return or_(Event.over_at.is_(None), Event.over_at > now)


def count(where: Conditions, now: datetime) -> Numbers:
    """One query."""
    later = and_(Event.over_at.is_not(None), Event.over_at > now)
    asked = select(
        func.count(), func.count().filter(is_coming(now)), func.min(Event.over_at).filter(later)
    ).select_from(Event).where(*where)  # fmt: skip
    total, coming, changes_at = db.session.execute(asked).one()
    return Numbers(total, coming, changes_at)


def coming(where: Conditions, now: datetime, limit: int, offset: int = 0) -> list[Event]:
    """Those to come, the soonest first, undated ones last. One query, two where there is any."""
    query = events().where(is_coming(now), *where).order_by(Event.rank, Event.slug)
    return list(db.session.scalars(query.limit(limit).offset(offset)))


def past(where: Conditions, now: datetime, limit: int, offset: int = 0) -> list[Event]:
    """Those that are over, the latest first."""
    query = events().where(Event.over_at <= now, *where).order_by(Event.rank.desc(), Event.slug)
    return list(db.session.scalars(query.limit(limit).offset(offset)))


def worded(words: Iterable[str]) -> Conditions:
    """What is said of the event, or of its town, holds each of these folded words, within longer words too.

    A join, not a subquery: a page of thirty is found as soon as thirty events hold the words.
    """
    holding = [EventWords.words.contains(word, autoescape=True) for word in words]
    return (EventWords.event_id == Event.id, *holding) if holding else ()


def hosts() -> tuple[int, Select[Place]]:
    """How many towns have events, and the query that reads them."""
    held = select(Event.place_id).where(Event.place_id.is_not(None))
    number = db.session.scalar(select(func.count(func.distinct(Event.place_id)))) or 0
    return number, select(Place).where(Place.id.in_(held)).options(selectinload(Place.names))
