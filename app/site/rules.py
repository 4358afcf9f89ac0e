"""Under which heading each event stands, what is asked for, what a town was: no SQL, no clock."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from app.events import days
from app.events.models import Event
from app.i18n.folding import fold

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


def by_period(events: Iterable[Event]) -> list[Period]:
    """The events under their headings, in the order in which they come."""
    periods: dict[tuple[int, int, int], Period] = {}
    for event in events:
        precision = event.date_precision if event.starts_on else "none"
        key = _period(event)
        periods.setdefault(key, Period(precision, event.starts_on)).events.append(event)
    return list(periods.values())


def _period(event: Event) -> tuple[int, int, int]:
    return days.period(event.starts_on, event.date_precision)
