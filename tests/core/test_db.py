from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import delete, insert, select, text, update

from app import create_app
from app.core.db import WriteOutsideTransaction, db, write_tx, writing_to
from app.places.models import Place
from tests.conftest import settings_for
from tests.factories import make_event, make_place

PLACE = {"country": "FI", "timezone": "Europe/Helsinki", "latitude": 62.4, "longitude": 21.2}


@pytest.mark.parametrize(
    "statement",
    [
        insert(Place).values(id=uuid.uuid4(), slug="x", **PLACE),
        update(Place).values(slug="y"),
        delete(Place),
        text("  WITH gone AS (SELECT 1) DELETE FROM places"),
        text("replace into places (slug) values ('x')"),
    ],
    ids=lambda statement: str(statement).split()[0],
)
def test_guard_refuses_to_write_outside_a_transaction(database: None, statement: object) -> None:
    with pytest.raises(WriteOutsideTransaction):
        db.session.execute(statement)  # type: ignore[call-overload]
    db.session.rollback()


def test_guard_refuses_a_flush_outside_a_transaction(database: None) -> None:
    db.session.add(Place(id=uuid.uuid4(), slug="x", **PLACE))

    with pytest.raises(WriteOutsideTransaction):
        db.session.flush()
    db.session.rollback()


def test_write_tx_commits_at_its_end(database: None) -> None:
    make_place("kaskinen")
    db.session.remove()

    assert db.session.scalars(select(Place.slug)).all() == ["kaskinen"]


def test_write_tx_leaves_nothing_after_an_error(database: None) -> None:
    def half_way() -> None:
        with write_tx() as session:
            session.add(Place(id=uuid.uuid4(), slug="x", **PLACE))
            session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half_way()

    assert db.session.scalars(select(Place.slug)).all() == []
    make_place("kaskinen")  # and the session is as good as new


def test_write_tx_refuses_to_be_nested(database: None) -> None:
    with write_tx(), pytest.raises(RuntimeError, match="write_tx"), write_tx():
        pass


def test_write_tx_sees_what_others_committed_since_the_session_read(app: Flask, database: None) -> None:
    place = make_place("kaskinen")
    assert db.session.scalar(select(Place.seat)) == ""
    with db.engine.connect().execution_options(write=True) as other, other.begin():
        other.execute(update(Place).values(seat="Town hall"))

    with write_tx() as session:
        seen = session.scalar(select(Place.seat))
        assert session.get(Place, place.id, populate_existing=True).seat == seen  # type: ignore[union-attr]

    assert seen == "Town hall"


def test_moments_come_back_aware_in_utc(database: None) -> None:
    local = datetime(2026, 6, 16, 15, 30, tzinfo=timezone(timedelta(hours=3)))
    event = make_event(created_at=local)
    db.session.remove()

    stored = db.session.get(type(event), event.id).created_at  # type: ignore[union-attr]

    assert (stored, stored.tzinfo) == (datetime(2026, 6, 16, 12, 30, tzinfo=UTC), UTC)


def test_naive_moments_are_refused(database: None) -> None:
    with pytest.raises(Exception, match="naive moment"):
        make_event(created_at=datetime(2026, 6, 16, 12, 0))


def test_database_keeps_its_safeguards_on_every_connection(database: None) -> None:
    with db.engine.connect() as connection:
        if writing_to("sqlite"):
            names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout", "trusted_schema")
            assert [connection.scalar(text(f"PRAGMA {name}")) for name in names] == ["wal", 2, 1, 5000, 0]
        else:
            names = (
                "transaction_isolation",
                "TimeZone",
                "lock_timeout",
                "statement_timeout",
                "idle_in_transaction_session_timeout",
                "random_page_cost",
            )
            shown = [connection.scalar(text(f"SHOW {name}")) for name in names]
            assert shown == ["read committed", "UTC", "4s", "6s", "10s", "1.1"]


def test_foreign_keys_are_kept(database: None) -> None:
    with pytest.raises(Exception, match="(?i)foreign key"):
        make_event(venue_id=uuid.uuid4())


def test_readyz_says_that_the_database_is_away(tmp_path: Path) -> None:
    lost = create_app(settings_for(f"sqlite:///{tmp_path / 'no' / 'such' / 'folder.sqlite3'}"))

    answer = lost.test_client().get("/readyz", base_url="https://pearls.test")

    assert (answer.status_code, answer.json) == (503, {"status": "unavailable", "database": "away"})


def test_healthz_needs_no_database(tmp_path: Path) -> None:
    lost = create_app(settings_for(f"sqlite:///{tmp_path / 'no' / 'such' / 'folder.sqlite3'}"))

    answer = lost.test_client().get("/healthz", base_url="https://pearls.test")

    assert (answer.status_code, answer.json, answer.headers["Cache-Control"]) == (200, {"status": "ok"}, "no-store")


def test_a_page_without_its_database_asks_to_try_again(tmp_path: Path) -> None:
    lost = create_app(settings_for(f"sqlite:///{tmp_path / 'no' / 'such' / 'folder.sqlite3'}"))

    answer = lost.test_client().get("/en/events/", base_url="https://pearls.test")

    assert (answer.status_code, answer.headers["Retry-After"], answer.headers["Cache-Control"]) == (503, "3", "no-store")
    assert "Nothing was saved" in answer.text
