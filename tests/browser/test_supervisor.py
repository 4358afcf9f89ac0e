"""The supervisor's pages on a phone: they fit, read well, stay up to date by themselves, and work without JavaScript."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from app.audit.models import TERMINAL
from app.audit.service import record_deleted
from app.checkin import devices, service
from app.checkin.models import Device, Scan
from app.checkin.rules import Attempt
from app.core import clock
from app.core.db import db, write_tx
from app.events.models import Event
from app.i18n.languages import LANGUAGES
from app.registration import codes
from app.registration.models import Ticket
from tests.browser.axe import violations, violations_in_both_schemes
from tests.browser.fit import double_text, misfits
from tests.browser.served import Live, new_context, watch
from tests.checkin.scans import make_ticket
from tests.factories import make_event
from tests.registration.registrations import open_registration, signed_up
from tests.supervise.supervisor import make_conflict, make_scan
from tests.transactions import do

LISTS = {
    "main-door": {"en": "Main door", "fi": "Pääsisäänkäynti", "de": "Haupteingang"},
    "dinner": {"en": "Dinner for delegations", "de": "Abendessen für die Gastdelegationen"},
}
REFUSED = ("cancelled", "waitlisted", "wrong_event", "unknown", "quarantine")


@dataclass
class Evening:
    """A busy evening: an event, its supervisor's token, and what there is to look at."""

    live: Live
    event_id: uuid.UUID
    token: str
    volunteer: uuid.UUID
    scan: uuid.UUID
    conflict: uuid.UUID
    waiting: uuid.UUID
    guest: uuid.UUID

    @property
    def paths(self) -> list[str]:
        """Every page of a supervisor, without its language."""
        return [
            "overview", "conflicts", f"conflicts/{self.conflict}", "scans", f"scans/{self.scan}", "devices",
            f"devices/{self.volunteer}", f"devices/{self.volunteer}/revoke", f"devices/{self.waiting}/code", "stored",
            "tickets", f"tickets/{self.guest}/replace",
        ]  # fmt: skip

    def enter(self, context: BrowserContext) -> BrowserContext:
        """Make this browser the supervisor's phone."""
        context.add_cookies(
            [{"name": "device", "value": self.token, "url": self.live.url, "httpOnly": True, "sameSite": "Strict"}]
        )
        return context


@pytest.fixture
def evening(live: Live) -> Evening:
    """Two lists, six phones, tickets let in and refused, conflicts of several kinds, one closed."""
    with live.rows():
        return make_evening(live)


def make_evening(live: Live) -> Evening:
    now = clock.now()
    event = make_event(f"evening-{uuid.uuid4().hex[:8]}", {"en": "Midsummer ceremony of the Cultural Pearls"})
    with write_tx() as session:
        made = [service.put_list(session, event.id, slug, {"capacity": 30}, names) for slug, names in LISTS.items()]
    maija, token = do(devices.enrol, event, list(LISTS), "Maija Korhonen-Lundqvist", TERMINAL, bearer=True)
    _, sanna = do(devices.enrol, event, ["main-door"], "Sanna Virta", TERMINAL, supervise=True, bearer=True)
    waiting, _ = do(devices.enrol, event, ["dinner"], "Ole Hansen", TERMINAL)
    with write_tx() as session:
        phone = session.get(Device, maija.id)
        assert phone is not None
        phone.last_seen_at, phone.list_synced_at = now - timedelta(minutes=14), now - timedelta(minutes=20)
        phone.unsent, phone.highest_seq = 4, 40
    tickets = [make_ticket(event, holder="Annamari Österbacka", party_size=5) for _ in range(6)]
    items = [scan_of(ticket, seq) for seq, ticket in enumerate(tickets, 1)]
    service.record(devices.hash_token(token), items)
    first = db.session.get(Scan, items[0].id)
    assert first is not None
    for number, kind in enumerate(REFUSED):
        refused = make_scan_at(maija, made[0].id, tickets[0].id, 10 + number, kind)
        closed = (
            {"closed_at": now, "closed_by": maija.id, "note": "It was the choir's bus driver.\nHe stays."} if number == 3 else {}
        )
        conflict = make_conflict(refused.id, kind, **closed)
    twice = make_scan_at(maija, made[0].id, tickets[0].id, 20, "already_in", winner_id=items[0].id)
    make_conflict(twice.id, "already_in")
    with write_tx() as session:
        record_deleted(session, event.id, "needs", 12)
    guest = signed_up(open_registration(event), 3, name="Annamari Väänänen-Österbacka").ticket
    assert guest is not None
    return Evening(live, event.id, sanna, maija.id, first.id, conflict.id, waiting.id, guest.id)


