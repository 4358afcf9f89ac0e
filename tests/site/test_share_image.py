"""The picture beside an event's address: what it says, its size, and that a change is asked for anew."""

from __future__ import annotations

import io
import time
from datetime import date, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.test import TestResponse

from app.core.db import write_tx
from app.events.models import Event
from app.events.queries import get_event
from app.events.service import touch
from app.i18n import texts
from app.i18n.image_text import drawable, font
from app.i18n.languages import LANGUAGES
from app.site import embed_routes, share_image
from app.site.share_image import Card
from tests import html
from tests.factories import make_event, make_item, make_place

LONG = "Kultūras pērles nosaukuma piešķiršanas ceremonija un Ziemassvētku egles iedegšana Smiltenē"
ENDLESS = "Kulttuurihelmiverkostotapaamispäiväohjelma " * 12
LETTERS = (
    "ąčęėįšųūž āčēģīķļņšūž ąćęłńóśźż åäö æøå õäöüšž äöüß éàç „“”’–—…· "
    "ĄČĘĖĮŠŲŪŽ ĀČĒĢĪĶĻŅŠŪŽ ĄĆĘŁŃÓŚŹŻ ÅÄÖ ÆØÅ ÕÄÖÜŠŽ"
)  # fmt: skip


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGB")


def colours(image: Image.Image) -> set[tuple[int, ...]]:
    return {colour for _, colour in image.getcolors(2**20) or []}


def words_of(app: Flask, slug: str, lang: str) -> Card:
    """What the card of an event says in a language."""
    with app.test_request_context(f"/{lang}/"):
        event = get_event(slug)
        return embed_routes._card(event, texts.load([event.id], lang, prefer=event.fallback))


def test_card_is_a_png_of_the_size_that_is_announced(client: FlaskClient, app: Flask) -> None:
    with app.app_context():
        make_event("kaskinen-2026", LONG)
    answer = client.get("/lv/events/kaskinen-2026/card.png?v=1")

    assert (answer.content_type, opened(answer.data).size) == ("image/png", (1200, 630))
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "Content-Encoding" not in client.get("/lv/events/kaskinen-2026/card.png", headers={"Accept-Encoding": "br"}).headers


@pytest.mark.parametrize("title", ["Forum", LONG, ENDLESS])
def test_card_is_light_and_quickly_drawn(title: str) -> None:
    shown = Card("Cultural Pearls", title, "Ceremonija", "2025. gada 30. novembris", "Smiltene, Latvija", "Pasākums ir atcelts.")
    share_image.draw(shown)
    began = time.process_time()
    data = share_image.draw(shown)

    assert (len(data) < 60_000, time.process_time() - began < 0.5) == (True, True)


@pytest.mark.parametrize("title", ["Forum", LONG, "Mariehamn: samarbetskommittésammanträdesprotokoll", ENDLESS])
def test_title_stands_in_the_largest_size_that_fits(title: str) -> None:
    height = share_image.TITLE_FOOT - share_image.TITLE_TOP
    size, lines = share_image.fit(title, height)

    assert max(font(size).getlength(line) for line in lines) <= share_image.ROOM
    assert len(lines) * size <= height
    if title is ENDLESS:
        assert (size, lines[-1][-1]) == (min(share_image.TITLE_SIZES), "…")
    else:
        assert " ".join(lines) == title


def test_short_title_is_larger_than_a_long_one() -> None:
    assert share_image.fit("Forum", 300)[0] == max(share_image.TITLE_SIZES) > share_image.fit(LONG, 300)[0]


def test_font_has_the_letters_of_all_nine_languages() -> None:
    assert drawable(LETTERS) == LETTERS


