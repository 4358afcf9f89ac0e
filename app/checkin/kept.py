"""What a batch holds in its hands while it is judged: attempts that were claimed, and scans that somebody wants to take back."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from app.checkin.rules import Attempt, Door, Result, Verdict

REVERSIBLE = frozenset({Result.ACCEPTED.value, Result.EXITED.value})


@dataclass(slots=True)
class Kept:
    """An attempt that was claimed in this batch, its door, and what came of it. `aside`: kept as quarantine, judged by people."""

    attempt: Attempt
    door: Door
    aside: bool
    verdict: Verdict | None = None
    ticket_id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """The scan that somebody wants to take back; `rehearsed` says that it did something, in a rehearsal, `exited` that somebody
    went out by it, which the venue counts even where they had come in by another door."""

    device_id: uuid.UUID
    list_id: uuid.UUID
    at: datetime
    rehearsed: bool
    exited: bool


def effect(result: str, rehearsal: bool) -> tuple[bool, bool]:
    """Of a scan to be taken back: (it did something in a rehearsal, somebody went out by it)."""
    return rehearsal and result in REVERSIBLE, not rehearsal and result == Result.EXITED


def essence(attempt: Attempt) -> tuple[object, ...]:
    """What must be the same for an id sent again to be the same attempt (besides the device)."""
    return attempt.door, attempt.seq, attempt.code_hash, attempt.direction, attempt.count, attempt.undoes
