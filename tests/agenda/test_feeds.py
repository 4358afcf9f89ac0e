"""Calendar files, read back by two readers that know nothing of ours."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import vobject
from icalendar import Calendar
from lxml import etree
from sqlalchemy import select

from app.agenda import service
from app.agenda.models import AgendaItem
from app.core.db import db, write_tx
from app.events.models import Event, EventDay
from app.events.service import touch
from app.i18n import texts
from app.i18n.languages import LANGUAGES
from app.places.models import Venue
from tests.conftest import NOON
from tests.factories import make_event, make_item, make_place, minutes
from tests.transactions import do

FEED = "/en/events/kaskinen-2026/agenda.ics"
HELSINKI, COPENHAGEN, BERLIN, VILNIUS = (ZoneInfo(f"Europe/{city}") for city in ("Helsinki", "Copenhagen", "Berlin", "Vilnius"))


def make(app, *rows, zone="Europe/Helsinki", **fields):
    """The event `kaskinen-2026` with these rows, numbered from 1."""
    with app.app_context():
        event = make_event(title={"en": "Folk festival", "fi": "Kansanjuhla"}, place=make_place(), timezone=zone, **fields)
        for number, row in enumerate(rows, 1):
            make_item(event, number, {"en": f"Row {number}", "fi": f"Rivi {number}"}, **row)
        return event


def first_id(app):
    """The key of row 1."""
    with app.app_context():
        return db.session.scalar(select(AgendaItem.id).where(AgendaItem.number == 1))


def entries(client, path=FEED):
    """The calendar's entries by icalendar."""
    return Calendar.from_ical(client.get(path).data).walk("VEVENT")


def moments(client, path=FEED):
    """Start and end of the first entry in UTC, by icalendar and by vobject: both must agree."""
    data = client.get(path).data
    (entry,) = Calendar.from_ical(data).walk("VEVENT")
    other = vobject.readOne(data.decode()).vevent
    one = (entry.start.astimezone(UTC), entry.end.astimezone(UTC))
    two = (other.dtstart.value.astimezone(UTC), other.dtend.value.astimezone(UTC))
    assert one == two
    return one


def local(zone, *parts, fold=0):
    """The moment when clocks in the zone show this."""
    return datetime(*parts, tzinfo=zone, fold=fold).astimezone(UTC)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_calendar_is_in_the_language_of_its_address_under_one_uid(app, client, noon, lang):
    make(app, {"starts_at": NOON})
    answer = client.get(f"/{lang}/events/kaskinen-2026/items/1.ics")
    (entry,) = Calendar.from_ical(answer.data).walk("VEVENT")

    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    borrowed = {} if lang in ("en", "fi") else {"LANGUAGE": "en"}
    assert (str(entry["summary"]), dict(entry["summary"].params)) == ("Rivi 1" if lang == "fi" else "Row 1", borrowed)
    assert str(entry["uid"]) == str(first_id(app))
    assert str(entry["url"]) == f"https://pearls.test/{lang}/events/kaskinen-2026/items/1/"


def test_calendar_says_what_a_calendar_needs(app, client, noon):
    event = make(app, {"starts_at": NOON, "ends_at": NOON + minutes(45)})
    with app.app_context(), write_tx() as session:
        venue = Venue(
            id=uuid.uuid4(), place_id=event.place_id, address="Raatihuoneenkatu 34", latitude=62.3845, longitude=21.2212
        )
        session.add(venue)
        session.flush()
        texts.put(session, event.place_id, venue.id, "venue.name", {"en": "Market square"}, "en")
        session.get(Event, event.id).venue_id = venue.id
        touch(session, session.get(Event, event.id))
    (entry,) = entries(client)

    assert str(entry["location"]) == "Market square, Raatihuoneenkatu 34, Kaskinen"
    assert (entry["geo"].latitude, entry["geo"].longitude) == (62.3845, 21.2212)
    assert (entry["sequence"], str(entry["status"])) == (0, "CONFIRMED")
    assert entry["dtstamp"].dt.tzinfo is not None
    assert entry["last-modified"].dt == entry["dtstamp"].dt
    assert (entry.start, entry.end) == (NOON, NOON + minutes(45))
    assert entry.start.tzinfo.key == "Europe/Helsinki"