def test_card_says_title_dates_and_place_in_its_language(client: FlaskClient, app: Flask) -> None:
    with app.app_context():
        make_event(
            "kaskinen-2026", {"en": "Ceremony", "fi": "Juhla"}, make_place(), starts_on=date(2026, 6, 7), ends_on=date(2026, 6, 7)
        )

    assert words_of(app, "kaskinen-2026", "fi").title == "Juhla"
    assert words_of(app, "kaskinen-2026", "fi").dates == "7. kesäkuuta 2026"
    assert words_of(app, "kaskinen-2026", "sv").place == "Kaskö · Kaskinen, Finland"
    assert words_of(app, "kaskinen-2026", "en") == Card(
        "Cultural Pearls", "Ceremony", "Ceremony", "7 June 2026", "Kaskinen · Kaskö, Finland"
    )


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"status": "cancelled"}, ("This event is cancelled.", "7 June 2026", "Kaskinen · Kaskö, Finland")),
        ({"status": "postponed"}, ("This event is postponed.", "7 June 2026", "Kaskinen · Kaskö, Finland")),
        ({"status": "moved_online"}, ("", "7 June 2026", "This event takes place online.")),
        ({"date_precision": "month"}, ("", "June 2026", "Kaskinen · Kaskö, Finland")),
        ({"starts_on": None, "ends_on": None}, ("", "The date has not been announced yet.", "Kaskinen · Kaskö, Finland")),
    ],
)
def test_card_says_what_became_of_the_event(client: FlaskClient, app: Flask, fields: dict, said: tuple[str, str, str]) -> None:
    with app.app_context():
        make_event("kaskinen-2026", place=make_place(), **{"starts_on": date(2026, 6, 7), "ends_on": date(2026, 6, 7)} | fields)
    words = words_of(app, "kaskinen-2026", "en")

    assert (words.state, words.dates, words.place) == said


def test_cancelled_card_is_marked_in_red() -> None:
    red = (0x9B, 0x1F, 0x1D)

    assert red in colours(opened(share_image.draw(Card("Cultural Pearls", "Forum", state="This event is cancelled."))))
    assert red not in colours(opened(share_image.draw(Card("Cultural Pearls", "Forum"))))


def test_card_changes_with_the_event_and_with_the_language(client: FlaskClient, app: Flask) -> None:
    with app.app_context():
        event_id = make_event("kaskinen-2026", {"en": "Ceremony", "fi": "Juhla"}).id
    before = {lang: client.get(f"/{lang}/events/kaskinen-2026/card.png").data for lang in ("en", "fi")}
    with app.app_context(), write_tx() as session:
        event = session.get_one(Event, event_id)
        event.status = "cancelled"
        touch(session, event)
    after = client.get("/en/events/kaskinen-2026/card.png").data

    assert len({*before.values(), after}) == 3


def test_card_of_an_unknown_event_is_not_found(client: FlaskClient) -> None:
    assert (client.get("/en/events/nothing/card.png").status_code, client.get("/en/card.png").content_type) == (404, "image/png")


# What pages say about it


def social(page: TestResponse) -> dict[str, str]:
    """What the page says to social networks."""
    found = {each.get("property") or each.get("name"): each.get("content") for each in html.every(page, "meta[content]")}
    return {name: content for name, content in found.items() if name.startswith(("og:", "twitter:"))}


def test_event_and_row_name_their_card_with_its_version(client: FlaskClient, app: Flask, noon: datetime) -> None:
    with app.app_context():
        event = make_event("kaskinen-2026", 'The "Pearl" & friends')
        make_item(event, 1, "Choir")
        version = get_event("kaskinen-2026").version
    address = f"https://pearls.test/fi/events/kaskinen-2026/card.png?v={version}"
    page = social(client.get("/fi/events/kaskinen-2026/"))
    row = social(client.get("/fi/events/kaskinen-2026/items/1/"))

    assert (page["og:image"], row["og:image"]) == (address, address)
    assert page["og:url"] == "https://pearls.test/fi/events/kaskinen-2026/"
    assert page["og:title"].startswith('The "Pearl" & friends')
    assert row["og:title"].startswith("Choir")
    assert (page["og:image:width"], page["og:image:height"]) == ("1200", "630")
    assert page["twitter:card"] == "summary_large_image"


@pytest.mark.parametrize("path", ["/", "/events/", "/towns/", "/towns/kaskinen/", "/programme/", "/about/"])
def test_other_pages_share_one_card_in_their_language(client: FlaskClient, app: Flask, path: str) -> None:
    with app.app_context():
        make_place()
    for lang in LANGUAGES:
        page = client.get(f"/{lang}{path}")
        said = social(page)
        locales = set(html.attributes(page, 'meta[property^="og:locale"]', "content"))

        assert (said["og:image"], said["og:url"]) == (f"https://pearls.test/{lang}/card.png", f"https://pearls.test/{lang}{path}")
        assert (said["og:locale"][:2], len(locales)) == (lang, 9)
        assert "" not in said.values()


def test_pages_that_are_nobodys_business_have_no_card(client: FlaskClient) -> None:
    assert social(client.get("/en/nothing-here/")) == {}
