"""Every answer heard and seen: nine languages, light and dark, readable at arm's length, within reach of one thumb."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import update

from app.checkin import service
from app.checkin.messages import TITLES
from app.core import clock
from app.core.babel import force_locale, gettext
from app.core.db import write_tx
from app.i18n.languages import BABEL_LOCALE, LANGUAGES
from app.registration.models import Ticket
from tests.browser.axe import seen_in_the_dark, violations
from tests.browser.engine import Holder, holder
from tests.browser.fit import double_text, misfits
from tests.browser.scanner import PHONE, Door, enrol, make_door, press, scan_by_hand, start, verdict
from tests.browser.served import Live, new_context
from tests.contrast import contrast
from tests.factories import minutes, replace_code

# Every tone and vibration that is played, in `window.heard`: pitches in hertz, milliseconds.
HEAR = """(() => {
  window.heard = { tones: [], shakes: [] };
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (when) { window.heard.tones.push(Math.round(this.frequency.value)); return start.call(this, when); };
  navigator.vibrate = (pattern) => { window.heard.shakes.push(pattern); return true; };
})()"""
# The real controller and panel on the page, driven by what the scan is instead of by a camera.
CONTROLLER = """async () => {
  const base = document.querySelector('script[src*="door/door.js"]').src.replace("door.js", "");
  const [{ openEngine }, { Verdict }, { ScanController }, { clock }] = await Promise.all(["engine", "verdict", "scan-controller", "check-in-lists"].map((name) => import(`${base}${name}.js`)));
  const engine = await openEngine({ urls: { ...document.querySelector("[data-door]").dataset } });
  const at = (moment) => clock(moment, engine.device);
  window.engine = engine;
  window.controller = new ScanController({ engine, verdict: new Verdict(document.querySelector("[data-verdict]")), words: { clock: at, listName: (slug) => slug } });
}"""
SUBMIT = "(fields) => controller.submit(fields)"
# How each pearl of the party on the panel looks: its size and ring in pixels, colours as [red, green, blue].
PEARLS = r"""() => {
  const read = (colour) => colour.match(/[\d.]+/g).slice(0, 3).map(Number);
  const ground = read(getComputedStyle(document.querySelector("[data-verdict]")).backgroundColor);
  return [...document.querySelectorAll(".verdict__pearls > *")].map((pearl) => {
    const style = getComputedStyle(pearl);
    const filled = style.backgroundColor === style.borderTopColor;
    return { filled, size: pearl.offsetWidth, ring: parseFloat(style.borderTopWidth), colour: read(style.borderTopColor), ground };
  });
}"""
UNDO = """async () => {
  const last = (await engine.recent(20)).find(({ answer }) => answer?.result === "accepted");
  await controller.submit({ list: last.scan.list, direction: "undo", undoes: last.scan.id, reason: "Wrong person" });
}"""


@dataclass(frozen=True)
class Case:
    """What is scanned to be answered with `result`."""

    result: str
    scan: dict[str, Any]


def code_of(door: Door, at: int, **values: Any) -> str:
    """The code of the door's ticket number `at`, with these columns changed."""
    with door.live.rows(), write_tx() as session:
        session.execute(update(Ticket).where(Ticket.reference == door.references[at]).values(**values))
    return door.codes[at]


def replaced(door: Door, guest: Holder) -> str:
    """The code of a ticket that was replaced by a newer one."""
    with door.live.rows():
        replace_code(guest.ticket_id)
    return guest.code


def make_cases(live: Live) -> tuple[Door, list[Case]]:
    """A door where all thirteen answers can be had, and what to scan for each, in this order."""
    door, other = make_door(live, capacity=4), make_door(live)
    with live.rows(), write_tx() as session:
        service.put_list(session, door.event_id, "later", {"opens_at": clock.now() + minutes(90)}, {"en": "Later"})
        service.put_list(session, door.event_id, "over", {"closes_at": clock.now() - minutes(90)}, {"en": "Over"})
    party = holder(
        door,
        "Annamari Väänänen-Österbacka",
        5,
        language="lt",
        needs=("wheelchair", "sign_language", "no_lactose"),
        tell_door=True,
    )
    once = holder(door, "Olav Dahl", language="de").code
    old = replaced(door, holder(door, "Ida Lund", language="sv"))

    def at(result: str, code: str | None, slug: str = "main-door", direction: str = "entry", **more: Any) -> Case:
        return Case(result, {"list": slug, "code": code, "direction": direction, **more})

    return door, [
        at("accepted", party.code, count=2),
        at("accepted", once),
        at("already_in", once),
        at("exited", party.code, direction="exit", count=1),
        at("unknown", "7" * 26),
        at("wrong_event", other.codes[0]),
        at("wrong_list", code_of(door, 0, lists="later", language="pl")),
        at("not_yet", door.codes[1], "later"),
        at("too_late", door.codes[1], "over"),
        at("cancelled", code_of(door, 2, status="cancelled", language="et")),
        at("revoked", old),
        at("waitlisted", code_of(door, 3, status="waitlisted", language="fi")),
        at("undo_refused", None, direction="undo", undoes=str(uuid.uuid4()), reason="Wrong person"),
    ]


