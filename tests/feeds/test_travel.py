"""What a travel app takes out of the ticket's mail and page: KDE Itinerary's own extractor (Debian: libkpimitinerary-bin) reads both."""

from __future__ import annotations

import json
import subprocess
import uuid
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.core.db import db, write_tx
from app.events.models import Event
from app.mail.service import HeldMail
from app.mail.transports import message_for
from app.registration import codes
from app.registration.mails import render_lost, render_ticket
from app.registration.models import Registration, Ticket
from tests.checks.suite import find_extractor
from tests.registration.registrations import confirmed, make_evening, open_registration, send, signed_up


def extracted(file: Path) -> list[dict[str, Any]]:
    """What the extractor finds in a file, as a phone would months before the event."""
    command = [str(find_extractor()), "--context-date", "2026-06-01T00:00:00", str(file)]
    home = {"QT_QPA_PLATFORM": "offscreen", "HOME": str(file.parent)}
    done = subprocess.run(command, capture_output=True, check=True, timeout=60, env=home)
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def told(one: dict[str, Any]) -> dict[str, Any]:
    """The facts that somebody travels by."""
    event, place = one["reservationFor"], one["reservationFor"]["location"]
    return {
        "type": one["@type"], "status": one["reservationStatus"], "number": one["reservationNumber"],
        "who": one["underName"]["name"], "token": one.get("reservedTicket", {}).get("ticketToken"), "name": event["name"],
        "start": moment(event["startDate"]), "end": moment(event["endDate"]), "place": place["name"],
        "street": place["address"]["streetAddress"], "town": place["address"]["addressLocality"],
        "country": place["address"]["addressCountry"], "spot": (place["geo"]["latitude"], place["geo"]["longitude"]),
    }  # fmt: skip


def moment(value: Any) -> str:
    """A moment, which the extractor writes bare or with its zone beside it."""
    return str(value["@value"] if isinstance(value, dict) else value)[:16]


def expected(ticket: Ticket, name: str, title: str, place: str) -> dict[str, Any]:
    return {
        "type": "EventReservation", "status": "http://schema.org/ReservationConfirmed", "number": codes.show_reference(ticket.reference), "who": name,
        "token": f"qrCode:HTTPS://PEARLS.TEST/T/{codes.ticket_code(ticket.id, 1)}", "name": title, "start": "2026-06-16T18:00",
        "end": "2026-06-16T21:00", "place": place, "street": "Raatihuoneenkatu 34", "town": "Kaskinen", "country": "FI",
        "spot": (pytest.approx(62.3844, abs=1e-4), pytest.approx(21.2219, abs=1e-4)),
    }  # fmt: skip


def eml(app: Flask, made: Registration, folder: Path, mail: Any) -> Path:
    """The mail as it goes out."""
    claim = HeldMail(uuid.uuid4(), "registration.ticket", made.id, "", made.language, 1)
    message = message_for(claim, mail, "Kaskinen <events@pearls.test>", "pearls.test")
    file = folder / "ticket.eml"
    file.write_bytes(message.as_bytes())
    return file


@pytest.mark.parametrize(
    ("lang", "title", "place"),
    [("fi", "Valon juhla", "Kaskisten tori"), ("lv", "Gaismas svētki", "Square of Kaskinen")],
)
def test_travel_app_reads_the_mail(
    app: Flask, database: None, noon: datetime, tmp_path: Path, lang: str, title: str, place: str
) -> None:
    event = open_registration()
    made = confirmed(event, signed_up(event, 2, email="ieva@example.lv", name="Ieva Kļaviņa", language=lang))
    assert made.ticket is not None
    with app.test_request_context(f"/{lang}/", base_url="https://pearls.test"):
        mail = render_ticket(made.id, "")
    found = [one for one in extracted(eml(app, made, tmp_path, mail)) if one["@type"] == "EventReservation"]

    assert [told(one) for one in found] == [expected(made.ticket, "Ieva Kļaviņa", title, place)]


def test_travel_app_hears_that_the_event_is_cancelled(app: Flask, database: None, noon: datetime, tmp_path: Path) -> None:
    event = open_registration()
    made = confirmed(event, signed_up(event, email="ieva@example.lv"))
    with write_tx() as session:
        session.scalars(select(Event)).one().status = "cancelled"
    with app.test_request_context("/en/", base_url="https://pearls.test"):
        mail = render_lost(made.id, "")
    (found,) = (one for one in extracted(eml(app, made, tmp_path, mail)) if one["@type"] == "EventReservation")

    assert (found["reservationStatus"], "reservedTicket" in found) == ("http://schema.org/ReservationCancelled", False)


def test_travel_app_reads_the_event_page(app: Flask, client: FlaskClient, noon: datetime, tmp_path: Path) -> None:
    with app.app_context():
        make_evening()
    page = tmp_path / "event.html"
    page.write_bytes(client.get("/fi/events/kaskinen-2026/").data)
    found = {one["name"]: one for one in extracted(page) if one["@type"] == "Event"}

    assert {name: (moment(one["startDate"]), one["location"]["name"]) for name, one in found.items()} == {
        "Valon juhla": ("2026-06-16T00:00", "Kaskisten tori"),
    }


def test_travel_app_reads_the_ticket_page(app: Flask, client: FlaskClient, noon: datetime, tmp_path: Path) -> None:
    with app.app_context():
        open_registration()
    page = tmp_path / "ticket.html"
    page.write_bytes(client.get(send(client, name="Ieva Kļaviņa").headers["Location"]).data)
    with app.app_context():
        ticket = db.session.scalars(select(Ticket)).one()
        wanted = expected(ticket, "Ieva Kļaviņa", "Ceremony of light", "Square of Kaskinen")

    assert [told(one) for one in extracted(page)] == [wanted]
