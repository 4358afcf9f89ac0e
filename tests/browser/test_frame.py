"""What every page stands in: htmx with flask-htmx, the language switch, the keyboard, live polling, and its weight."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, Response, expect

from app.agenda.queries import find_item
from app.core import clock
from app.core.db import write_tx
from app.events.models import Event
from app.events.queries import get_event
from app.events.service import touch
from app.i18n import texts
from app.i18n.formats import zone
from tests import factories
from tests.browser import probe
from tests.browser.served import Live, new_context, watch
from tests.factories import minutes

TODAY = "/en/events/kaskinen-today/"


# flask-htmx with htmx 4


@pytest.fixture
def probed(live: Live, context: BrowserContext) -> Page:
    """The probe's first page, with an empty list of what was seen."""
    page = context.new_page()
    page.goto(live.at("/probe/first"))
    probe.seen.clear()
    return page


def test_flask_htmx_sees_a_request_for_a_fragment(probed: Page):
    probed.get_by_role("link", name="part").click()

    expect(probed.locator("#out")).to_have_text("fragment part")
    assert probe.seen == [("/probe/part", True, False, False)]


def test_flask_htmx_sees_a_boosted_request_and_gets_the_page(probed: Page):
    probed.evaluate("() => { window.same = true; }")
    probed.get_by_role("link", name="boosted").click()

    expect(probed.get_by_role("heading", level=1)).to_have_text("boosted")
    assert probed.evaluate("() => window.same") is True
    assert probe.seen == [("/probe/boosted", True, True, False)]


def test_flask_htmx_sees_a_history_restore_and_gets_the_page(probed: Page):
    probed.get_by_role("link", name="part").click()
    expect(probed.locator("#out")).to_have_text("fragment part")
    probe.seen.clear()
    probed.go_back()

    expect(probed.locator("#out")).to_have_text("nothing yet")
    assert probe.seen == [("/probe/first", False, False, True)]


def test_plain_link_is_no_htmx_request(probed: Page):
    probed.get_by_role("link", name="plain").click()

    expect(probed.get_by_role("heading", level=1)).to_have_text("plain")
    assert probe.seen == [("/probe/plain", False, False, False)]


# The language switch


def switch_to(page: Page, endonym: str) -> None:
    """Choose a language in the switch at the top."""
    page.locator("[data-languages] summary").click()
    page.locator("[data-languages]").get_by_role("link", name=endonym).click()
    page.wait_for_load_state()


@pytest.mark.parametrize("scripts", [True, False])
def test_language_switch_keeps_page_and_query(browser: Browser, live: Live, scripts: bool):
    with new_context(browser, java_script_enabled=scripts) as context:
        page = context.new_page()
        page.goto(live.at("/en/events/?q=kaskinen"))
        switch_to(page, "Polski")

        assert page.url.partition("#")[0] == live.at("/pl/events/?q=kaskinen")
        assert page.locator("html").get_attribute("lang") == "pl"


def test_language_switch_keeps_the_place_on_the_page(live: Live, context: BrowserContext):
    page = context.new_page()
    page.goto(live.at(TODAY))
    page.locator("#item-8").evaluate("(row) => row.scrollIntoView()")
    before = page.locator("#item-8").bounding_box()
    switch_to(page, "Suomi")

    assert page.url.startswith(live.at("/fi/events/kaskinen-today/#item-"))
    expect(page.locator("#item-8")).to_be_in_viewport()
    after = page.locator("#item-8").bounding_box()
    assert before is not None
    assert after is not None
    assert abs(after["y"] - before["y"]) < 100


def test_language_switch_is_remembered_for_short_addresses(live: Live, context: BrowserContext):
    page = context.new_page()
    page.goto(live.at("/en/"))
    switch_to(page, "Eesti")
    page.goto(live.at("/e/kaskinen-today"))

    assert page.url == live.at("/et/events/kaskinen-today/")


