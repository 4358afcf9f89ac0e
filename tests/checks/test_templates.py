"""The templates keep their rules, and the check that says so finds what it should."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.checks.indent import indented
from tests.checks.needs import Needs
from tests.checks.templates import depth_faults, faults, problems
from tests.conftest import ROOT

pytestmark = pytest.mark.once


def test_templates_of_the_project_keep_the_rules() -> None:
    assert [*problems(ROOT / "templates"), *Needs(ROOT / "templates").faults()] == []


@pytest.mark.parametrize(
    "source",
    [
        '<a href="{{ url }}" hx-get="{{ url }}" class="btn">x</a>',
        '<form method="post" action="{{ url_for("a.b") }}" hx-post="{{ url_for("a.b") }}"><div data-refusal></div></form>',
        '<section hx-get="/now" hx-trigger="every 20s"></section>',
        '<script type="module" src="{{ asset("js/app.js") }}"></script>',
        '<li{% if now > then %} aria-current="time"{% endif %} class="{{ "a" if x > 1 else "b" }}">x</li>',
        '{# <p style="x"> in a comment #}<p data-one-two>x</p>',
        '<input name="one" value="js is fine" {{ "required" if must }}>',
    ],
)
def test_check_is_content_with_what_works_without_script(source: str) -> None:
    assert list(faults("page.html", source)) == []


@pytest.mark.parametrize(
    ("source", "word"),
    [
        ("<p style='color: red'>x</p>", "style"),
        ("<button onclick=go()>x</button>", "onclick"),
        ('<div{% if a > b %} class="x"{% endif %} ONLOAD="x"></div>', "onload"),
        ('<p hx-on:click="x">x</p>', "hx-on:click"),
        ('<p hx-vals="js:{a: 1}">x</p>', "script in an attribute"),
        ('<a href=" javascript:go()">x</a>', "script in an attribute"),
        ("<style>p {}</style>", "inline stylesheet"),
        ("<script>go()</script>", "inline script"),
        ("{{ text|safe }}", "trusts"),
        ("{{ text | safe }}", "trusts"),
        ("{{ Markup(text) }}", "trusts"),
        ("{% autoescape false %}", "trusts"),
        ('<a href="/a" hx-get="/b">x</a>', "hx-get must repeat"),
        ('<button hx-get="/b" hx-trigger="click">x</button>', "hx-get must repeat"),
        ('<form method="post" action="/a" hx-post="/b"><p data-refusal></p></form>', "hx-post must repeat"),
        ('<form action="/a" hx-post="/a"><p data-refusal></p></form>', "method=post"),
        ('<form method="post" action="/a" hx-post="/a"></form>', "data-refusal"),
    ],
)
def test_check_finds_what_breaks_a_rule(source: str, word: str) -> None:
    assert [word in fault for fault in faults("page.html", source)] == [True]


def test_check_wants_a_comment_on_the_first_line_of_a_fragment() -> None:
    assert list(faults("agenda/_row.html", "{# Needs item. #}\n<p>x</p>")) == []
    assert len(list(faults("agenda/_row.html", "<p>x</p>"))) == 1
    assert list(faults("agenda/row.html", "<p>x</p>")) == []


@pytest.mark.parametrize(
    ("first", "rest"),
    [
        ("Needs event, texts (or none).", "{{ event.slug }}{{ texts }}{{ lang }}{{ _('x') }}"),
        ("Needs nothing; fills #now.", "{% set one = 1 %}{{ one }}{% for two in [1] %}{{ two }}{% endfor %}"),
        ("Needs row, and what _part.html needs.", "{{ row }}{% include '_part.html' %}"),
        ("Needs item.", "{% set people = [] %}{{ item }}{% include '_part.html' %}"),
        ("Needs places.", "{% for people in places %}{% include '_part.html' %}{% endfor %}"),
        ("Needs people.", "{% extends '_part.html' %}"),
        ("Needs nothing.", "{% if event is defined %}{{ event }}{% endif %}"),
        ("Needs event.", "{% if event is defined %}{{ event }}{% endif %}"),
    ],
)
def test_check_is_content_with_a_template_that_names_what_it_uses(tmp_path: Path, first: str, rest: str) -> None:
    (tmp_path / "_part.html").write_text("{# Needs people. #}\n{{ people }}")
    (tmp_path / "page.html").write_text(f"{{# A page. {first} #}}\n{rest}")
    assert list(Needs(tmp_path).faults()) == []


@pytest.mark.parametrize(
    ("first", "missing", "idle"),
    [
        ("Needs event.", "people", "nothing"),
        ("Needs event, people, row.", "nothing", "row"),
        ("A page.", "event, people", "nothing"),
    ],
)
def test_check_finds_what_is_used_or_named_alone(tmp_path: Path, first: str, missing: str, idle: str) -> None:
    (tmp_path / "_part.html").write_text("{# Needs people. #}\n{{ people }}")
    (tmp_path / "page.html").write_text(f"{{# {first} #}}\n{{{{ event }}}}{{% include '_part.html' %}}")
    assert list(Needs(tmp_path).faults()) == [f"page.html: uses without naming it: {missing}; names without using it: {idle}"]


LAID = """{# A comment
   stays. #}
{% if one %}
  <ul class="x"
      hidden>
    {% for each in all %}
      <li{% if each > 1 %} class="y"{% endif %}>{{ each }}<br>
        <b>x</b></li>
    {% else %}
      <li>None</li>
    {% endfor %}
  </ul>
  {% set words %}
    Words
  {% endset %}
  <textarea>
kept
</textarea>
{% elif two %}
  <a href="/a">
{% else %}
  <a href="/b">
{% endif %}
"""


def test_lines_stand_as_deep_as_what_is_around_them() -> None:
    flat = "\n".join(line if line in {"   stays. #}", "kept"} else line.strip() for line in LAID.split("\n"))

    assert (indented(flat), indented(LAID)) == (LAID, LAID)
    assert [list(depth_faults(source)) for source in (LAID, flat)] == [[], ["its lines are not indented: run `make format`"]]


@pytest.mark.parametrize("source", ["<p>", "</p>", "{% if a %}", "{% endif %}", "<p>{% if a %}</p>{% else %}x{% endif %}</p>"])
def test_what_is_not_closed_cannot_be_indented(source: str) -> None:
    assert list(depth_faults(source)) == ["something begins in it that does not end, or the other way round"]
