"""Feeds read by other programs than the one that wrote them, over the demo's whole data; and what one change moves."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import feedparser
import pytest
import vobject
from flask.testing import FlaskClient
from icalendar import Calendar
from lxml import etree
from pyld import jsonld
from sqlalchemy import select

from app.agenda import service as agenda
from app.agenda.queries import find_item
from app.core import clock
from app.core.db import db
from app.events.models import Event
from app.events.queries import get_event
from app.places.models import Place
from tests import html
from tests.conftest import ROOT
from tests.demo.seeded import put_live_demo
from tests.factories import make_event, make_item, make_place, minutes
from tests.transactions import do

BASE = "https://pearls.test"
VOCABULARY = "http://schema.org/"
SITEMAP, XHTML = "{http://www.sitemaps.org/schemas/sitemap/0.9}", "{http://www.w3.org/1999/xhtml}"
CONTEXT = {
    "@context": {
        "@vocab": VOCABULARY,
        "url": {"@type": "@id"},
        "eventStatus": {"@type": "@id"},
        "eventAttendanceMode": {"@type": "@id"},
    }
}
# What our pages use of the Core Public Event Vocabulary 1.1.1: the terms of its JSON-LD context and of OWL-Time.
EUROPEAN = {
    "http://data.europa.eu/m8g/PublicEvent", "http://data.europa.eu/m8g/eventStatus", "http://data.europa.eu/m8g/registrationPage",
    "http://purl.org/dc/terms/identifier", "http://purl.org/dc/terms/title", "http://purl.org/dc/terms/description",
    "http://purl.org/dc/terms/language", "http://xmlns.com/foaf/0.1/homepage", "http://www.w3.org/2006/time#hasTime",
    "http://www.w3.org/2006/time#TemporalEntity", "http://www.w3.org/2006/time#hasBeginning", "http://www.w3.org/2006/time#hasEnd",
    "http://www.w3.org/2006/time#Instant", "http://www.w3.org/2006/time#inXSDDate",
    "http://www.w3.org/ns/locn#address", "http://www.w3.org/ns/locn#Address", "http://www.w3.org/ns/locn#fullAddress",
    "http://www.w3.org/ns/locn#postName", "http://www.w3.org/ns/locn#adminUnitL1", "http://www.w3.org/ns/locn#thoroughfare",
}  # fmt: skip


@pytest.fixture
def demo(client: FlaskClient, database: None, noon: datetime) -> FlaskClient:
    """A client of the demo's data, at noon of a day."""
    put_live_demo()
    return client


def slugs() -> list[str]:
    """Every event's name in addresses."""
    return list(db.session.scalars(select(Event.slug).order_by(Event.slug)))


# Linked data


def no_network(address: str, _options: object) -> dict[str, Any]:
    """schema.org's context as far as it matters: all terms are its own, addresses are addresses."""
    assert address.rstrip("/") in {"https://schema.org", "http://schema.org"}
    return {"contextUrl": None, "documentUrl": address, "document": CONTEXT}


def terms_in(node: Any) -> Iterator[str]:
    """Every property and type of an expanded document, and the addresses that it says are schema.org's."""
    if isinstance(node, list):
        for one in node:
            yield from terms_in(one)
    elif isinstance(node, dict):
        yield from (key for key in node if not key.startswith("@"))
        yield from node.get("@type", []) if isinstance(node.get("@type"), list) else []
        if "schema.org" in node.get("@id", ""):
            yield node["@id"]
        for value in node.values():
            yield from terms_in(value)


def addresses_in(node: Any) -> Iterator[str]:
    """Every address in an expanded document."""
    if isinstance(node, list):
        for one in node:
            yield from addresses_in(one)
    elif isinstance(node, dict):
        yield from [node["@id"]] if "@id" in node else []
        for value in node.values():
            yield from addresses_in(value)


def test_linked_data_says_only_what_schema_org_knows(demo: FlaskClient) -> None:
    lines = (ROOT / "tests" / "data" / "schema_terms.txt").read_text("utf-8").splitlines()
    known = {word for line in lines if not line.startswith("#") for word in line.split()}
    used, european, relative = set(), set(), []
    for slug in slugs():
        for page in (f"/lv/events/{slug}/", f"/lv/events/{slug}/items/1/"):
            for found in html.json_ld(demo.get(page)):
                whole = jsonld.expand(found, {"documentLoader": no_network})
                terms = set(terms_in(whole))
                used |= {term.split("schema.org/")[1] for term in terms if "schema.org" in term}
                european |= {term for term in terms if "schema.org" not in term}
                relative += [address for address in addresses_in(whole) if not urlsplit(address).netloc]

    assert used - known == set()
    assert european == EUROPEAN
    assert {"Event", "subEvent", "startDate", "amenityFeature", "EventScheduled"} <= used
    assert relative == []


# The sitemap


def test_sitemap_keeps_the_rules_and_its_addresses_answer(demo: FlaskClient) -> None:
    root = etree.fromstring(demo.get("/sitemap.xml").data)
    urls = {node.findtext(f"{SITEMAP}loc"): node for node in root}
    faults = []
    for address, node in urls.items():
        sisters = {link.get("hreflang"): link.get("href") for link in node.findall(f"{XHTML}link")}
        stamp = node.findtext(f"{SITEMAP}lastmod")
        if [child.tag for child in node][:1] != [f"{SITEMAP}loc"] or (stamp and not re.fullmatch(r"\d{4}-\d\d-\d\d", stamp)):
            faults.append(address)
        if not set(sisters.values()) - {sisters.get("x-default")} <= urls.keys() or address not in sisters.values():
            faults.append(address)
    wrong = [address for address in list(urls)[::7] if demo.get(address.removeprefix(BASE)).status_code != 200]

    assert root.tag == f"{SITEMAP}urlset"
    assert 500 < len(urls) <= 50_000
    assert all(len(address) < 2048 and address.startswith(f"{BASE}/") for address in urls)
    assert faults == []
    assert wrong == []


