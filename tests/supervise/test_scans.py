"""The last scans of the event, and a supervisor who takes one back with a reason."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest

from app.checkin import service
from app.checkin.models import Scan
from app.core import clock
from tests.checkin.scans import iso, make_door, make_list, make_ticket, results, scan
from tests.supervise.supervisor import Supervisor, make_scan


@pytest.fixture
def sanna(app, door) -> Supervisor:
    return Supervisor(app, door)


@pytest.fixture
def inside(app, door):
    def count() -> int:
        with app.app_context():
            return service.inside(door.list.id)

    return count


def let_in(client, door, code: str, **fields) -> str:
    sent = scan(code, **fields)
    assert results(client, door.token, sent) in (["accepted"], ["exited"])
    return str(sent["id"])


def test_scans_stand_newest_first_with_guests_initials_and_the_phones_name(client, door, sanna, ticket, later):
    let_in(client, door, ticket(holder="Anna Maria Berg", party_size=3).printed, count=2)
    with later(minutes=5):
        results(client, door.token, scan("x"))
        said = sanna.read("scans")

    assert "15:05 Ticket not found Main door · Maija Korhonen 15:00 Come in A. B. × 2 Main door · Maija Korhonen Undo" in said
    assert "Anna" not in said


def test_scans_that_came_late_stand_where_they_happened(client, door, sanna, ticket, later):
    with later(minutes=10):
        let_in(client, door, ticket(holder="Zoe Z").printed)
        at = iso(clock.now() - timedelta(minutes=10))
        let_in(client, door, ticket(holder="Early E").printed, mode="offline", local="accepted", at=at)
        said = sanna.read("scans")

    assert said.index("Z. Z.") < said.index("15:00 Come in E. E. Main door · Maija Korhonen · Offline")


def test_only_the_last_hundred_are_shown(app, door, sanna):
    with app.app_context():
        for number in range(102):
            make_scan(door, seq=number + 1, received_at=clock.now() + timedelta(seconds=number), reason=f"reason-{number}.")
    said = sanna.read("scans")

    assert (said.count("Reason: reason-"), "reason-1." in said, "reason-2." in said) == (100, False, True)


def test_a_supervisor_takes_back_what_another_phone_let_in(client, door, sanna, ticket, inside, rows):
    done = let_in(client, door, ticket().printed)
    key = sanna.key(f"scans/{done}")
    answer = sanna.post(f"scans/{done}", {"reason": "Wrong guest", "form_key": key})
    (undo,) = [row for row in rows(Scan) if row.direction == "undo"]

    assert (answer.status_code, answer.headers["Location"]) == (303, f"/en/door/scans#scan-{done}")
    assert (str(undo.id), str(undo.undoes), undo.device_id, undo.reason) == (key, done, sanna.device.id, "Wrong guest")
    assert (undo.result, undo.seq, inside()) == ("undone", 0, 0)
    assert "There is nothing to undo here." in sanna.read(f"scans/{done}")


def test_pressing_twice_takes_back_once(client, door, sanna, ticket, inside, rows):
    code = ticket().printed
    done = let_in(client, door, code)
    form = {"reason": "Wrong guest", "form_key": sanna.key(f"scans/{done}")}
    sanna.post(f"scans/{done}", form)
    let_in(client, door, code)
    again = sanna.post(f"scans/{done}", form)

    assert (again.status_code, inside()) == (303, 1)
    assert [row.direction for row in rows(Scan)].count("undo") == 1


def test_an_exit_is_taken_back_too(client, door, sanna, ticket, inside):
    code = ticket().printed
    let_in(client, door, code)
    left = let_in(client, door, code, direction="exit")
    sanna.post(f"scans/{left}", {"reason": "Only fetched a coat", "form_key": sanna.key(f"scans/{left}")})

    assert inside() == 1


def test_a_supervisor_takes_back_at_any_list_of_the_event_and_long_after(app, client, door, sanna, ticket, later, rows):
    with app.app_context():
        make_list(door.event, "dinner", "Dinner")
    other = Supervisor(app, door, "dinner", name="Ole", supervise=False)
    sent = scan(ticket().printed, list="dinner")
    assert results(client, other.token, sent) == ["accepted"]
    with later(hours=3):
        answer = sanna.post(f"scans/{sent['id']}", {"reason": "Wrong dinner", "form_key": str(uuid.uuid4())})

    assert (answer.status_code, sorted(row.result for row in rows(Scan))) == (303, ["accepted", "undone"])


def test_what_was_taken_back_meanwhile_is_said(client, door, sanna, ticket):
    done = let_in(client, door, ticket().printed)
    keys = [sanna.key(f"scans/{done}") for _ in range(2)]
    first, second = (sanna.post(f"scans/{done}", {"reason": "Wrong guest", "form_key": key}) for key in keys)

    assert (first.status_code, second.status_code) == (303, 409)
    assert "This scan cannot be undone any more" in second.text


def test_a_refused_scan_offers_nothing_to_take_back(client, door, sanna):
    sent = scan("x")
    results(client, door.token, sent)
    answer = sanna.post(f"scans/{sent['id']}", {"reason": "Wrong guest", "form_key": str(uuid.uuid4())})

    assert "There is nothing to undo here." in sanna.read(f"scans/{sent['id']}")
    assert answer.status_code == 409


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"reason": "no", "form_key": "0" * 8}, "Write a few words, so that others understand it later."),
        ({"reason": "good reason"}, "The form arrived incomplete. Please send it once more."),
        ({"reason": "good reason", "form_key": "x" * 36}, "The form arrived incomplete. Please send it once more."),
        ({}, "Write a few words, so that others understand it later."),
    ],
)
def test_without_a_reason_or_a_key_nothing_is_taken_back(client, door, sanna, ticket, inside, form, said):
    done = let_in(client, door, ticket().printed)
    answer = sanna.post(f"scans/{done}", form)

    assert (answer.status_code, inside()) == (422, 1)
    assert said in answer.text
    assert f">{form.get('reason', '')}</textarea>" in answer.text


def test_a_key_that_was_used_for_something_else_takes_nothing_back(client, door, sanna, ticket, inside):
    done = let_in(client, door, ticket().printed)
    answer = sanna.post(f"scans/{done}", {"reason": "Wrong guest", "form_key": done})

    assert (answer.status_code, inside()) == (409, 1)


def test_a_guest_of_another_event_has_no_initials_here(app, client, door, sanna):
    with app.app_context():
        code = make_ticket(make_door("alytus-2026").event, holder="Jonas Kazlauskas").printed
    results(client, door.token, scan(code))

    assert "Another event Main door" in sanna.read("scans")
