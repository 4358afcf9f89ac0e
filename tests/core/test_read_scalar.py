"""The one query of a kept page: quick, always fresh, and not brought down by a connection that has died."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.core.db import db, read_scalar, write_tx, writing_to
from app.events.models import Event
from app.events.queries import event_stamp
from app.events.service import touch
from tests.factories import make_event


def test_peek_sees_what_was_committed_while_the_session_reads_an_older_state(app: Flask, database: None) -> None:
    event = make_event()
    db.session.scalar(text("SELECT count(*) FROM events"))
    before = event_stamp(event.slug).read()
    with app.app_context(), write_tx() as session:
        touch(session, session.get(Event, event.id))

    assert (before, event_stamp(event.slug).read()) == (1, 2)


def test_peek_of_no_row_is_none(database: None) -> None:
    assert read_scalar("SELECT version FROM events WHERE slug = {}", "nothing") is None


def test_peek_takes_values_as_values(database: None) -> None:
    assert event_stamp("' OR 1=1 --").read() is None


def test_peek_raises_the_errors_that_we_know(database: None) -> None:
    with pytest.raises(DBAPIError):
        read_scalar("SELECT nothing FROM nowhere")
    db.session.rollback()


def test_peek_answers_again_after_its_connection_was_cut(app: Flask, database: None) -> None:
    event = make_event()
    event_stamp(event.slug).read()
    if writing_to("postgresql"):
        others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        db.session.execute(text(others))
        db.session.rollback()
    else:
        app.extensions["reader"].pool.connect().driver_connection.close()

    assert [event_stamp(event.slug).read(), event_stamp(event.slug).read()] == [1, 1]
    db.session.remove()
    db.engine.dispose()  # of several kept connections, the one that was cut may not have been the next
