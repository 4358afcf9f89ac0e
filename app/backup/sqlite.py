"""SQLite: copied by its own backup interface while it is written to; restored by taking the file's place."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from app.audit.journal import sync
from app.backup.files import free_name, write_whole
from app.backup.rules import OWN_TABLES, BackupFacts, BackupRefused
from app.core.db import BUSY_SECONDS

SUFFIX = ".sqlite3"
MAGIC = b"SQLite format 3\0"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class SqliteStore:
    """The database in one file."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.folder = file.parent

    def dump(self, file: Path, now: datetime) -> None:
        """A copy as of one moment, one file without a log beside it; `user_version` says when it was made, in minutes."""
        if not self.file.exists():
            raise BackupRefused(f"There is no database {self.file}.")
        with _opened(self.file) as live, _opened(file) as copy:
            live.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")
            copy.execute(f"PRAGMA user_version={(now - _EPOCH) // timedelta(minutes=1)}")

    def facts_of(self, file: Path) -> BackupFacts:
        """What the file says of itself. Raises `BackupRefused` for one that is damaged, or is no database of this kind."""
        with file.open("rb") as start:
            if start.read(len(MAGIC)) != MAGIC:
                raise BackupRefused("It is no SQLite database.")
        log = file.with_name(f"{file.name}-wal")
        if log.exists() and log.stat().st_size:
            raise BackupRefused(f"{log.name} lies beside it: it was copied while in use, and part of it stands only there.")
        try:
            with _opened(file, "mode=ro&immutable=1") as found:
                return _read(found, file)
        except sqlite3.DatabaseError as error:
            raise BackupRefused(f"It is damaged: {error}.") from None

    def require_alone(self) -> None:
        """Raises `BackupRefused` while anybody else has the database open. Its log of writes is empty afterwards, and gone."""
        if not self.file.exists():
            return
        with _opened(self.file) as live:
            try:
                live.execute("PRAGMA busy_timeout=1000")
                mode = live.execute("PRAGMA journal_mode=DELETE").fetchone()[0]
            except sqlite3.OperationalError:
                mode = ""
        if mode != "delete":
            raise BackupRefused("The database is in use. Stop the services first: systemctl stop companion companion-mail")

    def set_aside(self, name: str, _now: datetime) -> Path | None:
        """Give the present file a second name, by which it stays; None where there is no database yet."""
        if not self.file.exists():
            return None
        aside = free_name(self.folder, name, SUFFIX)
        os.link(self.file, aside)
        aside.chmod(0o600)
        return aside

    def put(self, file: Path) -> None:
        """Put a copy of `file` in the database's place, in one step."""
        stage = self.folder / f".{self.file.name}.restored"
        stage.unlink(missing_ok=True)
        write_whole(stage, lambda half: shutil.copyfile(file, half))
        self._remove_log()
        stage.replace(self.file)
        sync(self.folder)

    def bring_back(self, aside: Path | None) -> None:
        """Put the database that was set aside back in its place; without one there was none."""
        self._remove_log()
        if aside is None:
            self.file.unlink(missing_ok=True)
        else:
            aside.replace(self.file)
            aside.unlink(missing_ok=True)  # a second name of the same file stays after renaming
            sync(self.file)
        sync(self.folder)

    def _remove_log(self) -> None:
        """What another database wrote last must not be read into the one that takes its place."""
        for end in ("-wal", "-shm", "-journal"):
            self.file.with_name(f"{self.file.name}{end}").unlink(missing_ok=True)


@contextmanager
def _opened(file: Path, how: str = "mode=rw") -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(f"{file.absolute().as_uri()}?{how}", uri=True, timeout=BUSY_SECONDS, isolation_level=None)
    try:
        connection.execute("PRAGMA trusted_schema=OFF")
        yield connection
    finally:
        connection.close()


def _read(found: sqlite3.Connection, file: Path) -> BackupFacts:
    if (said := found.execute("PRAGMA integrity_check(1)").fetchone()[0]) != "ok":
        raise BackupRefused(f"It is damaged: {said}.")
    tables = frozenset(name for (name,) in found.execute("SELECT name FROM sqlite_master WHERE type = 'table'"))
    revision = found.execute("SELECT max(version_num) FROM alembic_version").fetchone()[0] if tables >= OWN_TABLES else ""
    minutes = found.execute("PRAGMA user_version").fetchone()[0]
    made_at = _EPOCH + timedelta(minutes=minutes) if minutes else datetime.fromtimestamp(file.stat().st_mtime, UTC)
    return BackupFacts(made_at, tables, revision or "")
