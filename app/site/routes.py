"""Residents' pages across all towns: home, events, towns, and what this site is."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Blueprint, Response, current_app, g, jsonify, request

from app.core import clock
from app.core.atom import TYPE
from app.core.babel import gettext as _
from app.core.errors import NotFound
from app.core.forms import read_page
from app.core.pagecache import cached, valid_until
from app.core.versions import Stamp
from app.core.web import access, render
from app.events.models import EventKind
from app.events.queries import catalogue_stamp
from app.i18n.formats import current_language
from app.i18n.languages import SOURCE
from app.i18n.texts import Shown
from app.places import service as places
from app.site import feeds, forms, programme_map, queries
from app.site.rules import EventFilter
from app.titles.rules import best_title, title_years, titles_by_year

bp = Blueprint("site", __name__)
root_bp = Blueprint("site_root", __name__)
MOST_IN_CALENDAR, PAGE_SIZE = 1000, 50
ABOUT = ("site", "accessibility", "privacy", "sources")


def _version(**_view_args: str) -> Stamp:
    return catalogue_stamp()


@bp.get("/")
@access.public
@cached(version=_version)
def index() -> Response:
    """What is on now and next in all towns, then what comes, then the towns."""
    front = queries.front_page(current_language(), clock.now())
    shown = render("site/index.html", front=front, live=front.live, texts=front.texts, best=best_title)
    return valid_until(shown, front.valid_until)


@bp.get("/now")
@access.public
@cached(version=_version)
def now() -> Response:
    """What is on now and next in all towns: an open home page asks for this every 20 seconds."""
    live, until = queries.on_now(current_language(), clock.now())
    return valid_until(render("site/now.html", live=live), until)


@bp.get("/events/")
@access.public
@cached(version=_version, params=(*forms.FILTERS, "page"))
def events() -> Response:
    """A page of all events by month, or of those that the filter lets through."""
    asked, number = forms.parse_filter(request.args), read_page(request.args)
    listing = queries.list_events(asked, current_language(), clock.now(), number)
    page = render("site/events/index.html", listing=listing, asked=asked, kinds=EventKind, texts=listing.listed.texts)
    return valid_until(page, listing.changes_at)


@bp.get("/calendar.ics")
@access.public
@cached(version=_version, params=forms.FILTERS)
def calendar() -> Response:
    """The events that the filter lets through, as a calendar to subscribe to."""
    asked, lang = forms.parse_filter(request.args), current_language()
    return _calendar(queries.dated_events(asked, lang, MOST_IN_CALENDAR), _("Cultural Pearls"), "events.ics")


@bp.get("/towns/<slug>/calendar.ics")
@access.public
@cached(version=_version)
def town_calendar(slug: str) -> Response:
    """A town's events as a calendar to subscribe to."""
    place, lang = places.get_place(slug), current_language()
    listed = queries.dated_events(EventFilter(town=slug), lang, MOST_IN_CALENDAR)
    return _calendar(listed, place.name_in(lang), f"{slug}.ics")


@bp.get("/towns/<slug>/changes.atom")
@access.public
@cached(version=_version)
def town_changes(slug: str) -> Response:
    """What changed in a town's events, for programs that read feeds."""
    place, lang, base = places.get_place(slug), current_language(), current_app.config["PUBLIC_BASE_URL"]
    body = feeds.changes(place, *queries.changes_of(place, lang), lang, base)
    response = Response(body, content_type=f"{TYPE}; charset=utf-8")
    response.headers["Content-Language"] = lang
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


