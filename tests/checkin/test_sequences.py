"""Whole stories at the door, from the shared table ("sequences" of tests/data/door_cases.json): phones, clocks, lost answers.

Each runs through the API on the database that is being tested; the table's "about" tells the format.
"""

from __future__ import annotations

import itertools
import json
import uuid
from collections import Counter
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from app.audit.models import TERMINAL
from app.checkin import counters, devices, queries
from app.checkin.models import Admission, CheckInList, Conflict, Device, Scan
from app.checkin.rules import Result
from app.core import clock
from app.core.db import db, write_tx
from app.events.models import Event
from app.registration import codes
from app.registration.models import Ticket
from tests.checkin.scans import iso, make_list, make_ticket
from tests.conftest import NOON
from tests.factories import make_event, make_place, replace_code
from tests.transactions import do

TABLE = json.loads((Path(__file__).parent.parent / "data" / "door_cases.json").read_text("utf-8"))
DEFAULTS = TABLE["sequence_defaults"]
KNOWN = {"name", "lists", "tickets", "phones", "steps", "permute", "conflicts", "kinds", "inside", "missing", "rows", "results"}


def moment(text: str, clock_ahead: int = 0) -> datetime:
    """`12:05` or `12:05:30` of 16 June, or `+1 12:05` of the day after."""
    days, _, clock_time = text.rpartition(" ")
    return datetime.combine(NOON.date(), time.fromisoformat(clock_time), UTC) + timedelta(
        days=int(days or 0), seconds=clock_ahead
    )


