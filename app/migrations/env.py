"""Runs the migrations in one transaction on a connection of its own; read docs/decisions/0004-writing.md first.

On SQLite foreign keys are off before BEGIN: a batch rebuilds a table by dropping it, and dropping a parent would otherwise
empty its cascading children. They are checked before COMMIT instead. On PostgreSQL an advisory lock keeps two deploys apart.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Literal

from alembic import context
from alembic.runtime.migration import MigrationContext
from flask import current_app
from sqlalchemy import Connection, Engine, NullPool, create_engine, delete, event, insert, select, text

from app.core import db as database
from app.core.schema import HISTORY

LOCK = 7_201_925  # any number nobody else on this database uses


def render_item(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Migrations import nothing from the app: a moment is written as the plain type beneath it."""
    if kind == "type" and isinstance(item, database.UTCDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def own_engine() -> Engine:
    """An engine for the migrations alone, without the time limits of requests."""
    url = database.db.engine.url
    unprepared = {"prepare_threshold": None} if url.get_backend_name() == "postgresql" else {}  # poolers keep none
    engine = create_engine(url, poolclass=NullPool, hide_parameters=True, connect_args=unprepared)
    database.guard(engine)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", lambda dbapi, _record: dbapi.execute("PRAGMA foreign_keys=OFF"))
    return engine


def take_lock(connection: Connection) -> None:
    """One deploy at a time (SQLite's BEGIN IMMEDIATE has done that already)."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})


def check_foreign_keys(connection: Connection) -> None:
    """Raise before COMMIT when a row was left without its parent; PostgreSQL checks by itself."""
    if connection.dialect.name == "sqlite":
        broken = connection.execute(text("PRAGMA foreign_key_check")).all()
        if broken:
            raise RuntimeError(f"rows without their parent, nothing was changed: {broken[:5]}")


def record_history(ctx: MigrationContext, heads: Collection[str], **_: Any) -> None:
    """Keep the list of all that was applied up to these heads: older code finds its own head in it and knows that it may run."""
    applied = {script.revision for script in context.script.iterate_revisions(tuple(heads), "base")} if heads else set()
    HISTORY.create(ctx.connection, checkfirst=True)
    known = set(ctx.connection.scalars(select(HISTORY.c.revision)))
    if applied - known:
        ctx.connection.execute(insert(HISTORY), [{"revision": revision} for revision in sorted(applied - known)])
    ctx.connection.execute(delete(HISTORY).where(HISTORY.c.revision.in_(known - applied)))


def is_ours(kind: str, name: str | None) -> bool:
    """Whether a table belongs to the models: the history belongs to the migrations, as alembic_version does."""
    return (kind, name) != ("table", HISTORY.name)


def run() -> None:
    """Everything or nothing: the migrations asked for, in one transaction."""
    options = current_app.extensions["migrate"].configure_args
    with own_engine().connect().execution_options(write=True) as connection, connection.begin():
        take_lock(connection)
        context.configure(
            connection=connection,
            target_metadata=database.db.metadata,
            render_item=render_item,
            compare_server_default=True,
            on_version_apply=record_history,
            include_name=lambda name, kind, _parents: is_ours(kind, name),
            **options,
        )
        context.run_migrations()
        check_foreign_keys(connection)


if context.is_offline_mode():
    raise SystemExit("Migrations run against a database, not as an SQL script: they look at what is there.")
run()
