"""Whatever is sent: a clear answer of the right status, never a 500, nothing half-written, the good items kept."""

from __future__ import annotations

import json
import uuid

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from sqlalchemy import text

from app import create_app
from app.checkin.models import Admission, Scan
from app.core.db import db
from app.scanner import forms
from tests.checkin.scans import answers, code_of, scan, send
from tests.conftest import settings_for

BODIES = {
    "nothing": b"", "no JSON": b"hello", "half": b'{"scans": [', "null": b"null", "a number": b"1", "a list": b"[]",
    "no scans": b"{}", "scans null": b'{"scans": null}', "scans a text": b'{"scans": "x"}', "scans an object": b'{"scans": {}}',
    "not UTF-8": b'{"scans": "\xff"}', "deep": b"[" * 100_000, "deep objects": b'{"a":' * 50_000,
    "a huge number": b'{"scans": [], "sent_at": ' + b"9" * 5000 + b"}", "a bad time": b'{"scans": [], "sent_at": "noon"}',
    "a naive time": b'{"scans": [], "sent_at": "2026-06-16T12:00:00"}',
}  # fmt: skip
FAULTS = {
    "id": [
        None,
        "",
        "x",
        5,
        True,
        [],
        {},
        str(uuid.uuid4()) + "0",
        f"{{{uuid.uuid4()}}}",
        uuid.uuid4().hex,
        "\x00",
        "\ud800",
        "é" * 36,
    ],
    "seq": [None, -1, "1", 1.5, True, 2**31, 10**30, [], {}],
    "list": [None, "", 5, [], "x" * 41, "main\x00door", "\ud800", " "],
    "code": [None, "", 5, [], {}, "x" * 513, "\ud800"],
    "direction": ["in", "", 5, [], "ENTRY"],
    "count": [0, -1, "1", 1.0, True, 501, 10**20, []],
    "at": [
        None,
        "",
        "now",
        5,
        "2026-06-16",
        "2026-06-16T12:00:00",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59-14:00",
        "x" * 50,
        [],
    ],
    "mode": ["", "Online", 5, []],
    "local": ["", "yes", True, 0, []],
    "undoes": [str(uuid.uuid4()), "x", 5, []],
    "reason": [5, [], "x" * 501, "\x00", "\ud800"],
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_a_body_that_is_no_batch_is_refused_whole(client, door, body):
    response = client.post("/api/v1/scans", data=body, headers={"Authorization": f"Bearer {door.token}"})

    assert (response.status_code, response.json["code"], response.content_type) == (400, "no_batch", "application/problem+json")


@pytest.mark.parametrize("field", FAULTS)
def test_a_field_at_fault_is_named_and_the_rest_of_the_batch_kept(client, door, rows, field):
    items = [scan("x") | {field: value} for value in FAULTS[field]]
    got = answers(client, door.token, *items, scan("x"))

    assert [answer.get("fields") for answer in got] == [[field]] * len(items) + [None]
    assert rows(Scan, count=True) == 1


@pytest.mark.parametrize("missing", ["id", "seq", "list", "code", "at"])
def test_a_field_that_is_needed_is_missed(client, door, missing):
    item = scan("x")
    del item[missing]

    assert answers(client, door.token, item)[0]["fields"] == [missing]


@pytest.mark.parametrize("extra", [{}, {"unknown": {"deep": [1]}}, {"__class__": "x"}, {"result": "accepted", "device": 1}])
def test_defaults_are_filled_in_and_unknown_fields_ignored(client, door, rows, extra):
    item = {name: value for name, value in scan("x").items() if name in {"id", "seq", "list", "code", "at"}}

    assert answers(client, door.token, item | extra)[0]["result"] == "unknown"
    assert [(row.direction, row.count, row.mode, row.local) for row in rows(Scan)] == [("entry", 1, "online", None)]


def test_what_was_sent_as_an_id_comes_back_only_when_it_is_short_text(client, door):
    got = answers(client, door.token, *({"id": value} for value in ("x", "y" * 64, "z" * 65, 5, None)))

    assert [answer["id"] for answer in got] == ["x", "y" * 64, None, None, None]


def test_a_body_over_the_size_is_refused(client, door, rows):
    response = send(client, door.token, scan("x", reason="x" * forms.MAX_BYTES))

    assert (response.status_code, rows(Scan)) == (413, [])


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_other_methods_are_named_as_wrong(client, door, method):
    headers = {"Authorization": f"Bearer {door.token}"}

    assert getattr(client, method)("/api/v1/scans", headers=headers).status_code == 405


def test_nothing_is_stored_without_a_token(client, door, rows):
    for headers in ({"Origin": "https://pearls.test"}, {"Authorization": "Bearer " + "A" * 43}):
        response = client.post("/api/v1/scans", json={"scans": [scan("x")]}, headers=headers)
        assert (response.status_code, response.json["code"]) == (401, "unauthorised")

    assert rows(Scan) == []


def test_the_body_counts_not_what_it_is_called(client, door):
    response = client.post(
        "/api/v1/scans",
        data=json.dumps({"scans": [scan("x")]}),
        headers={"Authorization": f"Bearer {door.token}"},
        content_type="text/plain",
    )

    assert response.json["results"][0]["result"] == "unknown"


def test_times_are_taken_with_any_offset(client, door, rows):
    items = [
        scan("x", at=at)
        for at in ("2026-06-16T15:00:00+03:00", "2026-06-16T12:00:00.000Z", "1970-01-02T00:00:00Z", "2199-01-01T00:00:00Z")
    ]

    assert [answer["result"] for answer in answers(client, door.token, *items, sent_at="1970-01-02T00:00:00Z")] == ["unknown"] * 4
    assert sorted(row.occurred_at.year for row in rows(Scan)) == [1970, 2026, 2026, 2199]


def test_the_database_away_is_503_with_retry_after(tmp_path):
    for url in ("postgresql+psycopg://nobody@127.0.0.1:1/nowhere", f"sqlite:///{tmp_path}/no/such/folder/db.sqlite3"):
        away = create_app(settings_for(url))
        response = away.test_client().post(
            "/api/v1/scans", json={"scans": [scan("x")]}, headers={"Host": "pearls.test", "Authorization": "Bearer " + "A" * 43}
        )

        assert (response.status_code, response.json["code"], response.headers["Retry-After"]) == (503, "unavailable", "3")


def test_a_fault_in_mid_transaction_leaves_nothing_half_written(app, client, door, ticket, rows):
    code = ticket().printed
    rename(app, "conflicts", "away")
    try:
        response = send(client, door.token, scan(code), scan("0" * 26, mode="offline", local="accepted"))
    finally:
        rename(app, "away", "conflicts")

    assert (response.status_code >= 500, rows(Scan), rows(Admission)) == (True, [], [])
    assert answers(client, door.token, scan(code))[0]["result"] == "accepted"


def rename(app, old: str, new: str) -> None:
    with app.app_context(), db.engine.connect() as connection:
        connection.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))
        connection.commit()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
FIELDS = ("id", "seq", "list", "code", "direction", "count", "undoes", "reason", "at", "mode", "local")


@given(item=st.dictionaries(st.sampled_from(FIELDS), JSON) | JSON)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_item_whatsoever_breaks_a_batch(client, door, ticket, item):
    body = json.dumps({"scans": [item, scan(code_of(ticket()), direction="exit")]})
    response = client.post("/api/v1/scans", data=body, headers={"Authorization": f"Bearer {door.token}"})

    assert (response.status_code, len(response.json["results"])) == (200, 2)
    assert response.json["results"][1]["result"] == "exited"
