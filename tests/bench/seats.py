"""Who should sit and who should wait, worked out anew from nothing but the order in which people came and went.

Needs an app context on the database; reads only. `check_seats` returns sentences about what is wrong: none is right.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select

from app.core.db import db
from app.mail.models import OutboxMail
from app.registration.models import Registration, Ticket
from tests.bench.checker import check_file

CONFIRM, TICKET = "registration.confirm", "registration.ticket"


@dataclass
class House:
    """Seats given one by one: nobody overtakes, whoever leaves makes room for the first in the queue."""

    capacity: int
    seated: dict[uuid.UUID, int] = field(default_factory=dict)
    queue: list[tuple[uuid.UUID, int]] = field(default_factory=list)
    promoted: dict[uuid.UUID, datetime] = field(default_factory=dict)

    def come(self, who: uuid.UUID, party: int) -> None:
        """A new party sits down when there is room and nobody waits; else it waits."""
        if not self.queue and sum(self.seated.values()) + party <= self.capacity:
            self.seated[who] = party
        else:
            self.queue.append((who, party))

    def leave(self, who: uuid.UUID, at: datetime) -> None:
        """Somebody cancels; the first in the queue get the seats, in order."""
        self.seated.pop(who, None)
        self.queue = [waiting for waiting in self.queue if waiting[0] != who]
        while self.queue and sum(self.seated.values()) + self.queue[0][1] <= self.capacity:
            first, party = self.queue.pop(0)
            self.seated[first], self.promoted[first] = party, at


def check_seats(capacity: int, answered: Collection[str] = ()) -> list[str]:
    """Seats, queue, tickets and mails owed. `answered` are the form keys that somebody was told are registered."""
    db.session.rollback()
    rows = db.session.execute(select(Registration.__table__)).all()
    house = replay(rows, capacity)
    found = [
        *(f"lost: the form {key} was answered" for key in set(answered) - {str(row.form_key) for row in rows}),
        *_places(rows, house),
        *_tickets(rows),
        *_mails(rows, house),
        *check_file(),
    ]
    db.session.rollback()
    return found


def replay(rows: Collection[Any], capacity: int) -> House:
    """The house after everybody came and went, by the moments noted under the desk's lock."""
    came = [(row.created_at, 0, row) for row in rows]
    went = [(row.cancelled_at, 1, row) for row in rows if row.cancelled_at is not None]
    house = House(capacity)
    for at, gone, row in sorted(came + went, key=lambda entry: entry[:2]):
        if gone:
            house.leave(row.id, at)
        else:
            house.come(row.id, row.party_size)
    return house


def _places(rows: Collection[Any], house: House) -> Iterator[str]:
    should = dict.fromkeys(house.seated, "confirmed") | dict.fromkeys((who for who, _ in house.queue), "waitlisted")
    for row in rows:
        if row.status != should.get(row.id, "cancelled"):
            yield f"{row.id} is {row.status}, should be {should.get(row.id, 'cancelled')}"
    waiting = sorted((row for row in rows if row.status == "waitlisted"), key=lambda row: row.position)
    if [row.id for row in waiting] != [who for who, _ in house.queue]:
        yield "the queue is not in the order in which people came"
    if len({row.position for row in waiting}) != len(waiting):
        yield "two wait at the same place"


def _tickets(rows: Collection[Any]) -> Iterator[str]:
    """One ticket each, in the same state."""
    tickets = {row.registration_id: row for row in db.session.execute(select(Ticket.__table__))}
    for row in rows:
        ticket = tickets.pop(row.id, None)
        if ticket is None or (ticket.status, ticket.party_size) != (row.status, row.party_size):
            yield f"the ticket of {row.id} ({row.status}) is {ticket and ticket.status}"
    yield from (f"a ticket without a registration: {key}" for key in tickets)


def _mails(rows: Collection[Any], house: House) -> Iterator[str]:
    """Owed exactly: one question to each address, one ticket to each confirmed one, one more to whoever was promoted since."""
    owed = Counter((row.subject_id, row.kind, row.variant) for row in db.session.execute(select(OutboxMail.__table__)))
    due = Counter(_due(rows, house.promoted))
    yield from (f"owed but not due, or twice: {mail}" for mail in owed - due)
    yield from (f"due but not owed: {mail}" for mail in due - owed)


def _due(rows: Collection[Any], promoted: Mapping[uuid.UUID, datetime]) -> Iterator[tuple[uuid.UUID, str, str]]:
    for row in rows:
        if row.email:
            yield row.id, CONFIRM, ""
        if row.email_confirmed_at is not None:
            yield row.id, TICKET, ""
            if row.id in promoted and promoted[row.id] > row.email_confirmed_at:
                yield row.id, TICKET, "promoted"
