"""What a page says that no language may change: moments, numbers, states, how much of everything there is, where links lead."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from lxml.html import HtmlElement

from app.i18n.languages import LANGUAGES

Facts = dict[str, Counter[str]]
# What only pages have that borrow a text, or where a town has another name: counted elsewhere (test_notices).
OWN = "@data-borrowed or @data-borrowed-notice or contains(@class, 'town__also') or ancestor::*[contains(@class, 'town__also')]"
SAID_TWICE = "ancestor::time or ancestor::textarea or ancestor::script or ancestor::*[@data-borrowed-notice]"
_PREFIX = re.compile(rf"(^|//[^/]+)/(?:{'|'.join(LANGUAGES)})/")
_NAME = re.compile(r"&name=.*")  # of a calendar, in its language
_FITTED = re.compile(r"paper--\d[\d-]*")  # the type of a sheet is as large as its words allow
_THOUSANDS = re.compile(r"(?<![\d.,])(\d{1,3})((?:[\u00a0\u202f.,]\d{3})+)(?![\d.,]*\d)")
_CLOCK = re.compile(r"(?<![\d.:])([01]?\d|2[0-4])[.:]([0-5]\d)(?![\d.:]*\d)")
_NO_WORDS = re.compile(r"\d[\dT:.+Z-]*|https?:.*|True|False")
_NUMBER = re.compile(r"\d+")


def facts(page: HtmlElement) -> Facts:
    """The facts of a page's main part, and of what it says to programs, each counted."""
    (main,) = page.xpath("//main")
    return {
        "moments": Counter(main.xpath(".//time/@datetime")),
        "numbers": Counter(numbers(text_of(main))),
        "elements": Counter(elements(main)),
        "links": Counter(without_language(link) for link in main.xpath(".//@href | .//@action | .//@src | .//@hx-get")),
        "values": Counter(without_language(value) for value in main.xpath(".//input/@value | .//option[not(@lang)]/@value")),
        "data": Counter(data(page)),
    }


def differences(first: Facts, other: Facts) -> dict[str, tuple[dict[str, int], dict[str, int]]]:
    """Kind of fact -> what only the first has, what only the other has; empty when they agree."""
    found = {}
    for kind, said in first.items():
        missing, added = said - other[kind], other[kind] - said
        if missing or added:
            found[kind] = dict(missing), dict(added)
    return found


def text_of(main: HtmlElement) -> str:
    """What stands there to be read, without moments, addresses to be copied, and the notice on borrowed texts."""
    return " ".join(main.xpath(f".//text()[not({SAID_TWICE})]"))


def numbers(text: str) -> Iterator[str]:
    """Its numbers, whatever a language puts between thousands or hours and minutes: `19 353`, `18.05` and `18:05`."""
    text = _THOUSANDS.sub(lambda found: found[1] + re.sub(r"\D", "", found[2]), text)
    text = _CLOCK.sub(lambda found: f" {int(found[1]) * 100 + int(found[2])} ", text)
    return (str(int(number)) for number in _NUMBER.findall(text))


def elements(main: HtmlElement) -> Iterator[str]:
    """Each element as tag, classes and state: how many rows, chips, headings there are, and what is current or struck."""
    for part in main.xpath(f".//*[not({OWN})]"):
        yield " ".join((part.tag, _FITTED.sub("", part.get("class", "")), part.get("aria-current", "")))


def without_language(link: str) -> str:
    """An address without the language in its path, also one that stands in another's query."""
    return _PREFIX.sub(r"\1/*/", _NAME.sub("", unquote(link)))


def data(page: HtmlElement) -> Iterator[str]:
    """Leaves of the page's JSON-LD that are no words of a language."""
    for script in page.xpath("//script[@type='application/ld+json']/text()"):
        yield from leaves(json.loads(script))


def leaves(value: Any, path: str = "") -> Iterator[str]:
    """`.subEvent.startDate 2026-06-16T14:00+03:00` for each leaf; of words their numbers alone."""
    if isinstance(value, dict):
        for key, one in value.items():
            yield from leaves(one, f"{path}.{key}")
    elif isinstance(value, list):
        for one in value:
            yield from leaves(one, path)
    else:
        text = without_language(str(value))
        yield f"{path} {text if _NO_WORDS.fullmatch(text) else sorted(numbers(text))}"
