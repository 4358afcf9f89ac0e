"""A pooler that gives each transaction another connection: with DATABASE_POOLER the app asks for nothing that it cannot keep."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import flask_migrate
import psycopg
import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import OperationalError

from app import create_app
from app.config import database_url
from app.core.db import db, read_scalar, write_tx
from app.core.postgres import LIMITS
from tests.checks import postgres
from tests.conftest import settings_for
from tests.factories import make_event

PGBOUNCER = Path("/usr/sbin/pgbouncer")
SERVERS = 2
CONFIG = """
[databases]
companion_test = host=127.0.0.1 port={server} user=companion
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
auth_type = any
pool_mode = transaction
default_pool_size = {servers}
server_reset_query =
unix_socket_dir =
"""
COUNT_UP = "UPDATE catalogue_version SET version = version + 1"


@dataclass(frozen=True)
class Pooler:
    """pgbouncer with `SERVERS` connections to a server, reached at `address`."""

    address: str


@contextmanager
def pgbouncer(made: postgres.Cluster) -> Iterator[Pooler]:
    """Started in the server's folder, by its user: it refuses to run as root."""
    port, config = postgres.free_port(), made.folder / "pgbouncer.ini"
    config.write_text(CONFIG.format(server=made.port, port=port, servers=SERVERS), "utf-8")
    as_user = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
    if as_user:
        shutil.chown(config, "postgres", "postgres")
    process = subprocess.Popen([*as_user, PGBOUNCER, config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/")
    address = f"postgresql://companion@127.0.0.1:{port}/companion_test"
    try:
        wait_for(address)
        yield Pooler(address)
    finally:
        process.terminate()
        process.wait(10)


def wait_for(address: str) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        try:
            psycopg.connect(address).close()
        except psycopg.OperationalError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("pgbouncer did not start")


@pytest.fixture(scope="module")
def pooler() -> Iterator[Pooler]:
    binaries = postgres.find_binaries()
    if binaries is None or not PGBOUNCER.exists():
        pytest.skip("needs PostgreSQL's binaries and pgbouncer")
    with postgres.cluster(binaries, postgres.FAST) as made, pgbouncer(made) as started:
        yield started


@pytest.fixture
def app(pooler: Pooler) -> Iterator[Flask]:
    """The app behind the pooler, migrated through it."""
    application = create_app(replace(settings_for(database_url(pooler.address)), pooled=True))
    with application.app_context():
        flask_migrate.upgrade()
        yield application
        db.session.remove()
        db.engine.dispose()


def test_the_app_works_through_a_pooler_that_shares_two_connections(app: Flask) -> None:
    """More threads than connections, each statement often enough to be prepared by a driver that does such things."""
    make_event()

    def work(_number: int) -> int:
        with app.app_context():
            for _ in range(8):
                with write_tx() as session:
                    session.execute(sa.text(COUNT_UP))
                assert read_scalar("SELECT count(*) FROM events WHERE slug = {}", "kaskinen-2026") == 1
            return 8

    before = read_scalar("SELECT version FROM catalogue_version")
    with ThreadPoolExecutor(8) as threads:
        done = sum(threads.map(work, range(8)))

    assert (done, read_scalar("SELECT version FROM catalogue_version") - before) == (64, 64)


def test_every_transaction_has_its_limits_and_leaves_none_behind(app: Flask, pooler: Pooler) -> None:
    with write_tx() as session:
        inside = {name: session.scalar(sa.text(f"SHOW {name}")) for name in LIMITS}
    with psycopg.connect(pooler.address, autocommit=True) as connection:
        outside = connection.execute("SHOW lock_timeout").fetchone()

    assert ({name: value.lower() for name, value in inside.items()}, outside) == (
        {name: value.lower() for name, value in LIMITS.items()},
        ("0",),
    )


def test_without_the_setting_the_pooler_refuses_us(pooler: Pooler) -> None:
    plain = create_app(settings_for(database_url(pooler.address)))

    with plain.app_context(), pytest.raises(OperationalError, match="options"):
        db.session.execute(sa.text("SELECT 1"))