def titles(live: Live, lang: str) -> dict[str, str]:
    """The word of each result, and of a phone alone that does not know the ticket."""
    with live.app.test_request_context(), force_locale(BABEL_LOCALE[lang]):
        return {str(result): str(word) for result, word in TITLES.items()} | {"alone": str(gettext("Ask a supervisor"))}


def open_controller(
    context: BrowserContext, door: Door, lang: str, lists: Sequence[str] = ("main-door", "later", "over")
) -> Page:
    """The scanner in this language, its controller in `window.controller`."""
    page = enrol(context, door, lists=lists)
    page.goto(door.live.at(f"/{lang}/door/"))
    expect(page.locator("[data-start]")).to_be_visible()
    page.evaluate(CONTROLLER)
    return page


def faults(page: Page, answer: str, *, axe: bool) -> list[str]:
    """What is wrong with this answer on narrow screens, and for axe also in the dark."""
    page.set_viewport_size({"width": 360, "height": 640})
    found = misfits(page)
    page.set_viewport_size({"width": 320, "height": 640})
    found += misfits(page)
    if axe:
        found += [*violations(page), *seen_in_the_dark(page, 360)]
    return [f"{answer}: {fault}" for fault in found]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_answer_has_its_word_and_line_in_every_language_and_fits(live: Live, browser: Browser, lang: str) -> None:
    door, cases = make_cases(live)
    context = new_context(browser, lang=lang, width=320, height=640, permissions=["camera"])
    page = open_controller(context, door, lang)
    words, found, told = titles(live, lang), [], []
    for case in cases:
        page.evaluate(SUBMIT, case.scan)
        told.append((case.result, page.locator(".verdict__word").inner_text().strip()))
        found += faults(page, case.result, axe=case.result in {"accepted", "already_in", "unknown"})
        if not page.locator(".verdict__message").first.inner_text().strip():
            found.append(f"{case.result}: no line")
    page.evaluate(UNDO)
    told.append(("undone", page.locator(".verdict__word").inner_text().strip()))
    context.set_offline(True)
    page.evaluate(SUBMIT, {"list": "main-door", "code": "6" * 26})
    told.append(("alone", page.locator(".verdict__word").inner_text().strip()))
    found += faults(page, "alone", axe=True)
    double_text(page)
    found += faults(page, "double text", axe=False)
    context.close()

    assert told == [(result, words[result]) for result in (*(case.result for case in cases), "undone", "alone")]
    assert found == []


def test_answer_is_readable_at_arms_length_and_its_buttons_are_for_a_thumb(live: Live, browser: Browser) -> None:
    door, cases = make_cases(live)
    context = new_context(browser, lang="de", width=PHONE["width"], height=PHONE["height"], permissions=["camera"])
    page = open_controller(context, door, "de")
    measures = """() => ({
      word: parseFloat(getComputedStyle(document.querySelector('.verdict__word')).fontSize),
      icon: document.querySelector('.verdict__icon').getBoundingClientRect().width,
      low: [...document.querySelectorAll('[data-verdict] button')].map((one) => one.getBoundingClientRect())
        .every((box) => box.height >= 48 && box.top >= innerHeight / 2 && box.bottom <= innerHeight),
    })"""
    found = []
    for case in cases[1:]:
        page.evaluate(SUBMIT, case.scan)
        seen = page.evaluate(measures)
        if seen["word"] < 36 or seen["icon"] < 80 or not seen["low"]:
            found.append((case.result, seen))
    context.close()

    assert found == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_who_of_a_party_is_in_is_seen_from_two_metres(live: Live, browser: Browser, scheme: str) -> None:
    door = make_door(live)
    party = holder(door, "Annamari Väänänen", 3).code
    context = new_context(browser, scheme=scheme, width=PHONE["width"], height=PHONE["height"], permissions=["camera"])
    page = open_controller(context, door, "en", ["main-door"])
    seen = []
    for count, tone in [(2, "ok"), (1, "ok"), (1, "ask")]:
        page.evaluate(SUBMIT, {"list": "main-door", "code": party, "count": count})
        expect(page.locator("[data-verdict]")).to_have_attribute("data-tone", tone)
        seen.append(page.evaluate(PEARLS))
        page.evaluate("() => document.querySelector('[data-verdict] .verdict__act--last').click()")
    context.close()

    assert [[pearl["filled"] for pearl in row] for row in seen] == [[True, True, False], [True] * 3, [True] * 3]
    pearls = [pearl for row in seen for pearl in row]
    assert [pearl for pearl in pearls if pearl["size"] < 28 or pearl["ring"] < 4] == []
    assert [pearl for pearl in pearls if contrast(pearl["colour"], pearl["ground"]) < 4.5] == []


