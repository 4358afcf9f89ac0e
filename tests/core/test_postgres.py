"""PostgreSQL that fails over, restarts, ends connections or freezes: 503 with Retry-After, then all is well again."""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from app import create_app
from app.config import database_url
from app.core import postgres as ours
from app.core.db import db, write_tx
from tests.checks import postgres
from tests.conftest import browser_of, settings_for
from tests.factories import make_event, make_place


@pytest.fixture(scope="module")
def server() -> Iterator[postgres.Cluster]:
    """A server that nobody else uses."""
    binaries = postgres.find_binaries()
    if binaries is None:
        pytest.skip("a server to stop and freeze needs PostgreSQL's binaries")
    with postgres.cluster(binaries, postgres.FAST) as made:
        yield made


@pytest.fixture
def app(server: postgres.Cluster) -> Iterator[Flask]:
    """An app on it, with one event and a route that writes."""
    application = create_app(settings_for(database_url(server.address)))
    application.add_url_rule("/writes", "writes", write_a_place)
    with application.app_context():
        db.drop_all()
        db.create_all()
        make_event()
    yield application
    with application.app_context():
        db.session.remove()
        db.engine.dispose()


def write_a_place() -> str:
    with write_tx() as session:
        session.execute(text("UPDATE catalogue_version SET version = version + 1"))
    return "written"


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    browser = browser_of(app)
    return browser


def answers(client: FlaskClient, path: str, times: int = 1) -> list[tuple[int, str | None]]:
    """Status and Retry-After of these requests in turn."""
    got = [client.get(path) for _ in range(times)]
    return [(one.status_code, one.headers.get("Retry-After")) for one in got]


def administer(server: postgres.Cluster, *statements: str) -> None:
    with psycopg.connect(server.address, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


def backends(server: postgres.Cluster) -> set[int]:
    """The server's processes for connections of others."""
    with psycopg.connect(server.address) as connection:
        own = "SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
        return {pid for (pid,) in connection.execute(own)}


NAME = "nobody-may-read-this"
AWAY = (503, "3")
WELL = (200, None)
END_ALL = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
)


def test_a_server_that_became_read_only_is_left_for_its_successor(client: FlaskClient, server: postgres.Cluster) -> None:
    """After a failover the old primary answers that it is read-only: the pool must not keep such connections."""
    assert answers(client, "/writes") == [WELL]
    administer(server, "ALTER SYSTEM SET default_transaction_read_only = on", "SELECT pg_reload_conf()")
    time.sleep(0.3)
    before = backends(server)

    during = answers(client, "/writes", 2)
    ready = client.get("/readyz").json

    kept = before & backends(server)
    administer(server, "SET default_transaction_read_only = off", "ALTER SYSTEM RESET default_transaction_read_only",
               "SELECT pg_reload_conf()")  # fmt: skip
    time.sleep(0.3)
    assert (during, len(before) > 0, kept) == ([AWAY, AWAY], True, set())
    assert answers(client, "/writes", 2) == [WELL, WELL]
    assert ready == {"status": "unavailable", "database": "read-only"}


def test_connections_ended_by_an_administrator_cost_one_answer_at_most(client: FlaskClient, server: postgres.Cluster) -> None:
    assert answers(client, "/writes") == [WELL]
    administer(server, END_ALL)

    first, *rest = answers(client, "/writes", 3)

    assert (first in {WELL, AWAY}, rest) == (True, [WELL, WELL])


def test_a_connection_that_ends_inside_a_transaction_is_503(app: Flask, server: postgres.Cluster) -> None:
    @app.get("/ends")
    def ends() -> str:
        with write_tx() as session:
            session.execute(text("UPDATE catalogue_version SET version = version + 1"))
            administer(server, END_ALL)
            session.execute(text("UPDATE catalogue_version SET version = version + 1"))
        return "never"

    client = browser_of(app)

    assert (answers(client, "/ends"), answers(client, "/writes")) == ([AWAY], [WELL])


def test_an_orderly_and_a_disorderly_restart_are_503_at_most(client: FlaskClient, server: postgres.Cluster) -> None:
    for how in ("fast", "immediate"):
        assert answers(client, "/writes") == [WELL]
        server.control("-m", how, "stop")
        assert answers(client, "/writes", 2) == [AWAY, AWAY]
        assert client.get("/readyz").json == {"status": "unavailable", "database": "away"}
        server.start(f"{postgres.ROOM} {postgres.FAST}")
        assert answers(client, "/writes", 2) == [WELL, WELL]


@contextmanager
def frozen(server: postgres.Cluster) -> Iterator[None]:
    """Every process of the server stands still during the block: connections are accepted and never answered."""
    main = int((server.folder / "data" / "postmaster.pid").read_text("ascii").splitlines()[0])
    children = [int(word) for word in Path(f"/proc/{main}/task/{main}/children").read_text("ascii").split()]
    try:
        for process in (main, *children):
            os.kill(process, signal.SIGSTOP)
        yield
    finally:
        for process in (*children, main):
            os.kill(process, signal.SIGCONT)


def test_a_frozen_server_holds_nobody_for_long(
    app: Flask, client: FlaskClient, server: postgres.Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who asks first waits for the limit; who comes afterwards is refused at once, and what needs no database goes on."""
    monkeypatch.setattr(ours, "ANSWER_LIMIT", 1.0)
    monkeypatch.setattr(ours, "PAUSE", 4.0)
    assert answers(client, "/writes") == [WELL]
    with frozen(server):
        begun = time.monotonic()
        crowd = [Thread(target=lambda: found.append(answers(app_client(app), "/writes")[0])) for _ in range(4)]
        found: list[tuple[int, str | None]] = []
        for one in crowd:
            one.start()
        for one in crowd:
            one.join(30)
        first = time.monotonic() - begun
        begun = time.monotonic()
        later = answers(client, "/writes", 5) + answers(client, "/en/events/", 5)
        quick = time.monotonic() - begun
        healthy = answers(client, "/healthz")
    time.sleep(4.0)

    assert (found, later, healthy) == ([AWAY] * 4, [AWAY] * 10, [WELL])
    assert first < 1.0 + ours.CONNECT_LIMIT + 1.5
    assert quick < 1.0
    assert answers(client, "/writes", 3) == [WELL] * 3


def app_client(app: Flask) -> FlaskClient:
    browser = browser_of(app)
    return browser


def test_limits_of_this_side_outlast_those_of_the_server() -> None:
    """A statement that the server may still answer is waited for; nginx waits for 30 s, so every answer is ours."""
    assert float(ours.LIMITS["statement_timeout"].rstrip("s")) < ours.ANSWER_LIMIT
    assert float(ours.LIMITS["lock_timeout"].rstrip("s")) < float(ours.LIMITS["statement_timeout"].rstrip("s"))
    assert 2 * (ours.ANSWER_LIMIT + ours.CONNECT_LIMIT) < 30


def test_no_log_names_what_stands_in_rows(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    @app.get("/twice")
    def twice() -> str:
        make_place(NAME)
        make_place(NAME)
        return "never"

    with caplog.at_level(logging.ERROR):
        answer = app_client(app).get("/twice")

    assert (answer.status_code, "duplicate key value" in caplog.text) == (500, True)
    assert [word for word in (NAME, "DETAIL", "62.38") if word in caplog.text] == []
