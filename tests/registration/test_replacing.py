"""A lost ticket is replaced: by its holder, once for each form, and never by whoever has the old address."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.audit.models import GUEST, Actor, ActorKind, AuditEntry
from app.core import clock
from app.core.babel import force_locale
from app.core.db import db, write_tx
from app.core.errors import NotFound
from app.events.models import Event
from app.i18n.languages import LANGUAGES
from app.mail.models import OutboxMail
from app.registration import codes, mails, personal_data, replacing, service
from app.registration.models import Registration, ReplacedLink, RevokedCode, Ticket
from app.registration.tickets import code_of, find_ticket, link_of
from tests import html
from tests.conftest import OWN
from tests.registration.registrations import confirmed, enqueued, open_registration, signed_up
from tests.transactions import do

PATHS = ("", "edit", "cancel", "replace", "data", "data.json", "erase", "picture.png", "event.ics")
FORMS = ("edit", "cancel", "erase", "replace")


@dataclass
class Guest:
    """A guest's page as it was first, and the client that looks at it."""

    app: Flask
    client: FlaskClient
    registration_id: uuid.UUID
    place: str
    code: str
    reference: str

    def key(self) -> str:
        """The random key in the form of the first page."""
        return html.form_key(self.client.get(f"{self.place}replace"))

    def replace(self, key: str | None = None) -> Any:
        """The form sent from the first page."""
        return self.client.post(f"{self.place}replace", data={"form_key": key or self.key()}, headers=OWN)

    def now(self) -> Registration:
        """The registration as it is stored."""
        with self.app.app_context():
            return service.find_registration_by_id(self.registration_id)  # type: ignore[return-value]

    def valid(self) -> list[str]:
        """Which of the first four generations of its code open the ticket."""
        with self.app.app_context():
            ticket = db.session.scalars(select(Ticket.id).where(Ticket.registration_id == self.registration_id)).one()
            made = [codes.ticket_code(ticket, number) for number in range(1, 5)]
            return [code for code in made if find_ticket(code)]


def make_guest(app: Flask, client: FlaskClient, event: Event | None = None, party: int = 1, **fields: Any) -> Guest:
    with app.app_context():
        event = event or open_registration()
        made = signed_up(event, party, **({"language": "en"} | fields))
        if made.email:
            confirmed(event, made)
        assert made.ticket is not None
        return Guest(app, client, made.id, f"/en/tickets/{link_of(made)}/", code_of(made.ticket), made.ticket.reference)


@pytest.fixture
def guest(app: Flask, client: FlaskClient, noon: datetime) -> Guest:
    """Somebody alone, without a mail address."""
    return make_guest(app, client)


# What changes


def test_the_form_gives_the_ticket_a_new_code_a_new_reference_and_a_new_address(guest: Guest) -> None:
    answer = guest.replace()
    page = guest.client.get(answer.headers["Location"])
    made = guest.now()
    assert made.ticket is not None

    assert (answer.status_code, page.status_code, page.headers["Cache-Control"]) == (303, 200, "no-store")
    with guest.app.app_context():
        assert answer.headers["Location"] == f"/en/tickets/{codes.link_secret(made.id, generation=2)}/?replaced=yes"
        assert (made.ticket.generation, made.link_generation, guest.valid()) == (2, 2, [codes.ticket_code(made.ticket.id, 2)])
    assert made.ticket.reference != guest.reference
    assert codes.show_reference(made.ticket.reference) in page.text
    assert "The old code and the old link no longer work. This page has a new address. Please save it." in html.said(page)


def test_the_question_says_what_happens_and_that_it_cannot_be_undone(app: Flask, client: FlaskClient, noon: datetime) -> None:
    alone = make_guest(app, client)
    with app.app_context():
        event = db.session.scalars(select(Event)).one()
    party = make_guest(app, client, event, 3, email="ieva@example.org")
    words = [html.said(client.get(f"{one.place}replace")) for one in (alone, party)]

    assert all("This cannot be undone." in text for text in words)
    assert all("The old address stops working." in text for text in words)
    assert ["No e-mail is sent." in text for text in words] == [True, False]
    assert ["We send the new ticket and its link to ieva@example.org." in text for text in words] == [False, True]
    assert ["Everybody in your party needs the new ticket." in text for text in words] == [False, True]
    assert (alone.valid(), party.valid()) == ([alone.code], [party.code]), "looking changes nothing"


