"""What a reader looks for: read from the address, where everybody may have typed anything."""

from __future__ import annotations

from collections.abc import Mapping

from app.core.forms import plain
from app.core.pagecache import MAX_PARAM
from app.site.rules import EventFilter

FILTERS = ("town", "country", "kind", "q")


def parse_filter(args: Mapping[str, str]) -> EventFilter:
    """From the query; each value is cut at 80 characters and freed of what cannot be printed."""
    return EventFilter(**{name: clean(args.get(name, "")) for name in FILTERS})


def clean(value: str) -> str:
    """One line of printable text, at most 80 characters."""
    return " ".join(plain(value[:MAX_PARAM]).split())
