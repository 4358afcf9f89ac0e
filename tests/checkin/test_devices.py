"""Setting up a phone, what it may know of itself, and the terminal's commands."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app import create_app
from app.audit.models import TERMINAL, AuditEntry
from app.checkin import devices
from app.checkin.devices import EnrolmentOver, EventOver
from app.checkin.models import Device
from app.core import clock, terminal
from app.core.db import db
from app.core.errors import NotFound
from tests.checkin.scans import make_device, make_list, results, scan
from tests.conftest import settings_for
from tests.factories import make_event, make_place
from tests.transactions import do

OWN = {"Origin": "https://pearls.test"}


def enrolled(app: Flask, door, **fields) -> str:
    with app.app_context():
        _, token = do(devices.enrol, door.event, ["main-door"], "Ole Hansen", TERMINAL, **fields)
    return token


def trade(client, token, **more):
    return client.post("/api/v1/enrolments", json={"token": token} | more, headers=OWN)


def test_a_page_gets_its_token_as_a_cookie_that_no_script_can_read(app, client, door):
    response = trade(client, enrolled(app, door), language="sv")
    (cookie,) = response.headers.getlist("Set-Cookie")

    assert cookie.startswith("__Host-device=")
    assert set(re.split("; ", cookie)[1:]) == {
        "Expires=Wed, 17 Jun 2026 03:00:00 GMT", "Secure", "HttpOnly", "Path=/", "SameSite=Strict",
    }  # fmt: skip
    assert "token" not in response.json
    assert response.json["device"]["language"] == "sv"
    assert response.headers["Cache-Control"] == "no-store"


def test_the_cookie_makes_the_phone_a_scanner(app, client, door, ticket):
    trade(client, enrolled(app, door))
    described = client.get("/api/v1/device")
    code = ticket().printed
    scanned = client.post("/api/v1/scans", json={"scans": [scan(code)]}, headers={"Sec-Fetch-Site": "same-origin"})
    foreign = client.post("/api/v1/scans", json={"scans": [scan(code)]}, headers={"Sec-Fetch-Site": "cross-site"})

    assert described.json["device"]["name"] == "Ole Hansen"
    assert (scanned.json["results"][0]["result"], foreign.status_code) == ("accepted", 403)


def test_over_plain_http_the_cookie_has_another_name(app, tmp_path):
    url = f"sqlite:///{tmp_path / 'demo.sqlite3'}"
    settings = settings_for(url)
    plain = create_app(type(settings)(settings.secret_key, "http://pearls.test", url, ("pearls.test",), demo=True, testing=True))
    with plain.app_context():
        db.create_all()
        event = make_event()
        make_list(event)
        _, token = do(devices.enrol, event, ["main-door"], "Ole", TERMINAL)
    response = plain.test_client().post(
        "/api/v1/enrolments", json={"token": token}, headers={"Host": "pearls.test", "Origin": "http://pearls.test"}
    )
    with plain.app_context():
        db.engine.dispose()

    assert re.match(r"device=[\w-]{43}; Expires=[^;]+; HttpOnly; Path=/; SameSite=Strict$", response.headers["Set-Cookie"])


def test_a_program_gets_its_token_in_the_answer(app, client, door, ticket):
    token = enrolled(app, door)
    response = client.post("/api/v1/enrolments", json={"bearer": True}, headers={"Authorization": f"Bearer {token}"})

    assert "Set-Cookie" not in response.headers
    assert results(client, response.json["token"], scan(ticket().printed)) == ["accepted"]


def test_a_one_time_token_works_once(app, client, door):
    token = enrolled(app, door)

    assert [trade(client, token).status_code for _ in range(2)] == [200, 401]


@pytest.mark.parametrize("minutes", [9.9, 10.1])
def test_a_one_time_token_lives_ten_minutes(app, client, door, later, minutes):
    token = enrolled(app, door)
    with later(minutes=minutes):
        response = trade(client, token)

    assert (response.status_code, response.json.get("code")) == ((200, None) if minutes < 10 else (401, "enrolment_over"))


@pytest.mark.parametrize("body", ["", "{}", "[]", '{"token": 5}', '{"token": null}', '{"token": ""}', '{"token": "ä"}', "x" * 70])
def test_an_enrolment_without_a_token_is_refused(client, door, body):
    assert client.post("/api/v1/enrolments", data=body, headers=OWN).status_code == 400


def test_unknown_and_revoked_one_time_tokens_are_refused_alike(app, client, door):
    with app.app_context():
        device, token = do(devices.enrol, door.event, ["main-door"], "Ole", TERMINAL)
        do(devices.revoke, device.id, TERMINAL)

    assert trade(client, token).json == trade(client, "never-was-one").json


def test_a_device_knows_its_event_and_lists_and_no_other(app, client, door, noon):
    with app.app_context():
        make_list(door.event, "dinner", "Dinner", opens_at=noon, closes_at=noon + timedelta(hours=2))
        make_list(door.event, "coach", "Coach")
        _, token = make_device(door.event, "main-door", "dinner", supervise=True, language="lv")
    answer = client.get("/api/v1/device", headers={"Authorization": f"Bearer {token}"}).json["device"]

    plain = {
        "kind": "event", "on": None, "opens_at": None, "closes_at": None, "re_entry": True, "count_exits": True,
        "capacity": None, "inside": 0, "is_venue_door": True,
    }  # fmt: skip
    assert answer.pop("lists") == [
        plain | {"slug": "dinner", "name": "Dinner", "opens_at": "2026-06-16T12:00:00Z", "closes_at": "2026-06-16T14:00:00Z"},
        plain | {"slug": "main-door", "name": "Main door"},
    ]
    assert answer == {
        "name": "Maija Korhonen", "scan": True, "supervise": True, "language": "lv", "expires_at": "2026-06-17T03:00:00Z",
        "event": {"slug": "kaskinen-2026", "title": "Ceremony", "town": "Kaskinen", "timezone": "Europe/Helsinki"},
    }  # fmt: skip


def test_texts_come_in_the_language_of_the_page_that_asks(app, client, door):
    with app.app_context():
        event = make_event("alytus", {"en": "Night", "lt": "Naktis"}, make_place("alytus", {"lt": "Alytus"}))
        make_list(event)
        _, token = make_device(event)
    headers = {"Authorization": f"Bearer {token}"}
    asked = [client.get("/api/v1/device", headers=headers | more).json["device"] for more in ({}, {"Accept-Language": "lt"})]

    assert [device["event"]["title"] for device in asked] == ["Night", "Naktis"]


@pytest.mark.parametrize(
    "header",
    [{}, {"Authorization": "Bearer"}, {"Authorization": "Bearer x"}, {"Authorization": "Basic abc"}, {"Cookie": "device=x"}],
)
def test_nobody_without_a_token_is_a_device(client, door, header):
    response = client.get("/api/v1/device", headers=header)

    assert (response.status_code, response.content_type) == (401, "application/problem+json")


def test_a_device_dies_at_once_when_revoked_and_six_hours_after_its_event(app, client, door, later):
    headers = {"Authorization": f"Bearer {door.token}"}
    with later(hours=14.9):
        last = client.get("/api/v1/device", headers=headers).status_code
    with later(hours=15.1):
        over = client.get("/api/v1/device", headers=headers).status_code
    with app.app_context():
        do(devices.revoke, door.device.id, TERMINAL)

    assert (last, over, client.get("/api/v1/device", headers=headers).status_code) == (200, 401, 401)


def test_tokens_are_stored_hashed(app, client, door):
    token = enrolled(app, door)
    with app.app_context():
        row = db.session.scalars(select(Device).where(Device.name == "Ole Hansen")).one()

    assert (row.enrol_hash, row.token_hash) == (devices.hash_token(token), None)
    assert (len(token), len(door.token)) == (22, 43)


def test_enrol_refuses_foreign_lists_and_events_that_are_over(app, door, noon):
    with app.app_context():
        gone = make_event("gone", starts_on=noon.date() - timedelta(days=9), ends_on=noon.date() - timedelta(days=9))
        make_list(gone)
        with pytest.raises(EventOver):
            do(devices.enrol, gone, ["main-door"], "Ole", TERMINAL)
        for lists in ([], ["coach"], ["main-door", "coach"]):
            with pytest.raises(NotFound):
                do(devices.enrol, door.event, lists, "Ole", TERMINAL)
        with pytest.raises(EnrolmentOver):
            do(devices.trade, "nothing")


def test_an_undated_event_keeps_its_devices_for_a_week(app, door, noon):
    with app.app_context():
        undated = make_event("undated", starts_on=None, ends_on=None)

        assert timedelta(days=6.9) < devices.expiry(undated) - clock.now() <= timedelta(days=7)


# The terminal


def run(app, *words):
    return app.test_cli_runner().invoke(args=["device", *words])


def test_enrol_prints_a_one_time_address_and_its_code(app, client, door):
    outcome = run(app, "enrol", "kaskinen-2026", "--list", "main-door", "--name", " Ole  Hansen ", "--language", "da")
    address = re.search(r"https://pearls\.test/door/enrol#([\w-]{22})", outcome.output)

    assert outcome.exit_code == 0
    assert terminal.qr(address[0]).strip() in outcome.output
    assert (outcome.output.count("/door/enrol#"), "localhost" in outcome.output) == (1, False)
    assert trade(client, address[1]).json["device"]["name"] == "Ole Hansen"


def test_enrol_bearer_prints_a_token_for_programs_and_nothing_else(app, client, door, ticket):
    outcome = run(app, "enrol", "kaskinen-2026", "--list", "main-door", "--name", "Bench", "--bearer")

    assert results(client, outcome.stdout.strip(), scan(ticket().printed)) == ["accepted"]
    assert outcome.stderr == "Bench: scans main-door; until 2026-06-17 06:00 (Europe/Helsinki)\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("enrol", "nowhere", "--list", "main-door", "--name", "x"), "There is no event 'nowhere'."),
        (("enrol", "kaskinen-2026", "--list", "coach", "--name", "x"), "kaskinen-2026 has no list 'coach'; it has: main-door"),
        (("enrol", "kaskinen-2026", "--list", "main-door", "--name", " "), "A name needs 1 to 60 characters."),
        (("enrol", "kaskinen-2026", "--list", "main-door", "--name", "x", "--language", "xx"), "Invalid value for '--language'"),
        (("enrol", "kaskinen-2026", "--name", "x"), "Say which lists it is for (--list), or that it supervises (--supervise)."),
        (("revoke", "Nobody"), "No device is called 'Nobody'."),
        (("rename", "Nobody", "Somebody"), "No device is called 'Nobody'."),
        (("rename", "Maija Korhonen", " "), "A name needs 1 to 60 characters."),
        (("list", "nowhere"), "There is no event 'nowhere'."),
    ],
)
def test_commands_say_what_is_wrong_in_one_line(app, door, words, said):
    outcome = run(app, *words)

    assert outcome.exit_code != 0
    assert said in outcome.output


def test_enrol_says_rights_and_expiry_of_a_phone_for_several_lists(app, door):
    with app.app_context():
        make_list(door.event, "coach", "Coach")
    both = run(app, "enrol", "kaskinen-2026", "--list", "coach", "--list", "main-door", "--name", "Ole", "--supervise")
    watching = run(app, "enrol", "kaskinen-2026", "--name", "Inga", "--supervise")

    assert "Ole: scans coach, main-door; supervises; until 2026-06-17 06:00 (Europe/Helsinki)\n" in both.output
    assert "Inga: supervises; until 2026-06-17 06:00 (Europe/Helsinki)\n" in watching.output


def test_list_says_when_a_phone_was_seen_and_what_it_holds(app, client, door, noon):
    before = run(app, "list", "kaskinen-2026").output
    said = {"unsent": 3, "highest_seq": 41, "list_synced_at": "2026-06-16T11:30:00Z"}
    client.post("/api/v1/device/report", json=said, headers={"Authorization": f"Bearer {door.token}"})

    after = run(app, "list", "kaskinen-2026").output

    assert "  enrolled; never seen; no offline list; all scans delivered; it says nothing unsent\n" in before
    assert "; seen 2026-06-16 15:00; offline list of 2026-06-16 14:30; " in after
    assert after.endswith("; it says 3 unsent\n")


def test_rename_calls_a_phone_by_its_new_holder(app, door, rows):
    outcome = run(app, "rename", "Maija Korhonen", " Ole   Hansen ")

    assert outcome.output == f"Renamed: Maija Korhonen is Ole Hansen now ({door.device.id})\n"
    assert [device.name for device in rows(Device)] == ["Ole Hansen"]
    assert [entry.verb for entry in rows(AuditEntry)].count("device.renamed") == 1


def test_list_and_revoke_by_name_and_by_id(app, client, door):
    results(client, door.token, scan("x", seq=1), scan("x", seq=4))
    with app.app_context():
        twin, _ = make_device(door.event)
    before = run(app, "list", "kaskinen-2026").output
    several = run(app, "revoke", "Maija Korhonen")
    by_id = run(app, "revoke", str(twin.id))
    by_name = run(app, "revoke", "Maija Korhonen")
    after = run(app, "list", "kaskinen-2026").output

    assert (before.count("2 scans not delivered yet"), before.count("all scans delivered")) == (1, 1)
    assert (several.exit_code, by_id.exit_code, by_name.exit_code, after.count("revoked")) == (1, 0, 0, 2)
    assert client.get("/api/v1/device", headers={"Authorization": f"Bearer {door.token}"}).status_code == 401
