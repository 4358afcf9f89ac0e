"""A queue of forty at one phone, from the first scan to the last: right numbers on the server, few taps; prints how long it took."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import func, select, update

from app.checkin.headcount import numbers_of
from app.checkin.models import Admission, CheckInList, Scan
from app.core import clock
from app.core.db import db, write_tx
from app.registration import codes
from app.registration.models import Ticket
from tests.browser import camera
from tests.browser.engine import conflicts, more_tickets
from tests.browser.scanner import Door, enrol, make_door, start
from tests.browser.served import Live

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

    def tap(self, name: str) -> None:
        """One tap on a button of the panel."""
        self.page.locator("[data-verdict]").get_by_role("button", name=name).click()

    def tap_and_ask(self, name: str) -> None:
        """One tap that asks the server; its answer is awaited."""
        with self.page.expect_response("**/api/v1/scans"):
            self.tap(name)
        expect(self.page.locator("[data-verdict]")).to_have_attribute("data-tone", "ok")


def changed(door: Door, code: str, **values: object) -> str:
    """The same code, its ticket's columns changed."""
    with door.live.rows(), write_tx() as session:
        session.execute(update(Ticket).where(Ticket.code_hash == codes.hash_code(code)).values(**values))
    return code


def test_queue_of_forty_with_families_a_foreign_ticket_a_cancelled_one_an_undo_and_a_walk_in(
    live: Live, door: Door, phone: BrowserContext
) -> None:
    made = more_tickets(door, SINGLES + 1 + len(FAMILIES) + 3)
    singles, families, rest = made[:SINGLES], made[SINGLES : SINGLES + len(FAMILIES)], made[SINGLES + len(FAMILIES) :]
    families = [changed(door, code, party_size=party) for code, party in zip(families, FAMILIES, strict=True)]
    mistaken, cancelled = rest[0], changed(door, rest[1], status="cancelled")
    half, late = changed(door, rest[2], party_size=4), changed(door, rest[3], party_size=3)
    foreign = make_door(live).codes[0]
    page = enrol(phone, door, script=camera.CANVAS + ";" + TAPS)
    queue = Queue(page, door)
    began, before = clock.now(), int(page.evaluate("() => window.taps"))

    start(page)
    for at, code in enumerate(singles):  # nobody presses anything
        queue.show(code, "ok", "Come in")
        if at == 3:
            queue.show(late, "ok", "Come in")
            queue.tap("Nobody else now")
        if at in range(5, 5 + len(families)):
            queue.show(families[at - 5], "ok", "Come in")
            queue.tap_and_ask(
                "Everyone who is missing: " + str(FAMILIES[at - 5] - 1) if FAMILIES[at - 5] > 2 else "One more guest"
            )
        if at == 12:
            queue.show(foreign, "bad", "Another event")
            queue.tap("Next guest")
        if at == 14:
            queue.show(half, "ok", "Come in")
            queue.tap_and_ask("+1")
        if at == 16:
            queue.show(mistaken, "ok", "Come in")
            queue.tap("Undo")
            queue.tap_and_ask("Scanned by mistake")
        if at == 18:
            queue.show(cancelled, "bad", "Cancelled")
            queue.tap("Next guest")
        if at == 20:
            expect(page.locator("[data-verdict]")).to_be_hidden(timeout=6000)
            page.get_by_role("button", name="+1 without a ticket").click()
        if at == 22:
            queue.show(late, "ok", "Come in")
            queue.tap_and_ask("One more guest")
    queue.show(mistaken, "ok", "Come in")

    took, taps = (clock.now() - began).total_seconds(), int(page.evaluate("() => window.taps")) - before
    print(f"\nA queue of forty: {took:.1f} s with the machine's fast hands ({took / 40:.2f} s each), {taps} taps.")
    expect(page.locator("[data-unsent]")).to_be_hidden()
    people = SINGLES + sum(FAMILIES) + 2 + 3 + 1  # half a family, three who came one after the other, the one scanned by mistake
    with live.rows():
        main = db.session.scalars(select(CheckInList.id).where(CheckInList.event_id == door.event_id)).one()
        results = dict(
            db.session.execute(select(Scan.result, func.count()).where(Scan.list_id == main).group_by(Scan.result)).all()
        )
        alive = db.session.scalar(
            select(func.count()).select_from(Admission).where(Admission.list_id == main, Admission.released_by.is_(None))
        )
        inside = numbers_of(door.event_id).inside
    assert (alive, inside) == (people, people + 1)  # and one guest without a ticket
    assert {name: results[name] for name in ("wrong_event", "cancelled", "undone")} == {
        "wrong_event": 1,
        "cancelled": 1,
        "undone": 1,
    }
    assert (conflicts(door), taps) == ([], 15)
