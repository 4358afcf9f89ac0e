"""An event as JSON-LD, for search engines and catalogues: what the page shows, in its language, and nothing else.

Source of the terms: https://schema.org/Event, where a place's accessibility is its `amenityFeature`; beside it the EU's
vocabulary of public events (`cpev`).
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from app.agenda.models import AgendaItem
from app.agenda.queries import Agenda, shown_day, venue_of
from app.events.models import Event, EventStatus, is_online
from app.i18n.addresses import event_path, event_url
from app.i18n.formats import Precision
from app.places.models import Accessible, Venue
from app.site import cpev

STATUS = {
    EventStatus.SCHEDULED: "EventScheduled",
    EventStatus.CANCELLED: "EventCancelled",
    EventStatus.POSTPONED: "EventPostponed",
    EventStatus.MOVED_ONLINE: "EventMovedOnline",
}
MOST_ROWS = 60
Linked = dict[str, Any]


def event_linked(agenda: Agenda, lang: str, base_url: str, registers: bool = False) -> Linked:
    """The event with its rows as `subEvent`; times are those of the place, with their offset. `registers`: whether one can."""
    event, texts = agenda.event, agenda.texts
    address, status = event_url(base_url, lang, event.slug), f"https://schema.org/{STATUS[event.status]}"
    linked = {
        "@context": ["https://schema.org", cpev.PREFIXES],
        "@type": ["Event", cpev.PUBLIC_EVENT],
        "@id": base_url + event_path(event.slug),
        "name": texts(event.id, "event.title").text,
        "description": texts(event.id, "event.summary").text,
        "url": address,
        "inLanguage": event.languages,
        "startDate": _day(event.starts_on, event.date_precision),
        "endDate": _day(event.ends_on, event.date_precision),
        "eventStatus": status,
        "eventAttendanceMode": f"https://schema.org/{_mode(event)}EventAttendanceMode",
        "isAccessibleForFree": True,
        "image": f"{address}card.png",
        "location": _where(agenda, None, lang, address),
        "organizer": {"@type": "Organization", "name": event.place.full_name_in(lang)} if event.place else None,
        "subEvent": [_row(agenda, item, lang, address) for item in agenda.items[:MOST_ROWS] if shown_day(item, agenda.zone)],
    } | cpev.described(agenda, lang, address, status, registers)
    return _without_empty(linked)


def _mode(event: Event) -> str:
    if is_online(event):
        return "Online"
    return "Mixed" if event.online_url else "Offline"


def _where(agenda: Agenda, item: AgendaItem | None, lang: str, address: str) -> Linked | list[Linked] | None:
    """The place; online, the address where one joins (else the page, which will say it); both where both can be."""
    event, place = agenda.event, _place(agenda, item, lang)
    online = {"@type": "VirtualLocation", "url": event.online_url or address}
    if is_online(event):
        return online
    return [place, online] if place and event.online_url else place


def item_linked(agenda: Agenda, item: AgendaItem, lang: str, base_url: str) -> Linked:
    """One row by itself, with the event it belongs to."""
    event, address = agenda.event, event_url(base_url, lang, agenda.event.slug)
    row = _row(agenda, item, lang, address) | {"@context": "https://schema.org", "location": _where(agenda, item, lang, address)}
    row["description"] = agenda.texts(item.id, "item.description").text
    row["superEvent"] = {"@type": "Event", "@id": base_url + event_path(event.slug), "url": address}
    row["superEvent"] |= {"name": agenda.texts(event.id, "event.title").text}
    return _without_empty(row)


def _row(agenda: Agenda, item: AgendaItem, lang: str, address: str) -> Linked:
    return _without_empty(
        {
            "@type": "Event",
            "name": agenda.texts(item.id, "item.title").text,
            "url": f"{address}items/{item.number}/",
            "startDate": _moment(agenda, item.starts_at) or _day(shown_day(item, agenda.zone), Precision.DAY),
            "endDate": _moment(agenda, item.ends_at),
            "previousStartDate": _moment(agenda, item.old_starts_at),
            "inLanguage": item.languages,
            "eventStatus": f"https://schema.org/{_status(agenda, item)}",
            "location": _venue(agenda, item.venue, lang) if item.venue and item.venue_id != agenda.event.venue_id else None,
        }
    )


def _status(agenda: Agenda, item: AgendaItem) -> str:
    state = agenda.state_of(item)
    return "EventRescheduled" if state == EventStatus.SCHEDULED and item.old_starts_at else STATUS[state]


def _place(agenda: Agenda, item: AgendaItem | None, lang: str) -> Linked | None:
    venue, town, texts = venue_of(agenda, item), agenda.event.place, agenda.texts
    if venue is not None:
        return _venue(agenda, venue, lang)
    words = (texts(item.id, "item.place").text if item else "") or texts(agenda.event.id, "event.place").text
    name = words or (town.full_name_in(lang) if town else "")
    return {"@type": "Place", "name": name, "address": _address("", agenda, lang)} if name else None


def _venue(agenda: Agenda, venue: Venue, lang: str) -> Linked:
    features = [
        {"@type": "LocationFeatureSpecification", "name": feature, "value": has == Accessible.YES}
        for feature, has in venue.accessibility
        if has in {Accessible.YES, Accessible.NO}
    ]
    spot = {"@type": "GeoCoordinates", "latitude": venue.latitude, "longitude": venue.longitude}
    place = {
        "@type": "Place",
        "name": agenda.texts(venue.id, "venue.name").text,
        "address": _address(venue.address, agenda, lang),
        "geo": spot if venue.latitude is not None and venue.longitude is not None else None,
        "amenityFeature": features,
    }
    return _without_empty(place)


def _address(street: str, agenda: Agenda, lang: str) -> Linked:
    town = agenda.event.place.name_in(lang) if agenda.event.place else ""
    country = agenda.event.country if len(agenda.event.country) == 2 else ""
    return _without_empty({"@type": "PostalAddress", "streetAddress": street, "addressLocality": town, "addressCountry": country})


def _moment(agenda: Agenda, moment: datetime | None) -> str | None:
    return moment.astimezone(agenda.zone).isoformat() if moment else None


def _day(day: date | None, precision: Precision) -> str | None:
    """As exactly as it is known: ISO 8601 has years and months, too."""
    length = {Precision.DAY: 10, Precision.MONTH: 7, Precision.YEAR: 4}[precision]
    return day.isoformat()[:length] if day else None


def _without_empty(linked: Linked) -> Linked:
    return {name: value for name, value in linked.items() if value not in (None, "", [], {})}
