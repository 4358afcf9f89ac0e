"""The rows that browser tests look at: the demo's own, and states that the demo does not show."""

from __future__ import annotations

import uuid
from datetime import timedelta

from app.core import clock
from app.demo import loader, redating
from app.events.queries import get_event
from app.registration import codes, service
from app.registration.models import Registration
from tests import factories
from tests.transactions import do


def seed() -> None:
    """The demo's towns, events and agendas, the live ones around the present minute; a cancelled and an undated event."""
    loader.seed_base()
    loader.seed_demo()
    redating.redate(clock.now())
    yesterday = clock.now().date() - timedelta(days=1)
    factories.make_event("called-off", "Harbour evening", status="cancelled", access="registered")
    factories.make_event("some-day", "Midsummer gathering", starts_on=None, ends_on=None, kind="gathering", status="postponed")
    factories.make_event("long-ago", "Network webinar", starts_on=yesterday, ends_on=yesterday, kind="webinar")


def make_holder(slug: str = "kaskinen-today", name: str = "Annamari Väänänen-Österbacka") -> Registration:
    """A guest with a ticket for the event who told all that can be told, inside an app context."""
    wish = service.Wish(
        form_key=uuid.uuid4(), name=name, email="annamari.vaananen-osterbacka@kaskinen.example", party_size=2, language="fi",
        companions="Aino Mäkelä", needs=("wheelchair", "no_nuts"), tell_door=True,
    )  # fmt: skip
    registration = do(service.sign_up, get_event(slug).id, wish)
    assert isinstance(registration, Registration)
    return registration


def secrets_of(registration: Registration) -> dict[str, str]:
    """The `secret` of the holder's page, the one in the confirming `mail`, and the `code` in the QR."""
    assert registration.ticket is not None
    return {
        "secret": codes.link_secret(registration.id), "mail": codes.mail_secret(registration.id, registration.email),
        "code": codes.ticket_code(registration.ticket.id, registration.ticket.generation),
    }  # fmt: skip
