"""What residents' screens show: the events of all towns by date, a town with its events, what is on everywhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import ColumnElement, func, select

from app.agenda import queries as agenda
from app.agenda.models import AgendaItem
from app.agenda.on_now import OnNow, changes_everywhere, now_everywhere
from app.core.atom import MOST
from app.core.db import db
from app.core.errors import NotFound
from app.events import queries
from app.events.models import Event, EventChange
from app.events.queries import latest_changes
from app.events.service import SEARCHED
from app.i18n import formats, texts
from app.i18n.addresses import event_path, town_path
from app.i18n.folding import sort_key
from app.i18n.formats import Precision
from app.i18n.texts import Shown, Texts
from app.places import service as places
from app.places.models import Place, PlaceRole
from app.site import programme_map, rules
from app.site.rules import EventFilter

COMING, RECENT, PER_PAGE = 8, 6, 30
MOST_CHOICES, MOST_NAMED = 100, 12
MANY_TOWNS, MOST_FOUND = 200, 30
FIXED = ("/", "/events/", "/towns/", "/about/", "/programme/", *(f"/programme/{page}/" for page in programme_map.PAGES))


@dataclass(slots=True)
class Listed:
    """Events with the texts that a list shows of them."""

    events: list[Event]
    texts: Texts

    def text(self, event: Event, kind: str) -> Shown:
        """A text of the event, borrowed by that event's own choice of English or source first."""
        return Texts(self.texts.lang, event.fallback, self.texts.found, self.texts.sources)(event.id, kind)


@dataclass(slots=True)
class Live:
    """An event that is on, in the words of the agenda's macros."""

    shown: OnNow
    today: date

    def is_off(self, item: AgendaItem) -> bool:
        """Rows called off are never listed as on or next; kept for the macros."""
        return item.is_cancelled

    def other_day(self, item: AgendaItem) -> date | None:
        """The row's day when it is not today."""
        return agenda.other_day(item, self.today, self.shown.zone)


@dataclass(slots=True)
class FrontPage:
    """Home: what is on, what comes (what was, when nothing comes), the title holders."""

    live: list[Live]
    coming: Listed
    recent: Listed
    holders: list[Place]
    texts: Texts
    valid_until: datetime


@dataclass(slots=True)
class Listing:
    """One page of the events that a filter lets through, under their headings; how many there are on all pages, and what may
    be chosen in the filter: no towns where there are too many for a menu. `changes_at`: when the page turns by itself."""

    asked: EventFilter
    listed: Listed
    coming: list[rules.Period]
    past: list[rules.Period]
    count: int
    page: int
    pages: int
    changes_at: datetime | None
    named_towns: list[Place] = field(default_factory=list)
    towns: list[Place] = field(default_factory=list)
    countries: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Towns:
    """How many towns were found; they themselves by country; or, instead of them, (country, how many it has)."""

    count: int
    groups: list[tuple[str, list[Place]]]
    countries: list[tuple[str, int]] = field(default_factory=list)


def front_page(lang: str, now: datetime) -> FrontPage:
    """Home in `lang` at `now`. An event that is on now is not listed again among those to come."""
    live, until = on_now(lang, now)
    other = Event.id.not_in([one.shown.event.id for one in live]), Event.starts_on.is_not(None)
    featured = queries.coming((*other, Event.featured > 0), now, COMING)
    coming = [*sorted(featured, key=lambda event: -event.featured), *queries.coming((*other, Event.featured == 0), now, COMING)]
    coming = coming[:COMING]
    recent = [] if coming else queries.past((), now, RECENT)
    known = _texts([*coming, *recent], lang)
    holders = places.in_programme(lang, PlaceRole.TITLE_HOLDER)
    return FrontPage(live, Listed(coming, known), Listed(recent, known), holders, _with_live(known, live), until)


def on_now(lang: str, now: datetime) -> tuple[list[Live], datetime]:
    """What is on or still to come today, the featured event first, and until when that is true."""
    shown = now_everywhere(now, lang)
    live = [Live(one, now.astimezone(one.zone).date()) for one in sorted(shown, key=lambda one: -one.event.featured)]
    return live, changes_everywhere(shown, now)


