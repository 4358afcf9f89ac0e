"""Making a backup and bringing one back: checked before anything is touched, the present database set aside, all or nothing."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

import flask_migrate
from alembic.config import Config as Alembic
from alembic.script import ScriptDirectory
from flask import current_app

from app import config
from app.audit import journal, retention
from app.backup import replay, rules
from app.backup.files import write_whole
from app.backup.postgres import PostgresStore
from app.backup.replay import Replayed
from app.backup.rules import BackupFacts, BackupRefused
from app.backup.sqlite import SqliteStore
from app.core import clock
from app.core.db import db

log = logging.getLogger(__name__)


class Store(Protocol):
    """Where the database is kept, and how it is copied and replaced."""

    def dump(self, file: Path, now: datetime) -> None: ...

    def facts_of(self, file: Path) -> BackupFacts: ...

    def require_alone(self) -> None: ...

    def set_aside(self, name: str, now: datetime) -> Path | None: ...

    def put(self, file: Path) -> None: ...

    def bring_back(self, aside: Path | None) -> None: ...


@dataclass(frozen=True, slots=True)
class Restored:
    """What was brought back, where the database from before is, and what was done again."""

    facts: BackupFacts
    aside: Path | None
    replayed: Replayed


def store() -> Store:
    """The store of this installation's database. Raises `BackupRefused` for one in memory."""
    url = db.engine.url
    if url.get_backend_name() == "postgresql":
        return PostgresStore(url.set(drivername="postgresql"), journal.path().parent)
    if not url.database or url.database == ":memory:":
        raise BackupRefused("A database in memory has no backup.")
    return SqliteStore(Path(url.database))


def back_up(file: Path) -> int:
    """Write a backup that was read back whole before it got its name, readable by its owner only; its size in bytes.

    Everybody goes on reading and writing meanwhile. Raises `BackupRefused`; nothing is left then.
    """
    kept, now = store(), clock.now()

    def fill(half: Path) -> None:
        kept.dump(half, now)
        if not kept.facts_of(half).tables >= rules.OWN_TABLES:
            raise BackupRefused("There is nothing to back up yet: flask db upgrade makes the tables.")

    write_whole(file, fill)
    return file.stat().st_size


def restore(file: Path, *, accepted: bool = False) -> Restored:
    """Put a backup in the database's place, bring it up to date, and do again what must not come back.

    `accepted`: erasures may be lost. Nobody else may have the database open. What was there before is set aside, and comes back
    when anything fails on the way. Raises `BackupRefused`.
    """
    now, kept = clock.now(), store()
    facts = check(kept, file, now, accepted=accepted)
    let_go()
    kept.require_alone()
    marker = config.unfinished_restore(current_app.extensions["settings"])
    begun = marker.exists()  # by a restore that was interrupted: what is there now is half a database
    aside = kept.set_aside(retention.aside_name(now), now)
    try:
        mark(marker)
        kept.put(file)
        let_go()
        flask_migrate.upgrade(directory=current_app.extensions["migrate"].directory)
        replayed = replay.replay(now)
    except BaseException:
        let_go()
        kept.bring_back(aside)
        if not begun:
            marker.unlink(missing_ok=True)
        log.error("the restore failed, and the database from before is back in its place")
        raise
    finally:
        let_go()
    marker.unlink()
    return Restored(facts, aside, replayed)


def mark(marker: Path) -> None:
    """Note, for whoever starts the services after a power cut, that the database is not whole."""
    marker.touch(0o600)
    journal.sync(marker.parent)


def check(kept: Store, file: Path, now: datetime, *, accepted: bool) -> BackupFacts:
    """What the file is. Raises `BackupRefused` when it may not be restored."""
    if not file.is_file():
        raise BackupRefused(f"There is no file {file}.")
    facts = kept.facts_of(file)
    known = {script.revision for script in _migrations().walk_revisions()}
    rules.judge(facts, known, now, journal.BACKUPS_KEPT, journal=journal.path().exists(), accepted=accepted)
    return facts


def let_go() -> None:
    """Close every connection of ours, and forget what was read through them."""
    db.session.remove()
    db.engine.dispose()
    current_app.extensions["pagecache"].versions.forget()


def _migrations() -> ScriptDirectory:
    found = Alembic()
    found.set_main_option("script_location", current_app.extensions["migrate"].directory)
    return ScriptDirectory.from_config(found)
