"""The reader of pages itself: what it finds, and that it does not pass over what is missing or doubled."""

from __future__ import annotations

import pytest

from tests import html

PAGE = """<!doctype html><head><script type="application/ld+json">{"name": "</p>"}</script></head><nav>Menu</nav>
<main><p>One <b>two</b></p><p>three<script>no()</script></p>
<form><input name="form_key" value="7"><select><option value="a"><option value="b" selected></select>
<input type="checkbox" name="x" value="c" checked><p id="x-err">Wrong</p></form></main>"""


def test_words_are_those_of_the_main_part_without_scripts() -> None:
    assert (html.said(PAGE), html.said("<p>a</p><p>b</p>")) == ("One two three Wrong", "a b")
    assert html.texts(PAGE, "main > p") == ["One two", "three"]


def test_form_and_data_are_read_as_they_are_meant() -> None:
    assert (html.form_key(PAGE), html.chosen(PAGE), html.errors(PAGE)) == ("7", ["b", "c"], ["x"])
    assert html.json_ld(PAGE) == [{"name": "</p>"}]


@pytest.mark.parametrize(("css", "count"), [("main > p", 2), ("h1", 0)])
def test_one_element_is_exactly_one(css: str, count: int) -> None:
    with pytest.raises(AssertionError, match=f"^{count} elements instead of one match {css}: "):
        html.one(PAGE, css)
