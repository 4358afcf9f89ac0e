"""Every address that takes a number, a word or a path is asked for with absurd ones: whatever comes back, it is no error of ours."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.routing import BaseConverter, IntegerConverter, Rule

from app.core.db import db
from app.registration.models import Registration
from app.site import feeds
from tests.conftest import OWN
from tests.factories import make_event, make_item, make_place
from tests.registration.registrations import open_registration, send

NUMBERS = ("0", "2147483648", "9223372036854775807", "9" * 20, "9" * 4000)
WORDS = (
    "x" * 300, "x" * 5000, "ž" * 200, "😀", "a\u0301" * 300, "..", "...", "%", "%00", "x\x7f", "\u202e", "' OR 1=1 --", "null", "-1",
    "1e400", "9" * 30, "\ufdd0",
)  # fmt: skip
RAW = ("%ED%A0%80", "%FF%FE", "%00", "..%2F..%2Fetc%2Fpasswd", "%E2%80%8B")
PATHS = (*(f"x/{'x' * 300}.css", f"{'x/' * 3000}y", "../../etc/passwd", "css/public.css/more", "dist", "css", "vendor/"),)
PARAMS = (
    "page",
    "q",
    "country",
    "kind",
    "town",
    "with",
    "size",
    "theme",
    "lang",
    "since",
    "sent",
    "saved",
    "v",
    "list",
    "before",
)


@pytest.fixture
def known(app: Flask, client: FlaskClient, noon: object) -> dict[str, Any]:
    """What the parts of addresses may be, so that only one of them is absurd at a time."""
    with app.app_context():
        event = make_event(place=make_place())
        make_item(event, 1)
        open_registration(event)
    secret = send(client).headers["Location"].rstrip("/").rpartition("/")[2]
    with app.app_context():
        made = db.session.scalars(select(Registration)).one()
    return {
        "lang": "en", "slug": "kaskinen-2026", "number": 1, "secret": secret, "page": "site", "build": "x", "name": "css/public.css",
        "registration_id": made.id,
    }  # fmt: skip


def absurd(converter: BaseConverter) -> list[str]:
    """Absurd values, as they stand in an address."""
    if isinstance(converter, IntegerConverter):
        return list(NUMBERS)
    paths = [quote(path, safe="/.") for path in PATHS] if converter.part_isolating is False else []
    return [*(quote(word, safe="") for word in WORDS), *RAW, *paths]


def addresses(rule: Rule, known: dict[str, Any]) -> list[str]:
    """The rule's addresses, in each one part absurd and the others known (or, where nothing is known, a word)."""
    found = []
    for name in rule.arguments - set(rule.defaults or ()):
        for value in absurd(rule._converters[name]):
            parts = {other: quote(str(known.get(other, "x"))) for other in rule.arguments} | {name: value}
            found.append("".join(parts[part] if dynamic else part for dynamic, part in rule._trace).lstrip("|"))
    return found


def test_no_address_with_an_absurd_part_ends_in_an_error_of_ours(app: Flask, client: FlaskClient, known: dict[str, Any]) -> None:
    rules = [rule for rule in app.url_map.iter_rules() if rule.arguments - {"lang"}]
    wrong, asked = [], 0
    for rule in rules:
        methods = (rule.methods or set()) & {"GET", "POST", "PUT", "DELETE"}
        for address in addresses(rule, known):
            for method in sorted(methods):
                answer = client.open(address, method=method, headers=OWN if method != "GET" else {})
                asked += 1
                if answer.status_code >= 500:
                    wrong.append(f"{method} {address[:120]}: {answer.status_code}")

    assert wrong == []
    assert asked > 1000


def test_no_absurd_query_ends_in_an_error_of_ours(app: Flask, client: FlaskClient, known: dict[str, Any]) -> None:
    rules = [rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ()) and rule.rule != "/readyz"]
    pages = [
        "".join(quote(str(known.get(part, "x"))) if dynamic else part for dynamic, part in rule._trace).lstrip("|")
        for rule in rules
    ]
    values = [*NUMBERS[2:4], quote("x" * 5000), quote("ž" * 100), *RAW[:3], "-1", "1e400", "", "%26%3D"]
    wrong = []
    for page in pages:
        for number, name in enumerate(PARAMS):
            query = f"{name}={values[number % len(values)]}&{PARAMS[number - 1]}={values[(number * 3 + len(page)) % len(values)]}"
            if client.get(f"{page}?{query}").status_code >= 500:
                wrong.append(f"{page}?{query[:80]}")

    assert wrong == []


def test_static_files_are_those_that_were_there_at_start(app: Flask, client: FlaskClient) -> None:
    build = app.extensions["assets"].build

    assert client.get(f"/static/{build}/css/public.css").status_code == 200
    assert [
        client.get(f"/static/{build}/{name}").status_code for name in (*PATHS, f"x/{'x' * 300}.css", "dist/x/css/public.css.br")
    ] == [404] * (len(PATHS) + 2)


@pytest.mark.parametrize("number", ["0", "2", "9" * 10, "9" * 20])
def test_sitemap_has_no_more_parts_than_it_has(client: FlaskClient, known: dict[str, Any], number: str) -> None:
    assert (feeds.PATHS_A_FILE, client.get("/sitemap-1.xml").status_code) == (5555, 200)
    assert client.get(f"/sitemap-{number}.xml").status_code == 404
