"""Which migrations a database has, compared with those that this code knows."""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache

from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Column, Connection, MetaData, String, Table, inspect, select

# Every revision that was applied. Alembic itself keeps only the last one, whose name means nothing to older code.
HISTORY = Table("schema_history", MetaData(), Column("revision", String(64), primary_key=True))


class Standing(StrEnum):
    """How far a database is, seen from this code."""

    CURRENT = "current"
    AHEAD = "ahead"  # newer code has migrated it; ours goes on working, because migrations only add until the release after
    PENDING = "pending"


def standing(connection: Connection, directory: str) -> Standing:
    """Where this database stands, for the code whose migrations lie in `directory`."""
    wanted = _heads(directory)
    if set(MigrationContext.configure(connection).get_current_heads()) == wanted:
        return Standing.CURRENT
    if inspect(connection).has_table(HISTORY.name) and wanted <= set(connection.scalars(select(HISTORY.c.revision))):
        return Standing.AHEAD
    return Standing.PENDING


@lru_cache(maxsize=4)
def _heads(directory: str) -> frozenset[str]:
    config = Config()
    config.set_main_option("script_location", directory)
    return frozenset(ScriptDirectory.from_config(config).get_heads())
