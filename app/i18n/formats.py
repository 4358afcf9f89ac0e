"""Dates and times as each language writes them: always the event's zone, always 24 hours, never all-numeric dates."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_time, get_timezone_name

from app.core.babel import get_locale
from app.core.clock import comes_twice, is_within_a_night
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
# a range inside one month, and inside one year: first day, last day, and the pattern with the year around them
_SPAN = {
    "en": ("d", "–d MMMM", "'{}' y"), "sv": ("d", "–d MMMM", "'{}' y"), "lv": ("d.", "–d. MMMM", "y. 'gada {}'"),
    "de": ("d.", "–d. MMMM", "'{}' y"), "et": ("d.", "–d. MMMM", "'{}' y"), "fi": ("d.", "–d. MMMM", "'{}' y"),
    "da": ("d.", "–d. MMMM", "'{}' y"), "lt": ("MMMM d", "–d 'd.'", "y 'm. {}'"), "pl": ("d", "–d MMMM", "'{}' y"),
}  # fmt: skip
_SPAN_OF_MONTHS = {
    "en": ("d MMMM", " – d MMMM", "'{}' y"), "sv": ("d MMMM", " – d MMMM", "'{}' y"),
    "lv": ("d. MMMM", " – d. MMMM", "y. 'gada {}'"), "de": ("d. MMMM", " – d. MMMM", "'{}' y"),
    "et": ("d. MMMM", " – d. MMMM", "'{}' y"), "fi": ("d. MMMM", " – d. MMMM", "'{}' y"),
    "da": ("d. MMMM", " – d. MMMM", "'{}' y"), "lt": ("MMMM d 'd.'", " – MMMM d 'd.'", "y 'm. {}'"),
    "pl": ("d MMMM", " – d MMMM", "'{}' y"),
}  # fmt: skip
_CLOCK = {"sv": "HH.mm", "fi": "H.mm", "da": "HH.mm"}


class Precision(StrEnum):
    """How much of a date is known."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"


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
    return _capital(_written(value, _DATE[lang], BABEL_LOCALE[lang]))


def long_date(value: date, lang: str | None = None) -> str:
    """`7 June 2025`."""
    lang = lang or current_language()
    return _written(value, _DAY_MONTH_YEAR[lang], BABEL_LOCALE[lang])


def day_and_month(value: date, lang: str | None = None) -> str:
    """`7 June`: a day whose year is plain."""
    lang = lang or current_language()
    return _written(value, _SPAN_OF_MONTHS[lang][0], BABEL_LOCALE[lang])


def month(value: date, lang: str | None = None) -> str:
    """`June 2025`, in the form a heading needs."""
    lang = lang or current_language()
    return _capital(_written(value, _MONTH_YEAR[lang], BABEL_LOCALE[lang]))


def clock_time(value: datetime, tz: tzinfo, lang: str | None = None) -> str:
    """`18:05` or `18.05`: the short form for a column of times. `03:30 (UTC+2)` in the hour that comes twice."""
    lang = lang or current_language()
    return _written_time(value.astimezone(tz).time(), _CLOCK.get(lang, "HH:mm"), BABEL_LOCALE[lang]) + _pass(value, tz)


def clock_range(start: datetime, end: datetime, tz: tzinfo, lang: str | None = None) -> str:
    """`18:05–20:00`, also past midnight; `10:00 – 17 June, 08:00` when it lasts longer than that night."""
    day = day_of_end(start, end, tz, lang)
    return f"{clock_time(start, tz, lang)}{f' – {day}, ' if day else '–'}{clock_time(end, tz, lang)}"


def day_and_hours(start: datetime, end: datetime | None, tz: tzinfo, lang: str | None = None) -> str:
    """`16 June 2026, 18:00–19:00`, for a line by itself; `16 June 2026, 18:00` where no end is known."""
    hours = clock_range(start, end, tz, lang) if end is not None and end > start else time_in_words(start, tz, lang)
    return f"{long_date(start.astimezone(tz).date(), lang)}, {hours}"


