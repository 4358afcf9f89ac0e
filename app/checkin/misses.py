"""How often a phone may be wrong: references that were mistyped, and whole codes that are nobody's. Both are slowed down, so that
nobody tries them by the thousand or fills the table with them.

A person scans a code a second at most, so a queue in which everybody brings last year's ticket stays far below the limit. What
was scanned without a network arrives all at once: it has an allowance of its own, so that it keeps nobody waiting at the door,
and the phone sends later what was refused.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy.engine import Connection

from app.checkin import queries
from app.checkin.models import Direction, ScanMode
from app.checkin.rules import Attempt, DeviceState, refusals

TOO_MANY = "too_many_misses"
MAX_REFERENCES, MAX_CODES, WINDOW = 10, 100, timedelta(minutes=1)
MAX_HALTED = 10_000
# Until when this process takes no codes of a device in a mode. The table has the count; each process finds it full by itself,
# with the first unknown code it meets, so that the codes of honest phones cost no query.
_halted: dict[tuple[uuid.UUID, ScanMode], datetime] = {}


def refused(connection: Connection, device: DeviceState, attempts: Sequence[Attempt], now: datetime) -> dict[uuid.UUID, str]:
    """The attempts that are refused before anything is looked up, with the error each is answered (`rules.refusals`)."""
    return _halted_codes(device, attempts, now) | refusals(
        device, attempts, now, _references_left(connection, device, attempts, now)
    )


def _references_left(connection: Connection, device: DeviceState, attempts: Sequence[Attempt], now: datetime) -> int:
    """How many references this phone may still mistype; asked only where one was typed."""
    if not any(attempt.reference for attempt in attempts):
        return 0
    queries.lock_device(connection, device.id)
    return MAX_REFERENCES - queries.count_misses(connection, device.id, now - WINDOW)


def _halted_codes(device: DeviceState, attempts: Sequence[Attempt], now: datetime) -> dict[uuid.UUID, str]:
    """The attempts with a code that are refused unseen, right or wrong: there were too many wrong ones a moment ago."""
    over = {mode for mode in ScanMode if _halted.get((device.id, mode), now) > now}
    return {attempt.id: TOO_MANY for attempt in attempts if attempt.mode in over and _is_guessable(attempt)}


def excess(
    connection: Connection, device: DeviceState, attempts: Sequence[Attempt], known: Collection[bytes], now: datetime
) -> set[uuid.UUID]:
    """The attempts whose code is nobody's and more than this phone may try within a minute; a query only where there is one."""
    unknown = [attempt for attempt in attempts if _is_guessable(attempt) and attempt.code_hash not in known]
    over: set[uuid.UUID] = set()
    for mode in {attempt.mode for attempt in unknown}:
        left = MAX_CODES - queries.count_unknown(connection, device.id, mode, now - WINDOW)
        over |= {attempt.id for attempt in [each for each in unknown if each.mode == mode][max(0, left) :]}
    return over


def halt(device: DeviceState, modes: Collection[ScanMode], now: datetime) -> None:
    """Take no codes of this phone for a minute."""
    if len(_halted) >= MAX_HALTED:
        _halted.clear()
    _halted.update({(device.id, mode): now + WINDOW for mode in modes})


def _is_guessable(attempt: Attempt) -> bool:
    return attempt.code_hash is not None and attempt.reference is None and attempt.direction != Direction.UNDO
