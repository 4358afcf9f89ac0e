"""Mailed links: the address is confirmed once, the pending get their places in that order, lost tickets are found."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import select

from app.audit.models import GUEST
from app.core import clock
from app.core.db import db, write_tx
from app.core.errors import NotFound, TooMany
from app.events.models import Event
from app.registration import codes, confirming, service
from app.registration.models import Registration
from app.registration.rules import RegistrationState
from app.registration.seats import place_in_queue
from tests.factories import make_event, minutes
from tests.registration.registrations import confirmed, enqueued, open_registration, signed_up
from tests.transactions import do

TICKET, CONFIRM, LOST = "registration.ticket", "registration.confirm", "registration.lost"


def secret_of(made: Registration) -> str:
    return codes.mail_secret(made.id, made.email)


def test_signing_up_owes_the_confirming_mail_and_no_ticket(database: None, noon: datetime) -> None:
    event = open_registration()
    made = signed_up(event, email="anna@example.org")

    assert (enqueued(), made.email_confirmed_at, made.status) == ([(CONFIRM, made.id, "")], None, "confirmed")
    assert confirming.find_by_mail_secret(secret_of(made).upper()) is made
    assert confirming.find_by_mail_secret(codes.link_secret(made.id)) is None
    assert service.find_registration(secret_of(made)) is None


def test_confirm_switches_mail_on_once(database: None, noon: datetime) -> None:
    event = open_registration()
    made = signed_up(event, email="anna@example.org")
    first = confirmed(event, made).email_confirmed_at
    with clock.travelled_to(noon + minutes(5)):
        second = do(confirming.confirm, event.id, codes.mail_secret(made.id, made.email))

    assert (first is not None, second) == (True, None)
    assert db.session.get_one(Registration, made.id, populate_existing=True).email_confirmed_at == first
    assert enqueued(TICKET) == [(TICKET, made.id, "")]


@pytest.mark.parametrize("secret", ["", "0" * 26, "x", "ž" * 26, "7" * 3000])
def test_confirm_of_no_address_is_not_found(database: None, noon: datetime, secret: str) -> None:
    event = open_registration()
    signed_up(event, email="anna@example.org")

    with pytest.raises(NotFound):
        do(confirming.confirm, event.id, secret)


def test_confirm_at_another_event_is_not_found(database: None, noon: datetime) -> None:
    made = signed_up(open_registration(), email="anna@example.org")

    with pytest.raises(NotFound):
        do(confirming.confirm, open_registration(make_event("varde-2026")).id, secret_of(made))
    assert made.email_confirmed_at is None


def test_confirm_of_a_cancelled_one_mails_nothing(database: None, noon: datetime) -> None:
    event = open_registration()
    made = signed_up(event, email="anna@example.org")
    do(service.cancel, made.id, GUEST)

    assert (do(confirming.confirm, event.id, codes.mail_secret(made.id, made.email)), enqueued(TICKET)) == (None, [])


def test_pending_ones_hold_no_seat_and_get_it_in_order_of_confirmation(database: None, noon: datetime) -> None:
    event = open_registration(capacity=3, confirm_first=True)
    first, second, third, fourth = (signed_up(event, party, email="a@example.org") for party in (2, 2, 1, 1))
    before = [(one.status, one.ticket and one.ticket.status, place_in_queue(one)) for one in (first, fourth)]
    for one in (third, second, first, fourth):
        confirmed(event, one)

    assert before == [("pending", "pending", 0)] * 2
    assert [(one.status, one.position) for one in (third, second, first, fourth)] == [
        ("confirmed", 0), ("confirmed", 0), ("waitlisted", 1), ("waitlisted", 2),
    ]  # fmt: skip
    assert [one.ticket and one.ticket.status for one in (third, first)] == ["confirmed", "waitlisted"]
    do(service.cancel, second.id, GUEST)
    assert (first.status, fourth.status) == ("confirmed", "waitlisted")
    assert enqueued(TICKET)[-1] == (TICKET, first.id, "promoted")


def test_cancelling_a_pending_one_frees_nothing(database: None, noon: datetime) -> None:
    event = open_registration(capacity=1, confirm_first=True)
    pending, seated, waiting = (signed_up(event, email="a@example.org") for _ in range(3))
    confirmed(event, seated)
    confirmed(event, waiting)
    do(service.cancel, pending.id, GUEST)

    assert [one.status for one in (pending, seated, waiting)] == ["cancelled", "confirmed", "waitlisted"]


def test_pending_is_told_why_it_gets_no_place(database: None, noon: datetime) -> None:
    event = open_registration(capacity=1, confirm_first=True, waiting_list=False)
    pending, seated = (signed_up(event, email="a@example.org") for _ in range(2))
    confirmed(event, seated)
    full = do(confirming.confirm, event.id, secret_of(pending))
    answers = []
    for status in ("cancelled", "postponed", "scheduled"):
        with write_tx() as session:
            session.get_one(Event, event.id).status = status
        if status != "scheduled":
            answers.append(do(confirming.confirm, event.id, secret_of(pending)))
    with clock.travelled_to(noon + minutes(60 * 24 * 3)):
        answers.append(do(confirming.confirm, event.id, secret_of(pending)))
    do(service.cancel, seated.id, GUEST)

    assert (full, answers) == (
        RegistrationState.FULL,
        [RegistrationState.CANCELLED, RegistrationState.POSTPONED, RegistrationState.OVER],
    )
    assert (pending.status, pending.email_confirmed_at) == ("pending", None)
    assert confirmed(event, pending).status == "confirmed"


def test_eight_confirm_at_once_and_seats_stay_exact(app: Flask, database: None) -> None:
    event = open_registration(capacity=5, confirm_first=True)
    parties = (1, 2, 1, 2, 1, 1, 2, 1, 1, 2, 1, 1)
    secrets = [secret_of(signed_up(event, party, email=f"a{number}@example.org")) for number, party in enumerate(parties)]

    def one(secret: str) -> None:
        with app.app_context():
            found = db.session.get(Event, event.id)
            assert found is not None
            do(confirming.confirm, found.id, secret)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, secrets * 2))
    db.session.rollback()
    db.session.expire_all()
    rows = list(db.session.scalars(select(Registration).order_by(Registration.position)))
    waiting = [row for row in rows if row.status == "waitlisted"]
    taken = sum(row.party_size for row in rows if row.status == "confirmed")

    assert taken <= 5 < taken + waiting[0].party_size
    assert [row.position for row in waiting] == list(range(1, len(waiting) + 1))
    assert sorted(enqueued(TICKET)) == sorted((TICKET, row.id, "") for row in rows)


# Lost tickets


def test_lost_tickets_are_found_by_their_address_whatever_its_case(database: None, noon: datetime) -> None:
    event, other = open_registration(), open_registration(make_event("varde-2026"))
    one, two = signed_up(event, email="Anna@example.org"), signed_up(event, email="anna@example.org")
    signed_up(event, email="berit@example.org")
    signed_up(event)
    signed_up(other, email="anna@example.org")
    do(service.cancel, signed_up(event, email="anna@example.org").id, GUEST)
    do(confirming.send_lost, event.id, "ANNA@example.org", None)

    slot = str(int(noon.timestamp() // 1200))
    assert sorted(enqueued(LOST)) == sorted([(LOST, one.id, slot), (LOST, two.id, slot)])


def test_lost_mails_come_three_an_hour_at_most_and_ten_at_once(database: None, noon: datetime) -> None:
    event = open_registration()
    many = [signed_up(event, email=f"anna{number}@example.org").id for number in range(12)]
    with write_tx() as session:
        for one in many:
            session.get_one(Registration, one).email = "anna@example.org"
    for minute in range(0, 60, 7):
        with clock.travelled_to(noon + minutes(minute)):
            do(confirming.send_lost, event.id, "anna@example.org", None)
    mails = enqueued(LOST)

    assert (len(mails), len({subject for _, subject, _ in mails}), len({slot for *_, slot in mails})) == (30, 10, 3)


def test_asking_too_often_is_refused_for_known_and_unknown_alike(
    database: None, noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(confirming, "MOST_LOST", 2)
    event = open_registration()
    signed_up(event, email="anna@example.org")
    for address in ("nobody@example.org", "anna@example.org"):
        do(confirming.send_lost, event.id, address, "192.0.2.0/24")

    for address in ("nobody@example.org", "anna@example.org"):
        with pytest.raises(TooMany):
            do(confirming.send_lost, event.id, address, "192.0.2.0/24")
    assert len(enqueued(LOST)) == 1


def test_known_and_unknown_addresses_ask_the_database_alike(database: None, noon: datetime, queries: list[str]) -> None:
    event, counts = open_registration(), []
    signed_up(event, email="anna@example.org")
    for address in ("nobody@example.org", "anna@example.org"):
        queries.clear()
        do(confirming.send_lost, event.id, address, "192.0.2.0/24")
        counts.append(len([sent for sent in queries if not sent.startswith("INSERT INTO outbox")]))

    assert counts[0] == counts[1]


def test_an_address_that_was_confirmed_by_a_migration_has_no_link(database: None, noon: datetime) -> None:
    event = open_registration()
    made = signed_up(event, email="anna@example.org")
    with write_tx() as session:
        session.get_one(Registration, made.id).mail_hash = None

    with pytest.raises(NotFound):
        do(confirming.confirm, event.id, secret_of(made))
    assert confirming.find_by_mail_secret(str(uuid.uuid4())) is None