def day_of_end(start: datetime, end: datetime, tz: tzinfo, lang: str | None = None) -> str:
    """`17 June`: the day on which something ends, to be said beside its time; empty when it ends in the same night."""
    if is_within_a_night(start, end, tz):
        return ""
    lang, first, last = lang or current_language(), start.astimezone(tz).date(), end.astimezone(tz).date()
    return day_and_month(last, lang) if first.year == last.year else long_date(last, lang)


def is_wide(start: datetime | None, end: datetime | None, tz: tzinfo) -> bool:
    """Whether a start and an end take more room than two times: a day or an offset stands beside one of them."""
    if any(moment is not None and comes_twice(moment, tz) for moment in (start, end)):
        return True
    return start is not None and end is not None and not is_within_a_night(start, end, tz)


def time_in_words(value: datetime, tz: tzinfo, lang: str | None = None) -> str:
    """`18:05 Uhr`, `klo 18.05`: the form inside a sentence or after a label; with its offset in the hour that comes twice."""
    lang = lang or current_language()
    return _written_time(value.astimezone(tz).time(), _TIME[lang], BABEL_LOCALE[lang]) + _pass(value, tz)


def _pass(value: datetime, tz: tzinfo) -> str:
    """` (UTC+3)`, where the clock alone would not say which of two moments is meant."""
    return f" ({offset_of(value, tz)})" if comes_twice(value, tz) else ""


def offset_of(value: datetime, tz: tzinfo) -> str:
    """`UTC+3`, `UTC−3:30`: how far a clock is from UTC at a moment."""
    minutes = round((value.astimezone(tz).utcoffset() or timedelta()).total_seconds() / 60)
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'−' if minutes < 0 else '+'}{hours}{f':{rest:02}' if rest else ''}"


def date_range(first: date, last: date, lang: str | None = None) -> str:
    """`16 June 2025`, `25–27 November 2025`, `30 November – 2 December 2025`: what is the same is said once."""
    lang = lang or current_language()
    if first >= last:
        return long_date(first, lang)
    if first.year != last.year:
        return f"{long_date(first, lang)} – {long_date(last, lang)}"
    begin, end, year = _SPAN[lang] if first.month == last.month else _SPAN_OF_MONTHS[lang]
    span = f"{_written(first, begin, BABEL_LOCALE[lang])}{_written(last, end, BABEL_LOCALE[lang])}"
    return _written(first, year, BABEL_LOCALE[lang]).replace("{}", span)


def approximate_date(value: date, precision: Precision, lang: str | None = None) -> str:
    """`7 June 2025`, `June 2025` or `2025`: no more than is known."""
    if precision == Precision.DAY:
        return long_date(value, lang)
    return month(value, lang) if precision == Precision.MONTH else str(value.year)


def known_dates(first: date | None, last: date | None, precision: Precision, lang: str | None = None) -> str:
    """An event's dates as far as they are known; empty when they are not."""
    if first is None:
        return ""
    return date_range(first, last or first, lang) if precision == Precision.DAY else approximate_date(first, precision, lang)


@lru_cache(maxsize=512)
def zone_name(name: str, lang: str) -> str:
    """The zone for use after a label: its city, then what its time is called: `Helsinki – Eastern European Time`."""
    locale = BABEL_LOCALE[lang]
    city = Locale.parse(locale).time_zones.get(name, {}).get("city") or name.rsplit("/", 1)[-1].replace("_", " ")
    return f"{city} – {get_timezone_name(ZoneInfo(name), locale=locale)}" if "/" in name else name


@lru_cache(maxsize=512)
def language_name(code: str, lang: str) -> str:
    """The name of a spoken language in `lang`: `suomi`, `vācu`; the code itself when it is no CLDR language."""
    return str(Locale.parse(BABEL_LOCALE[lang]).languages.get(code, code))


@lru_cache(maxsize=512)
def country_name(code: str, lang: str) -> str:
    """The name of a country in `lang`."""
    return str(Locale.parse(BABEL_LOCALE[lang]).territories.get(code, code))


@lru_cache(maxsize=4096)
def _written(value: date, pattern: str, locale: str) -> str:
    return format_date(value, pattern, locale)


@lru_cache(maxsize=4096)
def _written_time(value: time, pattern: str, locale: str) -> str:
    return format_time(value, pattern, locale=locale)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
