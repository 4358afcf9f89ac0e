"""Reading an answer as a reader does: as a tree of elements chosen by CSS, and the words that stand in them.

Every function takes an answer of the client, its text, or an element that another one returned.
"""

from __future__ import annotations

import json
from typing import Any

from lxml import html
from lxml.html import HtmlElement
from werkzeug.test import TestResponse

Source = TestResponse | str | HtmlElement


def page(source: Source) -> HtmlElement:
    """The tree of a page or of a fragment."""
    return (
        source
        if isinstance(source, HtmlElement)
        else html.document_fromstring(source if isinstance(source, str) else source.text)
    )


def every(source: Source, css: str) -> list[HtmlElement]:
    """The elements that match, in the page's order."""
    return list(page(source).cssselect(css))


def one(source: Source, css: str) -> HtmlElement:
    """The only element that matches; any other number of them fails."""
    found = every(source, css)
    assert len(found) == 1, f"{len(found)} elements instead of one match {css}: {[html.tostring(each)[:200] for each in found]}"
    return found[0]


def words(source: Source, css: str | None = None) -> str:
    """What is to be read in an element (else in all of the source), with single spaces, also between elements."""
    inside = page(source) if css is None else one(source, css)
    return " ".join(" ".join(inside.xpath(".//text()[not(parent::script or parent::style)]")).split())


def said(source: Source) -> str:
    """What is to be read in the main part of a page, or in a fragment."""
    return words((every(source, "main") or [page(source)])[0])


def texts(source: Source, css: str) -> list[str]:
    """What is to be read in each element that matches."""
    return [words(each) for each in every(source, css)]


def attributes(source: Source, css: str, name: str) -> list[str]:
    """This attribute of each matching element that has it."""
    return [each.get(name) for each in every(source, css) if name in each.attrib]


def links(source: Source, css: str = "a") -> list[str]:
    """Where they lead."""
    return attributes(source, css, "href")


def ids(source: Source, prefix: str, css: str = "") -> list[str]:
    """What follows the prefix in the ids that begin with it."""
    return [name.removeprefix(prefix) for name in attributes(source, f'{css}[id^="{prefix}"]', "id")]


def chosen(source: Source, css: str = "") -> list[str]:
    """The values of the options and boxes that are chosen."""
    return attributes(source, f"{css} option[selected], {css} input[checked]", "value")


def form_key(source: Source) -> str:
    """The key of the page's form, which makes a second sending of it harmless; a page with several forms has one for all."""
    (key,) = set(attributes(source, "input[name=form_key]", "value"))
    return key


def errors(source: Source) -> list[str]:
    """The fields that are marked as wrong, by their ids."""
    return [name.removesuffix("-err") for name in attributes(source, '[id$="-err"]', "id")]


def json_ld(source: Source) -> list[Any]:
    """What the page says to programs."""
    return [json.loads(each.text) for each in every(source, 'script[type="application/ld+json"]')]


def markup(source: Source, css: str) -> str:
    """The only matching element, written out."""
    return str(html.tostring(one(source, css), encoding="unicode", with_tail=False))
