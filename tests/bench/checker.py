"""What must be true of the database after any fault. Each check returns sentences about what is wrong: none is right.

Needs an app context on the database. Reads only.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import aliased

from app.checkin import counters
from app.checkin.models import Admission, Conflict, Scan
from app.core.db import db, writing_to
from app.registration.models import Ticket
from tests.bench.phones import Sent

SHOWN = 5


def check_door(sent: Mapping[str, Sent]) -> list[str]:
    """Every rule of the door, over what the phones remember and what the tables hold."""
    db.session.rollback()
    rows = {str(row.id): row for row in db.session.execute(select(Scan.__table__))}
    found = [
        *_answers(sent, rows),
        *_settled(rows),
        *_admissions(rows),
        *_conflicts(sent, rows),
        *_gaps(rows),
        *_counters(),
        *check_file(),
    ]
    db.session.rollback()
    return found


def check_file() -> list[str]:
    """The database itself is whole, and no row points to one that is gone."""
    if writing_to("sqlite"):
        said = db.session.scalars(text("PRAGMA integrity_check")).all()
        return [*([] if said == ["ok"] else [f"integrity: {said[:SHOWN]}"]), *_orphans()]
    return list(_orphans())


def _answers(sent: Mapping[str, Sent], rows: Mapping[str, Any]) -> Iterator[str]:
    """What was answered is kept, with that very result, however often it was asked."""
    for ident, scan in sent.items():
        row = rows.get(ident)
        if scan.answers and row is None:
            yield f"lost: {ident} was answered {scan.answers[0]}"
        elif len(set(scan.answers)) > 1:
            yield f"two answers: {ident} {scan.answers}"
        elif scan.answers and row is not None and row.result != scan.answers[0]:
            yield f"changed: {ident} was answered {scan.answers[0]}, the table says {row.result}"
        elif not scan.answers:
            yield f"never answered: {ident}"
    yield from (f"from nowhere: {ident}" for ident in rows.keys() - sent.keys())


def _counters() -> Iterator[str]:
    """The numbers kept beside the rows are what a count says."""
    yield from (
        f"numbers of list {ident}: counted {numbers}" for ident, numbers in counters.differing(db.session.connection()).items()
    )


def _settled(rows: Mapping[str, Any]) -> Iterator[str]:
    pending = [ident for ident, row in rows.items() if row.result == "pending"]
    yield from (f"half written: {ident}" for ident in pending)


def _admissions(rows: Mapping[str, Any]) -> Iterator[str]:
    """One living admission a pass, no more than the party, each by an accepted scan of that ticket and by no other."""
    table = Admission.__table__
    admissions = db.session.execute(select(table)).all()
    alive = Counter((row.ticket_id, row.list_id, row.pass_no) for row in admissions if row.released_by is None)
    yield from (f"admitted {count} times: {key}" for key, count in alive.items() if count > 1)
    parties = {row.id: row.party_size for row in db.session.execute(select(Ticket.id, Ticket.party_size))}
    inside = Counter((ticket, door) for ticket, door, _ in alive)
    yield from (f"{count} of a party of {parties[key[0]]}: {key}" for key, count in inside.items() if count > parties[key[0]])
    for row in admissions:
        scan = rows.get(str(row.scan_id))
        if scan is None or (scan.result, scan.ticket_id, scan.list_id) != ("accepted", row.ticket_id, row.list_id):
            yield f"admission {row.id} without an accepted scan"
    made = Counter(str(row.scan_id) for row in admissions)
    for ident, scan in rows.items():
        if made[ident] != (scan.admitted if scan.result == "accepted" else 0):
            yield f"scan {ident} ({scan.result}) let {scan.admitted} in, {made[ident]} admissions stand"


def _conflicts(sent: Mapping[str, Sent], rows: Mapping[str, Any]) -> Iterator[str]:
    """Whom a phone let in by itself is admitted, or somebody is asked to look: exactly one of the two, wholly."""
    conflicts = {str(ident) for ident in db.session.scalars(select(Conflict.scan_id))}
    alone = {ident for ident, scan in sent.items() if scan.answers and scan.item["local"] == "accepted"}
    for ident in alone & rows.keys():
        row = rows[ident]
        whole = row.result == "accepted" and row.admitted >= row._mapping["count"]
        if whole == (ident in conflicts):
            yield f"let in by the phone: {ident} {row.result} {row.admitted}, conflict {ident in conflicts}"
    yield from (f"conflict without cause: {ident}" for ident in conflicts - alone)


def _gaps(rows: Mapping[str, Any]) -> Iterator[str]:
    """Each phone's numbers are whole: 1, 2, 3 and so on, none twice."""
    numbers: dict[uuid.UUID, list[int]] = {}
    for row in rows.values():
        numbers.setdefault(row.device_id, []).append(row.seq)
    for device, found in numbers.items():
        if sorted(found) != list(range(1, len(found) + 1)):
            yield f"gaps in the numbers of {device}"


def _orphans() -> Iterator[str]:
    """Rows whose parent is gone, by every foreign key there is."""
    for table in db.metadata.sorted_tables:
        for key in table.foreign_keys:
            parent = aliased(key.column.table)
            missing = (
                select(func.count())
                .select_from(table.outerjoin(parent, key.parent == parent.c[key.column.name]))
                .where(key.parent.is_not(None), parent.c[key.column.name].is_(None))
            )
            if count := db.session.scalar(missing):
                yield f"{count} rows of {table.name}.{key.parent.name} point nowhere"
