"""Who gets in, judged from facts alone: no SQL, no clock. The phone's copy is tested by the same table of cases.

The order is checkin.md §2: the first reason that applies is the answer. What a phone cannot know offline stands in the
table's second column (tests/data/door_cases.json).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from app.audit.models import Actor, ActorKind
from app.checkin.models import Direction, ListKind, LocalAnswer, ScanMode
from app.core.babel import lazy_gettext as _l
from app.core.errors import Forbidden, Unauthorised
from app.registration.models import RegistrationStatus

UNDO_WINDOW = timedelta(minutes=15)
NEARLY_FULL = 0.9


class UnknownDevice(Unauthorised):
    """No token, or a dead one."""

    message = _l("This phone is not set up as a scanner. Ask the organiser for a new code.")


class DeviceNotAllowed(Forbidden):
    """A device that is known, and has not this right."""

    message = _l("This phone may not do that. Please ask a supervisor.")


class Result(StrEnum):
    """The thirteen answers to a scan."""

    ACCEPTED = "accepted"
    EXITED = "exited"
    ALREADY_IN = "already_in"
    UNKNOWN = "unknown"
    WRONG_EVENT = "wrong_event"
    WRONG_LIST = "wrong_list"
    NOT_YET = "not_yet"
    TOO_LATE = "too_late"
    CANCELLED = "cancelled"
    REVOKED = "revoked"
    WAITLISTED = "waitlisted"
    UNDONE = "undone"
    UNDO_REFUSED = "undo_refused"


@dataclass(frozen=True, slots=True)
class CheckInListState:
    """A check-in list as a phone works with it."""

    id: uuid.UUID
    slug: str
    opens_at: datetime | None
    closes_at: datetime | None
    re_entry: bool
    count_exits: bool
    capacity: int | None
    kind: ListKind = ListKind.EVENT
    position: int = 0
    on: date | None = None
    is_venue_door: bool = True


@dataclass(frozen=True, slots=True)
class DeviceState:
    """An enrolled device: `doors` are the lists it serves and `all_doors` every list of its event, by slug, in their order.

    `rolled` says that it came with the token that follows its present one. A phone that serves no list may not scan.
    `event_version` grows with everything that its event shows.
    """

    id: uuid.UUID
    event_id: uuid.UUID
    name: str
    initials: str
    language: str
    may_supervise: bool
    expires_at: datetime
    revoked_at: datetime | None
    check_in_lists: Mapping[str, CheckInListState]
    all_lists: Mapping[str, CheckInListState] = field(default_factory=dict)
    rolled: bool = False
    token_hash: bytes = b""
    event_version: int | None = None

    @property
    def actor(self) -> Actor:
        """The device as one who does something."""
        return Actor(ActorKind.DEVICE, self.id)

    @property
    def may_scan(self) -> bool:
        """Whether there is any list it serves."""
        return bool(self.check_in_lists)

    def serves(self, direction: Direction) -> Mapping[str, CheckInListState]:
        """The lists it may send such scans for: a supervisor takes back what was scanned at any list of the event."""
        return self.all_lists if direction == Direction.UNDO and self.may_supervise else self.check_in_lists

    def is_live(self, now: datetime) -> bool:
        """Neither revoked nor past its event."""
        return self.revoked_at is None and now < self.expires_at


@dataclass(frozen=True, slots=True)
class Attempt:
    """One scan as a phone sends it. `code_hash` stands for what was read, as `older_hashes` did under keys from before;
    `reference` is set when one was typed."""

    id: uuid.UUID
    sent_id: str
    seq: int
    check_in_list: str
    direction: Direction
    at: datetime
    code_hash: bytes | None = None
    reference: str | None = None
    count: int = 1
    undoes: uuid.UUID | None = None
    reason: str | None = None
    mode: ScanMode = ScanMode.ONLINE
    local: LocalAnswer | None = None
    rehearsal: bool = False
    older_hashes: tuple[bytes, ...] = ()

    @property
    def hashes(self) -> tuple[bytes, ...]:
        """All that may stand for what was read, the present key's hash first."""
        return (self.code_hash, *self.older_hashes) if self.code_hash else ()


@dataclass(frozen=True, slots=True)
class Faulty:
    """An item that is no attempt: what was sent as its id (where that was text) and the names of the fields at fault."""

    sent_id: str | None
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class First:
    """The scan that was first: when, at which list, and the initials on the phone."""

    at: datetime
    check_in_list: str
    by: str


@dataclass(slots=True)
class Verdict:
    """What an attempt is answered: a result, or an error when nothing was stored. `ticket` is the ticket's row."""

    sent_id: str | None
    result: str = ""
    error: str = ""
    fields: tuple[str, ...] = ()
    replay: bool = False
    direction: Direction = Direction.ENTRY
    count: int = 1
    admitted: int = 0
    arrived: int = 0
    check_in_list: CheckInListState | None = None
    ticket: Any = None
    first: First | None = None
    winner_id: uuid.UUID | None = None
    left: bool = False
    warning: str | None = None

    def lose_one(self) -> None:
        """Somebody else admitted one of these passes meanwhile; without any left, the ticket was in already."""
        self.admitted -= 1
        self.arrived -= 1
        if self.admitted == 0:
            self.result, self.winner_id = Result.ALREADY_IN, None


