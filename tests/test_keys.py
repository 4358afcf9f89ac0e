"""A change of SECRET_KEY: what was printed, mailed, enrolled and sealed before goes on working under the key from before."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app.audit.models import GUEST
from app.checkin.models import Scan
from app.core.db import db
from app.events.models import Event
from app.registration import codes, encryption, replacing
from app.registration.models import Registration, RevokedCode, Ticket
from app.registration.service import find_registration
from app.registration.tickets import find_ticket, link_of
from tests import html
from tests.checkin import scans
from tests.conftest import SECRET
from tests.registration import registrations
from tests.transactions import do

NEW = "a-new-key-" + "fedcba9876543210" * 3
STAGES = ("fallback", "rotated", "forgotten")


@dataclass
class Before:
    """What people have in their hands from before: a printed code, one that was replaced, the same of links, a phone, and its scans."""

    code: str
    replaced: str
    link: str
    lost: str
    mail: str
    token: str
    scans: list[dict[str, Any]]
    registration: uuid.UUID


def keys(app: Flask, present: str, *older: str) -> None:
    app.config["SECRET_KEY"], app.config["SECRET_KEY_FALLBACKS"] = present, list(older)


@pytest.fixture
def before(app: Flask, client: FlaskClient, noon: object) -> Iterator[Before]:
    """Made under the first key; the keys are those of the tests again afterwards."""
    with app.app_context():
        event = registrations.open_registration(ask_needs=True)
        scans.make_list(event)
        _, token = scans.make_device(event)
        made = registrations.signed_up(event, email="aino@example.org", needs=("wheelchair",))
        secret = codes.mail_secret(made.id, made.email)
        ticket = db.session.scalars(sa.select(Ticket).where(Ticket.registration_id == made.id)).one()
        first, lost = codes.ticket_code(ticket.id, 1), codes.link_secret(made.id)
        do(replacing.replace_by_holder, lost, uuid.uuid4(), GUEST, None)
        link = codes.link_secret(made.id, generation=2)
        found = Before(codes.ticket_code(ticket.id, 2), first, link, lost, secret, token, [], made.id)
    unknown = "0123456789ABCDEFGHJKMNPQRS"
    found.scans = [scans.scan(code, seq=seq) for seq, code in enumerate((found.code, unknown, found.replaced), start=1)]
    assert scans.results(client, token, *found.scans) == ["accepted", "unknown", "revoked"]
    yield found
    keys(app, SECRET)


def change(app: Flask, stage: str) -> None:
    """To the new key: the one from before is a fallback; `flask keys rotate` was run as well; it was forgotten after that."""
    keys(app, NEW, SECRET)
    if stage != "fallback":
        done = app.test_cli_runner().invoke(args=["keys", "rotate"])
        assert (done.exit_code, done.output.count("Keep SECRET_KEY_FALLBACKS: 2 ticket pages and codes")) == (0, 1)
    if stage == "forgotten":
        keys(app, NEW)


@pytest.mark.parametrize("stage", STAGES)
def test_what_people_have_in_their_hands_goes_on_working(app: Flask, client: FlaskClient, before: Before, stage: str) -> None:
    change(app, stage)
    with app.app_context():
        registration = find_registration(before.link)
        assert registration is not None
        opened = (registration.id, encryption.unseal(registration.id, registration.needs), find_ticket(before.code) is not None)
    pages = [
        client.get(path).status_code
        for path in (
            f"/en/tickets/{before.link}/", f"/en/confirm/{before.mail}/", f"/T/{before.code}", f"/en/tickets/{before.lost}/",
            f"/T/{before.replaced}",
        )
    ]  # fmt: skip

    assert opened == (before.registration, ("wheelchair",), True)
    assert pages == [200, 200, 200, 410, 410]
    assert scans.results(client, before.token, scans.scan(before.code, seq=4), scans.scan(before.replaced, seq=5)) == [
        "already_in",
        "revoked",
    ]


@pytest.mark.parametrize("stage", STAGES[:2])
def test_scans_sent_again_get_their_stored_answer(app: Flask, client: FlaskClient, before: Before, stage: str) -> None:
    change(app, stage)
    answers = scans.answers(client, before.token, *before.scans)

    assert [(one["result"], one["replay"]) for one in answers] == [("accepted", True), ("unknown", True), ("revoked", True)]


@pytest.mark.parametrize("stage", STAGES[:2])
def test_pages_and_lists_show_the_code_that_was_printed(app: Flask, client: FlaskClient, before: Before, stage: str) -> None:
    change(app, stage)
    with app.app_context():
        ticket = db.session.scalars(sa.select(Ticket)).one()
        registration = db.session.scalars(sa.select(Registration)).one()
        shown = codes.ticket_code(ticket.id, ticket.generation, ticket.code_hash)
        links = (
            link_of(registration),
            codes.mail_secret(registration.id, registration.email, registration.mail_hash),
        )
    offered = client.get("/api/v1/lists/main-door/tickets", headers={"Authorization": f"Bearer {before.token}"}).json

    (reservation,) = html.json_ld(client.get(f"/en/tickets/{before.link}/"))

    assert (shown, links) == (before.code, (before.link, before.mail))
    assert reservation["reservedTicket"]["ticketToken"] == f"qrCode:HTTPS://PEARLS.TEST/T/{before.code}"
    assert reservation["url"] == f"https://pearls.test/en/tickets/{before.link}/"
    assert [state for _, state, *_ in offered["tickets"]] == ["ok"]


def test_new_things_are_made_with_the_first_key(app: Flask, client: FlaskClient, before: Before) -> None:
    change(app, "fallback")
    with app.app_context():
        event_id = db.session.scalars(sa.select(Registration.event_id)).one()
        made = registrations.signed_up(db.session.get_one(Event, event_id), needs=("wheelchair",))
        keys(app, NEW)
        assert find_registration(codes.link_secret(made.id)) is not None
        assert encryption.unseal(made.id, made.needs) == ("wheelchair",)


def test_rotating_again_changes_nothing(app: Flask, client: FlaskClient, before: Before) -> None:
    def rows() -> list[str]:
        with app.app_context(), db.engine.connect() as connection:
            tables = [model.__table__ for model in (Registration, Ticket, RevokedCode, Scan)]
            return [repr(sorted(map(repr, connection.execute(sa.select(table))))) for table in tables]

    change(app, "fallback")
    old = rows()
    change(app, "rotated")
    once = rows()
    again = app.test_cli_runner().invoke(args=["keys", "rotate"]).output

    assert [one != other for one, other in zip(old, once, strict=True)] == [True] * 4
    assert (rows(), again.startswith("Stored anew: 0 registrations")) == (once, True)


def test_rotating_without_a_key_from_before_says_what_to_do(app: Flask, database: None) -> None:
    done = app.test_cli_runner().invoke(args=["keys", "rotate"])

    assert (done.exit_code, "SECRET_KEY_FALLBACKS is empty" in done.output) == (1, True)


def test_a_phone_gets_the_same_next_token_under_a_new_key(app: Flask, client: FlaskClient, before: Before) -> None:
    """Its page asked before the change, the answer was lost, and it asks again afterwards."""
    headers = {"Authorization": f"Bearer {before.token}"}
    first = client.post("/api/v1/device/token", headers=headers).json
    keys(app, NEW, SECRET)

    assert client.post("/api/v1/device/token", headers=headers).json == first
