"""What makes the scanner open without a network: its service worker, the list of files it keeps, manifest, sentences."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image, ImageChops

from app.checkin.rules import Result
from app.config import load
from app.i18n.languages import LANGUAGES
from tests import html
from tests.checks import icons
from tests.conftest import ROOT

DOOR = ROOT / "static" / "js" / "door"
IMPORT = re.compile(r'(?:from|import)\s+"\./([\w-]+\.js)"')


def kept(client: FlaskClient) -> list[str]:
    """The addresses that the service worker keeps."""
    script = client.get("/sw.js").get_data(as_text=True)
    found: list[str] = json.loads(script.splitlines()[1].removeprefix("const FILES = ").removesuffix(";"))
    return found


def test_service_worker_is_asked_for_anew_each_time_and_governs_no_other_policy(client: FlaskClient) -> None:
    answer = client.get("/sw.js")

    assert answer.content_type == "text/javascript; charset=utf-8"
    assert "no-cache" in answer.headers["Cache-Control"]
    assert "wasm" not in answer.headers["Content-Security-Policy"]


def test_service_worker_keeps_files_that_exist_and_all_that_the_scanner_loads(client: FlaskClient) -> None:
    files = kept(client)
    names = {Path(urlsplit(address).path).name for address in files}
    pages = client.get("/en/door/"), client.get("/en/door/test")
    named = {link for page in pages for name in ("src", "href") for link in html.attributes(page, f'[{name}^="/static/"]', name)}
    asked = {urlsplit(address).path for address in named}
    imported = {name for script in DOOR.glob("*.js") for name in IMPORT.findall(script.read_text("utf-8"))}

    assert [address for address in files if client.get(address).status_code != 200] == []
    assert asked - {urlsplit(address).path for address in files} == set()
    assert imported - names == set()
    assert {"zxing_reader-3.1.4.wasm", "decode.js", "worker.js"} <= names


def test_scanner_preloads_what_it_imports_and_nothing_else(client: FlaskClient) -> None:
    links = html.links(client.get("/en/door/"), 'link[rel=modulepreload][href*="/js/door/"]')
    preloaded = {Path(address).name for address in links}
    needed, new = set[str](), {"door.js"}
    while new:
        needed |= new
        new = {name for file in new for name in IMPORT.findall((DOOR / file).read_text("utf-8"))} - needed

    assert preloaded == needed - {"door.js"}


def test_switched_off_service_worker_removes_itself(app: Flask, client: FlaskClient) -> None:
    settings = app.extensions["settings"]
    try:
        app.extensions["settings"] = replace(settings, service_worker=False)
        script = client.get("/sw.js").get_data(as_text=True)
    finally:
        app.extensions["settings"] = settings
        app.extensions["pagecache"].clear()

    assert "unregister()" in script
    assert "const FILES" not in script


@pytest.mark.parametrize(("value", "on"), [({}, True), ({"SERVICE_WORKER": "on"}, True), ({"SERVICE_WORKER": "off"}, False)])
def test_setting_switches_the_service_worker_off(tmp_path: Path, value: dict[str, str], on: bool) -> None:
    given = {"SECRET_KEY": "0123456789abcdef" * 4, "PUBLIC_BASE_URL": "https://pearls.test"} | value

    assert load(given, tmp_path / "none.env").service_worker is on


@pytest.mark.parametrize("lang", LANGUAGES)
def test_manifest_opens_the_scanner_in_its_language(client: FlaskClient, lang: str) -> None:
    answer = client.get(f"/{lang}/door/manifest.webmanifest")
    described = json.loads(answer.data)

    assert answer.content_type.split(";")[0] == "application/manifest+json"
    assert (described["lang"], described["start_url"], described["id"]) == (lang, f"/{lang}/door/", "/door/")
    assert described["scope"] == f"/{lang}/door/"
    assert f'href="/{lang}/door/manifest.webmanifest"' in client.get(f"/{lang}/door/").get_data(as_text=True)


def test_phone_alone_has_a_sentence_for_everything_it_may_answer_in_nine_languages(client: FlaskClient) -> None:
    lines = client.get("/door/lines.json").get_json()
    alone = set(re.findall(r'"([a-z_]+)"\]', (DOOR / "judge.js").read_text("utf-8")))
    answered = alone | {"accepted", "exited", "undone", "undo_refused", "unheard"}

    assert list(lines) == list(LANGUAGES)
    for said in lines.values():
        assert answered - set(said["volunteer"]) == set()
        assert [name for name in answered if not said["volunteer"][name]] == []
        assert [name for name in answered - {"unheard"} if not said["guest"][name]] == []
        assert set(said["warnings"]) == {"full", "nearly_full"}
    assert alone <= {str(result) for result in Result}


@pytest.mark.parametrize(("name", "side", "maskable"), [("192", 192, False), ("512", 512, False), ("maskable-512", 512, True)])
def test_icons_are_the_ones_that_are_drawn(name: str, side: int, *, maskable: bool) -> None:
    committed = Image.open(icons.FOLDER / f"pearl-{name}.png").convert("RGBA")
    difference = ImageChops.difference(committed, icons.draw(side, maskable=maskable))

    assert max(high for _, high in difference.getextrema()) <= 2  # type: ignore[misc]
