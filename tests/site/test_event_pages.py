"""The pages of an event: what they say in each state, to whom, and how cheaply."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from app.agenda import service
from app.agenda.models import AgendaItem, ItemPerson, Person
from app.core import clock
from app.core.db import db, write_tx
from app.events.models import Event, EventDay
from app.events.service import touch
from app.i18n import texts
from app.i18n.languages import LANGUAGES
from app.places.models import Room, Venue
from tests import html
from tests.conftest import NOON
from tests.factories import make_event, make_item, make_place, minutes
from tests.transactions import do

EVENT = "/en/events/kaskinen-2026/"
TITLES = {"en": "Folk festival", "fi": "Kansanjuhla", "sv": "Folkfest"}


@pytest.fixture
def evening(app, client, noon):
    """Three rows around noon UTC (15:00 in Kaskinen): over, on, to come."""
    with app.app_context():
        event = make_event(title=TITLES, place=make_place())
        for number in (1, 2, 3):
            start = NOON + minutes(30 * (number - 2) - 10)
            make_item(
                event, number, {"en": f"Row {number}", "fi": f"Rivi {number}"}, starts_at=start, ends_at=start + minutes(30)
            )
    return client


def fill(app, **fields):
    """An event with these fields and, under `rows`, rows by number and fields."""
    rows = fields.pop("rows", [])
    with app.app_context():
        event = make_event(place=make_place(), **fields)
        for number, row in enumerate(rows, 1):
            make_item(event, number, f"Row {number}", **row)
        return event


def put(event, owner, kind, value, lang="en"):
    """A text of the event."""
    with write_tx() as session:
        texts.put(session, event.id, owner, kind, {lang: value}, lang)
        touch(session, session.get(Event, event.id))


def titles(page, section="#now"):
    """The rows of a section by their titles."""
    return html.texts(page, f"section{section} .agenda__title")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_event_page_answers_in_every_language(evening, lang):
    answer = evening.get(f"/{lang}/events/kaskinen-2026/")

    assert (answer.status_code, answer.headers["Content-Language"]) == (200, lang)
    assert f'<html lang="{lang}">' in answer.text


def test_event_page_says_what_is_on_now_and_next_first(evening):
    page = evening.get(EVENT)

    assert titles(page) == ["Row 2", "Row 3"]
    assert html.attributes(page, "main > section[id]", "id")[:2] == ["now", "agenda"]
    assert html.texts(page, "#now [aria-current=time] .chip--now") == ["Now"]


def test_event_page_marks_the_current_row_by_word_and_attribute(evening):
    rows = html.every(evening.get(EVENT), "li.agenda__row[id^=item-]")

    assert [(row.get("id"), row.get("aria-current"), html.texts(row, ".chip--now")) for row in rows] == [
        ("item-1", None, []), ("item-2", "time", ["Now"]), ("item-3", None, []),
    ]  # fmt: skip


def test_event_page_shows_the_time_of_the_place_and_names_its_zone(evening):
    page = evening.get(EVENT)

    assert "Time zone: Helsinki – Eastern European Time" in html.words(page, "#agenda")
    assert html.texts(page, "#agenda time")[:2] == ["14:20", "14:50"]


def test_event_page_marks_borrowed_texts_by_words_and_language(evening):
    page = evening.get("/sv/events/kaskinen-2026/").text

    assert "<h1>Folkfest</h1>" in page
    assert '<span lang="en" data-borrowed>Row 1</span>' in page
    assert "notice--info" in page
    assert "notice--info" not in evening.get("/fi/events/kaskinen-2026/").text


def test_event_page_is_the_same_for_everybody_and_reads_no_cookie(evening):
    plain = evening.get(EVENT)
    other = evening.get(EVENT, headers={"Cookie": "lang=fi; session=x", "Accept-Language": "fi", "HX-Request": "true"})

    assert (other.data, other.headers["ETag"]) == (plain.data, plain.headers["ETag"])
    assert (plain.headers["Cache-Control"], plain.headers["Vary"]) == ("public, no-cache", "Accept-Encoding")
    assert "Set-Cookie" not in other.headers


@pytest.mark.parametrize("path", ["", "now", "items/2/", "items/2.ics", "agenda.ics"])
def test_unchanged_page_is_answered_with_304_until_a_row_changes(app, evening, path):
    etag = evening.get(EVENT + path).headers["ETag"]
    unchanged = evening.get(EVENT + path, headers={"If-None-Match": etag})
    with app.app_context():
        do(service.cancel_item, db.session.scalar(select(AgendaItem.id).where(AgendaItem.number == 2)))
    changed = evening.get(EVENT + path, headers={"If-None-Match": etag})

    assert (unchanged.status_code, unchanged.data, unchanged.headers["ETag"]) == (304, b"", etag)
    assert changed.status_code == 200


def test_now_moves_on_with_the_clock(evening):
    shown = []
    for passed in (0, 19, 20, 49, 50):
        with clock.travelled_to(NOON + minutes(passed) + timedelta(seconds=1)):
            shown.append(evening.get(EVENT + "now"))

    assert [titles(page) for page in shown] == [["Row 2", "Row 3"], ["Row 2", "Row 3"], ["Row 3"], ["Row 3"], []]
    assert "This event is over." in html.words(shown[-1], "#now")


def test_now_is_a_page_of_its_own_with_the_block_of_the_event(evening):
    page, fragment = evening.get(EVENT).text, evening.get(EVENT + "now").text

    assert html.markup(page, "#now") == html.markup(fragment, "#now")
    assert fragment.startswith("<!doctype html>")
    assert f'<a href="{EVENT}">' in fragment
    assert f'hx-get="{EVENT}now"' in fragment


STATES = [
    ({"starts_on": date(2026, 6, 20), "ends_on": date(2026, 6, 20), "rows": [{"on": date(2026, 6, 20)}]},
     "This event has not begun yet."),
    ({"rows": [{"starts_at": NOON + minutes(60)}, {"starts_at": NOON - minutes(60), "ends_at": NOON - minutes(30)}]},
     "Nothing is on right now."),
    ({"ends_on": date(2026, 6, 18), "rows": [{"starts_at": NOON - minutes(60), "ends_at": NOON - minutes(30)}]},
     "Nothing more is planned for today."),
    ({"starts_on": date(2025, 6, 16), "ends_on": date(2025, 6, 16)}, "This event is over."),
    ({"starts_on": None, "ends_on": None}, "The date has not been announced yet."),
    ({"starts_on": date(2027, 6, 1), "ends_on": date(2027, 6, 1), "date_precision": "month"}, "The date has not been announced yet."),
    ({}, "The agenda has not been published yet."),
    ({"status": "cancelled", "rows": [{"starts_at": NOON}]}, "This event is cancelled."),
    ({"status": "postponed", "rows": [{"starts_at": NOON}]}, "This event is postponed."),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "sentence"), STATES, ids=[sentence for _, sentence in STATES])
def test_every_state_has_its_words(app, client, noon, fields, sentence):
    fill(app, **fields)

    assert sentence in html.words(client.get(EVENT), "#now")


def test_event_page_shows_a_date_as_far_as_it_is_known(app, client, noon):
    fill(app, starts_on=date(2027, 6, 1), ends_on=date(2027, 6, 1), date_precision="month")

    assert "<strong>June 2027</strong>" in client.get(EVENT).text


def test_cancelled_row_is_shown_with_its_reason_and_never_now(app, client, noon):
    event = fill(app, rows=[{"starts_at": NOON - minutes(5), "ends_at": NOON + minutes(5)}, {"starts_at": NOON + minutes(5)}])
    with app.app_context():
        item = db.session.scalar(select(AgendaItem).where(AgendaItem.number == 1))
        do(service.cancel_item, item.id, {"en": "The choir is ill.", "fi": "Kuoro on sairaana."})
    page = client.get(EVENT).text

    assert titles(page) == ["Row 2"]
    assert "Row 1 Cancelled Reason: The choir is ill." in html.words(page, "#agenda")
    assert "Kuoro on sairaana." in client.get("/fi/events/kaskinen-2026/").text
    assert event.slug == "kaskinen-2026"


def test_moved_row_shows_the_old_time_struck_and_the_new_one(app, client, noon):
    fill(app, rows=[{"starts_at": NOON, "ends_at": NOON + minutes(30)}])
    with app.app_context():
        item = db.session.scalar(select(AgendaItem))
        do(service.move_item, item.id, NOON + minutes(60), NOON + minutes(90), {"en": "Rain."})
    page = client.get(EVENT).text

    assert "<s>15:00–15:30</s>" in page
    assert "16:00" in html.words(page, "#now")
    assert "New time" in html.words(page, "#agenda")
    assert "Reason: Rain." in html.words(page, "#agenda")


def test_row_moved_in_place_shows_both_places(app, client, noon):
    event = fill(app, rows=[{"starts_at": NOON}])
    with app.app_context():
        square, hall = make_venues(event, "Market square", "Sports hall")
        item = db.session.scalar(select(AgendaItem))
        with write_tx() as session:
            session.get(AgendaItem, item.id).venue_id = square
        do(service.move_item_to, item.id, hall, reasons={"en": "Rain."})
    page = client.get(EVENT).text

    assert "<s>Market square</s> Sports hall" in page
    assert "New place" in html.said(page)


def make_venues(event, *names):
    """Venues of the event's place, by name; their ids."""
    made = []
    with write_tx() as session:
        for name in names:
            venue = Venue(id=uuid.uuid4(), place_id=event.place_id, latitude=62.3, longitude=21.2, wheelchair="yes")
            session.add(venue)
            session.flush()
            texts.put(session, event.place_id, venue.id, "venue.name", {"en": name}, "en")
            made.append(venue.id)
        touch(session, session.get(Event, event.id))
    return made


