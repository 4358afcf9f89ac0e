"""A phone's token rolls at each start: nobody is locked out by a lost answer, and the old one dies with the new one's first use."""

from __future__ import annotations

import pytest

from app.audit.models import TERMINAL
from app.checkin import devices
from app.checkin.models import Device
from tests.checkin.scans import iso, make_device, results, scan, send
from tests.conftest import NOON
from tests.transactions import do

REPORT = {"unsent": 3, "highest_seq": 41, "list_synced_at": iso(NOON)}


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def roll(client, token):
    return client.post("/api/v1/device/token", headers=bearer(token)).json["token"]


def report(client, token, **more):
    return client.post("/api/v1/device/report", json=REPORT | more, headers=bearer(token))


def is_alive(client, token):
    return client.get("/api/v1/device", headers=bearer(token)).status_code == 200


def test_both_tokens_live_until_the_new_one_is_used_to_send(client, door):
    new = roll(client, door.token)
    before = [is_alive(client, token) for token in (door.token, new, door.token)]
    report(client, new)

    assert new != door.token
    assert (before, is_alive(client, new), is_alive(client, door.token)) == ([True] * 3, True, False)


def test_the_first_scan_with_the_new_token_ends_the_old_one(client, door, ticket):
    new = roll(client, door.token)
    code = ticket().printed

    assert results(client, door.token, scan(code)) == ["accepted"]
    assert results(client, new, scan(code)) == ["already_in"]
    assert send(client, door.token, scan(code)).status_code == 401
    assert send(client, door.token, scan(code, mode="offline")).status_code == 401
    assert results(client, new, scan(code)) == ["already_in"]


def test_the_first_click_with_the_new_token_ends_the_old_one(client, door):
    new = roll(client, door.token)
    answer = client.post("/api/v1/headcounts", json={"clicks": []}, headers=bearer(new))

    assert (answer.status_code, is_alive(client, door.token), is_alive(client, new)) == (200, False, True)


def test_an_answer_that_was_lost_is_asked_for_again_and_is_the_same(client, door):
    first, second = roll(client, door.token), roll(client, door.token)
    report(client, first)

    assert first == second
    assert is_alive(client, first)


def test_a_start_after_a_start_goes_on_from_the_new_token(client, door):
    one = roll(client, door.token)
    two = roll(client, one)
    states = [is_alive(client, token) for token in (door.token, one, two)]
    three = roll(client, two)

    assert states == [False, True, True]
    assert [is_alive(client, token) for token in (one, two, three)] == [False, True, True]
    assert len({door.token, one, two, three}) == 4


def test_a_page_gets_its_new_token_as_the_cookie_and_never_in_the_answer(app, client, door):
    with app.app_context():
        _, once = do(devices.enrol, door.event, ["main-door"], "Ole Hansen", TERMINAL)
    own = {"Origin": "https://pearls.test"}
    client.post("/api/v1/enrolments", json={"token": once}, headers=own)
    first = client.get_cookie("__Host-device").value
    answer = client.post("/api/v1/device/token", headers=own)
    (cookie,) = answer.headers.getlist("Set-Cookie")
    client.post("/api/v1/device/report", json=REPORT, headers=own)
    scanned = client.post("/api/v1/scans", json={"scans": [scan("x")]}, headers=own)

    assert (answer.json.keys(), answer.json["device"]["name"]) == ({"device", "now"}, "Ole Hansen")
    assert all(part in cookie for part in ("__Host-device=", "; Secure", "; HttpOnly", "; Path=/", "; SameSite=Strict"))
    assert client.get_cookie("__Host-device").value != first
    assert (scanned.status_code, is_alive(app.test_client(), first)) == (200, False)


def test_a_cross_site_page_cannot_roll_a_token(client, door, rows):
    answer = client.post("/api/v1/device/token", headers=bearer(door.token) | {"Sec-Fetch-Site": "cross-site"})

    assert (answer.status_code, [row.next_token_hash for row in rows(Device)]) == (403, [None])


def test_tokens_that_follow_are_stored_hashed_and_cannot_be_told_from_what_is_stored(client, door, rows):
    new = roll(client, door.token)
    (row,) = rows(Device)

    assert (row.token_hash, row.next_token_hash) == (devices.hash_token(door.token), devices.hash_token(new))
    assert devices.looks_like_token(new)


def test_a_revoked_phone_rolls_nothing_and_both_its_tokens_deliver_into_quarantine(app, client, door, ticket):
    new = roll(client, door.token)
    with app.app_context():
        do(devices.revoke, door.device.id, TERMINAL)
    code = ticket().printed

    assert client.post("/api/v1/device/token", headers=bearer(new)).status_code == 401
    assert results(client, door.token, scan(code, mode="offline")) == ["quarantine"]
    assert results(client, new, scan(code, mode="offline")) == ["quarantine"]


def test_two_phones_never_get_the_same_token(app, client, door):
    with app.app_context():
        _, other = make_device(door.event, name="Ole")

    assert roll(client, door.token) != roll(client, other)


# What a phone says of itself


def test_a_report_is_kept_with_when_it_came_and_answered_with_how_full_the_lists_are(app, client, door, rows, later):
    with later(minutes=5):
        answer = report(client, door.token)
    (row,) = rows(Device)

    assert (row.unsent, row.highest_seq, row.list_synced_at, row.last_seen_at.minute) == (3, 41, NOON, 5)
    assert answer.json == {
        "now": "2026-06-16T12:05:00Z",
        "lists": [{"slug": "main-door", "inside": 0, "capacity": None, "warning": None}],
    }


def test_a_list_was_not_fetched_in_the_future_and_nothing_said_changes_nothing(client, door, rows, later):
    report(client, door.token, list_synced_at="2026-06-17T12:00:00Z")
    ahead = rows(Device)[0].list_synced_at
    report(client, door.token, list_synced_at=None)

    assert (ahead - NOON).total_seconds() < 60
    assert rows(Device)[0].list_synced_at == ahead


@pytest.mark.parametrize(
    "wrong",
    [{"unsent": -1}, {"unsent": "3"}, {"unsent": None}, {"highest_seq": 1.5}, {"list_synced_at": "noon"}, {"list_synced_at": 5}],
)
def test_a_report_of_another_form_is_refused_whole(client, door, rows, wrong):
    answer = report(client, door.token, **wrong)

    assert (answer.status_code, answer.json["code"], rows(Device)[0].last_seen_at) == (400, "no_batch", None)


def test_reading_writes_nothing(client, door, rows):
    roll(client, door.token)
    before = [vars(row).copy() for row in rows(Device)]
    for path in ("device", "lists", "lists/main-door/tickets", "headcount"):
        client.get(f"/api/v1/{path}", headers=bearer(door.token))
    after = [vars(row) for row in rows(Device)]

    assert [{name: value for name, value in row.items() if name[0] != "_"} for row in after] == [
        {name: value for name, value in row.items() if name[0] != "_"} for row in before
    ]
