"""All towns, and a town's own page."""

from __future__ import annotations

from datetime import date

import pytest

from app.core.db import write_tx
from app.events.service import touch
from app.i18n.languages import LANGUAGES
from app.places.models import PlaceName, PlaceYear
from tests import html
from tests.factories import make_event, make_place


def give_year(place, year, role):
    with write_tx() as session:
        session.add(PlaceYear(place_id=place.id, year=year, role=role))
        touch(session)


@pytest.fixture
def jakobstad(app, client, noon):
    """A bilingual town with everything that can be known of it."""
    with app.app_context():
        place = make_place(
            "jakobstad", {"sv": "Jakobstad", "fi": "Pietarsaari"}, latitude=63.67486, longitude=22.70256, population=19353,
            languages=["sv", "fi"], websites=["https://www.jakobstad.fi/", "javascript:alert(1)"], coordinates_of="GeoNames",
        )  # fmt: skip
        with write_tx() as session:
            session.add(
                PlaceName(place_id=place.id, kind="historical", lang="ru", value="Якобштадт", folded="якобштадт", position=5)
            )
        for year, role in ((2024, "candidate"), (2024, "title_holder"), (2026, "applicant")):
            give_year(place, year, role)
        make_event("gone", "Evening", place, starts_on=date(2024, 5, 8), ends_on=date(2024, 5, 8))
        make_event("to-come", "Forum", place, starts_on=date(2026, 9, 1), ends_on=date(2026, 9, 2))
        make_event("elsewhere", "Other", make_place("kiel", {"de": "Kiel"}, country="DE"))
    return client


@pytest.mark.parametrize(
    ("lang", "heading", "population"),
    [
        ("fi", 'Pietarsaari <span class="town__also">· <span lang="sv" translate="no">Jakobstad</span></span>', "19\u00a0353"),
        ("sv", 'Jakobstad <span class="town__also">· <span lang="fi" translate="no">Pietarsaari</span></span>', "19\u00a0353"),
        ("de", 'Jakobstad <span class="town__also">· <span lang="fi" translate="no">Pietarsaari</span></span>', "19.353"),
        ("en", 'Jakobstad <span class="town__also">· <span lang="fi" translate="no">Pietarsaari</span></span>', "19,353"),
        ("pl", 'Jakobstad <span class="town__also">· <span lang="fi" translate="no">Pietarsaari</span></span>', "19\u00a0353"),
    ],
)
def test_town_is_called_as_its_readers_call_it(jakobstad, lang, heading, population):
    page = jakobstad.get(f"/{lang}/towns/jakobstad/").get_data(as_text=True)
    assert html.markup(page, "h1") == f"<h1>{heading}</h1>"
    assert f"<dd>{population}</dd>" in page


def test_town_tells_its_years_the_latest_first(jakobstad):
    page = jakobstad.get("/en/towns/jakobstad/").text
    assert html.texts(page, "span.chip") == ["Applicant 2026", "Title holder 2024"]
    assert "Cultural Pearl of the Baltic Sea Region 2024" in page


def test_town_shows_its_own_events_and_no_other(jakobstad):
    shown = html.every(jakobstad.get("/en/towns/jakobstad/"), "h2, [id^=event-]")
    assert [each.get("id") or html.words(each) for each in shown] == [
        "Upcoming events", "event-to-come", "Past events", "event-gone", "About the town",
    ]  # fmt: skip


def test_town_links_to_maps_and_to_its_own_website_only(jakobstad):
    page = jakobstad.get("/en/towns/jakobstad/").get_data(as_text=True)
    assert 'href="geo:63.67486,22.70256?q=63.67486,22.70256"' in page
    assert 'href="https://www.openstreetmap.org/?mlat=63.67486&amp;mlon=22.70256#map=12/63.67486/22.70256"' in page
    assert 'href="https://www.jakobstad.fi/" rel="noreferrer">www.jakobstad.fi</a>' in page
    assert "javascript:" not in page
    assert "63.6749, 22.7026 (GeoNames, CC BY 4.0)" in page


def test_town_names_its_languages_in_the_readers_language(jakobstad):
    assert "<dd>ruotsi, suomi</dd>" in jakobstad.get("/fi/towns/jakobstad/").get_data(as_text=True)
    assert "<dd>zviedru, somu</dd>" in jakobstad.get("/lv/towns/jakobstad/").get_data(as_text=True)


def test_town_with_nothing_but_a_name_has_its_words(client, app):
    with app.app_context():
        make_place("bare", {"et": "Paljas"})
    page = client.get("/en/towns/bare/").get_data(as_text=True)
    assert "No events of this town have been published yet." in page
    assert "Population" not in page
    assert "chip" not in page
    assert "(approximate)" in page


@pytest.mark.parametrize("lang", LANGUAGES)
def test_town_page_in_every_language_hides_historical_names(jakobstad, lang):
    answer = jakobstad.get(f"/{lang}/towns/jakobstad/")
    assert (answer.status_code, answer.headers["Content-Language"]) == (200, lang)
    assert "Якобштадт" not in answer.get_data(as_text=True)
    assert f'href="/{lang}/events/to-come/"' in answer.get_data(as_text=True)