def test_row_without_a_time_shows_its_words_or_that_it_is_to_come(app, client, noon):
    event = fill(app, rows=[{"on": NOON.date()}, {"on": NOON.date()}, {"on": None}])
    with app.app_context():
        second = db.session.scalar(select(AgendaItem).where(AgendaItem.number == 2))
        put(event, second.id, "item.when", "in the evening")
    page = html.words(client.get(EVENT), "#agenda")

    assert "Time to be announced Row 1" in page
    assert "in the evening Row 2" in page
    assert "Day to be announced Time to be announced Row 3" in page


def test_whole_day_called_off_is_said_with_its_reason(app, client, noon):
    event = fill(app, ends_on=date(2026, 6, 17), rows=[{"starts_at": NOON}, {"starts_at": NOON + timedelta(days=1)}])
    with app.app_context():
        with write_tx() as session:
            day = EventDay(id=uuid.uuid4(), event_id=event.id, on=NOON.date(), status="cancelled")
            session.add(day)
        put(event, day.id, "day.reason", "Storm.")
    page = client.get(EVENT).text

    assert "This whole day is cancelled. Reason: Storm." in html.words(page, "#agenda")
    assert "Everything planned for today is cancelled." in html.words(page, "#now")
    assert titles(page) == ["Row 2"]


