"""A phone that becomes a scanner, for browser tests: an event with tickets, and what a volunteer does with the phone."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import func, select, update

from app.audit.models import TERMINAL
from app.checkin import devices, service
from app.checkin.models import Admission, Device, Headcount, Scan
from app.core.db import db, write_tx
from app.events.models import Event
from app.registration.models import Ticket
from app.registration.tickets import make_rehearsal_tickets
from tests.browser import camera
from tests.browser.axe import violations
from tests.browser.fit import misfits
from tests.browser.served import Live
from tests.factories import make_event
from tests.transactions import do

PHONE = {"width": 360, "height": 740}


@dataclass
class Door:
    """An event with one list, its tickets' codes and references, and a phone that is to become its scanner."""

    live: Live
    event_id: uuid.UUID
    codes: list[str]
    references: list[str]

    @property
    def prefix(self) -> str:
        """What stands before the code in our QR."""
        return f"{self.live.url}/T/".upper()

    def token(self, lists: Sequence[str] = ("main-door",)) -> str:
        """A fresh one-time token for a phone of this event."""
        with self.live.rows():
            event = db.session.get(Event, self.event_id)
            assert event is not None
            return do(devices.enrol, event, lists, "Maija Korhonen", TERMINAL)[1]

    def count(self, model: type[Scan] | type[Admission], slug: str = "main-door") -> int:
        """How many rows a list of this event has."""
        with self.live.rows():
            door = service.find_list(self.event_id, slug)
            assert door is not None
            return db.session.scalar(select(func.count()).select_from(model).where(model.list_id == door.id)) or 0

    def scans(self) -> list[Scan]:
        """This list's scans in the phone's order."""
        with self.live.rows():
            door = service.find_list(self.event_id, "main-door")
            assert door is not None
            return list(db.session.scalars(select(Scan).where(Scan.list_id == door.id).order_by(Scan.seq)))


def make_door(live: Live, **times: Any) -> Door:
    """A new event with a list and four tickets in the served database."""
    with live.rows():
        event = make_event(slug=f"door-{uuid.uuid4().hex[:8]}", title="Midsummer ceremony")
        with write_tx() as session:
            service.put_list(session, event.id, "main-door", times, {"en": "Main door"})
        made = do(make_rehearsal_tickets, event.id, 4)
        with write_tx() as session:
            session.execute(update(Ticket).where(Ticket.event_id == event.id).values(rehearsal=False))
    return Door(live, event.id, [row[0] for row in made], [row[1] for row in made])


def enrol(phone: BrowserContext, door: Door, script: str = camera.CANVAS, lists: Sequence[str] = ("main-door",)) -> Page:
    """Make the phone a scanner by the organiser's one-time address; returns the scanner's page."""
    page = phone.new_page()
    page.add_init_script(script)
    page.goto(door.live.at(f"/en/door/enrol#{door.token(lists)}"))
    page.get_by_role("button", name="Make this phone a scanner").click()
    expect(page.get_by_role("button", name="Start scanning")).to_be_visible()
    return page


def start(page: Page) -> None:
    """Press the big button and wait for the picture."""
    page.get_by_role("button", name="Start scanning").click()
    expect(page.locator("[data-camera-panel]")).to_have_attribute("data-state", "scanning")


def type_code(page: Page, text: str) -> None:
    """Leave the answer that is shown, open the sheet and type into its field, as a person does."""
    if page.locator("[data-verdict]").is_visible():
        page.keyboard.press("Escape")
    field = page.get_by_label("Reference on the ticket")
    if not field.is_visible():
        page.get_by_role("button", name="Type a code").last.click()
    field.fill(text)
    page.keyboard.press("Enter")


def scan_by_hand(page: Page, text: str) -> None:
    """Pull the trigger of a hand scanner, wherever the page stands: it types fast and presses Enter."""
    page.keyboard.type(text)
    page.keyboard.press("Enter")


def press(page: Page, name: str) -> None:
    """Press the button of this name, in the dialog that is open or on the page."""
    dialog = page.locator("dialog[open]")
    place = dialog.last if dialog.count() else page.locator("main")
    place.get_by_role("button", name=name, exact=True).click()


def verdict(page: Page, tone: str, word: str) -> None:
    """Wait for this answer."""
    expect(page.locator("[data-verdict] .verdict__word")).to_have_text(word)
    expect(page.locator("[data-verdict]")).to_have_attribute("data-tone", tone)


def counted(door: Door) -> list[tuple[int, bool]]:
    """The clicks of this event's phones: how many, rehearsed or not."""
    with door.live.rows():
        asked = select(Headcount.delta, Headcount.rehearsal).join(Device, Device.id == Headcount.device_id)
        return [(delta, rehearsal) for delta, rehearsal in db.session.execute(asked.where(Device.event_id == door.event_id))]


def waiting(page: Page) -> list[str]:
    """The ids of the scans that wait on this phone to be sent."""
    found: list[str] = page.evaluate("""() => new Promise((done) => { const opening = indexedDB.open("door");
      opening.onsuccess = () => { const asked = opening.result.transaction("scans").objectStore("scans").index("queue").getAll();
        asked.onsuccess = () => { opening.result.close(); done(asked.result.map(({ id }) => id)); }; }; })""")
    return found


def faults(page: Page) -> list[str]:
    """What axe objects to and what does not fit; the language menu, opened by looking, is closed again."""
    found = [*violations(page), *misfits(page)]
    page.evaluate("() => document.querySelectorAll('details').forEach((details) => { details.open = false; })")
    return found
