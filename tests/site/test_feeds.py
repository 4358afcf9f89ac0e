"""Calendars, JSON and sitemap of all towns: what is in them, that filters hold, and that a change moves only what changed."""

from __future__ import annotations

from datetime import date
from xml.etree import ElementTree

import pytest
from icalendar import Calendar

from app.core.db import write_tx
from app.events.models import Event
from app.events.service import touch
from app.i18n.languages import LANGUAGES
from app.site import feeds, programme_map, routes
from tests.factories import make_event, make_place

NAMES = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9", "x": "http://www.w3.org/1999/xhtml"}


@pytest.fixture
def towns(app, client, noon):
    """Two towns; three events of known days, one known by its month, one undated."""
    with app.app_context():
        kaskinen, plock = make_place(), make_place("plock", {"pl": "Płock"}, country="PL")
        make_event(
            "harbour",
            {"en": "Harbour day", "fi": "Satamapäivä"},
            kaskinen,
            starts_on=date(2026, 6, 20),
            ends_on=date(2026, 6, 21),
        )
        make_event("song", "Song", kaskinen, status="cancelled")
        make_event(
            "visit", "Visit", plock, country="PL", kind="exchange_visit", starts_on=date(2026, 9, 17), ends_on=date(2026, 9, 19)
        )
        make_event("month", "Month", plock, country="PL", date_precision="month")
        make_event("some-day", "Some day", starts_on=None, ends_on=None)


def entries(client, address):
    feed = Calendar.from_ical(client.get(address).data)
    return {str(entry["url"]).split("/")[-2]: entry for entry in feed.walk("VEVENT")}


def test_calendar_holds_events_of_known_days_as_whole_days(client, towns):
    found = entries(client, "/fi/calendar.ics")

    assert sorted(found) == ["harbour", "song", "visit"]
    assert (found["harbour"].start, found["harbour"].end) == (date(2026, 6, 20), date(2026, 6, 22))
    assert {slug: (str(one["summary"]), dict(one["summary"].params)) for slug, one in found.items()} == {
        "harbour": ("Satamapäivä", {}), "song": ("Peruttu: Song", {"LANGUAGE": "en"}), "visit": ("Visit", {"LANGUAGE": "en"}),
    }  # fmt: skip
    assert str(found["harbour"]["image"]) == "https://pearls.test/fi/events/harbour/card.png"
    assert {slug: str(entry["status"]) for slug, entry in found.items()} == {
        "harbour": "CONFIRMED", "song": "CANCELLED", "visit": "CONFIRMED",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("address", "slugs"),
    [
        ("/en/towns/plock/calendar.ics", ["visit"]),
        ("/en/calendar.ics?kind=exchange_visit", ["visit"]),
        ("/en/calendar.ics?country=FI", ["harbour", "song"]),
        ("/en/calendar.ics?q=satama", ["harbour"]),
        ("/en/calendar.ics?town=nowhere", []),
    ],
)
def test_calendar_keeps_to_the_filter(client, towns, address, slugs):
    assert sorted(entries(client, address)) == slugs


def test_calendar_of_no_town_is_not_found(client, towns):
    assert client.get("/en/towns/atlantis/calendar.ics").status_code == 404


def test_one_event_has_one_uid_in_all_calendars_and_languages(client, towns):
    addresses = ("/fi/calendar.ics", "/pl/towns/kaskinen/calendar.ics", "/en/events/harbour/agenda.ics")

    assert len({str(entries(client, address)["harbour"]["uid"]) for address in addresses}) == 1


def test_a_change_moves_only_the_entry_that_changed(app, client, towns):
    before = entries(client, "/en/calendar.ics")
    with app.app_context(), write_tx() as session:
        event = session.query(Event).filter_by(slug="harbour").one()
        event.sequence += 1
        event.starts_on = date(2026, 6, 19)
        touch(session, event)
    after = entries(client, "/en/calendar.ics")

    assert [slug for slug in after if after[slug].to_ical() != before[slug].to_ical()] == ["harbour"]
    assert (int(before["harbour"]["sequence"]), int(after["harbour"]["sequence"])) == (0, 1)