def test_event_page_tells_everything_of_a_row(app, client, noon):
    event = fill(
        app, access="registered", contact="events@example.org",
        rows=[{
            "starts_at": NOON, "kind": "workshop", "access": "invited", "doors_at": NOON - minutes(30), "parallel_group": "a",
            "latest_arrival_at": NOON - minutes(5), "languages": ["fi", "lv"], "repeats": 2, "status": "provisional",
            "interpretations": [{"kind": "interpreter", "lang": "en", "channel": "2"}, {"kind": "sign"}, {"kind": "subtitles", "lang": "sv"}],
        }],
    )  # fmt: skip
    with app.app_context():
        item = db.session.scalar(select(AgendaItem))
        with write_tx() as session:
            person = Person(id=uuid.uuid4(), event_id=event.id)
            session.add(person)
            session.flush()
            session.add(ItemPerson(item_id=item.id, person_id=person.id))
        put(event, person.id, "person.name", "Town choir")
        for kind, value in (("meeting_point", "Church gate"), ("dress_code", "Warm clothes"), ("note", "Bring a cup")):
            put(event, item.id, f"item.{kind}", value)
    page = html.words(client.get(EVENT), "#agenda")

    for sentence in (
        "By invitation only", "Workshop", "Doors open: 14:30", "Latest arrival: 14:55", "Meeting point: Church gate",
        "Language spoken: Finnish, Latvian", "Interpretation: English · Channel: 2", "Sign language", "Subtitles: Swedish",
        "Dress code: Warm clothes", "Several things are on at the same time: choose one.", "Provisional", "Town choir", "Bring a cup",
        "This is held more than once: see the other time.",
    ):  # fmt: skip
        assert sentence in page
    assert "For registered guests" in html.said(client.get(EVENT).text)