class Story:
    """One sequence on empty tables."""

    def __init__(self, app: Flask, client: FlaskClient, told: dict[str, Any]) -> None:
        self.app, self.client, self.told = app, client, DEFAULTS | told
        self.sent: dict[str, dict[str, Any]] = {}
        self.seq: Counter[str] = Counter()
        with clock.travelled_to(moment("08:00")), app.app_context():
            self.event = make_event(place=make_place())
            self.other: Event | None = None
            self.lists = {slug: self._list(slug, fields) for slug, fields in self.told["lists"].items()}
            self.phones = {name: self._phone(name, fields) for name, fields in self.told["phones"].items()}
            self.tickets = {name: self._ticket(dict(fields)) for name, fields in self.told["tickets"].items()}
            self.codes = {(name, 1): ticket.printed for name, ticket in self.tickets.items()}

    # Setting up

    def _list(self, slug: str, fields: dict[str, Any]) -> CheckInList:
        hours = {name: moment(fields[name]) for name in ("opens_at", "closes_at") if name in fields}
        return make_list(self.event, slug, slug, **fields | hours)

    def _phone(self, name: str, fields: dict[str, Any]) -> tuple[Device, str]:
        lists = fields.get("lists", list(self.told["lists"]))
        return do(
            devices.enrol, self.event, lists, f"Phone {name}", TERMINAL, supervise=fields.get("supervise", False), bearer=True
        )

    def _ticket(self, fields: dict[str, Any]) -> Any:
        event = self.event
        if fields.pop("event", None):
            event = self.other = self.other or make_event("alytus-2026", place=make_place("alytus", {"lt": "Alytus"}))
        return make_ticket(event, **fields)

    # Steps

    def play(self, steps: list[dict[str, Any]]) -> None:
        """Every step at its time; what was expected of a step is asserted there."""
        for step in steps:
            with clock.travelled_to(moment(step["at"])):
                self._do(step) if "do" in step else self._send(step)

    def _send(self, step: dict[str, Any]) -> None:
        ahead = self._ahead(step["phone"])
        items = [self._item(step, scan) for scan in step["send"]]
        sent_at = {} if step.get("sent_at") == "missing" else {"sent_at": iso(moment(step["at"], ahead))}
        answer = self.client.post(
            "/api/v1/scans", json={"scans": items} | sent_at, headers={"Authorization": f"Bearer {self.phones[step['phone']][1]}"}
        )
        got = [self._short(result) for result in answer.json["results"]] if answer.status_code == 200 else answer.status_code
        assert got == step.get("expect", got), step

    def _ahead(self, phone: str) -> int:
        return int(self.told["phones"][phone].get("clock", 0))

    def _item(self, step: dict[str, Any], scan: dict[str, Any]) -> dict[str, Any]:
        known = self.sent.get(scan["id"])
        told = (known or {"at": step["at"], "phone": step["phone"], "seq": self._number(step["phone"])}) | scan
        self.sent.setdefault(scan["id"], told)
        item = {
            "id": self._uuid(told["id"]), "seq": told["seq"], "list": told.get("list", next(iter(self.told["lists"]))),
            "code": self._code(told), "direction": told.get("direction", "entry"), "count": told.get("count", 1),
            "at": iso(moment(told["at"], self._ahead(told["phone"]))) if told["at"] else None,
            "undoes": self._uuid(told["undoes"]) if "undoes" in told else None, "reason": told.get("reason"),
            "rehearsal": told.get("rehearsal", False),
        }  # fmt: skip
        if "offline" in told:
            item |= {"mode": "offline", "local": told["offline"] if isinstance(told["offline"], str) else None}
        return item

    def _number(self, phone: str) -> int:
        self.seq[phone] += 1
        return self.seq[phone]

    def _uuid(self, name: str) -> str:
        return str(uuid.uuid5(uuid.NAMESPACE_OID, name))

    def _code(self, told: dict[str, Any]) -> str | None:
        return told["code"] if "code" in told else self.codes.get((told.get("ticket", ""), told.get("generation", 1)))

    def _short(self, answer: dict[str, Any]) -> str:
        if "error" in answer:
            return f"error:{answer['error']}"
        admitted = answer.get("admitted", 1)
        return f"{'again ' if answer['replay'] else ''}{answer['result']}{f' {admitted}' if admitted > 1 else ''}"

    def _do(self, step: dict[str, Any]) -> None:
        with self.app.app_context():
            match step["do"]:
                case "set":
                    self._set(Ticket, self.tickets[step["ticket"]].id, step["to"])
                case "set list":
                    self._set(CheckInList, self.lists[step["list"]].id, step["to"])
                case "set phone":
                    self._set(Device, self.phones[step["phone"]][0].id, step["to"])
                case "replace":
                    ticket = replace_code(self.tickets[step["ticket"]].id)
                    self.codes[step["ticket"], ticket.generation] = codes.ticket_code(ticket.id, ticket.generation)
                case "revoke":
                    do(devices.revoke, self.phones[step["phone"]][0].id, TERMINAL)
                case "reinstall":
                    self.seq[step["phone"]] = 0
                case other:
                    raise ValueError(other)

    def _set(self, model: Any, ident: uuid.UUID, values: dict[str, Any]) -> None:
        with write_tx() as session:
            session.execute(update(model).where(model.id == ident).values(values))

    # What is left

    def outcome(self) -> dict[str, Any]:
        """What the table asks for at the end."""
        names = {uuid.UUID(self._uuid(name)): name for name in self.sent}
        with self.app.app_context():
            scans = {row.id: row for row in db.session.scalars(select(Scan))}
            conflicts = list(db.session.scalars(select(Conflict)))
            found = {
                "conflicts": {names[row.scan_id]: row.kind for row in conflicts},
                "kinds": sorted(row.kind for row in conflicts),
                "inside": self._inside(),
                "missing": {
                    name: queries.not_delivered(db.session.connection(), phone.id) for name, (phone, _) in self.phones.items()
                },
                "rows": len(scans),
                "results": dict(sorted(Counter(row.result for row in scans.values()).items())),
            }
            self._sound(scans)
        return found

    def _inside(self) -> dict[str, int]:
        tickets = {ticket.id: name for name, ticket in self.tickets.items()}
        lists = {row.id: slug for slug, row in self.lists.items()}
        first = next(iter(self.lists))
        live = db.session.scalars(select(Admission).where(Admission.released_by.is_(None)))
        places = Counter((tickets[row.ticket_id], lists[row.list_id]) for row in live)
        return {name if slug == first else f"{name}@{slug}": number for (name, slug), number in sorted(places.items())}

    def _sound(self, scans: dict[uuid.UUID, Scan]) -> None:
        """What holds after every story (security.md §3.5)."""
        admissions = list(db.session.scalars(select(Admission)))
        passes = Counter((row.ticket_id, row.list_id, row.pass_no) for row in admissions if row.released_by is None)
        complained = set(db.session.scalars(select(Conflict.scan_id)))
        let_in = [row for row in scans.values() if row.local == "accepted" and row.direction == "entry" and not row.rehearsal]

        assert counters.differing(db.session.connection()) == {}
        assert set(passes.values()) <= {1}
        assert all(scans[row.scan_id].result == Result.ACCEPTED for row in admissions)
        assert "pending" not in {row.result for row in scans.values()}
        assert all(row.id in complained or row.admitted == row.count for row in let_in)


@pytest.mark.parametrize("told", TABLE["sequences"], ids=lambda told: told["name"])
def test_the_door_does_as_the_table_tells(app, client, told):
    steps, permuted = told["steps"], told.get("permute", [])
    outcomes = []
    for number, order in enumerate(itertools.permutations(permuted)):
        if number:
            empty(app)
        story = Story(app, client, told)
        wanted = dict(zip(permuted, order, strict=True))
        story.play([{**steps[wanted.get(index, index)], "at": step["at"]} for index, step in enumerate(steps)])
        outcomes.append(story.outcome())

    expected = {name: told[name] for name in ("kinds", "conflicts", "inside", "missing", "rows", "results") if name in told}
    assert [{name: outcome[name] for name in expected} for outcome in outcomes] == [expected] * len(outcomes)


def empty(app: Flask) -> None:
    with app.app_context(), write_tx() as session:
        for table in reversed(db.metadata.sorted_tables):
            session.execute(table.delete())


def test_every_sequence_ends_with_something_to_hold_it_to():
    names = [told["name"] for told in TABLE["sequences"]]

    assert len(set(names)) == len(names) >= 40
    assert [told["name"] for told in TABLE["sequences"] if not told.keys() <= KNOWN] == []
    assert [
        told["name"] for told in TABLE["sequences"] if not told.keys() & {"conflicts", "kinds", "inside", "missing", "rows"}
    ] == []
