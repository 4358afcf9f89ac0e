"""Databases of a test's own, of the kind that is being tested: empty, or with the tables that the migrations make."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import flask_migrate
import sqlalchemy as sa
from flask import Flask

from app.config import database_url
from app.core.db import db


@contextmanager
def a_database(folder: Path, name: str = "migrations", like: str | None = None) -> Iterator[str]:
    """The address of an empty database, or of a copy of the one at the address `like`, which nobody may use; gone after the block."""
    given = os.environ.get("TEST_DATABASE_URL")
    if not given:
        own = sa.make_url(f"sqlite:///{folder / name}.sqlite3")
        if like:
            shutil.copy(str(sa.make_url(like).database), str(own.database))  # with its mode
        yield str(own)
        return
    url = sa.make_url(database_url(given))
    own = url.set(database=f"{url.database}_{name}")
    template = f' TEMPLATE "{sa.make_url(like).database}"' if like else ""
    admin = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with admin.connect() as connection:
        connection.exec_driver_sql(f'DROP DATABASE IF EXISTS "{own.database}" WITH (FORCE)')
        connection.exec_driver_sql(f'CREATE DATABASE "{own.database}"{template}')
    yield own.render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.exec_driver_sql(f'DROP DATABASE "{own.database}" WITH (FORCE)')


def migrate(app: Flask, revision: str = "head") -> None:
    """Bring its database up to a revision; no connection to it stays."""
    with app.app_context():
        flask_migrate.upgrade(revision=revision)
        db.session.remove()
        db.engine.dispose()
