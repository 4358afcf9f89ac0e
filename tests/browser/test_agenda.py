"""An event's page stays open: what is on now moves on, and a change of a row arrives, without a reload."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext, Page, expect

from app.agenda import service
from app.core import clock
from tests.browser.served import Live
from tests.factories import make_event, make_item, minutes
from tests.transactions import do

PATH = "/en/events/open-page/"


@pytest.fixture(scope="module")
def rows(live: Live) -> dict[int, object]:
    """Three rows of half an hour, the first on for ten minutes; their keys by number."""
    with live.app.app_context():
        now = clock.now()
        event = make_event("open-page", "Choir evening", starts_on=now.date(), ends_on=now.date() + minutes(60 * 24))
        starts = {number: now + minutes(30 * number - 40) for number in (1, 2, 3)}
        return {
            number: make_item(event, number, f"Row {number}", starts_at=start, ends_at=start + minutes(30), on=now.date()).id
            for number, start in starts.items()
        }


@contextmanager
def later(number: int) -> Iterator[None]:
    """The clock of the server, so many minutes ahead."""
    with clock.travelled_to(clock.now() + minutes(number)):
        yield


def ask_again(page: Page) -> None:
    """What the page does every 20 seconds and when it comes back to the front."""
    with page.expect_response(lambda answer: answer.url.endswith("/now")):
        page.locator("#now").dispatch_event("wake")


def test_open_page_moves_on_and_takes_over_changes(context: BrowserContext, live: Live, rows: dict[int, object]):
    page = context.new_page()
    page.goto(live.url + PATH)
    current = page.locator("#agenda [aria-current]")
    expect(current).to_have_attribute("id", "item-1")

    with later(25):
        ask_again(page)
        expect(page.locator("#now .agenda__title")).to_have_text(["Row 2", "Row 3"])
        expect(current).to_have_attribute("id", "item-2")
        cancel(live.app, rows[3])
        ask_again(page)
        expect(page.locator("#now .agenda__title")).to_have_text(["Row 2"])
        expect(page.locator("#item-3")).to_contain_text("Rain.")


def cancel(app: Flask, key: object) -> None:
    """An organiser calls a row off."""
    with app.app_context():
        do(service.cancel_item, key, {"en": "Rain."})  # type: ignore[arg-type]


def test_agenda_is_not_fetched_again_while_nothing_changes(context: BrowserContext, live: Live, rows: dict[int, object]):
    page = context.new_page()
    page.goto(live.url + PATH)
    seen: list[str] = []
    page.on("response", lambda answer: seen.append(answer.url.rpartition("/events/")[2]))
    ask_again(page)
    ask_again(page)
    page.wait_for_timeout(200)

    assert [path for path in seen if path.startswith("open-page")] == ["open-page/now", "open-page/now"]
