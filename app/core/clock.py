"""The only module that reads the clock, so that tests and judgements can be given a moment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

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
