"""The pages about the programme: each in every language, the towns by year, the map's marks."""

from __future__ import annotations

import pytest

from app.core.db import write_tx
from app.i18n.languages import LANGUAGES
from app.places.models import PlaceYear
from app.site import programme_map
from tests import html
from tests.factories import make_place


def in_year(place, *years):
    with write_tx() as session:
        for year, role in years:
            session.add(PlaceYear(place_id=place.id, year=year, role=role))


@pytest.fixture
def towns(app, client, noon):
    with app.app_context():
        in_year(make_place(), (2025, "title_holder"), (2025, "candidate"))
        in_year(make_place("gniew", {"pl": "Gniew"}, country="PL", latitude=53.83, longitude=18.82), (2025, "applicant"))
        in_year(make_place("krosno", {"pl": "Krosno"}, country="PL", latitude=49.69, longitude=21.77), (2026, "title_holder"))
        make_place("varde", {"da": "Varde"}, country="DK", latitude=55.62, longitude=8.48)


def test_towns_stand_under_each_year_by_the_highest_they_were(client, towns):
    shown = html.every(client.get("/en/programme/towns/"), 'h2[id^=year-], main a[href^="/en/towns/"]')
    assert [(each.get("class"), each.get("id") or each.get("href")) for each in shown] == [
        (None, "year-2026"), ("btn", "/en/towns/krosno/"),
        (None, "year-2025"), ("btn", "/en/towns/kaskinen/"), ("tap", "/en/towns/gniew/"),
    ]  # fmt: skip


def test_map_marks_every_town_and_names_title_holders_in_the_readers_language(client, towns):
    page = client.get("/sv/programme/towns/").text

    assert len(html.every(page, "circle.map__pin")) == 1
    assert html.texts(page, "svg text") == ["Kaskö", "Krosno"]


def test_points_keep_north_up_and_stay_in_the_picture(app, client, towns):
    kiel, kaskinen = programme_map.point(10.14, 54.32), programme_map.point(21.22, 62.38)

    assert kiel[0] < kaskinen[0]
    assert kiel[1] > kaskinen[1]
    corners = [programme_map.point(*spot) for spot in programme_map.SEA]
    assert [spot for spot in corners if not (0 <= spot[0] <= programme_map.WIDTH and 0 <= spot[1] <= programme_map.HEIGHT)] == []


@pytest.mark.parametrize("page", ["", *(f"{name}/" for name in programme_map.PAGES)])
def test_each_page_links_the_others_in_its_language(client, towns, page):
    for lang in LANGUAGES:
        text = client.get(f"/{lang}/programme/{page}").text
        others = {f"/{lang}/programme/{name}" for name in ("", *(f"{name}/" for name in programme_map.PAGES))} - {
            f"/{lang}/programme/{page}"
        }
        assert [link for link in others if f'href="{link}"' not in text] == []
        assert f'<html lang="{lang}">' in text


def test_unknown_page_is_not_found(client):
    assert client.get("/en/programme/secret/").status_code == 404
