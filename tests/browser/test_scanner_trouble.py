"""The scanner when something is wrong: no answer, a phone that is no scanner, a used address, no script, no secure connection."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import update

from app.audit.models import TERMINAL
from app.checkin.models import Admission, Device, Scan
from app.config import local_addresses
from app.core import clock
from app.core.db import write_tx
from app.desk import deletion
from tests.browser import camera
from tests.browser.conftest import serving
from tests.browser.scanner import Door, enrol, make_door, start, type_code, verdict, waiting
from tests.browser.served import Live, new_context, watch
from tests.transactions import do

# No answer


def with_list(phone: BrowserContext, door: Door) -> Page:
    """A scanner that has fetched its list."""
    page = enrol(phone, door)
    expect(page.locator("[data-roster-text]")).to_contain_text("Tickets on this phone: 4.")
    return page


def test_scan_without_network_is_judged_by_the_phone_and_sent_once_under_its_own_id(door: Door, phone: BrowserContext) -> None:
    page = with_list(phone, door)
    phone.set_offline(True)
    type_code(page, door.codes[0])
    verdict(page, "ok", "Come in")
    expect(page.locator("[data-net]")).to_have_text("Offline")
    expect(page.locator("[data-unsent]")).to_have_text("Not sent: 1")
    (identity,) = waiting(page)

    phone.set_offline(False)
    expect(page.locator("[data-unsent]")).to_be_hidden(timeout=20_000)

    assert [(str(scan.id), scan.result, scan.mode, scan.local) for scan in door.scans()] == [
        (identity, "accepted", "offline", "accepted")
    ]
    assert waiting(page) == []


def test_answer_that_got_lost_is_asked_for_again_and_counts_once(door: Door, phone: BrowserContext) -> None:
    page = with_list(phone, door)
    phone.route("**/api/v1/scans", lambda route: (route.fetch(), route.abort()))  # the server has it; the answer is lost
    type_code(page, door.codes[0])
    verdict(page, "ok", "Come in")
    assert len(waiting(page)) == 1
    phone.unroute("**/api/v1/scans")
    page.reload()
    expect(page.locator(".log__row--ok")).to_have_count(1)
    page.wait_for_function("() => document.querySelector('[data-unsent]').hidden", timeout=20_000)

    assert (door.count(Scan), door.count(Admission), waiting(page)) == (1, 1, [])


def test_slow_server_is_not_waited_for_longer_than_two_and_a_half_seconds(door: Door, phone: BrowserContext) -> None:
    page = with_list(phone, door)
    asked = threading.Event()
    phone.route("**/api/v1/scans", lambda route: asked.set())  # never answered
    began = clock.now()
    type_code(page, door.codes[0])
    verdict(page, "ok", "Come in")

    assert asked.is_set()
    assert 2 <= (clock.now() - began).total_seconds() < 4.5
    assert len(waiting(page)) == 1


def test_server_error_keeps_the_scan_and_a_reference_must_be_asked_for(door: Door, phone: BrowserContext) -> None:
    page = with_list(phone, door)
    phone.route("**/api/v1/scans", lambda route: route.fulfill(status=503, json={"code": "unavailable"}))
    type_code(page, door.references[0])

    verdict(page, "ask", "Ask a supervisor")
    assert len(waiting(page)) == 1
    assert door.count(Scan) == 0


@pytest.mark.parametrize("status", [200, 400, 401, 403, 413])
def test_sign_in_page_of_a_wifi_neither_ends_the_scanner_nor_takes_its_scans(
    door: Door, phone: BrowserContext, status: int
) -> None:
    page = with_list(phone, door)
    phone.route("**/api/v1/**", lambda route: route.fulfill(status=status, content_type="text/html", body="<h1>Sign in</h1>"))
    type_code(page, door.references[1])
    verdict(page, "ask", "Ask a supervisor")
    said = page.locator(".verdict__message").last.inner_text()
    type_code(page, door.codes[0])
    verdict(page, "ok", "Come in")
    expect(page.locator("[data-net]")).to_have_text("Offline")
    expect(page.locator("[data-unsent]")).to_have_text("Not sent: 2")
    phone.unroute("**/api/v1/**")
    page.keyboard.press("Escape")
    page.locator("[data-network] summary").click()
    page.get_by_role("button", name="Send now").click()
    expect(page.locator("[data-unsent]")).to_be_hidden()

    assert said.startswith("Something else answered instead of the server.")
    assert [(scan.result, scan.mode) for scan in door.scans()] == [("accepted", "offline"), ("accepted", "offline")]
    expect(page.get_by_role("button", name="Start scanning")).to_be_visible()


def test_reference_typed_without_network_is_judged_when_it_is_delivered(door: Door, phone: BrowserContext) -> None:
    page = with_list(phone, door)
    phone.set_offline(True)
    type_code(page, door.references[0])
    verdict(page, "ask", "Ask a supervisor")
    phone.set_offline(False)
    expect(page.locator("[data-unsent]")).to_be_hidden(timeout=20_000)

    expect(page.locator(".log__row")).to_contain_text("Come in")
    assert [(scan.result, scan.typed) for scan in door.scans()] == [("accepted", True)]


def test_first_click_that_cannot_be_sent_says_offline(door: Door, phone: BrowserContext) -> None:
    page = with_list(phone, door)
    expect(page.locator("[data-net]")).to_have_text("Online")
    phone.set_offline(True)
    page.get_by_role("button", name="+1 without a ticket").click()

    expect(page.locator("[data-unsent]")).to_have_text("Not sent: 1")
    expect(page.locator("[data-net]")).to_have_text("Offline", timeout=1000)


def test_click_that_nobody_answers_says_offline_after_two_and_a_half_seconds(door: Door, phone: BrowserContext) -> None:
    page = with_list(phone, door)
    phone.route("**/api/v1/headcounts", lambda route: None)  # never answered
    page.get_by_role("button", name="+1 without a ticket").click()

    expect(page.locator("[data-net]")).to_have_text("Offline", timeout=4000)


# This phone


def revoke(door: Door) -> None:
    """The organiser ends every phone of this event."""
    with door.live.rows(), write_tx() as session:
        session.execute(update(Device).where(Device.event_id == door.event_id).values(revoked_at=clock.now()))


def test_revoked_phone_stops_scanning_and_says_so(door: Door, phone: BrowserContext) -> None:
    page = enrol(phone, door)
    start(page)
    revoke(door)
    camera.show(page, door.prefix + door.codes[0])

    expect(page.get_by_role("heading", name="This phone is no longer set up as a scanner")).to_be_visible()
    assert page.evaluate("() => window.cameraTracks.map((track) => track.readyState)") == ["ended"]
    assert door.count(Admission) == 0


def test_phone_of_a_deleted_event_says_so_and_keeps_what_it_could_not_deliver(door: Door, phone: BrowserContext) -> None:
    """It asks again now and then, not all the time."""
    page = with_list(phone, door)
    sent: list[str] = []
    phone.set_offline(True)
    type_code(page, door.codes[0])
    verdict(page, "ok", "Come in")
    with door.live.rows():
        do(deletion.delete_event, door.event_id, TERMINAL, force=True)
    page.on("request", lambda request: sent.append(request.url) if "/api/" in request.url else None)
    phone.set_offline(False)

    expect(page.get_by_role("heading", name="This phone is no longer set up as a scanner")).to_be_visible(timeout=20_000)
    expect(page.locator("[data-kept]")).to_have_text("Not sent: 1")
    page.wait_for_timeout(5_000)
    assert (len(waiting(page)), 0 < len(sent) <= 8) == (1, True), sent
    page.reload()
    expect(page.get_by_role("heading", name="This phone is no longer set up as a scanner")).to_be_visible()
    expect(page.locator("[data-kept]")).to_have_text("Not sent: 1")
    with page.expect_download() as download:
        page.locator("[data-stranger]").get_by_role("button", name="Save unsent scans to a file").click()
    saved = json.loads(download.value.path().read_text("utf-8"))
    assert [(scan["code"], scan["mode"], scan["local"]) for scan in saved["scans"]] == [(door.codes[0], "offline", "accepted")]


def test_phone_that_was_never_set_up_asks_nothing_and_says_how(live: Live, phone: BrowserContext) -> None:
    page = phone.new_page()
    seen, asked = watch(page, live), list[str]()
    page.on("request", lambda request: asked.append(request.url))
    page.goto(live.at("/en/door/"))

    expect(page.get_by_role("heading", name="This phone is not a scanner yet")).to_be_visible()
    assert [url for url in asked if "/api/" in url] == []
    assert seen.found == []


def test_enrolment_address_works_once(door: Door, phone: BrowserContext, browser: Browser) -> None:
    address = door.live.at(f"/en/door/enrol#{door.token()}")
    pages = [phone.new_page(), new_context(browser).new_page()]
    sent: list[str] = []
    for page in pages:
        page.on("request", lambda request: sent.append(request.url))
        page.goto(address)
        page.get_by_role("button", name="Make this phone a scanner").click()

    expect(pages[0]).to_have_url(door.live.at("/en/door/"))
    expect(pages[1].get_by_role("alert")).to_contain_text("This code does not work any more")
    assert [url for url in sent if "#" in url] == []
    pages[1].context.close()


def test_enrolment_address_without_its_token_says_what_is_missing(live: Live, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(live.at("/en/door/enrol"))

    expect(page.get_by_role("alert")).to_contain_text("This address lacks its secret part.")
    expect(page.get_by_role("button", name="Make this phone a scanner")).to_be_hidden()


def test_scanner_enrolled_again_is_told_what_it_is(door: Door, phone: BrowserContext) -> None:
    enrol(phone, door)
    page = phone.new_page()
    page.goto(door.live.at(f"/en/door/enrol#{door.token()}"))

    expect(page.get_by_text("This phone is a scanner already: Maija Korhonen, Midsummer ceremony.")).to_be_visible()


@pytest.mark.parametrize("path", ["/en/door/", "/en/door/enrol"])
def test_door_without_javascript_says_what_it_needs(live: Live, browser: Browser, path: str) -> None:
    context = new_context(browser, java_script_enabled=False)
    page = context.new_page()
    page.goto(live.at(path))

    expect(page.get_by_text("The scanner needs JavaScript.")).to_be_visible()
    context.close()


# Plain http on the local network


@pytest.fixture
def lan(tmp_path: Path) -> Iterator[Live]:
    """The demo under this machine's own address, as another phone on the network opens it: not a secure context."""
    with serving((*local_addresses(), "127.0.0.1")[0], tmp_path / "lan.sqlite3") as served:
        yield served


def test_plain_http_says_why_there_is_no_camera_and_takes_typed_codes(lan: Live, phone: BrowserContext) -> None:
    door = make_door(lan)
    page = phone.new_page()
    page.goto(lan.at(f"/en/door/enrol#{door.token()}"))
    page.get_by_role("button", name="Make this phone a scanner").click()

    expect(page.locator("[data-note]")).to_contain_text("The camera works only over a secure connection")
    expect(page.get_by_role("button", name="Start scanning")).to_be_hidden()
    assert page.evaluate("() => [window.isSecureContext, typeof crypto.randomUUID]") == [False, "undefined"]
    type_code(page, door.references[0])
    verdict(page, "ok", "Come in")
    upload = {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": camera.photo(door.prefix + door.codes[1])}
    page.set_input_files("#door-photo", files=upload)  # type: ignore[arg-type]
    expect(page.locator(".log__row--ok")).to_have_count(2)
