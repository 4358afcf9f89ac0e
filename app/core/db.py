"""The database: one session, one way to write, moments that are always aware.

SQLite runs in WAL mode with synchronous=FULL and our own BEGIN; PostgreSQL on READ COMMITTED with row locks.
Measured reasons: docs/decisions/0004-writing.md.
"""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Flask, current_app
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import CheckConstraint, DateTime, Dialect, Engine, Enum, MetaData, Uuid, create_engine, event
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Mapped, Mapper, Session, mapped_column
from sqlalchemy.types import TypeDecorator

from app.core import postgres
from app.core.write_queue import WriteQueue

NAMING = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
BUSY_SECONDS = 5
SQLITE_NEEDS = 16 * 1024 * 1024  # bytes free, for the write-ahead log between two checkpoints
BUSY_TIMEOUT = f"busy_timeout={BUSY_SECONDS * 1000}"
SQLITE_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    BUSY_TIMEOUT,
    "trusted_schema=OFF",
    "secure_delete=ON",  # what is deleted leaves no trace in the file: names (app.upkeep)
)
_DML = re.compile(r"\s*(?:INSERT|UPDATE|DELETE|REPLACE|MERGE|TRUNCATE|WITH\b.*\b(?:INSERT|UPDATE|DELETE)\b)", re.I | re.S)


class Base(DeclarativeBase):
    """The declarative base of every table."""

    metadata = MetaData(naming_convention=NAMING)


db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model


class UTCDateTime(TypeDecorator[datetime]):
    """A moment: aware on the way in (naive is refused), UTC and aware on the way out, on both databases."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Moments are stored in UTC; raises `ValueError` for a naive one."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive moment {value!r}: say which zone it is in")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Aware, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def uuid_key() -> Mapped[uuid.UUID]:
    """The primary key of our rows: random, so no address or code ever counts up."""
    return mapped_column(Uuid, primary_key=True, default=uuid.uuid4)


def word(kind: type[StrEnum], length: int) -> Enum:
    """The type of a column that holds one word of `kind`, kept as text of at most `length` letters."""
    return Enum(kind, native_enum=False, length=length, values_callable=list)


def one_of(column: str, kind: type[StrEnum]) -> CheckConstraint:
    """The constraint that `column` holds one of these words."""
    words = ", ".join(f"'{one}'" for one in kind)
    return CheckConstraint(f"{column} IN ({words})", name=column)


@event.listens_for(Model, "mapper_configured", propagate=True)
def _hear_words(mapper: Mapper[Any], _model: type[Base]) -> None:
    """What is set in a column of words is one of them at once, not only when it is read again."""
    for name, column in mapper.columns.items():
        if kind := getattr(column.type, "enum_class", None):
            event.listen(getattr(mapper.class_, name), "set", partial(_as_word, kind), retval=True)


def _as_word(kind: type[StrEnum], _row: object, value: str | None, *_: object) -> StrEnum | None:
    return None if value is None else kind(value)


class WriteOutsideTransaction(RuntimeError):
    """DML was sent outside `write_tx()`: a fault in our code, never in the request."""


@contextmanager
def write_tx() -> Iterator[Session]:
    """The one way to write: a transaction that takes its lock first, commits at the end, rolls back on any error.

    Ends the session's read snapshot, so objects loaded before are read afresh inside. The edge (a route, a command, a job)
    opens it; not nestable: verbs take the session they are given. Answer only after the block has ended (checkin.md §4).
    """
    session = db.session()
    if session.info.get("writing"):
        raise RuntimeError("write_tx() inside write_tx(): the edge opens one and hands its session to the verbs")
    session.rollback()
    queue: WriteQueue | None = current_app.extensions["write_queue"]
    with queue.take() if queue else nullcontext():
        session.connection(execution_options={"write": True})
        session.info["writing"] = True
        try:
            yield session
            session.commit()
        except BaseException:
            session.rollback()
            raise
        finally:
            session.info.pop("writing", None)


def forget_session(_error: BaseException | None = None) -> None:
    """End the session in whatever state its connection is: one that has died has nothing left to roll back.

    Runs at the end of each app context, so that a database that goes away meanwhile spoils no answer that is made already.
    """
    try:
        db.session.remove()
    except DBAPIError:
        db.session.remove()  # the first time has let go of the dead connection


def read_scalar(sql: str, *values: object) -> Any:
    """The first value of a SELECT, as `read_rows` reads it; None when there is no row.

    For the one thing that every request asks, a version: a twentieth of the time of a query through the session.
    """
    rows = read_rows(sql, *values)
    return rows[0][0] if rows else None


def read_rows(sql: str, *values: object) -> Sequence[Sequence[Any]]:
    """The rows of a SELECT (`{}` stands for each of `values`) as the driver gives them, read outside any transaction.

    When the bare connection fails, the session answers, which reconnects and raises the errors that we know.
    """
    engine: Engine = current_app.extensions["reader"]
    try:
        connection = engine.raw_connection()
    except engine.dialect.loaded_dbapi.Error:
        return ask_session(sql, values)
    try:
        bare: Any = connection.driver_connection
        rows: Sequence[Sequence[Any]] = bare.execute(bare_sql(sql, engine.dialect.name), values).fetchall()
    except engine.dialect.loaded_dbapi.Error:
        connection.invalidate()
        return ask_session(sql, values)
    finally:
        connection.close()
    return rows


@lru_cache
def bare_sql(sql: str, dialect: str) -> str:
    """The statement as the driver of `dialect` takes it: its own mark for each `{}`."""
    return sql.replace("{}", "?" if dialect == "sqlite" else "%s")


def ask_session(sql: str, values: tuple[object, ...]) -> Sequence[Sequence[Any]]:
    """The rows of such a SELECT, read in the session's transaction."""
    connection = db.session.connection()
    return connection.exec_driver_sql(bare_sql(sql, connection.dialect.name), values).all()


