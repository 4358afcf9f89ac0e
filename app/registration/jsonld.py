"""A ticket as schema.org's EventReservation, which travel and mail programs take into their timelines, code and all.

Source of the terms: https://schema.org/EventReservation. Their addresses begin with http, as Apple and Google write it for
reservations: KDE Itinerary takes no status of https.
"""

from __future__ import annotations

from typing import Any

from app.core import qr
from app.events.models import EventStatus, is_online
from app.i18n import formats
from app.i18n.addresses import card_url, event_url, ticket_url
from app.i18n.formats import current_language
from app.registration import codes
from app.registration.models import Registration, RegistrationStatus, Ticket
from app.registration.queries import Occasion
from app.registration.tickets import code_of, link_of

SCHEMA = "http://schema.org"
Linked = dict[str, Any]


def reservation(occasion: Occasion, registration: Registration, ticket: Ticket, base_url: str) -> Linked | None:
    """Whoever has a seat has a reservation; one for a cancelled event is cancelled and opens nothing. None for who has no seat,
    and while no day is known."""
    event = occasion.event
    if ticket.status != RegistrationStatus.CONFIRMED or not occasion.is_dated or event.status == EventStatus.POSTPONED:
        return None
    cancelled, reference = event.status == EventStatus.CANCELLED, codes.show_reference(ticket.reference)
    home = ticket_url(base_url, current_language(), link_of(registration))
    payload = qr.payload(base_url, code_of(ticket))
    return {
        "@context": SCHEMA,
        "@type": "EventReservation",
        "reservationNumber": reference,
        "reservationStatus": f"{SCHEMA}/Reservation{'Cancelled' if cancelled else 'Confirmed'}",
        "underName": {"@type": "Person", "name": registration.name},
        "reservationFor": _event(occasion, base_url),
        "url": home,
        "modifyReservationUrl": f"{home}edit",
    } | ({} if cancelled else {"reservedTicket": _ticket(reference, payload)})


def _ticket(reference: str, payload: str) -> Linked:
    return {"@type": "Ticket", "ticketNumber": reference, "ticketToken": f"qrCode:{payload}"}


def _event(occasion: Occasion, base_url: str) -> Linked:
    event, zone = occasion.event, formats.zone(occasion.event.timezone)
    start, end = (moment.astimezone(zone).isoformat() if moment else None for moment in (occasion.begins_at, occasion.ends_at))
    days = [day.isoformat() if day else None for day in (event.starts_on, event.ends_on)]
    found = {
        "@type": "Event",
        "name": occasion.title.text,
        "startDate": start or days[0],
        "endDate": end if start else days[1],
        "url": event_url(base_url, current_language(), event.slug),
        "image": card_url(base_url, current_language(), event.slug),
        "location": _place(occasion, base_url),
    }
    return {name: value for name, value in found.items() if value}


def _place(occasion: Occasion, base_url: str) -> Linked:
    event, town = occasion.event, occasion.event.place
    if is_online(event):
        page = event_url(base_url, current_language(), event.slug)
        return {"@type": "VirtualLocation", "url": event.online_url or page}
    address = {
        "streetAddress": occasion.address,
        "addressLocality": town.name_in(current_language()) if town else "",
        "addressCountry": event.country if len(event.country) == 2 else "",
    }
    known = {name: value for name, value in address.items() if value}
    place: Linked = {"@type": "Place", "name": str(occasion.place) or occasion.town}
    if known:
        place["address"] = {"@type": "PostalAddress"} | known
    if occasion.latitude is not None and occasion.longitude is not None:
        place["geo"] = {"@type": "GeoCoordinates", "latitude": occasion.latitude, "longitude": occasion.longitude}
    return place if place["name"] else {}
