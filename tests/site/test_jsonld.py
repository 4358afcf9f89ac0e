"""JSON-LD in the pages of events and rows."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from icalendar import Calendar

from app.agenda.service import move_item
from app.core.db import write_tx
from app.events.models import Event
from app.events.service import touch
from app.i18n import texts
from app.places.models import Venue
from app.site import cpev
from tests import html
from tests.factories import make_event, make_item, make_place
from tests.registration.registrations import open_registration, signed_up
from tests.transactions import do

AT = datetime(2026, 6, 16, 15, 0, tzinfo=UTC)


def linked(client, address):
    (found,) = html.json_ld(client.get(address))
    return found


@pytest.fixture
def event(app, client, noon):
    with app.app_context():
        place = make_place()
        with write_tx() as session:
            venue = Venue(place_id=place.id, address="Tori 1", latitude=62.38, longitude=21.22, wheelchair="yes", toilet="no")
            session.add(venue)
            session.flush()
            texts.put(session, place.id, venue.id, "venue.name", {"en": "Market square", "fi": "Kauppatori"}, "en")
        made = make_event(title={"en": "Ceremony </script><b>", "fi": "Juhla"}, place=place, venue_id=venue.id)
        make_item(made, 1, {"en": "Welcome", "fi": "Tervetuloa"}, starts_at=AT, ends_at=AT.replace(minute=30), languages=["fi"])
        return made


def test_event_page_describes_the_event_in_its_language(client, event):
    found = linked(client, "/fi/events/kaskinen-2026/")

    assert (found["@context"], found["@type"]) == (["https://schema.org", cpev.PREFIXES], ["Event", "cv:PublicEvent"])
    assert (found["name"], found["image"]) == ("Juhla", "https://pearls.test/fi/events/kaskinen-2026/card.png")
    assert (found["startDate"], found["eventStatus"]) == ("2026-06-16", "https://schema.org/EventScheduled")
    assert found["location"]["name"] == "Kauppatori"
    assert found["location"]["geo"] == {"@type": "GeoCoordinates", "latitude": 62.38, "longitude": 21.22}
    assert [(one["name"], one["value"]) for one in found["location"]["amenityFeature"]] == [
        ("wheelchair", True),
        ("toilet", False),
    ]
    assert found["subEvent"] == [
        {"@type": "Event", "name": "Tervetuloa", "url": "https://pearls.test/fi/events/kaskinen-2026/items/1/",
         "startDate": "2026-06-16T18:00:00+03:00", "endDate": "2026-06-16T18:30:00+03:00", "inLanguage": ["fi"],
         "eventStatus": "https://schema.org/EventScheduled"},
    ]  # fmt: skip


def test_text_cannot_end_the_script(client, event):
    assert linked(client, "/en/events/kaskinen-2026/")["name"] == "Ceremony </script><b>"


def test_moved_row_says_when_it_was_first(app, client, event):
    with app.app_context():
        item = make_item(event, 2, "Music", starts_at=AT.replace(hour=17))
        do(move_item, item.id, AT.replace(hour=18), None)
    found = linked(client, "/en/events/kaskinen-2026/items/2/")

    assert (found["startDate"], found["previousStartDate"]) == ("2026-06-16T21:00:00+03:00", "2026-06-16T20:00:00+03:00")
    assert found["eventStatus"] == "https://schema.org/EventRescheduled"
    assert found["superEvent"]["@id"] == "https://pearls.test/events/kaskinen-2026/"


@pytest.mark.parametrize(("precision", "start"), [("month", "2026-06"), ("year", "2026")])
def test_date_is_as_exact_as_it_is_known(app, client, noon, precision, start):
    with app.app_context():
        make_event("vague", date_precision=precision)

    assert linked(client, "/en/events/vague/")["startDate"] == start


def test_called_off_event_and_its_rows_are_cancelled(app, client, noon):
    with app.app_context():
        make_item(make_event("off", status="cancelled"), 1, starts_at=AT)
    found = linked(client, "/en/events/off/")

    assert {found["eventStatus"], found["subEvent"][0]["eventStatus"]} == {"https://schema.org/EventCancelled"}


def test_event_is_described_in_the_european_vocabulary_too(app, client, event):
    with app.app_context():
        open_registration(event)
    found = linked(client, "/fi/events/kaskinen-2026/")

    assert {name: value for name, value in found.items() if ":" in name} == {
        "dct:identifier": str(event.id),
        "dct:title": {"@value": "Juhla", "@language": "fi"},
        "dct:language": [{"@id": f"http://publications.europa.eu/resource/authority/language/{code}"} for code in ("FIN", "SWE")],
        "foaf:homepage": {"@id": "https://pearls.test/fi/events/kaskinen-2026/"},
        "cv:eventStatus": {"@id": "https://schema.org/EventScheduled"},
        "cv:registrationPage": {"@id": "https://pearls.test/fi/events/kaskinen-2026/register"},
        "time:hasTime": {
            "@type": "time:TemporalEntity",
            "time:hasBeginning": {
                "@type": "time:Instant", "time:inXSDDate": {"@value": "2026-06-16", "@type": "xsd:date"},
            },
            "time:hasEnd": {"@type": "time:Instant", "time:inXSDDate": {"@value": "2026-06-16", "@type": "xsd:date"}},
        },
        "locn:address": {
            "@type": "locn:Address", "locn:fullAddress": "Tori 1, Kaskinen, Suomi", "locn:postName": "Kaskinen",
            "locn:adminUnitL1": "Suomi", "locn:thoroughfare": "Tori 1",
        },
    }  # fmt: skip


HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("fields", "desk", "named"),
    [
        ({}, {}, True),
        ({}, {"closes_at": AT - 9 * HOUR}, False),
        ({}, {"opens_at": AT}, False),
        ({}, {"mode": "none"}, False),
        ({}, {"capacity": 1, "waiting_list": False}, False),
        ({"status": "cancelled"}, {}, False),
        ({"status": "postponed"}, {}, False),
        ({"starts_on": date(2026, 6, 1), "ends_on": date(2026, 6, 1)}, {}, False),
    ],
    ids=["open", "closed", "not yet", "none", "full", "cancelled", "postponed", "over"],
)  # fmt: skip
def test_the_page_for_registering_is_named_and_linked_only_while_one_can_register(app, client, noon, fields, desk, named):
    with app.app_context():
        ours = open_registration(make_event("town-2026", **fields), **desk)
        if "capacity" in desk:
            signed_up(ours)
    page = client.get("/en/events/town-2026/").text
    found = linked(client, "/en/events/town-2026/")

    assert ("cv:registrationPage" in found, 'href="/en/events/town-2026/register"' in page, "offers" in found) == (
        named,
        named,
        False,
    )


def test_rows_of_a_postponed_event_are_postponed(app, client, noon):
    with app.app_context():
        make_item(make_event("off", status="postponed"), 1, starts_at=AT)
    found = linked(client, "/en/events/off/")

    assert {found["eventStatus"], found["subEvent"][0]["eventStatus"]} == {"https://schema.org/EventPostponed"}


ROOM, PAGE = "https://meet.example/room", "https://pearls.test/en/events/kaskinen-2026/"


@pytest.mark.parametrize(
    ("fields", "mode", "kinds", "join"),
    [
        ({}, "Offline", {"Place"}, None),
        ({"online_url": ROOM}, "Mixed", {"Place", "VirtualLocation"}, ROOM),
        ({"status": "moved_online"}, "Online", {"VirtualLocation"}, PAGE),
        ({"status": "moved_online", "online_url": ROOM}, "Online", {"VirtualLocation"}, ROOM),
        ({"kind": "webinar", "online_url": ROOM}, "Online", {"VirtualLocation"}, ROOM),
    ],
)
def test_where_one_joins_from_afar(app, client, event, fields, mode, kinds, join):
    with app.app_context(), write_tx() as session:
        stored = session.get(Event, event.id)
        for name, value in fields.items():
            setattr(stored, name, value)
        touch(session, stored)
    for path in ("", "items/1/"):
        found = linked(client, f"/en/events/kaskinen-2026/{path}")
        places = found["location"] if isinstance(found["location"], list) else [found["location"]]

        assert {place["@type"] for place in places} == kinds
        assert next((place["url"] for place in places if place["@type"] == "VirtualLocation"), None) == join
        assert found.get("eventAttendanceMode", f"https://schema.org/{mode}EventAttendanceMode").endswith(
            f"/{mode}EventAttendanceMode"
        )


@pytest.mark.parametrize(
    ("status", "shown"), [("scheduled", True), ("moved_online", True), ("cancelled", False), ("postponed", False)]
)
def test_page_and_calendars_lead_to_where_one_joins_unless_it_is_called_off(app, client, event, status, shown):
    with app.app_context(), write_tx() as session:
        stored = session.get(Event, event.id)
        stored.online_url, stored.status = ROOM, status
        touch(session, stored)
    page = client.get("/fi/events/kaskinen-2026/").text
    entries = [
        Calendar.from_ical(client.get(address).data).walk("VEVENT")[0].get("conference")
        for address in ("/fi/events/kaskinen-2026/agenda.ics", "/fi/calendar.ics")
    ]

    assert (f'<a class="btn" href="{ROOM}" rel="noopener noreferrer">Osallistu verkossa</a>' in page) is shown
    assert [entry and (str(entry), dict(entry.params)) for entry in entries] == [
        (ROOM, {"VALUE": "URI", "FEATURE": "AUDIO,VIDEO", "LABEL": "Osallistu verkossa"}) if shown else None
    ] * 2