def test_calendar_holds_its_zone_and_is_the_same_bytes_each_time(app, client, noon):
    make(app, {"starts_at": NOON})
    data = client.get(FEED).data
    app.extensions["pagecache"].clear()

    assert client.get(FEED).data == data
    assert [str(zone["tzid"]) for zone in Calendar.from_ical(data).walk("VTIMEZONE")] == ["Europe/Helsinki"]
    assert b"\r\n" in data
    assert max(len(line) for line in data.split(b"\r\n")) <= 75


def shown_status(client):
    """Sequence and status of each entry."""
    return [(entry["sequence"], str(entry["status"])) for entry in entries(client)]


def test_sequence_grows_with_every_change_and_cancelled_is_kept(app, client, noon):
    make(app, {"starts_at": NOON}, {"starts_at": NOON + minutes(60)})
    seen = [shown_status(client)]
    with app.app_context():
        do(service.move_item, first_id(app), NOON + minutes(5), None)
    seen.append(shown_status(client))
    with app.app_context():
        do(service.cancel_item, first_id(app), {"en": "Rain."})
        do(service.cancel_item, first_id(app))
    seen.append(shown_status(client))

    assert seen == [
        [(0, "CONFIRMED"), (0, "CONFIRMED")], [(1, "CONFIRMED"), (0, "CONFIRMED")], [(2, "CANCELLED"), (0, "CONFIRMED")],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("status", "expected", "title"),
    [
        ("cancelled", "CANCELLED", "Peruttu: Rivi 1"), ("postponed", "CANCELLED", "Siirretty myöhemmäksi: Rivi 1"),
        ("moved_online", "CONFIRMED", "Rivi 1"),
    ],
)  # fmt: skip
def test_calendar_of_an_event_called_off_cancels_its_rows_and_says_so_first(app, client, noon, status, expected, title):
    make(app, {"starts_at": NOON}, status=status)
    found = entries(client, "/fi/events/kaskinen-2026/agenda.ics")

    assert [(str(entry["status"]), str(entry["summary"])) for entry in found] == [(expected, title)]


@pytest.mark.parametrize(("lang", "word"), [("da", "Udskudt"), ("fi", "Siirretty myöhemmäksi"), ("pl", "Przełożone")])
def test_postponed_is_the_same_word_in_calendars_and_on_pages(app, client, noon, lang, word):
    make(app, {"starts_at": NOON}, status="postponed")
    (entry,) = entries(client, f"/{lang}/events/kaskinen-2026/agenda.ics")

    assert (str(entry["summary"]).partition(": ")[0], str(entry["status"])) == (word, "CANCELLED")
    assert f'<span class="chip chip--bad">{word}</span>' in client.get(f"/{lang}/events/").text


