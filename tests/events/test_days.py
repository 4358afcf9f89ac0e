"""When an event is past, on its own clocks, and where it stands among others: in Python, and in the database as it is kept."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from app.core.db import write_tx
from app.events.days import last_day, over_at, rank
from app.events.service import get_event
from app.home import queries
from tests.factories import make_event


@pytest.mark.parametrize(
    ("starts", "ends", "precision", "last"),
    [
        (date(2026, 6, 16), None, "day", date(2026, 6, 16)),
        (date(2026, 6, 16), date(2026, 6, 18), "day", date(2026, 6, 18)),
        (date(2024, 2, 1), date(2024, 2, 1), "month", date(2024, 2, 29)),
        (date(2025, 1, 1), date(2025, 1, 1), "year", date(2025, 12, 31)),
        (None, None, "day", None),
        (None, None, "year", None),
    ],
)
def test_last_day_is_the_last_that_is_possible(starts: date | None, ends: date | None, precision: str, last: date | None) -> None:
    assert last_day(starts, ends, precision) == last


@pytest.mark.parametrize(
    ("last", "zone", "moment"),
    [
        (date(2026, 6, 16), "Europe/Helsinki", datetime(2026, 6, 16, 21, 0, tzinfo=UTC)),
        (date(2026, 6, 16), "Europe/Berlin", datetime(2026, 6, 16, 22, 0, tzinfo=UTC)),
        (date(2026, 3, 28), "Europe/Berlin", datetime(2026, 3, 28, 23, 0, tzinfo=UTC)),  # the night before summer time
        (date(2026, 3, 29), "Europe/Berlin", datetime(2026, 3, 29, 22, 0, tzinfo=UTC)),
        (None, "Europe/Berlin", None),
    ],
)
def test_event_is_past_at_midnight_of_its_own_zone(last: date | None, zone: str, moment: datetime | None) -> None:
    assert over_at(last, zone) == moment


def test_ranks_sort_like_a_calendar() -> None:
    wanted = [
        rank(date(2026, 6, 15), "day"), rank(date(2026, 8, 1), "day"), rank(date(2026, 8, 2), "day"),
        rank(date(2026, 8, 1), "month"), rank(date(2026, 12, 31), "day"), rank(date(2026, 1, 1), "year"), rank(None, "day"),
    ]  # fmt: skip

    assert wanted == sorted(wanted)


EVENTS = {
    "undated": (None, None, "day"), "year-2026": (date(2026, 1, 1), None, "year"), "aug-2": (date(2026, 8, 2), None, "day"),
    "aug": (date(2026, 8, 1), None, "month"), "aug-1": (date(2026, 8, 1), None, "day"), "today": (date(2026, 6, 16), None, "day"),
    "begun": (date(2026, 6, 15), date(2026, 6, 17), "day"), "old-march": (date(2025, 3, 1), None, "month"),
    "old-march-9": (date(2025, 3, 9), None, "day"), "old-march-3": (date(2025, 3, 3), None, "day"),
    "old-year": (date(2025, 1, 1), None, "year"), "old-dec": (date(2025, 12, 1), None, "day"),
    "older": (date(2024, 12, 1), None, "day"), "older-too": (date(2024, 12, 1), None, "day"),
}  # fmt: skip


def test_soonest_come_first_and_then_the_latest_of_the_past(database: None, noon: datetime) -> None:
    for slug, (starts, ends, precision) in EVENTS.items():
        make_event(slug, starts_on=starts, ends_on=ends, date_precision=precision)

    coming = [one.slug for one in queries.coming((), noon, 99)]
    past = [one.slug for one in queries.past((), noon, 99)]

    assert coming == ["begun", "today", "aug-1", "aug-2", "aug", "year-2026", "undated"]
    assert past == ["old-year", "old-dec", "old-march", "old-march-9", "old-march-3", "older", "older-too"]
    assert queries.count((), noon) == queries.Numbers(14, 7, datetime(2026, 6, 16, 21, 0, tzinfo=UTC))


def test_event_that_gets_another_day_stands_there_at_once(database: None, noon: datetime) -> None:
    make_event("moved", starts_on=date(2026, 1, 1), ends_on=date(2026, 1, 1))
    with write_tx() as session:
        event = get_event("moved")
        event.starts_on = event.ends_on = date(2026, 9, 1)
        session.flush()

    assert [one.slug for one in queries.coming((), noon, 9)] == ["moved"]