def test_the_old_address_says_so_and_nothing_of_the_guest(guest: Guest) -> None:
    guest.replace()
    pages = [guest.client.get(guest.place + path) for path in PATHS]
    sent = [guest.client.post(guest.place + path, data={"form_key": str(uuid.uuid4())}, headers=OWN) for path in FORMS]

    assert {answer.status_code for answer in (*pages, *sent)} == {410}
    assert {answer.headers["Cache-Control"] for answer in (*pages, *sent)} == {"no-store"}
    assert all(
        "This ticket has been replaced, and its page has a new address." in html.said(answer) for answer in (*pages, *sent)
    )
    reference = guest.now().ticket.reference  # type: ignore[union-attr]
    assert not any(word in answer.text for answer in (*pages, *sent) for word in ("Bērziņš", guest.reference, reference))
    assert (guest.now().status, guest.now().link_generation) == ("confirmed", 2)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_old_address_speaks_every_language(guest: Guest, lang: str) -> None:
    guest.replace()
    answer = guest.client.get(guest.place.replace("/en/", f"/{lang}/"))

    assert (answer.status_code, answer.headers["Content-Language"]) == (410, lang)
    assert ("has been replaced" in html.said(answer)) == (lang == "en")


def test_any_camera_is_told_that_the_old_code_was_replaced(guest: Guest) -> None:
    guest.replace()
    answer = guest.client.get(f"/T/{guest.code}?lang=en")

    assert answer.status_code == 410
    assert "This ticket has been replaced and no longer gets anybody in." in html.said(answer)
    assert "Bērziņš" not in answer.text


def test_the_old_code_is_known_as_replaced_and_the_deed_stands_in_the_log(guest: Guest) -> None:
    guest.replace()
    with guest.app.app_context():
        revoked = db.session.scalars(select(RevokedCode.code_hash)).all()
        deeds = [(deed.actor_kind, deed.verb, deed.subject_id) for deed in db.session.scalars(select(AuditEntry))]
        assert revoked == [codes.hash_code(guest.code)]
    place = f"/en/tickets/{secret_of(guest)}/"

    assert deeds == [("guest", "ticket.replace", guest.registration_id)]
    assert "Ticket replaced" in html.said(guest.client.get(f"{place}data"))


def secret_of(guest: Guest) -> str:
    with guest.app.app_context():
        return link_of(guest.now())


def test_who_waits_keeps_their_place(app: Flask, client: FlaskClient, noon: datetime) -> None:
    with app.app_context():
        event = open_registration(capacity=1)
        signed_up(event)
    waiting, next_one = (make_guest(app, client, event) for _ in range(2))
    page = client.get(waiting.replace().headers["Location"]).text

    assert "Your place in the queue: 1" in html.said(page)
    assert "Your place in the queue: 2" in html.said(client.get(next_one.place))


# Sent again, sent at once


def test_the_same_form_sent_again_gets_the_same_answer(guest: Guest) -> None:
    key = guest.key()
    first, second = guest.replace(key), guest.replace(key)

    assert (first.status_code, second.status_code) == (303, 303)
    assert first.headers["Location"] == second.headers["Location"]
    assert (guest.now().link_generation, len(guest.valid())) == (2, 1)


def test_a_form_sent_again_opens_nothing_once_the_ticket_was_replaced_again(guest: Guest) -> None:
    key = guest.key()
    place = guest.replace(key).headers["Location"].partition("?")[0]
    guest.client.post(f"{place}replace", data={"form_key": str(uuid.uuid4())}, headers=OWN)

    assert (guest.replace(key).status_code, guest.now().link_generation) == (410, 3)


def test_another_form_from_the_old_address_changes_nothing(guest: Guest) -> None:
    found = guest.key()
    guest.replace(guest.key())

    assert (guest.replace(found).status_code, guest.now().link_generation) == (410, 2)


