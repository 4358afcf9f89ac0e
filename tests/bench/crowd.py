"""Guests with real registrations and tickets, and a crowd that is in already: what a large event's tables hold."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import insert, text

from app.checkin import counters
from app.checkin.models import CheckInList, Device
from app.core import clock
from app.core.db import write_tx, writing_to
from app.registration import codes
from app.registration.models import Registration, Ticket
from tests.transactions import do

AT_ONCE = 20_000
NEW_ID = {"sqlite": "lower(hex(randomblob(16)))", "postgresql": "gen_random_uuid()"}
NEW_HASH = {"sqlite": "randomblob(32)", "postgresql": "uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())"}
NUMBERS = {
    "sqlite": "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :count)",
    "postgresql": "WITH numbers AS (SELECT n FROM generate_series(1, :count) AS n)",
}


def make_guests(event_id: uuid.UUID, count: int, party: int = 1) -> list[str]:
    """`count` registrations with their tickets, as guests make them; the codes on the tickets."""
    made = [uuid.uuid4() for _ in range(count)]
    for start in range(0, count, AT_ONCE):
        ids = made[start : start + AT_ONCE]
        with write_tx() as session:
            session.execute(insert(Registration), [_registration(event_id, one, party) for one in ids])
            session.execute(insert(Ticket), [_ticket(event_id, one, party) for one in ids])
    return [codes.ticket_code(one, 1) for one in made]


def _registration(event_id: uuid.UUID, ident: uuid.UUID, party: int) -> dict[str, Any]:
    return {
        "id": ident, "event_id": event_id, "form_key": uuid.uuid4(), "link_hash": ident.bytes * 2, "name": "Anna Berg",
        "party_size": party, "language": "lv", "status": "confirmed", "created_at": clock.now(),
    }  # fmt: skip


def _ticket(event_id: uuid.UUID, ident: uuid.UUID, party: int) -> dict[str, Any]:
    """A ticket under its registration's id."""
    return {
        "id": ident, "event_id": event_id, "registration_id": ident, "reference": ident.hex[:8], "holder": "Anna Berg",
        "code_hash": codes.hash_code(codes.ticket_code(ident, 1)), "language": "lv", "party_size": party,
        "status": "confirmed", "created_at": clock.now(),
    }  # fmt: skip


def let_in(door: CheckInList, device: Device, count: int) -> None:
    """`count` more people are in at the list, each with a ticket and a scan of their own, made by the database itself."""
    kind = "sqlite" if writing_to("sqlite") else "postgresql"
    values = {"count": count, "event": door.event_id.hex, "list": door.id.hex, "device": device.id.hex, "now": _now(kind)}
    with write_tx() as session:
        if kind == "postgresql":
            session.execute(text("SET LOCAL statement_timeout = 0"))
        for statement in CROWD if count else ():
            session.execute(
                text(statement.format(numbers=NUMBERS[kind], new_id=NEW_ID[kind], new_hash=NEW_HASH[kind], **KEYS[kind])), values
            )
        session.execute(text("ANALYZE"))
    do(counters.repair)


def _now(kind: str) -> Any:
    return clock.now().isoformat(" ")[:19] if kind == "sqlite" else clock.now()


KEYS = {
    "sqlite": {"key": "", "empty": "''", "no": "0"},
    "postgresql": {"key": "::uuid", "empty": "''", "no": "false"},
}
CROWD = (
    "{numbers} INSERT INTO tickets (id, event_id, reference, generation, code_hash, holder, language, party_size, status,"
    " rehearsal, created_at, changed_at) SELECT {new_id}, (:event){key}, 'c' || n, 1, {new_hash}, 'Crowd', 'en', 1, 'confirmed',"
    " {no}, :now, :now FROM numbers",
    "INSERT INTO scans (id, device_id, list_id, seq, direction, count, ticket_id, code_hash, occurred_at, received_at, offset_ms,"
    " mode, result, admitted, typed, rehearsal) SELECT {new_id}, (:device){key}, (:list){key}, 0, 'entry', 1, id, code_hash, :now,"
    " :now, 0, 'online', 'accepted', 1, {no}, {no} FROM tickets WHERE holder = 'Crowd' AND event_id = (:event){key}",
    "INSERT INTO admissions (id, ticket_id, list_id, pass_no, scan_id) SELECT {new_id}, ticket_id, list_id, 1, id FROM scans"
    " WHERE list_id = (:list){key} AND seq = 0",
)