def list_events(asked: EventFilter, lang: str, now: datetime, page: int = 1) -> Listing:
    """A page (from 1) of the events that are asked for: those to come, then the past. The number of queries does not depend
    on how many there are. Raises `NotFound` beyond the last page."""
    where = _conditions(asked)
    numbers, first = queries.count(where, now), (page - 1) * PER_PAGE
    pages = max(1, -(-numbers.total // PER_PAGE))
    if page > pages:
        raise NotFound
    # Asked for as many as there are, a database stops looking at the last of them.
    coming = queries.coming(where, now, max(0, min(PER_PAGE, numbers.coming - first)), first)
    past_first = max(0, first - numbers.coming)
    room = min(PER_PAGE - len(coming), numbers.total - numbers.coming - past_first)
    past = queries.past(where, now, room, past_first)
    events = [*coming, *past]
    named = places.search_places(asked.q, lang, MOST_NAMED) if asked.words else []
    return Listing(
        asked, Listed(events, _texts(events, lang)), rules.by_period(coming), rules.by_period(past), numbers.total, page, pages,
        numbers.changes_at, named, _choices(lang), _countries(lang),
    )  # fmt: skip


def _choices(lang: str) -> list[Place]:
    """The towns for the filter's menu; none where a menu would be too long: the field for words finds them all."""
    number, query = queries.hosts()
    return places.by_name(db.session.scalars(query).unique(), lang) if number <= MOST_CHOICES else []


def events_page(asked: EventFilter, lang: str, page: int, size: int) -> tuple[Listed, int]:
    """One page (from 1) of the events that are asked for, in their order, undated ones last; and how many there are."""
    where = _conditions(asked)
    total = db.session.scalar(queries.public_events(func.count()).where(*where)) or 0
    order = Event.rank, Event.slug
    events = list(
        db.session.scalars(queries.listed_events().where(*where).order_by(*order).offset((page - 1) * size).limit(size)).unique()
    )
    return Listed(events, _texts(events, lang)), total


def dated_events(asked: EventFilter, lang: str, most: int) -> Listed:
    """The events whose days are known, the latest `most` of them: what a calendar can hold."""
    known = Event.starts_on.is_not(None), Event.date_precision == Precision.DAY
    query = queries.listed_events().where(*_conditions(asked), *known).order_by(Event.starts_on.desc(), Event.slug).limit(most)
    events = sorted(db.session.scalars(query).unique(), key=lambda event: (event.starts_on, event.slug))
    return Listed(events, _texts(events, lang))


def count_paths() -> int:
    """How many public addresses there are, without their languages."""
    every = queries.public_events(func.count()), select(func.count()).select_from(Place)
    return len(FIXED) + sum(db.session.scalar(query) or 0 for query in every)


def public_paths(first: int, most: int) -> list[tuple[str, str | None]]:
    """So many public addresses from number `first` (0) on, without their language, each with the day of its last change where
    that is known: the pages that always are, then events, then towns, by name."""
    found: list[tuple[str, str | None]] = [(path, None) for path in FIXED[first : first + most]]
    events = queries.public_events(Event.slug, Event.updated_at).order_by(Event.slug)
    skipped = max(0, first - len(FIXED))
    changed = db.session.execute(events.offset(skipped).limit(most - len(found)))
    found += [(event_path(slug), f"{moment:%Y-%m-%d}") for slug, moment in changed]
    skipped = max(0, skipped - (db.session.scalar(queries.public_events(func.count())) or 0))
    towns = db.session.scalars(select(Place.slug).order_by(Place.slug).offset(skipped).limit(most - len(found)))
    return found + [(town_path(slug), None) for slug in towns]


def events_of(place: Place, lang: str, now: datetime, most: int = PER_PAGE) -> tuple[Listed, Listed, queries.EventCounts]:
    """The town's next events, then its latest past ones, at most so many of each, and how many there are."""
    where = (Event.place_id == place.id,)
    coming, past = queries.coming(where, now, most), queries.past(where, now, most)
    known = _texts([*coming, *past], lang)
    return Listed(coming, known), Listed(past, known), queries.count(where, now)


def changes_of(place: Place, lang: str) -> tuple[list[EventChange], Texts]:
    """The newest changes of the town's events, with the events' titles."""
    found = latest_changes(Event.place_id == place.id, MOST)
    return found, texts.load({one.event_id for one in found}, lang, kinds=("event.title",))


def list_towns(q: str, country: str, lang: str) -> Towns:
    """The towns with a name that is looked for (at most `MOST_FOUND` of them), else those of a country, else all; where those
    are too many for a page, how many each country has."""
    if q:
        found = places.search_places(q, lang, MOST_FOUND)
        return Towns(len(found), by_country(found, lang))
    numbers = places.count_by_country()
    if country in numbers:
        return Towns(numbers[country], by_country(places.of_country(country, lang), lang))
    total = sum(numbers.values())
    if total <= MANY_TOWNS:
        return Towns(total, by_country(places.all_places(lang), lang))
    named = sorted(numbers.items(), key=lambda one: sort_key(formats.country_name(one[0], lang), lang))
    return Towns(total, [], named)


def by_country(towns: Iterable[Place], lang: str) -> list[tuple[str, list[Place]]]:
    """The towns, in their order, under their countries sorted by name in `lang`."""
    found: dict[str, list[Place]] = {}
    for town in towns:
        found.setdefault(town.country, []).append(town)
    return sorted(found.items(), key=lambda group: sort_key(formats.country_name(group[0], lang), lang))


def _texts(events: Sequence[Event], lang: str) -> Texts:
    return texts.load([event.id for event in events], lang, kinds=SEARCHED)


def _with_live(listed: Texts, live: Iterable[Live]) -> Texts:
    """The texts of the lists and of the rows that are on or next: what the page shows."""
    found, sources = dict(listed.found), dict(listed.sources)
    for one in live:
        event, items = one.shown.event, [*one.shown.now, *one.shown.next]
        owners = {event.id, *(owner for item in items for owner in (item.id, item.venue_id, item.room_id))}
        found |= {key: values for key, values in one.shown.texts.found.items() if key[0] in owners}
        sources |= one.shown.texts.sources
    return Texts(listed.lang, listed.prefer, found, sources)


def _conditions(asked: EventFilter) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if asked.town:
        wanted.append(Event.place_id.in_(select(Place.id).where(Place.slug == asked.town)))
    if asked.country:
        wanted.append(Event.country == asked.country.upper())
    if asked.kind:
        wanted.append(Event.kind == asked.kind)
    return [*wanted, *queries.worded(asked.words)]


def _countries(lang: str) -> list[str]:
    codes = [
        code for code in db.session.scalars(queries.public_events(Event.country).distinct()) if len(code) == 2 and code.isalpha()
    ]
    return sorted(codes, key=lambda code: sort_key(formats.country_name(code, lang), lang))
