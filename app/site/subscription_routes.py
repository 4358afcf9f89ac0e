"""How to follow a calendar: its address for each kind of phone, in words. The calendars themselves stand beside their pages."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlencode

from flask import Blueprint, Response, current_app, g, request, url_for

from app.core.babel import gettext as _
from app.core.pagecache import cached
from app.core.web import access, render
from app.events.queries import catalogue_stamp, event_stamp, get_event
from app.i18n import texts
from app.i18n.formats import current_language
from app.places import service as places
from app.site import forms

bp = Blueprint("subscriptions", __name__)


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a calendar is subscribed to. `file` is the calendar itself; the others open a program that then asks for it."""

    file: str
    webcal: str
    google: str
    outlook: str
    office: str


def addresses(file: str, name: str) -> Addresses:
    """The addresses of the calendar at `file` (whole, with its scheme), to be called `name`.

    Sources: RFC 7986 and the `webcal` scheme that Apple registered; the links that Google and Outlook publish for this.
    """
    webcal = f"webcal://{file.partition('://')[2]}"
    asked = urlencode({"url": file, "name": name}, quote_via=quote)
    return Addresses(
        file=file, webcal=webcal, google=f"https://calendar.google.com/calendar/r?cid={quote(webcal, safe='')}",
        outlook=f"https://outlook.live.com/calendar/0/addfromweb?{asked}",
        office=f"https://outlook.office.com/calendar/0/addfromweb?{asked}",
    )  # fmt: skip


@bp.get("/events/<slug>/subscribe")
@access.public
@cached(version=lambda slug: event_stamp(slug))
def event(slug: str) -> Response:
    """An event's calendar."""
    shown, lang = get_event(slug), current_language()
    title = texts.load([shown.id], lang, prefer=shown.fallback, lean=True)(shown.id, "event.title")
    return _page(url_for("event_pages.event_ics", slug=slug), url_for("event_pages.event", slug=slug), title)


@bp.get("/towns/<slug>/subscribe")
@access.public
@cached(version=lambda slug: catalogue_stamp())
def town(slug: str) -> Response:
    """The calendar of a town's events."""
    place = places.get_place(slug)
    name = place.name_in(current_language())
    return _page(url_for("site.town_calendar", slug=slug), url_for("site.town", slug=slug), name)


@bp.get("/subscribe")
@access.public
@cached(version=lambda: catalogue_stamp(), params=forms.FILTERS)
def events() -> Response:
    """The calendar of all events, or of those that the filter of the events page lets through."""
    forms.parse_filter(request.args)
    query = urlencode(g.page_query)
    tail = f"?{query}" if query else ""
    return _page(url_for("site.calendar") + tail, url_for("site.events") + tail, _("Cultural Pearls"))


def _page(path: str, back: str, name: object) -> Response:
    found = addresses(f"{current_app.config['PUBLIC_BASE_URL']}{path}", str(name))
    return render("site/subscribe.html", found=found, path=path, back=back, name=name)
