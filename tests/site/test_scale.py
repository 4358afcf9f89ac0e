"""Many events: a page at a time, every event exactly once, with the same number of queries."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.core.db import write_tx
from app.events.models import Event
from app.events.service import index_words
from app.places.models import Place
from tests import html
from tests.factories import make_event, make_place

FIRST = date(2026, 6, 16)


def fill(count: int, first: date = FIRST, prefix: str = "e", **fields: object) -> list[str]:
    """So many events, a day apart from `first` on; their slugs in order."""
    model = make_event(f"{prefix}-0000", starts_on=first, ends_on=first, **fields)
    same = ("kind", "timezone", "languages", "country", "place_id", "created_at", "updated_at")
    kept = {name: getattr(model, name) for name in same}
    with write_tx() as session:
        for number in range(1, count):
            on = first + timedelta(days=number)
            session.add(Event(slug=f"{prefix}-{number:04}", starts_on=on, ends_on=on, **kept))
        index_words(session, session.scalars(select(Event)).all())
    return [f"{prefix}-{number:04}" for number in range(count)]


def shown(client: FlaskClient, query: str = "") -> list[str]:
    """The events on a page, in order."""
    return html.ids(client.get(f"/en/events/{query}"), "event-")


def test_every_event_stands_once_on_the_pages_in_order(client: FlaskClient, database: None, noon: datetime) -> None:
    slugs = fill(130, FIRST - timedelta(days=45))
    coming, past = slugs[45:], slugs[:45][::-1]
    pages = [shown(client, f"?page={number}") for number in range(1, 6)]

    assert [len(page) for page in pages] == [30, 30, 30, 30, 10]
    assert [slug for page in pages for slug in page] == coming + past


def test_page_says_where_it_stands_and_leads_on_with_the_filter(client: FlaskClient, database: None, noon: datetime) -> None:
    fill(70, country="FI")
    page = client.get("/en/events/?country=FI&page=2").text

    assert "<span>Page 2 of 3</span>" in page
    assert "70 events" in page
    assert 'rel="prev" href="/en/events/?country=FI"' in page
    assert 'rel="next" href="/en/events/?page=3&amp;country=FI"' in page
    assert 'hx-get="/en/events/?page=3&amp;country=FI"' in page


@pytest.mark.parametrize(("query", "status"), [("?page=1", 200), ("?page=2", 404), ("?page=999999", 404), ("?page=x", 200)])
def test_page_beyond_the_last_is_not_found(client: FlaskClient, database: None, noon: datetime, query: str, status: int) -> None:
    fill(30)

    assert client.get(f"/en/events/{query}").status_code == status


def test_one_page_has_no_pager(client: FlaskClient, database: None, noon: datetime) -> None:
    fill(30)

    assert 'class="pager"' not in client.get("/en/events/").text


@pytest.mark.parametrize(
    "path", ["/en/", "/en/events/", "/en/events/?q=event", "/en/events/?kind=ceremony&page=1", "/en/towns/kaskinen/"]
)
def test_pages_ask_as_often_for_three_hundred_events_as_for_three(
    client: FlaskClient, database: None, noon: datetime, queries: list[str], path: str
) -> None:
    place = make_place("kaskinen")
    fill(3, place=place, title="Event")
    queries.clear()
    client.get(path)
    few = len(queries)
    fill(300, prefix="more", place=place, title="Event")
    queries.clear()
    client.get(path)

    assert len(queries) == few


def test_town_with_many_events_shows_the_next_and_leads_to_the_rest(client: FlaskClient, database: None, noon: datetime) -> None:
    fill(40, place=make_place("kaskinen"))
    page = client.get("/en/towns/kaskinen/").text

    assert len(html.ids(page, "event-")) == 30
    assert 'href="/en/events/?town=kaskinen"' in page


def test_filter_has_no_menu_of_towns_where_it_would_be_too_long(client: FlaskClient, database: None, noon: datetime) -> None:
    for number in range(101):
        make_event(f"e-{number}", place=make_place(f"town-{number}", {"fi": f"Town {number}"}))
    page = client.get("/en/events/?town=town-7").text

    assert '<select id="town"' not in page
    assert '<input type="hidden" name="town" value="town-7">' in page
    assert html.ids(page, "event-") == ["e-7"]


def test_many_towns_stand_by_country_a_page_each(client: FlaskClient, database: None) -> None:
    with write_tx() as session:
        for number in range(201):
            country = "LV" if number % 3 else "EE"
            session.add(Place(slug=f"town-{number}", country=country, timezone="Europe/Riga", latitude=57.0, longitude=24.0))
    page, one = client.get("/en/towns/").text, client.get("/en/towns/?country=ee").text

    assert "201 towns" in page
    countries = 'a[href^="/en/towns/?country="]'
    assert html.links(page, countries) == ["/en/towns/?country=EE", "/en/towns/?country=LV"]
    assert html.texts(page, countries) == ["Estonia (67)", "Latvia (134)"]
    assert ("town-" in page, one.count('href="/en/towns/town-')) == (False, 67)


def test_search_through_thousands_finds_what_it_should_once(client: FlaskClient, database: None, noon: datetime) -> None:
    fill(70, title="Nothing")
    for number in range(40):
        make_event(f"found-{number:02}", f"Juhannusjuhla {number}", starts_on=FIRST + timedelta(days=number), ends_on=None)
    pages = [shown(client, f"?q=JUHANNUS+juhla&page={number}") for number in (1, 2)]

    assert [slug for page in pages for slug in page] == [f"found-{number:02}" for number in range(40)]
