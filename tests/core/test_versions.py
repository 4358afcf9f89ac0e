"""A version is remembered for half a second in a process, and pages are kept under the one that they were read with."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, create_engine, event, text

from app.core import versions
from app.core.db import bare_sql, db, write_tx
from app.core.versions import Stamp, Versions
from app.events.models import Event
from app.events.service import touch
from tests.factories import make_event

EVENT = "/en/events/kaskinen-2026/"


def write_elsewhere(app: Flask, sql: str, *values: object) -> None:
    """A write of another process: this one is not told."""
    with app.app_context():
        connection = db.engine.raw_connection()
        try:
            connection.driver_connection.execute(bare_sql(sql, db.engine.dialect.name), values)
            connection.driver_connection.commit()
        finally:
            connection.close()


def raise_version(app: Flask) -> None:
    """Another process changes the event's page."""
    write_elsewhere(app, "UPDATE events SET version = version + 1, contact = {} WHERE slug = {}", "Ebba", "kaskinen-2026")


def shows_change(client: FlaskClient) -> bool:
    """Whether the page is the new one."""
    return "Ebba" in client.get(EVENT).get_data(as_text=True)


def test_a_change_by_this_process_is_seen_at_once(app, client):
    with app.app_context():
        made = make_event()
    etag = client.get(EVENT).headers["ETag"]
    with app.app_context(), write_tx() as session:
        changed = session.get(Event, made.id)
        changed.contact = "Ebba"
        touch(session, changed)

    assert shows_change(client)
    assert client.get(EVENT).headers["ETag"] != etag


def test_a_change_by_another_process_is_seen_within_half_a_second(app, client):
    with app.app_context():
        make_event()
    client.get(EVENT)
    raise_version(app)
    written, seen = time.monotonic(), [shows_change(client)]
    while not seen[-1] and time.monotonic() < written + 5:
        time.sleep(0.02)
        seen.append(shows_change(client))

    assert (seen[0], seen[-1]) == (False, True)
    assert time.monotonic() - written < versions.MEMORY + 1  # a busy machine is late


def test_a_crowd_costs_the_database_nothing(app, client, queries, monkeypatch):
    monkeypatch.setattr(versions, "MEMORY", 60.0)
    with app.app_context():
        make_event()
    client.get(EVENT)
    taken = []
    note = lambda *_: taken.append("connection")  # noqa: E731
    event.listen(app.extensions["reader"], "checkout", note)
    queries.clear()
    for _ in range(20):
        client.get(EVENT)
    event.remove(app.extensions["reader"], "checkout", note)

    assert (queries, taken) == ([], [])


def test_what_does_not_exist_is_found_as_soon_as_it_does(app, client):
    missing = client.get(EVENT).status_code
    with app.app_context():
        make_event()

    assert (missing, client.get(EVENT).status_code) == (404, 200)


@pytest.fixture
def ahead(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """Of two servers the one that is ahead: versions come from it, pages from the other, which lags."""
    engine = create_engine(f"sqlite:///{tmp_path / 'ahead.sqlite3'}")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE events (slug TEXT, version INTEGER)"))
        connection.execute(text("INSERT INTO events VALUES ('kaskinen-2026', 2)"))
    monkeypatch.setitem(app.extensions, "reader", engine)
    yield engine
    engine.dispose()


def test_a_page_is_kept_under_the_version_that_it_was_read_with(app, client, ahead):
    with app.app_context():
        make_event()
    before = shows_change(client)
    raise_version(app)  # the server that lagged has caught up
    after = shows_change(client)

    assert (before, after) == (False, True)


@pytest.mark.parametrize("forgets", [True, False])
def test_a_version_that_was_read_before_a_change_is_not_remembered(app, forgets):
    known, answers = Versions(), iter([1, 2])

    class Slow(Stamp):
        """While it is being read this process writes."""

        def read(self) -> int:
            answer = next(answers)
            if forgets and answer == 1:
                known.forget()
            return answer

    stamp = Slow("SELECT 1")

    assert [known.recall(stamp), known.recall(stamp)] == ([1, 2] if forgets else [1, 1])
