"""What every ticket says about its event: title, town, place, day and hours, in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.agenda.queries import hours_of
from app.core import clock
from app.events.models import Event
from app.events.queries import is_a_day_of, knows_its_days
from app.i18n import formats, texts
from app.i18n.formats import Precision
from app.i18n.texts import Shown, Texts

KINDS = ("event.title", "event.place", "event.reason", "venue.name", "venue.directions")
Hours = tuple[datetime | None, datetime | None, int]


@dataclass(frozen=True, slots=True)
class Occasion:
    """An event as tickets, mails and calendars show it; every text is ready to be shown.

    `when` is `days` and `hours` in one line. `lapsed` says that the event is postponed and its new date not known: these three
    are empty then, and `was` says what was announced. `sequence` grows with each change of the event's days, place or state, and
    with each change of a row.
    """

    event: Event
    texts: Texts
    title: Shown
    town: str
    place: Shown
    address: str
    directions: Shown
    reason: Shown
    days: str
    hours: str
    when: str
    zone: str
    begins_at: datetime | None
    ends_at: datetime | None
    latitude: float | None
    longitude: float | None
    over: bool
    sequence: int
    lapsed: bool
    was: str

    @property
    def is_dated(self) -> bool:
        """Whether the days are known: a month alone is no entry for a calendar."""
        return self.event.starts_on is not None and self.event.date_precision == Precision.DAY

    @property
    def where(self) -> list[str]:
        """Place, address and town, each once, the most exact first."""
        return list(dict.fromkeys(part for part in (str(self.place), self.address, self.town) if part))


def occasion_of(event: Event, lang: str) -> Occasion:
    """What a ticket says about this event in `lang`. Two or three queries, four for a postponed one."""
    scopes = [event.id, *([event.place_id] if event.place_id else []), *([event.venue_id] if event.venue_id else [])]
    shown = texts.load(scopes, lang, event.fallback, KINDS)
    begins_at, ends_at, changes = _hours_of(event)
    latitude, longitude = _spot(event)
    days, hours, lapsed = _days(event, lang), _hours(event, begins_at, ends_at, lang), not knows_its_days(event)
    when = _when(event, begins_at, ends_at, lang) or ", ".join(part for part in (days, hours) if part)
    return Occasion(
        event=event, texts=shown, title=shown(event.id, "event.title"),
        town=event.place.full_name_in(lang) if event.place else "",
        place=shown(event.venue_id, "venue.name") if event.venue_id else shown(event.id, "event.place"),
        address=event.venue.address if event.venue else "",
        directions=shown(event.venue_id, "venue.directions") if event.venue_id else Shown("", lang, lang),
        reason=shown(event.id, "event.reason"), days="" if lapsed else days, hours="" if lapsed else hours,
        when="" if lapsed else when,
        zone=formats.zone_name(event.timezone, lang), begins_at=begins_at, ends_at=ends_at,
        latitude=latitude, longitude=longitude, over=event.is_over(clock.now()), sequence=event.sequence + changes,
        lapsed=lapsed, was=when if lapsed else "",
    )  # fmt: skip


def _hours_of(event: Event) -> Hours:
    """Of the agenda; none while the event has no day, or its rows still stand on another one than the event was moved to."""
    begins_at, ends_at, changes = hours_of(event.id)
    stands = begins_at is not None and event.date_precision == Precision.DAY and is_a_day_of(event, begins_at)
    return (begins_at, ends_at, changes) if stands else (None, None, changes)


def _days(event: Event, lang: str) -> str:
    """The date or dates, as exactly as they are known; empty when there is none yet."""
    if event.starts_on is None:
        return ""
    if event.date_precision == Precision.YEAR:
        return str(event.starts_on.year)
    if event.date_precision == Precision.MONTH:
        return formats.month(event.starts_on, lang)
    return formats.date_range(event.starts_on, event.ends_on or event.starts_on, lang)


def _hours(event: Event, begins_at: datetime | None, ends_at: datetime | None, lang: str) -> str:
    """From the first start to the last end, with its day where the event lasts longer than a night; only the start where no
    end is known; empty when the agenda has no times."""
    if begins_at is None:
        return ""
    zone = formats.zone(event.timezone)
    if ends_at is None:
        return formats.time_in_words(begins_at, zone, lang)
    return formats.clock_range(begins_at, ends_at, zone, lang)


def _when(event: Event, begins_at: datetime | None, ends_at: datetime | None, lang: str) -> str:
    """`27 November 2026, 17:30 – 29 November, 14:35`: where the hours name a day, the days before them would say it twice."""
    zone = formats.zone(event.timezone)
    if begins_at is None or ends_at is None or not formats.day_of_end(begins_at, ends_at, zone, lang):
        return ""
    return formats.day_and_hours(begins_at, ends_at, zone, lang)


def _spot(event: Event) -> tuple[float, float] | tuple[None, None]:
    """Where to walk to: the venue; a town's coordinates would lead people to the wrong door."""
    venue = event.venue
    if venue is None or venue.latitude is None or venue.longitude is None:
        return None, None
    return venue.latitude, venue.longitude
