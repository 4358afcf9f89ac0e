"""A town's events inside another site's frame."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.core.security import FRAME_CSP
from tests import html
from tests.factories import make_event, make_place

EMBED = "/en/towns/kaskinen/embed"


TITLES = ".card__title > a"


def make_events(days: list[int], noon: datetime) -> None:
    """Events of the town, so many days from today."""
    place = make_place()
    for number, day in enumerate(days):
        on = noon.date() + timedelta(days=day)
        make_event(f"event-{number}", f"Event {number}", place, starts_on=on, ends_on=on)


def test_coming_events_are_shown_before_anything_else(client: FlaskClient, app: Flask, noon: datetime) -> None:
    with app.app_context():
        make_events([5, -3, 1], noon)
    answer = client.get(EMBED)

    assert html.texts(answer, TITLES) == ["Event 2", "Event 0"]
    assert answer.headers["Content-Security-Policy"] == FRAME_CSP


def test_past_events_stand_where_nothing_is_announced(client: FlaskClient, app: Flask, noon: datetime) -> None:
    with app.app_context():
        make_events([-9, -3], noon)
    page = client.get(EMBED).text

    assert html.texts(page, TITLES) == ["Event 1", "Event 0"]
    assert "No further event is announced at the moment." in page


def test_town_without_events_says_so(client: FlaskClient, app: Flask) -> None:
    with app.app_context():
        make_place()
    page = client.get(EMBED).text

    assert (html.texts(page, TITLES), "No events of this town have been published yet." in page) == ([], True)


def test_list_is_short_whatever_the_town_holds(client: FlaskClient, app: Flask, noon: datetime) -> None:
    with app.app_context():
        make_events(list(range(1, 12)), noon)

    assert html.texts(client.get(EMBED), TITLES) == [f"Event {number}" for number in range(6)]


def test_cancelled_and_undated_events_are_marked(client: FlaskClient, app: Flask, noon: datetime) -> None:
    with app.app_context():
        place = make_place()
        make_event("off", "Harbour evening", place, status="cancelled")
        make_event("some-day", "Midsummer", place, starts_on=None, ends_on=None)
    page = client.get(EMBED).text

    assert (page.count("chip--bad"), page.count("The date has not been announced yet.")) == (1, 1)


@pytest.mark.parametrize("lang", ["fi", "sv"])
def test_embed_speaks_its_language_and_leads_back(client: FlaskClient, app: Flask, noon: datetime, lang: str) -> None:
    with app.app_context():
        make_event("kaskinen-2026", place=make_place(), starts_on=date(2026, 6, 16), ends_on=date(2026, 6, 16))
    page = client.get(f"/{lang}/towns/kaskinen/embed").text

    assert f'<link rel="canonical" href="https://pearls.test/{lang}/towns/kaskinen/">' in page
    assert {"fi": "16. kesäkuuta 2026", "sv": "16 juni 2026"}[lang] in page
    assert 'name="robots" content="noindex"' in page


def test_town_page_offers_the_line_for_other_sites(client: FlaskClient, app: Flask) -> None:
    with app.app_context():
        make_place()
    assert html.words(client.get("/en/towns/kaskinen/"), "textarea#embed-line").startswith(
        '<iframe src="https://pearls.test/en/towns/kaskinen/embed" title="Kaskinen · Kaskö" width="100%"'
    )