def test_event_page_leads_to_the_map_and_tells_the_facts_of_access(app, client, noon):
    event = fill(app, rows=[{"starts_at": NOON}])
    with app.app_context():
        (square,) = make_venues(event, "Market square")
        with write_tx() as session:
            session.get(Event, event.id).venue_id = square
            session.add(Room(id=uuid.uuid4(), venue_id=square))
    page = client.get(EVENT).text

    assert 'href="geo:62.3,21.2?q=62.3,21.2"' in page
    assert "route=%3B62.3%2C21.2" in page
    assert "Wheelchair accessible Yes Step-free entrance Not known" in html.said(page)
    assert f'href="{EVENT}agenda.ics"' in page


def test_event_moved_online_says_so_and_goes_on(app, client, noon):
    event = fill(app, status="moved_online", rows=[{"starts_at": NOON}])
    with app.app_context():
        put(event, event.id, "event.reason", "Ice on the roads.")
    page = client.get(EVENT).text

    assert "This event takes place online. Reason: Ice on the roads." in html.said(page)
    assert titles(page) == ["Row 1"]


def test_row_page_leads_back_and_to_its_calendar(evening):
    page = evening.get(EVENT + "items/2/").text

    assert "<h1>Row 2</h1>" in page
    assert f'<a href="{EVENT}#item-2">' in page
    assert f'href="{EVENT}items/2.ics"' in page
    assert ">Now<" in page


def test_row_page_judges_now_by_the_rows_around_it(app, client, noon):
    """A row without an end is over when the next one begins, on its own page too."""
    fill(app, rows=[{"starts_at": NOON - minutes(30)}, {"starts_at": NOON - minutes(10)}])

    assert ">Now<" not in client.get(EVENT + "items/1/").text
    assert ">Now<" in client.get(EVENT + "items/2/").text


@pytest.mark.parametrize(
    "path",
    [
        "/fi/events/nothing-here/", "/fi/events/nothing-here/now", "/fi/events/nothing-here/agenda.ics",
        "/fi/events/kaskinen-2026/items/4/", "/fi/events/kaskinen-2026/items/4.ics", "/fi/events/kaskinen-2026/items/0/",
        "/fi/events/kaskinen-2026/items/x/", "/fi/events/kaskinen-2026/items/-1/", "/fi/events/kaskinen-2026/items/1.5.ics",
        "/fi/events/kaskinen-2026/items/99999999999999999999999/", "/fi/events/" + "x" * 4000 + "/", "/fi/events/%F0%9F%8C%8A/",
        "/fi/events/'%20OR%201=1--/", "/fi/events/%FF%FE/",
    ],
)  # fmt: skip
def test_nothing_at_the_address_is_404_in_the_language_of_the_page(evening, path):
    answer = evening.get(path)

    assert (answer.status_code, answer.headers["Content-Language"]) == (404, "fi")
    assert '<html lang="fi">' in answer.text


def test_another_events_row_is_not_found(app, evening):
    with app.app_context():
        make_item(make_event("other-2026"), 7, "Elsewhere")

    assert evening.get(EVENT + "items/7/").status_code == 404
    assert evening.get("/en/events/other-2026/items/7/").status_code == 200


def test_number_of_queries_is_the_same_for_10_and_200_rows(app, client, noon, queries):
    with app.app_context():
        small, large = make_event("small-2026", place=make_place()), make_event("large-2026", place=make_place("varde"))
        for event, count in ((small, 10), (large, 200)):
            for number in range(1, count + 1):
                make_item(event, number, starts_at=NOON + minutes(number), venue_id=None)
    counts = []
    for path in (
        "small-2026/",
        "large-2026/",
        "small-2026/now",
        "large-2026/now",
        "small-2026/agenda.ics",
        "large-2026/agenda.ics",
    ):
        queries.clear()
        assert client.get(f"/en/events/{path}").status_code == 200
        counts.append(len([sql for sql in queries if sql.lstrip().upper().startswith("SELECT")]))

    assert counts[0] == counts[1]
    assert counts[2] == counts[3]
    assert counts[4] == counts[5]
    assert max(counts) <= 8


