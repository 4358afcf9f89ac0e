"""What a transaction holds in its hands while it judges: batches, their attempts, and scans that somebody wants to take back."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.checkin.counters import Tally
from app.checkin.ledger import Pass
from app.checkin.models import PENDING
from app.checkin.rules import Attempt, CheckInListState, DeviceState, Faulty, Result, Verdict, moment_of

REVERSIBLE = frozenset({Result.ACCEPTED.value, Result.EXITED.value})


@dataclass(frozen=True, slots=True)
class Batch:
    """What one phone sent in one call, when it came, and how far the server's clock is ahead of the phone's."""

    device: DeviceState
    items: Sequence[Attempt | Faulty]
    now: datetime
    offset: timedelta

    @property
    def attempts(self) -> list[Attempt]:
        """The items that may be stored."""
        return [item for item in self.items if isinstance(item, Attempt)]


@dataclass(slots=True)
class Claim:
    """An attempt that may be stored, the batch it came in, its door, and what came of it."""

    batch: Batch
    attempt: Attempt
    check_in_list: CheckInListState
    verdict: Verdict | None = None
    ticket_id: uuid.UUID | None = None

    @property
    def aside(self) -> bool:
        """To be kept as quarantine and judged by people: the phone has ended, or has lost this list."""
        device, attempt = self.batch.device, self.attempt
        return not device.is_live(self.batch.now) or attempt.check_in_list not in device.serves(attempt.direction)

    @property
    def at(self) -> datetime:
        """When it happened."""
        return moment_of(self.attempt.mode, self.batch.now, self.attempt.at, self.batch.offset)


@dataclass(frozen=True, slots=True)
class Target:
    """The scan that somebody wants to take back; `rehearsed` says that it did something, in a rehearsal, `exited` that somebody
    went out by it, which the venue counts even where they had come in by another door."""

    device_id: uuid.UUID
    list_id: uuid.UUID
    at: datetime
    rehearsed: bool
    exited: bool


def target_of_claim(kept: Claim) -> Target:
    """An attempt that was judged earlier in the same transaction."""
    result = kept.verdict.result if kept.verdict else ""
    return Target(kept.batch.device.id, kept.check_in_list.id, kept.at, *_effect(result, kept.attempt.rehearsal))


def target_of_row(row: Any) -> Target:
    """A scan as it stands in the table."""
    at = moment_of(row.mode, row.received_at, row.occurred_at, timedelta(milliseconds=row.offset_ms))
    return Target(row.device_id, row.list_id, at, *_effect(row.result, row.rehearsal))


def _effect(result: str, rehearsal: bool) -> tuple[bool, bool]:
    """Of a scan to be taken back: (it did something in a rehearsal, somebody went out by it)."""
    return rehearsal and result in REVERSIBLE, not rehearsal and result == Result.EXITED


def essence(attempt: Attempt) -> tuple[object, ...]:
    """What must be the same for an id sent again to be the same attempt (besides the device)."""
    return attempt.check_in_list, attempt.seq, attempt.code_hash, attempt.direction, attempt.count, attempt.undoes


def additions(every: Iterable[Claim], real: Iterable[Claim], moves: Iterable[tuple[Pass, int]]) -> dict[uuid.UUID, Tally]:
    """What a batch adds to each list's numbers: `real` attempts are no rehearsals, nor are the passes that moved."""
    added: defaultdict[uuid.UUID, Tally] = defaultdict(Tally)
    for kept in every:
        added[kept.check_in_list.id].changes += 1
    for kept in real:
        added[kept.check_in_list.id].exits += kept.verdict is not None and kept.verdict.result == Result.EXITED
    for entry, number in moves:
        added[entry.list_id].inside += number
    return added


def scan_row(kept: Claim) -> dict[str, Any]:
    """A scan as it is stored while its result is pending."""
    attempt, batch = kept.attempt, kept.batch
    return {
        "id": attempt.id, "device_id": batch.device.id, "list_id": kept.check_in_list.id, "seq": attempt.seq,
        "direction": attempt.direction, "count": attempt.count, "undoes": attempt.undoes, "reason": attempt.reason,
        "code_hash": attempt.code_hash, "occurred_at": attempt.at, "received_at": batch.now,
        "offset_ms": round(batch.offset / timedelta(milliseconds=1)), "mode": attempt.mode, "local": attempt.local,
        "result": PENDING, "admitted": 0, "typed": attempt.reference is not None, "rehearsal": attempt.rehearsal,
    }  # fmt: skip


def conflict_row(scan_id: uuid.UUID, kind: str, now: datetime) -> dict[str, Any]:
    """A conflict as it is stored, open."""
    return {"id": uuid.uuid4(), "scan_id": scan_id, "kind": kind, "found_at": now, "note": ""}


class Overtaken(Exception):
    """Somebody stored one of these ids, or admitted one of these tickets, while this batch was judged: judge it again."""
