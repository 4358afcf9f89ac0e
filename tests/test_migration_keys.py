"""Rows of events get their keys (migration 0011): rows without an event go, checks and indexes stay."""

from __future__ import annotations

import uuid

import flask_migrate
import sqlalchemy as sa
from flask import Flask

from app.core.db import UTCDateTime, db, write_tx
from app.demo.models import DemoEvent
from app.events.models import Event
from tests.test_migrations import MOMENT, app, counts, fill_every_table

__all__ = ["app"]
STAY = {  # what belongs to no event
    "audit_entries", "catalogue_version", "deletions", "local_texts", "place_names", "place_years", "places", "rate_counts", "rooms",
    "translations", "venues",
}  # fmt: skip


def test_rows_of_events_that_are_gone_go(app: Flask) -> None:
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


def named(kind: type[sa.Constraint]) -> set[tuple[str, str]]:
    """The constraints of this kind that the models have, by table."""
    return {
        (table.name, str(one.name)) for table in db.metadata.tables.values() for one in table.constraints if isinstance(one, kind)
    }


def test_events_that_somebody_edited_or_deleted_are_known_after_the_renaming(app: Flask) -> None:
    """Migration 0013 reads the audit for the last time."""
    deleted = uuid.uuid4()
    fill_every_table()
    event = db.session.scalar(sa.select(Event.id))
    db.session.rollback()
    flask_migrate.downgrade(revision="0012")
    with write_tx() as session:
        for scope, verb in ((event, "event.set"), (deleted, "event.deleted")):
            session.execute(
                sa.text(
                    "INSERT INTO audit_entries (id, at, scope, \"by\", verb, subject_id) VALUES (:id, :at, :scope, 'terminal', :verb, :id)"
                ).bindparams(
                    sa.bindparam("id", type_=sa.Uuid), sa.bindparam("scope", type_=sa.Uuid), sa.bindparam("at", type_=UTCDateTime)
                ),
                {"id": uuid.uuid4(), "at": MOMENT, "scope": scope, "verb": verb},
            )
    flask_migrate.upgrade()
    db.session.rollback()

    assert db.session.scalar(sa.select(Event.edited_at)) == MOMENT
    assert set(db.session.scalars(sa.select(DemoEvent.event_id))) == {event, deleted}


def test_every_check_and_index_of_the_models_is_in_the_tables(app: Flask) -> None:
    """`flask db check` looks at no CHECK, and SQLite's tables are made anew to get a key."""
    found = sa.inspect(db.engine)
    checks = {(name, one["name"]) for name in found.get_table_names() for one in found.get_check_constraints(name)}
    indexes = {(name, one["name"]) for name in found.get_table_names() for one in found.get_indexes(name)}
    wanted = named(sa.CheckConstraint)

    keys = {(name, one["name"]) for name in found.get_table_names() for one in found.get_foreign_keys(name)}
    uniques = {(name, one["name"]) for name in found.get_table_names() for one in found.get_unique_constraints(name)}

    assert checks == wanted
    assert keys == named(sa.ForeignKeyConstraint)
    assert uniques == named(sa.UniqueConstraint)
    assert {(table.name, str(one.name)) for table in db.metadata.tables.values() for one in table.indexes} <= indexes
    partial = [one for one in found.get_indexes("admissions") if one["name"] == "uq_admissions_live"]
    assert [
        (bool(one["unique"]), "released_by IS NULL" in " ".join(map(str, one["dialect_options"].values()))) for one in partial
    ] == [(True, True)]
