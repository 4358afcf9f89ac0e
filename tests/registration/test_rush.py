"""Everybody at once, over HTTP and through the production server: seats, queue, tickets and mails stay exact.

The long version with figures is `python -m tests.bench.bench_registrations`; this one is its first seconds.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from app.config import database_url
from tests.bench.bench_registrations import run


@pytest.mark.parametrize(("people", "seats", "parties"), [(150, 40, False), (60, 30, True)], ids=["singles", "families"])
def test_a_rush_fills_the_seats_exactly_and_in_order(
    request: pytest.FixtureRequest, tmp_path: Path, people: int, seats: int, parties: bool
) -> None:
    given, log = os.environ.get("TEST_DATABASE_URL"), tmp_path / "server.log"
    url = database_url(given) if given else f"sqlite:///{tmp_path / 'rush.sqlite3'}"
    if given:  # its tables are made anew, so the ones that other tests use stand first
        request.getfixturevalue("app")

    outcome = run(url, people, seats, parties=parties, log=log)

    assert outcome.wrong == [], log.read_text("utf-8")[-4000:]
    assert len([place for place in outcome.book.places.values() if place]) == people
    assert outcome.book.doubled > 0
    assert outcome.book.cancelled > 0
    assert seats - 3 * parties <= outcome.seated <= seats
