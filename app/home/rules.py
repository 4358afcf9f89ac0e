"""Which events are still to come, under which heading each stands, what is asked for: no SQL, no clock."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from app.events.models import Event
from app.i18n import formats
from app.i18n.folding import fold
from app.places.models import Place, PlaceYear

# Of what a town was in one year only the highest is said: every title holder was a candidate before.
ROLE_RANK = {"title_holder": 0, "candidate": 1, "applicant": 2, "partner": 3}
_ORDER = {"day": 0, "month": 1, "year": 2}
UNDATED = (9999, 13, 0)
MAX_WORDS = 6


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events are asked for; an empty field means all."""

    town: str = ""
    country: str = ""
    kind: str = ""
    q: str = ""

    @property
    def words(self) -> tuple[str, ...]:
        """The folded words that a title or a town's name must hold, at most six of them."""
        return tuple(fold(self.q).split()[:MAX_WORDS])

    def __bool__(self) -> bool:
        return any((self.town, self.country, self.kind, self.q))


@dataclass(slots=True)
class Period:
    """Events under one heading: a month, a month whose days are not known, a year, or no date at all (`first` is None)."""

    precision: str
    first: date | None
    events: list[Event] = field(default_factory=list)


def last_day(event: Event) -> date | None:
    """The last day that the event may have: the end of the month or year that is all we know; None when undated."""
    last = event.ends_on or event.starts_on
    if last is None or event.date_precision == "day":
        return last
    month = 12 if event.date_precision == "year" else last.month
    return date(last.year, month, monthrange(last.year, month)[1])


def is_past(event: Event, now: datetime) -> bool:
    """Over by the event's own calendar; an undated event is still to come."""
    last = last_day(event)
    return last is not None and last < now.astimezone(formats.zone(event.timezone)).date()


def split(events: Iterable[Event], now: datetime) -> tuple[list[Event], list[Event]]:
    """Events to come, the soonest first and undated ones last; then past ones, the latest first."""
    ordered = sorted(events, key=_date_order)
    coming = [event for event in ordered if not is_past(event, now)]
    over = sorted((event for event in ordered if is_past(event, now)), key=_newest_first)
    return coming, over


def by_period(events: Iterable[Event]) -> list[Period]:
    """The events under their headings, in the order in which they come."""
    periods: dict[tuple[int, int, int], Period] = {}
    for event in events:
        precision = event.date_precision if event.starts_on else "none"
        key = _period(event)
        periods.setdefault(key, Period(precision, event.starts_on)).events.append(event)
    return list(periods.values())


def titles_by_year(years: Iterable[PlaceYear]) -> list[tuple[int, str]]:
    """(year, highest role) of a town, the latest year first."""
    best: dict[int, str] = {}
    for one in sorted(years, key=lambda year: ROLE_RANK[year.role]):
        best.setdefault(one.year, one.role)
    return sorted(best.items(), reverse=True)


def best_title(place: Place) -> tuple[int, str] | None:
    """(year, role): the highest that the town was to the programme, the latest year of it."""
    ranked = sorted(place.years, key=lambda one: (ROLE_RANK[one.role], -one.year))
    return (ranked[0].year, ranked[0].role) if ranked else None


def _period(event: Event) -> tuple[int, int, int]:
    """Months by themselves; what is known by the month comes after its days, what is known by the year at its end."""
    first = event.starts_on
    if first is None:
        return UNDATED
    return (first.year, 12 if event.date_precision == "year" else first.month, _ORDER[event.date_precision])


def _date_order(event: Event) -> tuple[tuple[int, int, int], date, str]:
    return _period(event), event.starts_on or date.max, event.slug


def _newest_first(event: Event) -> tuple[int, int, int, int, str]:
    year, month, order = _period(event)
    return -year, -month, -order, -(event.starts_on or date.max).toordinal(), event.slug
