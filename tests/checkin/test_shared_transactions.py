"""Calls that a process has at once share a transaction, and are answered as if each had come by itself."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Sequence
from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from flask import Flask, current_app
from sqlalchemy import event as listening, select, update

from app.audit.models import TERMINAL
from app.checkin import counters, devices, queries, service
from app.checkin.claims import Batch
from app.checkin.models import Admission, Conflict, Scan
from app.checkin.rules import Attempt, Verdict
from app.core import clock
from app.core.db import db, write_tx
from app.registration import codes
from app.registration.models import Ticket
from tests.checkin.scans import make_list, make_ticket
from tests.factories import make_event, make_place
from tests.transactions import do

LISTS = ("main-door", "coach", "hall")
PARTIES = (1, 1, 3, 5)


class Ground:
    """An event with three lists, three phones that serve them all, and four parties."""

    def __init__(self, name: str, **fields: Any) -> None:
        self.event = make_event(name, place=make_place(name))
        for slug in LISTS:
            make_list(self.event, slug, re_entry=slug != "coach", **fields)
        names = ("Maija Korhonen", "Jonas Petraitis", "Ewa Nowak")
        self.hashes = [devices.hash_token(do(devices.enrol, self.event, LISTS, name, TERMINAL, bearer=True)[1]) for name in names]
        self.codes = [
            codes.ticket_code(ticket.id, 1) for ticket in (make_ticket(self.event, party_size=size) for size in PARTIES)
        ]

    def batch(self, phone: int, *attempts: Attempt) -> Batch:
        found = queries.read_device_state(self.hashes[phone])
        assert found is not None
        return Batch(found, attempts, clock.now(), timedelta(0))

    def attempt(self, seq: int, plan: tuple[int, str, int, str]) -> Attempt:
        ticket, direction, count, door = plan
        ident = uuid.uuid4()
        return Attempt(
            ident, str(ident), seq, door, direction, clock.now(), codes.hash_code(self.codes[ticket]), count=count,
        )  # fmt: skip

    def stored(self) -> list[tuple[Any, ...]]:
        """What stands in the tables, but for ids that are drawn."""
        order = {codes.hash_code(code): number for number, code in enumerate(self.codes)}
        lists = {door.id: door.slug for door in service.lists_of(self.event.id)}
        rows = db.session.execute(
            select(Scan.seq, Scan.list_id, Scan.code_hash, Scan.direction, Scan.result, Scan.admitted, Scan.winner_id, Scan.id)
            .where(Scan.list_id.in_(lists)).order_by(Scan.seq)
        ).all()  # fmt: skip
        seqs = {row.id: row.seq for row in rows}
        scans = [
            (row.seq, lists[row.list_id], order[row.code_hash], row.direction, row.result, row.admitted, seqs.get(row.winner_id))
            for row in rows
        ]
        passes = db.session.execute(
            select(Admission.list_id, Admission.pass_no, Admission.scan_id, Admission.released_by).where(
                Admission.list_id.in_(lists)
            )
        )
        return scans + sorted(
            (lists[one.list_id], one.pass_no, seqs[one.scan_id], seqs.get(one.released_by) or 0) for one in passes
        )


def told(verdicts: Sequence[Sequence[Verdict]]) -> list[tuple[Any, ...]]:
    return [
        (one.result, one.error, one.admitted, one.arrived, one.left, one.first and (one.first.check_in_list, one.first.by))
        for batch in verdicts
        for one in batch
    ]


@pytest.mark.parametrize("seed", range(12))
def test_what_is_recorded_together_is_what_would_be_recorded_one_after_the_other(database, noon, seed):
    chance = random.Random(seed)
    one, other = Ground("one"), Ground("other")
    shared = 0
    for round_number in range(6):
        plans = [
            [
                (chance.randrange(4), chance.choice(("entry", "entry", "exit")), chance.randint(1, 3), chance.choice(LISTS))
                for _ in range(chance.choice((1, 1, 2)))
            ]
            for _ in range(3)
        ]
        together, apart = (
            [
                ground.batch(phone, *(ground.attempt(round_number * 100 + phone * 10 + n, plan) for n, plan in enumerate(items)))
                for phone, items in enumerate(plans)
            ]
            for ground in (one, other)
        )
        singly = [service.record(other.hashes[phone], batch.items).verdicts for phone, batch in enumerate(apart)]
        verdicts = service._record_all(together)
        if verdicts is None:
            verdicts = [service.record(one.hashes[phone], batch.items).verdicts for phone, batch in enumerate(together)]
        else:
            shared += 1

        assert told(verdicts) == told(singly)
    assert one.stored() == other.stored()
    assert shared == 6
    assert counters.differing(db.session.connection()) == {}


def test_a_ticket_stored_twice_at_once_is_judged_by_each_alone(database, noon):
    """An id that is stored already is found when the scans are written: nothing of the others is kept, and all go alone."""
    ground = Ground("kaskinen")
    first = ground.attempt(1, (0, "entry", 1, "main-door"))
    service.record(ground.hashes[0], [first])
    second = ground.attempt(2, (1, "entry", 1, "main-door"))

    assert service._record_all([ground.batch(0, first), ground.batch(1, second)]) is None
    assert [row.seq for row in db.session.scalars(select(Scan))] == [1]
    assert service.record(ground.hashes[0], [first]).verdicts[0].replay
    assert service.record(ground.hashes[1], [second]).verdicts[0].result == "accepted"


def test_events_of_different_towns_share_a_transaction_without_mixing(database, noon):
    here, there = Ground("kaskinen"), Ground("alytus")
    mine, theirs = here.attempt(1, (0, "entry", 1, "hall")), there.attempt(2, (0, "entry", 1, "hall"))
    foreign = Attempt(uuid.uuid4(), "x", 3, "hall", "entry", clock.now(), codes.hash_code(here.codes[1]))
    verdicts = service._record_all([here.batch(0, mine), there.batch(0, theirs), there.batch(1, foreign)])

    assert verdicts is not None
    assert [one.result for batch in verdicts for one in batch] == ["accepted", "accepted", "wrong_event"]
    assert [service.inside(service.find_list(ground.event.id, "hall").id) for ground in (here, there)] == [1, 1]
    assert {row.code_hash: row.device_id for row in db.session.scalars(select(Scan))} == {
        codes.hash_code(here.codes[0]): here.batch(0).device.id,
        codes.hash_code(there.codes[0]): there.batch(0).device.id,
        codes.hash_code(here.codes[1]): there.batch(1).device.id,
    }


def test_phones_that_wait_for_one_are_written_in_one_commit(app: Flask, database, noon):
    """While one scan waits for its ticket, seven more come from other phones: two commits for eight, each answered right."""
    ground, commits, found = Ground("kaskinen"), list[object](), {}
    tickets = [codes.ticket_code(make_ticket(ground.event).id, 1) for _ in range(7)]
    ground.codes += tickets
    attempts = [ground.attempt(n, (n + 3 if n else 0, "entry", 1, "main-door")) for n in range(8)]

    def run(number: int) -> None:
        with app.app_context():
            (found[number],) = service.record(ground.hashes[number % 3], [attempts[number]]).verdicts

    def note(connection: object) -> None:
        commits.append(connection)

    threads = [Thread(target=run, args=(number,)) for number in range(8)]
    service._together()  # made now, in this context: it is the app's
    waiting = current_app.extensions["scans"]
    with write_tx() as session:
        session.execute(update(Ticket).where(Ticket.code_hash == codes.hash_code(ground.codes[0])).values(holder="Anna Ek"))
        threads[0].start()
        until = time.monotonic() + 10
        while not waiting._turn.locked() or waiting._queue:
            assert time.monotonic() < until
            time.sleep(0.001)
        for number, thread in enumerate(threads[1:], 1):
            thread.start()
            while len(waiting._queue) < number:
                assert time.monotonic() < until
                time.sleep(0.001)
        listening.listen(db.engine, "commit", note)
    for thread in threads:
        thread.join(20)
    listening.remove(db.engine, "commit", note)

    assert [found[number].result for number in range(8)] == ["accepted"] * 8
    assert len(commits) == 3  # what the first waited for, the first, the seven
    assert db.session.scalars(select(Conflict)).all() == []
    assert service.inside(service.find_list(ground.event.id, "main-door").id) == 8
