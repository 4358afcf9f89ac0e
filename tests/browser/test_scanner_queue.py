"""A queue of forty at one phone, from the first scan to the last: right numbers on the server, few taps; prints how long it took."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass

from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import func, select, update

from app.checkin.headcount import numbers_of
from app.checkin.models import Admission, Scan
from app.core.db import db, write_tx
from app.registration.models import Ticket
from tests.browser import camera
from tests.browser.door import Door, enrol, make_door, start
from tests.browser.engine import conflicts, more_tickets
from tests.browser.ground import Live

SINGLES, FAMILIES = 27, (2, 2, 3, 4, 4, 5)  # who comes alone; families who come together
TAPS = """(() => { window.taps = Number(sessionStorage.getItem("taps"));
  addEventListener("pointerdown", (event) => { if (event.isTrusted) sessionStorage.setItem("taps", ++window.taps); }, { capture: true }); })()"""


@dataclass
class Queue:
    """The phone at the door, and whom it is shown."""

    page: Page
    door: Door

    def show(self, code: str, tone: str, word: str) -> None:
        """Hold a code in front of the camera until the server has answered and the panel says so."""
        with self.page.expect_response("**/api/v1/scans"):
            camera.show(self.page, self.door.prefix + code)
        panel = self.page.locator("[data-verdict]")
        expect(panel.locator(".verdict__word")).to_have_text(word)
        expect(panel).to_have_attribute("data-tone", tone)

    def tap(self, name: str | re.Pattern[str]) -> None:
        """One tap on a button of the panel; where it asks the server, its answer is awaited."""
        self.page.locator("[data-verdict]").get_by_role("button", name=name).tap()


def size(door: Door, code_at: int, codes: list[str], **values: object) -> str:
    """The code of a ticket with these columns changed."""
    with door.live.rows(), write_tx() as session:
        rows = session.scalars(select(Ticket).where(Ticket.scope == door.event_id))
        from_code = {ticket_code_of(ticket): ticket.id for ticket in rows}
        session.execute(update(Ticket).where(Ticket.id == from_code[codes[code_at]]).values(**values))
    return codes[code_at]
