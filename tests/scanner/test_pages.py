"""The scanner's pages: public shells that are kept, each with the policy it needs and no other page has."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.i18n.languages import LANGUAGES
from tests import html
from tests.conftest import ROOT


@pytest.mark.parametrize("path", ["/en/door/", "/door/worker.js"])
def test_scanner_and_its_worker_may_run_webassembly_also_from_the_cache(client: FlaskClient, path: str) -> None:
    first, kept = client.get(path), client.get(path)
    unchanged = client.get(path, headers={"If-None-Match": first.headers["ETag"]})

    assert [answer.status_code for answer in (first, kept, unchanged)] == [200, 200, 304]
    for answer in (first, kept):
        assert "script-src 'self' 'wasm-unsafe-eval';" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Permissions-Policy"] == "camera=(self), microphone=(), geolocation=()"
    assert kept.data == first.data


def test_enrolment_page_gets_neither_camera_nor_webassembly(client: FlaskClient) -> None:
    answer = client.get("/en/door/enrol")

    assert "wasm" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["Permissions-Policy"] == "camera=(), microphone=(), geolocation=()"


def test_scanner_without_language_goes_to_the_readers_own(client: FlaskClient) -> None:
    answer = client.get("/door/enrol", headers={"Accept-Language": "lv"})

    assert (answer.status_code, answer.headers["Location"]) == (302, "/lv/door/enrol")


def test_worker_loads_both_decoders_from_our_own_files(app: Flask, client: FlaskClient) -> None:
    script = client.get("/door/worker.js").get_data(as_text=True)
    addresses = re.findall(r'"(/static/[^"]+)"', script.splitlines()[0])

    assert [address.rsplit("/", 1)[1] for address in addresses] == [
        "zxing-reader-3.1.4.js",
        "zxing_reader-3.1.4.wasm",
        "decode.js",
    ]
    assert [client.get(address).status_code for address in addresses] == [200, 200, 200]
    assert client.get(addresses[1]).content_type == "application/wasm"
    assert "https://" not in script


@pytest.mark.parametrize("lang", LANGUAGES)
def test_scanner_has_a_word_for_every_result(client: FlaskClient, lang: str) -> None:
    found = html.every(client.get(f"/{lang}/door/"), "[data-word^=title_]")
    words = {each.get("data-word").removeprefix("title_"): html.words(each) for each in found}
    results = {
        "accepted", "exited", "already_in", "unknown", "wrong_event", "wrong_list", "not_yet", "too_late", "cancelled", "revoked",
        "waitlisted", "undone", "undo_refused", "quarantine",
    }  # fmt: skip

    assert results - set(words) == set()
    assert [name for name, word in words.items() if not word] == []


def test_door_pages_have_every_word_their_scripts_say(client: FlaskClient) -> None:
    pages = client.get("/en/door/"), client.get("/en/door/enrol")
    scripts = "".join(path.read_text("utf-8") for path in sorted((ROOT / "static" / "js" / "door").glob("*.js")))
    said = set(re.findall(r"(?<![#.\w])say\(\"(\w+)\"", scripts))

    assert said - {word for page in pages for word in html.attributes(page, "[data-word]", "data-word")} == set()
    assert len(said) > 15
