"""/readyz: what the machine that watches is told."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from app import create_app
from app.config import database_url
from app.core.db import db
from tests.checkin.disk import Disk, small_disk
from tests.checks import postgres
from tests.conftest import HOST, settings_for
from tests.databases import a_database, migrate

READY = {"status": "ok", "database": "ok", "migrations": "current"}


def ready(address: str) -> tuple[int, dict[str, str]]:
    """What /readyz answers to a process that starts now on this database."""
    app = create_app(settings_for(address))
    answer = app.test_client().get("/readyz", base_url=f"https://{HOST}")
    with app.app_context():
        db.engine.dispose()
    return answer.status_code, answer.json


@pytest.fixture
def disk_and_address() -> Iterator[tuple[Disk, str]]:
    """A database of the kind that is being tested on a disk of its own, migrated."""
    with ExitStack() as stack:
        if os.environ.get("TEST_DATABASE_URL"):
            binaries = postgres.find_binaries()
            if binaries is None:
                pytest.skip("a PostgreSQL server on a small disk needs its binaries")
            disk = stack.enter_context(small_disk("120m"))
            address = database_url(stack.enter_context(postgres.cluster(binaries, postgres.FAST, disk.folder)).address)
        else:
            disk = stack.enter_context(small_disk("40m"))
            address = f"sqlite:///{disk.folder / 'small.sqlite3'}"
        migrate(create_app(settings_for(address)))
        yield disk, address


def test_ready_says_that_the_disk_is_full_and_that_it_is_not_any_longer(disk_and_address: tuple[Disk, str]) -> None:
    disk, address = disk_and_address
    before = ready(address)
    disk.fill()
    full = ready(address)
    disk.clear()

    assert (before, full, ready(address)) == (
        (200, READY),
        (503, {"status": "unavailable", "database": "no room"}),
        (200, READY),
    )


def test_ready_says_that_migrations_are_pending(tmp_path: Path) -> None:
    with a_database(tmp_path) as address:
        assert ready(address) == (503, READY | {"status": "unavailable", "migrations": "pending"})
        migrate(create_app(settings_for(address)))
        assert ready(address) == (200, READY)
