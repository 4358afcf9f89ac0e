"""The registration form in a browser: the names of others are asked of those who do not come alone, with and without scripts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from app.core.db import db
from app.registration.models import Registration
from tests.browser.served import Live, new_context

REGISTER = "/en/events/kaskinen-today/register"
OTHERS = "Aino Mäkelä\nEino Mäkelä"
SHIFTS = """new PerformanceObserver((list) => { for (const one of list.getEntries()) window.moved = (window.moved ?? 0) + one.value; })
  .observe({type: "layout-shift", buffered: true});"""


@pytest.fixture
def form(browser: Browser, live: Live) -> Iterator[Page]:
    """The empty form on a narrow phone."""
    with new_context(browser, width=360, height=740) as context:
        page = context.new_page()
        page.add_init_script(SHIFTS)
        page.goto(live.at(REGISTER), wait_until="networkidle")
        yield page


def test_somebody_alone_sees_no_box_for_names_and_nothing_moves(form: Page) -> None:
    expect(form.locator("#companions")).to_be_hidden()
    expect(form.locator("label[for=companions]")).to_be_hidden()
    assert form.evaluate("() => window.moved ?? 0") < 0.01


def test_the_box_follows_the_number_by_keyboard_and_keeps_what_was_typed(form: Page) -> None:
    size, names = form.locator("#party_size"), form.locator("#companions")
    size.focus()
    form.keyboard.type("3")
    expect(names).to_be_visible()
    expect(form.get_by_text("Only if you come with others.")).to_be_hidden()
    form.keyboard.press("Tab")
    expect(names).to_be_focused()
    form.keyboard.type(OTHERS)
    size.focus()
    form.keyboard.press("Home")
    expect(names).to_be_hidden()
    form.keyboard.press("ArrowDown")

    expect(names).to_be_visible()
    expect(names).to_have_value(OTHERS)


def test_names_in_a_hidden_box_are_not_registered(form: Page, live: Live) -> None:
    form.locator("#name").fill("Alone After All")
    form.locator("#party_size").select_option("3")
    form.locator("#companions").fill(OTHERS)
    form.locator("#party_size").select_option("1")
    with form.expect_navigation():
        form.get_by_role("button", name="Register", exact=True).click()
    with live.rows():
        made = db.session.scalars(select(Registration).where(Registration.name == "Alone After All")).one()

    assert (made.party_size, made.companions) == (1, "")


def test_a_party_that_is_shown_its_form_again_sees_its_names(form: Page) -> None:
    form.locator("#party_size").select_option("3")
    form.locator("#companions").fill(OTHERS)
    with form.expect_navigation():
        form.get_by_role("button", name="Register", exact=True).click()

    expect(form.locator("#name-err")).to_be_visible()
    expect(form.locator("#companions")).to_be_visible()
    expect(form.locator("#companions")).to_have_value(OTHERS)


def test_without_scripts_the_box_says_whom_it_is_for(browser: Browser, live: Live) -> None:
    with new_context(browser, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(live.at(REGISTER))
        expect(page.locator("#companions")).to_be_visible()
        expect(page.locator("#companions-hint")).to_contain_text("Only if you come with others. One name on each line.")
