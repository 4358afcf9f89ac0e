"""The same id again, batches, and what a phone did offline: nothing counts twice, nothing is lost, every double is found."""

from __future__ import annotations

import itertools
import uuid
from datetime import timedelta

import pytest

from app.audit.models import TERMINAL
from app.checkin import devices, queries
from app.checkin.models import Admission, Conflict, Scan
from app.core.db import db
from app.registration.codes import show_reference
from tests.checkin.scans import answers, code_of, iso, make_device, make_list, results, scan, send
from tests.factories import make_event, replace_code
from tests.transactions import do

OFFLINE = {"mode": "offline", "local": "accepted"}


# The same id again


def test_a_replay_repeats_the_stored_answer_and_writes_nothing(client, door, ticket, rows):
    code = code_of(ticket())
    sent = [scan(code), scan(code), scan("nothing"), scan(code, direction="exit")]
    first = answers(client, door.token, *sent[:3])
    again = answers(client, door.token, *sent[:3])

    assert [answer["replay"] for answer in first + again] == [False] * 3 + [True] * 3
    assert [answer | {"replay": True} for answer in first] == again
    assert (rows(Scan, count=True), rows(Admission, count=True)) == (3, 1)


def test_a_replay_keeps_its_answer_whatever_changed_since(app, client, door, ticket, later):
    made = ticket()
    accepted, refused = scan(code_of(made)), scan(code_of(made))
    answers(client, door.token, accepted, refused)
    with app.app_context():
        replace_code(made.id)

    assert results(client, door.token, refused, accepted) == ["already_in", "accepted"]


@pytest.mark.parametrize(
    "change",
    [
        {"seq": 999}, {"code": "0" * 26}, {"direction": "exit"}, {"count": 2}, {"list": "dinner"},
        {"direction": "undo", "undoes": str(uuid.uuid4()), "reason": "x"},
    ],
    ids=lambda change: next(iter(change)),
)  # fmt: skip
def test_an_id_sent_again_for_something_else_is_refused(app, client, door, ticket, rows, change):
    with app.app_context():
        make_list(door.event, "dinner", "Dinner")
        _, token = make_device(door.event, "main-door", "dinner", name="Ole")
    sent = scan(code_of(ticket()))
    answers(client, token, sent)
    (answer,) = answers(client, token, sent | change)

    assert (answer["id"], answer["error"]) == (sent["id"], "id_reused")
    assert (rows(Scan, count=True), rows(Admission, count=True)) == (1, 1)


def test_an_id_of_another_device_is_refused(app, client, door, ticket):
    with app.app_context():
        _, other = make_device(door.event, name="Ole Hansen")
    sent = scan(code_of(ticket()))
    answers(client, door.token, sent)

    assert results(client, other, sent) == ["error:id_reused"]


def test_what_may_differ_in_a_replay_is_time_mode_and_reason(client, door, ticket, later):
    sent = scan(code_of(ticket()))
    answers(client, door.token, sent)
    with later(minutes=5):
        (answer,) = answers(client, door.token, sent | {"mode": "offline", "local": "accepted", "at": "2026-06-16T12:04:00Z"})

    assert (answer["result"], answer["replay"]) == ("accepted", True)


def test_an_id_twice_in_one_batch_is_one_scan(client, door, ticket, rows):
    sent = scan(code_of(ticket()))
    first, again, other = answers(client, door.token, sent, sent, sent | {"count": 2})

    assert (first["replay"], again["replay"], other["error"]) == (False, True, "id_reused")
    assert rows(Scan, count=True) == 1


# Batches


def test_a_bad_item_never_sinks_its_batch(client, door, ticket, rows):
    good, bad = [scan(code_of(ticket())) for _ in range(2)], [scan("x", at="yesterday"), "nonsense", scan("x", seq=None), None]
    mixed = [good[0], *bad, good[1]]

    assert results(client, door.token, *mixed) == ["accepted", *["error:invalid"] * 4, "accepted"]
    assert rows(Scan, count=True) == 2


def test_a_batch_is_answered_in_its_order_with_its_ids(client, door, ticket):
    sent = [scan(code_of(ticket())) for _ in range(50)]

    assert [answer["id"] for answer in answers(client, door.token, *sent)] == [item["id"] for item in sent]


def test_fifty_one_items_are_too_many_and_nothing_is_stored(client, door, ticket, rows):
    response = send(client, door.token, *(scan("x") for _ in range(51)))

    assert (response.status_code, response.json["code"], rows(Scan)) == (413, "too_many_scans", [])


def test_an_empty_batch_is_answered(client, door):
    assert answers(client, door.token) == []


def test_one_ticket_through_a_whole_evening_in_one_batch(client, door, ticket, rows):
    code = code_of(ticket())
    evening = [scan(code), scan(code), scan(code, direction="exit"), scan(code), scan(code, direction="exit"), scan(code)]

    assert results(client, door.token, *evening) == ["accepted", "already_in", "exited", "accepted", "exited", "accepted"]
    assert sorted(row.released_by is None for row in rows(Admission)) == [False, False, True]