def test_events_json_pages_through_all_events(client, towns, monkeypatch):
    monkeypatch.setattr(routes, "PAGE_SIZE", 2)
    address, slugs = "https://pearls.test/fi/events.json", []
    while address:
        answer = client.get(address.removeprefix("https://pearls.test"))
        slugs += [event["slug"] for event in answer.json["events"]]
        address = answer.json["next"]

    assert slugs == ["song", "harbour", "month", "visit", "some-day"]
    assert (answer.json["page"], answer.json["pages"], answer.json["total"]) == (3, 3, 5)
    assert answer.json["previous"] == "https://pearls.test/fi/events.json?page=2"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_events_json_keeps_the_filter_in_its_links_and_says_languages(client, towns, monkeypatch):
    monkeypatch.setattr(routes, "PAGE_SIZE", 1)
    answer = client.get("/fi/events.json?town=kaskinen").json

    assert answer["next"] == "https://pearls.test/fi/events.json?town=kaskinen&page=2"
    harbour = client.get("/fi/events.json?town=kaskinen&page=2").json["events"][0]
    assert (harbour["title"], harbour["title_language"], harbour["town"]["name"]) == ("Satamapäivä", "fi", "Kaskinen")
    assert (harbour["starts_on"], harbour["url"]) == ("2026-06-20", "https://pearls.test/fi/events/harbour/")


@pytest.mark.parametrize("page", ["2", "99999999999", "0", "-1", "x"])
def test_events_json_beyond_its_pages(client, towns, page):
    answer = client.get(f"/en/events.json?page={page}")

    assert (answer.status_code, answer.is_json and answer.json["page"]) == ((404, False) if page == "2" else (200, 1))


def test_events_json_asks_as_many_queries_for_one_event_as_for_five(client, towns, queries):
    counts = []
    for query in ("?q=satama", ""):
        queries.clear()
        client.get(f"/en/events.json{query}")
        counts.append(len([one for one in queries if one.startswith("SELECT")]))

    assert counts[0] == counts[1]


def test_sitemap_names_every_page_in_every_language(client, towns):
    root = ElementTree.fromstring(client.get("/sitemap.xml").data)  # noqa: S314 - our own
    found = {url.findtext("s:loc", namespaces=NAMES): url for url in root}

    assert len(found) == (5 + len(programme_map.PAGES) + 5 + 2) * len(LANGUAGES)
    harbour = found["https://pearls.test/lv/events/harbour/"]
    sisters = {link.get("hreflang"): link.get("href") for link in harbour.findall("x:link", NAMES)}
    assert sorted(sisters) == sorted([*LANGUAGES, "x-default"])
    assert sisters["x-default"] == "https://pearls.test/events/harbour/"
    assert harbour.findtext("s:lastmod", namespaces=NAMES) == "2026-06-16"
    assert [client.get(address.removeprefix("https://pearls.test")).status_code for address in list(found)[::9]] == [200] * (
        len(found) // 9
    )


def test_robots_point_at_the_sitemap(client):
    assert client.get("/robots.txt").text.splitlines()[-1] == "Sitemap: https://pearls.test/sitemap.xml"


def test_feeds_ask_nothing_when_they_are_kept(client, towns, queries):
    client.get("/en/calendar.ics")
    queries.clear()
    client.get("/en/calendar.ics")

    assert [one for one in queries if "catalogue_version" not in one] == []


def test_sitemap_is_parted_when_it_outgrows_one_file(client, towns, monkeypatch):
    monkeypatch.setattr(feeds, "PATHS_A_FILE", 7)
    parts = [ElementTree.fromstring(client.get(f"/sitemap-{number}.xml").data) for number in (1, 2, 3)]  # noqa: S314 - our own
    whole = [node.text for part in parts for node in part.iter(f"{{{NAMES['s']}}}loc") if "/en/" in str(node.text)]
    index = ElementTree.fromstring(client.get("/sitemap.xml").data)  # noqa: S314 - our own
    count = len(index.findall("s:sitemap", NAMES))

    assert index.tag == f"{{{NAMES['s']}}}sitemapindex"
    assert (index[0][0].text, client.get(f"/sitemap-{count + 1}.xml").status_code) == ("https://pearls.test/sitemap-1.xml", 404)
    assert len(whole) == len(set(whole))
    assert {f"https://pearls.test/en/events/{slug}/" for slug in ("month", "song", "harbour", "visit", "some-day")} <= set(whole)
    assert "https://pearls.test/en/towns/kaskinen/" in whole
