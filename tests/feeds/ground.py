"""The demo's whole data behind a client: every feed is tried on real events."""

from __future__ import annotations

from app.core import clock
from app.demo import redating
from tests.demo.seeded import put_demo


def fill() -> None:
    """Towns, the programme's events, the two that are on now."""
    put_demo()
    redating.redate(clock.now())
