"""The demo as everybody reads it: every public page of its towns and events, in each language."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from app import create_app
from app.core import clock
from app.core.db import db
from app.demo import loader, redating
from tests.conftest import NOON, database_url, settings_for
from tests.factories import make_event
from tests.pages.reading import Site, public_paths


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The demo's data and a cancelled event, on a database of their own, at noon of 16 June 2026."""
    app = create_app(settings_for(database_url(f"sqlite:///{tmp_path_factory.mktemp('pages') / 'demo.sqlite3'}")))
    with clock.travelled_to(NOON), app.app_context():
        db.create_all()
        loader.seed_base()
        loader.seed_demo()
        redating.redate(clock.now())
        make_event("called-off", {"en": "Harbour evening", "fi": "Satamailta"}, status="cancelled")
        db.session.remove()
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture(scope="session")
def read_once(demo: Flask) -> Site:
    """One reader for all tests, since reading costs most here: ask it only while the clock stands at noon."""
    return Site(demo)


@pytest.fixture
def site(read_once: Site) -> Iterator[Site]:
    """A reader of the demo; the clock stands at noon."""
    with clock.travelled_to(NOON):
        yield read_once


@pytest.fixture(scope="session")
def paths(demo: Flask) -> list[str]:
    """Every public page, without its language."""
    with clock.travelled_to(NOON):
        return public_paths(demo)
