"""The inbox of conflicts: what both sides knew, closing with a note, phones that went silent with scans missing."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest

from app.audit.models import TERMINAL, AuditEntry
from app.checkin import devices
from app.checkin.models import Conflict, Device
from app.core import clock
from app.core.db import write_tx
from app.registration import codes
from app.registration.models import Registration, RevokedCode, Ticket
from tests.checkin.scans import iso, make_device, make_door, make_list, make_ticket, results, scan
from tests.supervise.supervisor import HTMX, Supervisor, make_conflict, make_scan
from tests.transactions import do

LET_IN = {"mode": "offline", "local": "accepted"}


@pytest.fixture
def sanna(app, door) -> Supervisor:
    return Supervisor(app, door)


@pytest.fixture
def only(rows):
    """The one conflict there is."""

    def find() -> Conflict:
        (found,) = rows(Conflict)
        return found

    return find


def offline(code: str, **fields: Any) -> dict[str, Any]:
    return scan(code, **(LET_IN | fields))


# What both sides knew


def test_a_double_entry_says_who_was_first(app, client, door, sanna, ticket, later):
    with app.app_context():
        _, ole = make_device(door.event, name="Ole Berg Hansen")
    code = ticket(holder="Anna Maria Berg", party_size=1).printed
    results(client, ole, scan(code))
    with later(minutes=30):
        sent = offline(code, at=iso(clock.now() - timedelta(minutes=28)))
        results(client, door.token, sent)
        said = sanna.read("conflicts")

    assert "1 open conflict " in said
    assert "Already checked in 15:02" in said
    assert "Without an answer from the server, the phone let in 1 guest. Phone: Maija Korhonen · Main door" in said
    assert "This ticket has been used already. First scan: 15:00, Main door, Ole Berg Hansen Guest: A. B. · People: 1" in said
    assert "Anna" not in said


def test_a_party_larger_than_its_room_says_how_many_fitted(client, door, sanna, ticket):
    family = ticket(party_size=4).printed
    results(client, door.token, scan(family, count=3), offline(family, count=3))
    said = sanna.read("conflicts")

    assert "the phone let in 3 guests." in said
    assert "This ticket had room for only 1 guest. Guest: A. B. · People: 4" in said


def test_a_cancelled_guest_is_told_with_the_time(app, client, door, sanna, rows):
    with app.app_context():
        with write_tx() as session:
            person = Registration(
                id=uuid.uuid4(), event_id=door.event.id, form_key=uuid.uuid4(), link_hash=b"1" * 32, name="Anna Berg", language="lv",
                status="cancelled", created_at=clock.now(), cancelled_at=clock.now() - timedelta(minutes=20),
            )  # fmt: skip
            session.add(person)
        code = make_ticket(door.event, status="cancelled", registration_id=person.id).printed
    results(client, door.token, offline(code))

    assert "Cancelled 15:00 What the phone did" in (said := sanna.read("conflicts"))
    assert "This registration was cancelled. Cancelled: 14:40 Guest: A. B." in said


def test_a_replaced_ticket_is_told_with_the_time(app, client, door, sanna, ticket):
    held = ticket()
    with app.app_context(), write_tx() as session:
        session.add(RevokedCode(code_hash=held.code_hash, ticket_id=held.id, revoked_at=clock.now() - timedelta(minutes=5)))
        session.get(Ticket, held.id).code_hash = codes.hash_code("0" * 26)
    results(client, door.token, offline(held.printed))

    assert "A newer ticket had replaced this one. Replaced: 14:55 Guest: A. B." in sanna.read("conflicts")


def test_a_ticket_of_another_event_names_the_event_and_nobody(app, client, door, sanna):
    with app.app_context():
        other = make_door("alytus-2026")
        code = make_ticket(other.event, holder="Jonas Kazlauskas").printed
    results(client, door.token, offline(code))
    said = sanna.read("conflicts")

    assert "This ticket is for another event. It is for this event: Ceremony People: 1" in said
    assert "J. K." not in said


def test_an_unknown_code_shows_the_reason_given_at_the_door(client, door, sanna):
    results(client, door.token, offline("x" * 26, reason="The mayor's <b>daughter</b>"))
    page = sanna.get("conflicts").text

    assert "Reason given at the door: The mayor&#39;s &lt;b&gt;daughter&lt;/b&gt;" in page
    assert "The code is not valid here: it does not belong to any of our tickets, or it was misread." in page


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        ({"opens_at": 1}, "This list was not open yet. Opens: 16:00"),
        ({"closes_at": -1}, "This list had closed already. Closed since: 14:00"),
    ],
)
def test_a_scan_out_of_hours_says_the_hours(app, client, door, sanna, ticket, hours, said):
    with app.app_context():
        make_list(door.event, **{name: clock.now() + timedelta(hours=number) for name, number in hours.items()})
    results(client, door.token, offline(ticket().printed))

    assert said in sanna.read("conflicts")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"status": "waitlisted"}, "On the waiting list 15:00"),
        ({"status": "waitlisted"}, "This guest was on the waiting list and had no seat."),
        ({"lists": "dinner"}, "The ticket is not for this list."),
    ],
)
def test_waiting_guests_and_other_lists_are_told(client, door, sanna, ticket, fields, said):
    results(client, door.token, offline(ticket(**fields).printed))

    assert said in sanna.read("conflicts")


def test_an_ended_phone_is_told_apart_from_one_that_lost_its_list(app, client, door, sanna, ticket):
    with app.app_context():
        make_list(door.event, "dinner", "Dinner")
        ended, ended_token = make_device(door.event, name="Ended Phone")
        do(devices.revoke, ended.id, TERMINAL)
    results(client, ended_token, offline(ticket().printed))
    results(client, door.token, offline(ticket().printed, list="dinner"))
    said = sanna.read("conflicts")

    assert "This phone had been disconnected before. The scan was set aside and admitted nobody. Guest" in said
    assert "This phone was no longer set up for this list. The scan was set aside and admitted nobody. Guest" in said
    assert said.count("Set aside") == 2


# Order and pages


def test_open_conflicts_come_first_and_closed_ones_follow_in_pages_of_fifty(app, door, sanna):
    now = clock.now()
    with app.app_context():
        closed = [
            make_conflict(make_scan(door, seq=n).id, closed_at=now - timedelta(minutes=n), note=f"note-{n}.", closed_by=door.device.id)
            for n in range(1, 60)
        ]  # fmt: skip
        still = [make_conflict(make_scan(door, seq=100 + n).id, found_at=now - timedelta(minutes=n)) for n in range(2)]
    first, second = sanna.get("conflicts").text, sanna.get("conflicts?page=2").text
    order = [first.index(f'id="conflict-{one.id}"') for one in (still[1], still[0], closed[0], closed[47])]

    assert order == sorted(order)
    assert (first.count('class="card stack conflict'), second.count('class="card stack conflict')) == (50, 11)
    assert ("note-48." in first, "note-49." in first, "note-49." in second) == (True, False, True)
    assert ("page=2" in first, "page=1" in second, "page=3" in second) == (True, True, False)


@pytest.mark.parametrize("page", ["0", "-1", "x", "9" * 40, "1.5", ""])
def test_a_page_that_is_no_number_is_the_first(app, door, sanna, page):
    with app.app_context():
        made = make_conflict(make_scan(door).id)

    assert f'id="conflict-{made.id}"' in sanna.get(f"conflicts?page={page}").text


def test_an_empty_inbox_says_so(sanna):
    assert "No open conflicts" in sanna.read("conflicts")


# Closing


@pytest.fixture
def unknown(app, door) -> Conflict:
    with app.app_context():
        return make_conflict(make_scan(door).id)


def test_a_plain_form_closes_a_conflict_and_leads_back(sanna, unknown, only, rows):
    answer = sanna.post(f"conflicts/{unknown.id}", {"note": "  It was her ticket.\r\nShe stays. "})

    assert (answer.status_code, answer.headers["Location"]) == (303, f"/en/door/conflicts#conflict-{unknown.id}")
    assert (only().note, only().closed_by) == ("It was her ticket.\nShe stays.", sanna.device.id)
    deeds = [
        (deed.verb, deed.subject_id, deed.actor_kind, deed.actor_id)
        for deed in rows(AuditEntry)
        if deed.verb.startswith("conflict")
    ]
    assert deeds == [("conflict.closed", unknown.id, "device", sanna.device.id)]
    assert "Closed 15:00 · Sanna Virta It was her ticket. She stays." in sanna.read("conflicts")


def test_htmx_gets_the_closed_conflict_in_its_place(sanna, unknown):
    answer = sanna.post(f"conflicts/{unknown.id}", {"note": "All well"}, **HTMX)

    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert answer.text.lstrip().startswith("<section")
    assert "All well" in answer.text
    assert "<form" not in answer.text


@pytest.mark.parametrize("headers", [{}, HTMX])
@pytest.mark.parametrize(
    ("note", "said"),
    [
        ("", "Write a few words, so that others understand it later."),
        (" a\u200b ", "Write a few words, so that others understand it later."),
        ("x" * 501, "Write 500 characters at most."),
    ],
)
def test_a_note_of_the_wrong_length_is_kept_and_nothing_is_closed(sanna, unknown, only, headers, note, said):
    answer = sanna.post(f"conflicts/{unknown.id}", {"note": note}, **headers)

    assert (answer.status_code, only().closed_at) == (422, None)
    assert said in answer.text
    assert f'required aria-invalid="true" aria-describedby="note-{unknown.id}-err">{note}</textarea>' in answer.text


def test_a_second_close_keeps_the_first_and_says_so(app, door, sanna, unknown, only):
    other = Supervisor(app, door, name="Ole Hansen")
    first = sanna.post(f"conflicts/{unknown.id}", {"note": "first note"})
    again = sanna.post(f"conflicts/{unknown.id}", {"note": "first note"})
    second, inline = (other.post(f"conflicts/{unknown.id}", {"note": "second note"}, **more) for more in ({}, HTMX))

    assert [answer.status_code for answer in (first, again, second, inline)] == [303, 303, 409, 409]
    assert ["This conflict has been closed already. The first note stays." in answer.text for answer in (second, inline)] == [
        True,
        True,
    ]
    assert (only().note, only().closed_by) == ("first note", sanna.device.id)


def test_a_note_with_signs_that_no_database_takes_is_cleaned(sanna, unknown, only):
    sanna.post(f"conflicts/{unknown.id}", {"note": "all\x00 \u202ewell"})

    assert only().note == "all   well"


# Phones with scans missing


def test_a_silent_phone_is_named_with_how_many_numbers_are_missing_and_since_when(app, client, door, sanna, later):
    results(client, door.token, scan("x", seq=1), scan("x", seq=2))
    with later(minutes=5):
        results(client, door.token, scan("x", seq=6))
        lately = sanna.read("conflicts")
    with later(minutes=16):
        silent = sanna.read("conflicts")

    assert "Maija Korhonen 3 scans have not arrived. Missing since: 15:00" in lately
    assert "The phone is in touch; they should arrive in a moment. Last heard from: 15:05" in lately
    assert "There is no contact with this phone. Find it, and open the scanner on it where there is a network." in silent


def test_what_a_phone_says_it_holds_counts_as_missing_until_it_comes(app, client, door, sanna):
    with app.app_context(), write_tx() as session:
        session.get(Device, door.device.id).highest_seq = 2
    before = sanna.read("conflicts")
    results(client, door.token, scan("x", seq=1), scan("x", seq=2))

    assert ("2 scans have not arrived." in before, "not arrived" in sanna.read("conflicts")) == (True, False)
