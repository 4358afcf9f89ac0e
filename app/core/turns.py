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
from threading import Event, Lock, Thread
from time import monotonic

PATIENCE = 5.0
BRIEFLY = 0.2


class OutOfTurn(Exception):
    """Nobody let us write for `PATIENCE` seconds."""


class Turns:
    """The queue at one database file. A process that dies leaves it at once; one that is stopped in its turn is waited for
    until the patience of the first is over, and then by nobody for longer than `BRIEFLY` until it goes on."""

    def __init__(self, path: Path, patience: float = PATIENCE) -> None:
        self._path, self._patience, self._lock = path, patience, Lock()
        self._stuck: Waiting | None = None

    @contextmanager
    def take(self) -> Iterator[None]:
        """Wait for the turn and keep it for the block. Raises `OutOfTurn`. One thread of a process waits at the file."""
        until = monotonic() + (BRIEFLY if self._is_stuck() else self._patience)
        if not self._lock.acquire(timeout=max(0.0, until - monotonic())):
            raise OutOfTurn
        try:
            file = self._wait_at_file(until)
            try:
                yield
            finally:
                os.close(file)
        finally:
            self._lock.release()

    def _is_stuck(self) -> bool:
        stuck = self._stuck
        return stuck is not None and not stuck.over

    def _wait_at_file(self, until: float) -> int:
        # Opened each time (10 microseconds): one inherited through a fork would share its parent's turn.
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return self._wait_in_thread(file, until)
        return file

    def _wait_in_thread(self, file: int, until: float) -> int:
        if self._stuck is None or self._stuck.over:
            self._stuck = Waiting(file)
            self._stuck.start()
        else:
            os.close(file)
        waiting = self._stuck
        if not waiting.comes_by(until):
            raise OutOfTurn
        self._stuck = None
        return waiting.file


class Waiting(Thread):
    """Waits for the lock of `file` in a thread of its own, because nothing else can give up waiting for one. Polling it was
    measured: the slowest of a hundred waited three times as long."""

    def __init__(self, file: int) -> None:
        super().__init__(daemon=True)
        self.file, self.over = file, False
        self._wanted, self._came, self._state = True, Event(), Lock()

    def run(self) -> None:
        """Get the lock; let it go at once when nobody wants it any longer."""
        fcntl.flock(self.file, fcntl.LOCK_EX)
        with self._state:
            self.over = True
            if self._wanted:
                self._came.set()
            else:
                os.close(self.file)

    def comes_by(self, until: float) -> bool:
        """Whether the lock comes until then; else it is not wanted any longer, unless somebody asks again."""
        with self._state:
            self._wanted = not self.over
        self._came.wait(until - monotonic())
        with self._state:
            self._wanted = self._came.is_set()
            return self._wanted