def test_what_is_pressed_often_is_within_reach_of_a_thumb_without_scrolling(door: Door, phone: BrowserContext) -> None:
    page = enrol(phone, door)
    wanted = page.locator("[data-start], [data-direction] label, .crowd button, .tools button")
    boxes = [box for one in wanted.all() if (box := one.bounding_box())]
    start(page)

    assert [box for box in boxes if box["height"] < 47.5 or box["y"] + box["height"] > PHONE["height"]] == []
    assert [box for box in boxes[1:] if box["y"] < PHONE["height"] / 2] == []
    assert page.evaluate("() => document.querySelector('.camera-panel__frame').getBoundingClientRect().width") >= 150


# Sound and touch


def heard(page: Page) -> tuple[list[int], list[list[int]]]:
    """What was played since the last time."""
    page.wait_for_timeout(50)
    said: dict[str, Any] = page.evaluate(
        "() => { const now = window.heard; window.heard = { tones: [], shakes: [] }; return now; }"
    )
    return said["tones"], said["shakes"]


def test_each_kind_of_answer_has_its_own_tune_and_vibration(door: Door, phone: BrowserContext) -> None:
    family = holder(door, "Anna Berg", 3).code
    page = enrol(phone, door, script=HEAR)
    expect(page.locator("[data-roster]")).to_contain_text("Tickets on this phone: 5")
    press(page, "+1 without a ticket")
    page.wait_for_timeout(300)  # the first touch wakes the sound up
    heard(page)
    told = []

    def scan(code: str, tone: str, word: str) -> None:
        scan_by_hand(page, code)
        verdict(page, tone, word)
        told.append(heard(page))
        page.keyboard.press("Escape")

    scan(door.codes[0], "ok", "Come in")
    scan(family, "ok", "Come in")
    scan(door.prefix + door.codes[0], "ask", "Already checked in")
    scan("7" * 26, "bad", "Ticket not found")
    page.get_by_label("Going out").check()
    scan(f"{door.codes[0][:13]}-{door.codes[0][13:]}", "ok", "Goodbye")
    page.get_by_label("Coming in").check()
    phone.set_offline(True)
    scan(door.codes[1], "ok", "Come in")
    press(page, "+1 without a ticket")
    told.append(heard(page))

    assert told == [
        ([880, 1320], [[80]]),
        ([660, 880, 1320], [[80, 60, 80]]),
        ([587, 440, 587], [[70, 60, 70, 60, 70]]),
        ([185, 185], [[220, 100, 220]]),
        ([1320, 880], [[40, 40, 40]]),
        ([880, 1320, 330, 330], [[80, 60, 30, 40, 30]]),
        ([1047], [[30]]),
    ]


def test_sound_can_be_switched_off_and_the_vibration_stays(door: Door, phone: BrowserContext) -> None:
    page = enrol(phone, door, script=HEAR)
    press(page, "More")
    page.get_by_role("switch", name="Sound").click()
    page.keyboard.press("Escape")
    page.reload()
    expect(page.locator("[data-start]")).to_be_visible()
    press(page, "+1 without a ticket")
    page.wait_for_timeout(300)
    heard(page)
    scan_by_hand(page, door.codes[0])
    verdict(page, "ok", "Come in")

    assert heard(page) == ([], [[80]])


def test_rehearsal_sounds_different(door: Door, phone: BrowserContext) -> None:
    page = enrol(phone, door, script=HEAR)
    press(page, "More")
    page.get_by_role("switch", name="Rehearsal").click()
    page.keyboard.press("Escape")
    page.wait_for_timeout(300)
    heard(page)
    scan_by_hand(page, door.codes[0])
    verdict(page, "ok", "Come in")

    assert heard(page) == ([1760, 1760, 1760, 880, 1320], [[80]])
