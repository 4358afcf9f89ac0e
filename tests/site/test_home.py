"""Home: what is on now in all towns, then what comes, then the towns."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from app.core import clock
from app.core.db import write_tx
from app.events.service import touch
from app.i18n.languages import LANGUAGES
from app.places.models import PlaceYear
from tests import html
from tests.conftest import NOON
from tests.factories import make_event, make_item, make_place, minutes


@pytest.fixture
def tonight(app, client, noon):
    """Two ceremonies: Kaskinen's featured one comes on at 12:20 UTC, Kiel's is on."""
    with app.app_context():
        kaskinen = make_place(timezone="Europe/Helsinki")
        kiel = make_place("kiel", {"de": "Kiel"}, country="DE", timezone="Europe/Berlin")
        first = make_event("kaskinen-today", {"en": "Ceremony", "fi": "Juhla"}, kaskinen, featured=100)
        second = make_event(
            "kiel-today", {"de": "Übergabe"}, kiel, timezone="Europe/Berlin", source_lang="de", fallback="source", country="DE"
        )
        make_item(first, 1, "Choir", starts_at=NOON + minutes(20), ends_at=NOON + minutes(40))
        make_item(second, 1, {"de": "Begrüßung"}, starts_at=NOON - minutes(10), ends_at=NOON + minutes(30))
        make_item(second, 2, {"de": "Festrede"}, starts_at=NOON + minutes(30))
    return client


@pytest.mark.parametrize("lang", LANGUAGES)
def test_home_shows_what_is_on_first_in_every_language(tonight, lang):
    page = tonight.get(f"/{lang}/").get_data(as_text=True)
    assert html.ids(page, "live-", "article") == ["kaskinen-today", "kiel-today"]
    assert page.index("live-kiel-today") < page.index(f'href="/{lang}/towns/"')
    assert f'hx-get="/{lang}/now"' in page


def test_home_shows_each_town_in_its_own_zone_and_names_it(tonight):
    page = tonight.get("/en/").text
    kaskinen, kiel = (html.words(page, f"#live-{slug}") for slug in ("kaskinen-today", "kiel-today"))
    assert ("15:20" in kaskinen, "Time zone: Helsinki" in kaskinen) == (True, True)
    assert ("13:50" in kiel, "Time zone: Berlin" in kiel) == (True, True)


def test_home_marks_borrowed_titles_with_their_language(tonight):
    page = tonight.get("/fi/").get_data(as_text=True)
    assert ">Juhla</a>" in page
    assert '<span lang="de" data-borrowed>Übergabe</span>' in page
    assert '<span lang="de" data-borrowed>Begrüßung</span>' in page


def test_home_does_not_list_again_what_is_on(tonight, app):
    with app.app_context():
        make_event("next-week", starts_on=date(2026, 6, 23), ends_on=date(2026, 6, 23))
    assert html.ids(tonight.get("/en/"), "event-") == ["next-week"]


def test_now_moves_on_by_itself_without_any_write(tonight):
    before = tonight.get("/en/now")
    with clock.travelled_to(NOON + minutes(19)):
        assert tonight.get("/en/now", headers={"If-None-Match": before.headers["ETag"]}).status_code == 304
    with clock.travelled_to(NOON + minutes(20)):
        after = tonight.get("/en/now", headers={"If-None-Match": before.headers["ETag"]})
    assert after.status_code == 200
    assert len(html.every(after, "#live-kaskinen-today li.agenda__row[aria-current=time]")) == 1
    assert after.headers["ETag"] != before.headers["ETag"]


def test_now_changes_when_something_is_written(tonight, app):
    before = tonight.get("/en/now")
    with app.app_context(), write_tx() as session:
        touch(session)
    assert tonight.get("/en/now", headers={"If-None-Match": before.headers["ETag"]}).status_code == 304
    with app.app_context():
        make_item(make_event("more"), 1, "Extra", starts_at=NOON - minutes(1), ends_at=NOON + minutes(9))
    assert tonight.get("/en/now", headers={"If-None-Match": before.headers["ETag"]}).status_code == 200


def test_now_is_the_very_section_that_home_holds(tonight):
    home, alone = (html.markup(tonight.get(path), "section#now") for path in ("/lv/", "/lv/now"))
    assert home == alone


def test_home_without_anything_says_so(client, noon):
    page = client.get("/en/").get_data(as_text=True)
    assert "Nothing is on right now." in page
    assert "No further event is announced at the moment." in page


def test_home_shows_recent_events_when_nothing_comes(client, app, noon):
    with app.app_context():
        for year in (2023, 2024, 2025):
            make_event(f"past-{year}", starts_on=date(year, 5, 1), ends_on=date(year, 5, 2))
    assert html.ids(client.get("/en/"), "event-") == ["past-2025", "past-2024", "past-2023"]


def test_featured_event_stands_first_among_those_to_come(client, app, noon):
    with app.app_context():
        make_event("soon", starts_on=date(2026, 7, 1), ends_on=date(2026, 7, 1))
        make_event("later", starts_on=date(2026, 9, 1), ends_on=date(2026, 9, 1), featured=5)
    assert html.ids(client.get("/en/"), "event-") == ["later", "soon"]


def test_home_turns_the_page_at_midnight_of_the_event(client, app):
    with app.app_context(), clock.travelled_to(NOON):
        make_event("one-day", starts_on=date(2026, 6, 16), ends_on=date(2026, 6, 16))
    with clock.travelled_to(NOON.replace(hour=20, minute=59)):
        assert "Upcoming events" in client.get("/en/").get_data(as_text=True)
    with clock.travelled_to(NOON.replace(hour=21)):
        assert "Past events" in client.get("/en/").get_data(as_text=True)


def test_home_lists_title_holders_by_the_readers_alphabet(client, app):
    with app.app_context():
        for slug, name, role in (
            ("plock", "Płock", "title_holder"),
            ("rujiena", "Rūjiena", "title_holder"),
            ("cesis", "Cēsis", "candidate"),
        ):
            place = make_place(slug, {"xx": name})
            with write_tx() as session:
                session.add(PlaceYear(place_id=place.id, year=2025, role=role))
                touch(session)
    assert html.links(client.get("/pl/"), 'a[href^="/pl/towns/"]:not([href="/pl/towns/"])') == [
        "/pl/towns/plock/",
        "/pl/towns/rujiena/",
    ]


def test_home_asks_as_often_for_thirty_events_as_for_one(client, app, noon, queries):
    counts = []
    for number in range(30):
        with app.app_context():
            town = make_place(f"town-{number}", {"fi": f"Town {number}"})
            event = make_event(f"on-{number}", place=town)
            make_item(event, 1, starts_at=NOON - minutes(5), ends_at=NOON + minutes(5))
            make_event(
                f"later-{number}", place=town, starts_on=NOON.date() + timedelta(days=3), ends_on=NOON.date() + timedelta(days=4)
            )
        if number in {0, 2, 29}:
            queries.clear()
            assert client.get("/fi/").status_code == 200
            counts.append(len(queries))
    assert counts == [counts[0]] * 3
    assert counts[0] <= 15
