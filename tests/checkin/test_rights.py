"""Who may call what: every route of the API for nobody, a dead phone, another event's phone, and each missing right."""

from __future__ import annotations

import itertools
import re
import uuid

import pytest

from app.audit.models import TERMINAL
from app.checkin import devices
from app.checkin.models import Headcount, Scan
from app.scanner import api_routes
from tests.checkin.scans import code_of, iso, make_device, make_door, make_list, results, scan
from tests.conftest import NOON
from tests.transactions import do

CLICK = {"id": str(uuid.uuid4()), "list": "main-door", "delta": 1, "at": iso(NOON)}
BODIES = {
    "/api/v1/scans": {"scans": [scan("0" * 26, at=iso(NOON))]},
    "/api/v1/headcounts": {"clicks": [CLICK]},
    "/api/v1/device/report": {"unsent": 0, "highest_seq": 0},
    "/api/v1/searches": {"q": "anna"},
}
CALLS = (
    ("get", "/api/v1/device"), ("post", "/api/v1/device/token"), ("post", "/api/v1/device/report"), ("post", "/api/v1/scans"),
    ("get", "/api/v1/lists"), ("get", "/api/v1/lists/main-door/tickets"), ("post", "/api/v1/headcounts"),
    ("get", "/api/v1/headcount"), ("post", "/api/v1/searches"),
)  # fmt: skip
OPEN = {("post", "/api/v1/enrolments"), ("get", "/api/v1/openapi.json")}
SCANNING = {"/api/v1/scans", "/api/v1/lists/main-door/tickets", "/api/v1/headcounts", "/api/v1/searches"}


def call(client, method, path, token=None):
    headers = {"Authorization": f"Bearer {token}"} if token else {"Origin": "https://pearls.test"}
    body = {"json": BODIES[path]} if path in BODIES else {}
    return getattr(client, method)(path, headers=headers, **body)


def statuses(client, token=None):
    return {path: call(client, method, path, token).status_code for method, path in CALLS}


def test_every_route_of_the_api_is_tried_here(app):
    routes = {
        (method.lower(), re.sub(r"<slug>", "main-door", rule.rule))
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith(f"{api_routes.bp.name}.")
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }

    assert routes == set(CALLS) | OPEN


def test_nobody_gets_in_without_a_token_or_with_one_of_another_form(client, door):
    for token in (None, "x", "A" * 43):
        assert statuses(client, token) == {path: 401 for _, path in CALLS}


@pytest.mark.parametrize("end", ["revoked", "over", "never traded"])
def test_dead_tokens_open_nothing(app, client, door, later, end):
    with app.app_context():
        _, token = make_device(door.event, supervise=True, name="Ole")
        device, once = do(devices.enrol, door.event, ["main-door"], "Ida", TERMINAL, supervise=True)
        if end == "revoked":
            do(devices.revoke, devices.named("Ole")[0].id, TERMINAL)
    with later(hours=20 if end == "over" else 0):
        found = statuses(client, once if end == "never traded" else token)

    assert found == {path: 401 for _, path in CALLS}


def test_a_scanning_phone_may_all_but_see_the_numbers(client, door):
    assert statuses(client, door.token) == {path: 403 if path == "/api/v1/headcount" else 200 for _, path in CALLS}


def test_a_supervisor_without_lists_may_not_scan(app, client, door):
    with app.app_context():
        _, token = do(devices.enrol, door.event, [], "Sanna", TERMINAL, supervise=True, bearer=True)
    answers = {path: call(client, method, path, token) for method, path in CALLS}

    assert {path: answer.status_code for path, answer in answers.items()} == {
        path: 403 if path in SCANNING else 200 for _, path in CALLS
    }
    assert (answers["/api/v1/device"].json["device"]["scan"], answers["/api/v1/lists"].json) == (False, {"lists": []})
    assert {(answers[path].content_type, answers[path].json["code"]) for path in SCANNING} == {
        ("application/problem+json", "forbidden")
    }


def test_a_supervisor_without_lists_takes_back_all_the_same(app, client, door, ticket):
    with app.app_context():
        _, token = do(devices.enrol, door.event, [], "Sanna", TERMINAL, supervise=True, bearer=True)
    entry = scan(code_of(ticket()))
    undo = scan(None, direction="undo", undoes=entry["id"], reason="wrong person")

    assert results(client, door.token, entry) == ["accepted"]
    assert results(client, token, undo) == ["undone"]


def test_another_events_lists_and_scans_are_not_there(app, client, door, ticket, rows):
    with app.app_context():
        other = make_door("alytus-2026")
        make_list(other.event, "coach", "Coach")
        _, token = make_device(other.event, "main-door", "coach", supervise=True, name="Ole")
    entry = scan(code_of(ticket()))
    results(client, door.token, entry)
    headers = {"Authorization": f"Bearer {door.token}"}
    undo = scan(None, direction="undo", undoes=entry["id"], reason="not mine")

    assert client.get("/api/v1/lists/coach/tickets", headers=headers).status_code == 404
    assert client.get("/api/v1/lists/nowhere/tickets", headers=headers).status_code == 404
    assert (
        results(client, door.token, scan("x", list="coach"), scan("x", list="coach", mode="offline"))
        == ["error:unknown_list"] * 2
    )
    assert results(client, token, undo) == ["undo_refused"]
    answer = client.post("/api/v1/headcounts", json={"clicks": [CLICK | {"list": "coach"}]}, headers=headers)
    assert answer.json["results"] == [{"id": CLICK["id"], "error": "unknown_list"}]
    assert (rows(Headcount), len(rows(Scan))) == ([], 2)


def test_a_list_of_the_event_that_a_phone_does_not_serve_is_not_there_either(app, client, door):
    with app.app_context():
        make_list(door.event, "dinner", "Dinner")
    answer = client.get("/api/v1/lists/dinner/tickets", headers={"Authorization": f"Bearer {door.token}"})

    assert (answer.status_code, answer.json["code"]) == (404, "not_found")


def test_what_is_sent_from_another_site_is_refused_even_with_a_cookie(app, client, door):
    with app.app_context():
        _, once = do(devices.enrol, door.event, ["main-door"], "Ole", TERMINAL, supervise=True)
    client.post("/api/v1/enrolments", json={"token": once}, headers={"Origin": "https://pearls.test"})
    foreign = ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {})
    posts = [path for method, path in CALLS if method == "post"]
    found = [
        client.post(path, json=BODIES.get(path, {}), headers=headers).status_code
        for path, headers in itertools.product(posts, foreign)
    ]

    assert found == [403] * len(found)


def test_every_refusal_is_a_problem_and_no_answer_is_kept(app, client, door):
    for method, path in CALLS:
        for token in (None, door.token):
            answer = call(client, method, path, token)
            assert answer.headers["Cache-Control"] == "no-store"
            if answer.status_code >= 400:
                assert answer.content_type == "application/problem+json"
                assert answer.json.keys() == {"type", "title", "status", "code", "detail"}
