"""A ticket for programs: what is said of it in which state, and that nothing else is."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.core.db import db, write_tx
from app.events.models import Event
from app.registration import codes
from app.registration.mails import render_ticket
from app.registration.models import Registration, Ticket
from tests import html
from tests.conftest import OWN
from tests.factories import make_event
from tests.registration.registrations import confirmed, make_evening, open_registration, send, signed_up


def test_ticket_page_has_the_reservation_with_its_code(app: Flask, client: FlaskClient, noon: datetime) -> None:
    with app.app_context():
        open_registration()
    place = send(client, name="Ieva </script><b>Kļaviņa").headers["Location"]
    (found,) = html.json_ld(client.get(place))
    with app.app_context():
        ticket = db.session.scalars(select(Ticket)).one()
        reference, code = codes.show_reference(ticket.reference), codes.ticket_code(ticket.id, 1)

    assert found == {
        "@context": "http://schema.org",
        "@type": "EventReservation",
        "reservationNumber": reference,
        "reservationStatus": "http://schema.org/ReservationConfirmed",
        "underName": {"@type": "Person", "name": "Ieva </script><b>Kļaviņa"},
        "reservationFor": {
            "@type": "Event", "name": "Ceremony of light", "startDate": "2026-06-16T18:00:00+03:00",
            "endDate": "2026-06-16T21:00:00+03:00", "url": "https://pearls.test/en/events/kaskinen-2026/",
            "image": "https://pearls.test/en/events/kaskinen-2026/card.png",
            "location": {
                "@type": "Place", "name": "Square of Kaskinen",
                "address": {
                    "@type": "PostalAddress", "streetAddress": "Raatihuoneenkatu 34", "addressLocality": "Kaskinen",
                    "addressCountry": "FI",
                },
                "geo": {"@type": "GeoCoordinates", "latitude": 62.3844, "longitude": 21.2219},
            },
        },
        "url": f"https://pearls.test{place}",
        "modifyReservationUrl": f"https://pearls.test{place}edit",
        "reservedTicket": {
            "@type": "Ticket", "ticketNumber": reference, "ticketToken": f"qrCode:HTTPS://PEARLS.TEST/T/{code}",
        },
    }  # fmt: skip


def test_whole_days_are_days(app: Flask, client: FlaskClient, noon: datetime) -> None:
    with app.app_context():
        open_registration(make_event("kaskinen-2026", ends_on=noon.date() + timedelta(days=2)))
    (found,) = html.json_ld(client.get(send(client).headers["Location"]))

    assert [found["reservationFor"][name] for name in ("startDate", "endDate")] == ["2026-06-16", "2026-06-18"]
    assert "location" not in found["reservationFor"]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"status": "cancelled"}, "ReservationCancelled"), ({"status": "moved_online"}, "ReservationConfirmed"),
        ({"status": "postponed"}, None), ({"date_precision": "month"}, None), ({"starts_on": None, "ends_on": None}, None),
    ],
)  # fmt: skip
def test_reservation_follows_the_event(
    app: Flask, client: FlaskClient, noon: datetime, fields: dict[str, Any], expected: str | None
) -> None:
    with app.app_context():
        open_registration()
    place = send(client).headers["Location"]
    with app.app_context(), write_tx() as session:
        event = session.scalars(select(Event)).one()
        for name, value in fields.items():
            setattr(event, name, value)
    found = html.json_ld(client.get(place))

    assert [each["reservationStatus"] for each in found] == [f"http://schema.org/{expected}"] * bool(expected)
    assert ["reservedTicket" in each for each in found] == [expected == "ReservationConfirmed"] * bool(expected)


def test_reservation_of_an_event_held_online_leads_there(app: Flask, client: FlaskClient, noon: datetime) -> None:
    with app.app_context():
        open_registration(make_evening(status="moved_online", online_url="https://meet.example/room"))
    (found,) = html.json_ld(client.get(send(client).headers["Location"]))

    assert found["reservationFor"]["location"] == {"@type": "VirtualLocation", "url": "https://meet.example/room"}


def test_who_waits_or_cancelled_has_no_reservation(app: Flask, client: FlaskClient, noon: datetime) -> None:
    with app.app_context():
        open_registration(capacity=1)
    seated, waiting = (send(client).headers["Location"] for _ in range(2))
    before = [len(html.json_ld(client.get(place))) for place in (seated, waiting)]
    client.post(f"{waiting}cancel", headers=OWN)
    client.post(f"{seated}cancel", headers=OWN)

    assert before == [1, 0]
    assert [html.json_ld(client.get(place)) for place in (seated, waiting)] == [[], []]


def mail_of(app: Flask, made: Registration, lang: str) -> Any:
    with app.test_request_context(f"/{lang}/", base_url="https://pearls.test"):
        return render_ticket(made.id, "")


def test_ticket_mail_has_what_the_page_has_and_the_waiting_list_has_nothing(app: Flask, database: None, noon: datetime) -> None:
    event = open_registration(capacity=1)
    seated, waiting = (confirmed(event, signed_up(event, email=f"{name}@example.org")) for name in "ab")
    mail = mail_of(app, seated, "lv")
    (found,) = html.json_ld(mail.html)
    assert seated.ticket is not None

    assert found["reservationFor"]["name"] == "Gaismas svētki"
    assert found["reservedTicket"]["ticketToken"].endswith(f"/T/{codes.ticket_code(seated.ticket.id, 1)}")
    assert "ld+json" not in mail.text
    assert html.json_ld(mail_of(app, waiting, "lv").html) == []
