"""A lost ticket is replaced: by its guest without JavaScript, and at the door, where the guest photographs the new code."""

from __future__ import annotations

import io

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

from app.core import qr
from app.i18n.languages import LANGUAGES
from app.registration import tickets
from app.registration.tickets import find_guests_ticket
from tests.browser.axe import violations_in_both_schemes
from tests.browser.fit import misfits
from tests.browser.served import Live, new_context, watch
from tests.browser.test_supervisor import Evening, make_evening


@pytest.fixture
def evening(live: Live) -> Evening:
    """A busy evening with one guest who registered."""
    with live.rows():
        return make_evening(live)


def link_of(evening: Evening) -> str:
    """The guest's page as it is now, without its language."""
    with evening.live.rows():
        ticket = find_guests_ticket(evening.event_id, ticket_id=evening.guest)
        assert ticket is not None
        assert ticket.registration is not None
        return f"/tickets/{tickets.link_of(ticket.registration)}/"


def read(place: Locator) -> list[str]:
    """The codes that a camera in front of this part of the screen reads."""
    return [code.text for code in zxingcpp.read_barcodes(Image.open(io.BytesIO(place.screenshot())).convert("L"))]


def code_of(evening: Evening) -> str:
    """What the QR of the guest's ticket holds now."""
    with evening.live.rows():
        ticket = find_guests_ticket(evening.event_id, ticket_id=evening.guest)
        assert ticket is not None
        return qr.payload(evening.live.app.config["PUBLIC_BASE_URL"], tickets.code_of(ticket))


def test_a_guest_replaces_a_lost_ticket_without_javascript(browser: Browser, live: Live, evening: Evening) -> None:
    old = link_of(evening)
    with new_context(browser, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(live.at(f"/en{old}"))
        before = read(page.locator(".qr"))
        page.get_by_role("link", name="Replace my ticket").click()
        expect(page.get_by_text("This cannot be undone.")).to_be_visible()
        page.get_by_role("button", name="Yes, replace my ticket").click()
        expect(page.get_by_text("Your ticket has been replaced.")).to_be_visible()
        after, url = read(page.locator(".qr")), page.url
        page.goto(live.at(f"/en{old}"))
        expect(page.get_by_text("This ticket has been replaced, and its page has a new address.")).to_be_visible()
        gone = page.locator("main").inner_text()

    assert before != after == [code_of(evening)]
    assert url == live.at(f"/en{link_of(evening)}?replaced=yes")
    assert "Väänänen" not in gone


@pytest.mark.parametrize("script", [True, False])
def test_a_supervisor_replaces_it_and_the_guest_photographs_the_code(
    browser: Browser, live: Live, evening: Evening, script: bool
) -> None:
    with new_context(browser, width=360, height=740, java_script_enabled=script) as context:
        page = evening.enter(context).new_page()
        watcher = watch(page, live)
        page.goto(live.at("/en/door/overview"))
        page.get_by_role("link", name="Tickets").click()
        page.get_by_label("Name of the guest, or reference of the ticket").fill("vaananen")
        page.get_by_role("button", name="Search").click()
        page.get_by_role("link", name="Replace this ticket").click()
        page.get_by_role("button", name="Replace this ticket").click()
        expect(page.get_by_role("heading", name="The ticket has been replaced")).to_be_visible()
        seen = [code.text for code in zxingcpp.read_barcodes(Image.open(io.BytesIO(page.screenshot())).convert("L"))]
        page.locator("summary", has_text="The guest’s own page").click()
        address = page.locator(".supervisor__address").inner_text()
        opened = read(page.locator("details .qr"))

    assert seen == [code_of(evening)], "in view without scrolling, and no other code beside it"
    assert opened == [address]
    assert address.endswith(f"/lv{link_of(evening)}")
    assert watcher.found == []


def test_what_the_supervisor_shows_fits_and_passes_axe_in_nine_languages(browser: Browser, live: Live, evening: Evening) -> None:
    found: list[str] = []
    with new_context(browser, width=320, height=640) as context:
        page = evening.enter(context).new_page()
        for lang in LANGUAGES:
            search(page, live, lang)
            found += [f"{lang} found: {fault}" for fault in [*violations_in_both_schemes(page), *misfits(page)]]
            page.goto(live.at(f"/{lang}/door/tickets/{evening.guest}/replace"))
            page.locator("main form button").click()
            page.locator("main details summary").click()
            found += [f"{lang} replaced: {fault}" for fault in [*violations_in_both_schemes(page), *misfits(page)]]

    assert found == []


def search(page: Page, live: Live, lang: str) -> None:
    page.goto(live.at(f"/{lang}/door/tickets"))
    page.locator("#q").fill("vaananen")
    page.locator("main form button").click()
    page.locator("main .list li").first.wait_for()
