"""Phones at a door, in closed loop over HTTP: they scan, send again what was not answered, and remember every answer."""

from __future__ import annotations

import http.client
import json
import random
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Event, Thread
from typing import Any

from app import create_app
from app.audit.models import TERMINAL
from app.checkin import devices
from app.checkin.service import put_list
from app.core import clock
from app.core.db import db, write_tx
from app.registration import codes
from app.registration.models import Ticket
from tests.bench.serving import settings
from tests.factories import make_event, make_place
from tests.transactions import do

AGAIN = 0.05  # seconds before an unanswered call is sent again: harsher than our own phones
GIVE_UP = 60.0
PARTIES = (1, 1, 1, 2, 4)


@dataclass(frozen=True)
class Ground:
    """A database with an event and its door, and what phones need to know of it."""

    url: str
    slug: str
    tokens: list[str]
    codes: list[str]


def prepare(url: str, phones: int, tickets: int) -> Ground:
    """Empty tables, one event with a main door, `phones` bearer devices, and tickets for parties of one to four."""
    with create_app(settings(url)).app_context():
        db.drop_all()
        db.create_all()
        event = make_event("rush-2026", place=make_place())
        with write_tx() as session:
            put_list(session, event.id, "main-door", {"capacity": tickets}, {"en": "Main door"})
        tokens = [
            do(devices.enrol, event, ["main-door"], f"Phone {number}", TERMINAL, bearer=True)[1] for number in range(phones)
        ]
        printed = make_tickets(event.id, tickets)
        db.session.remove()
        db.engine.dispose()
    return Ground(url, "rush-2026", tokens, printed)


def make_tickets(event_id: uuid.UUID, count: int) -> list[str]:
    """Real tickets (rehearsed ones make no conflict) in one transaction; their codes."""
    ids = [uuid.uuid4() for _ in range(count)]
    with write_tx() as session:
        for number, ticket_id in enumerate(ids):
            session.add(
                Ticket(
                    id=ticket_id, event_id=event_id, reference=codes.reference(ticket_id, 1), holder=f"Anna Berg {number}",
                    code_hash=codes.hash_code(codes.ticket_code(ticket_id, 1)), party_size=PARTIES[number % len(PARTIES)],
                    created_at=clock.now(),
                )
            )  # fmt: skip
    return [codes.ticket_code(ticket_id, 1) for ticket_id in ids]


@dataclass
class Sent:
    """One scan and everything that was answered to it."""

    item: dict[str, Any]
    answers: list[str] = field(default_factory=list)


@dataclass
class Diary:
    """What all phones saw: scans by id, (sent, answered) of each good call, refusals by kind, and what may never happen."""

    sent: dict[str, Sent] = field(default_factory=dict)
    good: list[tuple[float, float]] = field(default_factory=list)
    trouble: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


class Phone(Thread):
    """Scans until `stop` is set; then it delivers what it still holds and ends."""

    def __init__(self, port: int, token: str, printed: Sequence[str], diary: Diary, stop: Event, seed: int) -> None:
        super().__init__(daemon=True)
        self._port, self._codes, self._diary, self._stop_at = port, printed, diary, stop
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._chance, self._seq = random.Random(seed), 0
        self._mine: list[str] = []
        self._connection: http.client.HTTPConnection | None = None

    def run(self) -> None:
        """Scan until told to stop; the connection is closed at the end."""
        try:
            self._work()
        finally:
            self._hang_up()

    def _work(self) -> None:
        while not self._stop_at.is_set():
            items = [self._scan() for _ in range(self._chance.choice((1, 1, 1, 1, 5)))]
            for item in items:
                self._diary.sent[item["id"]] = Sent(item)
            if not self.deliver(items):
                return
            if self._chance.random() < 0.25 and not self.deliver(items):
                return

    def _scan(self) -> dict[str, Any]:
        self._seq += 1
        what = self._chance.random()
        item: dict[str, Any] = {
            "id": str(uuid.uuid4()), "seq": self._seq, "list": "main-door", "code": self._chance.choice(self._codes),
            "direction": "entry" if what < 0.8 else "exit", "count": self._chance.choice((1, 1, 2)),
            "at": datetime.now(UTC).isoformat(), "mode": "online", "local": None,
        }  # fmt: skip
        if what > 0.95 and self._mine:
            item |= {"direction": "undo", "undoes": self._mine.pop(), "code": None, "count": 1, "reason": "wrong one"}
        elif item["direction"] == "exit":
            item["count"] = 1
        else:
            self._mine = [*self._mine[-8:], item["id"]]
        return item

    def deliver(self, items: list[dict[str, Any]]) -> bool:
        """Send until it is answered; a phone that waited in vain judges by itself and says so. False when it gave up."""
        until = time.monotonic() + GIVE_UP
        while time.monotonic() < until:
            begun = time.monotonic()
            try:
                status, headers, body = self._post({"sent_at": datetime.now(UTC).isoformat(), "scans": items})
            except (OSError, http.client.HTTPException) as error:
                self._diary.trouble[type(error).__name__] += 1
                self._hang_up()
                self._judge_alone(items)
            else:
                if status == 200:
                    self._diary.good.append((begun, time.monotonic()))
                    return self._remember(json.loads(body))
                self._refused(status, headers, body)
            time.sleep(AGAIN)
        self._diary.wrong.append(f"not answered within {GIVE_UP:.0f} s")
        return False

    def _judge_alone(self, items: list[dict[str, Any]]) -> None:
        for item in items:
            if item["direction"] == "entry" and self._chance.random() < 0.5:
                item |= {"mode": "offline", "local": "accepted"}

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _post(self, body: dict[str, Any]) -> tuple[int, http.client.HTTPMessage, bytes]:
        connection = self._connection or http.client.HTTPConnection("127.0.0.1", self._port, timeout=20)
        self._connection = connection
        connection.request("POST", "/api/v1/scans", json.dumps(body), self._headers)
        response = connection.getresponse()
        return response.status, response.headers, response.read()

    def _refused(self, status: int, headers: http.client.HTTPMessage, body: bytes) -> None:
        proper = headers["Content-Type"] == "application/problem+json" and headers["Retry-After"]
        if status == 503 and proper:
            self._diary.trouble["503"] += 1
        else:
            self._diary.wrong.append(f"{status} {headers['Content-Type']} {headers['Retry-After']} {body[:200]!r}")

    def _remember(self, body: Any) -> bool:
        for answer in body["results"]:
            self._diary.sent[answer["id"]].answers.append(answer.get("result") or f"error:{answer['error']}")
        return True
