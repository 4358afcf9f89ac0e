"""Under which heading events stand, what towns were, what is asked for."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from app.events import days
from app.events.models import Event
from app.places.models import Place, PlaceYear
from app.site.forms import clean, parse_filter
from app.site.rules import by_period
from app.titles.rules import best_title, titles_by_year

pytestmark = pytest.mark.once

NOON = datetime(2026, 6, 16, 12, 0, tzinfo=UTC)


def event(slug, starts=None, ends=None, precision="day", zone="Europe/Helsinki"):
    return Event(slug=slug, starts_on=starts, ends_on=ends, date_precision=precision, timezone=zone)


def is_past(one):
    over = days.over_at(one.starts_on, one.ends_on, one.date_precision, ZoneInfo(one.timezone))
    return over is not None and over <= NOON


ALL = [
    event("undated"),
    event("year-2026", date(2026, 1, 1), None, "year"),
    event("aug-2", date(2026, 8, 2)),
    event("aug", date(2026, 8, 1), None, "month"),
    event("aug-1", date(2026, 8, 1)),
    event("today", date(2026, 6, 16)),
    event("begun", date(2026, 6, 15), date(2026, 6, 17)),
    event("old-march", date(2025, 3, 1), None, "month"),
    event("old-march-9", date(2025, 3, 9)),
    event("old-march-3", date(2025, 3, 3)),
    event("old-year", date(2025, 1, 1), None, "year"),
    event("old-dec", date(2025, 12, 1)),
    event("older", date(2024, 12, 1)),
]


def test_by_period_gives_what_is_known_by_month_or_year_a_heading_of_its_own():
    ordered = sorted(ALL, key=lambda one: days.rank(one.starts_on, one.date_precision))
    coming, past = [one for one in ordered if not is_past(one)], [one for one in reversed(ordered) if is_past(one)]
    assert [(one.precision, one.first, len(one.events)) for one in by_period(coming)] == [
        ("day", date(2026, 6, 15), 2), ("day", date(2026, 8, 1), 2), ("month", date(2026, 8, 1), 1), ("year", date(2026, 1, 1), 1),
        ("none", None, 1),
    ]  # fmt: skip
    assert [one.precision for one in by_period(past)] == ["year", "day", "month", "day", "day"]


def years(*pairs):
    return [PlaceYear(year=year, role=role) for year, role in pairs]


def test_titles_by_year_say_the_highest_of_each_year():
    shown = titles_by_year(years((2024, "candidate"), (2026, "candidate"), (2026, "title_holder"), (2025, "applicant")))
    assert shown == [(2026, "title_holder"), (2025, "applicant"), (2024, "candidate")]


def test_best_title_is_the_highest_of_all_years():
    assert best_title(Place(years=years((2026, "candidate"), (2024, "title_holder")))) == (2024, "title_holder")
    assert best_title(Place(years=years((2025, "candidate"), (2026, "candidate")))) == (2026, "candidate")
    assert best_title(Place(years=[])) is None


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Kiel \n 2024 ", "Kiel 2024"),
        ("a\x00b\x1f", "a b"),
        ("\u202eabc", "abc"),
        ("x" * 200, "x" * 80),
        ("", ""),
        ("Płock", "Płock"),
        ("💩", "💩"),
    ],
)
def test_clean_keeps_one_printable_line(typed, kept):
    assert clean(typed) == kept


def test_filter_cuts_a_search_into_six_folded_words_at_most():
    asked = parse_filter({"q": "Ą B c D e F g", "town": "kiel"})
    assert (asked.words, asked.town, bool(asked)) == (("a", "b", "c", "d", "e", "f"), "kiel", True)
    assert not parse_filter({"other": "x"})