# Calendars


def test_calendars_of_the_demo_are_read_alike_by_two_readers(demo: FlaskClient) -> None:
    towns = list(db.session.scalars(select(Place.slug).where(Place.id.in_(select(Event.place_id)))))
    addresses = [f"/pl/events/{slug}/agenda.ics" for slug in slugs()] + [f"/pl/towns/{slug}/calendar.ics" for slug in towns]
    differing, entries = [], 0
    for address in [*addresses, "/pl/calendar.ics"]:
        data = demo.get(address).data
        one = sorted((str(entry["uid"]), str(entry["summary"])) for entry in Calendar.from_ical(data).walk("VEVENT"))
        other = vobject.readOne(data.decode())
        two = sorted((entry.uid.value, entry.summary.value) for entry in getattr(other, "vevent_list", []))
        entries += len(one)
        if one != two:
            differing.append(address)

    assert differing == []
    assert entries > 100


def test_feeds_of_the_demo_are_well_formed(demo: FlaskClient) -> None:
    broken = [slug for slug in slugs() if feedparser.parse(demo.get(f"/et/events/{slug}/changes.atom").data).bozo]
    live = feedparser.parse(demo.get("/et/events/kaskinen-today/changes.atom").data)

    assert broken == []
    assert len(live.entries) > 0


# One change


def feeds_of(client: FlaskClient) -> dict[str, list[str]]:
    """Every feed that tells of the event, line by line, JSON and XML laid out so that a line is one value."""
    found = {"linked": json.dumps(html.json_ld(client.get("/en/events/feast-2026/")), indent=1)}
    for name in ("agenda.ics", "changes.atom", "schedule.json", "schedule.xml"):
        found[name] = client.get(f"/en/events/feast-2026/{name}").text
    for name in ("calendar.ics", "events.json", "towns/kaskinen/calendar.ics", "towns/kaskinen/changes.atom"):
        found[name] = client.get(f"/en/{name}").text
    for name in ("schedule.json", "events.json"):
        found[name] = json.dumps(json.loads(found[name]), indent=1)
    for name in [name for name in found if name.endswith((".atom", ".xml"))]:
        found[name] = etree.tostring(etree.fromstring(found[name].encode()), pretty_print=True, encoding="unicode")
    return {name: text.replace("\r\n ", "").splitlines() for name, text in found.items()}


def test_moved_row_changes_what_tells_of_it_and_nothing_else(client: FlaskClient, database: None, noon: datetime) -> None:
    place = make_place("kaskinen")
    event = make_event("feast-2026", title="Feast", place=place)
    make_event("other-2026", title="Other", place=place)
    for number in (1, 2, 3):
        make_item(event, number, f"Row {number}", starts_at=noon + minutes(60 * number), ends_at=noon + minutes(60 * number + 30))
    before = feeds_of(client)
    item = find_item(get_event("feast-2026"), 2)
    assert item is not None
    with clock.travelled_to(noon + timedelta(hours=1)):
        do(agenda.move_item, item.id, noon + minutes(125), noon + minutes(155))
        after = feeds_of(client)
    changed = {name: [line.strip() for line in lines if line not in before[name]] for name, lines in after.items()}

    entry = [line for line in changed["changes.atom"] if not line.startswith("<id>")]

    assert sorted(changed.pop("agenda.ics")) == [
        "DTEND;TZID=Europe/Helsinki:20260616T173500", "DTSTAMP:20260616T130000Z",
        "DTSTART;TZID=Europe/Helsinki:20260616T170500", "LAST-MODIFIED:20260616T130000Z", "SEQUENCE:1",
    ]  # fmt: skip
    assert [line for line in entry if line.startswith(("<title>", "<updated>", "<summary>"))] == [
        "<updated>2026-06-16T13:00:00Z</updated>", "<title>Row 2 – Feast</title>", "<updated>2026-06-16T13:00:00Z</updated>",
        "<summary>New time: 16 June 2026, 17:05–17:35",
    ]  # fmt: skip
    assert len(changed.pop("changes.atom")) == len(changed.pop("towns/kaskinen/changes.atom")) == 9
    touched = ["DTSTAMP:20260616T130000Z", "LAST-MODIFIED:20260616T130000Z"]
    assert changed == {
        "linked": [
            '"endDate": "2026-06-16T17:35:00+03:00",', '"eventStatus": "https://schema.org/EventRescheduled",',
            '"previousStartDate": "2026-06-16T17:00:00+03:00",', '"startDate": "2026-06-16T17:05:00+03:00",',
        ],
        "schedule.json": [
            '"date": "2026-06-16T17:05:00+03:00",', '"end": "2026-06-16T17:35:00+03:00",', '"start": "17:05",', '"version": "5"',
        ],
        "schedule.xml": ["<version>5</version>", "<date>2026-06-16T17:05:00+03:00</date>", "<start>17:05</start>"],
        "calendar.ics": touched,
        "towns/kaskinen/calendar.ics": touched,
        "events.json": ['"updated_at": "2026-06-16T13:00:00Z",'],
    }  # fmt: skip
