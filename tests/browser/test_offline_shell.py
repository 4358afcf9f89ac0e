"""The scanner that opens without a network: its service worker, a killed browser, new versions, and what lies on the phone."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, Playwright, expect

from app.audit.models import GUEST
from app.checkin.models import Admission
from app.config import local_addresses
from app.registration import service as registration
from tests.browser import camera
from tests.browser.conftest import ARGS, serving
from tests.browser.engine import (
    attach,
    conflicts,
    enrolled,
    flush,
    holder,
    more_tickets,
    open_engine,
    scan,
    scan_elsewhere,
    status,
)
from tests.browser.scanner import PHONE, Door, enrol, faults, make_door, start, type_code, verdict
from tests.browser.served import Live, new_context, watch
from tests.checks.chromium import CHROMIUM
from tests.transactions import do

PAGES = ["/en/door/", "/en/door/test", "/en/door/manifest.webmanifest", "/door/lines.json"]
READY = f"""() => navigator.serviceWorker.controller
  && Promise.all({PAGES}.map((path) => caches.match(path))).then((found) => found.every(Boolean))"""
STRANGER = "0123456789ABCDEFGHJKMNPQRS"
DUMP = """async () => {
  const db = await new Promise((done) => { indexedDB.open("door").onsuccess = (event) => done(event.target.result); });
  const all = {};
  for (const name of db.objectStoreNames) {
    const request = db.transaction(name).objectStore(name).getAll();
    const keys = db.transaction(name).objectStore(name).getAllKeys();
    await new Promise((done) => { keys.onsuccess = done; });
    all[name] = [keys.result, request.result];
  }
  const kept = [];
  for (const name of await caches.keys())
    for (const request of await (await caches.open(name)).keys()) kept.push(new URL(request.url).pathname);
  return JSON.stringify([all, { ...localStorage }, kept]);
}"""


def until(page: Page, question: str) -> None:
    """Ask the page until it says yes; the question may be answered by a promise."""
    deadline = time.monotonic() + 40
    while time.monotonic() < deadline:
        with suppress(Error):  # the page is being loaded anew
            if page.evaluate(question):
                return
        page.wait_for_timeout(50)
    raise AssertionError(question)


def prepared(phone: BrowserContext, door: Door) -> Page:
    """A scanner that has everything it needs to be without a network."""
    page = enrol(phone, door)
    until(page, READY)
    expect(page.locator("[data-roster]")).to_contain_text("Tickets on this phone:")
    return page


@contextmanager
def real_phone(playwright: Playwright, profile: Path) -> Iterator[BrowserContext]:
    """A browser with a profile of its own, as it lies on a phone; closed at the end unless it was killed."""
    context = playwright.chromium.launch_persistent_context(
        profile, executable_path=str(CHROMIUM), args=ARGS, viewport=PHONE, locale="en-GB", reduced_motion="reduce",  # type: ignore[arg-type]
    )  # fmt: skip
    try:
        yield context
    finally:
        if processes(profile):
            context.close()


def processes(profile: Path) -> list[int]:
    """The browser that runs on this profile, without its helpers."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if f"--user-data-dir={profile}".encode() in words and not any(word.startswith(b"--type=") for word in words):
            found.append(int(entry.name))
    return found