@pytest.mark.parametrize("key", ["", "x", "7" * 37])
def test_a_form_without_its_key_is_asked_for_again(guest: Guest, key: str) -> None:
    answer = guest.client.post(f"{guest.place}replace", data={"form_key": key}, headers=OWN)

    assert (answer.status_code, guest.now().link_generation) == (422, 1)
    assert "The form arrived incomplete. Please send it once more." in html.said(answer)


def test_a_form_from_another_site_changes_nothing(guest: Guest) -> None:
    answer = guest.client.post(f"{guest.place}replace", data={"form_key": guest.key()}, headers={"Sec-Fetch-Site": "cross-site"})

    assert (answer.status_code, guest.now().link_generation) == (403, 1)


def test_two_at_once_leave_one_code_and_one_address(guest: Guest) -> None:
    secret, gate, outcomes = guest.place.split("/")[3], Barrier(2), []

    def replace() -> None:
        with guest.app.app_context():
            gate.wait()
            try:
                do(replacing.replace_by_holder, secret, uuid.uuid4(), GUEST, None)
                outcomes.append("replaced")
            except NotFound:
                outcomes.append("not found")
            db.session.remove()

    runs = [Thread(target=replace) for _ in range(2)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()

    assert sorted(outcomes) == ["not found", "replaced"]
    assert (guest.now().link_generation, len(guest.valid())) == (2, 1)


def test_a_supervisor_and_the_guest_at_once_leave_one_code_and_one_address(guest: Guest) -> None:
    secret, gate, outcomes = guest.place.split("/")[3], Barrier(2), []
    with guest.app.app_context():
        made = guest.now()
        event_id, ticket_id, reference = made.event_id, made.ticket.id, guest.reference  # type: ignore[union-attr]

    def holder() -> None:
        do(replacing.replace_by_holder, secret, uuid.uuid4(), GUEST, None)

    def supervisor() -> None:
        do(replacing.replace_by_supervisor, event_id, ticket_id, reference, Actor(ActorKind.DEVICE, uuid.uuid4()))

    def run(verb: Any) -> None:
        with guest.app.app_context():
            gate.wait()
            try:
                verb()
                outcomes.append("replaced")
            except (NotFound, replacing.ReplacedMeanwhile):
                outcomes.append("too late")
            db.session.remove()

    runs = [Thread(target=run, args=(verb,)) for verb in (holder, supervisor)]
    for one in runs:
        one.start()
    for one in runs:
        one.join()

    assert sorted(outcomes) == ["replaced", "too late"]
    assert (guest.now().link_generation, len(guest.valid())) == (2, 1)


# Not offered


def test_a_cancelled_one_is_not_replaced(guest: Guest) -> None:
    guest.client.post(f"{guest.place}cancel", headers=OWN)
    page, answer = guest.client.get(f"{guest.place}replace"), guest.replace(str(uuid.uuid4()))

    assert (page.status_code, html.every(page, "main form")) == (200, [])
    assert "Your registration is cancelled." in html.said(page)
    assert (answer.status_code, guest.now().link_generation) == (409, 1)
    assert "/replace" not in guest.client.get(guest.place).text


def test_none_is_replaced_once_the_event_is_over(guest: Guest, noon: datetime) -> None:
    with clock.travelled_to(noon + timedelta(days=3)):
        page, answer = guest.client.get(f"{guest.place}replace"), guest.replace(str(uuid.uuid4()))
        ticket = guest.client.get(guest.place).text

    assert (page.status_code, answer.status_code, guest.now().link_generation) == (200, 409, 1)
    assert "This event is over." in html.said(page)
    assert "/replace" not in ticket


@pytest.mark.parametrize(("status", "expected"), [("cancelled", 409), ("postponed", 303), ("moved_online", 303)])
def test_only_a_cancelled_event_needs_no_tickets(guest: Guest, status: str, expected: int) -> None:
    with guest.app.app_context(), write_tx() as session:
        session.scalars(select(Event)).one().status = status
    page = guest.client.get(f"{guest.place}replace").text

    assert guest.replace(str(uuid.uuid4())).status_code == expected
    assert ("This event is cancelled." in html.said(page)) == (expected == 409)


def test_one_registration_is_replaced_five_times_a_day(guest: Guest, noon: datetime) -> None:
    place, answers = guest.place, []
    for _ in range(6):
        answer = guest.client.post(f"{place}replace", data={"form_key": str(uuid.uuid4())}, headers=OWN)
        place = answer.headers.get("Location", place).partition("?")[0]
        answers.append(answer.status_code)
    with clock.travelled_to(noon + timedelta(days=1)):
        with guest.app.app_context(), write_tx() as session:
            event = session.scalars(select(Event)).one()
            event.starts_on = event.ends_on = (noon + timedelta(days=9)).date()
        tomorrow = guest.client.post(f"{place}replace", data={"form_key": str(uuid.uuid4())}, headers=OWN)

    assert answers == [303] * 5 + [429]
    assert "This ticket has been replaced many times today." in html.said(answer)
    assert (answer.headers.get("Location"), tomorrow.status_code) == (None, 303)


def test_a_network_replaces_twenty_in_ten_minutes(app: Flask, client: FlaskClient, noon: datetime) -> None:
    with app.app_context():
        event = open_registration()
    guests = [make_guest(app, client, event) for _ in range(21)]
    client.environ_base["REMOTE_ADDR"] = "192.0.2.7"
    answers = [one.replace(str(uuid.uuid4())).status_code for one in guests]

    assert answers == [303] * 20 + [429]


# The mail


def test_a_confirmed_address_gets_the_new_ticket_and_none_without(app: Flask, client: FlaskClient, noon: datetime) -> None:
    with app.app_context():
        event = open_registration()
    with_mail = make_guest(app, client, event, email="ieva@example.org")
    without = make_guest(app, client, event)
    unsure = make_guest(app, client, event)
    with app.app_context(), write_tx() as session:
        session.get_one(Registration, unsure.registration_id).email = "nobody@example.org"
    for one in (with_mail, without, unsure):
        one.replace()
    with app.app_context():
        assert enqueued(service.REPLACED_MAIL) == [(service.REPLACED_MAIL, with_mail.registration_id, "2")]
        row = db.session.scalars(select(OutboxMail).where(OutboxMail.kind == service.REPLACED_MAIL)).one()
    mail = mail_of(app, row)

    assert (mail.to, mail.subject) == ("ieva@example.org", "Your new ticket: Ceremony of light")
    assert "The old code, the old reference and the old link no longer work." in mail.text
    assert f"https://pearls.test/en/tickets/{secret_of(with_mail)}/" in mail.text
    assert with_mail.place not in mail.text
    assert codes.show_reference(with_mail.now().ticket.reference) in mail.text  # type: ignore[union-attr]


def mail_of(app: Flask, row: OutboxMail) -> Any:
    with app.test_request_context("/en/", base_url="https://pearls.test"), force_locale(row.language):
        return mails.RENDERERS[row.kind](row.subject_id, row.variant)


def test_a_mail_that_was_overtaken_by_another_replacement_is_not_sent(app: Flask, client: FlaskClient, noon: datetime) -> None:
    guest = make_guest(app, client, email="ieva@example.org")
    place = guest.replace().headers["Location"].partition("?")[0]
    guest.client.post(f"{place}replace", data={"form_key": str(uuid.uuid4())}, headers=OWN)
    with app.app_context():
        rows = db.session.scalars(select(OutboxMail).where(OutboxMail.kind == service.REPLACED_MAIL).order_by(OutboxMail.variant))
        found = [mail_of(app, row) for row in rows.all()]

    assert [mail and mail.to for mail in found] == [None, "ieva@example.org"]


# Afterwards


def test_who_erases_their_data_leaves_no_old_address(guest: Guest) -> None:
    guest.replace()
    with guest.app.app_context():
        do(personal_data.erase, guest.registration_id, GUEST)
        left = db.session.scalars(select(ReplacedLink)).all()

    assert (left, guest.client.get(guest.place).status_code) == ([], 404)


def test_programs_read_the_present_link_and_code(guest: Guest) -> None:
    (reservation,) = html.json_ld(guest.client.get(guest.replace().headers["Location"]))
    with guest.app.app_context():
        made = guest.now()
        assert made.ticket is not None
        link, code = link_of(made), code_of(made.ticket)

    assert reservation["url"] == f"https://pearls.test/en/tickets/{link}/"
    assert reservation["reservedTicket"]["ticketToken"] == f"qrCode:HTTPS://PEARLS.TEST/T/{code}"
