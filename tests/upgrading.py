"""A database that an older version left, brought up to date, with the application and a browser on it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import flask_migrate
import sqlalchemy as sa
from flask import Flask

from app import create_app
from app.core import clock
from app.core.db import db
from tests.conftest import NOON, settings_for
from tests.databases import a_database

TABLES = {"registration_desks": "registration_settings"}
COLUMNS = {"scope": "event_id", "by": "actor_kind", "actor": "actor_id"}


@dataclass(frozen=True)
class Upgraded:
    """A database that was brought up to date, to be copied; and what was in it before, by these columns."""

    address: str
    columns: Mapping[str, Iterable[str]]
    before: dict[str, list[str]]


@contextmanager
def upgraded(folder: Path, revision: str, fill: Callable[[], Mapping[str, Iterable[str]]]) -> Iterator[Upgraded]:
    """Such a database, at noon of the ceremony: `fill` filled it at that revision, and says what to compare."""
    with a_database(folder, "upgraded") as address:
        with clock.travelled_to(NOON), create_app(settings_for(address)).app_context():
            flask_migrate.upgrade(revision=revision)
            columns = fill()
            before = contents(columns)
            flask_migrate.upgrade()
            db.session.remove()
            db.engine.dispose()
        yield Upgraded(address, columns, before)


@contextmanager
def on_copy(folder: Path, old: Upgraded) -> Iterator[Flask]:
    """The application at noon of the ceremony, on a copy of it."""
    with a_database(folder, like=old.address) as address, clock.travelled_to(NOON):
        application = create_app(settings_for(address))
        yield application
        with application.app_context():
            db.session.remove()
            db.engine.dispose()


def contents(columns: Mapping[str, Iterable[str]], *, renamed: bool = False) -> dict[str, list[str]]:
    """Every row of these tables by these columns, under their old names; `renamed` once migration 0013 has been applied."""
    found = {}
    with db.engine.connect() as connection:
        for table, names in columns.items():
            kept = table in {"local_texts", "translations"} or not renamed
            selected = [sa.column(name if kept else COLUMNS.get(name, name)) for name in names]
            query = sa.select(*selected).select_from(sa.table(TABLES.get(table, table) if renamed else table))
            found[table] = sorted(repr(tuple(row)) for row in connection.execute(query))
    return found
