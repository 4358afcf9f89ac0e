"""The days of an event in its own calendar: pure, knows no table. `precision` (day, month, year): how well they are known."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ORDER = {"day": 0, "month": 1, "year": 2}
UNDATED = (9999, 13, 0)


def last_day(starts_on: date | None, ends_on: date | None, precision: str) -> date | None:
    """The last day that the event may have: the end of the month or year that is all we know; None when undated."""
    last = ends_on or starts_on
    if last is None or precision == "day":
        return last
    month = 12 if precision == "year" else last.month
    return date(last.year, month, monthrange(last.year, month)[1])


def period(starts_on: date | None, precision: str) -> tuple[int, int, int]:
    """Months by themselves; what is known by the month comes after its days, what is known by the year at its end."""
    if starts_on is None:
        return UNDATED
    return (starts_on.year, 12 if precision == "year" else starts_on.month, ORDER[precision])


def over_at(last: date | None, timezone: str) -> datetime | None:
    """The moment at which the event is past: midnight after its last day on its own clocks. None: it never is."""
    if last is None or last == date.max:
        return None
    return datetime.combine(last + timedelta(days=1), time(), ZoneInfo(timezone)).astimezone(UTC)


def rank(starts_on: date | None, precision: str) -> str:
    """By this text events stand in their order: `2026-09-0-2026-09-17`."""
    year, month, order = period(starts_on, precision)
    return f"{year:04}-{month:02}-{order}-{(starts_on or date.max).isoformat()}"
