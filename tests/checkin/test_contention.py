"""Many at once, each with connections of its own: every pass is admitted exactly once, and the unique index has the last word."""

from __future__ import annotations

import random
import uuid
from collections import Counter
from multiprocessing import get_context
from threading import Thread

import pytest
from sqlalchemy import select

from app import create_app
from app.audit.models import TERMINAL
from app.checkin import counters, devices, service
from app.checkin.models import Admission, Scan
from app.checkin.rules import Attempt
from app.core import clock
from app.core.db import db
from app.registration import codes
from tests.bench.crowd import make_guests
from tests.checkin.scans import make_list, make_ticket
from tests.conftest import settings_for
from tests.factories import make_event
from tests.transactions import do

PROCESSES, TICKETS = 8, 120
# Each process is a fork of one that has imported the app and nothing else.
PROGRAM = get_context("forkserver")
PROGRAM.set_forkserver_preload([__name__])


def attempt(code: str, seq: int = 1, **fields) -> Attempt:
    ident = uuid.uuid4()
    values = {
        "id": ident,
        "sent_id": str(ident),
        "seq": seq,
        "check_in_list": "main-door",
        "direction": "entry",
        "at": clock.now(),
    } | fields
    return Attempt(**values, code_hash=codes.hash_code(code))


def scan_everything(url: str, token: str, tickets: list[str], seed: int) -> list[tuple[str, str, bool]]:
    """What one process does: every ticket in the same order, a quarter of the scans sent twice, some in batches."""
    chance, found = random.Random(seed), []
    with create_app(settings_for(url)).app_context():
        for seq, code in enumerate(tickets):
            sent = attempt(code, seq)
            for _ in range(2 if chance.random() < 0.25 else 1):
                (verdict,) = service.record(devices.hash_token(token), [sent]).verdicts
                found.append((code, verdict.result, verdict.replay))
        chance.shuffle(tickets)
        batch = service.record(devices.hash_token(token), [attempt(code) for code in tickets[:50]]).verdicts
        found += [(code, verdict.result, False) for code, verdict in zip(tickets, batch, strict=False)]
        db.engine.dispose()
    return found


def test_eight_processes_admit_each_of_the_same_tickets_exactly_once(app, database):
    event = make_event()
    door = make_list(event, capacity=TICKETS)
    tokens = [do(devices.enrol, event, ["main-door"], f"Phone {number}", TERMINAL, bearer=True)[1] for number in range(PROCESSES)]
    tickets = make_guests(event.id, TICKETS)
    url = db.engine.url.render_as_string(hide_password=False)
    with PROGRAM.Pool(PROCESSES) as crowd:
        parts = crowd.starmap(
            scan_everything, [(url, token, list(tickets), seed) for seed, token in enumerate(tokens)], chunksize=1
        )
    found = [one for part in parts for one in part]

    accepted = Counter(code for code, result, replay in found if result == "accepted" and not replay)
    scans = db.session.scalars(select(Scan)).all()
    admissions = db.session.scalars(select(Admission)).all()
    assert {result for _, result, _ in found} == {"accepted", "already_in"}
    assert (len(accepted), set(accepted.values())) == (TICKETS, {1})
    assert Counter(row.result for row in scans) == {"accepted": TICKETS, "already_in": len(scans) - TICKETS}
    assert {row.scan_id for row in admissions} == {row.id for row in scans if row.result == "accepted"}
    assert {row.winner_id for row in scans} == {row.scan_id for row in admissions}
    assert counters.inside(db.session.connection(), [door.id]) == {door.id: TICKETS}
    assert counters.differing(db.session.connection()) == {}


@pytest.mark.parametrize("party", [1, 3])
def test_the_unique_index_decides_against_a_writer_that_locks_nothing(app, database, party):
    event = make_event()
    door = make_list(event)
    device, token = do(devices.enrol, event, ["main-door"], "Maija Korhonen", TERMINAL, bearer=True)
    ticket = make_ticket(event, party_size=party)
    code, token_hash, stray = codes.ticket_code(ticket.id, 1), devices.hash_token(token), uuid.uuid4()
    verdicts = []

    def record() -> None:
        with app.app_context():
            verdicts.extend(service.record(token_hash, [attempt(code)]).verdicts)

    with db.engine.connect().execution_options(write=True) as other:
        now = clock.now()
        other.execute(
            Scan.__table__.insert(),
            {"id": stray, "device_id": device.id, "list_id": door.id, "seq": 9, "direction": "entry", "occurred_at": now,
             "received_at": now, "result": "accepted", "ticket_id": ticket.id, "count": 1, "offset_ms": 0, "mode": "online",
             "admitted": 1, "typed": False, "rehearsal": False},
        )  # fmt: skip
        other.execute(
            Admission.__table__.insert(),
            {"id": uuid.uuid4(), "ticket_id": ticket.id, "list_id": door.id, "pass_no": 1, "scan_id": stray},
        )
        waiting = Thread(target=record)
        waiting.start()
        waiting.join(0.5)
        other.commit()
    waiting.join(10)
    passes = sorted((row.pass_no, row.scan_id == stray) for row in db.session.scalars(select(Admission)))

    if party == 1:
        assert [(verdict.result, verdict.first and verdict.first.by) for verdict in verdicts] == [("already_in", "MK")]
        assert passes == [(1, True)]
    else:
        assert [(verdict.result, verdict.admitted, verdict.arrived) for verdict in verdicts] == [("accepted", 1, 2)]
        assert passes == [(1, True), (2, False)]
