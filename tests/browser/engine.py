"""The scanner's engine driven without its screen: a phone that was enrolled, and what its program is asked to do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from playwright.sync_api import BrowserContext, Page

from tests.browser.door import Door

URLS = {
    "scans": "/api/v1/scans",
    "device": "/api/v1/device",
    "token": "/api/v1/device/token",
    "report": "/api/v1/device/report",
    "lists": "/api/v1/lists",
    "headcounts": "/api/v1/headcounts",
    "search": "/api/v1/searches",
}
OPEN = """async ({ build, urls, lang, install }) => {
  const { openEngine } = await import(`/static/${build}/js/door/engine.js`);
  window.engine = await openEngine({ urls, lang, install });
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
    page.evaluate(OPEN, {"build": build, "urls": URLS, "lang": "en", "install": install})


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
