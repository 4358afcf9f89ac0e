"""Larger text and higher contrast: switched on in the menu at the top, kept on the phone, there before the first paint."""

from __future__ import annotations

from playwright.sync_api import Browser, BrowserContext, Page, expect

from app.i18n.languages import LANGUAGES
from tests.browser.axe import violations_in_both_schemes
from tests.browser.fit import misfits
from tests.browser.served import Live, new_context

TODAY = "events/kaskinen-today/"
CHOSEN = """localStorage.setItem("comfort", '{"text":"large","contrast":"more"}')"""
# The size of the text when the first paint is due, and how far things moved on the way.
PAINTS = """(() => {
  window.seen = { size: null, moved: 0 };
  new PerformanceObserver((list) => { for (const one of list.getEntries()) if (!one.hadRecentInput) window.seen.moved += one.value; })
    .observe({ type: "layout-shift", buffered: true });
  requestAnimationFrame(() => { window.seen.size ??= getComputedStyle(document.documentElement).fontSize; });
})()"""


def looks(page: Page) -> list[str]:
    """The size of the root's text, the colours of page and text."""
    found: list[str] = page.evaluate(
        "() => [getComputedStyle(document.documentElement).fontSize, getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]"
    )
    return found


def switch(page: Page, name: str) -> None:
    """Open the menu and press the switch of this name."""
    if not page.get_by_role("switch", name=name).is_visible():
        page.locator("[data-comfort] summary").click()
    page.get_by_role("switch", name=name).click()


def test_larger_text_and_contrast_hold_on_the_next_page_and_can_be_taken_back(live: Live, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(live.at(f"/en/{TODAY}"))
    before = looks(page)
    switch(page, "Larger text")
    switch(page, "Higher contrast")
    page.goto(live.at("/fi/towns/"))

    assert looks(page) == ["20px", "rgb(255, 255, 255)", "rgb(0, 0, 0)"]
    page.goto(live.at(f"/en/{TODAY}"))
    page.locator("[data-comfort] summary").click()
    for name in ("Larger text", "Higher contrast"):
        expect(page.get_by_role("switch", name=name)).to_have_attribute("aria-checked", "true")
        switch(page, name)
    page.reload()
    assert looks(page) == before
    assert before[0] == "16px"


def test_choice_is_there_before_the_first_paint_and_nothing_moves(live: Live, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(live.at("/en/"))
    page.evaluate(CHOSEN)
    page.add_init_script(PAINTS)
    page.goto(live.at(f"/en/{TODAY}"))
    page.wait_for_timeout(500)
    seen = page.evaluate("() => window.seen")

    assert seen["size"] == "20px"
    assert seen["moved"] < 0.02


def test_menu_closes_with_escape_and_by_a_tap_elsewhere(live: Live, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(live.at("/en/"))
    summary, sheet = page.locator("[data-comfort] summary"), page.locator(".comfort__sheet")
    summary.click()
    expect(sheet).to_be_visible()
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    expect(summary).to_be_focused()
    summary.click()
    page.mouse.click(5, 600)

    expect(sheet).to_be_hidden()


def test_something_else_in_the_store_leaves_the_page_as_it_is(live: Live, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(live.at("/en/"))
    page.evaluate("() => localStorage.setItem('comfort', '{not json')")
    page.goto(live.at(f"/en/{TODAY}"))
    switch(page, "Larger text")

    assert looks(page)[0] == "20px"


def test_without_scripts_there_is_no_menu(live: Live, browser: Browser) -> None:
    with new_context(browser, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(live.at("/en/"))

        expect(page.locator("[data-comfort]")).to_be_hidden()


def test_pages_fit_and_are_accessible_with_both(live: Live, browser: Browser) -> None:
    found = []
    with new_context(browser, width=320, height=640) as context:
        page = context.new_page()
        page.goto(live.at("/en/"))
        page.evaluate(CHOSEN)
        for lang in LANGUAGES:
            page.goto(live.at(f"/{lang}/{TODAY}"))
            page.locator("[data-comfort] summary").click()
            found += [f"{lang}: {fault}" for fault in misfits(page)]
            if lang in {"fi", "lv", "pl"}:
                found += [f"{lang}: {fault}" for fault in violations_in_both_schemes(page)]

    assert found == []
