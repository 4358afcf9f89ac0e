"""An event inside another site's frame: what it says, how light it is, and that nothing else may be framed."""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta

import brotli
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.core import clock
from app.core.assets import EMBEDS, Assets
from app.core.security import FRAME_CSP
from tests import html
from tests.factories import make_event, make_item, make_place, minutes

EMBED = "/en/events/kaskinen-2026/embed"
FRAMED = {"embeds.event_embed", "town_embeds.town_embed"}


def test_embed_says_what_is_on_and_next(client: FlaskClient, app: Flask, noon: datetime) -> None:
    with app.app_context():
        event = make_event("kaskinen-2026", place=make_place())
        make_item(event, 1, "Brass band", starts_at=noon - minutes(10), ends_at=noon + minutes(20))
        make_item(event, 2, "Choir", starts_at=noon + minutes(20), ends_at=noon + minutes(50))
    page = client.get(EMBED)

    assert html.texts(page, "h2, .agenda__title, main > p:last-child > a") == [
        "Now", "Brass band", "Next", "Choir", "Open the whole agenda",
    ]  # fmt: skip


def test_embed_moves_on_with_the_time(client: FlaskClient, app: Flask, noon: datetime) -> None:
    with app.app_context():
        event = make_event("kaskinen-2026")
        make_item(event, 1, "Brass band", starts_at=noon - minutes(10), ends_at=noon + timedelta(seconds=1))
        make_item(event, 2, "Choir", starts_at=noon + timedelta(seconds=1), ends_at=noon + minutes(50))
    before = html.words(client.get(EMBED), "body")
    with clock.travelled_to(noon + minutes(5)):
        after = html.words(client.get(EMBED), "body")

    assert ("Brass band" in before, "Brass band" in after, "Choir" in after) == (True, False, True)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"status": "cancelled"}, "This event is cancelled."),
        ({"status": "postponed"}, "This event is postponed."),
        ({"status": "moved_online"}, "This event takes place online."),
        ({"starts_on": None, "ends_on": None}, "The date has not been announced yet."),
        ({}, "The agenda has not been published yet."),
        ({"starts_on": date(2026, 6, 1), "ends_on": date(2026, 6, 1)}, "This event is over."),
    ],
)
def test_every_state_has_its_sentence_once(client: FlaskClient, app: Flask, noon: datetime, fields: dict, sentence: str) -> None:
    with app.app_context():
        make_event("kaskinen-2026", **fields)
    said = html.words(client.get(EMBED), "body")

    assert said.count(sentence) == 1


def test_embed_leads_back_and_stays_out_of_search(client: FlaskClient, app: Flask) -> None:
    with app.app_context():
        make_event("kaskinen-2026")
    page = client.get("/lv/events/kaskinen-2026/embed").text

    assert '<html lang="lv">' in page
    assert '<link rel="canonical" href="https://pearls.test/lv/events/kaskinen-2026/">' in page
    assert '<meta name="robots" content="noindex">' in page
    assert '<base target="_blank">' in page
    assert "/lv/events/kaskinen-2026/" in html.links(page)
    assert ("<script" in page, "<form" in page, "hx-" in page) == (False, False, False)


@pytest.mark.parametrize(
    ("query", "style"),
    [("", "embed.css"), ("?theme=light", "embed-light.css"), ("?theme=dark", "embed-dark.css"), ("?theme=../x", "embed.css")],
)
def test_theme_is_the_readers_unless_the_address_says_so(client: FlaskClient, app: Flask, query: str, style: str) -> None:
    with app.app_context():
        make_event("kaskinen-2026")
    page = client.get(EMBED + query).text
    address = html.links(page, "link[rel=stylesheet]")

    assert [one.rpartition("/")[2] for one in address] == [style]
    assert client.get(address[0]).headers["Cross-Origin-Resource-Policy"] == "cross-origin"


def test_embed_is_light(client: FlaskClient, app: Flask, noon: datetime) -> None:
    with app.app_context():
        event = make_event("kaskinen-2026")
        for number in range(1, 9):
            make_item(event, number, f"Workshop {number}", starts_at=noon - minutes(5), ends_at=noon + minutes(50))
    assets: Assets = app.extensions["assets"]
    styles = [len(brotli.compress(assets.body(name, "identity") or b"", quality=11)) for name in EMBEDS]
    page = len(client.get(EMBED, headers={"Accept-Encoding": "br"}).data)

    assert page + max(styles) < 6_000


def test_only_embed_pages_may_be_framed(client: FlaskClient, app: Flask, noon: datetime) -> None:
    with app.app_context():
        make_item(make_event("kaskinen-2026", place=make_place()), 1)
    values = {
        "slug": "kaskinen-2026", "number": 1, "lang": "en", "page": "index", "build": "b", "name": "img/icon.svg",
        "secret": "s", "code": "c", "rest": "nothing", "path": "x", "item": 1,
    }  # fmt: skip
    framed, asked = set(), 0
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()):
            continue
        given = {name: values.get(name, uuid.uuid4()) for name in rule.arguments}
        given |= {"slug": "kaskinen"} if "towns" in rule.rule else {}
        address = app.url_map.bind("pearls.test").build(rule.endpoint, given)
        headers, asked = client.get(address).headers, asked + 1
        if "frame-ancestors 'none'" not in headers["Content-Security-Policy"]:
            framed.add(rule.endpoint)
            assert headers["Content-Security-Policy"] == FRAME_CSP
            assert "Cross-Origin-Opener-Policy" not in headers
            assert headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        else:
            assert headers["Cross-Origin-Opener-Policy"] == "same-origin"

    assert (framed, asked > 40) == (FRAMED, True)


@pytest.mark.parametrize("path", ["/en/events/nothing/embed", "/en/towns/nothing/embed"])
def test_embed_of_nothing_is_not_found_and_not_framed(client: FlaskClient, path: str) -> None:
    answer = client.get(path)

    assert (answer.status_code, "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]) == (404, True)


def line_of(page: TestResponse) -> str:
    """The line that a page offers for other sites."""
    return str(html.one(page, "textarea#embed-line").text)


def test_event_page_offers_the_line_for_other_sites(client: FlaskClient, app: Flask) -> None:
    with app.app_context():
        make_event("kaskinen-2026", '</textarea><script>"Pearl" & friends')
    line = line_of(client.get("/fi/events/kaskinen-2026/"))

    assert line == (
        '<iframe src="https://pearls.test/fi/events/kaskinen-2026/embed" '
        'title="&lt;/textarea&gt;&lt;script&gt;&#34;Pearl&#34; &amp; friends" '
        'width="100%" height="480" loading="lazy" frameborder="0"></iframe>'
    )
