"""What must not come back with an older backup: a file beside the database, to which every erasure is added once committed.

It holds moments, verbs and ids, never a name. `flask restore` does again what it says (app.backup), `flask upkeep` adds what
a crash kept from being written, and drops what is older than any backup may be (docs/decisions/0011-backups.md).
"""

from __future__ import annotations

import logging
import os
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from flask import current_app
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.core import clock
from app.core.write_queue import QueueTimeout, WriteQueue

BACKUPS_KEPT = timedelta(days=30)  # older ones are not restored: docs/operations.md says to delete them
RETENTION = BACKUPS_KEPT + timedelta(days=1)
PATIENCE = 2.0  # seconds: a guest who erases their data waits no longer for a process that holds the file
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """Something that was done for good: when, what (a verb), to whom; `number` where it was done for the n-th time."""

    at: datetime
    verb: str
    subject_id: uuid.UUID
    number: int = 0

    def __str__(self) -> str:
        return f"{self.at.isoformat()} {self.verb} {self.subject_id} {self.number}"


def record(session: Session, verb: str, subject_id: uuid.UUID, number: int = 0, at: datetime | None = None) -> None:
    """Keep, once the caller's `write_tx()` has been committed, that this was done for good."""
    if not session.info.get("journal paused"):
        session.info.setdefault("journal", []).append(JournalEntry(at or clock.now(), verb, subject_id, number))


@contextmanager
def paused(session: Session) -> Iterator[None]:
    """What is done again in this block stands in the journal already."""
    session.info["journal paused"] = True
    try:
        yield
    finally:
        session.info.pop("journal paused")


@event.listens_for(Session, "after_commit")
def _write(session: Session) -> None:
    if entries := session.info.pop("journal", None):
        write(entries)


@event.listens_for(Session, "after_rollback")
def _forget(session: Session) -> None:
    session.info.pop("journal", None)


def path() -> Path:
    """Where the journal of this installation is."""
    found: Path = current_app.extensions["settings"].journal
    return found


def write(entries: Iterable[JournalEntry]) -> None:
    """Add these. What was committed stays so when the file cannot be written: that is logged, and upkeep adds it later."""
    with _logged(), _turn().take():
        _append("".join(f"{entry}\n" for entry in entries))


def read() -> list[JournalEntry]:
    """Everything in it, in the order of writing; a line that a crash left torn is passed over. Empty when there is no file."""
    try:
        lines = path().read_text("utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return []
    return [entry for line in lines if (entry := _parse(line))]


def prune(now: datetime) -> None:
    """Drop what is older than any backup, and make the file where there is none yet."""
    with _logged(), _turn().take():
        known = read()
        left = [entry for entry in known if entry.at > now - RETENTION]
        if len(left) < len(known):
            _replace(left)
        else:
            _append("")


@contextmanager
def _logged() -> Iterator[None]:
    try:
        yield
    except (OSError, QueueTimeout) as error:
        log.error("the journal of erasures could not be written (flask upkeep adds what is missing): %s", type(error).__name__)


def _turn() -> WriteQueue:
    file = path()
    file.parent.mkdir(parents=True, exist_ok=True)
    return WriteQueue(file.with_name(f".{file.name}-turn"), PATIENCE)


def _append(text: str) -> None:
    file = path()
    begun = file.exists()
    handle = os.open(file, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        size = os.fstat(handle).st_size
        torn = size > 0 and os.pread(handle, 1, size - 1) != b"\n"
        os.write(handle, ("\n" * (torn and bool(text)) + text).encode())
        os.fsync(handle)
    finally:
        os.close(handle)
    if not begun:
        sync(file.parent)


def _replace(entries: Sequence[JournalEntry]) -> None:
    file = path()
    fresh = file.with_name(f".{file.name}-new")
    fresh.unlink(missing_ok=True)
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        out.writelines(f"{entry}\n" for entry in entries)
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(file)
    sync(file.parent)


def sync(path: Path) -> None:
    """Bring a file to the disk, or a folder's entries, so that a file made or renamed in it is found after a power cut."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _parse(line: str) -> JournalEntry | None:
    try:
        at, verb, subject_id, number = line.split(" ")
        return JournalEntry(datetime.fromisoformat(at), verb, uuid.UUID(subject_id), int(number))
    except ValueError:
        return None
