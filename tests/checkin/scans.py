"""Scans for tests, with all that they need: lists, tickets, devices, and the batches that devices send."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask.testing import FlaskClient

from app.audit.models import TERMINAL
from app.checkin import devices, service
from app.checkin.models import CheckInList, Device
from app.core import clock
from app.core.db import write_tx
from app.events.models import Event
from app.registration import codes
from app.registration.models import Ticket
from tests.factories import make_event, make_place
from tests.transactions import do


@dataclass
class Door:
    """An event with one list, and a phone at it."""

    event: Event
    list: CheckInList
    device: Device
    token: str


def make_list(event: Event, slug: str = "main-door", name: str = "Main door", **fields: Any) -> CheckInList:
    with write_tx() as session:
        return service.put_list(session, event.id, slug, fields, {"en": name})


def make_device(event: Event, *lists: str, name: str = "Maija Korhonen", **fields: Any) -> tuple[Device, str]:
    return do(devices.enrol, event, lists or ("main-door",), name, TERMINAL, bearer=True, **fields)


def make_door(slug: str = "kaskinen-2026", **fields: Any) -> Door:
    event = make_event(slug, place=make_place(slug))
    door = make_list(event, **fields)
    return Door(event, door, *make_device(event))


def make_ticket(event: Event, **fields: Any) -> Ticket:
    ticket_id = uuid.uuid4()
    values: dict[str, Any] = {
        "event_id": event.id, "reference": codes.reference(ticket_id, 1), "holder": "Anna Berg", "language": "lv", "party_size": 1,
        "code_hash": codes.hash_code(codes.ticket_code(ticket_id, 1)), "created_at": clock.now(),
    } | fields  # fmt: skip
    with write_tx() as session:
        ticket = Ticket(id=ticket_id, **values)
        session.add(ticket)
    ticket.printed = code_of(ticket)  # type: ignore[attr-defined]
    return ticket


def code_of(ticket: Any) -> str:
    """What its QR holds; outside an app context only for tickets of `make_ticket`."""
    return str(ticket.__dict__.get("printed") or codes.ticket_code(ticket.id, ticket.generation))


_seq = 0


def scan(code: str | None, **fields: Any) -> dict[str, Any]:
    """One item of a batch; `at` defaults to now."""
    global _seq
    _seq += 1
    item = {
        "id": str(uuid.uuid4()), "seq": _seq, "list": "main-door", "code": code, "direction": "entry", "count": 1,
        "at": iso(clock.now()), "mode": "online", "local": None,
    }  # fmt: skip
    return item | fields


def iso(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def send(client: FlaskClient, token: str | None, *items: Any, **body: Any) -> Any:
    """POST a batch; the response."""
    headers = {"Authorization": f"Bearer {token}"} if token else {"Origin": "https://pearls.test"}
    return client.post("/api/v1/scans", json={"sent_at": iso(clock.now()), "scans": list(items)} | body, headers=headers)


def answers(client: FlaskClient, token: str, *items: Any, **body: Any) -> list[dict[str, Any]]:
    """The results of a batch that was taken."""
    response = send(client, token, *items, **body)
    assert response.status_code == 200, response.json
    results: list[dict[str, Any]] = response.json["results"]
    return results


def results(client: FlaskClient, token: str, *items: Any, **body: Any) -> list[str]:
    """Only the results, or the errors."""
    return [answer.get("result") or f"error:{answer['error']}" for answer in answers(client, token, *items, **body)]