# What a phone did without network


def test_timed_out_online_then_admitted_offline_is_one_admission(client, door, ticket, rows):
    sent = scan(code_of(ticket()))
    answers(client, door.token, sent)
    (answer,) = answers(client, door.token, sent | OFFLINE)

    assert (answer["result"], answer["replay"], rows(Conflict)) == ("accepted", True, [])


def test_refused_but_the_answer_was_lost_and_the_phone_let_them_in_is_a_conflict_once(client, door, ticket, rows):
    code = code_of(ticket())
    first, second = scan(code), scan(code)
    answers(client, door.token, first)
    answers(client, door.token, second)
    before = rows(Conflict)
    for _ in range(3):
        assert results(client, door.token, second | OFFLINE) == ["already_in"]
    answers(client, door.token, second | OFFLINE, second | OFFLINE)

    assert (before, [(str(row.scan_id), row.kind) for row in rows(Conflict)]) == ([], [(second["id"], "already_in")])


@pytest.mark.parametrize("order", list(itertools.permutations(range(2))), ids=str)
def test_two_phones_offline_give_one_admission_and_one_conflict_whatever_the_order(app, client, door, ticket, rows, order):
    with app.app_context():
        _, other = make_device(door.event, name="Ole Hansen")
    code = code_of(ticket())
    phones = [(door.token, scan(code, **OFFLINE)), (other, scan(code, **OFFLINE))]
    got = [results(client, token, item)[0] for token, item in (phones[index] for index in order)]
    loser = phones[order[1]][1]

    assert got == ["accepted", "already_in"]
    assert rows(Admission, count=True) == 1
    assert [(str(row.scan_id), row.kind, row.closed_at) for row in rows(Conflict)] == [(loser["id"], "already_in", None)]


@pytest.mark.parametrize("kind", ["cancelled", "unknown", "wrong_event", "revoked", "waitlisted", "wrong_list", "too_late"])
def test_whatever_a_phone_let_in_and_the_server_refuses_is_a_conflict(app, client, door, ticket, rows, noon, kind):
    fields = {"cancelled": {"status": "cancelled"}, "waitlisted": {"status": "waitlisted"}, "wrong_list": {"lists": "coach"}}
    with app.app_context():
        make_list(door.event, "closed", "Closed door", closes_at=noon - timedelta(hours=2))
        _, token = make_device(door.event, "main-door", "closed", name="Ole")
        event = door.event
        if kind == "wrong_event":
            event = make_event("elsewhere")
    made = ticket(event=event, **fields.get(kind, {}))
    code = "0" * 26 if kind == "unknown" else code_of(made)
    if kind == "revoked":
        with app.app_context():
            replace_code(made.id)
    item = scan(code, list="closed" if kind == "too_late" else "main-door", **OFFLINE)

    assert results(client, token, item) == [kind]
    assert [row.kind for row in rows(Conflict)] == [kind]
    assert rows(Admission) == []


def test_what_the_phone_refused_itself_is_no_conflict(client, door, rows):
    answers(client, door.token, scan("0" * 26, mode="offline", local="rejected"), scan("0" * 26))

    assert rows(Conflict) == []


def test_offline_scans_are_judged_by_when_they_happened(app, client, door, ticket, noon, rows):
    with app.app_context():
        make_list(door.event, "dinner", "Dinner", opens_at=noon - timedelta(hours=3), closes_at=noon - timedelta(hours=1))
        _, token = make_device(door.event, "dinner", name="Ole")
    code, past = code_of(ticket()), iso(noon - timedelta(hours=2))

    assert results(client, token, scan(code, list="dinner")) == ["too_late"]
    assert results(client, token, scan(code, list="dinner", at=past, **OFFLINE)) == ["accepted"]
    assert rows(Conflict) == []


@pytest.mark.parametrize("hours", [-24, 24], ids=["slow", "fast"])
def test_a_phone_whose_clock_is_a_day_off_gets_the_same_answers(app, client, door, ticket, noon, rows, hours):
    with app.app_context():
        make_list(door.event, "dinner", "Dinner", opens_at=noon - timedelta(hours=1), closes_at=noon + timedelta(hours=1))
        _, token = make_device(door.event, "dinner", name="Ole")
    clock_of_phone = noon + timedelta(hours=hours)
    code, at = code_of(ticket()), iso(clock_of_phone - timedelta(minutes=30))
    items = [scan(code, list="dinner", at=at, **OFFLINE), scan(code, list="dinner", at=at)]

    assert results(client, token, *items, sent_at=iso(clock_of_phone)) == ["accepted", "already_in"]
    assert {round(row.offset_ms / 3_600_000) for row in rows(Scan)} == {-hours}


