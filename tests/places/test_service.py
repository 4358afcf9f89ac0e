"""Finding places by any name, sorting them, and keeping the list up to date."""

from __future__ import annotations

import uuid

import pytest
from sqlalchemy import func, select

from app.core.db import db, write_tx
from app.core.errors import NotFound
from app.i18n import texts
from app.i18n.models import LocalText
from app.places import service
from app.places.models import Place, PlaceName, PlaceYear, Venue

RUJIENA = ("rujiena", {"country": "LV", "timezone": "Europe/Riga", "latitude": 57.9, "longitude": 25.33})
NAMES = [("official", "lv", "Rūjiena"), ("exonym", "et", "Ruhja"), ("historical", "de", "Rujen")]
YEARS = [(2024, "candidate"), (2024, "title_holder")]


def put(slug="rujiena", names=NAMES, years=YEARS, **fields):
    with write_tx() as session:
        return service.put_place(session, slug, RUJIENA[1] | fields, names, years)


def snapshot():
    """All that is kept of places, with the rows' ids."""
    db.session.expire_all()
    rows = [tuple(row) for table in (Place, PlaceName, PlaceYear) for row in db.session.execute(select(table.__table__)).all()]
    return sorted(map(repr, rows))


def test_put_place_twice_changes_nothing(database):
    put()
    before = snapshot()
    put()
    assert snapshot() == before


def test_put_place_brings_fields_names_and_years_up_to_date(database):
    put()
    put(
        names=[("official", "lv", "Rūjiena"), ("exonym", "en", "Rujiena")],
        years=[(2024, "title_holder"), (2026, "partner")],
        population=2633,
    )
    db.session.expire_all()
    place = service.get_place("rujiena")
    assert place.population == 2633
    assert [(name.kind, name.lang, name.value, name.position) for name in place.names] == [
        ("official", "lv", "Rūjiena", 0),
        ("exonym", "en", "Rujiena", 1),
    ]
    assert [(year.year, year.role) for year in place.years] == [(2024, "title_holder"), (2026, "partner")]
    assert db.session.scalar(select(func.count()).select_from(PlaceName)) == 2


def test_put_place_takes_a_new_order_of_names(database):
    put(names=[("official", "sv", "Jakobstad"), ("official", "fi", "Pietarsaari")])
    put(names=[("official", "fi", "Pietarsaari"), ("official", "sv", "Jakobstad")])
    db.session.expire_all()
    assert [name.value for name in service.get_place("rujiena").official_names] == ["Pietarsaari", "Jakobstad"]


def test_put_venue_twice_changes_nothing(database):
    place, key = put(), uuid.UUID(int=7)
    for _ in range(2):
        with write_tx() as session:
            service.put_venue(
                session,
                key,
                place,
                {"address": "Rīgas iela 8", "wheelchair": "partly"},
                {"lv": "Saieta nams", "en": "Meeting house"},
                {"lv": "Pa durvīm"},
            )
    venue = db.session.get(Venue, key)
    found = texts.load([place.id], "lv")
    assert (venue.address, venue.wheelchair, venue.place_id) == ("Rīgas iela 8", "partly", place.id)
    assert (found(key, "venue.name").text, found(key, "venue.directions").text) == ("Saieta nams", "Pa durvīm")
    assert [(text.kind, text.source_lang, text.source_version) for text in db.session.scalars(select(LocalText).order_by(LocalText.kind))] == [
        ("venue.directions", "lv", 1), ("venue.name", "lv", 1),
    ]  # fmt: skip


def test_put_venue_without_a_town_keeps_its_texts_in_its_own_scope(database):
    key = uuid.UUID(int=8)
    with write_tx() as session:
        service.put_venue(session, key, None, {}, {"en": "Online room"})
    assert texts.load([key], "fi")(key, "venue.name").text == "Online room"


