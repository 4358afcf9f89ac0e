"""The component stylesheets are joined into one: a class that two of them define would be dressed by both."""

from __future__ import annotations

import re
from collections import defaultdict

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.once

COMPONENTS = ROOT / "static" / "css" / "components"
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


def test_no_class_is_defined_in_two_component_stylesheets() -> None:
    files: dict[str, set[str]] = defaultdict(set)
    for path in COMPONENTS.glob("*.css"):
        for selector in selectors(path.read_text("utf-8")):
            files[owner(selector)].add(path.name)
    del files[""]  # elements and attributes

    assert {name: sorted(found) for name, found in files.items() if len(found) > 1} == {}
