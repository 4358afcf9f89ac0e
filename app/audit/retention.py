"""Deleting what was kept long enough: what every domain's `purge` shares."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, delete, literal, select
from sqlalchemy.orm import Session

from app.core.db import BUSY_TIMEOUT, Model, db, writing_to

ASIDE = "before-restore-"
RETENTION = timedelta(days=30)  # the privacy notice promises it: templates/site/about/privacy.html


@dataclass(frozen=True, slots=True)
class Stored:
    """What is still kept of an event: how many of this kind, and the day on which the last of them is deleted at the latest.

    `due_on` is None while the event has no date: what was not held cannot be over.
    """

    kind: str
    count: int
    due_on: date | None


def delete_where(session: Session, model: type[Model], *where: ColumnElement[bool]) -> int:
    """Delete these rows in one statement, inside a `write_tx()`; returns how many there were."""
    statement = delete(model).where(*where).execution_options(synchronize_session=False)
    return cast("CursorResult[Any]", session.execute(statement)).rowcount


def there_is(model: type[Model], *where: ColumnElement[bool]) -> bool:
    """Whether there is such a row: asked before a transaction is begun, because mostly nothing is due."""
    return db.session.scalar(select(literal(1)).select_from(model).where(*where).limit(1)) is not None


def aside_name(now: datetime) -> str:
    """What a database that a restore replaced is called, without its ending."""
    return f"{ASIDE}{now:%Y%m%dT%H%M%S}"


def purge_asides(folders: Iterable[Path], now: datetime) -> int:
    """Delete the databases that a restore set aside thirty days ago, also halves of them; returns how many."""
    found = [
        path for folder in set(folders) if folder.is_dir() for path in folder.iterdir() if path.name.lstrip(".").startswith(ASIDE)
    ]
    late = [path for path in found if path.name.lstrip(".") < aside_name(now - RETENTION)]
    for path in late:
        path.unlink(missing_ok=True)
    return len(late)


def leave_no_trace() -> None:
    """SQLite keeps pages as they were in its write-ahead log: empty it after a deletion.

    Whoever reads just now is waited for half a second, no longer; then the next time does it.
    """
    if not writing_to("sqlite"):
        return
    db.session.rollback()
    with db.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout=500")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").all()
        connection.exec_driver_sql(f"PRAGMA {BUSY_TIMEOUT}")