def test_kept_page_is_answered_without_a_query(evening, queries):
    evening.get(EVENT)
    queries.clear()
    evening.get(EVENT)

    assert queries == []


def test_event_page_of_200_rows_keeps_its_anchors_apart(app, client, noon):
    fill(app, rows=[{"starts_at": NOON + minutes(number)} for number in range(200)])
    page = client.get(EVENT).text
    anchors = html.attributes(page, "[id]", "id")

    assert len([name for name in anchors if name.startswith("item-")]) == 200
    assert len(anchors) == len(set(anchors))


def test_times_are_those_of_kiel_for_a_reader_in_vilnius(app, client):
    moment = datetime(2026, 6, 16, 16, 0, tzinfo=UTC)
    with app.app_context(), clock.travelled_to(moment):
        event = make_event("kiel-2026", "Exchange visit", timezone="Europe/Berlin")
        make_item(event, 1, "Reception", starts_at=moment, ends_at=moment + minutes(60))
    with clock.travelled_to(moment + minutes(1)):
        page = client.get("/lt/events/kiel-2026/")

    assert html.texts(page, "#agenda time") == ["18:00", "19:00"]
    assert "Berlynas" in html.words(page, "#agenda")


# Rows that last longer than a night, and the hour that comes twice


def clocks(page):
    """What the columns of times say, on pages and on paper."""
    return [each.text_content().strip() for each in html.every(page, "p.agenda__time, td.paper__time")]


LONG_ROWS = (
    ({"starts_at": NOON, "ends_at": NOON + timedelta(hours=4)}, "15.00–19.00"),
    ({"starts_at": NOON, "ends_at": NOON + timedelta(hours=13)}, "15.00–4.00"),
    ({"starts_at": NOON, "ends_at": NOON + timedelta(hours=17)}, "15.00 – 17. kesäkuuta, 8.00"),
    ({"starts_at": NOON, "ends_at": NOON + timedelta(hours=95)}, "15.00 – 20. kesäkuuta, 14.00"),
)


@pytest.mark.parametrize("view", ["", "print", "items/1/", "items/2/", "items/3/", "items/4/"])
def test_end_has_its_day_unless_it_is_in_the_same_night(app, client, noon, view):
    fill(app, starts_on=NOON.date(), ends_on=NOON.date() + timedelta(days=5), rows=[row for row, _ in LONG_ROWS])
    expected = [shown for _, shown in LONG_ROWS]

    assert clocks(client.get(f"/fi/events/kaskinen-2026/{view}").text)[-len(expected) :] == (
        [expected[int(view[6]) - 1]] if view.startswith("items") else expected
    )


def test_rows_whose_times_are_long_take_the_whole_width(app, client, noon):
    fill(app, starts_on=NOON.date(), ends_on=NOON.date() + timedelta(days=5), rows=[row for row, _ in LONG_ROWS])
    rows = html.attributes(client.get(EVENT), "li.agenda__row[id^=item]", "class")

    assert rows == ["agenda__row", "agenda__row", "agenda__row agenda__row--wide", "agenda__row agenda__row--wide"]


@pytest.mark.parametrize("view", ["", "print"])
def test_hour_that_comes_twice_says_its_offset(app, client, noon, view):
    passes = [datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in (0, 1, 2)]
    fill(app, starts_on=passes[0].date(), ends_on=passes[0].date(), rows=[{"starts_at": one} for one in passes])

    assert clocks(client.get(f"/pl/events/kaskinen-2026/{view}").text)[-3:] == ["03:30 (UTC+3)", "03:30 (UTC+2)", "04:30"]


def test_old_time_of_a_moved_row_has_its_day_too(app, client, noon):
    fill(app, rows=[{"starts_at": NOON, "ends_at": NOON + timedelta(hours=20)}])
    with app.app_context():
        do(service.move_item, db.session.scalars(select(AgendaItem.id)).one(), NOON + timedelta(hours=1), None)

    assert "<s>15:00 – 17 June, 11:00</s>" in client.get(EVENT).text
