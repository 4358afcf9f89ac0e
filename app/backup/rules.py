"""What a backup says of itself, and which one may be restored: no SQL, no clock."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

OWN_TABLES = frozenset({"alembic_version", "events", "local_texts", "registrations"})


class BackupRefused(Exception):
    """A backup cannot be made, or cannot be restored; the sentence says why. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class BackupFacts:
    """What a file is: when it was made, its tables, and how far it was migrated."""

    made_at: datetime
    tables: frozenset[str]
    revision: str


def judge(
    facts: BackupFacts, known: Collection[str], now: datetime, longest: timedelta, *, journal: bool, accepted: bool
) -> None:
    """Raises `BackupRefused` for what is not ours, for a newer schema, and where erasures would come back unless accepted."""
    if not facts.tables >= OWN_TABLES:
        raise BackupRefused("It is no backup of the companion: its tables are others.")
    if facts.revision not in known:
        raise BackupRefused(
            f"It was made by a newer version (migration {facts.revision}, unknown here). Install that version first."
        )
    if not journal and not accepted:
        raise BackupRefused(
            "There is no journal of erasures here, so people who had their data erased would come back. On a new machine\n"
            "put its copy in place first (JOURNAL in the settings). --accept-lost-erasures goes on without."
        )
    if facts.made_at <= now - longest and not accepted:
        raise BackupRefused(
            f"It is older than {longest.days} days: what was erased before that is not in the journal and would come back.\n"
            "--accept-lost-erasures goes on all the same."
        )