def test_town_page_asks_as_often_for_thirty_events_as_for_one(client, app, noon, queries):
    with app.app_context():
        place = make_place()
    counts = []
    for number in range(30):
        with app.app_context():
            make_event(f"e-{number}", f"Event {number}", place)
        if number in {0, 2, 29}:
            queries.clear()
            page = client.get("/fi/towns/kaskinen/").get_data(as_text=True)
            assert page.count('id="event-') == number + 1
            counts.append(len(queries))
    assert counts == [counts[0]] * 3
    assert counts[0] <= 10


NAMES = [
    "Aarhus",
    "Äksi",
    "Åbo",
    "Ærø",
    "Cēsis",
    "Čakste",
    "Dobele",
    "Lublin",
    "Łódź",
    "Õru",
    "Öre",
    "Tartu",
    "Vejle",
    "Zagórz",
    "Žukov",
]


@pytest.mark.parametrize(
    ("lang", "expected"),
    [
        ("fi", "Aarhus Čakste Cēsis Dobele Łódź Lublin Õru Tartu Vejle Zagórz Žukov Åbo Äksi Ærø Öre"),
        ("sv", "Aarhus Čakste Cēsis Dobele Łódź Lublin Õru Tartu Vejle Zagórz Žukov Åbo Äksi Ærø Öre"),
        ("da", "Čakste Cēsis Dobele Łódź Lublin Õru Tartu Vejle Zagórz Žukov Äksi Ærø Öre Åbo Aarhus"),
        ("et", "Aarhus Åbo Ærø Čakste Cēsis Dobele Łódź Lublin Zagórz Žukov Tartu Vejle Õru Äksi Öre"),
        ("lv", "Aarhus Åbo Ærø Äksi Cēsis Čakste Dobele Łódź Lublin Öre Õru Tartu Vejle Zagórz Žukov"),
        ("lt", "Aarhus Åbo Ærø Äksi Cēsis Čakste Dobele Łódź Lublin Öre Õru Tartu Vejle Zagórz Žukov"),
        ("pl", "Aarhus Åbo Ærø Äksi Čakste Cēsis Dobele Lublin Łódź Öre Õru Tartu Vejle Zagórz Žukov"),
        ("de", "Aarhus Åbo Ærø Äksi Čakste Cēsis Dobele Łódź Lublin Öre Õru Tartu Vejle Zagórz Žukov"),
    ],
)
def test_towns_are_sorted_by_the_readers_alphabet(client, app, lang, expected):
    with app.app_context():
        for number, name in enumerate(NAMES):
            make_place(f"town-{number}", {"xx": name})
    assert html.texts(client.get(f"/{lang}/towns/"), "p.card__title > a") == expected.split()


def test_towns_stand_under_their_countries_in_the_readers_order(client, app):
    with app.app_context():
        for code in ("DE", "DK", "EE", "FI", "LT", "LV", "PL", "SE"):
            make_place(f"town-{code.lower()}", {"xx": f"Town {code}"}, country=code)

    def countries(lang):
        return html.ids(client.get(f"/{lang}/towns/"), "country-", "h2")

    assert countries("en") == ["dk", "ee", "fi", "de", "lv", "lt", "pl", "se"]
    assert countries("fi") == ["lv", "lt", "pl", "se", "de", "fi", "dk", "ee"]
    assert countries("pl") == ["dk", "ee", "fi", "lt", "lv", "de", "pl", "se"]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("pietarsaari", ["jakobstad"]),
        ("JAKOB", ["jakobstad"]),
        ("%D1%8F%D0%BA%D0%BE%D0%B1", ["jakobstad"]),
        ("kiel", ["kiel"]),
        ("", ["kiel", "jakobstad"]),
        ("xyz", []),
    ],
)
def test_towns_are_found_by_any_name(jakobstad, typed, found):
    towns = html.links(jakobstad.get(f"/fi/towns/?q={typed}"), 'main a[href^="/fi/towns/"]:not([href="/fi/towns/"])')
    assert towns == [f"/fi/towns/{slug}/" for slug in found]


def test_no_town_found_says_what_to_do(jakobstad):
    page = jakobstad.get("/en/towns/?q=%22xyz").get_data(as_text=True)
    assert "No town has a name like this." in page
    assert 'value="&#34;xyz"' in page
    assert '<a class="btn btn--quiet" href="/en/towns/">Show all towns</a>' in page


def test_towns_page_asks_as_often_for_thirty_towns_as_for_one(client, app, queries):
    counts = []
    for number in range(30):
        with app.app_context():
            give_year(make_place(f"town-{number}", {"lv": f"Town {number}"}), 2025, "title_holder")
        if number in {0, 2, 29}:
            queries.clear()
            assert client.get("/lv/towns/").get_data(as_text=True).count('href="/lv/towns/town-') == number + 1
            counts.append(len(queries))
    assert counts == [counts[0]] * 3
