"""The scanner's other modes: without network, in rehearsal, with a hand scanner, on leaving, and after any trouble."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect
from sqlalchemy import update

from app.checkin.models import Admission, Device, Scan
from app.core import clock
from app.core.db import write_tx
from app.registration.models import Ticket
from tests.browser.engine import conflicts, holder, scan_elsewhere
from tests.browser.scanner import Door, counted, enrol, make_door, press, scan_by_hand, verdict, waiting
from tests.browser.served import Live
from tests.factories import minutes

# Without network


def test_verdict_of_the_phone_alone_says_offline_and_the_line_above_counts_what_waits(door: Door, phone: BrowserContext) -> None:
    page = enrol(phone, door)
    expect(page.locator("[data-net]")).to_have_text("Online")
    expect(page.locator("[data-roster]")).to_contain_text("Tickets on this phone: 4. Fetched: now.")
    phone.set_offline(True)
    scan_by_hand(page, door.codes[0])
    verdict(page, "ok", "Come in")

    expect(page.locator("[data-verdict] .tag--offline")).to_have_text("Offline")
    press(page, "Next guest")
    expect(page.locator("[data-net]")).to_have_text("Offline")
    expect(page.locator("[data-unsent]")).to_have_text("Not sent: 1")
    assert page.evaluate("() => !window.dispatchEvent(new Event('beforeunload', { cancelable: true }))")  # leaving is asked about
    phone.set_offline(False)
    page.locator("[data-network] summary").click()
    press(page, "Send now")
    expect(page.locator("[data-sent]")).to_have_text("Everything has been sent.")
    expect(page.locator("[data-unsent]")).to_be_hidden()
    assert page.evaluate("() => window.dispatchEvent(new Event('beforeunload', { cancelable: true }))")
    assert (door.count(Admission), [scan.mode for scan in door.scans()]) == (1, ["offline"])


def test_unknown_ticket_offline_asks_a_supervisor_who_lets_in_with_a_reason(door: Door, phone: BrowserContext) -> None:
    page = enrol(phone, door)
    expect(page.locator("[data-roster]")).to_contain_text("Tickets on this phone")
    phone.set_offline(True)
    scan_by_hand(page, "7" * 26)
    verdict(page, "ask", "Ask a supervisor")
    press(page, "Let in with a reason")
    press(page, "The guest is on a printed list")
    verdict(page, "ok", "Come in")
    phone.set_offline(False)
    page.evaluate("() => window.dispatchEvent(new Event('online'))")
    expect(page.locator("[data-unsent]")).to_have_text("Not sent: 0")

    assert [(scan.local, scan.result, scan.reason) for scan in door.scans()] == [
        ("accepted", "unknown", "The guest is on a printed list")
    ]
    assert conflicts(door) == [(1, "unknown")]


def test_later_answer_that_differs_is_a_notice_and_never_over_a_newer_verdict(door: Door, phone: BrowserContext) -> None:
    guest = holder(door, "Anna Berg")
    page = enrol(phone, door)
    expect(page.locator("[data-roster]")).to_contain_text("Tickets on this phone: 5")
    scan_elsewhere(door, guest.code)
    phone.set_offline(True)
    scan_by_hand(page, guest.code)
    verdict(page, "ok", "Come in")
    scan_by_hand(page, "7" * 26)
    verdict(page, "ask", "Ask a supervisor")
    phone.set_offline(False)
    page.evaluate("() => window.dispatchEvent(new Event('online'))")
    expect(page.locator("[data-corrections-list] li").first).to_contain_text("Already checked in · A. B.")

    expect(page.locator(".verdict__word")).to_have_text("Ticket not found")  # the newest scan's own answer, no longer the phone's
    page.keyboard.press("Escape")
    expect(page.locator("[data-corrections]")).to_contain_text("This phone had let the guest in. A supervisor sees it, too.")
    expect(page.locator(".log__text").nth(1)).to_contain_text("Already checked in")
    press(page, "I have seen it")
    expect(page.locator("[data-corrections]")).to_be_hidden()
    assert conflicts(door) == [(1, "already_in")]


def test_what_waits_for_long_may_be_saved_to_a_file(door: Door, phone: BrowserContext) -> None:
    page = enrol(phone, door)
    page.clock.install(time=clock.now() - minutes(11))
    page.reload()
    expect(page.locator("[data-roster]")).to_contain_text("Tickets on this phone: 4")
    phone.set_offline(True)
    scan_by_hand(page, door.codes[0])
    verdict(page, "ok", "Come in")
    page.clock.set_system_time(clock.now())
    press(page, "Next guest")
    page.get_by_label("Going out").check()
    page.clock.run_for(6000)
    expect(page.locator("[data-stuck]")).to_contain_text("Waiting for a long time on this phone: 1.")
    with page.expect_download() as download:
        page.locator("[data-stuck]").get_by_role("button").click()

    saved = json.loads(Path(download.value.path()).read_text("utf-8"))
    assert [(scan["code"], scan["local"]) for scan in saved["scans"]] == [(door.codes[0], "accepted")]


# Rehearsal


def test_rehearsal_looks_different_and_counts_nobody(door: Door, phone: BrowserContext) -> None:
    page = enrol(phone, door)
    press(page, "More")
    page.get_by_role("switch", name="Rehearsal").click()
    page.keyboard.press("Escape")
    expect(page.locator(".rehearsal__word")).to_be_in_viewport()
    stripes = "() => getComputedStyle(document.querySelector('[data-door]'), '::before').borderImageSource"
    assert "repeating-linear-gradient" in page.evaluate(stripes)
    scan_by_hand(page, door.codes[0])
    verdict(page, "ok", "Come in")
    expect(page.locator("[data-verdict] .tag--rehearsal")).to_have_text("Rehearsal")
    page.keyboard.press("Escape")
    press(page, "+1 without a ticket")
    expect(page.locator("[data-crowd-count]")).to_have_text("1")
    press(page, "End the rehearsal")
    expect(page.locator(".rehearsal__word")).to_be_hidden()
    expect(page.locator("[data-crowd-count]")).to_have_text("0")
    page.wait_for_timeout(3000)
    scan_by_hand(page, door.codes[0])
    verdict(page, "ok", "Come in")

    assert [(scan.rehearsal, scan.result) for scan in door.scans()] == [(True, "accepted"), (False, "accepted")]
    assert (door.count(Admission), counted(door)) == (1, [(1, True)])


def test_rehearsal_asks_to_be_ended_when_the_list_opens(live: Live, phone: BrowserContext) -> None:
    door = make_door(live, opens_at=clock.now() + minutes(0.15))
    page = enrol(phone, door)
    press(page, "More")
    page.get_by_role("switch", name="Rehearsal").click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("alert")).to_be_hidden()
    expect(page.get_by_role("alert")).to_contain_text("This list is open now.", timeout=15_000)
    page.get_by_role("button", name="Go on rehearsing").click()
    expect(page.get_by_role("alert")).to_be_hidden()

    expect(page.locator(".rehearsal__word")).to_be_visible()


def test_rehearsal_ticket_is_named_at_the_real_door(live: Live, door: Door, phone: BrowserContext) -> None:
    with live.rows(), write_tx() as session:
        session.execute(update(Ticket).where(Ticket.reference == door.references[0]).values(rehearsal=True))
    page = enrol(phone, door)
    scan_by_hand(page, door.codes[0])
    verdict(page, "ok", "Come in")

    expect(page.locator("[data-verdict] .tag--rehearsal")).to_have_text("Ticket for rehearsals")


# More


def test_phone_leaves_only_when_everything_was_sent(door: Door, phone: BrowserContext) -> None:
    page = enrol(phone, door)
    expect(page.locator("[data-roster]")).to_contain_text("Tickets on this phone")
    phone.set_offline(True)
    scan_by_hand(page, door.codes[0])
    verdict(page, "ok", "Come in")
    page.keyboard.press("Escape")
    press(page, "More")
    press(page, "Stop using this phone as a scanner")
    expect(page.locator("[data-leave-said]")).to_contain_text("This phone holds scans that have not been sent: 1.")
    assert len(waiting(page)) == 1
    phone.set_offline(False)
    page.evaluate("() => window.dispatchEvent(new Event('online'))")
    expect(page.locator("[data-unsent]")).to_have_text("Not sent: 0")
    page.on("dialog", lambda dialog: dialog.accept())
    press(page, "Stop using this phone as a scanner")

    expect(page.get_by_role("heading", name="This phone is not a scanner yet")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="This phone is not a scanner yet")).to_be_visible()


def test_menu_leads_supervisors_to_their_pages_and_nobody_else(door: Door, phone: BrowserContext) -> None:
    page = enrol(phone, door)
    press(page, "More")
    expect(page.get_by_role("link", name="Test this phone")).to_have_attribute("href", "/en/door/test")
    expect(page.get_by_role("link", name="Conflicts")).to_be_hidden()
    with door.live.rows(), write_tx() as session:
        session.execute(update(Device).where(Device.event_id == door.event_id).values(may_supervise=True))
    page.reload()
    press(page, "More")

    hrefs = (
        page.get_by_role("dialog").get_by_role("link").evaluate_all("(links) => links.map((link) => link.getAttribute('href'))")
    )
    assert hrefs == ["/en/door/test", "/en/door/overview", "/en/door/conflicts", "/en/door/devices"]


# Hand scanner


def test_hand_scanner_is_heard_anywhere_on_the_page(door: Door, phone: BrowserContext) -> None:
    page = enrol(phone, door)
    page.get_by_role("button", name="More").focus()
    scan_by_hand(page, door.prefix + door.codes[0])
    verdict(page, "ok", "Come in")
    scan_by_hand(page, door.prefix + door.codes[0])  # read twice by one pull of the trigger
    scan_by_hand(page, door.codes[1])
    expect(page.locator(".log__row--ok")).to_have_count(2)

    assert [scan.result for scan in door.scans()] == ["accepted", "accepted"]


def test_keys_of_a_person_are_no_scan_and_fields_keep_theirs(door: Door, phone: BrowserContext) -> None:
    page = enrol(phone, door)
    page.keyboard.type(door.codes[0][:8], delay=120)
    press(page, "Find a name")
    page.get_by_label("Name of the guest").focus()
    page.keyboard.type(door.codes[1])

    expect(page.get_by_label("Name of the guest")).to_have_value(door.codes[1])
    assert door.count(Scan) == 0


# After an error


@pytest.mark.parametrize("trouble", ["503", "no JSON", "lost", "slow", "page"])
def test_next_scan_works_after_any_trouble(door: Door, phone: BrowserContext, trouble: str) -> None:
    page = enrol(phone, door)
    acts = {
        "503": lambda route: route.fulfill(status=503, json={"code": "unavailable"}, headers={"Retry-After": "1"}),
        "no JSON": lambda route: route.fulfill(status=200, body="<html>captive portal</html>", content_type="text/html"),
        "lost": lambda route: (route.fetch(), route.abort()),
        "slow": lambda route: None,
        "page": lambda route: route.fulfill(status=200, json={"results": []}),
    }
    expect(page.locator("[data-roster]")).to_contain_text("Tickets on this phone: 4")
    phone.route("**/api/v1/scans", acts[trouble])
    scan_by_hand(page, door.codes[0])
    verdict(page, "ok", "Come in")
    expect(page.locator("[data-verdict] .tag--offline")).to_be_visible()
    phone.unroute("**/api/v1/scans")
    page.evaluate("() => window.dispatchEvent(new Event('online'))")
    press(page, "Next guest")
    expect(page.locator("[data-unsent]")).to_have_text("Not sent: 0", timeout=25_000)
    scan_by_hand(page, door.codes[1])
    verdict(page, "ok", "Come in")

    expect(page.locator("[data-verdict] .tag--offline")).to_have_count(0)
    assert (door.count(Admission), waiting(page)) == (2, [])


def test_scan_that_the_server_refuses_to_read_says_so_and_the_next_works(door: Door, phone: BrowserContext) -> None:
    page = enrol(phone, door)
    phone.route(
        "**/api/v1/scans",
        lambda route: route.fulfill(status=400, body='{"code": "no_batch"}', content_type="application/problem+json"),
    )
    scan_by_hand(page, door.codes[0])
    verdict(page, "bad", "This could not be checked")
    expect(page.locator(".verdict__message")).to_contain_text("The server did not accept this scan.")
    phone.unroute("**/api/v1/scans")
    press(page, "Next guest")
    scan_by_hand(page, door.codes[1])
    verdict(page, "ok", "Come in")

    assert door.count(Admission) == 1


def test_conflict_is_not_made_by_trouble_alone(door: Door, phone: BrowserContext) -> None:
    page = enrol(phone, door)
    expect(page.locator("[data-roster]")).to_contain_text("Tickets on this phone: 4")
    phone.route("**/api/v1/scans", lambda route: (route.fetch(), route.abort()))
    scan_by_hand(page, door.codes[0])
    verdict(page, "ok", "Come in")
    phone.unroute("**/api/v1/scans")
    page.evaluate("() => window.dispatchEvent(new Event('online'))")
    expect(page.locator("[data-unsent]")).to_have_text("Not sent: 0", timeout=25_000)

    expect(page.locator("[data-corrections]")).to_be_hidden()
    assert conflicts(door) == []
