"""A database that an older version left, brought up to date, with the application and a browser on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import flask_migrate
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from app.core import clock
from app.core.db import db
from tests.conftest import HOST, NOON, settings_for
from tests.test_migrations import a_database


@contextmanager
def upgraded(folder: Path, revision: str, fill: Callable[[Flask], None]) -> Iterator[Flask]:
    """The application at noon of the ceremony, on a database that `fill` filled at that revision."""
    with a_database(folder) as address, clock.travelled_to(NOON):
        application = create_app(settings_for(address))
        with application.app_context():
            flask_migrate.upgrade(revision=revision)
            fill(application)
            flask_migrate.upgrade()
        yield application
        with application.app_context():
            db.session.remove()
            db.engine.dispose()


def visitor(app: Flask) -> FlaskClient:
    """A browser without cookies at https://pearls.test."""
    browser = app.test_client()
    browser.environ_base |= {"HTTP_HOST": HOST, "wsgi.url_scheme": "https"}
    return browser