def test_language_switch_closes_with_escape_and_gives_the_focus_back(live: Live, context: BrowserContext):
    page = context.new_page()
    page.goto(live.at("/en/"))
    summary = page.locator("[data-languages] summary")
    summary.press("Enter")
    expect(page.get_by_role("link", name="Dansk")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")

    expect(page.get_by_role("link", name="Dansk")).to_be_hidden()
    expect(summary).to_be_focused()


def test_reader_of_another_language_is_offered_it_quietly(browser: Browser, live: Live):
    with new_context(browser, "lv") as context:
        page = context.new_page()
        page.goto(live.at(TODAY))
        offer = page.locator("[data-language-offer] a")

        expect(offer).to_have_attribute("lang", "lv")
        offer.click()
        expect(page).to_have_url(re.compile(r"/lv/events/kaskinen-today/"))
        expect(offer).to_have_count(0)


# The whole way by keyboard


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until what `selector` names has the focus; it must be seen then, with a ring, under nothing."""
    for _ in range(150):
        page.keyboard.press("Tab")
        if page.evaluate("(wanted) => document.activeElement.matches(wanted)", selector):
            break
    ring, uncovered = page.evaluate("""() => {
      const focused = document.activeElement, box = focused.getBoundingClientRect();
      const top = document.elementFromPoint(box.left + box.width / 2, box.top + Math.min(box.height / 2, 20));
      return [parseFloat(getComputedStyle(focused).outlineWidth), focused.contains(top) || top?.contains(focused)];
    }""")
    assert page.evaluate("(wanted) => document.activeElement.matches(wanted)", selector), f"Tab never reaches {selector}"
    assert ring >= 2, f"no ring around {selector}"
    assert uncovered, f"{selector} has the focus under something else"


def follow(page: Page, selector: str) -> None:
    """Tab to a link and open it with Enter."""
    tab_to(page, selector)
    with page.expect_navigation():
        page.keyboard.press("Enter")


@pytest.mark.parametrize("scripts", [True, False])
def test_whole_way_by_keyboard(browser: Browser, live: Live, scripts: bool):
    with new_context(browser, java_script_enabled=scripts) as context:
        page = context.new_page()
        watcher = watch(page, live)
        page.goto(live.at("/en/"))
        follow(page, "main a[href$='/events/kaskinen-today/']")
        follow(page, "#agenda a[href$='/items/8/']")
        tab_to(page, "[data-languages] summary")
        page.keyboard.press("Enter")
        follow(page, "[data-languages] a[lang=sv]")
        follow(page, ".crumbs a")
        follow(page, "main a[href$='/register']")
        tab_to(page, "#name")
        page.keyboard.type("Åsa Öström")
        tab_to(page, "#party_size")
        page.keyboard.type("3")
        follow(page, "main form button")

        assert re.fullmatch(re.escape(live.at("/sv/tickets/")) + r"[0-9a-z]{26}/", page.url)
        expect(page.locator(".qr svg")).to_be_visible()
        expect(page.get_by_text("Åsa Öström")).to_be_visible()
        assert watcher.found == []


def test_skip_link_leads_past_the_header(live: Live, context: BrowserContext):
    page = context.new_page()
    page.goto(live.at(TODAY))
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    expect(page.locator(".skip")).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")

    assert page.evaluate("() => document.querySelector('main').contains(document.activeElement)") is True


# Live polling


@pytest.fixture
def polled(live: Live) -> str:
    """The slug of an event with one row that is on and one that follows."""
    slug = f"polled-{uuid.uuid4().hex[:8]}"
    now = clock.now()
    day = (now - minutes(10)).astimezone(zone("Europe/Helsinki")).date()
    with live.rows():
        event = factories.make_event(slug, "Evening by the harbour", starts_on=day, ends_on=day + timedelta(days=1))
        factories.make_item(event, 1, "Brass band", on=day, starts_at=now - minutes(10), ends_at=now + minutes(20))
        factories.make_item(event, 2, "Choir", on=day, starts_at=now + minutes(20), ends_at=now + minutes(50))
    return slug


@pytest.fixture
def timed(context: BrowserContext) -> Page:
    """A page whose timers a test moves on by hand."""
    page = context.new_page()
    page.clock.install()
    return page


def rename(slug: str, number: int, title: str) -> None:
    """Give a row another title, as an organiser would."""
    event = get_event(slug)
    with write_tx() as session:
        item = find_item(event, number)
        assert item is not None
        texts.put(session, event.id, item.id, "item.title", {"en": title}, "en")
        touch(session, session.get(Event, event.id))


def test_open_page_follows_the_agenda(live: Live, polled: str, timed: Page):
    timed.goto(live.at(f"/en/events/{polled}/"))
    expect(timed.locator("#now [aria-current]")).to_contain_text("Brass band")
    with live.rows():
        rename(polled, 1, "Brass band in the church")
    timed.clock.run_for(21_000)

    expect(timed.locator("#now [aria-current]")).to_contain_text("Brass band in the church")
    expect(timed.locator("#agenda #item-1")).to_contain_text("Brass band in the church")


def test_open_page_moves_on_with_the_time(live: Live, polled: str, timed: Page):
    timed.goto(live.at(f"/en/events/{polled}/"))
    expect(timed.locator("#agenda #item-1")).to_have_attribute("aria-current", "time")
    with clock.travelled_to(clock.now() + minutes(25)):
        timed.clock.run_for(21_000)

        expect(timed.locator("#now [aria-current]")).to_contain_text("Choir")
        expect(timed.locator("#agenda #item-2")).to_have_attribute("aria-current", "time")
        expect(timed.locator("#agenda #item-1")).not_to_have_attribute("aria-current", "time")


def test_poll_is_answered_304_when_nothing_changed(live: Live, polled: str, timed: Page):
    polls: list[str] = []
    statuses: dict[str, int] = {}
    session = timed.context.new_cdp_session(timed)
    session.send("Network.enable")
    session.on(
        "Network.requestWillBeSent", lambda sent: polls.append(sent["requestId"]) if "/now" in sent["request"]["url"] else None
    )
    session.on("Network.responseReceivedExtraInfo", lambda got: statuses.update({got["requestId"]: got["statusCode"]}))
    timed.goto(live.at(f"/en/events/{polled}/"))
    for _ in range(3):
        with timed.expect_response(lambda response: response.url.endswith("/now")):
            timed.clock.run_for(20_000)
    timed.wait_for_load_state("networkidle")

    assert [statuses[poll] for poll in polls] == [200, 304, 304]


def polls_of(page: Page) -> list[str]:
    """The polls that the page sends from now on."""
    sent: list[str] = []

    def note(request: Request) -> None:
        if request.url.endswith("/now"):
            sent.append(request.url)

    page.on("request", note)
    return sent


def show(page: Page, *, hidden: bool) -> None:
    """Put the page into the background, or back on the screen."""
    page.evaluate("""(hidden) => {
      Object.defineProperty(document, "hidden", { get: () => hidden, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }""", hidden)  # fmt: skip


def test_polling_rests_while_the_page_is_hidden(live: Live, polled: str, timed: Page):
    timed.goto(live.at(f"/en/events/{polled}/"))
    sent = polls_of(timed)
    show(timed, hidden=True)
    timed.clock.run_for(90_000)
    asleep = len(sent)
    with timed.expect_response(lambda response: response.url.endswith("/now")):
        show(timed, hidden=False)

    assert (asleep, len(sent)) == (0, 1)


def test_page_without_network_says_so_and_recovers(live: Live, polled: str, timed: Page, context: BrowserContext):
    timed.goto(live.at(f"/en/events/{polled}/"))
    bar = timed.get_by_text("No connection.")
    expect(bar).to_be_hidden()
    context.set_offline(True)
    timed.clock.run_for(21_000)
    expect(bar).to_be_visible()
    expect(timed.locator("#now [aria-current]")).to_contain_text("Brass band")
    with live.rows():
        rename(polled, 1, "Brass band, at last")
    context.set_offline(False)

    expect(bar).to_be_hidden()
    expect(timed.locator("#now [aria-current]")).to_contain_text("Brass band, at last")


# Weight


@pytest.mark.parametrize("slug", ["kaskinen-today", "visit-today"])
@pytest.mark.parametrize("lang", ["fi", "lv"])
def test_first_view_of_an_event_is_light(browser: Browser, live: Live, lang: str, slug: str):
    """Page and styles as sent, without headers, fit one round trip of a new connection (14 kB); all requests stay below 45 kB."""
    with new_context(browser, lang) as context:
        page = context.new_page()
        answers: list[Response] = []
        page.on("response", lambda answer: answers.append(answer))
        page.goto(live.at(f"/{lang}/events/{slug}/"), wait_until="networkidle")
        sizes = [(answer.request.resource_type, answer.request.sizes()["responseBodySize"]) for answer in answers]
        painted = [size for kind, size in sizes if kind in {"document", "stylesheet"}]

        assert answers[0].header_value("content-encoding") == "br"
        assert (len(painted), len(sizes) <= 6) == (2, True)
        assert (sum(painted) <= 14_000, sum(size for _, size in sizes) <= 45_000) == (True, True), sizes