def kill(profile: Path) -> None:
    """As if the battery had fallen out."""
    for process in processes(profile):
        os.kill(process, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while processes(profile) and time.monotonic() < deadline:
        time.sleep(0.05)


def wait_for_cookie(profile: Path) -> None:
    """Until Chromium has written the phone's cookie to the disk, which it does within thirty seconds."""
    deadline = time.monotonic() + 45
    while time.monotonic() < deadline:
        for file in profile.glob("Default/**/Cookies"):
            with sqlite3.connect(f"file:{file}?mode=ro&immutable=1", uri=True) as database:
                if database.execute("SELECT count(*) FROM cookies WHERE name = 'device'").fetchone()[0]:
                    return
        time.sleep(0.5)
    raise AssertionError("the cookie never reached the disk")


# Opening without a network


def test_scanner_opens_without_network_and_scans(door: Door, phone: BrowserContext) -> None:
    page = prepared(phone, door)
    phone.set_offline(True)
    page.reload()
    seen = watch(page, door.live)
    start(page)
    camera.show(page, door.prefix + door.codes[0])

    verdict(page, "ok", "Come in")
    assert page.evaluate("() => document.fonts.check('1rem Pearl')")
    assert [fault for fault in seen.found if "net::ERR_INTERNET_DISCONNECTED" not in fault] == []


def test_service_worker_touches_only_the_door(door: Door, phone: BrowserContext) -> None:
    page = prepared(phone, door)
    kept = json.loads(page.evaluate(DUMP))[2]

    outside = [path for path in kept if not path.startswith(f"/static/{door.live.app.extensions['assets'].build}/")]
    assert sorted(outside) == [
        "/door/lines.json", "/door/worker.js", "/en/door/", "/en/door/manifest.webmanifest", "/en/door/test",
    ]  # fmt: skip
    phone.set_offline(True)
    for path in ("/en/", "/en/events/kaskinen-today/", "/api/v1/openapi.json"):
        assert page.evaluate("(path) => fetch(path).then(() => 'answered', () => 'nothing')", path) == "nothing"


def test_manifest_and_icons_are_what_a_phone_asks_for(door: Door, phone: BrowserContext) -> None:
    page = phone.new_page()
    page.goto(door.live.at("/lv/door/"))
    found = phone.new_cdp_session(page).send("Page.getAppManifest")
    described = json.loads(found["data"])

    assert found["errors"] == []
    assert (described["lang"], described["start_url"], described["id"]) == ("lv", "/lv/door/", "/door/")
    for icon in described["icons"]:
        side = int(icon["sizes"].split("x")[0])
        sizes = page.evaluate("""async (src) => { const picture = new Image(); picture.src = src; await picture.decode();
          return [picture.naturalWidth, picture.naturalHeight]; }""", icon["src"])  # fmt: skip
        assert sizes == [side, side]


# A killed browser


def test_killed_browser_loses_nothing_and_phone_and_server_agree(
    door: Door, playwright: Playwright, browser: Browser, tmp_path: Path
) -> None:
    profile, codes = tmp_path / "phone", more_tickets(door, 220)
    given_back = [holder(door, f"Guest {number}") for number in range(3)]
    address = door.live.at(f"/en/door/enrol#{door.token()}")
    with real_phone(playwright, profile) as phone:
        page = phone.new_page()
        page.add_init_script(camera.CANVAS)
        page.goto(address)
        page.get_by_role("button", name="Make this phone a scanner").click()
        refuse_second_browser(browser, address)
        start(page)
        camera.show(page, door.prefix + door.codes[0])
        verdict(page, "ok", "Come in")
        camera.show(page, None)
        until(page, READY)
        attach(page, door)
        assert status(page)["rosterSize"] == 227
        phone.set_offline(True)
        for code in codes[:5]:  # behind the back of this phone
            scan_elsewhere(door, code)
        with door.live.rows():
            for guest in given_back:
                do(registration.cancel, guest.registration_id, GUEST)
        heard = offline_scans(page, [*codes[:200], *(guest.code for guest in given_back), *codes[50:60]])
        assert heard == ["accepted"] * 203 + ["already_in"] * 10
        scan(page, STRANGER, override=True, reason="On the printed list")
        wait_for_cookie(profile)
        kill(profile)
    with real_phone(playwright, profile) as phone:
        phone.set_offline(True)
        page = phone.new_page()
        page.goto(door.live.at("/en/door/"))
        expect(page.locator("[data-unsent]")).to_contain_text("Not sent: 214")
        for code, tone, word in ((codes[60], "ask", "Already checked in"), *((code, "ok", "Come in") for code in codes[200:205])):
            type_code(page, code)
            verdict(page, tone, word)
            page.get_by_role("button", name="Next guest").click()
        phone.set_offline(False)
        page.evaluate("() => window.dispatchEvent(new Event('online'))")
        expect(page.locator("[data-unsent]")).to_be_hidden(timeout=20_000)

    mine = [it for it in door.scans() if it.mode == "offline" or it.seq == 1 and it.device_id != elsewhere(door)]
    assert sorted(it.seq for it in mine if it.mode == "offline") == list(range(2, 222))
    assert len({it.id for it in mine}) == len(mine)
    found = conflicts(door)
    assert [kind for _, kind in found] == ["already_in"] * 5 + ["cancelled"] * 3 + ["unknown"]
    assert [seq for seq, _ in found] == [2, 3, 4, 5, 6, 202, 203, 204, 215]
    assert [it.result for it in door.scans() if it.local == "rejected"] == ["already_in"] * 11
    assert door.count(Admission) == 1 + 200 + 5


def elsewhere(door: Door) -> Any:
    """The device of the five scans that other phones made: they have the number 1 too."""
    scans = [it for it in door.scans() if it.mode == "online"]
    return scans[-1].device_id


def refuse_second_browser(browser: Browser, address: str) -> None:
    """The same one-time address on somebody else's phone."""
    other = new_context(browser)
    page = other.new_page()
    page.goto(address)
    page.get_by_role("button", name="Make this phone a scanner").click()
    expect(page.get_by_role("alert")).to_contain_text("This code does not work any more")
    other.close()


def offline_scans(page: Page, codes: list[str]) -> list[str]:
    """One after the other; what the phone answered."""
    heard: list[str] = page.evaluate("""async (codes) => {
      const heard = [];
      for (const code of codes) heard.push((await engine.scan({ list: "main-door", code })).result);
      return heard;
    }""", codes)  # fmt: skip
    return heard


# What lies on the phone


def test_nothing_on_the_phone_names_a_guest_or_opens_a_door(door: Door, phone: BrowserContext) -> None:
    guests = [
        holder(door, name, needs=("wheelchair",), tell_door=True) for name in ("Aino Mäkelä", "Bengt Åström", "Ilze Kalniņa")
    ]
    page = enrolled(phone, door, install=True)
    sent, waiting, other = (guest.code for guest in guests)
    scan(page, sent)
    phone.set_offline(True)
    scan(page, waiting)
    before = page.evaluate(DUMP)
    phone.set_offline(False)
    flush(page)
    after = page.evaluate(DUMP)
    token = next(it["value"] for it in phone.cookies() if it["name"] == "device")

    for dump in (before, after):
        assert [word for word in ("Mäkelä", "Åström", "Kalniņa", "wheelchair", sent, other, token) if word in dump] == []
    assert (waiting in before, waiting in after) == (True, False)  # needed to be sent, dropped with the answer
    assert json.loads(after)[0]["roster"][0] != []


# A new version


def test_new_version_waits_while_anything_is_unsent(door: Door, phone: BrowserContext) -> None:
    page = prepared(phone, door)
    attach(page, door, install=True)
    phone.set_offline(True)
    scan(page, door.codes[0])
    phone.route("**/api/v1/scans", lambda route: route.fulfill(status=503, json={}))
    phone.set_offline(False)
    assets = door.live.app.extensions["assets"]
    build, cache = assets.build, door.live.app.extensions["pagecache"]
    try:
        assets.build = "0123456789ab"
        cache.clear()
        page.evaluate("() => navigator.serviceWorker.getRegistration().then((it) => it.update())")
        until(page, "() => navigator.serviceWorker.getRegistration().then((it) => Boolean(it.waiting))")
        assert (page.evaluate("() => engine.update()"), status(page)["updateReady"]) == (False, False)
        expect(page.get_by_role("button", name="Load the new version")).to_be_hidden()
        phone.unroute("**/api/v1/scans")
        flush(page)
        page.locator("[data-network] summary").click()
        page.get_by_role("button", name="Load the new version").click()
        until(page, "() => caches.keys().then((names) => names.join() === 'door-0123456789ab')")
        until(page, "() => document.querySelector('link[rel=stylesheet]').href.includes('/static/0123456789ab/')")
    finally:
        assets.build = build
        cache.clear()
    assert [it.result for it in door.scans()] == ["accepted"]


def test_kill_switch_takes_the_service_worker_off_the_phone(door: Door, phone: BrowserContext) -> None:
    page = prepared(phone, door)
    extensions = door.live.app.extensions
    settings = extensions["settings"]
    try:
        extensions["settings"] = type(settings)(
            **{name: getattr(settings, name) for name in settings.__dataclass_fields__ if name != "service_worker"},
            service_worker=False,
        )
        extensions["pagecache"].clear()
        page.evaluate("() => navigator.serviceWorker.getRegistration().then((it) => it.update())")
        until(page, "() => navigator.serviceWorker.getRegistration().then((it) => !it)")
        assert page.evaluate("() => caches.keys()") == []
    finally:
        extensions["settings"] = settings
        extensions["pagecache"].clear()


# The test of a phone


def test_phone_is_said_to_be_ready_when_everything_was_tried(door: Door, phone: BrowserContext) -> None:
    page = prepared(phone, door)
    page.goto(door.live.at("/en/door/test"))
    summary = page.locator("[data-sum]")
    expect(summary).to_contain_text("Please try camera and sound as well")
    page.get_by_role("button", name="Test the camera").click()
    camera.show(page, door.prefix + door.codes[0])
    expect(page.locator("[data-check=code]")).to_contain_text("The ticket was read.")
    page.get_by_role("button", name="Play the three signals").click()

    expect(summary).to_have_text("This phone is ready for the door, even without a network.")
    for name in ("offline", "list", "network", "clock", "camera", "code", "sound"):
        expect(page.locator(f"[data-check={name}]")).to_have_attribute("data-state", "ok")
    assert door.count(Admission) == 0
    assert faults(page) == []


def test_phone_without_answer_is_told_what_is_missing(door: Door, phone: BrowserContext) -> None:
    page = prepared(phone, door)
    phone.set_offline(True)
    page.goto(door.live.at("/en/door/test"))

    expect(page.locator("[data-check=network]")).to_contain_text("No answer from the server.")
    expect(page.locator("[data-check=list]")).to_have_attribute("data-state", "ok")
    expect(page.locator("[data-sum]")).to_contain_text("This phone can be used at the door.")


def test_stranger_is_told_that_this_phone_is_no_scanner(live: Live, phone: BrowserContext) -> None:
    page = phone.new_page()
    page.goto(live.at("/en/door/test"))

    expect(page.locator("[data-sum]")).to_have_text("This phone is not a scanner yet")


# Plain http on the local network


@pytest.fixture
def lan(tmp_path: Path) -> Iterator[Live]:
    """The demo under this machine's own address, as another phone on the network opens it: not a secure context."""
    with serving((*local_addresses(), "127.0.0.1")[0], tmp_path / "lan.sqlite3") as served:
        yield served


def test_plain_http_keeps_scans_but_looks_nothing_up(lan: Live, phone: BrowserContext) -> None:
    door = make_door(lan)
    page = enrolled(phone, door)
    online = scan(page, door.codes[0])
    phone.set_offline(True)
    alone = scan(page, door.codes[1])
    let_in = scan(page, door.codes[1], override=True, reason="A supervisor knows this guest")

    assert page.evaluate("() => [window.isSecureContext, engine.status.rosterReady, engine.status.persisted]") == [
        False,
        False,
        True,
    ]
    assert [it["result"] for it in (online, alone, let_in)] == ["accepted", "unheard", "accepted"]
    phone.set_offline(False)
    assert flush(page)
    assert [(it.local, it.result) for it in door.scans()] == [(None, "accepted"), ("accepted", "accepted")]
    other = open_engine(phone, door, "/en/door/test")
    expect(other.locator("[data-check=offline]")).to_have_attribute("data-state", "fault")
