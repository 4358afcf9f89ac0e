"""Rows of events get their keys (migration 0011): rows without an event go, checks and indexes stay."""

from __future__ import annotations

import flask_migrate
import sqlalchemy as sa
from flask import Flask

from app.core.db import db, write_tx
from tests.test_migrations import app, counts, fill_every_table

__all__ = ["app"]
STAY = {  # what belongs to no event
    "audit_entries", "catalogue_version", "deletions", "local_texts", "place_names", "place_years", "places", "rate_counts", "rooms",
    "translations", "venues",
}  # fmt: skip


def test_rows_of_events_that_are_gone_go(app: Flask) -> None:
    flask_migrate.upgrade()
    fill_every_table()
    flask_migrate.downgrade(revision="0010")
    orphans = "scans", "admissions", "tickets", "registration_totals", "outbox_mails"
    with write_tx() as session:
        session.execute(sa.text("UPDATE outbox_mails SET subject_id = (SELECT id FROM registrations)"))
        session.execute(sa.text("DELETE FROM events"))
        left = [session.scalar(sa.text(f"SELECT count(*) FROM {table}")) for table in orphans]
    flask_migrate.upgrade()

    assert left == [1] * len(orphans)
    assert {table for table, number in counts().items() if number} == STAY
    fill_every_table_again()


def fill_every_table_again() -> None:
    """The tables take rows as before."""
    with write_tx() as session:
        for table in reversed(db.metadata.sorted_tables):
            session.execute(table.delete())
    fill_every_table()
    assert set(counts().values()) == {1}


def test_every_check_and_index_of_the_models_is_in_the_tables(app: Flask) -> None:
    """`flask db check` looks at no CHECK, and SQLite's tables are made anew to get a key."""
    flask_migrate.upgrade()
    found = sa.inspect(db.engine)
    checks = {(name, one["name"]) for name in found.get_table_names() for one in found.get_check_constraints(name)}
    indexes = {(name, one["name"]) for name in found.get_table_names() for one in found.get_indexes(name)}
    wanted = {
        (table.name, str(one.name)) for table in db.metadata.tables.values() for one in table.constraints
        if isinstance(one, sa.CheckConstraint)
    }  # fmt: skip

    assert checks == wanted
    assert {(table.name, str(one.name)) for table in db.metadata.tables.values() for one in table.indexes} <= indexes
    partial = [one for one in found.get_indexes("admissions") if one["name"] == "uq_admissions_live"]
    assert [
        (bool(one["unique"]), "released_by IS NULL" in " ".join(map(str, one["dialect_options"].values()))) for one in partial
    ] == [(True, True)]
