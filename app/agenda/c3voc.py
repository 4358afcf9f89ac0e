"""An event's agenda for conference apps: the C3VOC schedule as JSON and XML, in the language of the address.

Only rows with a clock time are in it: the format knows no others. It does not know cancelled rows either, so these stay and say
it in their titles. An end that nobody announced is left out of the JSON's `end`, but both formats demand a duration: it is
the one by which the pages judge what is on now. Source: the schemas of https://c3voc.de/wiki/schedule.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

from app.agenda import rules
from app.agenda.models import AgendaItem
from app.agenda.queries import Agenda, venue_of
from app.agenda.rules import Span
from app.core.plain import xml_text
from app.events.feeds import marked_title
from app.i18n.addresses import event_url, item_url

GENERATOR = "Cultural Pearls companion"
SLOT = "00:05"
LONGEST_IN_XML = timedelta(hours=23, minutes=59)
TEXTS = ("room", "title", "subtitle", "type", "date", "start", "duration", "abstract", "slug", "track")


def schedule(agenda: Agenda, lang: str, base_url: str, longest: timedelta = timedelta.max) -> dict[str, Any]:
    """The document of schedule.json. `base_url` is the public address without a slash at its end; no row takes longer than
    `longest`."""
    event, acronym = agenda.event, acronym_of(agenda.event.slug)
    spans = sorted(_cut(agenda, longest), key=lambda span: (span.start, span.number))
    days = [_day(agenda, lang, base_url, index, on, spans) for index, on in enumerate(sorted({one.on for one in spans}), start=1)]
    conference = {
        "acronym": acronym,
        "title": marked_title(agenda.texts(event.id, "event.title").text, event.status),
        "description": agenda.texts(event.id, "event.summary").text,
        "start": (event.starts_on or event.updated_at.date()).isoformat(),
        "end": (event.ends_on or event.starts_on or event.updated_at.date()).isoformat(),
        "daysCount": len(days),
        "timeslot_duration": SLOT,
        "time_zone_name": event.timezone,
        "url": event_url(base_url, lang, event.slug),
        "rooms": [{"name": name, "guid": str(guid)} for name, guid in _rooms(agenda, lang, spans).items()],
        "days": days,
    }
    return {
        "generator": {"name": GENERATOR, "url": f"{base_url}/"},
        "schedule": {"version": str(event.version), "base_url": f"{base_url}/", "conference": conference},
    }


def schedule_xml(agenda: Agenda, lang: str, base_url: str) -> bytes:
    """The same as schedule.xml. Readers of the XML refuse a duration of a day or more, so it ends a minute before. A schedule
    without rows has no day, which the XML's schema does not know: one empty day."""
    document = schedule(agenda, lang, base_url, LONGEST_IN_XML)
    inside = document["schedule"]["conference"]
    root = ElementTree.Element("schedule")
    ElementTree.SubElement(root, "generator", name=GENERATOR, system=base_url)
    _say(root, "url", f"{inside['url']}schedule.xml")
    _say(root, "version", document["schedule"]["version"])
    conference = ElementTree.SubElement(root, "conference")
    for name in ("title", "acronym", "start", "end", "timeslot_duration", "url", "time_zone_name"):
        _say(conference, name, inside[name])
    _say(conference, "days", str(inside["daysCount"]))
    for day in inside["days"] or [_no_day(inside["start"], agenda.zone)]:
        attributes = {"index": str(day["index"]), "date": day["date"], "start": day["day_start"], "end": day["day_end"]}
        element = ElementTree.SubElement(root, "day", attributes)
        for name, rows in day["rooms"].items():
            room = ElementTree.SubElement(element, "room", name=xml_text(name))
            for row in rows:
                _add_row(room, row)
    ElementTree.indent(root)
    return bytes(ElementTree.tostring(root, "utf-8", xml_declaration=True)) + b"\n"


def acronym_of(slug: str) -> str:
    """The event's slug with underscores for hyphens and four characters at least, as the schemas want it."""
    return re.sub(r"[^a-z0-9]+", "_", slug.lower()).strip("_").ljust(4, "_")


def _cut(agenda: Agenda, longest: timedelta) -> Iterator[Span]:
    for span in rules.planned_spans(agenda.facts):
        yield replace(span, end=span.start + longest) if span.end - span.start > longest else span


