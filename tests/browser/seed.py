"""The rows that browser tests look at."""

from __future__ import annotations

from datetime import timedelta

from app.core import clock
from tests import factories


def seed() -> None:
    """The demo's towns, events and agendas, re-dated around the present minute."""
    now = clock.now()
    place = factories.make_place()
    today = factories.make_event("kaskinen-today", "Cultural Pearl evening in the wooden town", place)
    factories.make_item(
        today, 1, "Welcome by the town", starts_at=now - timedelta(minutes=10), ends_at=now + timedelta(minutes=20)
    )
    factories.make_item(today, 2, "Choir", starts_at=now + timedelta(minutes=20), ends_at=now + timedelta(minutes=50))
    factories.make_event("visit-today", "Exchange visit", place, kind="exchange_visit")
