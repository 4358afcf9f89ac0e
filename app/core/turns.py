"""Whose turn it is to write to an SQLite file. SQLite lets one connection write and makes the others poll, asleep for longer
and longer; under load somebody sleeps for seconds. Here they queue: threads at a lock, processes at a lock file.

Only a courtesy: BEGIN IMMEDIATE still decides, so a writer that knows nothing of the queue harms nobody.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

PATIENCE = 15.0


class OutOfTurn(Exception):
    """Nobody let us write for `PATIENCE` seconds."""


class Turns:
    """The queue at one database file; a process that dies leaves it at once."""

    def __init__(self, path: Path, patience: float = PATIENCE) -> None:
        self._path, self._patience, self._lock = path, patience, Lock()

    @contextmanager
    def take(self) -> Iterator[None]:
        """Wait for the turn and keep it for the block. Raises `OutOfTurn`. One thread of a process waits at the file."""
        if not self._lock.acquire(timeout=self._patience):
            raise OutOfTurn
        try:
            # Opened each time (10 microseconds): one inherited through a fork would share its parent's turn.
            file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(file, fcntl.LOCK_EX)
                yield
            finally:
                os.close(file)
        finally:
            self._lock.release()
