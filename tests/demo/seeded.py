"""The demo's rows: seeded once a run, copied into the tables from then on. Seeding itself is tried by test_loader.py."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import current_app
from sqlalchemy import Table, insert, select

from app.core import clock
from app.core.db import db, write_tx
from app.demo import loader, redating

SEEDED_AT = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
_kept: list[tuple[Table, list[dict[str, Any]]]] = []


def put_demo() -> None:
    """Towns and events as `flask seed demo` left them on New Year's Day, in empty tables."""
    if not _kept:
        with clock.travelled_to(SEEDED_AT):
            loader.seed_base()
            loader.seed_demo()
        _kept.extend((table, _rows(table)) for table in db.metadata.sorted_tables)
        return
    with write_tx() as session:
        for table, rows in _kept:
            if rows:
                session.execute(insert(table), rows)
    current_app.extensions["pagecache"].versions.forget()


def put_live_demo() -> None:
    """The demo's towns and events, the two live ones around the present minute."""
    put_demo()
    redating.redate(clock.now())


def _rows(table: Table) -> list[dict[str, Any]]:
    return [dict(row) for row in db.session.execute(select(table)).mappings()]
