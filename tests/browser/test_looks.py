"""What readers see, by computed style: cancelled titles are struck out, and no empty band stands under the header."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, expect

from app.agenda import service
from app.core import clock
from tests.browser.served import Live, new_context
from tests.factories import make_event, make_item, minutes
from tests.transactions import do

# A line reaches the text from any ancestor up to the next box that stands by itself (CSS Text Decoration 3, section 2).
STRUCK = """(element) => {
  const boxes = new Set(["inline-block", "inline-flex", "inline-grid"]);
  let box = element;
  while (box.firstElementChild && box.textContent.trim() === box.firstElementChild.textContent.trim()) box = box.firstElementChild;
  for (; box; box = box.parentElement) {
    const style = getComputedStyle(box);
    if (style.textDecorationLine.includes("line-through")) return true;
    if (boxes.has(style.display)) return false;
  }
  return false;
}"""


def is_struck(title: Locator) -> bool:
    """Whether the line goes through this title's text."""
    return bool(title.evaluate(STRUCK))


@pytest.fixture(scope="module")
def festival(live: Live) -> str:
    """Two rows of today, the second cancelled."""
    with live.rows():
        now = clock.now()
        event = make_event("struck", {"en": "Festival", "fi": "Juhla"}, starts_on=now.date(), ends_on=now.date())
        for number in (1, 2):
            item = make_item(event, number, f"Row {number}", starts_at=now + minutes(60 * number), on=now.date())
        do(service.cancel_item, item.id, {"en": "Rain."})
    return "/events/struck"


@pytest.mark.parametrize("lang", ["en", "fi"])
def test_only_cancelled_rows_are_struck(context: BrowserContext, live: Live, festival: str, lang: str) -> None:
    page = context.new_page()
    page.goto(live.at(f"/{lang}{festival}/"))
    rows = [is_struck(page.locator(f"#item-{number} .agenda__title")) for number in (1, 2)]
    title = is_struck(page.locator("h1"))
    page.goto(live.at(f"/{lang}{festival}/items/2/"))
    row = is_struck(page.locator("h1"))
    page.goto(live.at(f"/{lang}{festival}/print"))
    printed = [is_struck(one) for one in page.locator(".paper__row .paper__title > span").all()]

    assert (rows, title, row, printed) == ([False, True], False, True, [False, True])


def test_the_title_of_a_cancelled_event_is_struck_wherever_it_stands(context: BrowserContext, live: Live) -> None:
    page = context.new_page()
    found = {}
    for path, title in (
        ("/en/events/called-off/", "h1"), ("/en/events/called-off/embed", "h1"), ("/en/events/called-off/print", ".paper h1"),
        ("/en/events/?q=harbour", "#event-called-off .card__title"), ("/en/events/some-day/", "h1"),
    ):  # fmt: skip
        page.goto(live.at(path))
        found[path] = is_struck(page.locator(title))

    assert found == {path: path != "/en/events/some-day/" for path in found}


@pytest.mark.parametrize(("reader", "band"), [("fi", False), ("lv", True), ("fr", False)])
def test_a_band_under_the_header_is_there_only_for_a_language_to_be_offered(
    browser: Browser, live: Live, reader: str, band: bool
) -> None:
    context = new_context(browser, reader, width=360, height=740)
    try:
        page = context.new_page()
        page.goto(live.at("/fi/towns/"))
        offer = page.locator("[data-language-offer]")
        expect(offer.locator("a")).to_have_count(int(band))
        height = offer.evaluate("(line) => line.getBoundingClientRect().height")
    finally:
        context.close()

    assert height == (44 if band else 0)


@pytest.mark.parametrize("reader", ["fi", "lv"])
def test_nothing_moves_when_the_language_is_offered(browser: Browser, live: Live, reader: str) -> None:
    context = new_context(browser, reader, width=360, height=740)
    try:
        page = context.new_page()
        page.add_init_script(
            "new PerformanceObserver((list) => { for (const one of list.getEntries()) window.moved = (window.moved ?? 0) + one.value; })"
            ".observe({type: 'layout-shift', buffered: true});"
        )
        page.goto(live.at("/fi/towns/"), wait_until="networkidle")
        moved = page.evaluate("() => window.moved ?? 0")
    finally:
        context.close()

    assert moved < 0.01
