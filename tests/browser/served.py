"""The served app for browser tests, contexts as readers have them, and a watch over what a page must not do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

from app.core.db import db


@dataclass(frozen=True)
class Live:
    """The app while it is served at `url`."""

    url: str
    app: Flask

    def at(self, path: str) -> str:
        """The whole address of a path."""
        return self.url + path

    @contextmanager
    def rows(self) -> Iterator[None]:
        """An app context for reading or changing rows beside the running server."""
        with self.app.app_context():
            yield
            db.session.remove()


def new_context(
    browser: Browser, lang: str = "en", scheme: str = "light", width: int = 390, height: int = 844, **options: Any
) -> BrowserContext:
    """A reader: language of the browser, colour scheme, size of the screen; `java_script_enabled=False` by options."""
    return browser.new_context(
        locale="en-GB" if lang == "en" else lang,
        color_scheme=scheme,  # type: ignore[arg-type]
        viewport={"width": width, "height": height},
        reduced_motion="reduce",
        **options,
    )


@dataclass
class Watch:
    """Collects, with the page it happened on, what no page may do: console errors (the policy's too), script errors,
    requests to another host. `where` and `status` say which page is open and what the server should answer."""

    host: str
    where: str = ""
    status: int = 200
    found: list[str] = field(default_factory=list)

    def on(self, page: Page) -> None:
        """Watch `page` from now on."""
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.note(f"script error: {error}"))
        page.on("request", self._request)

    def note(self, *faults: str) -> None:
        """Keep faults of the page that is open."""
        self.found += [f"{self.where} {fault}".strip() for fault in faults]

    def _console(self, message: ConsoleMessage) -> None:
        expected = f"the server responded with a status of {self.status}"
        if message.type in {"error", "warning"} and not (self.status >= 400 and expected in message.text):
            self.note(f"console {message.type}: {message.text}")

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in {"data", "blob"} and parts.netloc != self.host:
            self.note(f"request to another host: {request.url}")


def watch(page: Page, live: Live) -> Watch:
    """A watch over `page`; `found` stays empty on a page that behaves."""
    made = Watch(urlsplit(live.url).netloc)
    made.on(page)
    return made