def _day(agenda: Agenda, lang: str, base_url: str, index: int, on: date, spans: list[Span]) -> dict[str, Any]:
    known = {item.number: item for item in agenda.items}
    mine = [span for span in spans if span.on == on]
    rooms: dict[str, list[dict[str, Any]]] = {}
    for span in mine:
        row = _row(agenda, lang, base_url, known[span.number], span)
        rooms.setdefault(row["room"], []).append(row)
    first, last = min(span.start for span in mine), max(span.end for span in mine)
    return {
        "index": index, "date": on.isoformat(), "day_start": first.astimezone(agenda.zone).isoformat(),
        "day_end": last.astimezone(agenda.zone).isoformat(), "rooms": rooms,
    }  # fmt: skip


def _row(agenda: Agenda, lang: str, base_url: str, item: AgendaItem, span: Span) -> dict[str, Any]:
    start, texts = span.start.astimezone(agenda.zone), agenda.texts
    acronym = acronym_of(agenda.event.slug)
    row: dict[str, Any] = {
        "id": item.number,
        "guid": str(item.id),
        "date": start.isoformat(),
        "start": f"{start:%H:%M}",
        "duration": _duration(span.end - span.start),
        "room": _room(agenda, item, lang),
        "slug": f"{acronym}-item-{item.number}",
        "url": item_url(base_url, lang, agenda.event.slug, item.number),
        "title": marked_title(texts(item.id, "item.title").text, agenda.state_of(item)),
        "subtitle": "",
        "track": texts(item.track_id, "track.name").text if item.track_id else "",
        "type": item.kind,
        "language": item.languages[0] if item.languages else None,
        "abstract": texts(item.id, "item.description").text,
        "description": texts(item.id, "item.note").text,
        "persons": [],
        "links": [],
    }
    if item.ends_at is not None:
        row["end"] = item.ends_at.astimezone(agenda.zone).isoformat()
    return row


def _room(agenda: Agenda, item: AgendaItem, lang: str) -> str:
    """The room, else the venue, else the place in words, else the town."""
    venue, texts, town = venue_of(agenda, item), agenda.texts, agenda.event.place
    names = (
        texts(item.room_id, "room.name").text if item.room_id else "",
        texts(item.id, "item.place").text,
        texts(venue.id, "venue.name").text if venue else "",
        texts(agenda.event.id, "event.place").text,
        town.name_in(lang) if town else "",
        agenda.event.slug,
    )
    return next(name for name in names if name)


def _rooms(agenda: Agenda, lang: str, spans: list[Span]) -> dict[str, uuid.UUID]:
    """Every room by name with an id that is the same in all languages (words for a place have their own in each)."""
    known = {item.number: item for item in agenda.items}
    rooms: dict[str, uuid.UUID] = {}
    for span in spans:
        item, name = known[span.number], _room(agenda, known[span.number], lang)
        venue = venue_of(agenda, item)
        own = item.room_id or (venue.id if venue and not agenda.texts(item.id, "item.place") else None)
        rooms.setdefault(name, own or uuid.uuid5(agenda.event.id, name))
    return rooms


def _duration(length: timedelta) -> str:
    minutes = max(1, round(length / timedelta(minutes=1)))
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _no_day(on: str, zone: ZoneInfo) -> dict[str, Any]:
    from_, to = (f"{on}T{clock}{_offset(on, zone)}" for clock in ("00:00:00", "23:59:00"))
    return {"index": 1, "date": on, "day_start": from_, "day_end": to, "rooms": {}}


def _offset(on: str, zone: ZoneInfo) -> str:
    return datetime.combine(date.fromisoformat(on), time(12), zone).isoformat()[-6:]


def _add_row(room: ElementTree.Element, row: dict[str, Any]) -> None:
    element = ElementTree.SubElement(room, "event", id=str(row["id"]), guid=row["guid"])
    for name in TEXTS:
        _say(element, name, row[name] or "")
    ElementTree.SubElement(element, "persons")
    _say(element, "language", row["language"] or "")
    _say(element, "description", row["description"])
    ElementTree.SubElement(element, "links")
    _say(element, "url", row["url"])


def _say(parent: ElementTree.Element, name: str, text: str) -> None:
    ElementTree.SubElement(parent, name).text = xml_text(text)
