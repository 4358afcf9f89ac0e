"""The scanner in a real browser, under the strict policy: a camera that shows real tickets, typing, photos, and the answers."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, BrowserType, Route, expect
from sqlalchemy import update

from app.checkin import service
from app.checkin.models import Admission, Scan
from app.core import clock
from app.core.db import write_tx
from app.registration.models import Ticket
from tests.browser import camera
from tests.browser.conftest import ARGS
from tests.browser.fit import double_text, misfits
from tests.browser.scanner import PHONE, Door, enrol, faults, make_door, press, start, type_code, verdict
from tests.browser.served import Live, new_context, watch
from tests.checks.chromium import CHROMIUM, WHOLE
from tests.conftest import ROOT
from tests.factories import minutes

# What is read


def test_javascript_reads_codes_by_the_same_table_as_python(live: Live, context: BrowserContext) -> None:
    table = json.loads((ROOT / "tests" / "data" / "code_cases.json").read_text("utf-8"))
    page = context.new_page()
    page.goto(live.at("/en/door/"))
    module = live.at("/static/any/js/door/codes.js")

    read = page.evaluate(
        """async ([module, {hosts, cases}]) => { const {readCode, readReference} = await import(module);
        return cases.map(({text}) => [readCode(text, hosts), readReference(text)]); }""",
        [module, table],
    )

    assert read == [[case["code"], case["reference"]] for case in table["cases"]]


# The camera


def test_real_camera_path_admits_a_ticket_and_knows_it_the_second_time(
    live: Live, door: Door, browser_type: BrowserType, tmp_path: Path
) -> None:
    film = camera.film(tmp_path / "ticket.mjpeg", door.prefix + door.codes[0])
    chromium = browser_type.launch(executable_path=str(CHROMIUM), args=[*ARGS, f"--use-file-for-fake-video-capture={film}"])
    phone = new_context(chromium, width=PHONE["width"], height=PHONE["height"], permissions=["camera"])
    page = enrol(phone, door, script="")
    seen = watch(page, live)

    start(page)
    verdict(page, "ok", "Come in")
    page.reload()
    start(page)
    verdict(page, "ask", "Already checked in")

    assert (door.count(Scan), door.count(Admission)) == (2, 1)
    assert seen.found == []
    chromium.close()


def test_one_code_in_view_is_one_scan_and_another_follows_at_once(live: Live, door: Door, phone: BrowserContext) -> None:
    page = enrol(phone, door)
    start(page)
    camera.show(page, door.prefix + door.codes[0])
    verdict(page, "ok", "Come in")
    page.wait_for_timeout(5500)  # longer than the answer stays: the code is still in view and is not scanned again

    expect(page.locator("[data-verdict]")).to_be_hidden()
    camera.show(page, door.codes[1])
    expect(page.locator(".log__row--ok")).to_have_count(2)

    assert [scan.result for scan in door.scans()] == ["accepted", "accepted"]


def test_stopping_gives_the_camera_back(door: Door, phone: BrowserContext) -> None:
    page = enrol(phone, door)
    start(page)
    page.get_by_role("button", name="Stop").click()

    expect(page.get_by_text("The camera is off.")).to_be_visible()
    assert page.evaluate("() => window.cameraTracks.map((track) => track.readyState)") == ["ended"]


def test_codes_of_others_are_refused_without_asking_the_server(live: Live, door: Door, phone: BrowserContext) -> None:
    page = enrol(phone, door)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    start(page)
    camera.show(page, "HTTPS://EVIL.TEST/T/" + door.codes[0])
    verdict(page, "bad", "This is not one of our tickets")

    assert [url for url in asked if "/api/v1/scans" in url or "EVIL" in url.upper()] == []
    assert page.url == live.at("/en/door/")


def test_second_decoder_takes_the_ticket_among_several_codes(door: Door, phone: BrowserContext) -> None:
    phone.route("**/door/worker.js*", without_wasm)
    page = enrol(phone, door)
    start(page)
    for code, arrangement in zip(door.codes, ("other above", "small in the corner", "two others"), strict=False):
        camera.show_all(page, camera.arrangements(door.prefix + code, "https://menu.example/harbour-cafe")[arrangement])
        verdict(page, "ok", "Come in")
        press(page, "Next guest")

    expect(page.locator(".log__row--ok")).to_have_count(3)


def without_wasm(route: Route) -> None:
    """The worker as it is served to a browser that allows no WebAssembly."""
    answer = route.fetch()
    policy = answer.headers["content-security-policy"].replace(" 'wasm-unsafe-eval'", "")
    route.fulfill(response=answer, headers={**answer.headers, "content-security-policy": policy})


def test_second_decoder_reads_where_webassembly_is_blocked(door: Door, phone: BrowserContext) -> None:
    phone.route("**/door/worker.js*", without_wasm)
    page = enrol(phone, door)
    start(page)
    camera.show(page, door.prefix + door.codes[0])

    verdict(page, "ok", "Come in")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("NotAllowedError", "This page may not use the camera."),
        ("NotFoundError", "This device has no camera."),
        ("NotReadableError", "Another app is using the camera."),
    ],
)
def test_a_camera_that_fails_says_why_and_offers_to_try_again(
    live: Live, door: Door, phone: BrowserContext, error: str, words: str
) -> None:
    page = enrol(phone, door, script=camera.failing(error))
    seen = watch(page, live)
    page.get_by_role("button", name="Start scanning").click()

    expect(page.locator("[data-note]")).to_contain_text(words)
    expect(page.get_by_role("button", name="Start scanning")).to_be_enabled()
    assert seen.found == []


def test_torch_is_offered_where_the_camera_has_one(door: Door, phone: BrowserContext) -> None:
    page = enrol(phone, door, script=camera.CANVAS + camera.TORCH)
    expect(page.get_by_role("button", name="Light")).to_be_hidden()
    start(page)
    light = page.get_by_role("button", name="Light")
    light.click()
    expect(light).to_have_attribute("aria-pressed", "true")
    light.click()
    expect(light).to_have_attribute("aria-pressed", "false")

    assert page.evaluate("() => window.torch") == [True, False]


def test_screen_stays_awake_only_while_scanning(door: Door, browser_type: BrowserType) -> None:
    whole = browser_type.launch(executable_path=str(WHOLE), args=ARGS)  # a shell without a window keeps no screen awake
    phone = new_context(whole)
    page = enrol(phone, door, script=camera.CANVAS + camera.WAKE)
    assert page.evaluate("() => window.locks.length") == 0
    start(page)
    page.wait_for_function("() => window.locks.length === 1 && !window.locks[0].released")
    page.get_by_role("button", name="Stop").click()

    page.wait_for_function("() => window.locks[0].released")
    whole.close()


# The other ways in


def test_typed_reference_admits_and_the_next_finds_an_empty_field(door: Door, phone: BrowserContext) -> None:
    page = enrol(phone, door)
    type_code(page, f"{door.references[0][:4]}-{door.references[0][4:]}".lower())
    verdict(page, "ok", "Come in")

    expect(page.locator("#door-code")).to_have_value("")
    type_code(page, door.references[1])
    expect(page.locator(".log__row--ok")).to_have_count(2)


def test_hand_scanner_typing_the_printed_address_admits(door: Door, phone: BrowserContext) -> None:
    page = enrol(phone, door)
    page.keyboard.type(door.prefix + door.codes[0])
    page.keyboard.press("Enter")

    verdict(page, "ok", "Come in")


def test_photo_of_a_code_admits(live: Live, door: Door, phone: BrowserContext) -> None:
    page = enrol(phone, door)
    seen = watch(page, live)
    upload = {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": camera.photo(door.prefix + door.codes[0])}
    page.set_input_files("#door-photo", files=upload)  # type: ignore[arg-type]

    verdict(page, "ok", "Come in")
    assert seen.found == []


def test_photo_without_a_code_says_so(door: Door, phone: BrowserContext) -> None:
    page = enrol(phone, door)
    page.set_input_files("#door-photo", files={"name": "sky.jpg", "mimeType": "image/jpeg", "buffer": camera.photo(None)})

    verdict(page, "ask", "No code found")
    assert door.count(Scan) == 0


# Answers


def test_party_comes_in_one_by_one_and_all_who_are_missing(live: Live, door: Door, phone: BrowserContext) -> None:
    with live.rows(), write_tx() as session:
        session.execute(
            update(Ticket).where(Ticket.event_id == door.event_id, Ticket.reference == door.references[0]).values(party_size=4)
        )
    page = enrol(phone, door)
    type_code(page, door.references[0])
    expect(page.locator(".verdict__party").first).to_contain_text("Arrived: 1 of 4")
    page.get_by_role("button", name="+1", exact=True).click()
    expect(page.locator(".verdict__party").first).to_contain_text("Arrived: 2 of 4")
    page.get_by_role("button", name="Everyone who is missing: 2").click()
    expect(page.locator(".verdict__party").first).to_contain_text("Arrived: 4 of 4")

    expect(page.locator(".steps")).to_have_count(0)
    assert [(scan.count, scan.result) for scan in door.scans()] == [(1, "accepted"), (1, "accepted"), (2, "accepted")]


def test_undo_asks_why_and_frees_the_ticket(door: Door, phone: BrowserContext) -> None:
    page = enrol(phone, door)
    type_code(page, door.references[0])
    verdict(page, "ok", "Come in")
    page.locator("[data-verdict]").get_by_role("button", name="Undo").click()
    page.get_by_role("button", name="Scanned by mistake").click()
    verdict(page, "ok", "Undone")
    type_code(page, door.references[0])
    verdict(page, "ok", "Come in")

    assert [(scan.direction, scan.result, scan.reason) for scan in door.scans()] == [
        ("entry", "accepted", None),
        ("undo", "undone", "Scanned by mistake"),
        ("entry", "accepted", None),
    ]


def test_guests_going_out_may_come_back(door: Door, phone: BrowserContext) -> None:
    page = enrol(phone, door)
    type_code(page, door.references[0])
    verdict(page, "ok", "Come in")
    page.get_by_label("Going out").check()
    type_code(page, door.references[0])
    expect(page.locator("[data-verdict] .verdict__word")).not_to_have_text("Come in")
    expect(page.locator("[data-verdict]")).to_have_attribute("data-tone", "ok")
    page.get_by_label("Coming in").check()
    type_code(page, door.references[0])
    verdict(page, "ok", "Come in")

    assert [scan.result for scan in door.scans()] == ["accepted", "exited", "accepted"]


def test_guest_reads_the_answer_in_their_own_language(live: Live, door: Door, phone: BrowserContext) -> None:
    with live.rows(), write_tx() as session:
        session.execute(update(Ticket).where(Ticket.event_id == door.event_id).values(language="lv"))
    page = enrol(phone, door)
    type_code(page, door.references[0])

    expect(page.locator(".verdict__theirs")).to_have_attribute("lang", "lv")


def test_answer_is_spoken_and_escape_makes_room_for_the_next_guest(door: Door, phone: BrowserContext) -> None:
    page = enrol(phone, door)
    type_code(page, "ZZZZ-ZZZZ")
    verdict(page, "bad", "Ticket not found")

    expect(page.locator("[data-verdict-live]")).to_contain_text("Ticket not found")
    page.keyboard.press("Escape")
    expect(page.locator("[data-verdict]")).to_be_hidden()


def test_list_that_is_not_open_yet_says_when_it_opens(live: Live, phone: BrowserContext) -> None:
    later = make_door(live, opens_at=clock.now() + minutes(30))
    page = enrol(phone, later)

    expect(page.locator("[data-hours]")).to_have_text(re.compile(r"^Opens: \d\d:\d\d$|^Opens: .+\d\d:\d\d$"))
    type_code(page, later.references[0])
    verdict(page, "ask", "Not open yet")


def test_list_that_has_closed_says_since_when(live: Live, phone: BrowserContext) -> None:
    over = make_door(live, closes_at=clock.now() - minutes(5))
    page = enrol(phone, over)

    expect(page.locator("[data-hours]")).to_contain_text("Closed since: ")
    type_code(page, over.references[0])
    verdict(page, "ask", "Closed already")


def test_phone_with_several_lists_admits_to_the_chosen_one(live: Live, door: Door, phone: BrowserContext) -> None:
    with live.rows(), write_tx() as session:
        service.put_list(session, door.event_id, "dinner", {}, {"en": "Dinner"})
    page = enrol(phone, door, lists=["main-door", "dinner"])
    page.get_by_label("Dinner").check()
    page.reload()
    expect(page.get_by_label("Dinner")).to_be_checked()
    type_code(page, door.references[0])
    verdict(page, "ok", "Come in")

    assert (door.count(Scan), door.count(Scan, "dinner")) == (0, 1)


def test_enrolled_phone_may_check_in_the_ticket_it_opened(live: Live, door: Door, phone: BrowserContext) -> None:
    enrol(phone, door)
    page = phone.new_page()
    seen = watch(page, live)
    page.goto(live.at(f"/T/{door.codes[0]}"))
    page.get_by_role("button", name="Check in this ticket").click()

    verdict(page, "ok", "Come in")
    assert (door.count(Admission), seen.found) == (1, [])


def test_ticket_opened_by_anybody_else_offers_no_check_in(live: Live, door: Door, context: BrowserContext) -> None:
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(live.at(f"/T/{door.codes[0]}"))
    page.wait_for_load_state("networkidle")

    expect(page.get_by_role("button", name="Check in this ticket")).to_be_hidden()
    assert [url for url in asked if "/api/" in url or url.endswith("door.css")] == []
    assert {url.rpartition("/")[2] for url in asked if "/js/door/" in url} == {"device.js", "ticket-page.js"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_answer_is_readable_and_fits_the_narrowest_phone(live: Live, door: Door, browser: Browser, scheme: str) -> None:
    context = new_context(browser, scheme=scheme, width=320, height=640, permissions=["camera"])
    page = enrol(context, door)
    found = faults(page)
    start(page)
    found += faults(page)
    for code in (door.references[0], door.references[0], "ZZZZ-ZZZZ"):
        type_code(page, code)
        expect(page.locator("[data-verdict]")).not_to_have_attribute("data-tone", "wait")
        page.wait_for_timeout(150)
        found += faults(page)
    context.set_offline(True)
    type_code(page, door.references[1])
    verdict(page, "ask", "Ask a supervisor")
    found += faults(page)
    double_text(page)
    found += misfits(page)

    assert found == []
    context.close()
