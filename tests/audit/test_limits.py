"""How often something may be done: counted for each who, in windows that begin at full multiples of their length."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from app.audit.limits import DAY, RateCount, refuse_too_many
from app.core import clock
from app.core.db import db, write_tx
from app.core.errors import DomainError, TooMany


class Spared(TooMany):
    """A refusal of its own."""


def tried(what: str, who: str | None, most: int = 1, *rest: object) -> type[DomainError] | None:
    try:
        with write_tx() as session:
            refuse_too_many(session, what, who, most, *rest)
    except DomainError as refused:
        return type(refused)
    return None


@pytest.mark.usefixtures("noon")
def test_each_who_is_counted_apart_and_what_is_refused_counts_no_more(database: None) -> None:
    got = [tried("search", who) for who in ("a", "a", "a", "b", None, None)]

    assert got == [None, TooMany, TooMany, None, None, None]
    assert db.session.scalars(select(RateCount.count)).all() == [1, 1]


def test_a_window_is_ten_minutes_unless_another_is_said_and_has_its_own_refusal(database: None, noon: datetime) -> None:
    first, later = (tried("search", "a"), tried("mail", "a", 1, DAY, Spared)), []
    for minutes in (9, 10):
        with clock.travelled_to(noon + timedelta(minutes=minutes)):
            later.append((tried("search", "a"), tried("mail", "a", 1, DAY, Spared)))

    assert (first, later) == ((None, None), [(TooMany, Spared), (None, Spared)])
