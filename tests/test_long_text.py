"""200 kB of combining marks in every field of every form: refused before anything is done with them."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import datetime
from time import thread_time

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.core.forms import normal
from app.registration import codes
from tests.checkin.scans import Door, make_door
from tests.conftest import OWN
from tests.registration.registrations import ask, open_registration, signed_up
from tests.supervise.supervisor import Supervisor, make_conflict, make_scan

MARKS = "a" + "\u0323\u0301" * 50_000
PATIENCE = 2.0  # seconds of the processor, so that a busy machine does not matter; normalising the marks takes nine
GUEST = ("name", "email", "party_size", "companions", "language", "needs", "tell_door", "q-note", "form_key", "website")
PHONE = ("name", "lists", "supervise", "language", "form_key", "sure")
FORMS = {
    "registration.create_registration": GUEST,
    "holder.create_edit": GUEST,
    "mailed_links.create_lost": ("email",),
    "supervise_devices.create_device": PHONE,
    "supervise_devices.update_device": PHONE,
    "holder.create_replacement": ("form_key",),
    "supervise_tickets.find_tickets": ("q",),
    "supervise_tickets.create_replacement": ("reference",),
    "supervise.update_conflict": ("note",),
    "supervise.create_undo": ("reason", "form_key"),
    "supervise_devices.create_revocation": ("sure",),
}
SEARCHES = {"site.events": ("q", "town", "country", "kind", "page"), "site.towns": ("q", "country", "page")}


def endpoints(app: Flask) -> Iterator[str]:
    """What takes a form: every POST below a language that is not a mere button."""
    for rule in app.url_map.iter_rules():
        if "POST" in (rule.methods or ()) and rule.rule.startswith("/<lang:lang>/"):
            yield rule.endpoint


@pytest.fixture
def door(app: Flask, client: FlaskClient, noon: datetime) -> Door:
    """An event with a door and a phone."""
    with app.app_context():
        return make_door()


@pytest.fixture
def addresses(app: Flask, door: Door) -> dict[str, str]:
    """Where each form is sent."""
    with app.app_context():
        event = open_registration(door.event, party_max=4)
        ask(event, "note", "text", labels={"en": "Anything else?"})
        made = signed_up(event)
        scan = make_scan(door, result="accepted")
        conflict = make_conflict(scan.id)
    return {
        "registration.create_registration": f"/en/events/{event.slug}/register",
        "holder.create_edit": f"/en/tickets/{link(app, made.id)}/edit",
        "mailed_links.create_lost": f"/en/events/{event.slug}/lost",
        "supervise_devices.create_device": "/en/door/devices",
        "supervise_devices.update_device": f"/en/door/devices/{door.device.id}",
        "supervise_devices.create_revocation": f"/en/door/devices/{door.device.id}/revoke",
        "supervise.update_conflict": f"/en/door/conflicts/{conflict.id}",
        "holder.create_replacement": f"/en/tickets/{link(app, made.id)}/replace",
        "supervise_tickets.find_tickets": "/en/door/tickets",
        "supervise_tickets.create_replacement": f"/en/door/tickets/{made.ticket.id}/replace",
        "supervise.create_undo": f"/en/door/scans/{scan.id}",
    }


def link(app: Flask, registration_id) -> str:
    with app.app_context():
        return codes.link_secret(registration_id)


@pytest.mark.parametrize(("endpoint", "field"), [(endpoint, field) for endpoint, fields in FORMS.items() for field in fields])
def test_long_text_in_a_form_is_refused_at_once(
    app: Flask, door: Door, addresses: dict[str, str], endpoint: str, field: str
) -> None:
    sanna = Supervisor(app, door)
    sent = {"form_key": "b2a8c1de-0000-4000-8000-000000000000", "name": "Aino", "language": "en", "party_size": "1"}
    begun = thread_time()
    answer = sanna.client.post(
        addresses[endpoint],
        data=sent | {field: MARKS, "file": (io.BytesIO(b""), "")},
        headers=OWN,
        content_type="multipart/form-data",
    )

    assert answer.status_code in {200, 303, 409, 422}
    assert thread_time() - begun < PATIENCE


@pytest.mark.parametrize(("endpoint", "field"), [(endpoint, field) for endpoint, fields in SEARCHES.items() for field in fields])
def test_long_text_in_a_search_is_cut_at_once(client: FlaskClient, endpoint: str, field: str) -> None:
    begun = thread_time()
    answer = client.get(f"/en/{endpoint.partition('.')[2]}/", query_string={field: MARKS})

    assert answer.status_code == 200
    assert thread_time() - begun < PATIENCE


def test_long_text_in_a_search_at_the_door_is_refused_at_once(app: Flask, door: Door) -> None:
    begun = thread_time()
    answer = Supervisor(app, door).client.post("/api/v1/searches", json={"q": MARKS}, headers=OWN)

    assert answer.status_code in {400, 413}
    assert thread_time() - begun < PATIENCE


def test_every_form_is_tried_here(app: Flask) -> None:
    buttons = {
        "registration.create_cancellation", "holder.create_erasure", "mailed_links.create_confirmation",
        "supervise_devices.create_code",
    }  # fmt: skip

    assert set(endpoints(app)) - buttons == set(FORMS)


@pytest.mark.parametrize(
    ("text", "most", "expected"),
    [
        (" e\u0301 ", 1, "é"),
        ("\u0061\u0323\u0302" * 3, 3, "\u1ead" * 3),
        ("abcd", 3, "abcd"),
        ("a" * 100, 3, "a" * 13),
    ],
)
def test_normal_composes_what_may_fit_and_cuts_the_rest(text: str, most: int, expected: str) -> None:
    assert normal(text, most) == expected
