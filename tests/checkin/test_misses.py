"""Codes that are nobody's: as many as a real queue may bring are answered, thousands are not."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from app.audit.models import TERMINAL
from app.checkin import devices, misses
from app.checkin.models import Scan
from tests.checkin.scans import code_of, make_device, results, scan
from tests.transactions import do


def nobodys(number: int, **fields: Any) -> list[dict[str, Any]]:
    """Scans of as many whole codes that are nobody's, each of its own."""
    return [scan(f"{uuid.uuid4().int:026}"[:26], **fields) for _ in range(number)]


def test_a_queue_with_last_year_s_tickets_locks_no_door(client, door, ticket, rows):
    got = [results(client, door.token, item)[0] for item in nobodys(40)]
    after = results(client, door.token, scan(code_of(ticket())))

    assert (got, after, rows(Scan, count=True)) == (["unknown"] * 40, ["accepted"], 41)


def test_a_hundred_unknown_codes_a_minute_are_all_that_a_phone_may_try(app, client, door, ticket, later, rows):
    with app.app_context():
        _, other = make_device(door.event, name="Ole Hansen")
    made, guesses = ticket(), nobodys(120)
    got = [*results(client, door.token, *guesses[:50]), *results(client, door.token, *guesses[50:100])]
    over = results(client, door.token, *guesses[100:])
    right = results(client, door.token, scan(code_of(made)))
    typed = results(client, door.token, scan(made.reference))
    elsewhere = results(client, other, scan(code_of(made)))
    replayed = results(client, door.token, *guesses[:50])
    stored = rows(Scan, count=True)
    with later(minutes=1, seconds=1):
        afterwards = results(client, door.token, scan(code_of(made)), guesses[119])

    assert (got, over, right) == (["unknown"] * 100, ["error:too_many_misses"] * 20, ["error:too_many_misses"])
    assert (typed, elsewhere, replayed, stored) == (["accepted"], ["already_in"], ["unknown"] * 50, 102)
    assert afterwards == ["already_in", "unknown"]


def test_of_a_batch_that_goes_beyond_the_limit_the_first_are_taken(client, door):
    for number in (50, 20):
        results(client, door.token, *nobodys(number))

    assert results(client, door.token, *nobodys(50)) == ["unknown"] * 30 + ["error:too_many_misses"] * 20


def test_another_process_finds_the_same_limit(client, door, ticket, monkeypatch):
    for _ in range(3):
        results(client, door.token, *nobodys(50))
    monkeypatch.setattr(misses, "_halted", {})  # what a process remembers that has not met this phone yet
    got = [results(client, door.token, item)[0] for item in (*nobodys(2), scan(code_of(ticket())))]

    assert got == ["error:too_many_misses"] * 3


@pytest.mark.parametrize("mode", ["online", "offline"])
def test_what_was_stored_is_answered_again_when_no_more_is_taken(client, door, rows, mode, monkeypatch):
    local = {"mode": mode, "local": "rejected" if mode == "offline" else None}
    batches = [nobodys(50, **local), nobodys(50, **local)]
    first = [results(client, door.token, *batch) for batch in batches]
    monkeypatch.setattr(misses, "_halted", {})
    again = [results(client, door.token, *batch) for batch in batches]

    assert (first, again, rows(Scan, count=True)) == ([["unknown"] * 50] * 2, [["unknown"] * 50] * 2, 100)
    assert misses._halted == {}


def test_a_batch_after_a_time_without_a_network_locks_no_door(client, door, ticket, rows):
    kept = [nobodys(50, mode="offline", local="rejected") for _ in range(3)]
    delivered = [results(client, door.token, *batch) for batch in kept]
    after = results(client, door.token, scan(code_of(ticket())), *nobodys(1))

    assert delivered == [["unknown"] * 50] * 2 + [["error:too_many_misses"] * 50]
    assert (after, rows(Scan, count=True)) == (["accepted", "unknown"], 102)


def test_what_a_phone_held_when_it_was_ended_is_taken_however_much(app, client, door, rows):
    with app.app_context():
        do(devices.revoke, door.device.id, TERMINAL)
    kept = [results(client, door.token, *nobodys(50, mode="offline", local="rejected")) for _ in range(3)]

    assert (kept, rows(Scan, count=True)) == ([["quarantine"] * 50] * 3, 150)


def test_known_codes_cost_no_query_more(client, door, ticket, queries):
    found = []
    for item in (scan(code_of(ticket())), scan(code_of(ticket()))):
        queries.clear()
        results(client, door.token, item)
        found.append(sum("count(" in query.lower() and "scans" in query for query in queries))

    assert found == [0, 0]
