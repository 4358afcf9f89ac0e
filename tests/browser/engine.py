"""The scanner's engine driven without its screen: a phone that was enrolled, and what its program is asked to do."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import BrowserContext, Page
from sqlalchemy import select, update

from app.checkin import devices, service
from app.checkin.models import Conflict, Device, Scan
from app.checkin.rules import Attempt
from app.core import clock
from app.core.db import db, write_tx
from app.events.models import Event
from app.registration import codes, service as registration
from app.registration.models import Registration, Ticket
from app.registration.seats import put_settings
from app.registration.tickets import make_rehearsal_tickets
from tests.browser.scanner import Door
from tests.transactions import do

URLS = {
    "scans": "/api/v1/scans",
    "device": "/api/v1/device",
    "token": "/api/v1/device/token",
    "report": "/api/v1/device/report",
    "lists": "/api/v1/lists",
    "headcounts": "/api/v1/headcounts",
    "search": "/api/v1/searches",
}
OPEN = """async ({ build, lang, install }) => {
  const { openEngine } = await import(`/static/${build}/js/door/engine.js`);
  window.engine = await openEngine({ urls: {}, lang, install });
  window.heard = [];
  engine.addEventListener("answered", (event) => heard.push(event.detail));
}"""
ENROL = """async (token) => {
  const response = await fetch("/api/v1/enrolments", {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ token }) });
  const { device } = await response.json();
  await engine.become(device);
  await engine.refresh();
}"""


def open_engine(phone: BrowserContext, door: Door, path: str = "/en/", *, install: bool = False) -> Page:
    """A page of ours with an engine of its own in `window.engine`; what it hears later is kept in `window.heard`."""
    page = phone.new_page()
    page.goto(door.live.at(path))
    attach(page, door, install=install)
    return page


def attach(page: Page, door: Door, *, install: bool = False) -> None:
    """Start an engine in the page that is open."""
    build = door.live.app.extensions["assets"].build
    page.evaluate(OPEN, {"build": build, "lang": "en", "install": install})


def enrolled(phone: BrowserContext, door: Door, lists: Sequence[str] = ("main-door",), **options: Any) -> Page:
    """A phone that is a scanner now, with its list."""
    page = open_engine(phone, door, **options)
    page.evaluate(ENROL, door.token(lists))
    return page


def scan(page: Page, code: str | None = None, **fields: Any) -> dict[str, Any]:
    """One scan at the main door; the answer."""
    answer: dict[str, Any] = page.evaluate("(fields) => engine.scan(fields)", {"list": "main-door", "code": code, **fields})
    return answer


def status(page: Page) -> dict[str, Any]:
    """What the engine says of itself, measured now."""
    found: dict[str, Any] = page.evaluate("async () => { await engine.flush(); return engine.status; }")
    return found


def flush(page: Page) -> bool:
    """Deliver; whether nothing is left."""
    return bool(page.evaluate("() => engine.flush({ asked: true })"))


def more_tickets(door: Door, count: int) -> list[str]:
    """The codes of so many further tickets of the door's event."""
    with door.live.rows():
        made = do(make_rehearsal_tickets, door.event_id, count)
        with write_tx() as session:
            session.execute(update(Ticket).where(Ticket.event_id == door.event_id).values(rehearsal=False))
    return [row[0] for row in made]


@dataclass(frozen=True)
class Holder:
    """A registered guest: their registration, ticket and code."""

    registration_id: uuid.UUID
    ticket_id: uuid.UUID
    code: str


def holder(door: Door, name: str, party: int = 1, **particulars: Any) -> Holder:
    """A guest who registered for the door's event."""
    given = {"language": "en", **particulars}
    wish = registration.Wish(form_key=uuid.uuid4(), name=name, email="", party_size=party, **given)
    with door.live.rows():
        with write_tx() as session:
            put_settings(session, door.event_id)
        event = db.session.get(Event, door.event_id)
        made = event and do(registration.sign_up, event.id, wish)
        assert isinstance(made, Registration)
        assert made.ticket is not None
        return Holder(made.id, made.ticket.id, codes.ticket_code(made.ticket.id, made.ticket.generation))


def conflicts(door: Door) -> list[tuple[int, str]]:
    """The number of the scan and the kind of each conflict of this event."""
    with door.live.rows():
        found = select(Scan.seq, Conflict.kind).join(Scan, Scan.id == Conflict.scan_id).join(Device, Device.id == Scan.device_id)
        return [
            (seq, str(kind)) for seq, kind in db.session.execute(found.where(Device.event_id == door.event_id).order_by(Scan.seq))
        ]


def scan_elsewhere(door: Door, code: str, slug: str = "main-door") -> None:
    """Another phone, online, scans the same code now."""
    with door.live.rows():
        device, hashed = another_phone(door), codes.hash_code(code)
        attempt = Attempt(uuid.uuid4(), "", 1, slug, "entry", clock.now(), hashed)
        verdict = service.record(device, [attempt], clock.now()).verdicts[0]
        assert verdict.result == "accepted"


def another_phone(door: Door) -> bytes:
    """The token's hash of a further phone of this event."""
    _, token = do(devices.trade, door.token(), "en")
    return devices.hash_token(token)
