"""Changing a registration: seats freed and taken, the queue kept, the ticket and the mails following."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.audit.models import GUEST, AuditEntry
from app.core import clock
from app.core.db import db, write_tx
from app.core.errors import InvalidInput, NotFound, TooMany
from app.events.models import Event
from app.registration import codes, confirming, editing, encryption, service
from app.registration.door_notes import notes_for_door
from app.registration.editing import CannotChange
from app.registration.models import Registration, RegistrationAnswer
from app.registration.questions import retire_question
from app.registration.seats import find_settings, put_settings
from tests.factories import minutes
from tests.registration.registrations import ask, confirmed, enqueued, make_evening, open_registration, signed_up, wish
from tests.transactions import do

CONFIRM, TICKET = "registration.confirm", "registration.ticket"


def change(event: Event, made: Registration, **fields: Any) -> Registration:
    """The registration after only these fields were changed in its form."""
    stored = editing.particulars_of(made, find_settings(event.id))
    return do(editing.edit, made.id, replace(stored, **fields), GUEST)


def states(*made: Registration) -> list[tuple[str, int, str, int]]:
    """Status and size of each registration and of its ticket."""
    return [(one.status, one.party_size, one.ticket.status, one.ticket.party_size) for one in made if one.ticket]


def test_edit_changes_registration_and_ticket_together(database: None, noon: datetime) -> None:
    event = open_registration(capacity=9)
    made = signed_up(event, 2)
    with clock.travelled_to(noon + minutes(5)):
        change(event, made, name="Ieva Ozola", language="et", party_size=3, companions="Aino\nEino")

    ticket = made.ticket
    assert ticket is not None
    assert (made.name, made.language, made.companions) == ("Ieva Ozola", "et", "Aino\nEino")
    assert (ticket.holder, ticket.language, ticket.party_size) == ("Ieva Ozola", "et", 3)
    assert (ticket.changed_at >= noon + minutes(5), made.changed_at is not None) == (True, True)
    assert [(entry.verb, entry.actor_kind, entry.subject_id) for entry in db.session.scalars(select(AuditEntry))] == [
        ("registration.edit", "guest", made.id)
    ]


def test_edit_that_changes_nothing_writes_nothing(database: None, noon: datetime, queries: list[str]) -> None:
    event = open_registration()
    question = ask(event)
    made = signed_up(event, needs=("vegan",), tell_door=True, answers={question.id: "car"}, email="a@example.org")
    queries.clear()
    change(event, made)

    assert [sent for sent in queries if not sent.startswith(("SELECT", "BEGIN"))] == []
    assert (made.changed_at, db.session.scalars(select(AuditEntry)).all()) == (None, [])


def test_smaller_party_frees_its_seats_for_those_who_wait(database: None, noon: datetime) -> None:
    event = open_registration(capacity=4)
    large = signed_up(event, 4)
    waiting = [signed_up(event, size, email="a@example.org") for size in (2, 1, 1)]
    confirmed(event, waiting[0])
    change(event, large, party_size=1)

    assert [one.status for one in waiting] == ["confirmed", "confirmed", "waitlisted"]
    assert enqueued(TICKET) == [(TICKET, waiting[0].id, ""), (TICKET, waiting[0].id, "promoted")]
    assert states(large) == [("confirmed", 1, "confirmed", 1)]


def test_larger_party_takes_free_seats(database: None, noon: datetime) -> None:
    event = open_registration(capacity=4)
    made = signed_up(event, 2)
    change(event, made, party_size=4)

    assert states(made, signed_up(event)) == [("confirmed", 4, "confirmed", 4), ("waitlisted", 1, "waitlisted", 1)]


@pytest.mark.parametrize("others", [(3,), (2, 2)], ids=["no seats", "somebody waits"])
def test_larger_party_without_free_seats_changes_nothing(database: None, noon: datetime, others: tuple[int, ...]) -> None:
    event = open_registration(capacity=5)
    made = signed_up(event, 2, email="a@example.org")
    rest = [signed_up(event, size) for size in others]
    with pytest.raises(InvalidInput) as wrong:
        change(event, made, party_size=3, name="Somebody Else", email="b@example.org")
    db.session.expire_all()

    assert list(wrong.value.fields) == ["party_size"]
    assert (made.name, made.email, states(made)) == ("Jānis Bērziņš", "a@example.org", [("confirmed", 2, "confirmed", 2)])
    assert [one.status for one in rest] == ["confirmed", "waitlisted"][: len(rest)]
    assert enqueued() == [(CONFIRM, made.id, "")]


def test_one_that_waits_keeps_its_place_whatever_its_size(database: None, noon: datetime) -> None:
    event = open_registration(capacity=4)
    seated, first, second = signed_up(event, 2), signed_up(event, 3), signed_up(event, 1)
    change(event, first, party_size=4)
    grown = [(one.status, one.position) for one in (first, second)]
    change(event, first, party_size=2)

    assert grown == [("waitlisted", 1), ("waitlisted", 2)]
    assert states(seated, first, second) == [
        ("confirmed", 2, "confirmed", 2), ("confirmed", 2, "confirmed", 2), ("waitlisted", 1, "waitlisted", 1),
    ]  # fmt: skip


def test_an_overbooked_event_gives_no_seat_until_it_fits(database: None, noon: datetime) -> None:
    event = open_registration(capacity=6)
    large, other, waiting = signed_up(event, 4), signed_up(event, 2), signed_up(event, 1)
    with write_tx() as session:
        put_settings(session, event.id, capacity=3)
    change(event, large, party_size=2)
    tight = waiting.status
    change(event, large, party_size=1)
    still = waiting.status
    do(service.cancel, other.id, GUEST)

    assert (tight, still, waiting.status) == ("waitlisted", "waitlisted", "confirmed")


def test_a_new_address_replaces_the_old_one_and_is_confirmed_anew(database: None, noon: datetime) -> None:
    event = open_registration()
    made = signed_up(event, email="old@example.org")
    old = codes.mail_secret(made.id, made.email)
    confirmed(event, made)
    change(event, made, email="new@example.org")
    after = (made.email, made.email_confirmed_at, confirming.find_by_mail_secret(old))
    confirmed(event, made)
    variants = [variant for kind, _, variant in enqueued() if kind == TICKET]

    assert after == ("new@example.org", None, None)
    assert (len(enqueued(CONFIRM)), len(variants), variants[0], len(set(variants))) == (2, 2, "", 2)


def test_a_first_address_is_asked_to_confirm_and_an_empty_one_switches_mail_off(database: None, noon: datetime) -> None:
    event = open_registration()
    made = signed_up(event)
    change(event, made, email="anna@example.org")
    asked = enqueued()
    confirmed(event, made)
    change(event, made, email="")

    assert asked == [(CONFIRM, made.id, "")]
    assert (made.email, made.email_confirmed_at, made.mail_hash) == ("", None, None)


def test_six_new_addresses_in_a_day_are_too_many(database: None, noon: datetime) -> None:
    event = open_registration(make_evening(ends_on=noon.date() + timedelta(days=2)))
    made = signed_up(event)
    for number in range(5):
        change(event, made, email=f"{number}@example.org")
    with pytest.raises(TooMany):
        change(event, made, email="5@example.org")
    assert change(event, made, name="Anna").email == "4@example.org"

    with clock.travelled_to(noon + minutes(60 * 24)):
        assert change(event, made, email="5@example.org").email == "5@example.org"
    assert len(enqueued(CONFIRM)) == 6


def test_needs_and_answers_change_and_the_door_hears_of_it(database: None, noon: datetime) -> None:
    event = open_registration()
    how, note = ask(event, at_door=True), ask(event, "note", "text")
    made = signed_up(event, needs=("vegan",), answers={how.id: "car", note.id: "Hello"})
    with clock.travelled_to(noon + minutes(5)):
        change(event, made, needs=("wheelchair", "no_nuts"), tell_door=True, answers={how.id: "coach"})
        assert made.ticket is not None
        notes = notes_for_door(db.session(), [made.ticket.id])[made.ticket.id]

    assert encryption.unseal(made.id, made.needs) == ("wheelchair", "no_nuts")
    assert (notes.needs, notes.answers) == (("wheelchair", "no_nuts"), ((how.id, "coach"),))
    assert made.ticket.changed_at >= noon + minutes(5)
    change(event, made, needs=())
    assert (made.needs, made.tell_door) == (None, False)


def test_what_is_not_asked_any_more_stays_as_it_was(database: None, noon: datetime) -> None:
    event = open_registration()
    how = ask(event)
    made = signed_up(event, needs=("vegan",), tell_door=True, answers={how.id: "car"})
    with write_tx() as session:
        put_settings(session, event.id, ask_needs=False)
        retire_question(session, event.id, "how")
    change(event, made, name="Anna")

    assert (encryption.unseal(made.id, made.needs), made.tell_door) == (("vegan",), True)
    assert [answer.value for answer in db.session.scalars(select(RegistrationAnswer))] == ["car"]


def test_nothing_is_changed_when_cancelled_over_or_called_off(database: None, noon: datetime) -> None:
    event = open_registration()
    cancelled, made = signed_up(event), signed_up(event)
    do(service.cancel, cancelled.id, GUEST)
    with pytest.raises(CannotChange):
        change(event, cancelled, name="Anna")
    with clock.travelled_to(noon + minutes(60 * 24 * 3)), pytest.raises(CannotChange):
        change(event, made, name="Anna")
    with write_tx() as session:
        session.get_one(Event, event.id).status = "cancelled"
    with pytest.raises(CannotChange):
        change(event, made, name="Anna")
    with pytest.raises(NotFound):
        do(editing.edit, uuid.uuid4(), wish(), GUEST)

    assert {cancelled.name, made.name} == {"Jānis Bērziņš"}


def test_a_pending_one_changes_freely_and_stays_pending(database: None, noon: datetime) -> None:
    event = open_registration(capacity=2, confirm_first=True)
    made = signed_up(event, 2, email="old@example.org")
    change(event, made, party_size=1, email="new@example.org")

    assert (made.status, made.party_size) == ("pending", 1)
    assert states(confirmed(event, made)) == [("confirmed", 1, "confirmed", 1)]


def test_seats_stay_exact_while_eight_register_edit_and_cancel_at_once(app: Flask, database: None) -> None:
    """Whatever the order: never more people than seats, nobody seated while somebody ahead waits, tickets as registrations."""
    event = open_registration(capacity=12, party_max=4)
    ids = [signed_up(event, 1 + number % 3).id for number in range(16)]

    def one(number: int) -> None:
        with app.app_context():
            found = db.session.get(Event, event.id)
            made = db.session.get(Registration, ids[number % len(ids)])
            assert found is not None
            assert made is not None
            try:
                if number % 4 == 0:
                    do(service.cancel, made.id, GUEST)
                elif number % 4 == 1:
                    do(service.sign_up, found.id, wish(1 + number % 4, email=f"a{number}@example.org"))
                else:
                    change(found, made, party_size=1 + (number * 7) % 4)
            except (InvalidInput, CannotChange):
                pass

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(96)))
    db.session.rollback()
    db.session.expire_all()
    rows = list(db.session.scalars(select(Registration).order_by(Registration.position)))
    taken = sum(row.party_size for row in rows if row.status == "confirmed")
    waiting = [row for row in rows if row.status == "waitlisted"]

    assert waiting
    assert taken <= 12 < taken + waiting[0].party_size
    assert len({row.position for row in waiting}) == len(waiting)
    assert [(row.ticket.status, row.ticket.party_size) for row in rows if row.ticket] == [
        (row.status, row.party_size) for row in rows
    ]
    assert len(enqueued(CONFIRM)) == len(rows) - 16
