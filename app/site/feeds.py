"""All towns' events for the programs of others: calendars, JSON, and what search engines read.

Nothing depends on the present moment but which events are past; the same data give the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from icalendar import Event as CalendarEvent

from app.agenda.atom import entry_of
from app.core import ical
from app.core.atom import Feed, write
from app.core.babel import gettext as _
from app.events.feeds import add_conference, calendar_text
from app.events.models import CALLED_OFF, Event, EventChange, is_online
from app.i18n.addresses import card_url, event_url, town_url
from app.i18n.formats import Precision
from app.i18n.languages import LANGUAGES
from app.i18n.texts import Texts
from app.places.models import Place
from app.site.queries import Listed

REFRESH = timedelta(hours=6)
SITEMAP, XHTML = "http://www.sitemaps.org/schemas/sitemap/0.9", "http://www.w3.org/1999/xhtml"
MAX_ADDRESSES = 50_000  # in one sitemap: the format's own limit
PATHS_A_FILE = MAX_ADDRESSES // len(LANGUAGES)
BEGINNING = datetime(2025, 1, 1, tzinfo=UTC)  # the programme's first year: how new a feed without events is


def calendar(listed: Listed, name: str, lang: str, base_url: str) -> bytes:
    """One whole-day entry for each event whose days are known, under the UID that its own calendar gives it."""
    feed = ical.new_calendar("events", name, refresh=REFRESH)
    for event in listed.events:
        if event.starts_on is not None and event.date_precision == Precision.DAY:
            feed.add_component(_entry(listed, event, lang, base_url))
    return bytes(feed.to_ical())


def _entry(listed: Listed, event: Event, lang: str, base_url: str) -> CalendarEvent:
    first = event.starts_on or event.updated_at.date()
    entry = ical.new_entry(event.id, event.sequence, event.updated_at)
    ical.add_days(entry, first, event.ends_on or first)
    entry.add("summary", calendar_text(listed.text(event, "event.title"), event.status))
    entry.add("status", "CANCELLED" if event.status in CALLED_OFF else "CONFIRMED")
    entry.add("url", event_url(base_url, lang, event.slug))
    ical.add_image(entry, card_url(base_url, lang, event.slug))
    add_conference(entry, event)
    if where := _where(listed, event, lang):
        entry.add("location", ical.text(where))
    return entry


def _where(listed: Listed, event: Event, lang: str) -> str:
    """The place; online, the address where one joins."""
    if is_online(event):
        return event.online_url
    return ", ".join(part for part in (listed.text(event, "event.place").text, _town(event, lang)) if part)


def events_json(listed: Listed, lang: str, base_url: str, *, page: int, pages: int, total: int, query: str) -> dict[str, Any]:
    """A page of events. `next` and `previous` are whole addresses, or null at the ends."""

    def link(number: int) -> str | None:
        inside = 1 <= number <= pages
        return f"{base_url}/{lang}/events.json?{query}{'&' if query else ''}page={number}" if inside else None

    return {
        "total": total, "page": page, "pages": pages, "next": link(page + 1), "previous": link(page - 1), "language": lang,
        "events": [_described(listed, event, lang, base_url) for event in listed.events],
    }  # fmt: skip


def _described(listed: Listed, event: Event, lang: str, base_url: str) -> dict[str, Any]:
    title, place = listed.text(event, "event.title"), listed.text(event, "event.place")
    page = event_url(base_url, lang, event.slug)
    return {
        "slug": event.slug,
        "url": page,
        "title": title.text,
        "title_language": title.lang if title else None,
        "kind": event.kind,
        "status": event.status,
        "access": event.access,
        "starts_on": event.starts_on.isoformat() if event.starts_on else None,
        "ends_on": event.ends_on.isoformat() if event.ends_on else None,
        "date_precision": event.date_precision if event.starts_on else None,
        "timezone": event.timezone,
        "country": event.country or None,
        "town": _described_town(event.place, lang) if event.place else None,
        "place": place.text or None,
        "languages": event.languages,
        "updated_at": event.updated_at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "schedule": f"{page}schedule.json",
        "calendar": f"{page}agenda.ics",
    }


def _described_town(place: Place, lang: str) -> dict[str, Any]:
    return {"slug": place.slug, "name": place.name_in(lang), "latitude": place.latitude, "longitude": place.longitude}


def changes(town: Place, found: Iterable[EventChange], known: Texts, lang: str, base_url: str) -> bytes:
    """The feed of what changed in a town's events, the newest first: the very entries of the events' own feeds."""
    page, name = town_url(base_url, lang, town.slug), town.name_in(lang)
    feed = Feed(town.id, _("Changes: %(name)s", name=name), lang, _("Cultural Pearls"), f"{page}changes.atom", page)
    listed = Listed([], known)
    return write(feed, [entry_of(one, listed.text(one.event, "event.title"), lang, base_url) for one in found], BEGINNING)


def sitemap_index(parts: int, base_url: str) -> bytes:
    """The sitemap of sitemaps: one file holds fifty thousand addresses at most."""
    files = "".join(f"<sitemap><loc>{base_url}/sitemap-{number}.xml</loc></sitemap>\n" for number in range(1, parts + 1))
    return f'<?xml version="1.0" encoding="utf-8"?>\n<sitemapindex xmlns="{SITEMAP}">\n{files}</sitemapindex>\n'.encode()


def sitemap(paths: Sequence[tuple[str, str | None]], base_url: str) -> Iterator[bytes]:
    """The addresses without their language, each with the day of its last change, as a sitemap: every language of every
    page names all its alternates (hreflang) and x-default. At most `PATHS_A_FILE` of them."""
    yield f'<?xml version="1.0" encoding="utf-8"?>\n<urlset xmlns="{SITEMAP}" xmlns:xhtml="{XHTML}">\n'.encode()
    for path, changed in paths:
        alternates = "".join(_alternate(code, f"{base_url}/{code}{path}") for code in LANGUAGES)
        alternates += _alternate("x-default", f"{base_url}{path}")
        stamp = f"<lastmod>{changed}</lastmod>" if changed else ""
        for code in LANGUAGES:
            yield f"<url><loc>{base_url}/{code}{path}</loc>{stamp}{alternates}</url>\n".encode()
    yield b"</urlset>\n"


def _alternate(code: str, address: str) -> str:
    return f'<xhtml:link rel="alternate" hreflang="{code}" href="{address}"/>'


def robots(base_url: str) -> str:
    """What search engines may read: everything public; secret addresses forbid themselves."""
    return f"User-agent: *\nDisallow: /api/\nDisallow: /demo/\nAllow: /\n\nSitemap: {base_url}/sitemap.xml\n"


def _town(event: Event, lang: str) -> str:
    return event.place.name_in(lang) if event.place else ""
