"""Registrations for tests: an event that takes them, the form as it is filled in and sent, and what was enqueued."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from app.core import clock
from app.core.db import db, write_tx
from app.events.models import Event
from app.mail.models import OutboxMail
from app.places.models import Venue
from app.places.service import put_venue
from app.registration import codes, confirming, service
from app.registration.models import Registration, RegistrationQuestion
from app.registration.questions import put_question
from app.registration.seats import put_settings
from app.registration.service import Wish
from tests.conftest import OWN
from tests.factories import make_event, make_item, make_place, minutes
from tests.transactions import do

REGISTER = "/en/events/kaskinen-2026/register"
KASKINEN = "Square of Kaskinen"


def open_registration(event: Event | None = None, **fields: Any) -> Event:
    """An event (else Kaskinen's, today 18:00 to 21:00 there, with a venue) whose registration is open."""
    event = event or make_evening()
    with write_tx() as session:
        put_settings(session, event.id, **fields)
    return event


def make_evening(**fields: Any) -> Event:
    """Kaskinen's ceremony on the day of the test's clock, from 18:00 to 21:00 of its own zone."""
    place = make_place()
    venue_id = uuid.uuid4()
    with write_tx() as session:
        venue: Venue = put_venue(
            session, venue_id, place, {"address": "Raatihuoneenkatu 34", "latitude": 62.3844, "longitude": 21.2219},
            {"en": KASKINEN, "fi": "Kaskisten tori"},
        )  # fmt: skip
    title = {"en": "Ceremony of light", "fi": "Valon juhla", "lv": "Gaismas svētki"}
    event = make_event(title=title, place=place, venue_id=venue.id, **fields)
    start = clock.now().replace(hour=15, minute=0, second=0, microsecond=0)
    make_item(event, starts_at=start, ends_at=start + minutes(180))
    return event


def wish(party_size: int = 1, **fields: Any) -> Wish:
    """A form well filled in, with a key of its own."""
    values: dict[str, Any] = {"form_key": uuid.uuid4(), "name": "Jānis Bērziņš", "email": "", "language": "lv"} | fields
    return Wish(party_size=party_size, **values)


def signed_up(event: Event, party_size: int = 1, **fields: Any) -> Registration:
    """A registration that was taken."""
    made = do(service.sign_up, event.id, wish(party_size, **fields))
    assert isinstance(made, Registration)
    return made


def confirmed(event: Event, made: Registration) -> Registration:
    """The registration after its owner has pressed the button behind the mailed link."""
    done = do(confirming.confirm, event.id, codes.mail_secret(made.id, made.email))
    assert isinstance(done, Registration)
    return done


def ask(event: Event, key: str = "how", kind: str = "choice", **fields: Any) -> RegistrationQuestion:
    """A question of the event: how people come, by coach or by car, unless `fields` say otherwise."""
    values: dict[str, Any] = {"labels": {"en": "How do you come?", "fi": "Miten tulet?"}} | fields
    if kind == "choice":
        values.setdefault("options", {"coach": {"en": "By coach", "fi": "Bussilla"}, "car": {"en": "By car", "fi": "Autolla"}})
    with write_tx() as session:
        return put_question(session, event.id, key, kind=kind, **values)


def enqueued(*kinds: str) -> list[tuple[str, uuid.UUID, str]]:
    """(kind, subject, variant) of the mails in the outbox, of these kinds or of all, in the order of owing."""
    rows = db.session.scalars(db.select(OutboxMail).order_by(OutboxMail.created_at, OutboxMail.kind)).all()
    return [(row.kind, row.subject_id, row.variant) for row in rows if not kinds or row.kind in kinds]


def filled(**fields: str) -> dict[str, str]:
    """What a browser sends; a field set to None by name is left out by the caller."""
    values = {
        "form_key": str(uuid.uuid4()),
        "name": "Žaneta Ķirse",
        "email": "",
        "party_size": "1",
        "language": "en",
        "website": "",
    }
    return values | fields


def count(app: Flask) -> int:
    """How many registrations there are."""
    with app.app_context():
        return len(db.session.scalars(db.select(Registration)).all())


def send(client: FlaskClient, url: str = REGISTER, **fields: str) -> Any:
    """The plain form, sent from our own page."""
    return client.post(url, data=filled(**fields), headers=OWN)
