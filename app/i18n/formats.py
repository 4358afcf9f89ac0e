"""Dates and times as each language writes them: always the event's zone, always 24 hours, never all-numeric dates."""

from __future__ import annotations

from datetime import date, datetime, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_time, get_timezone_name
from flask_babel import get_locale

from app.i18n.languages import BABEL_LOCALE, SOURCE

# pattern of a full date, of a date without its weekday, of a month, and of a time; tried out in docs/translating.md
_DATE = {
    "en": "EEEE d MMMM", "sv": "cccc d MMMM", "lv": "cccc, d. MMMM", "de": "cccc, d. MMMM", "et": "cccc, d. MMMM",
    "fi": "cccc d. MMMM", "da": "cccc 'den' d. MMMM", "lt": "MMMM d 'd.', cccc", "pl": "cccc, d MMMM",
}  # fmt: skip
_DAY_MONTH_YEAR = {
    "en": "d MMMM y", "sv": "d MMMM y", "lv": "y. 'gada' d. MMMM", "de": "d. MMMM y", "et": "d. MMMM y",
    "fi": "d. MMMM y", "da": "d. MMMM y", "lt": "y 'm.' MMMM d 'd.'", "pl": "d MMMM y",
}  # fmt: skip
_MONTH_YEAR = {
    "en": "LLLL y", "sv": "LLLL y", "lv": "y. 'gada' LLLL", "de": "LLLL y", "et": "LLLL y", "fi": "LLLL y", "da": "LLLL y",
    "lt": "y 'm.' LLLL", "pl": "LLLL y",
}  # fmt: skip
_TIME = {
    "en": "HH:mm", "sv": "'kl.' HH.mm", "lv": "'plkst.' HH:mm", "de": "HH:mm 'Uhr'", "et": "'kell' HH:mm", "fi": "'klo' H.mm",
    "da": "'kl.' HH.mm", "lt": "HH:mm 'val.'", "pl": "'godz.' HH:mm",
}  # fmt: skip
_CLOCK = {"sv": "HH.mm", "fi": "H.mm", "da": "HH.mm"}


def current_language() -> str:
    """The language of the page being made."""
    locale = get_locale()
    return locale.language if locale else SOURCE


def zone(name: str) -> ZoneInfo:
    """The IANA zone of an event."""
    return ZoneInfo(name)


def day(value: date, lang: str | None = None) -> str:
    """`Saturday 7 June`: a heading's date, weekday first where the language does so."""
    lang = lang or current_language()
    return _capital(format_date(value, _DATE[lang], BABEL_LOCALE[lang]))


def long_date(value: date, lang: str | None = None) -> str:
    """`7 June 2025`."""
    lang = lang or current_language()
    return format_date(value, _DAY_MONTH_YEAR[lang], BABEL_LOCALE[lang])


def month(value: date, lang: str | None = None) -> str:
    """`June 2025`, in the form a heading needs."""
    lang = lang or current_language()
    return _capital(format_date(value, _MONTH_YEAR[lang], BABEL_LOCALE[lang]))


def clock_time(value: datetime, tz: tzinfo, lang: str | None = None) -> str:
    """`18:05` or `18.05`: the short form for a column of times."""
    lang = lang or current_language()
    return format_time(value.astimezone(tz).time(), _CLOCK.get(lang, "HH:mm"), locale=BABEL_LOCALE[lang])


def clock_range(start: datetime, end: datetime, tz: tzinfo, lang: str | None = None) -> str:
    """`18:05–20:00`."""
    return f"{clock_time(start, tz, lang)}–{clock_time(end, tz, lang)}"


def time_in_words(value: datetime, tz: tzinfo, lang: str | None = None) -> str:
    """`18:05 Uhr`, `klo 18.05`: the form inside a sentence or after a label."""
    lang = lang or current_language()
    return format_time(value.astimezone(tz).time(), _TIME[lang], locale=BABEL_LOCALE[lang])


def date_range(first: date, last: date, lang: str | None = None) -> str:
    """`16 June 2025` or `25–27 November 2025` in the reader's own order; both dates in full when months differ."""
    lang = lang or current_language()
    if first == last:
        return long_date(first, lang)
    if (first.year, first.month) == (last.year, last.month):
        return (
            long_date(first, lang).replace(_day_number(first), f"{first.day}–{last.day}", 1)
            if lang not in {"lv", "lt"}
            else (_baltic_range(first, last, lang))
        )
    return f"{long_date(first, lang)} – {long_date(last, lang)}"


def _baltic_range(first: date, last: date, lang: str) -> str:
    pattern = {"lv": "y. 'gada' '{}' MMMM", "lt": "y 'm.' MMMM '{}'"}[lang]
    span = {"lv": f"{first.day}.–{last.day}.", "lt": f"{first.day}–{last.day} d."}[lang]
    return format_date(first, pattern, BABEL_LOCALE[lang]).replace("{}", span)


def _day_number(value: date) -> str:
    return str(value.day)


@lru_cache(maxsize=512)
def zone_name(name: str, lang: str) -> str:
    """The zone as people call it: `Finland time`, `Suomen aika`, `laiks: Latvija`."""
    return (
        get_timezone_name(ZoneInfo(name), locale=BABEL_LOCALE[lang], width="long", return_zone=False)
        if name == "UTC"
        else (_location_time(name, lang))
    )


def _location_time(name: str, lang: str) -> str:
    locale = Locale.parse(BABEL_LOCALE[lang])
    city = locale.time_zones.get(name, {}).get("city") or name.rsplit("/", 1)[-1].replace("_", " ")
    return str(city)


@lru_cache(maxsize=512)
def language_name(code: str, lang: str) -> str:
    """The name of a spoken language in `lang`: `suomi`, `vācu`; the code itself when it is no CLDR language."""
    return Locale.parse(BABEL_LOCALE[lang]).languages.get(code, code)


@lru_cache(maxsize=512)
def country_name(code: str, lang: str) -> str:
    """The name of a country in `lang`."""
    return Locale.parse(BABEL_LOCALE[lang]).territories.get(code, code)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
