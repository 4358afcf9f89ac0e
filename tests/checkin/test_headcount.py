"""How many people are in: one number for the venue however many doors, and the numbers of each list."""

from __future__ import annotations

import time
import uuid
from datetime import datetime, timedelta

import pytest

from app.checkin import headcount
from app.checkin.headcount import MINUTES, Movement, inside_now
from app.checkin.models import Admission, Scan
from app.core import clock
from app.core.db import db, write_tx
from app.registration.tickets import make_rehearsal_tickets
from tests.checkin.scans import answers, code_of, iso, make_device, make_list, results, scan
from tests.conftest import NOON
from tests.transactions import do

# The rule. Each line: minute, ticket, in|out, the numbers of the passes, and for a way out +n who came in elsewhere.
RULE = [
    ("nobody", [], 0, 0),
    ("one", ["0 anna in 1"], 0, 1),
    ("one at two doors", ["0 anna in 1", "1 anna in 1"], 0, 1),
    ("two tickets", ["0 anna in 1", "1 bert in 1"], 0, 2),
    ("a party", ["0 anna in 1 2 3"], 0, 3),
    ("a party over two doors is at least the larger part", ["0 anna in 1 2", "1 anna in 1"], 0, 2),
    ("out", ["0 anna in 1", "5 anna out 1"], 0, 0),
    ("out by another door", ["0 anna in 1", "5 anna out +1"], 0, 0),
    ("out by another door, in again by that one", ["0 anna in 1", "5 anna out +1", "9 anna in 1"], 0, 1),
    ("in by two doors, out by one", ["0 anna in 1", "1 anna in 1", "5 anna out 1"], 0, 0),
    ("in by two doors, out by both", ["0 anna in 1", "1 anna in 1", "5 anna out 1", "6 anna out 1"], 0, 0),
    ("out before coming in", ["0 anna out +1", "5 anna in 1"], 0, 1),
    ("out twice, in once", ["0 anna in 1", "5 anna out 1", "6 anna out +1", "9 anna in 1"], 0, 1),
    ("one of a party out by another door", ["0 anna in 1 2", "5 anna out +1"], 0, 1),
    ("one of a party out by another door and back", ["0 anna in 1 2", "5 anna out +1", "9 anna in 1"], 0, 2),
    ("a party out by two doors", ["0 anna in 1 2 3", "5 anna out 3", "6 anna out +2"], 0, 0),
    ("more out than ever came in", ["0 anna in 1", "5 anna out 1 +4", "6 bert in 1"], 0, 1),
    ("told in any order", ["9 anna in 1", "5 anna out 1", "0 anna in 1"], 0, 1),
    ("walk-ins", ["0 anna in 1"], 7, 8),
    ("walk-ins that went out", ["0 anna in 1", "1 bert in 1"], -1, 1),
    ("never below zero", ["0 anna in 1"], -5, 0),
    ("nobody, and clicks below zero", [], -3, 0),
]


def movement(line: str, seq: int) -> Movement:
    minute, ticket, way, *passes = line.split()
    numbers = frozenset(int(number) for number in passes if number[0] != "+")
    more = sum(int(number) for number in passes if number[0] == "+")
    return Movement(ticket, NOON + timedelta(minutes=int(minute)), seq, way == "out", numbers, more)


@pytest.mark.parametrize(("lines", "clicks", "people"), [case[1:] for case in RULE], ids=[case[0] for case in RULE])
def test_inside_now_counts_everybody_once(lines, clicks, people):
    assert inside_now([movement(line, seq) for seq, line in enumerate(lines)], clicks) == people


def test_at_the_same_moment_the_phones_own_order_counts():
    came, went = movement("0 anna in 1", 1), movement("0 anna out +1", 2)

    assert inside_now([went, came]) == 0
    assert inside_now([movement("0 anna out +1", 0), came]) == 1


