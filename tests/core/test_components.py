"""Stylesheets are joined into bundles: a class belongs to one component, and a resident's pages wear nothing of the door's."""

from __future__ import annotations

import re
from collections import defaultdict

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.core.assets import BUNDLES
from tests import html
from tests.conftest import ROOT
from tests.factories import make_event

STYLES = ROOT / "static" / "css"
COMPONENTS = [STYLES / "paper.css", *(path for name in ("public", "door", "desk") for path in (STYLES / name).glob("*.css"))]
_COMMENT, _STRING = re.compile(r"/\*.*?\*/", re.DOTALL), re.compile(r"\"[^\"]*\"|'[^']*'")
_HEAD, _CLASS = re.compile(r"([^{};]+)\{"), re.compile(r"\.(-?[_a-zA-Z][\w-]*)")


def selectors(css: str) -> list[str]:
    """The selectors of a stylesheet, one by one; commas inside brackets do not divide them."""
    heads = _HEAD.findall(_STRING.sub('""', _COMMENT.sub("", css)))
    lists = [head.strip() for head in heads if not head.strip().startswith("@")]
    return [one.strip() for head in lists for one in re.split(r",(?![^()]*\))", head)]


def owner(selector: str) -> str:
    """The class that a selector is about, its first one; others tell where, or which of its parts."""
    found = _CLASS.search(selector)
    return found.group(1) if found else ""


@pytest.mark.once
@pytest.mark.parametrize(
    ("css", "owners"),
    [
        (".a, .b > .c { x: y }", ["a", "b"]),
        ("@media (x) { .a:is(.b, .c) { x: y } }", ["a"]),
        ("/* .no { */ p::before { content: '.no {' }", [""]),
    ],
)
def test_selectors_are_read_as_browsers_do(css: str, owners: list[str]) -> None:
    assert [owner(one) for one in selectors(css)] == owners


@pytest.mark.once
def test_no_class_is_defined_in_two_component_stylesheets() -> None:
    files: dict[str, set[str]] = defaultdict(set)
    for path in COMPONENTS:
        for selector in selectors(path.read_text("utf-8")):
            files[owner(selector)].add(path.name)
    del files[""]  # elements and attributes

    assert {name: sorted(found) for name, found in files.items() if len(found) > 1} == {}


def test_each_bundle_defines_the_classes_of_its_own_components(app: Flask) -> None:
    bundles = {name: {owner(one) for one in selectors(app.extensions["assets"].joined[name].decode())} for name in BUNDLES}
    own = {
        name: {owner(one) for path in (STYLES / name).glob("*.css") for one in selectors(path.read_text("utf-8"))}
        for name in ("public", "door", "desk")
    }

    assert [own[name] - bundles[f"css/{name}.css"] for name in own] == [set(), set(), set()]
    assert (bundles["css/door.css"], bundles["css/desk.css"]) == (own["door"], own["desk"])
    assert bundles["css/public.css"] & own["door"] - {""} == set()


@pytest.mark.parametrize(
    ("bundles", "paths"),
    [
        (["public"], ("/", "/events/", "/events/tidal/", "/events/tidal/now", "/towns/", "/programme/", "/about/", "/nothing/")),
        (["public", "paper"], ("/events/tidal/print",)),
        (["public", "door"], ("/door/", "/door/test", "/door/enrol")),
    ],
)
def test_pages_wear_the_styles_of_their_kind(
    app: Flask, database: None, client: FlaskClient, bundles: list[str], paths: tuple[str, ...]
) -> None:
    with app.app_context():
        make_event("tidal")
    worn = {path: html.attributes(client.get(f"/en{path}"), "link[rel=stylesheet]", "href") for path in paths}

    assert {path: [href.rpartition("/")[2] for href in hrefs] for path, hrefs in worn.items()} == {
        path: [f"{name}.css" for name in bundles] for path in paths
    }
