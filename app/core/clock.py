"""The only module that reads the clock, so that tests and judgements can be given a moment; and what clocks do at night."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, tzinfo

MORNING = 5  # o'clock: what ends before belongs to the evening before

_offset = timedelta(0)


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC) + _offset


@contextmanager
def travelled_to(moment: datetime) -> Iterator[None]:
    """Pretend that the block starts at `moment` (aware); the clock keeps running. For tests and rehearsals."""
    global _offset
    before = _offset
    _offset = moment - datetime.now(UTC)
    try:
        yield
    finally:
        _offset = before


def comes_twice(moment: datetime, zone: tzinfo) -> bool:
    """Whether the clock of the zone shows this time twice that night, since summer time ends."""
    local = moment.astimezone(zone)
    return local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()


def is_within_a_night(start: datetime, end: datetime, zone: tzinfo) -> bool:
    """Whether what lasts from `start` to `end` ends on the day on which it began, or in the night that follows."""
    first, last = start.astimezone(zone), end.astimezone(zone)
    days = (last.date() - first.date()).days
    return days < 1 or (days == 1 and last.hour < MORNING)