# The same through the door: minute, list, ticket, in|out, how many; `undo` takes back the line with that number.
DOOR = [
    ("two doors, one guest", ["0 main anna in", "1 side anna in"], 1, {"main": 1, "side": 1}),
    ("out by another door than the way in", ["0 main anna in", "9 side anna out"], 0, {"main": 1, "side": 0}),
    ("and in again by that door", ["0 main anna in", "5 side anna out", "9 side anna in"], 1, {"main": 1, "side": 1}),
    ("in by two doors, out by one", ["0 main anna in", "1 side anna in", "9 main anna out"], 0, {"main": 0, "side": 1}),
    ("out and in again", ["0 main anna in", "5 main anna out", "9 main anna in"], 1, {"main": 1, "side": 0}),
    ("taken back", ["0 main anna in", "1 main undo 0"], 0, {"main": 0, "side": 0}),
    ("a way out taken back", ["0 main anna in", "1 main anna out", "2 main undo 1"], 1, {"main": 1, "side": 0}),
    ("a way out by another door taken back", ["0 main anna in", "1 side anna out", "2 side undo 1"], 1, {"main": 1, "side": 0}),
    ("a party in parts over two doors, one leaves", ["0 main clan in 2", "1 side clan in 3", "9 side clan out"], 2,
     {"main": 2, "side": 2}),
    ("a party goes by the other door", ["0 main clan in 4", "9 side clan out 3"], 1, {"main": 4, "side": 0}),
    ("the coach is not the venue", ["0 coach anna in", "1 coach bert in", "2 main anna in"], 1, {"main": 1, "coach": 2}),
    ("out of the coach is not out of the venue", ["0 coach anna in", "1 main anna in", "2 coach anna out"], 1, {"main": 1, "coach": 0}),
    ("a list that does not count the way out", ["0 main anna in", "5 open anna out", "6 main bert in"], 2, {"main": 2, "open": 0}),
    ("a ticket to practise with", ["0 main practice in", "1 main anna in"], 1, {"main": 1}),
    ("a rehearsal", ["0 main anna try", "1 main bert in"], 1, {"main": 1}),
    ("a rehearsed way out", ["0 main anna in", "1 main anna tryout"], 1, {"main": 1}),
    ("walk-ins", ["0 main anna in", "1 main click 3", "2 side click 2"], 6, {"main": 4, "side": 2}),
    ("walk-ins leave by another door", ["0 main click 3", "1 side click -2", "2 side anna in"], 2, {"main": 3, "side": 0}),
    ("more minus than plus", ["0 main anna in", "1 main click -5", "2 side bert in"], 0, {"main": 0, "side": 1}),
    ("clicks at the coach", ["0 main anna in", "1 coach click 9"], 1, {"main": 1, "coach": 9}),
    ("refused", ["0 main anna in", "1 main anna in", "2 main gone in"], 1, {"main": 1}),
]  # fmt: skip


@pytest.fixture
def venue(app, client, door, noon):
    """Two doors, a coach, and a door that does not count the way out; tickets by name."""
    fields = {"main": {}, "side": {}, "coach": {"kind": "coach"}, "open": {"count_exits": False}}
    with app.app_context():
        for slug, more in fields.items():
            make_list(door.event, slug, slug, **more)
        _, door.token = make_device(door.event, *fields, supervise=True)
    return door


def play(client, venue, tickets, lines):
    """Send the lines at their minutes."""
    sent = []
    for line in lines:
        minute, door, who, *rest = line.split()
        with clock.travelled_to(NOON + timedelta(minutes=int(minute))):
            if who == "click":
                click = {"id": str(uuid.uuid4()), "list": door, "delta": int(rest[0]), "at": iso(clock.now())}
                client.post("/api/v1/headcounts", json={"clicks": [click]}, headers={"Authorization": f"Bearer {venue.token}"})
                sent.append(None)
                continue
            if who == "undo":
                item = scan(None, list=door, direction="undo", undoes=sent[int(rest[0])]["id"], reason="wrong person")
            else:
                way, number = rest[0], int(rest[1]) if len(rest) > 1 else 1
                direction = "exit" if way.endswith("out") else "entry"
                item = scan(code_of(tickets[who]), list=door, direction=direction, count=number, rehearsal=way.startswith("try"))
            results(client, venue.token, item)
            sent.append(item)