def scan_of(ticket: Ticket, seq: int) -> Attempt:
    code_hash = codes.hash_code(str(ticket.__dict__["printed"]))
    ident = uuid.uuid4()
    return Attempt(ident, str(ident), seq, "main-door", "entry", clock.now(), code_hash=code_hash, count=4)


def make_scan_at(device: Device, list_id: uuid.UUID, ticket_id: uuid.UUID, seq: int, result: str, **fields: object) -> Scan:
    reason = "The mayor knows her; she stands on the printed list" if result == "unknown" else None
    door = type("Door", (), {"device": device, "list": type("List", (), {"id": list_id})})
    whole = {"ticket_id": ticket_id, "seq": seq, "result": result, "mode": "offline", "local": "accepted", "reason": reason}
    return make_scan(door, **(whole | fields))  # type: ignore[arg-type]


@pytest.fixture
def sanna(browser: Browser, evening: Evening) -> Iterator[BrowserContext]:
    """The supervisor's phone."""
    context = evening.enter(new_context(browser, width=360, height=740))
    yield context
    context.close()


def looked_at(page: Page, evening: Evening, lang: str, *, axe: bool = True) -> list[str]:
    """What is wrong with any of the pages."""
    watcher = watch(page, evening.live)
    for path in evening.paths:
        watcher.where = f"/{lang}/door/{path}"
        page.goto(evening.live.at(watcher.where))
        watcher.note(*(violations_in_both_schemes(page) if axe else []), *misfits(page))
    return watcher.found


def test_supervisors_pages_pass_axe_and_fit_a_phone(browser: Browser, evening: Evening) -> None:
    context = evening.enter(new_context(browser, width=360, height=740))
    try:
        assert looked_at(context.new_page(), evening, "en") == []
    finally:
        context.close()


def test_supervisors_pages_fit_320_pixels_in_nine_languages(browser: Browser, evening: Evening) -> None:
    context = evening.enter(new_context(browser, width=320, height=640))
    try:
        page = context.new_page()
        assert [fault for lang in LANGUAGES for fault in looked_at(page, evening, lang, axe=False)] == []
    finally:
        context.close()


def test_supervisors_pages_bear_text_of_twice_the_size(browser: Browser, evening: Evening) -> None:
    context = evening.enter(new_context(browser, width=640, height=740))
    found = []
    try:
        page = context.new_page()
        for path in evening.paths:
            page.goto(evening.live.at(f"/de/door/{path}"))
            double_text(page)
            found += [f"{path}: {fault}" for fault in misfits(page)]
        assert found == []
    finally:
        context.close()


def test_an_open_overview_counts_on_by_itself_and_asks_in_vain_while_nothing_happens(
    sanna: BrowserContext, evening: Evening
) -> None:
    page = sanna.new_page()
    watcher, answers = watch(page, evening.live), []
    page.on("response", lambda response: answers.append(response.status) if response.url.endswith("/now") else None)
    page.goto(evening.live.at("/en/door/overview"))
    expect(page.locator(".supervisor__number")).to_have_text("24")
    wake(page)
    wake(page)
    quiet = set(answers)
    with evening.live.rows():
        event = db.session.get(Event, evening.event_id)
        assert event is not None
        guest = make_ticket(event)
        service.record(devices.hash_token(evening.token), [scan_of(guest, 1)])
    wake(page)
    expect(page.locator(".supervisor__number")).to_have_text("25")

    assert (quiet, answers[-1]) == ({304}, 200)
    assert watcher.found == []


