"""Reading public pages: which there are, and each as a tree."""

from __future__ import annotations

from dataclasses import dataclass, field

from flask import Flask
from lxml.html import HtmlElement
from sqlalchemy import select

from app.agenda.models import AgendaItem
from app.core.db import db
from app.events.models import Event
from app.places.models import Place
from tests import html
from tests.conftest import HOST

PROGRAMME = ("", "resilience/", "how-it-works/", "towns/", "partners/", "join/")
ABOUT = ("", "accessibility/", "privacy/", "sources/")


def public_paths(app: Flask) -> list[str]:
    """Every public page of the site, without its language: the fixed ones, then towns, events and rows."""
    with app.app_context():
        towns = list(db.session.scalars(select(Place.slug).order_by(Place.slug)))
        events = list(db.session.scalars(select(Event.slug).order_by(Event.slug)))
        items = select(Event.slug, AgendaItem.number).join(AgendaItem, AgendaItem.event_id == Event.id)
        rows = [tuple(row) for row in db.session.execute(items.order_by(Event.slug, AgendaItem.number))]
        db.session.remove()
    fixed = ["/", "/now", "/events/", "/events/?kind=ceremony", "/towns/", "/towns/?q=kas", "/subscribe"]
    return [
        *fixed,
        *(f"/programme/{page}" for page in PROGRAMME), *(f"/about/{page}" for page in ABOUT),
        *(f"/towns/{slug}/{page}" for slug in towns for page in ("", "embed", "subscribe")),
        *(f"/events/{slug}/{page}" for slug in events for page in ("", "now", "print", "embed", "subscribe")),
        *(f"/events/{slug}/items/{number}/" for slug, number in rows),
    ]  # fmt: skip


@dataclass
class Site:
    """The app as a reader's browser asks it; each page is fetched once."""

    app: Flask
    _read: dict[str, str] = field(default_factory=dict)

    def get(self, lang: str, path: str) -> str:
        """The source of a page. It must exist and be a page."""
        address = f"/{lang}{path}"
        if address not in self._read:
            answer = self.app.test_client().get(address, headers={"Host": HOST}, base_url=f"https://{HOST}")
            assert (answer.status_code, answer.mimetype) == (200, "text/html"), address
            self._read[address] = answer.get_data(as_text=True)
        return self._read[address]

    def page(self, lang: str, path: str) -> HtmlElement:
        """The page as a tree."""
        return html.page(self.get(lang, path))
