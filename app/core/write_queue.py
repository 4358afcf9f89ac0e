"""Whose turn it is to write to an SQLite file. SQLite lets one connection write and makes the others poll, asleep for longer
and longer; under load somebody sleeps for seconds. Here they queue: threads at a lock, processes at two lock files.

Only a courtesy: BEGIN IMMEDIATE still decides, so a writer that knows nothing of the queue harms nobody.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from time import monotonic, sleep

PATIENCE = 5.0
BRIEFLY = 0.2
NAP, LONGEST_NAP = 0.0002, 0.002


class QueueTimeout(Exception):
    """Nobody let us write for `PATIENCE` seconds."""


class WriteQueue:
    """The queue at one database file. A process that dies leaves it at once; one that is stopped in its turn is waited for
    until the patience of the first is over, and then by nobody for longer than `BRIEFLY` until it goes on.

    A process whose turn is over goes to the end: whoever wants the turn first takes the place of the next, which only one
    process has. Waiting for a lock file cannot be given up, so it is asked for again and again.
    """

    def __init__(self, path: Path, patience: float = PATIENCE) -> None:
        self._turn, self._next, self._patience = path, path.with_name(f"{path.name}-next"), patience
        self._lock, self._in_vain = Lock(), False

    @contextmanager
    def take(self) -> Iterator[None]:
        """Wait for the turn and keep it for the block. Raises `QueueTimeout`. One thread of a process waits at the files."""
        until = monotonic() + (BRIEFLY if self._in_vain else self._patience)
        if not self._lock.acquire(timeout=max(0.0, until - monotonic())):
            raise QueueTimeout
        try:
            turn = self._wait_at_files(until)
            try:
                yield
            finally:
                os.close(turn)
        finally:
            self._lock.release()

    def _wait_at_files(self, until: float) -> int:
        try:
            place = _locked(self._next, until)
            try:
                turn = _locked(self._turn, until)
            finally:
                os.close(place)
        except QueueTimeout:
            self._in_vain = True
            raise
        self._in_vain = False
        return turn


def _locked(path: Path, until: float) -> int:
    """The file, locked. Opened each time (10 microseconds): one inherited through a fork would share its parent's turn."""
    file, nap = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), NAP
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if monotonic() >= until:
                os.close(file)
                raise QueueTimeout from None
            sleep(nap)
            nap = min(nap * 1.2, LONGEST_NAP)
        else:
            return file