def wake(page: Page) -> None:
    """Let the page ask now, as it does every five seconds."""
    with page.expect_response(lambda response: response.url.endswith("/now")):
        page.evaluate("() => document.getElementById('now').dispatchEvent(new CustomEvent('wake'))")


def test_an_open_overview_says_so_when_its_phone_is_ended(sanna: BrowserContext, evening: Evening) -> None:
    page = sanna.new_page()
    page.goto(evening.live.at("/en/door/overview"))
    with evening.live.rows():
        phone = devices.find_device_state(devices.hash_token(evening.token))
        assert phone is not None
        do(devices.revoke, phone.id, TERMINAL)
    page.evaluate("() => document.getElementById('now').dispatchEvent(new CustomEvent('wake'))")

    expect(page.get_by_role("heading", name="Not signed in")).to_be_visible()


def test_a_conflict_is_closed_in_its_place(sanna: BrowserContext, evening: Evening) -> None:
    page = sanna.new_page()
    page.goto(evening.live.at("/en/door/conflicts"))
    card = page.locator(f"#conflict-{evening.conflict}")
    other = page.locator("textarea").first
    other.fill("half typed elsewhere")
    card.get_by_role("textbox").fill("x")
    card.get_by_role("button", name="Close this conflict").click()
    expect(card.locator(".err")).to_have_text("Write a few words, so that others understand it later.")
    expect(card.get_by_role("textbox")).to_have_value("x")
    faults = violations(page)
    card.get_by_role("textbox").fill("He is the bus driver")
    card.get_by_role("button", name="Close this conflict").click()
    expect(card.get_by_role("button")).to_have_count(0)
    expect(card).to_contain_text("He is the bus driver")
    expect(other).to_have_value("half typed elsewhere")

    assert faults == []
    assert page.url == evening.live.at("/en/door/conflicts")


def test_a_phone_is_set_up_from_another_ones_screen(browser: Browser, sanna: BrowserContext, evening: Evening) -> None:
    page = sanna.new_page()
    watcher = watch(page, evening.live)
    page.goto(evening.live.at("/en/door/devices"))
    page.get_by_label("Who holds this phone?").fill("Liis Tamm")
    page.get_by_label("Main door").check()
    page.get_by_role("button", name="Show the code for this phone").click()
    expect(page.get_by_text("Waiting for the phone.")).to_be_visible()
    faults = [*violations(page), *misfits(page)]
    address = page.locator(".supervisor__address").inner_text()
    phone = new_context(browser)
    other = phone.new_page()
    other.goto(address)
    other.get_by_role("button", name="Make this phone a scanner").click()
    other.wait_for_url("**/door/")
    phone.close()
    page.evaluate("() => document.getElementById('waiting').dispatchEvent(new CustomEvent('wake'))")
    expect(page.get_by_text("Done: the phone is a scanner now.")).to_be_visible()

    assert faults == []
    assert watcher.found == []


def test_everything_works_without_javascript(browser: Browser, evening: Evening) -> None:
    context = evening.enter(new_context(browser, width=360, height=740, java_script_enabled=False))
    page = context.new_page()
    page.goto(evening.live.at("/en/door/scans"))
    page.locator(f"#scan-{evening.scan}").get_by_role("link").click()
    page.get_by_label("Why are you undoing it?").fill("Wrong family")
    page.get_by_role("button", name="Undo a scan").click()
    expect(page).to_have_url(evening.live.at(f"/en/door/scans#scan-{evening.scan}"))
    expect(page.locator(".scans__row").first).to_contain_text("Undone")
    page.get_by_role("link", name="Overview").click()
    expect(page.locator(".supervisor__number")).to_have_text("20")
    page.get_by_role("link", name="Conflicts").first.click()
    card = page.locator(f"#conflict-{evening.conflict}")
    card.get_by_role("textbox").fill("He is the bus driver")
    card.get_by_role("button").click()
    expect(card).to_contain_text("He is the bus driver")
    context.close()
