"""What this site is, its statements, and the addresses for the machine that watches."""

from __future__ import annotations

import pytest

from app.core.db import write_tx
from app.i18n import texts
from app.i18n.languages import LANGUAGES
from app.places.models import PlaceYear
from tests import html
from tests.factories import make_event, make_place

PAGES = ("", "accessibility/", "privacy/", "sources/")


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("topic", PAGES)
def test_about_pages_link_to_each_other_in_every_language(client, lang, topic):
    answer = client.get(f"/{lang}/about/{topic}")
    assert (answer.status_code, answer.headers["Content-Language"]) == (200, lang)
    others = [f"/{lang}/about/{other}" for other in PAGES if other != topic]
    assert html.links(answer, f'main a[href^="/{lang}/about/"]') == others


@pytest.mark.parametrize(
    ("topic", "said"),
    [
        ("", "The software is free and open under the MIT licence."),
        ("", "Place names and coordinates: GeoNames, CC BY 4.0"),
        ("", "The words of this site were translated by machine from English."),
        ("accessibility/", "EN 301 549"),
        ("privacy/", "Article 6(1)(e)"),
        ("privacy/", "set no cookie"),
    ],
)
def test_about_pages_say_what_they_must(client, topic, said):
    assert said in client.get(f"/en/about/{topic}").get_data(as_text=True)


@pytest.mark.parametrize("topic", ["accessibility", "privacy"])
def test_statements_say_where_to_write(client, topic):
    assert 'href="mailto:companion@localhost"' in client.get(f"/fi/about/{topic}/").get_data(as_text=True)


def test_sources_name_each_town_with_its_notes(client, app):
    with app.app_context():
        town = make_place(
            "mulgi", {"et": "Mulgi vald"}, coordinates_of="GeoNames, seat Abja-Paluoja", population=7372, population_note="2021"
        )
        with write_tx() as session:
            session.add(PlaceYear(place_id=town.id, year=2025, role="candidate"))
    page = client.get("/fi/about/sources/")
    (said,) = [term.getnext() for term in html.every(page, "dt") if html.words(term) == "Mulgi vald"]
    assert said.text_content() == "GeoNames, seat Abja-Paluoja · 7\u00a0372 (2021)"
    assert html.texts(said, "span[lang=en][data-borrowed]") == ["GeoNames, seat Abja-Paluoja", "2021"]


def test_footer_says_once_that_words_were_translated_by_machine(client, app):
    line = "Words on this page were translated by machine"
    with app.app_context():
        event = make_event("kasko", {"sv": "Fest"}, make_place(), source_lang="sv")
        with write_tx() as session:
            texts.put(session, event.id, event.id, "event.title", {"en": "Feast"}, "sv", origin="machine")
    assert client.get("/en/about/").get_data(as_text=True).count(line) == 0
    assert client.get("/en/events/").get_data(as_text=True).count(line) == 1


def test_healthz_answers_while_the_process_is_up(client):
    answer = client.get("/healthz")
    assert (answer.status_code, answer.get_json(), answer.headers["Cache-Control"]) == (200, {"status": "ok"}, "no-store")


def test_readyz_says_which_migrations_are_missing(client):
    """The tests' tables are made without Alembic, so a ready answer here would be a lie."""
    answer = client.get("/readyz")
    assert (answer.status_code, answer.get_json()["database"], answer.get_json()["migrations"]) == (503, "ok", "pending")