def obstacle_to_writing() -> str:
    """Why nothing can be written, in a word for the machine that watches; empty when something can."""
    if db.engine.dialect.name == "postgresql":
        with db.engine.connect() as connection:
            return postgres.obstacle_to_writing(connection)
    file = db.engine.url.database
    folder = Path(file).parent if file and file != ":memory:" else None
    full = folder is not None and folder.exists() and shutil.disk_usage(folder).free < SQLITE_NEEDS
    return "no room" if full else ""


def writing_to(dialect: str) -> bool:
    """Whether the bound database is `dialect` ("sqlite" or "postgresql")."""
    return db.engine.dialect.name == dialect


def engine_options(url: str, *, pooled: bool = False) -> dict[str, Any]:
    """Options for `create_engine`, per database; `pooled` where a pooler stands in front of PostgreSQL."""
    if url.startswith("sqlite"):
        return {"connect_args": {"timeout": BUSY_SECONDS}, "pool_size": 8, "max_overflow": 24, "hide_parameters": True}
    return postgres.engine_options(pooled=pooled)


def init_app(app: Flask) -> None:
    """Bind the database to `app` and put the guards on its engine."""
    db.init_app(app)
    app.teardown_appcontext(forget_session)  # runs before Flask-SQLAlchemy's own, which would raise
    with app.app_context():
        _claim_file(db.engine)
        guard(db.engine)
        app.extensions["write_queue"] = _turns(db.engine)
        app.extensions["reader"] = _reader_engine(db.engine, pooled=app.extensions["settings"].pooled)


def _claim_file(engine: Engine) -> None:
    """Make the file of a new SQLite database, readable by its owner only; SQLite would let everybody read it."""
    file = engine.url.database if engine.dialect.name == "sqlite" else None
    if file and file != ":memory:":
        with suppress(OSError):  # it is there already, or there is no such folder: connecting says so
            os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))


def _turns(engine: Engine) -> WriteQueue | None:
    """The queue of writers beside an SQLite file; PostgreSQL needs none, nor does a database in memory."""
    file = engine.url.database if engine.dialect.name == "sqlite" else None
    return WriteQueue(Path(f"{file}-turn")) if file and file != ":memory:" else None


def _reader_engine(engine: Engine, *, pooled: bool) -> Engine:
    """Connections without transactions, for `read_scalar`: its own on PostgreSQL, the same on SQLite (it has none unasked)."""
    if engine.dialect.name == "sqlite":
        return engine
    breaker, args = postgres.Breaker(), postgres.connect_args(pooled=pooled)
    bare = create_engine(
        engine.url, isolation_level="AUTOCOMMIT", pool_reset_on_return=None, hide_parameters=True, connect_args=args
    )
    for one in (engine, bare):
        postgres.guard(one, breaker)
    if pooled:
        postgres.limit_transactions(engine)
    event.listen(engine, "engine_disposed", lambda _: bare.dispose())
    return bare


def guard(engine: Engine) -> None:
    """Our own BEGIN on SQLite, and no DML outside `write_tx()` on any database."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _on_sqlite_connect)
        event.listen(engine, "begin", _on_sqlite_begin)
    event.listen(engine, "before_cursor_execute", _refuse_stray_writes)


def _on_sqlite_connect(dbapi: Any, _record: object) -> None:
    dbapi.isolation_level = None  # the driver must emit no BEGIN of its own
    for pragma in SQLITE_PRAGMAS:
        dbapi.execute("PRAGMA " + pragma)


def _on_sqlite_begin(connection: Connection) -> None:
    """To the driver itself: through the engine it costs ten times as much, while everybody else waits to write."""
    begin = "BEGIN IMMEDIATE" if connection.get_execution_options().get("write", False) else "BEGIN"
    dbapi: Any = connection.connection.driver_connection
    try:
        dbapi.execute(begin)
    except sqlite3.OperationalError as error:
        raise OperationalError(begin, None, error) from error


def _refuse_stray_writes(
    connection: Connection, _cursor: object, statement: str, _parameters: object, _context: object, _many: bool
) -> None:
    if _DML.match(statement) and not connection.get_execution_options().get("write", False):
        raise WriteOutsideTransaction(statement.split(None, 3)[:3])
