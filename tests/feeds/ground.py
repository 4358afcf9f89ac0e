"""The demo's whole data behind a client: every feed is tried on real events."""

from __future__ import annotations

from app.core import clock
from app.demo import live, loader


def fill() -> None:
    """Towns, the programme's events, the two that are on now."""
    loader.seed_base()
    loader.seed_demo()
    live.redate(clock.now())
