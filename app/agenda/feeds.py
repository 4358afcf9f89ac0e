"""Calendars of an event and of a row (RFC 5545), in the language of the address.

One row keeps one UID in all languages and for ever, so that a calendar that holds it already takes over a change. Nothing
depends on the present moment: the same data give the same bytes.
"""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from icalendar import Calendar, vDuration, vText
from icalendar import Event as CalendarEvent

from app.agenda import rules
from app.agenda.models import AgendaItem
from app.agenda.queries import Agenda, shown_day, venue_of
from app.i18n.texts import Shown

PRODUCT = "-//Cultural Pearls companion//agenda//EN"
REFRESH = timedelta(hours=1)


def calendar(agenda: Agenda, lang: str, base_url: str) -> bytes:
    """The rows that have a day, as a calendar file; where no row has one, the event itself by its dates.

    `base_url` gives the host of the UIDs and the addresses of the pages.
    """
    feed = Calendar()
    feed.add("prodid", PRODUCT)
    feed.add("version", "2.0")
    title = agenda.texts(agenda.event.id, "event.title")
    feed.add("name", _text(title))
    feed.add("x-wr-calname", title.text)
    feed.add("refresh-interval", vDuration(REFRESH), parameters={"VALUE": "DURATION"})
    dated = [item for item in agenda.items if shown_day(item, agenda.zone) is not None]
    for item in dated:
        feed.add_component(_row(agenda, item, lang, base_url))
    if not dated and agenda.event.starts_on and agenda.event.date_precision == "day":
        feed.add_component(_whole_event(agenda, lang, base_url))
    _add_zones(feed, dated)
    return bytes(feed.to_ical())


def _row(agenda: Agenda, item: AgendaItem, lang: str, base_url: str) -> CalendarEvent:
    entry = _entry(agenda, item.id, base_url, item.sequence + agenda.event.sequence, item.updated_at)
    _add_times(entry, item, agenda.zone)
    entry.add("summary", _text(agenda.texts(item.id, "item.title")))
    if description := _description(agenda, item):
        entry.add("description", description)
    entry.add("status", _status(agenda, item))
    entry.add("url", f"{base_url}/{lang}/events/{agenda.event.slug}/items/{item.number}/")
    _add_place(entry, agenda, item, lang)
    return entry


def _whole_event(agenda: Agenda, lang: str, base_url: str) -> CalendarEvent:
    event = agenda.event
    entry = _entry(agenda, event.id, base_url, event.sequence, event.updated_at)
    first = event.starts_on or event.updated_at.date()
    _add_days(entry, first, event.ends_on or first)
    entry.add("summary", _text(agenda.texts(event.id, "event.title")))
    if summary := agenda.texts(event.id, "event.summary"):
        entry.add("description", _text(summary))
    entry.add("status", "CANCELLED" if event.status in rules.CALLED_OFF else "CONFIRMED")
    entry.add("url", f"{base_url}/{lang}/events/{event.slug}/")
    _add_place(entry, agenda, None, lang)
    return entry


def _entry(agenda: Agenda, owner: uuid.UUID, base_url: str, sequence: int, changed_at: datetime) -> CalendarEvent:
    """What every entry has: one UID for all languages, a sequence that only grows, the moment of the last change."""
    if agenda.event.sequence:
        changed_at = max(changed_at, agenda.event.updated_at)
    moment = changed_at.astimezone(UTC).replace(microsecond=0)
    entry = CalendarEvent()
    entry.add("uid", f"{owner}@{urlsplit(base_url).hostname}")
    entry.add("sequence", sequence)
    entry.add("dtstamp", moment)
    entry.add("last-modified", moment)
    return entry


def _add_times(entry: CalendarEvent, item: AgendaItem, zone: ZoneInfo) -> None:
    """On the clock of the place; a row without a start takes its whole day. A guessed end is never written down."""
    if item.starts_at is None:
        day = shown_day(item, zone)
        if day is not None:
            _add_days(entry, day, day)
        return
    entry.add("dtstart", _local(item.starts_at, zone))
    if item.ends_at is not None and item.ends_at > item.starts_at:
        entry.add("dtend", _local(item.ends_at, zone))


def _add_days(entry: CalendarEvent, first: date, last: date) -> None:
    entry.add("dtstart", first)
    entry.add("dtend", last + timedelta(days=1))


def _local(moment: datetime, zone: ZoneInfo) -> datetime:
    """The moment in its zone; in UTC within the hour that the clock repeats, which a TZID always takes for the first."""
    local = moment.astimezone(zone)
    return moment.astimezone(UTC) if local.fold else local


def _status(agenda: Agenda, item: AgendaItem) -> str:
    if agenda.is_off(item):
        return "CANCELLED"
    return "TENTATIVE" if item.status == "provisional" else "CONFIRMED"


def _description(agenda: Agenda, item: AgendaItem) -> str:
    kinds = ("item.when", "item.description", "item.reason", "item.meeting_point", "item.dress_code", "item.note")
    return "\n".join(shown.text for kind in kinds if (shown := agenda.texts(item.id, kind)))


def _add_place(entry: CalendarEvent, agenda: Agenda, item: AgendaItem | None, lang: str) -> None:
    """Place in words, from the room to the town; coordinates of the venue."""
    venue, texts, town = venue_of(agenda, item), agenda.texts, agenda.event.place
    words = [texts(item.id, "item.place").text, _room(agenda, item)] if item else []
    if venue is not None:
        words += [texts(venue.id, "venue.name").text, venue.address]
    words += [texts(agenda.event.id, "event.place").text, town.name_in(lang) if town else ""]
    if location := ", ".join(dict.fromkeys(word for word in words if word)):
        entry.add("location", location)
    if venue is not None and venue.latitude is not None and venue.longitude is not None:
        entry.add("geo", (venue.latitude, venue.longitude))


def _room(agenda: Agenda, item: AgendaItem) -> str:
    return agenda.texts(item.room_id, "room.name").text if item.room_id else ""


def _add_zones(feed: Calendar, items: list[AgendaItem]) -> None:
    """VTIMEZONE for the years in which the rows lie: whole years, so that both changes of the clock are in."""
    moments = [moment for item in items for moment in (item.starts_at, item.ends_at) if moment is not None]
    if moments:
        feed.add_missing_timezones(date(min(moments).year - 1, 1, 1), date(max(moments).year + 2, 1, 1))


def _text(shown: Shown) -> vText:
    """A text that says which language it is in."""
    text = vText(shown.text)
    text.params["LANGUAGE"] = shown.lang
    return text
