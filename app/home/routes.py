"""Residents' pages across all towns: home, events, towns, and what this site is."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, request

from app.core import clock
from app.core.errors import NotFound
from app.core.pagecache import cached, valid_until
from app.core.web import access, render
from app.events.models import KINDS
from app.events.service import catalogue_version
from app.home import forms, rules, service
from app.i18n.formats import current_language
from app.places import service as places

bp = Blueprint("home", __name__)
ABOUT = ("site", "accessibility", "privacy", "sources")


def _version(**_view_args: str) -> int:
    return catalogue_version()


@bp.get("/")
@access.public
@cached(version=_version)
def index() -> Response:
    """What is on now and next in all towns, then what comes, then the towns."""
    front = service.front_page(current_language(), clock.now())
    shown = render("home/index.html", front=front, live=front.live, texts=front.texts, best=rules.best_title)
    return valid_until(shown, front.valid_until)


@bp.get("/now")
@access.public
@cached(version=_version)
def now() -> Response:
    """What is on now and next in all towns: an open home page asks for this every 20 seconds."""
    live, until = service.on_now(current_language(), clock.now())
    return valid_until(render("home/now.html", live=live), until)


@bp.get("/events/")
@access.public
@cached(version=_version, params=forms.FILTERS)
def events() -> Response:
    """All events by month, or those that the filter lets through."""
    moment = clock.now()
    listing = service.list_events(forms.parse_filter(request.args), current_language(), moment)
    page = render("home/events.html", listing=listing, asked=listing.asked, kinds=KINDS, texts=listing.listed.texts)
    return valid_until(page, service.next_midnight(listing.listed.events, moment))


@bp.get("/towns/")
@access.public
@cached(version=_version, params=("q",))
def towns() -> Response:
    """All towns by country, or those with a name that is looked for."""
    lang, q = current_language(), forms.clean(request.args.get("q", ""))
    found = places.search_places(q, lang)
    return render("home/towns.html", q=q, count=len(found), groups=service.by_country(found, lang), best=rules.best_title)


@bp.get("/towns/<slug>/")
@access.public
@cached(version=_version)
def town(slug: str) -> Response:
    """A town: its names, its years in the programme, its events."""
    moment, place = clock.now(), places.get_place(slug)
    coming, past = service.events_of(place, current_language(), moment)
    page = render(
        "home/town.html", place=place, titles=rules.titles_by_year(place.years), coming=coming, past=past, texts=coming.texts
    )
    return valid_until(page, service.next_midnight([*coming.events, *past.events], moment))


@bp.get("/about/", defaults={"page": "site"})
@bp.get("/about/<page>/")
@access.public
@cached(version=_version)
def about(page: str) -> Response:
    """What this site is, how accessible it is, what becomes of data, and where its facts come from."""
    if page not in ABOUT:
        raise NotFound
    shown = places.all_places(current_language()) if page == "sources" else []
    contact = current_app.extensions["settings"].mail_from
    return render(f"home/about_{page}.html", topic=page, places=shown, contact=contact)