@bp.get("/events.json")
@access.public
@cached(version=_version, params=(*forms.FILTERS, "page"))
def events_json() -> Response:
    """A page of the events that the filter lets through, for programs."""
    asked, lang = forms.parse_filter(request.args), current_language()
    page = read_page(request.args)
    listed, total = queries.events_page(asked, lang, page, PAGE_SIZE)
    pages = max(1, -(-total // PAGE_SIZE))
    if page > pages:
        raise NotFound
    query = urlencode([(name, value) for name, value in g.page_query if name != "page"])
    base = current_app.config["PUBLIC_BASE_URL"]
    body = feeds.events_json(listed, lang, base, page=page, pages=pages, total=total, query=query)
    response = jsonify(body)
    response.headers["Content-Language"] = lang
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


@root_bp.get("/sitemap.xml")
@access.public
@cached(version=_version)
def sitemap() -> Response:
    """Every public page in every language, for search engines; where they are too many for one file, the list of the files."""
    parts = -(-queries.count_paths() // feeds.PATHS_A_FILE)
    if parts == 1:
        return _sitemap(1)
    body = feeds.sitemap_index(parts, current_app.config["PUBLIC_BASE_URL"])
    return Response(body, content_type="application/xml; charset=utf-8")


@root_bp.get("/sitemap-<int:number>.xml")
@access.public
@cached(version=_version)
def sitemap_part(number: int) -> Response:
    """One of the files of the sitemap, from 1."""
    return _sitemap(number)


@root_bp.get("/robots.txt")
@access.public
@cached(version=lambda: "1")
def robots() -> Response:
    """What search engines may read, and where the sitemap is."""
    return Response(feeds.robots(current_app.config["PUBLIC_BASE_URL"]), content_type="text/plain; charset=utf-8")


def _sitemap(number: int) -> Response:
    if not 0 < number <= -(-queries.count_paths() // feeds.PATHS_A_FILE):
        raise NotFound
    paths = queries.public_paths((number - 1) * feeds.PATHS_A_FILE, feeds.PATHS_A_FILE)
    body = b"".join(feeds.sitemap(paths, current_app.config["PUBLIC_BASE_URL"]))
    return Response(body, content_type="application/xml; charset=utf-8")


def _calendar(listed: queries.Listed, name: str, filename: str) -> Response:
    body = feeds.calendar(listed, name, current_language(), current_app.config["PUBLIC_BASE_URL"])
    response = Response(body, content_type="text/calendar; charset=utf-8")
    response.headers["Content-Language"] = current_language()
    response.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response


@bp.get("/towns/")
@access.public
@cached(version=_version, params=("q", "country"))
def towns() -> Response:
    """All towns by country, or those of one, or those with a name that is looked for."""
    q, country = forms.clean(request.args.get("q", "")), forms.clean(request.args.get("country", "")).upper()
    found = queries.list_towns(q, country, current_language())
    return render("site/towns/index.html", q=q, found=found, count=found.count, groups=found.groups, best=best_title)


@bp.get("/towns/<slug>/")
@access.public
@cached(version=_version)
def town(slug: str) -> Response:
    """A town: its names, its years in the programme, its events."""
    moment, place = clock.now(), places.get_place(slug)
    coming, past, numbers = queries.events_of(place, current_language(), moment)
    page = render(
        "site/towns/town.html", place=place, titles=titles_by_year(place.years), coming=coming, past=past,
        texts=coming.texts, more=numbers.total > len(coming.events) + len(past.events),
    )  # fmt: skip
    return valid_until(page, numbers.changes_at)


@bp.get("/programme/", defaults={"page": "index"})
@bp.get("/programme/<page>/")
@access.public
@cached(version=_version)
def programme_page(page: str) -> Response:
    """What the programme is, for residents: why, how, which towns, who stands behind it, how to take part."""
    if page not in ("index", *programme_map.PAGES):
        raise NotFound
    shown = places.in_programme(current_language()) if page == "towns" else []
    return render(
        f"site/programme/{page.replace('-', '_')}.html", topic=page, pins=programme_map.pins(shown),
        years=title_years(shown), drawing=programme_map,
    )  # fmt: skip


@bp.get("/about/", defaults={"page": "site"})
@bp.get("/about/<page>/")
@access.public
@cached(version=_version)
def about(page: str) -> Response:
    """What this site is, how accessible it is, what becomes of data, and where its facts come from."""
    if page not in ABOUT:
        raise NotFound
    shown = places.in_programme(current_language()) if page == "sources" else []
    contact = current_app.extensions["settings"].mail_from
    return render(f"site/about/{page}.html", topic=page, places=shown, note=_english, contact=contact)


def _english(note: str) -> Shown:
    """A note of ours, which exists in English only."""
    return Shown(note, SOURCE, current_language())
