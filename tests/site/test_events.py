"""All events: by month, and found by part of a name."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from app.audit.models import TERMINAL
from app.core import clock
from app.core.db import db, write_tx
from app.desk import service as organise
from app.desk.forms import parse
from app.events.models import Event, EventWords
from app.events.queries import find_event
from app.events.service import touch
from app.i18n import texts
from app.i18n.folding import search_text
from app.i18n.languages import LANGUAGES
from app.places.models import PlaceName
from tests import html
from tests.conftest import NOON
from tests.factories import make_event, make_place
from tests.transactions import do


def found(client, query="", lang="en"):
    return html.ids(client.get(f"/{lang}/events/{query}"), "event-")


def alias(place, kind, lang, value):
    with write_tx() as session:
        session.add(PlaceName(place_id=place.id, kind=kind, lang=lang, value=value, folded=search_text(value), position=9))


@pytest.fixture
def year(app, client, noon):
    """Events of five towns in four countries, one of them online."""
    with app.app_context():
        rujiena = make_place("rujiena", {"lv": "Rūjiena"}, country="LV")
        plock = make_place("plock", {"pl": "Płock"}, country="PL")
        harnosand = make_place("harnosand", {"sv": "Härnösand"}, country="SE")
        jakobstad = make_place("jakobstad", {"sv": "Jakobstad", "fi": "Pietarsaari"})
        slupsk = make_place("slupsk", {"pl": "Słupsk"}, country="PL")
        lonely = make_place("lonely", {"et": "Üksi"}, country="EE")
        alias(slupsk, "historical", "de", "Stolp")
        alias(lonely, "historical", "de", "Allein")
        make_event(
            "r", {"lv": "Svētki", "en": "Feast"}, rujiena, country="LV", starts_on=date(2024, 5, 25), ends_on=date(2024, 5, 25)
        )
        make_event("p", {"en": "Network conference", "pl": "Konferencja sieci: łódź"}, plock, country="PL", kind="exchange_visit",
                   starts_on=date(2026, 9, 17), ends_on=date(2026, 9, 19), timezone="Europe/Warsaw")  # fmt: skip
        make_event(
            "h",
            {"sv": "Möte"},
            harnosand,
            country="SE",
            kind="meeting",
            starts_on=date(2026, 6, 1),
            ends_on=date(2026, 6, 1),
            date_precision="month",
        )
        make_event("j", "Evening of histories", jakobstad, starts_on=date(2024, 5, 8), ends_on=date(2024, 5, 8))
        make_event("s", "Concert 100%_", slupsk, country="PL", starts_on=None, ends_on=None)
        make_event(
            "o",
            "Start of the year",
            None,
            country="",
            kind="webinar",
            starts_on=date(2025, 1, 1),
            ends_on=date(2025, 12, 31),
            date_precision="year",
        )
    return client


ALL = ["h", "p", "s", "o", "r", "j"]


def test_events_stand_soonest_first_then_the_past_latest_first(year):
    assert found(year) == ALL
    assert html.texts(year.get("/en/events/"), "h3[id]") == [
        "June 2026, exact day not known", "September 2026", "Date to be announced", "Year 2025, exact date not known", "May 2024",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("rujiena", ["r"]), ("RŪJ", ["r"]), ("plock", ["p"]), ("Płock", ["p"]), ("harnosand", ["h"]), ("haernoesand", ["h"]),
        ("Pietarsaari", ["j"]), ("jakob", ["j"]), ("Stolp", ["s"]), ("svetki", ["r"]), ("mote", ["h"]), ("moete", ["h"]),
        ("lodz", ["p"]), ("conference", ["p"]), ("plock network", ["p"]), ("network plock", ["p"]), ("plock rujiena", []),
        ("100%25_", ["s"]), ("%25", ["s"]), ("_", ["s"]), ("nothing like this", []), ("%20%20", ALL), ("%CC%81", ALL), ("%5C", []),
    ],
)  # fmt: skip
def test_events_are_found_by_part_of_a_name_without_diacritics(year, typed, expected):
    assert found(year, f"?q={typed}") == expected


def test_new_place_is_found_and_the_old_one_is_not(year, app):
    for word, expected in (("Mājas", (["r"], [])), ("Dārzs", ([], ["r"]))):
        with app.app_context():
            do(
                organise.change,
                find_event("r").id,
                parse([f"place.lv={word}", "place.en=Grounds"], ZoneInfo("Europe/Riga")),
                TERMINAL,
            )
        assert (found(year, "?q=majas"), found(year, "?q=darzs")) == expected
    assert found(year, "?q=grounds+feast") == ["r"]


def test_draft_is_not_found(year, app):
    with app.app_context(), write_tx() as session:
        event = session.scalar(select(Event).where(Event.slug == "r"))
        texts.put(session, event.id, event.id, "event.title", {"de": "Fest"}, "en", status="draft")
        texts.put(session, event.id, event.id, "event.place", {"de": "Marktplatz"}, "en")
        touch(session, event)
    assert (found(year, "?q=fest"), found(year, "?q=marktplatz")) == ([], ["r"])


def test_words_go_with_their_event(year, app):
    with app.app_context():
        with write_tx() as session:
            session.delete(session.scalar(select(Event).where(Event.slug == "r")))
        assert db.session.scalar(select(func.count()).select_from(EventWords)) == len(ALL) - 1
    assert found(year, "?q=svetki") == []


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?town=plock", ["p"]), ("?country=PL", ["p", "s"]), ("?country=pl", ["p", "s"]), ("?kind=webinar", ["o"]),
        ("?kind=ceremony&country=PL", ["s"]), ("?country=PL&q=conf&town=&kind=", ["p"]), ("?town=plock&country=LV", []),
        ("?town=nowhere", []), ("?kind=party", []), ("?country=XX", []), ("?unknown=1", ALL), ("?town=plock&town=rujiena", ["p"]),
    ],
)  # fmt: skip
def test_events_are_filtered_by_town_country_and_kind(year, query, expected):
    assert found(year, query) == expected


def test_filter_is_kept_in_the_form(year):
    page = year.get("/en/events/?q=%3Cb%3E&town=plock&country=PL&kind=exchange_visit").text
    assert 'value="&lt;b&gt;"' in page
    assert html.chosen(page) == ["plock", "PL", "exchange_visit"]


def test_form_works_without_scripts_and_repeats_its_address_for_them(year):
    page = year.get("/fi/events/").get_data(as_text=True)
    assert '<form class="card stack" action="/fi/events/" method="get" role="search" hx-get="/fi/events/"' in page


def test_nothing_found_says_what_to_do(year):
    page = year.get("/en/events/?q=xyzzy").get_data(as_text=True)
    assert "No event matches what you are looking for." in page
    assert "Check the spelling, choose fewer filters, or show all events." in page
    assert '<a class="btn btn--quiet" href="/en/events/">Show all events</a>' in page


def test_a_town_without_events_is_still_found_by_its_old_name(year):
    page = year.get("/en/events/?q=allein").get_data(as_text=True)
    assert '<a class="btn btn--quiet" href="/en/towns/lonely/">Üksi</a>' in page
    assert "Allein" not in page


def test_historical_names_are_never_shown(year):
    for path in ("/de/events/", "/de/events/?q=stol", "/de/towns/", "/de/towns/slupsk/", "/de/"):
        assert "Stolp" not in year.get(path).get_data(as_text=True)


def test_no_events_at_all_says_so(client):
    assert "No events have been published yet." in client.get("/en/events/").get_data(as_text=True)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_events_page_in_every_language(year, lang):
    answer = year.get(f"/{lang}/events/")
    assert answer.headers["Content-Language"] == lang
    assert found(year, lang=lang) == ALL
    shown = answer.get_data(as_text=True)
    assert (">Svētki<" in shown) == (lang == "lv")
    assert ('<span lang="en" data-borrowed>Feast</span>' in shown) == (lang not in {"lv", "en"})


@pytest.mark.parametrize("status", ["cancelled", "postponed", "moved_online"])
def test_called_off_events_say_so_in_lists(client, app, noon, status):
    with app.app_context():
        make_event("gone", status=status)
    words = {"cancelled": "Cancelled", "postponed": "Postponed", "moved_online": "Online"}[status]
    assert html.texts(client.get("/en/events/"), ".chip--bad, .chip--warn") == [words]


def test_event_moves_to_the_past_at_its_own_midnight(client, app):
    with app.app_context(), clock.travelled_to(NOON):
        make_event("one-day", starts_on=date(2026, 6, 16), ends_on=date(2026, 6, 16))
    with clock.travelled_to(NOON.replace(hour=20, minute=59)):
        first = client.get("/en/events/")
        assert "Upcoming events" in first.get_data(as_text=True)
    with clock.travelled_to(NOON.replace(hour=21)):
        later = client.get("/en/events/", headers={"If-None-Match": first.headers["ETag"]})
        assert "Past events" in later.get_data(as_text=True)


@pytest.mark.parametrize("query", ["", "?q=event", "?country=FI&kind=ceremony"])
def test_events_page_asks_as_often_for_thirty_events_as_for_one(client, app, noon, queries, query):
    counts = []
    for number in range(30):
        with app.app_context():
            make_event(f"e-{number}", f"Event {number}", make_place(f"town-{number}", {"fi": f"Town {number}"}))
        if number in {0, 2, 29}:
            queries.clear()
            assert len(found(client, query, "fi")) == number + 1
            counts.append(len(queries))
    assert counts == [counts[0]] * 3
    assert counts[0] <= 12


def test_a_page_that_was_shown_before_costs_one_query_at_most(year, queries):
    year.get("/fi/events/?q=plock")
    queries.clear()
    year.get("/fi/events/?q=plock&utm_source=x")
    assert len(queries) <= 1


def test_options_are_sorted_by_the_readers_alphabet(year):
    def options(lang, name):
        return html.texts(year.get(f"/{lang}/events/"), f'#{name} option:not([value=""])')

    assert options("pl", "town") == ["Härnösand", "Jakobstad", "Płock", "Rūjiena", "Słupsk"]
    assert options("fi", "town") == ["Härnösand", "Pietarsaari", "Płock", "Rūjiena", "Słupsk"]
    assert options("sv", "country") == ["Finland", "Lettland", "Polen", "Sverige"]
