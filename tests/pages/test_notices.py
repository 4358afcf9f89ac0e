"""A page says that it borrows texts from another language exactly when it does, and how many."""

from __future__ import annotations

import pytest
from flask import Flask
from lxml.html import HtmlElement

from app.i18n.languages import LANGUAGES
from tests.browser.seed import make_holder, secrets_of
from tests.pages.reading import Site

pytestmark = pytest.mark.once


def borrowed(page: HtmlElement, lang: str) -> list[HtmlElement]:
    """What stands in the page's main part in another language than the page; names are the same in every language."""
    return page.xpath(f"//main//*[@lang][@lang != '{lang}'][not(ancestor-or-self::*[@translate='no'])]")  # type: ignore[no-any-return]


def notices(page: HtmlElement) -> list[HtmlElement]:
    """What says so."""
    return page.xpath("//main//*[@data-borrowed-notice]")  # type: ignore[no-any-return]


def test_every_page_says_so_exactly_when_it_borrows(site: Site, paths: list[str]) -> None:
    wrong, both = [], set()
    for path in paths:
        for lang in ("en", "fi", "lt"):
            page = site.page(lang, path)
            texts = {(part.get("lang"), part.text_content()) for part in borrowed(page, lang)}
            both.add(bool(texts))
            said = [int("".join(filter(str.isdigit, notice.text_content()))) for notice in notices(page)]
            if said != ([len(texts)] if texts else []):
                wrong.append((lang, path, said, texts))

    assert both == {True, False}
    assert wrong == []


def test_a_page_that_borrows_says_from_where(site: Site) -> None:
    path, said = "/events/called-off/", {}
    for lang in LANGUAGES:
        said[lang] = [notice.text_content() for notice in notices(site.page(lang, path))]

    assert said["fi"] == said["en"] == []
    assert [(text[:7], text[-10:]) for text in said["de"]] == [("1 Text ", " Englisch.")]
    assert {len(texts) for lang, texts in said.items() if lang not in {"en", "fi"}} == {1}


def test_a_ticket_counts_what_it_prints(demo: Flask, site: Site) -> None:
    with demo.app_context():
        secret = secrets_of(make_holder())["secret"]
    pages = {lang: site.page(lang, f"/tickets/{secret}/") for lang in LANGUAGES}

    assert {lang: len(notices(page)) for lang, page in pages.items()} == {
        lang: int(bool(borrowed(page, lang))) for lang, page in pages.items()
    }
    assert len(notices(pages["de"])) == 0