@pytest.mark.parametrize(("lines", "people", "lists"), [case[1:] for case in DOOR], ids=[case[0] for case in DOOR])
def test_the_venue_is_counted_through_the_door_as_by_the_rule(app, client, venue, ticket, later, lines, people, lists):
    names = {"anna": {}, "bert": {}, "clan": {"party_size": 4}, "gone": {"status": "cancelled"}, "practice": {"rehearsal": True}}
    play(client, venue, {name: ticket(**fields) for name, fields in names.items()}, lines)
    with later(minutes=10), app.app_context():
        numbers = headcount.numbers_of(venue.event.id)
        alone = headcount.inside_venue(venue.event.id)

    assert (numbers.inside, alone) == (people, people)
    assert {one.slug: one.inside for one in numbers.lists if one.slug in lists} == lists


def test_each_list_says_who_came_went_and_was_refused_and_when(app, client, venue, ticket, later):
    tickets = {"anna": ticket(), "clan": ticket(party_size=4), "gone": ticket(status="cancelled"), "try": ticket(rehearsal=True)}
    lines = [
        "0 main anna in", "0 main clan in 3", "1 main anna out", "2 main anna in", "3 main gone in", "3 main anna in",
        "4 main click 2", "5 main click -1", "6 main try in", "7 main anna try",
    ]  # fmt: skip
    play(client, venue, tickets, lines)
    with later(minutes=8), app.app_context():
        main = next(one for one in headcount.numbers_of(venue.event.id).lists if one.slug == "main")

    assert (main.inside, main.arrived, main.exits, main.clicks, main.refused) == (5, 4, 1, 1, 2)
    assert main.per_minute == (0,) * (MINUTES - 9) + (4, 0, 1, 0, 1, 0, 0, 0, 0)


@pytest.mark.parametrize(
    ("lines", "net"),
    [
        (["0 main click 1"] * 7 + ["1 main click -1"], (6, 0, 0, 0)),
        (["0 main click 2", "2 main click 1", "3 main click -2"], (1, 0, 0, 0)),
        (["0 main click -1", "1 main click 3"], (0, 3, 0, 0)),
        (["1 main click 1", "1 main click -1", "3 main click 1"], (0, 0, 0, 1)),
        (["0 main clan in 3", "1 main anna in", "2 main undo 0"], (0, 1, 0, 0)),
        (["0 main clan in 3", "1 main clan out 2", "2 main undo 1"], (3, 0, 0, 0)),
        (["0 main clan in 2", "0 side click 1", "1 side click -1"], (2, 0, 0, 0)),
    ],
    ids=["clicked back", "over minutes", "more back than in", "within a minute", "undone", "went out", "each list alone"],
)
def test_what_was_taken_back_did_not_arrive(app, client, venue, ticket, later, lines, net):
    play(client, venue, {"anna": ticket(), "clan": ticket(party_size=4)}, lines)
    with later(minutes=3), app.app_context():
        main = next(one for one in headcount.numbers_of(venue.event.id).lists if one.slug == "main")

    assert main.per_minute == (0,) * (MINUTES - 4) + net


def test_people_count_in_the_minute_they_came_whenever_that_was_delivered(app, client, venue, ticket, later):
    at = [NOON + timedelta(minutes=minutes) for minutes in (-40, -10, -1)]
    items = [scan(code_of(ticket()), list="main", at=iso(moment), mode="offline", local="accepted") for moment in at]
    results(client, venue.token, *items)
    with app.app_context():
        main = next(one for one in headcount.numbers_of(venue.event.id).lists if one.slug == "main")

    assert main.per_minute == (0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0)


def test_lists_are_named_in_the_language_that_asks_and_stand_in_their_order(app, client, door):
    with app.app_context():
        make_list(door.event, "a-late-one", "Late", position=9)
        make_list(door.event, "first", "First", position=-1)
        numbers = headcount.numbers_of(door.event.id, "lv")

    assert [one.name for one in numbers.lists] == ["First", "Main door", "Late"]


