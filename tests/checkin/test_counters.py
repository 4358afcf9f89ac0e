"""The numbers kept beside the door's rows: always what a count says, and the same work for a scan however many are in."""

from __future__ import annotations

import logging
import uuid
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from sqlalchemy import delete, func, select, update

from app.audit.models import TERMINAL
from app.checkin import counters, devices
from app.checkin.models import Admission, CheckInList, Headcount, ListCounter, Scan
from app.core import clock
from app.core.db import db, write_tx, writing_to
from app.registration.models import Ticket
from app.registration.tickets import make_rehearsal_tickets
from tests.checkin.scans import code_of, iso, make_door, make_list, make_ticket, results, scan, send
from tests.supervise.supervisor import Supervisor
from tests.transactions import do

LISTS = ("main-door", "coach")
STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("scan"), st.sampled_from(("entry", "entry", "entry", "exit")), st.integers(0, 4), st.sampled_from(LISTS),
            st.integers(1, 3), st.sampled_from(("online", "offline")), st.sampled_from((None, "accepted", "rejected")),
            st.booleans(),
        ),
        st.tuples(st.just("undo"), st.integers(0, 12)),
        st.tuples(st.just("again"), st.integers(0, 12)),
        st.tuples(st.just("click"), st.sampled_from((1, 1, -1)), st.sampled_from(LISTS), st.booleans()),
    ),
    min_size=1, max_size=14,
)  # fmt: skip


class Evening:
    """A door with two lists, a supervisor's phone, and tickets of every kind."""

    def __init__(self, client: Any) -> None:
        self.client, self.sent = client, []
        self.door = make_door(f"event-{uuid.uuid4().hex[:10]}", capacity=4, re_entry=uuid.uuid4().int % 2 == 0)
        self.coach = make_list(self.door.event, "coach", capacity=2, kind="coach")
        self.token = do(devices.enrol, self.door.event, LISTS, "Sanna Virta", TERMINAL, bearer=True, supervise=True)[1]
        one, party, waiting = (
            make_ticket(self.door.event, **fields) for fields in ({}, {"party_size": 3}, {"status": "waitlisted"})
        )
        rehearsal = do(make_rehearsal_tickets, self.door.event.id, 1)[0][0]
        self.codes = [code_of(one), code_of(party), code_of(waiting), rehearsal, "PRL:1:none"]

    def play(self, steps: list[Any]) -> None:
        for what, *told in steps:
            getattr(self, what)(*told)

    def scan(self, direction: str, ticket: int, door: str, count: int, mode: str, local: str | None, rehearsal: bool) -> None:
        at = iso(clock.now() - timedelta(minutes=len(self.sent) % 3)) if mode == "offline" else iso(clock.now())
        local = local if mode == "offline" else None
        fields = {"direction": direction, "list": door, "count": count, "mode": mode, "local": local, "at": at}
        self._send(scan(self.codes[ticket], **fields, **({"rehearsal": True} if rehearsal and ticket == 0 else {})))

    def undo(self, which: int) -> None:
        if self.sent:
            earlier = self.sent[which % len(self.sent)]
            self._send(scan(None, direction="undo", undoes=earlier["id"], list=earlier["list"], reason="Scanned by mistake"))

    def again(self, which: int) -> None:
        """A batch with the last scan twice and an earlier one once more."""
        if self.sent:
            send(self.client, self.token, self.sent[which % len(self.sent)], self.sent[-1], self.sent[-1])

    def click(self, delta: int, door: str, twice: bool) -> None:
        made = {"id": str(uuid.uuid4()), "list": door, "delta": delta, "at": iso(clock.now())}
        for _ in range(1 + twice):
            body = {"sent_at": iso(clock.now()), "clicks": [made]}
            self.client.post("/api/v1/headcounts", json=body, headers={"Authorization": f"Bearer {self.token}"})

    def _send(self, item: dict[str, Any]) -> None:
        self.sent.append(item)
        assert send(self.client, self.token, item).status_code == 200


