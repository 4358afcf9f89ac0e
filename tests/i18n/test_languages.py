"""Which language a reader gets, by a table of headers."""

from __future__ import annotations

import pytest
from babel import Locale

from app.i18n.languages import ALIASES, BABEL_LOCALE, COUNTRY_LANGUAGE, ENDONYMS, LANGUAGES, OFFERS, negotiate

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("fi-FI,sv;q=0.5", "fi"),
        ("de-CH,en;q=0.5", "de"),
        ("sv-FI", "sv"),
        ("SV", "sv"),
        ("pl_PL", "pl"),
        ("fr, lv;q=0.3, lt;q=0.4", "lt"),
        ("lv;q=0.4, lt;q=0.4", "lv"),
        ("fi;q=0, sv;q=0.1", "sv"),
        ("fi;q=0.000", "en"),
        ("da;q=1.0", "da"),
        ("et ; q = 0.8 , fr", "et"),
        ("*", "en"),
        ("*, fi;q=0.2", "fi"),
        ("fr-FR", "en"),
        ("se", "en"),
        ("", "en"),
        (None, "en"),
        (",,;;q=,", "en"),
        ("fi;q=2", "en"),
        ("fi;q=abc, sv", "sv"),
        ("\x00\xff’, pl;q=0.1", "pl"),
        ("x" * 10_000, "en"),
        ("fr," * 4_000 + "fi", "en"),
        ("fi," + "x" * 10_000, "fi"),
    ],
)
def test_negotiate_follows_quality_then_order(header, expected):
    assert negotiate(header) == expected


def test_negotiate_answers_with_the_given_default():
    assert negotiate("fr", default="lv") == "lv"


def test_negotiate_chooses_among_what_is_offered():
    assert negotiate("fi, sv;q=0.5", among=("sv", "en")) == "sv"


def test_languages_are_the_nine_in_the_order_of_their_own_names():
    assert LANGUAGES == ("da", "de", "et", "en", "lv", "lt", "pl", "fi", "sv")
    assert list(ENDONYMS.values()) == sorted(ENDONYMS.values())
    assert set(OFFERS) == set(BABEL_LOCALE) == set(LANGUAGES)


def test_country_codes_are_not_language_codes():
    assert {ALIASES[code] for code in ("se", "ee", "dk")} == {"sv", "et", "da"}
    assert set(COUNTRY_LANGUAGE.values()) | {"en"} == set(LANGUAGES)
    assert not set(ALIASES) & set(LANGUAGES)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_endonym_is_what_the_language_calls_itself(lang):
    own = Locale.parse(lang).get_display_name(lang)
    assert own is not None
    assert own.casefold() == ENDONYMS[lang].casefold()