@pytest.mark.parametrize(("people", "warning"), [(8, None), (9, "nearly_full"), (10, "full"), (12, "full")])
def test_a_venue_that_fills_warns(app, client, door, people, warning):
    with app.app_context():
        make_list(door.event, capacity=10)
        make_list(door.event, "coach", kind="coach", capacity=2)
        _, token = make_device(door.event, supervise=True)
    click = {"id": str(uuid.uuid4()), "list": "main-door", "delta": people, "at": iso(clock.now())}
    client.post("/api/v1/headcounts", json={"clicks": [click]}, headers={"Authorization": f"Bearer {token}"})
    numbers = client.get("/api/v1/headcount", headers={"Authorization": f"Bearer {token}"}).json

    assert (numbers["inside"], numbers["capacity"], numbers["warning"]) == (people, 10, warning)


def test_scans_warn_with_the_crowd_that_was_clicked_in(app, client, door, ticket):
    with app.app_context():
        make_list(door.event, capacity=10)
    click = {"id": str(uuid.uuid4()), "list": "main-door", "delta": 9, "at": iso(clock.now())}
    client.post("/api/v1/headcounts", json={"clicks": [click]}, headers={"Authorization": f"Bearer {door.token}"})

    assert answers(client, door.token, scan(code_of(ticket())))[0]["warning"] == "full"


def test_numbers_are_304_until_something_changes(app, client, venue, ticket, later):
    headers = {"Authorization": f"Bearer {venue.token}"}
    first = client.get("/api/v1/headcount", headers=headers)
    headers["If-None-Match"] = first.headers["ETag"]

    def asked(**more):
        return client.get("/api/v1/headcount", headers=headers | more).status_code

    unchanged, finnish = asked(), asked(**{"Accept-Language": "fi"})
    results(client, venue.token, scan(code_of(ticket()), list="main"))
    after_scan = asked()
    headers["If-None-Match"] = client.get("/api/v1/headcount", headers={"Authorization": headers["Authorization"]}).headers[
        "ETag"
    ]
    again = asked()
    with app.app_context():
        make_list(venue.event, "main", capacity=50)
    after_capacity = asked()

    assert (unchanged, finnish, after_scan, again, after_capacity) == (304, 200, 200, 304, 200)


def test_numbers_of_five_thousand_are_quick(app, client, venue, capsys):
    with app.app_context():
        fill(venue, 5000)
        took = []
        for _ in range(3):
            begun = time.process_time()
            numbers = headcount.numbers_of(venue.event.id)
            took.append(time.process_time() - begun)
        begun = time.process_time()
        headcount.numbers_version(venue.event.id)
        version = time.process_time() - begun
    with capsys.disabled():
        print(f"\n5,000 tickets, 500 ways out: numbers {min(took) * 1000:.0f} ms, version {version * 1000:.1f} ms")

    assert (numbers.inside, next(one for one in numbers.lists if one.slug == "main").arrived) == (4500, 5000)
    assert min(took) < 1.0


def fill(venue, number: int) -> None:
    """So many guests came in by the main door within an hour, every tenth went out by the side door."""
    tickets = [ticket.id for *_, ticket in do(make_rehearsal_tickets, venue.event.id, number)]
    main, side = (make_list(venue.event, slug, slug) for slug in ("main", "side"))
    now: datetime = clock.now()
    ways = [(one, main, "entry", number) for number, one in enumerate(tickets)]
    ways += [(one, side, "exit", number) for number, one in enumerate(tickets[::10])]
    rows = [
        {
            "id": uuid.uuid4(), "device_id": venue.device.id, "list_id": door.id, "seq": seq, "direction": way, "ticket_id": one,
            "occurred_at": now - timedelta(seconds=3600 - seq * 3600 / number if way == "entry" else 0), "received_at": now,
            "mode": "offline", "result": "accepted" if way == "entry" else "exited", "admitted": int(way == "entry"), "count": 1,
            "offset_ms": 0, "typed": False, "rehearsal": False,
        }
        for one, door, way, seq in ways
    ]  # fmt: skip
    passes = [
        {"id": uuid.uuid4(), "ticket_id": row["ticket_id"], "list_id": main.id, "pass_no": 1, "scan_id": row["id"]}
        for row in rows[:number]
    ]
    with write_tx() as session:
        session.execute(db.metadata.tables["tickets"].update().values(rehearsal=False))
        session.execute(Scan.__table__.insert(), rows)
        session.execute(Admission.__table__.insert(), passes)
