"""The demo's towns, events and wordings as they stand in `data/*.json`: reading them, no database.

An event file holds structure only; each text is a key of `texts/<language>.json`, so that a translator reads one language
whole and rows that say the same share their wording. `texts/names.json` holds names that are alike in every language.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from app.events.models import EventStatus
from app.i18n.formats import Precision
from app.i18n.languages import LANGUAGES, SOURCE
from app.places.models import NameKind, PlaceRole

FOLDER = Path(__file__).parent / "data"
EVERY_LANGUAGE = "all"
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PlaceRecord:
    """A municipality: its columns, its names as (kind, language, value), its years as (title year, role)."""

    slug: str
    fields: dict[str, Any]
    names: tuple[tuple[NameKind, str, str], ...]
    years: tuple[tuple[int, PlaceRole], ...]


@dataclass(frozen=True, slots=True)
class EventRecord:
    """An event: its columns, the keys of its texts, and what belongs to it.

    `live` is set for the two events that are re-dated at each start: {"anchor": "18:25"} keeps that minute of the
    timetable at the present, {"first_day", "last_day"} keeps the days around today. Their rows and lists count days from
    today.
    """

    slug: str
    place: str | None
    written_in: str
    fields: dict[str, Any]
    texts: dict[str, str]
    items: tuple[Row, ...]
    venue: str | None = None
    venues: dict[str, Row] = field(default_factory=dict)
    days: tuple[Row, ...] = ()
    people: tuple[Row, ...] = ()
    tracks: tuple[Row, ...] = ()
    lists: tuple[Row, ...] = ()
    questions: tuple[Row, ...] = ()
    desk: Row | None = None
    live: Row = field(default_factory=dict)

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages its texts are given in: all nine; or its own, English, and every one that its town has a name in."""
        if self.written_in == EVERY_LANGUAGE:
            return LANGUAGES
        return tuple(dict.fromkeys((SOURCE, self.written_in, *official_languages(self.place))))

    @property
    def zone(self) -> ZoneInfo:
        """The zone its clock times are in."""
        return ZoneInfo(self.fields["timezone"])


def places() -> list[PlaceRecord]:
    """The municipalities of the programme."""
    return [_place(dict(raw)) for raw in _read(FOLDER / "places.json")]


@cache
def official_languages(slug: str | None) -> tuple[str, ...]:
    """The languages in which this municipality has an official name: two where it is bilingual."""
    names = next((place.names for place in places() if place.slug == slug), ())
    return tuple(dict.fromkeys(lang for kind, lang, _ in names if kind == NameKind.OFFICIAL and lang in LANGUAGES))


def _place(raw: dict[str, Any]) -> PlaceRecord:
    names = tuple((NameKind(kind), lang, value) for kind, lang, value in raw.pop("names"))
    years = tuple((year, PlaceRole(role)) for year, role in raw.pop("years"))
    return PlaceRecord(raw.pop("slug"), raw, names, years)


def events() -> list[EventRecord]:
    """Every event, live ones included, in the order of their slugs."""
    return [_event(_read(path)) for path in sorted((FOLDER / "events").glob("*.json"))]


def _event(raw: dict[str, Any]) -> EventRecord:
    days: dict[str, Any] = {name: date.fromisoformat(raw[name]) for name in ("starts_on", "ends_on") if name in raw}
    fields: dict[str, Any] = {
        "kind": raw["kind"], "status": raw.get("status", EventStatus.SCHEDULED), "access": raw["access"],
        "country": raw.get("country", ""), "timezone": raw["timezone"],
        "date_precision": raw.get("date_precision", Precision.DAY),
        "languages": raw["languages"], "source_lang": SOURCE, "sources": raw.get("sources", []),
        "unverified": raw.get("unverified", []), "featured": raw.get("featured", 0), **days,
    }  # fmt: skip
    groups = {name: tuple(raw.get(name, ())) for name in ("items", "days", "people", "tracks", "lists", "questions")}
    return EventRecord(
        slug=raw["slug"], place=raw.get("place"), written_in=raw["written_in"], fields=fields, texts=raw["texts"],
        venue=raw.get("venue"), venues=raw.get("venues", {}), desk=raw.get("desk"), live=raw.get("live", {}), **groups,
    )  # fmt: skip


def wording(key: str, languages: tuple[str, ...] = LANGUAGES) -> dict[str, str]:
    """What this text says in each of these languages; names are alike in all nine. Raises `KeyError` without English."""
    if is_name(key):
        return dict.fromkeys(LANGUAGES, _texts("names")[key])
    found = {lang: _texts(lang)[key] for lang in languages if key in _texts(lang)}
    return {SOURCE: _texts(SOURCE)[key]} | found


def is_name(key: str) -> bool:
    """Whether this text is a name that nobody translates."""
    return key.startswith("names.")


def keys(record: EventRecord) -> Iterator[str]:
    """The key of every text of an event, with those of its rows, days, venues, rooms, people, tracks, lists and questions."""
    yield from record.texts.values()
    for row in (*record.items, *record.days):
        yield from row["texts"].values()
    for venue in record.venues.values():
        yield from (venue[name] for name in ("name", "directions") if name in venue)
        yield from venue.get("rooms", {}).values()
    for row in (*record.people, *record.tracks, *record.lists):
        yield from (row[name] for name in ("role", "name") if name in row)
    for question in record.questions:
        yield from question_texts(question).values()


def question_texts(row: Row) -> dict[str, str]:
    """The keys of a question's texts by what each is: `label`, `help`, `option.bus`."""
    said = {name: row[name] for name in ("label", "help") if name in row}
    return said | {f"option.{name}": key for name, key in row.get("options", {}).items()}


def moment(day: date, clock: str, zone: ZoneInfo) -> datetime:
    """`18:15` of that civil day in that zone, in UTC; hours from 24 on are in the night after it."""
    hours, minutes = (int(part) for part in clock.split(":"))
    return datetime.combine(day + timedelta(days=hours // 24), time(hours % 24, minutes), zone).astimezone(UTC)


@cache
def _texts(name: str) -> dict[str, str]:
    found: dict[str, str] = _read(FOLDER / "texts" / f"{name}.json")
    return found


def _read(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))
