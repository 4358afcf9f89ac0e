"""The version of what a page shows: read from the database, remembered for half a second in this process.

So a crowd that reads one page costs the database nothing. What this process itself writes is seen at once; what another
one writes, after `MEMORY` at the latest.
"""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from time import monotonic
from typing import Any

from flask import current_app
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.core.db import ask_session, read_scalar

MEMORY = 0.5  # seconds
MOST = 10_000


@dataclass(frozen=True, slots=True)
class Stamp:
    """Where a version stands: a SELECT with `{}` for each of its values, as `read_scalar` takes it."""

    sql: str
    values: tuple[object, ...] = ()

    def read(self) -> Any:
        """The version now, whatever the session has read; None when what it belongs to does not exist."""
        return read_scalar(self.sql, *self.values)

    def read_with_page(self) -> Any:
        """The version in the transaction that the rest of the page is read in: what follows is at least as new."""
        rows = ask_session(self.sql, self.values)
        return rows[0][0] if rows else None


class Versions:
    """What this process remembers of versions; safe for threads."""

    def __init__(self) -> None:
        self._known: dict[Stamp, tuple[Any, float]] = {}
        self._changes = 0
        self._lock = Lock()

    def recall(self, stamp: Stamp) -> Any:
        """The version, no older than `MEMORY`. What does not exist is not remembered: it may be about to."""
        known = self._known.get(stamp)
        if known is not None and monotonic() < known[1]:
            return known[0]
        changes, until = self._changes, monotonic() + MEMORY
        version = stamp.read()
        with self._lock:
            if version is not None and changes == self._changes:  # else it may have been read before the change
                if len(self._known) >= MOST:
                    self._known.clear()
                self._known[stamp] = version, until
        return version

    def forget(self) -> None:
        """Remember nothing: this process has written."""
        with self._lock:
            self._changes += 1
            self._known.clear()


def forget_after(session: Session) -> None:
    """Let this process see, once `session` has committed, what it has written."""
    session.info["shown"] = True


@event.listens_for(Session, "after_commit")
def _forget(session: Session) -> None:
    if session.info.pop("shown", False):
        current_app.extensions["pagecache"].versions.forget()
