"""Looking a guest up by name: online, at least three letters, few hits, seldom."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.audit.limits import RateCount
from app.registration.codes import show_reference
from tests.checkin.scans import code_of, iso, make_device, make_list, results, scan
from tests.factories import make_event


def find(client, token, text):
    return client.post("/api/v1/searches", json={"q": text}, headers={"Authorization": f"Bearer {token}"})


def names(client, token, text):
    return [hit["name"] for hit in find(client, token, text).json["tickets"]]


def test_a_hit_is_a_reference_that_can_be_scanned(client, door, ticket):
    made = ticket(holder="Žaneta Ķirsē", party_size=3)
    (hit,) = find(client, door.token, "kirse").json["tickets"]

    assert hit == {
        "reference": show_reference(made.reference),
        "name": "Žaneta Ķirsē",
        "companion": None,
        "party": 3,
        "status": "confirmed",
        "inside": [],
    }
    assert results(client, door.token, scan(hit["reference"])) == ["accepted"]


def test_a_hit_says_who_of_the_party_is_in_where_and_since_when(app, client, door, ticket, noon):
    with app.app_context():
        make_list(door.event, "dinner", "Dinner")
        make_list(door.event, "coach", "Coach")
        _, token = make_device(door.event, "main-door", "dinner")
    made = ticket(holder="Anna Berg", party_size=3)
    earlier = {"mode": "offline", "local": "accepted", "at": iso(noon - timedelta(minutes=45))}
    results(client, door.token, scan(code_of(made), count=2, **earlier), scan(code_of(made)))
    with app.app_context():
        _, all_lists = make_device(door.event, "main-door", "dinner", "coach")
    results(client, all_lists, scan(code_of(made), list="coach"), scan(code_of(made), list="dinner"))
    left = scan(code_of(made), list="dinner", direction="exit")
    three = find(client, token, "anna").json["tickets"][0]["inside"]
    results(client, all_lists, left)
    after = find(client, token, "anna").json["tickets"][0]["inside"]

    assert sorted(three, key=lambda here: here["list"]) == [
        {"list": "dinner", "count": 1, "since": iso(noon)}, {"list": "main-door", "count": 3, "since": iso(noon)},
    ]  # fmt: skip
    assert after == [{"list": "main-door", "count": 3, "since": iso(noon)}]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("anna", ["Anna Berg"]), ("BERG", ["Anna Berg", "Søren Åberg"]), ("ann ber", ["Anna Berg"]), ("soren", ["Søren Åberg"]),
        ("zaneta", ["Žaneta Ķirsē"]), ("an", []), ("a n", []), ("", []), ("   ", []), ("%%%", []), ("___", []), ("nobody", []),
        ("anna' or 1=1", []), ("x" * 5000, []),
    ],
)  # fmt: skip
def test_names_are_found_without_accents_from_three_letters_on(client, door, ticket, text, found):
    for holder in ("Anna Berg", "Søren Åberg", "Žaneta Ķirsē"):
        ticket(holder=holder)

    assert names(client, door.token, text) == found


def test_five_hits_at_most(client, door, ticket):
    for number in range(8):
        ticket(holder=f"Berg Number {number}")

    assert len(names(client, door.token, "berg")) == 5


def test_another_events_guests_are_not_found(app, client, door, ticket):
    with app.app_context():
        other = make_event("elsewhere")
    ticket(holder="Anna Berg", event=other)

    assert names(client, door.token, "anna") == []


def test_a_phone_may_search_twenty_times_in_ten_minutes(app, client, door, ticket, later, rows):
    ticket(holder="Anna Berg")
    with app.app_context():
        _, other = make_device(door.event, name="Ole")
    first = [find(client, door.token, "anna").status_code for _ in range(20)]
    refused = find(client, door.token, "anna")
    elsewhere = find(client, other, "anna").status_code
    with later(minutes=9):
        still = find(client, door.token, "anna").status_code
    with later(minutes=10, seconds=30):
        after = names(client, door.token, "anna")

    assert (first, refused.status_code, refused.json["code"]) == ([200] * 20, 429, "too_many_searches")
    assert refused.headers["Retry-After"] == "600"
    assert (refused.content_type, elsewhere, still, after) == ("application/problem+json", 200, 429, ["Anna Berg"])
    assert sorted(row.count for row in rows(RateCount)) == [1, 1, 20]
