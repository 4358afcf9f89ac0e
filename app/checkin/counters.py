"""How many people are in at each list, kept beside the admissions: a scan adds to a number instead of counting everybody.

Whoever writes admissions, clicks or scans adds the change in the same transaction, as the last lock it takes, so the numbers
are exact whenever it commits. `repair` compares them with a count and is run by `flask upkeep`.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Collection, Mapping
from dataclasses import astuple, dataclass
from typing import Any, cast

from sqlalchemy import Select, Table, bindparam, case, delete, func, insert, literal_column, select, text, union_all
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from app.checkin.models import Admission, Headcount, ListCounter, Scan
from app.checkin.rules import Result
from app.registration.models import Ticket

SHARDS = 64
COLUMNS = ("inside", "clicks", "exits", "changes")
counters = cast(Table, ListCounter.__table__)
_scans, _clicks = cast(Table, Scan.__table__), cast(Table, Headcount.__table__)
_admissions, _tickets = cast(Table, Admission.__table__), cast(Table, Ticket.__table__)
log = logging.getLogger(__name__)


@dataclass(slots=True)
class Tally:
    """A list's numbers, or what a transaction adds to them (`ListCounter`)."""

    inside: int = 0
    clicks: int = 0
    exits: int = 0
    changes: int = 0

    @property
    def people(self) -> int:
        """How many people are in, never below zero: passes that are in, and clicks."""
        return max(0, self.inside + self.clicks)


# Adding and reading


def add(connection: Connection, changes: Mapping[uuid.UUID, Tally]) -> dict[uuid.UUID, int]:
    """Add to the lists' numbers, in the order of their ids; returns how many people are in at each then, never below zero.

    To be the last thing that a transaction writes: two transactions that add to the same lists never wait in a circle.
    """
    found = {}
    for ident in sorted(changes, key=lambda ident: ident.bytes):
        values = {"list": ident} | dict(zip(COLUMNS, astuple(changes[ident]), strict=True))
        found[ident] = max(0, int(connection.execute(_ADD[connection.dialect.name], values).scalar_one()))
    return found


def inside(connection: Connection, list_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, int]:
    """How many people are in at each of these lists; no rehearsals."""
    return {ident: numbers.people for ident, numbers in read(connection, list_ids).items()}


def read(connection: Connection, list_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Tally]:
    """The numbers of these lists."""
    found = {ident: Tally() for ident in list_ids}
    for ident, *numbers in connection.execute(_READ, {"lists": list(list_ids)}) if list_ids else ():
        found[ident] = Tally(*map(int, numbers))
    return found


def _upsert(make: Any, shard: Any) -> Any:
    values: dict[str, Any] = {name: bindparam(name) for name in COLUMNS}
    statement = make(counters).values(list_id=bindparam("list"), shard=shard, **values)
    added = {name: counters.c[name] + statement.excluded[name] for name in COLUMNS}
    return statement.on_conflict_do_update(index_elements=["list_id", "shard"], set_=added)


def _add_to_own_shard() -> Select[Any]:
    """PostgreSQL: one statement adds to this connection's shard and sums it with the others as they were committed."""
    own = _upsert(postgresql.insert, func.mod(func.pg_backend_pid(), SHARDS)).returning(
        counters.c.list_id, counters.c.shard, (counters.c.inside + counters.c.clicks).label("people")
    )
    mine, others = own.cte("mine"), counters.alias("others")
    elsewhere = select(func.sum(others.c.inside + others.c.clicks)).where(
        others.c.list_id == mine.c.list_id, others.c.shard != mine.c.shard
    )
    return select(mine.c.people + func.coalesce(elsewhere.scalar_subquery(), 0))


_ADD: Mapping[str, Any] = {
    "sqlite": _upsert(sqlite.insert, literal_column("0")).returning(counters.c.inside + counters.c.clicks),
    "postgresql": _add_to_own_shard(),
}
_READ = (
    select(counters.c.list_id, *(func.sum(counters.c[name]) for name in COLUMNS))
    .where(counters.c.list_id.in_(bindparam("lists", expanding=True)))
    .group_by(counters.c.list_id)
)


# Comparing with a count


def repair(session: Session) -> int:
    """Set right the numbers that differ from a count; returns how many lists differed.

    Writers are kept out for the length of a count: to be called only when `differing` finds any.
    """
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        connection.execute(text("LOCK TABLE list_counters IN EXCLUSIVE MODE"))
    wrong = differing(connection)
    connection.execute(delete(counters).where(counters.c.list_id.in_(list(wrong))))
    rows = [{"list_id": ident, "shard": 0} | dict(zip(COLUMNS, numbers, strict=True)) for ident, numbers in wrong.items()]
    if rows:
        connection.execute(insert(counters), rows)
    for ident in wrong:
        log.warning("the numbers of list %s differed from a count and were set right", ident)
    return len(wrong)


def differing(connection: Connection) -> dict[uuid.UUID, tuple[int, ...]]:
    """The lists whose numbers are not what a count says, with what it says.

    One statement reads both, so what commits meanwhile makes no difference.
    """
    found = {}
    for ident, *numbers in connection.execute(_BOTH):
        true, kept = tuple(map(int, numbers[: len(COLUMNS)])), tuple(map(int, numbers[len(COLUMNS) :]))
        if true != kept:
            found[ident] = true
    return found


def _both() -> Select[Any]:
    """(list, its numbers by count, its numbers as kept) of every list at which anything happened."""
    let_out = case(((_scans.c.result == Result.EXITED.value) & _scans.c.rehearsal.is_(False), 1), else_=0)
    by_hand = case((_clicks.c.rehearsal.is_(False), _clicks.c.delta), else_=0)
    real = _tickets.c.rehearsal.is_(False)
    passes = _part(_admissions, inside=func.count()).join(_tickets, _tickets.c.id == _admissions.c.ticket_id)
    parts = union_all(
        passes.where(_admissions.c.released_by.is_(None), real),
        _part(_clicks, clicks=func.sum(by_hand), changes=func.count()),
        _part(_scans, exits=func.sum(let_out), changes=func.count()),
        _part(counters, **{f"kept_{name}": func.sum(counters.c[name]) for name in COLUMNS}),
    ).subquery()
    return select(parts.c.list_id, *(func.sum(parts.c[name]) for name in _SIDES)).group_by(parts.c.list_id)


_SIDES = (*COLUMNS, *(f"kept_{name}" for name in COLUMNS))


def _part(table: Table, **numbers: Any) -> Select[Any]:
    columns = [numbers.get(name, literal_column("0")).label(name) for name in _SIDES]
    return select(table.c.list_id, *columns).select_from(table).group_by(table.c.list_id)


_BOTH = _both()
