"""An installation on a migrated database of its own, with its journal in a folder of its own, at noon."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from app.audit import journal
from app.core.db import db
from tests.checks import postgres
from tests.conftest import browser_of, settings_for
from tests.databases import a_database


@pytest.fixture
def app(tmp_path: Path, migrated: str, noon: datetime, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    binaries = postgres.find_binaries()
    if binaries:
        monkeypatch.setenv("PATH", f"{binaries}{os.pathsep}{os.environ['PATH']}")
    folder = tmp_path / "instance"
    folder.mkdir()
    with a_database(folder, like=migrated) as address:
        application = create_app(replace(settings_for(address), journal=folder / "erasures.log"))
        with application.app_context():
            journal.prune(noon)
            db.session.remove()
        yield application
        with application.app_context():
            db.session.remove()
            db.engine.dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    browser = browser_of(app)
    return browser


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the backup goes."""
    return tmp_path / "companion.backup"
