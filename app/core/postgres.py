"""How we speak to PostgreSQL: with time limits on both sides, and with errors that name no row's contents.

The server ends what takes too long. A server that is frozen, or behind a network that swallows packets, ends nothing, so
this side stops waiting too, and for a few seconds nobody else waits in vain (docs/operations.md, "Time limits").
"""

from __future__ import annotations

import select
from collections.abc import Callable, Generator
from threading import Lock
from time import monotonic
from typing import Any, TypeVar

import psycopg
from sqlalchemy import Engine, event
from sqlalchemy.engine import Connection as Transaction, ExceptionContext
from sqlalchemy.exc import DBAPIError, DisconnectionError

LIMITS = {
    "lock_timeout": "4s",
    "statement_timeout": "6s",
    "idle_in_transaction_session_timeout": "10s",
    "timezone": "UTC",
    "random_page_cost": "1.1",  # the database fits into memory: an index beats reading every text (docs/measurements.md)
}
ANSWER_LIMIT = 8.0  # longer than any statement may take: a server that is alive has answered by then
CONNECT_LIMIT = 3
PAUSE = 5.0
NETWORK = {
    "connect_timeout": CONNECT_LIMIT,
    "tcp_user_timeout": int(ANSWER_LIMIT * 1000),
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
}
# Read-only after a failover, ended by an administrator or a crash, starting up, idle for too long: a new connection may help.
DISCONNECTED = frozenset({"25006", "57P01", "57P02", "57P03", "57P05", "25P03"})
NO_ROOM = frozenset({"53100", "58030"})
SPILL = "SELECT count(*) FROM (SELECT repeat('x', 100) || n FROM generate_series(1, 5000) AS n ORDER BY 1 OFFSET 1) AS sorted"
Answer = TypeVar("Answer")


class PatientConnection(psycopg.Connection[Any]):
    """A connection that waits `ANSWER_LIMIT` seconds for an answer, and is closed when none came."""

    made_at = 0.0
    on_silence: Callable[[], None] | None = None

    def wait(self, gen: Generator[Any, Any, Answer], interval: float = 0.1, timeout: float | None = None) -> Answer:
        """As psycopg's. Raises `OperationalError` for a silent server; errors keep their first line only."""
        begun = monotonic()
        try:
            return super().wait(gen, interval, timeout or ANSWER_LIMIT)
        except psycopg.Error as error:
            if monotonic() - begun >= ANSWER_LIMIT:
                self._give_up()
            raise without_contents(error) from None

    def _give_up(self) -> None:
        self.close()  # an answer that comes later would be taken for that of the next question
        if self.on_silence:
            self.on_silence()


def without_contents(error: psycopg.Error) -> psycopg.Error:
    """The same error without the lines below the first: DETAIL and CONTEXT quote what stands in rows."""
    error.args = (str(error).partition("\n")[0],)
    return error


class Breaker:
    """Refuses connections at once while the server is known to be silent; one caller at a time tries again after `PAUSE`."""

    def __init__(self) -> None:
        self._silent_at, self._retry_at = 0.0, 0.0
        self._trial = Lock()

    def connect(self, *words: Any, **params: Any) -> PatientConnection:
        """A connection. Raises `psycopg.OperationalError`: the server's, or ours where nobody asked the server."""
        if not self._retry_at:
            return self._attempt(*words, **params)
        if monotonic() < self._retry_at or not self._trial.acquire(blocking=False):
            raise psycopg.OperationalError("the server gave no answer a moment ago")
        try:
            return self._attempt(*words, **params)
        finally:
            self._trial.release()

    def note_silence(self) -> None:
        """The server gave no answer: from now on nobody waits for it."""
        self._silent_at = monotonic()
        self._retry_at = self._silent_at + PAUSE

    def is_doubtful(self, connection: PatientConnection) -> bool:
        """Whether a connection was made before the server fell silent."""
        return connection.made_at < self._silent_at

    def _attempt(self, *words: Any, **params: Any) -> PatientConnection:
        try:
            connection = PatientConnection.connect(*words, **params)
        except psycopg.errors.ConnectionTimeout:
            self.note_silence()
            raise
        connection.made_at, connection.on_silence = monotonic(), self.note_silence
        self._retry_at = 0.0
        return connection


def engine_options(*, pooled: bool) -> dict[str, Any]:
    """For `create_engine`; `pooled` leaves out what a pooler that hands out connections by the transaction cannot keep."""
    return {
        "pool_size": 8,
        "max_overflow": 24,
        "pool_timeout": 5,
        "hide_parameters": True,
        "connect_args": connect_args(pooled=pooled),
    }


def connect_args(*, pooled: bool) -> dict[str, Any]:
    """For the driver: our limits as settings of the connection, or neither settings nor prepared statements."""
    if pooled:
        return NETWORK | {"prepare_threshold": None}
    return NETWORK | {"options": " ".join(f"-c {name}={value}" for name, value in LIMITS.items())}


def obstacle_to_writing(transaction: Transaction) -> str:
    """Whether the server refuses writes, or has no room: it is asked to sort more than it may keep in memory, for which it
    writes a small file and removes it again. Nothing of ours is written."""
    if transaction.exec_driver_sql("SHOW transaction_read_only").scalar() == "on":
        return "read-only"
    try:
        transaction.exec_driver_sql("SET LOCAL work_mem = '64kB'")
        transaction.exec_driver_sql(SPILL)
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) in NO_ROOM:
            return "no room"
        raise
    return ""


def guard(engine: Engine, breaker: Breaker) -> None:
    """Limits on this side of `engine`, and a new connection after every error that a new one may cure."""

    def check_out(connection: PatientConnection, _record: object, _proxy: object) -> None:
        if breaker.is_doubtful(connection) or _has_ended(connection):
            raise DisconnectionError  # the pool makes a new one

    event.listen(engine, "do_connect", lambda _dialect, _record, words, params: breaker.connect(*words, **params))
    event.listen(engine, "checkout", check_out)
    event.listen(engine, "handle_error", _note_disconnect)


def _has_ended(connection: PatientConnection) -> bool:
    """Whether the server has hung up. Asked of this machine's own socket: nothing is sent unless something has come unasked."""
    try:
        socket = select.poll()
        socket.register(connection.fileno(), select.POLLIN)
        if not socket.poll(0):
            return False
        connection.execute("SELECT 1")
        connection.rollback()
    except (psycopg.Error, OSError, ValueError):
        return True
    return False


def limit_transactions(engine: Engine) -> None:
    """Our limits at the beginning of each transaction, for connections that keep no settings."""
    event.listen(engine, "begin", _set_limits)


def _set_limits(transaction: Transaction) -> None:
    transaction.exec_driver_sql("; ".join(f"SET LOCAL {name} = '{value}'" for name, value in LIMITS.items()))


def _note_disconnect(context: ExceptionContext) -> None:
    if getattr(context.original_exception, "sqlstate", None) in DISCONNECTED:
        context.is_disconnect = True