def test_get_place_raises_for_an_unknown_slug(database):
    assert service.find_place("nothing") is None
    with pytest.raises(NotFound):
        service.get_place("nothing")


@pytest.fixture
def towns(database):
    """Towns whose names are hard to type."""
    put("rujiena")
    put("plock", [("official", "pl", "Płock"), ("exonym", "lt", "Plockas")])
    put("harnosand", [("official", "sv", "Härnösand"), ("exonym", "lv", "Hernēsanda")])
    put("jakobstad", [("official", "sv", "Jakobstad"), ("official", "fi", "Pietarsaari")])
    put("slupsk", [("official", "pl", "Słupsk"), ("historical", "de", "Stolp")])
    put("kobylnica", [("official", "pl", "gmina Kobylnica")])
    put("zagorz", [("official", "pl", "Zagórz")])


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("rujiena", ["rujiena"]), ("RŪJIENA", ["rujiena"]), ("rujen", ["rujiena"]), ("ruhj", ["rujiena"]), ("plock", ["plock"]),
        ("Płock", ["plock"]), ("harnosand", ["harnosand"]), ("haernoesand", ["harnosand"]), ("Härnö", ["harnosand"]),
        ("Pietarsaari", ["jakobstad"]), ("jakob", ["jakobstad"]), ("Stolp", ["slupsk"]), ("slupsk", ["slupsk"]),
        ("gmina kobylnica", ["kobylnica"]), ("kobylnica gmina", ["kobylnica"]), ("%", []), ("_", []), ("\\", []), ("nowhere", []),
        ("zago", ["zagorz"]), ("rujiena kiel", []),
    ],
)  # fmt: skip
def test_search_finds_a_town_by_each_of_its_names(towns, typed, found):
    assert [place.slug for place in service.search_places(typed, "en")] == found


@pytest.mark.parametrize(
    ("lang", "expected"),
    [
        ("sv", ["kobylnica", "harnosand", "jakobstad", "plock", "rujiena", "slupsk", "zagorz"]),
        ("et", ["kobylnica", "harnosand", "jakobstad", "plock", "rujiena", "slupsk", "zagorz"]),
        ("fi", ["kobylnica", "harnosand", "jakobstad", "plock", "rujiena", "slupsk", "zagorz"]),
    ],
)
def test_all_places_are_sorted_by_the_name_that_is_shown(towns, lang, expected):
    shown = [place.name_in(lang) for place in service.all_places(lang)]
    assert sorted(place.slug for place in service.all_places(lang)) == sorted(expected)
    assert {"sv": "Jakobstad", "et": "Jakobstad", "fi": "Pietarsaari"}[lang] in shown
    assert shown.index("Płock") == shown.index("Rūjiena" if lang != "et" else "Ruhja") - 1
    assert [place.slug for place in service.search_places("", lang)] == [place.slug for place in service.all_places(lang)]


def test_name_falls_back_from_official_to_exonym_to_the_first_official(towns):
    harnosand, jakobstad = service.get_place("harnosand"), service.get_place("jakobstad")
    assert [harnosand.full_name_in(lang) for lang in ("sv", "lv", "pl")] == ["Härnösand", "Hernēsanda · Härnösand", "Härnösand"]
    assert [jakobstad.full_name_in(lang) for lang in ("sv", "fi", "de")] == [
        "Jakobstad · Pietarsaari",
        "Pietarsaari · Jakobstad",
        "Jakobstad · Pietarsaari",
    ]
    assert service.get_place("slupsk").full_name_in("de") == "Słupsk"


def test_all_places_asks_as_often_for_thirty_towns_as_for_one(database, queries):
    counts = []
    for number in range(30):
        put(f"town-{number}", [("official", "lv", f"Town {number}")])
        if number in {0, 2, 29}:
            db.session.expire_all()
            queries.clear()
            service.all_places("lv")
            counts.append(len(queries))
    assert counts == [counts[0]] * 3
