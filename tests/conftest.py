"""Fixtures: an app on SQLite or on PostgreSQL (TEST_DATABASE_URL), empty tables for each test, a clock at noon.

No app context stands around `client`: a request sees only what was committed.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, event

from app import create_app
from app.config import Settings, database_url
from app.core import clock
from app.core.db import db, write_tx, writing_to
from app.i18n.languages import LANGUAGES, SOURCE
from tests.databases import a_database, migrate

ROOT = Path(__file__).resolve().parent.parent
NOON = datetime(2026, 6, 16, 12, 0, tzinfo=UTC)
SECRET = "tests-only-" + "0123456789abcdef" * 3
HOST = "pearls.test"
OWN = {"Sec-Fetch-Site": "same-origin"}  # as a browser says of a form that stands on our own page
DELETIONS = [f'DELETE FROM "{table.name}"' for table in reversed(db.metadata.sorted_tables)]
JOURNALS = Path(tempfile.mkdtemp(prefix="companion-journals-"))
atexit.register(shutil.rmtree, JOURNALS, ignore_errors=True)


def pytest_configure() -> None:
    """Without catalogues every page would be English, and a test that compares two pages in one language would notice nothing."""
    missing = [
        lang for lang in LANGUAGES if lang != SOURCE and not (ROOT / f"translations/{lang}/LC_MESSAGES/messages.mo").exists()
    ]
    if missing:
        raise pytest.UsageError(f"No catalogue is compiled for {', '.join(missing)}: run `make catalogues` first.")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Who says `once` uses the tested database nowhere: else it would go untested on PostgreSQL."""
    tested = {"app", "empty_app"}
    wrong = [
        item.nodeid
        for item in items
        if item.get_closest_marker("once") and tested.intersection(getattr(item, "fixturenames", ()))
    ]
    if wrong:
        raise pytest.UsageError(f"marked `once`, and yet on the tested database: {', '.join(wrong)}")


def settings_for(url: str) -> Settings:
    """Settings of a secure installation at https://pearls.test, with a journal of its own."""
    return Settings(
        secret_key=SECRET, public_base_url=f"https://{HOST}", database_url=url, trusted_hosts=(HOST, "localhost"), testing=True,
        journal=JOURNALS / f"{uuid.uuid4()}.log",
    )  # fmt: skip


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The application with its tables, on the database that is being tested."""
    url = os.environ.get("TEST_DATABASE_URL") or f"sqlite:///{tmp_path_factory.mktemp('db') / 'test.sqlite3'}"
    application = create_app(settings_for(database_url(url)))
    with application.app_context():
        db.drop_all()
        db.create_all()
    yield application
    with application.app_context():
        db.engine.dispose()


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a database as the migrations make it, to be copied: `a_database(folder, like=migrated)`."""
    with a_database(tmp_path_factory.mktemp("migrated"), "migrated") as address:
        migrate(create_app(settings_for(address)))
        yield address


def empty_tables() -> None:
    """Delete every row, children first. By the driver itself: it is done before each of some thousand tests."""
    with write_tx() as session:
        bare: Any = session.connection().connection.driver_connection
        for statement in DELETIONS if writing_to("sqlite") else ["; ".join(DELETIONS)]:
            bare.execute(statement)


@pytest.fixture
def database(app: Flask) -> Iterator[None]:
    """An app context on empty tables: for tests of services."""
    app.extensions["pagecache"].clear()
    with app.app_context():
        empty_tables()
        yield
        db.session.remove()


def browser_of(app: Flask) -> FlaskClient:
    """A browser without cookies at https://pearls.test."""
    browser = app.test_client()
    browser.environ_base |= {"HTTP_HOST": HOST, "wsgi.url_scheme": "https"}
    return browser


@pytest.fixture
def client(app: Flask) -> Iterator[FlaskClient]:
    """A browser without cookies at https://pearls.test, on empty tables. Fill them inside `with app.app_context():`."""
    app.extensions["pagecache"].clear()
    with app.app_context():
        empty_tables()
    with browser_of(app) as browser:
        yield browser


@pytest.fixture
def noon() -> Iterator[datetime]:
    """The clock stands (runs from) 16 June 2026, 12:00 UTC."""
    with clock.travelled_to(NOON):
        yield NOON


@pytest.fixture
def queries(app: Flask) -> Iterator[list[str]]:
    """Every SQL statement sent while the test runs; `queries.clear()` starts counting anew."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        sent.append(statement)

    with app.app_context():
        engine: Engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)
