"""Parties, exits, coming back, taking back, and references that are typed."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest

from app.checkin.models import Admission, Conflict, Scan
from app.core.db import write_tx
from app.registration.codes import show_reference
from tests.checkin.scans import answers, code_of, iso, make_device, make_list, results, scan
from tests.factories import make_event

# Parties


def let_in(answer):
    return answer["result"], answer.get("admitted"), answer["guest"]["arrived"], answer["guest"]["party"]


def test_a_party_may_come_in_parts_and_is_full_then(client, door, ticket, rows):
    code = code_of(ticket(party_size=4))
    got = [let_in(answer) for answer in answers(client, door.token, *(scan(code, count=count) for count in (2, 1, 1, 1)))]

    assert got == [("accepted", 2, 2, 4), ("accepted", 1, 3, 4), ("accepted", 1, 4, 4), ("already_in", None, 4, 4)]
    assert sorted(row.pass_no for row in rows(Admission)) == [1, 2, 3, 4]


def test_more_people_than_places_are_let_in_as_far_as_places_go(client, door, ticket):
    code = code_of(ticket(party_size=3))
    answers(client, door.token, scan(code, count=2))
    (answer,) = answers(client, door.token, scan(code, count=2), language="en")

    assert let_in(answer) == ("accepted", 1, 3, 3)
    assert answer["message"] == "Only 1 place was left on this ticket. Let 1 guest in."


def test_a_phone_that_let_in_more_than_there_were_places_is_a_conflict(client, door, ticket, rows):
    code = code_of(ticket(party_size=3))
    answers(client, door.token, scan(code, count=2), scan(code, count=2, mode="offline", local="accepted"))

    assert [row.kind for row in rows(Conflict)] == ["already_in"]


def test_a_party_is_counted_aloud(client, door, ticket):
    (answer,) = answers(client, door.token, scan(code_of(ticket(party_size=4)), count=3), language="en")

    assert answer["message"] == "Let 3 guests in. Arrived: 3 of 4"


def test_a_replay_of_a_party_lets_in_nobody_more(client, door, ticket, rows):
    sent = scan(code_of(ticket(party_size=4)), count=2)
    first, again = (answers(client, door.token, sent)[0] for _ in range(2))

    assert (let_in(first), let_in(again)) == (("accepted", 2, 2, 4),) * 2
    assert rows(Admission, count=True) == 2


# Out and in again


def test_an_exit_is_always_recorded_and_never_blocked(app, client, door, ticket, rows, noon):
    with app.app_context():
        make_list(door.event, "closed", "Closed", closes_at=noon - timedelta(hours=1))
        _, token = make_device(door.event, "closed", name="Ole")
    fields = [{}, {"status": "cancelled"}, {"status": "waitlisted"}, {"lists": "coach"}]
    items = [scan(code_of(ticket(**made)), direction="exit", list="closed") for made in fields]

    assert results(client, token, *items) == ["exited"] * 4
    assert rows(Scan, count=True) == 4


def test_who_left_may_come_back_where_the_list_allows_it(client, door, ticket, rows):
    code = code_of(ticket())
    steps = [scan(code), scan(code, direction="exit"), scan(code), scan(code)]

    assert [results(client, door.token, step)[0] for step in steps] == ["accepted", "exited", "accepted", "already_in"]
    ended = [row.released_by for row in rows(Admission)]
    assert sorted(map(str, ended)) == sorted([str(uuid.UUID(steps[1]["id"])), "None"])


def test_who_left_may_not_come_back_where_leaving_is_final(app, client, door, ticket):
    with app.app_context():
        make_list(door.event, "dinner", "Dinner", re_entry=False)
        _, token = make_device(door.event, "main-door", "dinner", name="Ole")
    code = code_of(ticket())
    steps = [scan(code, list="dinner"), scan(code, list="dinner", direction="exit"), scan(code, list="dinner")]
    got = [answers(client, token, step, language="en")[0] for step in steps]

    assert [answer["result"] for answer in got] == ["accepted", "exited", "already_in"]
    assert got[2]["message"].startswith("This guest has left, and this list allows no second entry.")
    assert results(client, token, scan(code)) == ["accepted"]


def test_leaving_is_final_for_each_of_a_party(app, client, door, ticket):
    with app.app_context():
        make_list(door.event, "dinner", "Dinner", re_entry=False)
        _, token = make_device(door.event, "dinner", name="Ole")
    code = code_of(ticket(party_size=3))
    entry, leave = {"list": "dinner", "count": 2}, {"list": "dinner", "direction": "exit"}
    answers(client, token, scan(code, **entry), scan(code, **leave))
    got = [let_in(answer) for answer in answers(client, token, scan(code, **entry), scan(code, **entry))]

    assert got == [("accepted", 1, 2, 3), ("already_in", None, 2, 3)]


def test_a_party_leaves_in_parts(client, door, ticket, rows):
    code = code_of(ticket(party_size=3))
    steps = [
        scan(code, count=3),
        scan(code, direction="exit"),
        scan(code, direction="exit", count=9),
        scan(code, direction="exit"),
    ]
    got = [answers(client, door.token, step)[0] for step in steps]

    assert [answer["guest"]["arrived"] for answer in got] == [3, 2, 0, 0]
    assert [answer["result"] for answer in got] == ["accepted", "exited", "exited", "exited"]


def test_exits_change_nothing_where_they_are_not_counted(app, client, door, ticket):
    with app.app_context():
        make_list(door.event, "coach", "Coach", count_exits=False)
        _, token = make_device(door.event, "coach", name="Ole")
    code = code_of(ticket())
    steps = [scan(code, list="coach"), scan(code, list="coach", direction="exit"), scan(code, list="coach")]

    assert results(client, token, *steps) == ["accepted", "exited", "already_in"]


def test_an_exit_with_no_ticket_is_unknown(client, door, ticket, app):
    with app.app_context():
        other = make_event("elsewhere")
    foreign = code_of(ticket(event=other))

    assert results(client, door.token, scan("0" * 26, direction="exit"), scan(foreign, direction="exit")) == [
        "unknown",
        "wrong_event",
    ]


# Taking back


def undo(of, **fields):
    return scan(None, direction="undo", undoes=of["id"], reason="wrong person") | fields


def test_an_own_scan_is_taken_back_within_fifteen_minutes(client, door, ticket, later, rows):
    code = code_of(ticket(party_size=2))
    first, second = scan(code, count=2), scan(code)
    answers(client, door.token, first)
    with later(minutes=14):
        (answer,) = answers(client, door.token, undo(first))
        again = results(client, door.token, undo(first), second)

    assert (answer["result"], answer["guest"]["arrived"]) == ("undone", 0)
    assert again == ["undo_refused", "accepted"]
    assert [row.reason for row in rows(Scan) if row.direction == "undo"] == ["wrong person"] * 2


def test_later_or_elsewhere_only_a_supervisor_takes_back(app, client, door, ticket, later):
    with app.app_context():
        _, other = make_device(door.event, name="Ole Hansen")
        _, boss = make_device(door.event, name="Berit Ås", supervise=True)
    entry = scan(code_of(ticket()))
    answers(client, door.token, entry)
    elsewhere = results(client, other, undo(entry))
    with later(minutes=16):
        late = results(client, door.token, undo(entry))
        supervised = results(client, boss, undo(entry))

    assert (elsewhere, late, supervised) == (["undo_refused"], ["undo_refused"], ["undone"])


def test_an_exit_taken_back_puts_them_in_again(client, door, ticket, rows):
    code = code_of(ticket())
    entry, leave = scan(code), scan(code, direction="exit")
    answers(client, door.token, entry)
    answers(client, door.token, leave)

    assert results(client, door.token, undo(leave), scan(code), undo(leave)) == ["undone", "already_in", "undo_refused"]
    assert [row.released_by for row in rows(Admission)] == [None]


def test_an_exit_is_not_taken_back_once_they_came_in_again(client, door, ticket):
    code = code_of(ticket())
    entry, leave = scan(code), scan(code, direction="exit")

    assert results(client, door.token, entry, leave, scan(code), undo(leave)) == [
        "accepted",
        "exited",
        "accepted",
        "undo_refused",
    ]


def test_taking_back_makes_leaving_final_no_reason_to_stay_out(app, client, door, ticket):
    with app.app_context():
        make_list(door.event, "dinner", "Dinner", re_entry=False)
        _, token = make_device(door.event, "dinner", name="Ole")
    code = code_of(ticket())
    entry = scan(code, list="dinner")

    assert results(client, token, entry, undo(entry, list="dinner"), scan(code, list="dinner")) == [
        "accepted",
        "undone",
        "accepted",
    ]


@pytest.mark.parametrize("what", ["missing", "refused", "itself", "undo", "foreign", "other list"])
def test_what_cannot_be_taken_back(app, client, door, ticket, what):
    with app.app_context():
        make_list(door.event, "dinner", "Dinner")
        _, boss = make_device(door.event, "main-door", "dinner", name="Berit", supervise=True)
        elsewhere = make_event("elsewhere")
        make_list(elsewhere)
        _, stranger = make_device(elsewhere, name="Stranger")
    code = code_of(ticket())
    entry, refused = scan(code), scan(code)
    taken = undo(entry)
    answers(client, boss, entry, refused)
    foreign = scan(code_of(ticket(event=elsewhere)))
    answers(client, stranger, foreign)
    if what == "undo":
        answers(client, boss, taken)
    own = str(uuid.uuid4())
    tries = {
        "missing": undo({"id": str(uuid.uuid4())}), "refused": undo(refused), "itself": undo({"id": own}, id=own),
        "undo": undo(taken), "foreign": undo(foreign), "other list": undo(entry, list="dinner"),
    }  # fmt: skip

    assert results(client, boss, tries[what]) == ["undo_refused"]


def test_an_undo_needs_a_scan_and_a_reason(client, door, ticket):
    entry = scan(code_of(ticket()))
    answers(client, door.token, entry)
    items = [undo(entry, reason=None), undo(entry, reason="  "), undo(entry, undoes=None), undo(entry, undoes="x")]

    assert [answer["fields"] for answer in answers(client, door.token, *items)] == [
        ["reason"],
        ["reason"],
        ["undoes"],
        ["undoes"],
    ]


def test_an_undo_may_repeat_the_code_or_reference_and_is_replayed(client, door, ticket):
    made = ticket()
    entry = scan(made.reference)
    taken = undo(entry, code=made.reference)

    assert results(client, door.token, entry, taken, taken) == ["accepted", "undone", "undone"]


def test_an_offline_scan_is_taken_back_in_the_same_delivery(client, door, ticket, noon):
    code, offline = code_of(ticket()), {"mode": "offline", "local": "accepted"}
    entry = scan(code, at=iso(noon - timedelta(minutes=50)), **offline)
    soon, late = (undo(entry, at=iso(noon - timedelta(minutes=ago)), mode="offline") for ago in (45, 20))

    assert results(client, door.token, entry, late, soon) == ["accepted", "undo_refused", "undone"]


# Typed references


def test_a_typed_reference_opens_like_the_code_and_counts_as_the_same_ticket(client, door, ticket, rows):
    made = ticket()
    shown = show_reference(made.reference).lower()

    assert results(client, door.token, scan(shown), scan(code_of(made))) == ["accepted", "already_in"]
    assert sorted(row.typed for row in rows(Scan)) == [False, True]


def test_a_reference_of_another_event_is_unknown(app, client, door, ticket):
    with app.app_context():
        other = make_event("elsewhere")

    assert results(client, door.token, scan(ticket(event=other).reference)) == ["unknown"]


def test_ten_wrong_references_a_minute_are_all_that_a_phone_may_type(app, client, door, ticket, later, rows):
    with app.app_context():
        _, other = make_device(door.event, name="Ole Hansen")
    made = ticket()
    wrong = [scan(f"ZZZZ{number:04}") for number in range(12)]
    got = [results(client, door.token, item)[0] for item in wrong]
    right = results(client, door.token, scan(made.reference))
    scanned = results(client, door.token, scan(code_of(made)))
    elsewhere = results(client, other, scan(made.reference))
    replayed = results(client, door.token, wrong[0])
    with later(minutes=2):
        afterwards = results(client, door.token, scan(made.reference), wrong[11])

    assert got == ["unknown"] * 10 + ["error:too_many_misses"] * 2
    assert (right, scanned, elsewhere, replayed) == (["error:too_many_misses"], ["accepted"], ["already_in"], ["unknown"])
    assert (afterwards, rows(Scan, count=True)) == (["already_in", "unknown"], 14)


def test_a_batch_of_guesses_gets_no_more_than_ten(client, door):
    got = results(client, door.token, *(scan(f"ZZZZ{number:04}") for number in range(50)))

    assert (got.count("unknown"), got.count("error:too_many_misses")) == (10, 40)


def test_found_references_are_no_misses(client, door, ticket):
    for _ in range(12):
        assert results(client, door.token, scan(ticket().reference)) == ["accepted"]


def test_a_party_that_shrank_keeps_who_is_in(app, client, door, ticket):
    made = ticket(party_size=3)
    code = code_of(made)
    answers(client, door.token, scan(code, count=3))
    with app.app_context(), write_tx() as session:
        session.merge(made).party_size = 1

    assert [let_in(answer) for answer in answers(client, door.token, scan(code))] == [("already_in", None, 3, 1)]
