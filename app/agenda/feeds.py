"""Calendars of an event and of a row (RFC 5545), in the language of the address.

One row keeps one UID in all languages, at every address and for ever, so that a calendar that holds it already takes over a
change. Nothing depends on the present moment: the same data give the same bytes.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from icalendar import Event as CalendarEvent

from app.agenda.models import AgendaItem, ItemStatus
from app.agenda.queries import Agenda, shown_day, venue_of
from app.core import ical
from app.events.feeds import add_conference, calendar_text
from app.events.models import CALLED_OFF, is_online
from app.i18n.addresses import card_url, event_url, item_url
from app.i18n.formats import Precision

REFRESH = timedelta(hours=1)


def calendar(agenda: Agenda, lang: str, base_url: str) -> bytes:
    """The rows that have a day, as a calendar file; where no row has one, the event itself by its dates.

    `base_url` is where the pages and the pictures are.
    """
    title = agenda.texts(agenda.event.id, "event.title")
    feed = ical.new_calendar("agenda", title.text, title.lang if title.borrowed else "", REFRESH)
    dated = [item for item in agenda.items if shown_day(item, agenda.zone) is not None]
    for item in dated:
        feed.add_component(_row(agenda, item, lang, base_url))
    if not dated and agenda.event.starts_on and agenda.event.date_precision == Precision.DAY:
        feed.add_component(_whole_event(agenda, lang, base_url))
    ical.add_zones(feed)
    return bytes(feed.to_ical())


def _row(agenda: Agenda, item: AgendaItem, lang: str, base_url: str) -> CalendarEvent:
    entry = ical.new_entry(item.id, item.sequence + agenda.event.sequence, _changed_at(agenda, item.updated_at))
    _add_times(entry, agenda, item)
    entry.add("summary", calendar_text(agenda.texts(item.id, "item.title"), agenda.state_of(item)))
    if description := _description(agenda, item):
        entry.add("description", ical.text(description))
    entry.add("status", _status(agenda, item))
    entry.add("url", item_url(base_url, lang, agenda.event.slug, item.number))
    _add_place(entry, agenda, item, lang)
    ical.add_image(entry, card_url(base_url, lang, agenda.event.slug))
    add_conference(entry, agenda.event)
    return entry


def _whole_event(agenda: Agenda, lang: str, base_url: str) -> CalendarEvent:
    event = agenda.event
    entry = ical.new_entry(event.id, event.sequence, event.updated_at)
    first = event.starts_on or event.updated_at.date()
    ical.add_days(entry, first, event.ends_on or first)
    entry.add("summary", calendar_text(agenda.texts(event.id, "event.title"), event.status))
    if summary := agenda.texts(event.id, "event.summary"):
        entry.add("description", calendar_text(summary))
    entry.add("status", "CANCELLED" if event.status in CALLED_OFF else "CONFIRMED")
    entry.add("url", event_url(base_url, lang, event.slug))
    _add_place(entry, agenda, None, lang)
    ical.add_image(entry, card_url(base_url, lang, event.slug))
    add_conference(entry, event)
    return entry


def _changed_at(agenda: Agenda, changed_at: datetime) -> datetime:
    """A change of the event is one of all its rows."""
    return max(changed_at, agenda.event.updated_at) if agenda.event.sequence else changed_at


def _add_times(entry: CalendarEvent, agenda: Agenda, item: AgendaItem) -> None:
    """A row without a start takes its whole day. A guessed end is never written down."""
    day = shown_day(item, agenda.zone)
    if item.starts_at is not None:
        ical.add_hours(entry, item.starts_at, item.ends_at, agenda.zone)
    elif day is not None:
        ical.add_days(entry, day, day)


def _status(agenda: Agenda, item: AgendaItem) -> str:
    if agenda.is_off(item):
        return "CANCELLED"
    return "TENTATIVE" if item.status == ItemStatus.PROVISIONAL else "CONFIRMED"


def _description(agenda: Agenda, item: AgendaItem) -> str:
    kinds = ("item.when", "item.description", "item.reason", "item.meeting_point", "item.dress_code", "item.note")
    return "\n".join(shown.text for kind in kinds if (shown := agenda.texts(item.id, kind)))


def _add_place(entry: CalendarEvent, agenda: Agenda, item: AgendaItem | None, lang: str) -> None:
    """Place in words, from the room to the town; coordinates of the venue. Online, the address where one joins."""
    if is_online(agenda.event):
        if agenda.event.online_url:
            entry.add("location", agenda.event.online_url)
        return
    venue, texts, town = venue_of(agenda, item), agenda.texts, agenda.event.place
    words = [texts(item.id, "item.place").text, _room(agenda, item)] if item else []
    if venue is not None:
        words += [texts(venue.id, "venue.name").text, venue.address]
    words += [texts(agenda.event.id, "event.place").text, town.name_in(lang) if town else ""]
    if location := ", ".join(dict.fromkeys(word for word in words if word)):
        entry.add("location", ical.text(location))
    if venue is not None and venue.latitude is not None and venue.longitude is not None:
        entry.add("geo", (venue.latitude, venue.longitude))


def _room(agenda: Agenda, item: AgendaItem) -> str:
    return agenda.texts(item.room_id, "room.name").text if item.room_id else ""
