"""What happens at the door when what serves it is killed: nothing that was answered is lost, nothing is done twice.

The long version with figures is `python -m tests.bench.faults`; this one is its first seconds.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select

from app import create_app
from app.config import database_url
from app.core.db import db
from app.places.models import Place
from tests.bench.faults import Plan, run
from tests.checks import postgres
from tests.conftest import settings_for

PATIENCE = 20.0  # seconds, on a machine that does other things; the bench asks for 3


@dataclass(frozen=True)
class Base:
    """A database of a test's own; `crash` ends its server where it stands and starts it again (None on SQLite)."""

    url: str
    crash: Callable[[], None] | None


@pytest.fixture
def base(tmp_path: Path) -> Iterator[Base]:
    """Of the kind that is being tested."""
    given, binaries = os.environ.get("TEST_DATABASE_URL"), postgres.find_binaries()
    with ExitStack() as stack:
        if not given:
            yield Base(f"sqlite:///{tmp_path / 'faults.sqlite3'}", None)
        elif binaries is None:  # a server that is not ours to restart
            yield Base(database_url(given), None)
        else:
            made = stack.enter_context(postgres.cluster(binaries))
            yield Base(database_url(made.address), made.crash)


def test_no_answered_scan_is_lost_when_workers_server_and_database_are_killed(base: Base, tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    report = run(base.url, Plan(seconds=8, phones=4, worker_every=1, server_every=3, crash=base.crash), log)
    killed = {kill.what for kill in report.kills}

    assert report.wrong == [], log.read_text("utf-8")[-4000:]
    assert killed == {"worker", "server"} | ({"database"} if base.crash else set())
    assert report.answered == len(report.diary.sent) > 100
    assert [kill for kill in report.kills if kill.recovered is None or kill.recovered > PATIENCE] == []


def test_a_database_that_dies_after_the_last_query_spoils_no_answer(base: Base) -> None:
    app = create_app(settings_for(base.url))
    with app.app_context():
        db.create_all()
        assert db.session.scalars(select(Place)).all() == []
        if base.crash:
            base.crash()
    with app.app_context():
        assert db.session.scalars(select(Place)).all() == []
        db.session.remove()
        db.engine.dispose()
