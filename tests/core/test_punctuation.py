"""A sentence ends once, whatever it was filled with: in Python, in templates, in every catalogue."""

from __future__ import annotations

import re

import polib
import pytest
from flask import Flask, render_template_string
from markupsafe import Markup

from app.core.babel import force_locale, gettext
from app.core.punctuation import one_stop
from tests.conftest import ROOT

STOPPED = re.compile(r"%\((\w+)\)[sd]\.(?!\.)")


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("First scan: I. B..", "First scan: I. B."),
        ("Pradžia: 19.00 val.. Ateikite.", "Pradžia: 19.00 val. Ateikite."),
        ("Another event: Who comes?.", "Another event: Who comes?"),
        ("Another event: And then…. Town: X.", "Another event: And then… Town: X."),
        ("Wait ...", "Wait ..."),
        ("One. Two. 3.5.", "One. Two. 3.5."),
        ("", ""),
    ],
)
def test_a_sentence_ends_once(text: str, right: str) -> None:
    assert one_stop(text) == right


def test_markup_stays_markup_and_a_tag_may_stand_between() -> None:
    text = one_stop(Markup('Reason: <span lang="lt">10 val.</span>.'))

    assert (text, type(text)) == ('Reason: <span lang="lt">10 val.</span>', Markup)


def test_every_sentence_of_every_catalogue_ends_once_behind_an_abbreviation(app: Flask) -> None:
    found = []
    for path in sorted((ROOT / "translations").glob("*/LC_MESSAGES/messages.po")):
        with app.test_request_context(), force_locale(path.parts[-3]):
            for entry in polib.pofile(str(path)):
                names = set(re.findall(r"%\((\w+)\)[sd]", entry.msgid))
                if STOPPED.search(entry.msgstr or "") and not entry.msgctxt:
                    found.append(gettext(entry.msgid, **dict.fromkeys(names, "val.")))

    assert len(found) > 8
    assert [text for text in found if ".." in text] == []


def test_templates_end_once_too(app: Flask) -> None:
    source = "{{ _('Town: %(town)s.', town=town) }}|{{ ngettext('%(a)s.', '%(a)s.', 2, a=town) }}"
    with app.test_request_context("/en/"):
        assert render_template_string(source, town="<i>&.") == "Town: &lt;i&gt;&amp;.|&lt;i&gt;&amp;."
