"""Who may register now and who gets a seat, judged from facts alone: no SQL, no clock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from app.events.models import CALLED_OFF, EventStatus
from app.registration.models import RegistrationStatus


class RegistrationState(StrEnum):
    """What somebody who wants to register is told."""

    OPEN = "open"
    NOT_NEEDED = "not_needed"
    CANCELLED = EventStatus.CANCELLED.value
    POSTPONED = EventStatus.POSTPONED.value
    OVER = "over"
    NOT_YET = "not_yet"
    CLOSED = "closed"
    FULL = "full"


def registration_state(
    status: EventStatus, over: bool, opens_at: datetime | None, closes_at: datetime | None, now: datetime
) -> RegistrationState:
    """The first reason not to register, else open. It opens at `opens_at` and is closed from `closes_at` on."""
    if over:
        return RegistrationState.OVER
    if status in CALLED_OFF:
        return RegistrationState(status)
    if opens_at is not None and now < opens_at:
        return RegistrationState.NOT_YET
    if closes_at is not None and now >= closes_at:
        return RegistrationState.CLOSED
    return RegistrationState.OPEN


def gets_seats(party: int, capacity: int | None, taken: int, waiting: int) -> bool:
    """A party takes its seats together, and only while nobody waits whom the event could seat; else it waits together."""
    return capacity is None or (waiting == 0 and taken + party <= capacity)


def new_status(party: int, capacity: int | None, taken: int, waiting: int, waiting_list: bool) -> RegistrationStatus | None:
    """`confirmed` with seats, `waitlisted` without; None when there is no room and no waiting list either."""
    if gets_seats(party, capacity, taken, waiting):
        return RegistrationStatus.CONFIRMED
    return RegistrationStatus.WAITLISTED if waiting_list else None


def may_change_size(status: RegistrationStatus, before: int, after: int, capacity: int | None, taken: int, waiting: int) -> bool:
    """Whether a party may become this large: always smaller; larger only with free seats that nobody waits for.

    One that holds no seats (waiting or pending) may change as it likes: it keeps its place in the queue. `taken` counts
    the party's present seats.
    """
    return status != RegistrationStatus.CONFIRMED or after <= before or gets_seats(after - before, capacity, taken, waiting)


def promoted(parties: Sequence[int], capacity: int | None, taken: int) -> list[int]:
    """Which of the waiting parties (by their place in the list) get seats now.

    Nobody overtakes a larger party ahead, but for one that the event could never seat: it keeps its place and is passed over.
    """
    seated = []
    for place, party in enumerate(parties):
        if never_fits(party, capacity):
            continue
        if capacity is not None and taken + party > capacity:
            break
        taken += party
        seated.append(place)
    return seated


def never_fits(party: int, capacity: int | None) -> bool:
    """Whether a party is larger than all seats together, which happens when seats were lowered."""
    return capacity is not None and party > capacity


def largest_party(party_max: int, capacity: int | None, present: int = 1) -> int:
    """The largest party that could ever get seats; never less than the `present` size of one that is changed."""
    return max(1, present, party_max if capacity is None else min(party_max, capacity))