@dataclass(frozen=True, slots=True)
class ScanFacts:
    """What is known when an attempt is judged.

    `at` is when it happened: the server's time for a scan made online, the phone's corrected time for one made offline.
    `inside` counts the passes of the ticket that are in; `gone` those that left where leaving is final.
    """

    at: datetime
    stored: str | None = None
    known: bool = True
    revoked: bool = False
    same_event: bool = True
    status: RegistrationStatus = RegistrationStatus.CONFIRMED
    on_list: bool = True
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    party: int = 1
    inside: int = 0
    gone: int = 0

    @property
    def free(self) -> int:
        """How many of the party may still come in."""
        return max(0, self.party - self.inside - self.gone)


@dataclass(frozen=True, slots=True)
class UndoFacts:
    """What is known about the scan that somebody wants to take back; `takes_back` counts the passes it would change."""

    found: bool
    same_list: bool = True
    own: bool = True
    age: timedelta = timedelta(0)
    supervises: bool = False
    takes_back: int = 1


WAITING = frozenset(
    {RegistrationStatus.WAITLISTED, RegistrationStatus.PENDING}
)  # one whose mail address is not confirmed yet holds no seat either
Rule = tuple[Callable[[ScanFacts], bool], Result]
# Leaving is never blocked: only a code that opens nothing of this event is refused on the way out.
ALWAYS: tuple[Rule, ...] = (
    (lambda facts: not facts.known, Result.UNKNOWN),
    (lambda facts: facts.revoked, Result.REVOKED),
    (lambda facts: not facts.same_event, Result.WRONG_EVENT),
)
ENTRY: tuple[Rule, ...] = (
    *ALWAYS,
    (lambda facts: facts.status == RegistrationStatus.CANCELLED, Result.CANCELLED),
    (lambda facts: facts.status in WAITING, Result.WAITLISTED),
    (lambda facts: not facts.on_list, Result.WRONG_LIST),
    (lambda facts: facts.opens_at is not None and facts.at < facts.opens_at, Result.NOT_YET),
    (lambda facts: facts.closes_at is not None and facts.at >= facts.closes_at, Result.TOO_LATE),
    (lambda facts: facts.free == 0, Result.ALREADY_IN),
)


def judge(direction: Direction, facts: ScanFacts) -> str:
    """The first reason that applies; accepted, or exited, when there is none. An id that was answered keeps its answer."""
    if facts.stored is not None:
        return facts.stored
    for applies, result in ENTRY if direction == Direction.ENTRY else ALWAYS:
        if applies(facts):
            return result
    return Result.ACCEPTED if direction == Direction.ENTRY else Result.EXITED


def refusals(device: DeviceState, attempts: Sequence[Attempt], now: datetime, misses_left: int) -> dict[uuid.UUID, str]:
    """The attempts that may not be stored, with the error each is answered; `misses_left` references may still be typed.

    A scan made offline for a list that the phone has lost since is kept all the same.
    """
    refused = {}
    for attempt in attempts:
        check_in_lists = device.serves(attempt.direction) if attempt.mode == ScanMode.ONLINE else device.all_lists
        if attempt.check_in_list not in check_in_lists:
            refused[attempt.id] = "unknown_list"
        elif not device.is_live(now) and attempt.mode == ScanMode.ONLINE:
            refused[attempt.id] = "device_ended"
    typed = [attempt for attempt in attempts if attempt.reference is not None]
    for attempt in typed[max(0, misses_left) :]:
        refused.setdefault(attempt.id, "too_many_misses")
    return refused


def judge_undo(facts: UndoFacts) -> Result:
    """Undone on the own phone within 15 minutes, later or elsewhere only for a supervisor, and only what still stands."""
    in_time = facts.own and timedelta(0) <= facts.age <= UNDO_WINDOW
    allowed = facts.found and facts.same_list and facts.takes_back > 0 and (in_time or facts.supervises)
    return Result.UNDONE if allowed else Result.UNDO_REFUSED


def conflict_kind(direction: Direction, local: LocalAnswer | None, result: str, *, admitted: int, count: int) -> str | None:
    """The kind of conflict to keep: the phone let people in that the server did not admit; None when both agree."""
    if direction != Direction.ENTRY or local != LocalAnswer.ACCEPTED:
        return None
    if result != Result.ACCEPTED:
        return result
    return Result.ALREADY_IN if admitted < count else None


def moment_of(mode: ScanMode, received_at: datetime, occurred_at: datetime, offset: timedelta) -> datetime:
    """When a scan happened: as received when it was made online, else by the phone's clock set right, never in the future."""
    return received_at if mode == ScanMode.ONLINE else min(received_at, occurred_at + offset)


def crowding(inside: int, capacity: int | None) -> str | None:
    """A full list warns, it never refuses: people decide. `nearly_full` from 90 % on, `full` from 100 % on."""
    if capacity is None or inside < capacity * NEARLY_FULL:
        return None
    return "full" if inside >= capacity else "nearly_full"
