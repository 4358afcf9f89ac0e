"""Plus and minus clicks: each exactly once, whatever is sent, with the phone's clock set right."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from app.audit.models import TERMINAL
from app.checkin import devices
from app.checkin.models import Headcount
from app.checkin.retention import attendance_of
from app.core import clock
from tests.checkin.scans import iso, make_device, make_list
from tests.transactions import do


def click(**fields):
    return {"id": str(uuid.uuid4()), "list": "main-door", "delta": 1, "at": iso(clock.now())} | fields


def post(client, token, *clicks, **body):
    headers = {"Authorization": f"Bearer {token}"}
    return client.post("/api/v1/headcounts", json={"sent_at": iso(clock.now()), "clicks": list(clicks)} | body, headers=headers)


def said(client, token, *clicks, **body):
    """In short: `counted`, `again`, or the error of each click."""
    found = post(client, token, *clicks, **body).json["results"]
    return [one.get("error") or ("again" if one["replay"] else one["result"]) for one in found]


def test_clicks_are_counted_and_the_venue_answered(client, door, rows):
    sent = [click(delta=3), click(delta=-1), click(delta=9, rehearsal=True)]
    answer = post(client, door.token, *sent)

    assert answer.json == {
        "now": "2026-06-16T12:00:00Z", "inside": 2,
        "results": [{"id": one["id"], "result": "counted", "replay": False} for one in sent],
    }  # fmt: skip
    assert {(str(row.id), row.delta, row.rehearsal, row.device_id, row.list_id) for row in rows(Headcount)} == {
        (one["id"], one["delta"], one.get("rehearsal", False), door.device.id, door.list.id) for one in sent
    }


def test_the_same_click_again_counts_once(client, door, rows):
    sent = click(delta=2)

    assert [said(client, door.token, sent, sent), said(client, door.token, sent, click())] == [
        ["counted", "again"],
        ["again", "counted"],
    ]
    assert sorted(row.delta for row in rows(Headcount)) == [1, 2]


@pytest.mark.parametrize("change", [{"delta": 5}, {"list": "side"}, {"rehearsal": True}], ids=lambda change: next(iter(change)))
def test_an_id_for_something_else_is_refused(app, client, door, rows, change):
    with app.app_context():
        make_list(door.event, "side", "Side")
        _, token = make_device(door.event, "main-door", "side")
    sent = click()

    assert said(client, token, sent, sent | change, sent) == ["counted", "id_reused", "again"]
    assert len(rows(Headcount)) == 1


def test_an_id_of_another_phone_is_refused(app, client, door, rows):
    with app.app_context():
        _, other = make_device(door.event, name="Ole")
    sent = click()

    assert (said(client, door.token, sent), said(client, other, sent), len(rows(Headcount))) == (["counted"], ["id_reused"], 1)


def test_the_time_may_differ_when_a_click_is_sent_again(client, door):
    sent = click()

    assert said(client, door.token, sent, sent | {"at": "2026-06-16T11:00:00Z"}) == ["counted", "again"]


@pytest.mark.parametrize("hours", [-24, -2, 2, 24])
def test_a_wrong_clock_is_kept_as_it_was_with_its_offset(client, door, rows, noon, hours):
    ahead = noon + timedelta(hours=hours)
    post(client, door.token, click(at=iso(ahead - timedelta(minutes=5))), sent_at=iso(ahead))
    (row,) = rows(Headcount)

    assert row.occurred_at == ahead - timedelta(minutes=5)
    assert abs(row.offset_ms + hours * 3_600_000) < 5000


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("id", [None, "x", 5, uuid.uuid4().hex]), ("list", [None, "", 5, "x" * 41]), ("delta", [0, 51, -51, 1.5, "1", None, True]),
        ("at", [None, "now", "2026-06-16T12:00:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"]), ("rehearsal", ["yes", 1, []]),
    ],
    ids=["id", "list", "delta", "at", "rehearsal"],
)  # fmt: skip
def test_a_bad_click_never_sinks_the_others(client, door, rows, field, values):
    found = post(client, door.token, *(click(**{field: value}) for value in values), click()).json["results"]

    assert [one.get("fields") for one in found] == [[field]] * len(values) + [None]
    assert len(rows(Headcount)) == 1


def test_fifty_and_minus_fifty_are_the_most(client, door):
    assert said(client, door.token, click(delta=50), click(delta=-50)) == ["counted", "counted"]


def test_a_list_of_nobody_or_not_of_this_phone_is_refused(app, client, door, rows):
    with app.app_context():
        make_list(door.event, "dinner", "Dinner")

    assert said(client, door.token, click(list="nowhere"), click(list="dinner"), click()) == [
        "unknown_list",
        "unknown_list",
        "counted",
    ]
    assert len(rows(Headcount)) == 1


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"clicks": {}}', b'{"clicks": 1}', b'{"clicks": [], "sent_at": "noon"}', b"\xff"]
)
def test_a_body_that_is_no_batch_is_refused_whole(client, door, body):
    answer = client.post("/api/v1/headcounts", data=body, headers={"Authorization": f"Bearer {door.token}"})

    assert (answer.status_code, answer.json["code"]) == (400, "no_batch")


def test_fifty_one_clicks_are_too_many_and_nothing_is_counted(client, door, rows):
    assert (post(client, door.token, *(click() for _ in range(51))).status_code, rows(Headcount)) == (413, [])


def test_an_ended_phone_counts_nothing(app, client, door, rows):
    with app.app_context():
        do(devices.revoke, door.device.id, TERMINAL)

    assert (post(client, door.token, click()).status_code, rows(Headcount)) == (401, [])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3), max_leaves=6,
)  # fmt: skip


@given(item=st.dictionaries(st.sampled_from(("id", "list", "delta", "at", "rehearsal")), JSON) | JSON)
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_click_whatsoever_breaks_a_batch(client, door, item):
    body = json.dumps({"clicks": [item, click()]})
    answer = client.post("/api/v1/headcounts", data=body, headers={"Authorization": f"Bearer {door.token}"})

    assert (answer.status_code, len(answer.json["results"]), answer.json["results"][1]["result"]) == (200, 2, "counted")


def test_rehearsed_clicks_are_not_in_the_numbers_that_stay(app, client, door):
    post(client, door.token, click(delta=3), click(delta=9, rehearsal=True))
    with app.app_context():
        assert attendance_of(door.event.id)["main-door"].walk_ins == 3
