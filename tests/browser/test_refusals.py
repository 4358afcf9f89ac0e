"""A refused form says why beside its fields and keeps what was typed, with htmx at work; what polls is never replaced by an error."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from app.audit.models import TERMINAL
from app.checkin import devices
from app.checkin.models import Conflict
from app.core import clock
from app.core.db import write_tx
from tests.browser.served import Live
from tests.browser.test_supervisor import Evening, evening, sanna  # noqa: F401 (fixtures)
from tests.transactions import do

NOTE = "He is the bus driver"


@pytest.fixture
def card(sanna: BrowserContext, evening: Evening) -> Locator:  # noqa: F811
    """A conflict in the list, its note half written."""
    page = sanna.new_page()
    page.goto(evening.live.at("/en/door/conflicts"))
    found = page.locator(f"#conflict-{evening.conflict}")
    found.get_by_role("textbox").fill(NOTE)
    return found


def send(card: Locator) -> int:
    """Send the conflict's form; the status of the answer."""
    with card.page.expect_response(lambda answer: answer.request.method == "POST") as sent:
        card.get_by_role("button", name="Close this conflict").click()
    return sent.value.status


def test_a_note_that_is_too_short_is_marked_in_its_form(card: Locator) -> None:
    card.get_by_role("textbox").fill("x")
    status = send(card)

    expect(card.locator(".err")).to_have_text("Write a few words, so that others understand it later.")
    expect(card.get_by_role("textbox")).to_have_attribute("aria-invalid", "true")
    expect(card.get_by_role("textbox")).to_have_value("x")
    assert status == 422


def test_a_conflict_that_somebody_else_has_closed_says_so(card: Locator, evening: Evening) -> None:  # noqa: F811
    with evening.live.rows(), write_tx() as session:
        conflict = session.get_one(Conflict, evening.conflict)
        conflict.closed_at, conflict.closed_by, conflict.note = clock.now(), evening.volunteer, "A singer of the choir"
    status = send(card)

    expect(card.get_by_role("status")).to_have_text("This conflict has been closed already. The first note stays.")
    assert status == 409


def test_a_phone_that_was_ended_meanwhile_reads_why_and_keeps_the_note(card: Locator, evening: Evening) -> None:  # noqa: F811
    with evening.live.rows():
        phone = devices.find_device_state(devices.hash_token(evening.token))
        assert phone is not None
        do(devices.revoke, phone.id, TERMINAL)
    status = send(card)

    expect(card.get_by_role("alert")).to_have_text("This phone is not set up as a scanner. Ask the organiser for a new code.")
    expect(card.get_by_role("textbox")).to_have_value(NOTE)
    assert status == 401


def test_a_note_that_is_far_too_large_says_so_and_stays(card: Locator, live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(live.app.config, "MAX_CONTENT_LENGTH", 1000)
    card.get_by_role("textbox").evaluate("(field) => { field.removeAttribute('maxlength'); field.value = 'x'.repeat(2000); }")
    status = send(card)

    expect(card.get_by_role("alert")).to_have_text("What you sent is too large. Nothing was saved.")
    assert (status, len(card.get_by_role("textbox").input_value())) == (413, 2000)


def test_the_registration_form_is_shown_again_with_its_errors_and_what_was_typed(context: BrowserContext, live: Live) -> None:
    page = context.new_page()
    page.goto(live.at("/en/events/kaskinen-today/register"))
    page.locator("#email").fill("annamari@kaskinen")
    page.locator("#party_size").select_option("2")
    page.locator("#companions").fill("Aino Mäkelä")
    with page.expect_response(lambda answer: answer.request.method == "POST") as sent:
        page.get_by_role("button", name="Register", exact=True).click()

    expect(page.locator("#name-err")).to_be_visible()
    expect(page.locator("#email-err")).to_be_visible()
    expect(page.locator("#errors")).to_be_focused()
    expect(page.locator("#email")).to_have_value("annamari@kaskinen")
    expect(page.locator("#companions")).to_have_value("Aino Mäkelä")
    assert sent.value.status == 422


@pytest.mark.parametrize("status", [401, 404, 429, 502])
def test_a_poll_that_fails_leaves_the_page_as_it_is(context: BrowserContext, live: Live, status: int) -> None:
    page = context.new_page()
    page.goto(live.at("/en/events/kaskinen-today/"))
    before = page.locator("#now").inner_html()
    page.route("**/now", lambda route: route.fulfill(status=status, content_type="text/html", body="<p id=now>Sign in</p>"))
    wake(page)

    expect(page.get_by_text("Sign in")).to_have_count(0)
    assert page.locator("#now").inner_html() == before


def wake(page: Page) -> None:
    """Ask now, as the page does every 20 seconds, and wait until htmx is done with the answer."""
    page.evaluate(
        "() => new Promise((done) => {"
        " document.addEventListener('htmx:finally:request', done, {once: true});"
        " document.querySelector('#now').dispatchEvent(new CustomEvent('wake')); })"
    )