def test_a_late_exit_does_not_end_what_began_after_it(client, door, ticket, noon, rows, later):
    code = code_of(ticket())
    answers(client, door.token, scan(code), scan(code, direction="exit"), scan(code))
    with later(minutes=30):
        for at in (noon - timedelta(minutes=5), noon - timedelta(days=1)):
            assert results(client, door.token, scan(code, direction="exit", at=iso(at), mode="offline")) == ["exited"]
        again = results(client, door.token, scan(code))

    assert (again, rows(Scan, count=True)) == (["already_in"], 6)


def test_an_offline_exit_at_the_very_time_of_the_entry_grants_no_second_entry(client, door, ticket, noon):
    code, at = code_of(ticket()), iso(noon)
    items = [
        scan(code, at=at, mode="offline"),
        scan(code, at=at, mode="offline", direction="exit"),
        scan(code, at=at, mode="offline"),
    ]

    assert results(client, door.token, *items, sent_at=at) == ["accepted", "exited", "already_in"]


def test_an_offline_evening_lets_people_out_and_in_again(client, door, ticket, noon, rows):
    code = code_of(ticket())
    steps = [("entry", 30), ("exit", 20), ("entry", 10), ("entry", 5)]
    items = [
        scan(code, direction=way, at=iso(noon - timedelta(minutes=ago)), mode="offline", local="accepted") for way, ago in steps
    ]

    assert results(client, door.token, *items) == ["accepted", "exited", "accepted", "already_in"]
    assert [row.kind for row in rows(Conflict)] == ["already_in"]


def test_a_reference_that_was_typed_offline_is_looked_up_when_it_is_delivered(client, door, ticket, rows):
    made, other = ticket(), ticket()
    shown = show_reference(other.reference).lower()
    refused = {"mode": "offline", "local": "rejected"}

    assert results(client, door.token, scan(made.reference, **OFFLINE), scan(shown, **refused)) == ["accepted", "accepted"]
    assert [row.kind for row in rows(Conflict)] == []


def test_a_wrong_reference_that_let_somebody_in_offline_is_a_conflict(client, door, rows):
    assert results(client, door.token, scan("ZZZZZZZZ", **OFFLINE)) == ["unknown"]
    assert [row.kind for row in rows(Conflict)] == ["unknown"]


def test_the_wrong_references_of_a_whole_evening_are_taken_ten_a_minute(client, door, ticket, later):
    sent = [scan(f"ZZZZZZZ{number}", mode="offline", local="rejected") for number in range(10)]
    last = scan(ticket().reference, mode="offline", local="rejected")
    first = results(client, door.token, *sent, last)
    with later(minutes=1, seconds=1):
        second = results(client, door.token, last)

    assert (first, second) == (["unknown"] * 10 + ["error:too_many_misses"], ["accepted"])


# Devices that are no longer in use


def test_a_revoked_phone_may_deliver_what_it_holds_into_quarantine(app, client, door, ticket, rows):
    made = ticket()
    before = scan(code_of(made))
    answers(client, door.token, before)
    with app.app_context():
        do(devices.revoke, door.device.id, TERMINAL)
    fresh = ticket()
    late, online, refused = scan(code_of(fresh), **OFFLINE), scan(code_of(fresh)), scan("x", mode="offline", local="rejected")
    first, second, third, fourth = answers(client, door.token, late, online, refused, before | OFFLINE)

    assert (first["result"], first["guest"], second["error"], third["result"]) == (
        "quarantine",
        None,
        "device_ended",
        "quarantine",
    )
    assert (fourth["result"], fourth["replay"]) == ("accepted", True)
    assert [(str(row.scan_id), row.kind) for row in rows(Conflict)] == [(late["id"], "quarantine")]
    assert [row.ticket_id for row in rows(Admission)] == [made.id]
    assert {str(row.id): row.ticket_id for row in rows(Scan)}[late["id"]] == fresh.id


def test_what_was_quarantined_stays_so_when_sent_again(app, client, door, ticket, rows):
    with app.app_context():
        do(devices.revoke, door.device.id, TERMINAL)
    late = scan(code_of(ticket()), **OFFLINE)
    undo = scan(None, direction="undo", undoes=late["id"], reason="wrong person", mode="offline")

    assert [results(client, door.token, late, undo) for _ in range(2)] == [["quarantine", "quarantine"]] * 2
    assert (rows(Conflict, count=True), rows(Admission)) == (1, [])


def test_an_expired_phone_is_treated_like_a_revoked_one(client, door, ticket, later):
    late = scan(code_of(ticket()), **OFFLINE)
    with later(hours=17):
        assert results(client, door.token, late) == ["quarantine"]


# Numbers that are missing


def test_gaps_in_a_phones_numbers_are_scans_not_delivered_yet(app, client, door):
    answers(client, door.token, *(scan("x", seq=number) for number in (1, 2, 5, 7)))
    with app.app_context():
        missing = queries.not_delivered(db.session.connection(), door.device.id)
    answers(client, door.token, *(scan("x", seq=number) for number in (3, 4, 6, 1)))
    with app.app_context():
        after = queries.not_delivered(db.session.connection(), door.device.id)

    assert (missing, after) == (3, 0)
