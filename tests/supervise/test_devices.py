"""Adding a phone by its one-time code, changing its name, lists and rights, ending it."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from app.audit.models import AuditEntry
from app.checkin import devices
from app.checkin.models import Device
from app.core.db import db, write_tx
from app.events.models import Event
from tests import html
from tests.checkin.scans import make_door, make_list, results, scan
from tests.conftest import OWN
from tests.supervise.supervisor import HTMX, Supervisor


def token_on(page: html.Source) -> str:
    """The one-time token in the address that a page shows."""
    base, _, token = html.words(page, ".supervisor__address").partition("#")
    assert base == "https://pearls.test/door/enrol"
    return token


@pytest.fixture
def sanna(app, door) -> Supervisor:
    return Supervisor(app, door)


@pytest.fixture
def find(app):
    def find_device(name: str) -> Device:
        with app.app_context():
            return db.session.query(Device).filter_by(name=name).one()

    return find_device


def form(**fields):
    return {"form_key": str(uuid.uuid4()), "name": "Ole Hansen", "lists": ["main-door"]} | fields


def deeds(rows, device) -> list[tuple[str, str]]:
    found = [deed for deed in rows(AuditEntry) if deed.subject_id == device.id]
    return [(deed.verb, deed.actor_kind) for deed in sorted(found, key=lambda deed: deed.at)]


def trade(client, token):
    return client.post("/api/v1/enrolments", json={"token": token}, headers=OWN)


# Adding


def test_adding_a_phone_shows_a_code_that_makes_one_phone_a_scanner(app, client, door, sanna, find, rows):
    page = sanna.post("devices", form(supervise="yes"))
    token = token_on(page)
    first, second = trade(app.test_client(), token), trade(app.test_client(), token)

    assert (page.status_code, page.headers["Cache-Control"]) == (200, "no-store")
    assert "The code works once, for ten minutes, until: 15:10. It is not shown again." in page.text
    assert (first.status_code, second.status_code) == (200, 401)
    assert (find("Ole Hansen").lists, find("Ole Hansen").may_supervise) == ("main-door", True)
    assert deeds(rows, find("Ole Hansen")) == [("device.added", "device")]


def test_the_token_is_in_the_fragment_of_the_address_and_on_no_later_page(sanna, find):
    page = sanna.post("devices", form())
    token = token_on(page)
    device = find("Ole Hansen")
    others = [sanna.get(path).text for path in ("devices", f"devices/{device.id}", f"devices/{device.id}/code")]

    assert page.text.count(token) == 1
    assert [token in other for other in others] == [False] * 3
    assert device.enrol_hash == devices.hash_token(token)


def test_the_same_form_sent_again_is_one_phone_with_a_new_code(app, sanna, rows):
    sent = form()
    tokens = [token_on(sanna.post("devices", sent)) for _ in range(2)]
    answers = [trade(app.test_client(), token).status_code for token in tokens]
    after = sanna.post("devices", sent)

    assert [device.name for device in rows(Device)].count("Ole Hansen") == 1
    assert answers == [401, 200]
    assert (after.status_code, "does not need a new code" in after.text) == (409, True)


def test_the_same_form_sent_twice_at_once_is_one_phone(app, door, sanna, rows):
    sent, again = form(), Supervisor(app, door, name="Sanna at once")
    with ThreadPoolExecutor() as pool:
        pages = list(pool.map(lambda supervisor: supervisor.post("devices", sent), (sanna, again)))

    assert [page.status_code for page in pages] == [200, 200]
    assert [device.name for device in rows(Device)].count("Ole Hansen") == 1


def test_a_phone_without_lists_may_only_supervise(app, client, sanna, find, ticket):
    page = sanna.post("devices", form(lists=[], supervise="yes"))
    bearer = trade(app.test_client(), token_on(page))

    assert (bearer.json["device"]["supervise"], bearer.json["device"]["lists"], find("Ole Hansen").lists) == (True, [], "")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": " \u200b "}, "Write the name of whoever holds this phone."),
        ({"name": "x" * 61}, "Write 60 characters at most."),
        ({"lists": []}, "Choose at least one list, or let this phone supervise."),
        ({"lists": ["main-door", "dinner"]}, "One of these lists no longer exists. Please choose again."),
    ],
)
def test_a_wrong_form_is_shown_again_as_it_was_typed(door, sanna, rows, fields, said):
    sent = form(**fields)
    page = sanna.post("devices", sent)

    assert (page.status_code, len(rows(Device))) == (422, 2)
    assert said in page.text
    assert f'name="form_key" value="{sent["form_key"]}"' in page.text
    assert f'value="{sent["name"]}"' in page.text


def test_another_events_list_cannot_be_given(app, door, sanna, rows):
    with app.app_context():
        other = make_door("alytus-2026")
        make_list(other.event, "secret-dinner", "Secret")
    page = sanna.post("devices", form(lists=["secret-dinner"]))

    assert (page.status_code, "Secret" in page.text) == (422, False)


def test_the_key_of_another_events_phone_adds_nothing(app, sanna, rows):
    with app.app_context():
        other = make_door("alytus-2026")
    page = sanna.post("devices", form(form_key=str(other.device.id)))

    assert (page.status_code, len(rows(Device))) == (404, 3)


def test_the_page_with_the_code_hears_when_the_phone_is_set_up(app, sanna, find):
    token = token_on(sanna.post("devices", form()))
    path = f"devices/{find('Ole Hansen').id}/code"
    waiting = sanna.get(path, **HTMX)
    trade(app.test_client(), token)
    done = sanna.get(path, **HTMX)

    assert (waiting.text.startswith('<div id="waiting"'), "every 5s" in waiting.text) == (True, True)
    assert ("Done: the phone is a scanner now." in done.text, "every 5s" in done.text) == (True, False)


def test_a_code_that_was_too_late_is_said_and_a_new_one_is_shown(app, sanna, find, later, rows):
    old = token_on(sanna.post("devices", form()))
    device = find("Ole Hansen")
    with later(minutes=11):
        said = sanna.read(f"devices/{device.id}/code")
        listed = sanna.read("devices")
        new = token_on(sanna.post(f"devices/{device.id}/code"))
        answers = [trade(app.test_client(), token).status_code for token in (old, new)]

    assert "This code does not work any more. Show a new one from the list of phones." in said
    assert "Ole Hansen Never set up" in listed
    assert answers == [401, 200]
    assert deeds(rows, device) == [("device.added", "device"), ("device.code_renewed", "device")]


def test_a_phone_in_use_gets_no_second_code(door, sanna):
    answer = sanna.post(f"devices/{door.device.id}/code")

    assert (answer.status_code, "enrol#" in answer.text) == (409, False)


def test_after_the_event_no_phone_is_added(app, door, sanna, rows):
    with app.app_context(), write_tx() as session:
        event = session.get(Event, door.event.id)
        event.starts_on = event.ends_on = event.ends_on - timedelta(days=2)
    answer = sanna.post("devices", form())

    assert (answer.status_code, len(rows(Device))) == (409, 2)
    assert "This event is over." in answer.text


# Changing


def test_name_lists_and_rights_hold_at_the_next_request(app, client, door, sanna, ticket, rows):
    with app.app_context():
        make_list(door.event, "dinner", "Dinner")
    code = ticket().printed
    before = results(client, door.token, scan(code), scan(code, list="dinner"))
    path = f"devices/{door.device.id}"
    answer = sanna.post(path, form(name="Maija K", lists=["dinner"]))
    after = results(client, door.token, scan(code), scan(code, list="dinner"))

    assert (answer.status_code, answer.headers["Location"]) == (303, f"/en/door/devices#phone-{door.device.id}")
    assert (before, after) == (["accepted", "error:unknown_list"], ["error:unknown_list", "accepted"])
    assert deeds(rows, door.device)[1:] == [("device.renamed", "device"), ("device.rights_changed", "device")]
    assert client.get("/api/v1/device", headers={"Authorization": f"Bearer {door.token}"}).json["device"]["name"] == "Maija K"


def test_the_right_to_supervise_is_given_and_taken(app, door, sanna):
    other = Supervisor(app, door, name="Ole", supervise=False)
    before = other.get("overview").status_code
    sanna.post(f"devices/{other.device.id}", form(supervise="yes"))
    given = other.get("overview").status_code
    sanna.post(f"devices/{other.device.id}", form())

    assert (before, given, other.get("overview").status_code) == (403, 200, 403)


def test_saving_without_a_change_notes_nothing(door, sanna, rows):
    sanna.post(f"devices/{door.device.id}", form(name="Maija Korhonen"))

    assert deeds(rows, door.device) == [("device.added", "terminal")]


def test_a_phone_does_not_shut_itself_out_unasked(sanna, rows):
    path = f"devices/{sanna.device.id}"
    asked = sanna.post(path, form(name="Sanna Virta"))
    still = sanna.get("overview").status_code
    sure = sanna.post(path, form(name="Sanna Virta", sure="yes"))

    assert (asked.status_code, still, sure.status_code, sanna.get("overview").status_code) == (422, 200, 303, 403)
    assert "Without this right it can no longer open these pages." in asked.text
    assert 'name="sure"' in asked.text


def test_a_wrong_change_is_shown_again_and_changes_nothing(door, sanna, find):
    page = sanna.post(f"devices/{door.device.id}", form(name=""))

    assert (page.status_code, find("Maija Korhonen").lists) == (422, "main-door")
    assert "Write the name of whoever holds this phone." in page.text


def test_a_phone_that_holds_scans_warns_before_a_list_is_taken(client, door, sanna):
    body = {"unsent": 3, "highest_seq": 3, "list_synced_at": None}
    client.post("/api/v1/device/report", json=body, headers={"Authorization": f"Bearer {door.token}"})

    assert "This phone still holds 3 scans." in sanna.read(f"devices/{door.device.id}")


# Ending


def test_ending_a_phone_asks_first_and_holds_at_once(client, door, sanna, ticket, rows):
    path = f"devices/{door.device.id}/revoke"
    asked = sanna.read(path)
    still = results(client, door.token, scan(ticket().printed))
    answer = sanna.post(path)
    refused = client.get("/api/v1/device", headers={"Authorization": f"Bearer {door.token}"})

    assert "From now on it admits nobody." in asked
    assert (still, answer.status_code, refused.status_code) == (["accepted"], 303, 401)
    assert deeds(rows, door.device)[1:] == [("device.revoked", "device")]
    assert "Maija Korhonen Disconnected" in sanna.read("devices")


def test_ending_twice_ends_once(door, sanna, rows):
    path = f"devices/{door.device.id}/revoke"
    answers = [sanna.post(path).status_code for _ in range(2)]

    assert (answers, len(deeds(rows, door.device))) == ([303, 303], 2)
    assert "This phone has been disconnected already." in sanna.read(path)


def test_a_phone_ends_itself_only_when_it_is_sure(sanna):
    path = f"devices/{sanna.device.id}/revoke"
    asked, unsure = sanna.read(path), sanna.post(path)
    still = sanna.get("overview").status_code
    sure = sanna.post(path, {"sure": "yes"})

    assert "This is the phone in your hand." in asked
    assert (unsure.status_code, still, sure.status_code, sanna.get("overview").status_code) == (422, 200, 303, 401)


def test_the_list_says_which_phone_is_in_the_hand(door, sanna):
    cards = html.every(sanna.get("devices"), ".card.stack[id^=phone-]")

    assert [card.get("id") for card in cards if "The phone in your hand" in html.words(card)] == [f"phone-{sanna.device.id}"]
