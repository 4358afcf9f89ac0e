"""An event's public pages: its agenda, what is on now, one row, and the calendars of both."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request, url_for

from app.agenda import atom, c3voc, feeds
from app.agenda.queries import Agenda, agenda_of, item_of, now_and_next, shown_day, venue_of
from app.agenda.rules import Judgement
from app.core import clock, qr
from app.core.atom import MOST, TYPE
from app.core.babel import force_locale
from app.core.pagecache import cached, valid_until
from app.core.versions import Stamp
from app.core.web import access, render
from app.events.models import Event
from app.events.queries import event_stamp, get_event, knows_its_days, latest_changes
from app.i18n import formats, texts
from app.i18n.addresses import short_url
from app.i18n.formats import current_language
from app.i18n.languages import BABEL_LOCALE
from app.registration.models import RegistrationSettings
from app.registration.seats import find_active_settings, registration_state, takes_more
from app.site import jsonld, print_sheet as sheets

bp = Blueprint("event_pages", __name__)


def _version(slug: str, number: object = None) -> Stamp:
    return event_stamp(slug)


@bp.get("/events/<slug>/")
@access.public
@cached(version=_version)
def event(slug: str) -> Response:
    """The event: what is on now first, then its rows by day, its place, and what a visitor needs to know."""
    shown, now = get_event(slug), clock.now()
    agenda = agenda_of(shown, current_language())
    judged, settings = now_and_next(agenda, now), find_active_settings(shown.id)
    registers = takes_more(shown, settings, now)
    page = render(
        "site/events/event.html", **_context(agenda, judged), venue=shown.venue, settings=settings, dates=_dates(shown),
        registration_state=registration_state(shown, settings, now), registers=registers,
        linked=jsonld.event_linked(agenda, current_language(), current_app.config["PUBLIC_BASE_URL"], registers),
    )  # fmt: skip
    return valid_until(page, _first(now, judged.until, settings))


@bp.get("/events/<slug>/now")
@access.public
@cached(version=_version)
def now(slug: str) -> Response:
    """What is on now and next: an open page asks for this every 20 seconds; the same bytes for everybody."""
    agenda = agenda_of(get_event(slug), current_language())
    judged = now_and_next(agenda, clock.now())
    return valid_until(render("site/events/now.html", **_context(agenda, judged)), judged.until)


@bp.get("/events/<slug>/print")
@access.public
@cached(version=_version, params=("with", "size"))
def print_sheet(slug: str) -> Response:
    """The event on one sheet of paper, `?with=` a second language beside the first, `?size=large` in large type."""
    shown, lang = get_event(slug), current_language()
    sheet = sheets.sheet_of(shown, lang, request.args.get("with", ""), request.args.get("size", ""))
    judged = now_and_next(sheet.agenda, clock.now())
    address = short_url(current_app.config["PUBLIC_BASE_URL"], shown.slug)
    return render(
        "site/events/print.html", **_context(sheet.agenda, judged), sheet=sheet, speak=_speak, code=qr.make(address),
        address=address.partition("://")[2], dates=_dates(shown),
    )  # fmt: skip


@bp.get("/events/<slug>/items/<int:number>/")
@access.public
@cached(version=_version)
def item(slug: str, number: int) -> Response:
    """One row with everything that is known of it."""
    agenda, row = item_of(get_event(slug), number, current_language())
    judged = now_and_next(agenda, clock.now())
    page = render(
        "site/events/item.html", **_context(agenda, judged), item=row, venue=venue_of(agenda, row),
        day=shown_day(row, agenda.zone),
        linked=jsonld.item_linked(agenda, row, current_language(), current_app.config["PUBLIC_BASE_URL"]),
    )  # fmt: skip
    return valid_until(page, judged.until)


@bp.get("/events/<slug>/items/<int:number>.ics")
@access.public
@cached(version=_version)
def item_ics(slug: str, number: int) -> Response:
    """One row as a calendar file."""
    agenda, _ = item_of(get_event(slug), number, current_language())
    return _calendar(agenda, f"{slug}-{number}.ics")


@bp.get("/events/<slug>/agenda.ics")
@access.public
@cached(version=_version)
def event_ics(slug: str) -> Response:
    """All rows as one calendar, to be downloaded or subscribed to."""
    return _calendar(agenda_of(get_event(slug), current_language()), f"{slug}.ics")


@bp.get("/events/<slug>/schedule.json")
@access.public
@cached(version=_version)
def schedule_json(slug: str) -> Response:
    """The agenda for conference apps, as JSON."""
    agenda, lang = agenda_of(get_event(slug), current_language()), current_language()
    return _open(jsonify(c3voc.schedule(agenda, lang, current_app.config["PUBLIC_BASE_URL"])))


@bp.get("/events/<slug>/schedule.xml")
@access.public
@cached(version=_version)
def schedule_xml(slug: str) -> Response:
    """The agenda for conference apps, as XML."""
    agenda, lang = agenda_of(get_event(slug), current_language()), current_language()
    body = c3voc.schedule_xml(agenda, lang, current_app.config["PUBLIC_BASE_URL"])
    return _open(Response(body, content_type="application/xml; charset=utf-8"))


@bp.get("/events/<slug>/changes.atom")
@access.public
@cached(version=_version)
def changes_atom(slug: str) -> Response:
    """What changed in the event, for programs that read feeds."""
    shown, lang, base = get_event(slug), current_language(), current_app.config["PUBLIC_BASE_URL"]
    title = texts.load([shown.id], lang, prefer=shown.fallback, kinds=("event.title",))(shown.id, "event.title")
    body = atom.changes(shown, title, latest_changes(Event.id == shown.id, MOST), lang, base)
    return _open(Response(body, content_type=f"{TYPE}; charset=utf-8"))


def _open(response: Response) -> Response:
    """For the programs of others: in the language of the address, readable from any site."""
    response.headers["Content-Language"] = current_language()
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def _context(agenda: Agenda, judged: Judgement) -> dict[str, Any]:
    """What every page of an event shows."""
    return {
        "agenda": agenda, "event": agenda.event, "judged": judged, "texts": agenda.texts, "zone": agenda.zone,
        "base": url_for("event_pages.event", slug=agenda.event.slug), "title": agenda.texts(agenda.event.id, "event.title"),
        "lapsed": not knows_its_days(agenda.event),
    }  # fmt: skip


def _speak(lang: str, caller: Callable[[], str]) -> str:
    """`{% call speak(lang) %}`: what stands inside is said in that language."""
    with force_locale(BABEL_LOCALE[lang]):
        return caller()


def _calendar(agenda: Agenda, filename: str) -> Response:
    body = feeds.calendar(agenda, current_language(), current_app.config["PUBLIC_BASE_URL"])
    response = Response(body, content_type="text/calendar; charset=utf-8")
    response.headers["Content-Language"] = current_language()
    response.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response


def _dates(event: Event) -> str:
    return formats.known_dates(event.starts_on, event.ends_on, event.date_precision)


def _first(now: datetime, until: datetime | None, settings: RegistrationSettings | None) -> datetime | None:
    """The first moment at which the page changes: the agenda's, or when registration opens or closes."""
    moments = [until, settings.opens_at if settings else None, settings.closes_at if settings else None]
    return min((moment for moment in moments if moment is not None and moment > now), default=None)
