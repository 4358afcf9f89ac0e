"""Signing up, cancelling and the tickets behind it, on the database that is being tested."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.audit.models import GUEST, AuditEntry
from app.core import clock
from app.core.db import db, write_tx
from app.core.errors import NotFound, TooMany
from app.events.models import Event
from app.registration import codes, service
from app.registration.models import Registration, Ticket
from app.registration.rules import RegistrationState
from app.registration.seats import find_active_settings, find_settings, place_in_queue, put_settings
from app.registration.service import Wish, sign_up
from app.registration.tickets import (
    find_guests_ticket,
    find_revoked,
    find_ticket,
    make_rehearsal_tickets,
)
from tests.factories import make_event, minutes, replace_code
from tests.registration.registrations import confirmed, enqueued, open_registration, signed_up, wish
from tests.transactions import do


def statuses() -> list[tuple[str, int]]:
    """(status, party size) of every registration, oldest position first."""
    rows = db.session.scalars(select(Registration).order_by(Registration.position, Registration.created_at))
    return [(row.status, row.party_size) for row in rows]


def test_sign_up_gives_a_ticket_at_once(database: None, noon: datetime) -> None:
    made = signed_up(open_registration(), 3, name="Ieva Kļaviņa", language="lv")
    ticket = made.ticket

    assert ticket is not None
    assert (made.status, made.party_size, made.language, made.position) == ("confirmed", 3, "lv", 0)
    assert (ticket.status, ticket.party_size, ticket.language, ticket.holder) == ("confirmed", 3, "lv", "Ieva Kļaviņa")
    assert (ticket.rehearsal, ticket.lists, ticket.initials) == (False, None, "I. K.")
    assert service.find_registration(codes.link_secret(made.id)) is made
    assert find_ticket(codes.ticket_code(ticket.id, 1)) is ticket


def test_sign_up_with_the_same_key_gives_the_same_answer(database: None, noon: datetime) -> None:
    event, asked = open_registration(capacity=1), wish()
    first = do(sign_up, event.id, asked)
    with write_tx() as session:
        put_settings(session, event.id, closes_at=noon, capacity=1)

    assert do(sign_up, event.id, asked) is first
    assert do(sign_up, event.id, wish()) is RegistrationState.CLOSED
    assert statuses() == [("confirmed", 1)]


def test_the_same_key_at_another_event_is_another_registration(database: None, noon: datetime) -> None:
    one, other, asked = open_registration(), open_registration(make_event("varde-2026")), wish()

    assert do(sign_up, one.id, asked) is not do(sign_up, other.id, asked)


def test_sign_up_judges_the_event_as_it_is_once_the_settings_are_locked(database: None, noon: datetime) -> None:
    """Whoever calls an event off holds that lock: what the session read while it waited is out of date."""
    event = open_registration()
    with write_tx() as session:
        assert event.status == "scheduled"
        session.execute(update(Event).values(status="cancelled").execution_options(synchronize_session=False))
        refused = sign_up(session, event.id, wish())

    assert (refused, statuses()) == (RegistrationState.CANCELLED, [])


def test_sign_up_says_why_nobody_can(database: None, noon: datetime) -> None:
    hour = minutes(60)
    answers = [
        do(sign_up, make_event("a").id, wish()),
        do(sign_up, open_registration(make_event("b"), opens_at=noon + hour).id, wish()),
        do(sign_up, open_registration(make_event("c"), closes_at=noon - hour).id, wish()),
        do(sign_up, open_registration(make_event("d", status="cancelled")).id, wish()),
        do(sign_up, open_registration(make_event("e", status="postponed")).id, wish()),
        do(
            sign_up,
            open_registration(make_event("f", starts_on=noon.date() - hour * 48, ends_on=noon.date() - hour * 48)).id,
            wish(),
        ),
    ]

    assert answers == [
        RegistrationState.NOT_NEEDED, RegistrationState.NOT_YET, RegistrationState.CLOSED, RegistrationState.CANCELLED, RegistrationState.POSTPONED, RegistrationState.OVER,
    ]  # fmt: skip
    assert statuses() == []


def test_a_full_event_queues_in_order_and_nobody_overtakes(database: None, noon: datetime) -> None:
    event = open_registration(capacity=5)
    made = [signed_up(event, party) for party in (4, 2, 1)]

    assert [(one.status, one.position) for one in made] == [("confirmed", 0), ("waitlisted", 1), ("waitlisted", 2)]
    assert [one.ticket.status for one in made if one.ticket] == ["confirmed", "waitlisted", "waitlisted"]


def test_cancel_frees_seats_for_the_next_in_order_with_one_mail_each(database: None, noon: datetime) -> None:
    event = open_registration(capacity=4)
    first, second, third, fourth = (signed_up(event, party, email="a@example.org", language="fi") for party in (4, 2, 2, 1))
    confirmed(event, second)
    do(service.cancel, first.id, GUEST)
    do(service.cancel, first.id, GUEST)

    assert [one.status for one in (first, second, third, fourth)] == ["cancelled", "confirmed", "confirmed", "waitlisted"]
    assert first.ticket is not None
    assert (first.ticket.status, first.cancelled_at is not None) == ("cancelled", True)
    assert enqueued("registration.ticket") == [
        ("registration.ticket", second.id, ""),
        ("registration.ticket", second.id, "promoted"),
    ]
    assert [entry.subject_id for entry in db.session.scalars(select(AuditEntry))] == [first.id]


def test_cancel_of_one_that_waits_seats_those_behind_it(database: None, noon: datetime) -> None:
    event = open_registration(capacity=4)
    small, large, last = signed_up(event, 3), signed_up(event, 4), signed_up(event, 1)
    do(service.cancel, large.id, GUEST)

    assert [one.status for one in (small, large, last)] == ["confirmed", "cancelled", "confirmed"]


def test_cancel_keeps_a_large_party_in_front(database: None, noon: datetime) -> None:
    event = open_registration(capacity=4)
    small, other, large, last = (signed_up(event, party) for party in (1, 3, 4, 1))
    do(service.cancel, small.id, GUEST)

    assert (other.status, large.status, last.status) == ("confirmed", "waitlisted", "waitlisted")


def test_cancel_of_nothing_is_not_found(database: None) -> None:
    with pytest.raises(NotFound):
        do(service.cancel, uuid.uuid4(), GUEST)


def test_more_seats_go_to_those_who_wait(database: None, noon: datetime) -> None:
    event = open_registration(capacity=1)
    made = [signed_up(event) for _ in range(4)]
    with write_tx() as session:
        put_settings(session, event.id, capacity=3)

    assert [one.status for one in made] == ["confirmed", "confirmed", "confirmed", "waitlisted"]


def test_a_mail_is_owed_only_where_there_is_an_address(database: None, noon: datetime) -> None:
    event = open_registration()
    with_mail, _ = signed_up(event, email="a@example.org"), signed_up(event)

    assert enqueued() == [("registration.confirm", with_mail.id, "")]


def test_queries_of_sign_up_stay_the_same(database: None, noon: datetime, queries: list[str]) -> None:
    event, counts = open_registration(capacity=10), []
    for already in (0, 1, 30):
        for _ in range(already):
            signed_up(event)
        queries.clear()
        signed_up(event)
        counts.append(len(queries))

    assert counts[1:] == counts[:1] * 2


def in_threads(app: Flask, event: Event, wishes: list[Wish]) -> list[Registration | RegistrationState]:
    """Eight people at once."""

    def one(asked: Wish) -> Registration | RegistrationState:
        with app.app_context():
            found = db.session.get(Event, event.id)
            assert found is not None
            answer = do(sign_up, found.id, asked)
            db.session.expunge_all()
            return answer

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(one, wishes))


@pytest.mark.parametrize("parties", [[1] * 24, [2, 1, 3, 1, 2, 1, 1, 2] * 3, [5] * 8], ids=["singles", "parties", "fives"])
def test_seats_are_exact_when_eight_come_at_once(app: Flask, database: None, parties: list[int]) -> None:
    event = open_registration(capacity=5)
    in_threads(app, event, [wish(party, email=f"a{number}@example.org") for number, party in enumerate(parties)])
    db.session.rollback()
    db.session.expire_all()
    rows = list(db.session.scalars(select(Registration).order_by(Registration.position)))
    taken = sum(row.party_size for row in rows if row.status == "confirmed")
    waiting = [row for row in rows if row.status == "waitlisted"]

    assert len(rows) == len(parties)
    assert taken <= 5 < taken + waiting[0].party_size
    assert [row.position for row in waiting] == list(range(1, len(waiting) + 1))
    assert all(row.ticket and row.ticket.status == row.status for row in rows)
    assert sorted(enqueued()) == sorted(("registration.confirm", row.id, "") for row in rows)


def test_a_double_click_makes_one_registration(app: Flask, database: None) -> None:
    event, asked = open_registration(capacity=5), wish(2)
    answers = in_threads(app, event, [asked] * 16)
    db.session.rollback()
    db.session.expire_all()

    assert len({answer.id for answer in answers if isinstance(answer, Registration)}) == 1
    assert statuses() == [("confirmed", 2)]


def test_seats_stay_exact_while_others_cancel(app: Flask, database: None) -> None:
    event = open_registration(capacity=4)
    ids = [signed_up(event).id for _ in range(12)]

    def one(registration_id: uuid.UUID) -> None:
        with app.app_context():
            do(service.cancel, registration_id, GUEST)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, ids[:4] + ids[6:8] + ids[:4]))
    db.session.rollback()
    db.session.expire_all()

    assert [row.status for row in map(_registration, ids)] == (
        ["cancelled"] * 4 + ["confirmed"] * 2 + ["cancelled"] * 2 + ["confirmed"] * 2 + ["waitlisted"] * 2
    )


def _registration(registration_id: uuid.UUID) -> Registration:
    row = db.session.get(Registration, registration_id)
    assert row is not None
    return row


def test_no_secret_is_in_the_database(database: None, noon: datetime) -> None:
    made = signed_up(open_registration(), email="a@example.org")
    rehearsed = do(make_rehearsal_tickets, made.event_id, 2, ["main-door"])
    assert made.ticket is not None
    replace_code(made.ticket.id)
    secrets = [
        codes.link_secret(made.id),
        codes.mail_secret(made.id, made.email),
        codes.ticket_code(made.ticket.id, 1),
        codes.ticket_code(made.ticket.id, 2),
        rehearsed[0][0],
    ]
    dump = "\n".join(
        _as_text(value) for table in db.metadata.sorted_tables for row in db.session.execute(table.select()) for value in row
    )

    assert "a@example.org" in dump
    assert [secret for secret in secrets if secret.upper() in dump.upper()] == []


def _as_text(value: Any) -> str:
    return value.decode("latin-1") + value.hex() if isinstance(value, bytes) else str(value)


def test_replace_code_turns_the_old_one_into_a_revoked_one(database: None, noon: datetime) -> None:
    ticket = signed_up(open_registration()).ticket
    assert ticket is not None
    old, old_reference = codes.hash_code(codes.ticket_code(ticket.id, 1)), ticket.reference
    new = replace_code(ticket.id)

    with write_tx() as session:
        assert find_revoked(session, [old, new.code_hash, b"x" * 32]) == {old: ticket.id}
    assert [find_ticket(codes.ticket_code(ticket.id, number)) for number in (1, 2)] == [None, new]
    assert find_guests_ticket(new.event_id, reference=new.reference) == new
    assert find_guests_ticket(new.event_id, reference=old_reference) is None
    assert find_guests_ticket(uuid.uuid4(), reference=new.reference) is None
    assert (new.generation, new.code_hash) == (2, codes.hash_code(codes.ticket_code(ticket.id, 2)))


def test_rehearsal_tickets_count_nowhere_and_open_with_their_code(database: None, noon: datetime) -> None:
    event = open_registration(capacity=1)
    made = do(make_rehearsal_tickets, event.id, 40, ["main-door", "coach"])
    stored = {ticket.id: ticket for ticket in db.session.scalars(select(Ticket))}

    assert (len(stored), len({code for code, *_ in made}), len({reference for _, reference, *_ in made})) == (40, 40, 40)
    for code, reference, name, ticket in made:
        row = stored[ticket.id]
        assert (row.code_hash, row.reference, row.holder) == (codes.hash_code(code), reference, name)
        assert (row.rehearsal, row.registration_id, row.lists, row.status) == (True, None, "main-door,coach", "confirmed")
    assert signed_up(event).status == "confirmed"


def test_a_reference_that_another_ticket_has_is_passed_over(database: None, noon: datetime) -> None:
    made = signed_up(open_registration())
    other = do(make_rehearsal_tickets, made.event_id, 1)[0][3].id
    assert made.ticket is not None
    with write_tx() as session:
        session.get_one(Ticket, other).reference = codes.reference(made.ticket.id, 2)

    assert replace_code(made.ticket.id).reference == codes.reference(made.ticket.id, 2, attempt=1)


def test_full_without_a_waiting_list_registers_nobody(database: None, noon: datetime) -> None:
    event = open_registration(capacity=3, waiting_list=False)
    answers = [do(service.sign_up, event.id, wish(party)) for party in (2, 2, 1, 1)]

    assert [answer if isinstance(answer, RegistrationState) else answer.status for answer in answers] == [
        "confirmed", RegistrationState.FULL, "confirmed", RegistrationState.FULL,
    ]  # fmt: skip
    assert statuses() == [("confirmed", 2), ("confirmed", 1)]


def test_a_waiting_list_that_is_switched_off_keeps_who_waits(database: None, noon: datetime) -> None:
    event = open_registration(capacity=1)
    first, second = signed_up(event), signed_up(event)
    with write_tx() as session:
        put_settings(session, event.id, capacity=1, waiting_list=False)
    refused = do(service.sign_up, event.id, wish())
    do(service.cancel, first.id, GUEST)

    assert (refused, second.status) == (RegistrationState.FULL, "confirmed")


def test_a_desk_of_mode_none_is_like_no_desk(database: None, noon: datetime) -> None:
    event = open_registration(capacity=1)
    made, waiting = signed_up(event), signed_up(event)
    with write_tx() as session:
        put_settings(session, event.id, mode="none", capacity=1)

    settings = find_settings(event.id)
    assert (find_active_settings(event.id), settings and settings.mode) == (None, "none")
    assert (do(sign_up, event.id, wish()), made.status, waiting.status) == (
        RegistrationState.NOT_NEEDED,
        "confirmed",
        "confirmed",
    )


def test_place_in_queue_counts_those_ahead_and_moves_up(database: None, noon: datetime) -> None:
    event = open_registration(capacity=1)
    made = [signed_up(event) for _ in range(4)]
    before = [place_in_queue(one) for one in made[1:]]
    do(service.cancel, made[2].id, GUEST)

    assert (before, place_in_queue(made[3])) == ([1, 2, 3], 2)


def test_too_many_from_one_network_are_refused_and_another_is_not(
    database: None, noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "MOST_FORMS", 2)
    event, asked = open_registration(), wish()
    first = do(sign_up, event.id, asked, "192.0.2.0/24")
    do(sign_up, event.id, wish(), "192.0.2.0/24")
    with pytest.raises(TooMany):
        do(sign_up, event.id, wish(), "192.0.2.0/24")

    assert do(sign_up, event.id, asked, "192.0.2.0/24") is first
    assert isinstance(do(sign_up, event.id, wish(), "198.51.100.0/24"), Registration)
    assert isinstance(do(sign_up, event.id, wish(), None), Registration)
    with clock.travelled_to(noon + minutes(10)):
        assert isinstance(do(sign_up, event.id, wish(), "192.0.2.0/24"), Registration)
    assert len(statuses()) == 5


def test_put_desk_twice_changes_nothing(database: None, noon: datetime) -> None:
    event = open_registration(capacity=40, party_max=6, mode="required", opens_at=clock.now())
    with write_tx() as session:
        desk = put_settings(session, event.id, capacity=40, party_max=6, mode="required", opens_at=noon)

    assert find_active_settings(event.id) is desk
    assert (desk.mode, desk.capacity, desk.party_max, desk.closes_at) == ("required", 40, 6, None)
    assert (desk.waiting_list, desk.confirm_first, desk.ask_needs, desk.reminder_hours) == (True, False, True, [168, 24])
