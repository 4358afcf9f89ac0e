"""A hand scanner presses the keys of a US keyboard; the phone reads them by its own layout. Real key events, each with its
place (`code`) and what the layout makes of it (`key`); tests/data/keyboards.json holds the keys that differ from a US one."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from app.checkin.models import Scan
from tests.browser.scanner import Door, enrol, press, verdict
from tests.browser.served import Live
from tests.conftest import ROOT

LAYOUTS: dict[str, dict[str, str]] = json.loads((ROOT / "tests/data/keyboards.json").read_text("utf-8"))
US = {f"Key{letter}": letter.lower() + letter for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"} | {
    "Digit1": "1!", "Digit2": "2@", "Digit3": "3#", "Digit4": "4$", "Digit5": "5%", "Digit6": "6^", "Digit7": "7&",
    "Digit8": "8*", "Digit9": "9(", "Digit0": "0)", "Minus": "-_", "Equal": "=+", "Semicolon": ";:", "Comma": ",<",
    "Period": ".>", "Slash": "/?", "Quote": "'\"",
}  # fmt: skip
SHIFT, PACE = 8, 0.004


def place_of(char: str, keys: dict[str, str]) -> tuple[str, int]:
    """The key of a keyboard that gives this character, and whether Shift is held: 0 or 1."""
    return next((code, pair.index(char)) for code, pair in keys.items() if char in pair)


def burst(page: Page, text: str, phone: str, scanner: str = "us") -> str:
    """Pull the trigger: the keys of the scanner's layout, read by the phone's, and Enter; what the phone made of them."""
    session = page.context.new_cdp_session(page)
    typed = ""
    moments = itertools.count(time.time(), PACE)  # its pace is a scanner's, however slow this machine is

    def send(kind: str, **event: object) -> None:
        session.send("Input.dispatchKeyEvent", {"type": kind, "timestamp": next(moments), **event})

    for char in text:
        code, shifted = place_of(char, US | LAYOUTS[scanner])
        key = (US | LAYOUTS[phone])[code][shifted]
        typed += key
        if shifted:
            send("rawKeyDown", key="Shift", code="ShiftLeft", modifiers=SHIFT)
        send("keyDown", key=key, code=code, text=key, modifiers=SHIFT * shifted)
        send("keyUp", key=key, code=code, modifiers=SHIFT * shifted)
        if shifted:
            send("keyUp", key="Shift", code="ShiftLeft")
    send("keyDown", key="Enter", code="Enter", text="\r")
    send("keyUp", key="Enter", code="Enter")
    session.detach()
    return typed


def by_yz(codes: list[str]) -> list[str]:
    """Those first that a German keyboard garbles most."""
    return sorted(codes, key=lambda code: -code.count("Y") - code.count("Z"))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_ticket_is_read_through_every_layout_on_the_page_and_in_a_field(door: Door, phone: BrowserContext, layout: str) -> None:
    page = enrol(phone, door)
    first, second, third, _ = by_yz(door.codes)
    typed = burst(page, door.prefix + first, layout)
    verdict(page, "ok", "Come in")
    assert (typed == door.prefix + first) == (layout in {"us", "gb", "lv", "pl"})
    press(page, "Next guest")
    press(page, "Type a code")
    field = page.get_by_label("Reference on the ticket")
    field.fill("K7")
    burst(page, (door.prefix + second).lower(), layout)
    verdict(page, "ok", "Come in")
    expect(field).to_have_value("K7")
    press(page, "Next guest")
    press(page, "Find a name")
    page.get_by_label("Name of the guest").focus()
    burst(page, door.prefix + third, layout)
    verdict(page, "ok", "Come in")

    assert [scan.result for scan in door.scans()] == ["accepted"] * 3


@pytest.mark.parametrize(("scanner", "layout"), [("de", "us"), ("sv", "pl"), ("no", "gb"), ("et", "lv")])
def test_scanner_of_another_layout_is_told_of_in_words(door: Door, phone: BrowserContext, scanner: str, layout: str) -> None:
    page = enrol(phone, door)
    text = door.prefix + by_yz(door.codes)[0]
    assert burst(page, text, layout, scanner) != text
    verdict(page, "ask", "Keyboard layouts differ")

    expect(page.locator(".verdict__message")).to_contain_text("Set the scanner to the US layout")
    assert door.count(Scan) == 0


@pytest.mark.parametrize("text", ["https://menu.example/harbour-cafe", "4006381333931"])
def test_other_codes_are_no_matter_of_layouts(door: Door, phone: BrowserContext, text: str) -> None:
    page = enrol(phone, door)
    burst(page, text, "fi")

    verdict(page, "bad", "This is not one of our tickets")


def test_scanner_leaves_what_it_typed_of_others_in_a_field(door: Door, phone: BrowserContext) -> None:
    page = enrol(phone, door)
    press(page, "Find a name")
    field = page.get_by_label("Name of the guest")
    field.focus()
    burst(page, "AnnaBerg", "us")

    expect(field).to_have_value("AnnaBerg")
    expect(page.locator("[data-find-said]")).to_have_text("Nobody with this name was found.")


def open_test(live: Live, door: Door, phone: BrowserContext) -> Page:
    """The test of this phone."""
    page = enrol(phone, door)
    page.goto(live.at("/en/door/test"))
    expect(page.locator("[data-phonetest]")).to_be_visible()
    return page


Text = Callable[[Door], str]


@pytest.mark.parametrize(
    ("text", "scanner", "layout", "state", "words"),
    [
        (None, "us", "us", "wait", "If you use a hand scanner here, scan any ticket"),
        (lambda door: door.prefix + door.codes[0], "us", "us", "ok", "The hand scanner read the ticket."),
        (lambda door: door.prefix + door.codes[0], "us", "fi", "ok", "Tickets are read all the same."),
        (lambda door: door.prefix + door.codes[0], "de", "us", "fault", "Set the scanner to the US layout"),
        (lambda _: "https://menu.example/", "us", "us", "look", "it is not one of our tickets"),
    ],
    ids=["not tried", "same layout", "another layout", "unreadable layout", "not ours"],
)
def test_phone_test_tries_a_hand_scanner(
    live: Live, door: Door, phone: BrowserContext, text: Text | None, scanner: str, layout: str, state: str, words: str
) -> None:
    page = open_test(live, door, phone)
    row = page.locator("[data-check=handscan]")
    if text:
        burst(page, text(door), layout, scanner)

    expect(row).to_have_attribute("data-state", state)
    expect(row.locator("[data-said]")).to_contain_text(words)
    assert door.count(Scan) == 0