def counted(door: CheckInList) -> int:
    """People in at a list, by looking at every row."""
    live = db.session.execute(
        select(Ticket.rehearsal)
        .join(Admission, Admission.ticket_id == Ticket.id)
        .where(Admission.list_id == door.id, Admission.released_by.is_(None))
    ).scalars()
    clicks = db.session.scalars(select(Headcount).where(Headcount.list_id == door.id))
    return max(0, sum(not rehearsal for rehearsal in live) + sum(one.delta for one in clicks if not one.rehearsal))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=STEPS)
def test_the_numbers_are_what_a_count_says_after_any_evening(app, client, noon, steps):
    with app.app_context():
        evening = Evening(client)
    evening.play(steps)
    with app.app_context():
        connection = db.session.connection()
        lists = (evening.door.list, evening.coach)

        assert counters.inside(connection, [one.id for one in lists]) == {one.id: counted(one) for one in lists}
        assert counters.differing(connection) == {}


def test_a_scan_says_how_full_the_list_is_with_those_who_came_before(app, client, ticket):
    with app.app_context():
        door = make_door("krosno-2026", capacity=10)
    family, more = ticket(event=door.event, party_size=8), [ticket(event=door.event) for _ in range(3)]
    warnings = [
        send(client, door.token, scan(code_of(one), count=count)).json["results"][0].get("warning")
        for one, count in ((family, 8), (more[0], 1), (more[1], 1), (more[2], 1))
    ]

    assert warnings == [None, "nearly_full", "full", "full"]


@pytest.mark.parametrize("repeat", [False, True])
def test_a_scan_asks_the_same_whoever_is_in(app, client, queries, repeat):
    with app.app_context():
        door = make_door("krosno-2026", capacity=500)
        codes = [code_of(make_ticket(door.event)) for _ in range(60)]
    results(client, door.token, *(scan(code) for code in (codes[0], codes[0], codes[1])))  # a version is read once

    def asked(code: str) -> list[str]:
        queries.clear()
        results(client, door.token, scan(code))
        return list(queries)

    few = asked(codes[0 if repeat else 2])
    results(client, door.token, *map(scan, codes[3:50]))
    many = asked(codes[1 if repeat else 55])

    assert many == few
    assert [one for one in many if "count(" in one.lower()] == []


def test_numbers_that_differ_are_set_right_and_named_in_the_log(app, client, door, ticket, caplog):
    results(client, door.token, scan(code_of(ticket())), scan(code_of(ticket())))
    with app.app_context():
        with write_tx() as session:
            session.execute(update(ListCounter).values(inside=ListCounter.inside + 40, clicks=2))
        with caplog.at_level(logging.WARNING, logger="app.checkin.counters"):
            repaired = do(counters.repair), do(counters.repair)

        assert repaired == (1, 0)
        assert counters.inside(db.session.connection(), [door.list.id]) == {door.list.id: 2}
        assert [str(door.list.id) in record.getMessage() for record in caplog.records] == [True]


def test_numbers_that_are_missing_are_counted_anew(app, client, door, ticket):
    """As after an upgrade during which the release before went on admitting guests."""
    results(client, door.token, scan(code_of(ticket(party_size=3)), count=3))
    with app.app_context():
        with write_tx() as session:
            session.execute(delete(ListCounter))
        missing = counters.inside(db.session.connection(), [door.list.id])
        db.session.rollback()

        assert (missing[door.list.id], do(counters.repair)) == (0, 1)
        assert counters.inside(db.session.connection(), [door.list.id]) == {door.list.id: 3}


def test_connections_add_to_shards_of_their_own(app, client, door, ticket):
    with app.app_context():
        for _ in range(3):
            results(client, door.token, scan(code_of(ticket())))
            db.engine.dispose()
        rows = db.session.execute(select(func.count(), func.sum(ListCounter.inside))).one()

        assert (rows[0] == 1 or not writing_to("sqlite"), rows[1]) == (True, 3)


def test_the_supervisors_numbers_are_the_lists_own(app, client, door, ticket):
    with app.app_context():
        sanna = Supervisor(app, door)
    results(client, door.token, scan(code_of(ticket(party_size=2)), count=2))
    with app.app_context():
        scans = db.session.scalar(select(func.count()).select_from(Scan))
        kept = counters.read(db.session.connection(), [door.list.id])[door.list.id]

    assert (kept.inside, kept.changes) == (2, scans)
    assert "People inside now 2" in sanna.read("overview")
