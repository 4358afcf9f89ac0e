"""The days of an event in its own calendar: pure, knows no table."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.i18n.formats import Precision

NIGHT = timedelta(hours=6)
ORDER = tuple(Precision)
UNDATED = (9999, 13, 0)


def last_day(starts_on: date | None, ends_on: date | None, precision: Precision) -> date | None:
    """The last day that the event may have: the end of the month or year that is all we know; None when undated."""
    last = ends_on or starts_on
    if last is None or precision == Precision.DAY:
        return last
    month = 12 if precision == Precision.YEAR else last.month
    return date(last.year, month, monthrange(last.year, month)[1])


def period(starts_on: date | None, precision: Precision) -> tuple[int, int, int]:
    """Months by themselves; what is known by the month comes after its days, what is known by the year at its end."""
    if starts_on is None:
        return UNDATED
    return (starts_on.year, 12 if precision == Precision.YEAR else starts_on.month, ORDER.index(precision))


def over_at(
    starts_on: date | None, ends_on: date | None, precision: Precision, zone: ZoneInfo, programme_ends_at: datetime | None = None
) -> datetime | None:
    """The moment from which the event is over, for its page, its form, its mails, lists of events and deletion alike.

    Where the programme reaches the event's last day, that is the end of the programme, however late at night; else midnight
    after the last day on the event's own clocks. None: it never is.
    """
    if programme_ends_at is not None:
        last = (ends_on or starts_on) if precision == Precision.DAY else None
        if last is None or evening_of(programme_ends_at, zone) >= last:
            return programme_ends_at
    return midnight_after(last_day(starts_on, ends_on, precision), zone)


def midnight_after(day: date | None, zone: ZoneInfo) -> datetime | None:
    """The end of a day on the clocks of a zone, in UTC."""
    if day is None or day == date.max:
        return None
    return datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)


def evening_of(moment: datetime, zone: ZoneInfo) -> date:
    """The day to which a moment belongs: what ends in the small hours, or at midnight, is of the day before."""
    return (moment.astimezone(zone) - NIGHT).date()


def rank(starts_on: date | None, precision: Precision) -> str:
    """By this text events stand in their order: `2026-09-0-2026-09-17`."""
    year, month, order = period(starts_on, precision)
    return f"{year:04}-{month:02}-{order}-{(starts_on or date.max).isoformat()}"