@pytest.mark.parametrize("status", ["cancelled", "postponed"])
def test_row_of_a_day_that_is_off_says_so_first(app, client, noon, status):
    event = make(app, {"starts_at": NOON}, {"starts_at": NOON + timedelta(days=1)})
    with app.app_context(), write_tx() as session:
        session.add(EventDay(event_id=event.id, on=NOON.date(), status=status))
        touch(session, session.get(Event, event.id))

    assert [str(entry["summary"]) for entry in entries(client)] == [f"{status.capitalize()}: Row 1", "Row 2"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_cancelled_row_says_so_first_in_every_language(app, client, noon, lang):
    make(app, {"starts_at": NOON, "status": "cancelled"})
    (entry,) = entries(client, f"/{lang}/events/kaskinen-2026/agenda.ics")
    word = {
        "da": "Aflyst", "de": "Abgesagt", "en": "Cancelled", "et": "Jääb ära", "fi": "Peruttu", "lt": "Atšaukta",
        "lv": "Atcelts", "pl": "Odwołane", "sv": "Inställt",
    }[lang]  # fmt: skip

    assert str(entry["summary"]) == f"{word}: {'Rivi' if lang == 'fi' else 'Row'} 1"


def test_provisional_row_is_tentative(app, client, noon):
    make(app, {"starts_at": NOON, "status": "provisional"})

    assert [str(entry["status"]) for entry in entries(client)] == ["TENTATIVE"]


def test_row_without_a_time_takes_its_day_and_one_without_a_day_is_left_out(app, client, noon):
    make(app, {"on": date(2026, 6, 16)}, {"on": None})
    (entry,) = entries(client)

    assert (entry.start, entry.end) == (date(2026, 6, 16), date(2026, 6, 17))
    assert entry["dtstart"].params["value"] == "DATE"


def test_row_without_an_end_has_none_in_the_calendar_either(app, client, noon):
    make(app, {"starts_at": NOON})
    (entry,) = entries(client)

    assert "dtend" not in entry
    assert "duration" not in entry


def test_event_without_dated_rows_is_one_entry_over_its_days(app, client, noon):
    event = make(app, {"on": None}, starts_on=date(2026, 6, 16), ends_on=date(2026, 6, 18))
    (entry,) = entries(client)

    assert (entry.start, entry.end) == (date(2026, 6, 16), date(2026, 6, 19))
    assert (str(entry["summary"]), str(entry["uid"])) == ("Folk festival", str(event.id))


def test_undated_event_is_an_empty_calendar(app, client, noon):
    make(app, starts_on=None, ends_on=None)

    assert entries(client) == []


def test_calendar_of_a_row_of_another_number_is_not_found(app, client, noon):
    make(app, {"starts_at": NOON})

    assert client.get("/en/events/kaskinen-2026/items/2.ics").status_code == 404


# Times: both readers must find the very moment that was meant.

NIGHTS = {
    "past midnight": ("Europe/Helsinki", (HELSINKI, 2026, 6, 16, 23, 30), timedelta(hours=2, minutes=30)),
    "spring in Helsinki": ("Europe/Helsinki", (HELSINKI, 2026, 3, 28, 23, 30), timedelta(hours=5)),
    "spring in Copenhagen": ("Europe/Copenhagen", (COPENHAGEN, 2026, 3, 28, 23, 30), timedelta(hours=5)),
    "autumn in Helsinki": ("Europe/Helsinki", (HELSINKI, 2026, 10, 24, 23, 30), timedelta(hours=7)),
    "autumn in Copenhagen": ("Europe/Copenhagen", (COPENHAGEN, 2026, 10, 24, 23, 30), timedelta(hours=7)),
    "before summer time": ("Europe/Helsinki", (HELSINKI, 2026, 3, 29, 2, 30), timedelta(hours=1)),
    "winter": ("Europe/Copenhagen", (COPENHAGEN, 2026, 1, 15, 18, 0), timedelta(hours=2)),
}


@pytest.mark.parametrize("night", NIGHTS)
def test_both_readers_find_the_moments_that_were_meant(app, client, night):
    zone, start, length = NIGHTS[night]
    starts = local(*start)
    make(app, {"starts_at": starts, "ends_at": starts + length}, zone=zone)

    assert moments(client) == (starts, starts + length)


@pytest.mark.parametrize(("zone", "hour"), [(HELSINKI, 3), (COPENHAGEN, 2)])
@pytest.mark.parametrize("fold", [0, 1])
def test_the_hour_that_comes_twice_is_written_in_utc(app, client, zone, hour, fold):
    starts = local(zone, 2026, 10, 25, hour, 30, fold=fold)
    make(app, {"starts_at": starts, "ends_at": starts + minutes(20)}, zone=zone.key)
    (entry,) = entries(client)

    assert moments(client) == (starts, starts + minutes(20))
    assert [entry[name].to_ical() for name in ("dtstart", "dtend")] == [
        f"{moment:%Y%m%dT%H%M%SZ}".encode() for moment in (starts, starts + minutes(20))
    ]


def test_start_and_end_are_in_utc_when_one_of_them_comes_twice(app, client):
    starts = local(HELSINKI, 2026, 10, 24, 23, 0)
    make(app, {"starts_at": starts, "ends_at": starts + timedelta(hours=4, minutes=30)})
    (entry,) = entries(client)

    assert [entry[name].to_ical() for name in ("dtstart", "dtend")] == [b"20261024T200000Z", b"20261025T003000Z"]


@pytest.mark.parametrize(
    ("row", "free"),
    [
        ({"starts_at": NOON, "ends_at": NOON + timedelta(hours=13)}, None), ({"starts_at": NOON}, None),
        ({"starts_at": NOON, "ends_at": NOON + timedelta(hours=22)}, "TRANSPARENT"), ({"on": NOON.date()}, "TRANSPARENT"),
    ],
)  # fmt: skip
def test_what_lasts_longer_than_a_night_leaves_people_free(app, client, noon, row, free):
    make(app, row)
    (entry,) = entries(client)

    assert entry.get("transp") == free


def test_entry_shows_the_picture_of_its_event(app, client, noon):
    make(app, {"starts_at": NOON})
    (entry,) = entries(client, "/fi/events/kaskinen-2026/agenda.ics")

    assert str(entry["image"]) == "https://pearls.test/fi/events/kaskinen-2026/card.png"
    assert dict(entry["image"].params) == {"VALUE": "URI", "DISPLAY": "BADGE", "FMTTYPE": "image/png"}
    assert client.get(str(entry["image"]).removeprefix("https://pearls.test")).mimetype == "image/png"


@pytest.mark.parametrize(("url", "where"), [("https://meet.example/room", "https://meet.example/room"), ("", None)])
def test_row_of_an_event_moved_online_is_at_no_place(app, client, noon, url, where):
    event = make(app, {"starts_at": NOON}, status="moved_online", online_url=url)
    with app.app_context(), write_tx() as session:
        venue = Venue(place_id=event.place_id, address="Raatihuoneenkatu 34", latitude=62.3845, longitude=21.2212)
        session.add(venue)
        session.flush()
        session.get(Event, event.id).venue_id = venue.id
        touch(session, session.get(Event, event.id))
    found = [entries(client)[0], entries(client, "/en/calendar.ics")[0]]

    assert [(entry.get("location"), entry.get("geo")) for entry in found] == [(where, None)] * 2


def test_what_a_format_does_not_allow_breaks_no_feed(app, client, noon):
    event = make(app, {"starts_at": NOON})
    with app.app_context(), write_tx() as session:
        texts.put(session, event.id, first_id(app), "item.title", {"en": "Bells\x0b\x1f \ufffe and \U0001f514"}, "en")
        texts.put(session, event.id, first_id(app), "item.description", {"en": "One\r\ntwo\x01"}, "en")
        texts.put(session, event.id, first_id(app), "item.place", {"en": "At\x0c the sea"}, "en")
    with app.app_context():
        do(service.move_item, first_id(app), NOON + minutes(5), None)
    (entry,) = entries(client)
    schedule, feed = (etree.fromstring(client.get(f"{FEED[:-10]}{name}").data) for name in ("schedule.xml", "changes.atom"))

    assert (str(entry["summary"]), str(entry["description"])) == ("Bells \ufffe and \U0001f514", "One\ntwo")
    assert str(entry["location"]).startswith("At the sea, ")
    assert (schedule.findtext(".//event/title"), schedule.find(".//room").get("name")) == ("Bells  and \U0001f514", "At the sea")
    assert feed.findtext(".//{*}entry/{*}title") == "Bells  and \U0001f514 – Folk festival"


@pytest.mark.parametrize("base", ["https://pearls.test", "https://elsewhere.example"])
def test_uids_stay_when_the_site_moves(app, client, noon, monkeypatch, base):
    make(app, {"starts_at": NOON})
    monkeypatch.setitem(app.config, "PUBLIC_BASE_URL", base)
    (entry,) = entries(client)

    assert (str(entry["uid"]), str(entry["url"])) == (
        str(first_id(app)), f"{base}/en/events/kaskinen-2026/items/1/",
    )  # fmt: skip


def test_text_with_commas_lines_and_long_letters_comes_back_whole(app, client, noon):
    title = "Ąžuolų, beržų; liepų \\ žvakių – šventė „Žvaigždžių kelias“ " * 3
    event = make(app, {"starts_at": NOON})
    with app.app_context(), write_tx() as session:
        texts.put(session, event.id, first_id(app), "item.title", {"en": title.strip()}, "en")
        texts.put(session, event.id, first_id(app), "item.description", {"en": "One, two;\nthree\\n"}, "en")
        touch(session, session.get(Event, event.id))
    data = client.get(FEED).data
    (entry,) = Calendar.from_ical(data).walk("VEVENT")
    other = vobject.readOne(data.decode()).vevent

    assert max(len(line) for line in data.split(b"\r\n")) <= 75
    assert [line.decode() for line in data.split(b"\r\n")]
    assert (str(entry["summary"]), str(entry["description"])) == (title.strip(), "One, two;\nthree\\n")
    assert (other.summary.value, other.description.value) == (title.strip(), "One, two;\nthree\\n")


def test_reader_in_vilnius_sees_a_row_in_kiel_an_hour_later_on_the_own_clock(app, client):
    starts = local(BERLIN, 2026, 6, 16, 18, 0)
    make(app, {"starts_at": starts, "ends_at": starts + minutes(60)}, zone="Europe/Berlin")
    (entry,) = entries(client, "/lt/events/kaskinen-2026/agenda.ics")

    assert entry.start.replace(tzinfo=None) == datetime(2026, 6, 16, 18, 0)
    assert entry.start.astimezone(VILNIUS).replace(tzinfo=None) == datetime(2026, 6, 16, 19, 0)
