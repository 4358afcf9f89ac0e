"""Seats and opening hours, judged by tables of cases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.registration.rules import RegistrationState, gets_seats, largest_party, promoted, registration_state

pytestmark = pytest.mark.once

NOON = datetime(2026, 6, 16, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
HELSINKI = ZoneInfo("Europe/Helsinki")


@pytest.mark.parametrize(
    ("party", "capacity", "taken", "waiting", "expected"),
    [
        (1, None, 5000, 0, True),
        (5, 5, 0, 0, True),
        (1, 5, 4, 0, True),
        (2, 5, 4, 0, False),
        (1, 5, 5, 0, False),
        (1, 5, 0, 1, False),
        (1, 0, 0, 0, False),
    ],
)
def test_gets_seats_together_and_only_while_nobody_waits(
    party: int, capacity: int | None, taken: int, waiting: int, expected: bool
) -> None:
    assert gets_seats(party, capacity, taken, waiting) is expected


@pytest.mark.parametrize(
    ("parties", "capacity", "taken", "expected"),
    [
        ([], 5, 0, []), ([2, 2, 1], 5, 0, [0, 1, 2]), ([3, 1], 5, 3, []), ([1, 4, 1], 5, 3, [0]), ([9], None, 0, [0]),
        ([1], 2, 5, []), ([8, 1, 2], 2, 0, [1]), ([1, 8, 1], 2, 0, [0, 2]), ([8, 2, 1], 2, 1, []), ([8], 0, 0, []),
    ],
)  # fmt: skip
def test_promoted_overtakes_only_who_could_never_fit(
    parties: list[int], capacity: int | None, taken: int, expected: list[int]
) -> None:
    assert promoted(parties, capacity, taken) == expected


@pytest.mark.parametrize(
    ("status", "over", "opens_at", "closes_at", "expected"),
    [
        ("scheduled", False, None, None, RegistrationState.OPEN),
        ("moved_online", False, None, None, RegistrationState.OPEN),
        ("scheduled", True, None, None, RegistrationState.OVER),
        ("cancelled", False, None, None, RegistrationState.CANCELLED),
        ("cancelled", True, None, None, RegistrationState.OVER),
        ("postponed", False, None, None, RegistrationState.POSTPONED),
        ("scheduled", False, NOON + HOUR, None, RegistrationState.NOT_YET),
        ("scheduled", False, NOON, NOON + HOUR, RegistrationState.OPEN),
        ("scheduled", False, None, NOON, RegistrationState.CLOSED),
        ("scheduled", False, NOON - HOUR, NOON - HOUR, RegistrationState.CLOSED),
    ],
)
def test_desk_state_is_the_first_reason(
    status: str, over: bool, opens_at: datetime | None, closes_at: datetime | None, expected: RegistrationState
) -> None:
    assert registration_state(status, over, opens_at, closes_at, NOON) is expected


def test_largest_party_is_one_that_could_ever_be_seated() -> None:
    assert (largest_party(8, None), largest_party(8, 5), largest_party(8, 0), largest_party(2, 40)) == (8, 5, 1, 2)
