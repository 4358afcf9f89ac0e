"""The privacy notice's promise: thirty days after an event no name, address or scan is left, and the numbers stay."""

from __future__ import annotations

import subprocess
import uuid
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, select, text

from app import upkeep
from app.audit.models import GUEST, TERMINAL
from app.checkin import devices
from app.checkin.models import Device, Headcount
from app.checkin.retention import Attendance, attendance_of
from app.core import clock
from app.core.db import db, write_tx, writing_to
from app.demo import redating
from app.events.models import Event
from app.jobs.service import HOUR
from app.mail import service as mail
from app.mail.models import OutboxMail
from app.registration import codes, service
from app.registration.models import Registration, RegistrationTotal, Ticket
from app.registration.tickets import make_rehearsal_tickets
from tests.checkin.scans import make_device, make_list, results, scan, send
from tests.conftest import NOON, browser_of
from tests.demo.seeded import put_demo
from tests.factories import make_event, replace_code
from tests.registration.registrations import confirmed, open_registration, signed_up
from tests.transactions import do

LAST_MINUTE = datetime(2026, 7, 15, 20, 59, 59, tzinfo=UTC)  # 23:59:59 in Helsinki, on the 29th day after 16 June
DUE = datetime(2026, 7, 15, 21, 0, tzinfo=UTC)
PERSONAL = (
    "Žaneta", "zaneta@post.example", "Ozoliņa", "ieva@post.example", "Sjöström", "Börje", "borje@post.example", "Maija",
    "Korhonen", "grey coat",
)  # fmt: skip
NAMED = {"registrations", "tickets", "revoked_codes", "devices", "scans", "admissions", "conflicts", "headcounts"}
NUMBERS = {"main-door": Attendance(admitted=3, exits=1, refused=2, walk_ins=1), "coach": Attendance()}


class Evening:
    """An event on 16 June with guests of every kind and a door that has seen everything."""

    def __init__(self, app: Flask, slug: str = "kaskinen-2026", **fields: Any) -> None:
        self.client = browser_of(app)
        self.event = open_registration(make_event(slug, **fields), capacity=5)
        self.party = signed_up(self.event, 3, name="Žaneta Ķirse", email="zaneta@post.example")
        self.single = signed_up(self.event, 1, name="Ieva Ozoliņa", email="ieva@post.example")
        self.waiting = signed_up(self.event, 4, name="Britta Sjöström")
        self.cancelled = signed_up(self.event, 1, name="Börje Nygård", email="borje@post.example")
        for made in (self.party, self.single, self.cancelled):
            confirmed(self.event, made)
        with write_tx() as session:
            session.execute(delete(OutboxMail))
            for made in (self.party, self.single, self.cancelled):
                mail.enqueue(session, "registration.ticket", made.id, "en")
        do(service.cancel, self.cancelled.id, GUEST)
        self.old_code = code(self.single)
        replace_code(ticket(self.single).id)
        self.rehearsal = do(make_rehearsal_tickets, self.event.id, 2)[0][0]
        self.door = make_list(self.event)
        make_list(self.event, "coach")
        self.device, self.token = make_device(self.event, "main-door", "coach")
        do(devices.enrol, self.event, ["main-door"], "Maija's second phone", TERMINAL)
        self.scans()
        self.headcounts()

    def scans(self) -> None:
        """Three come, one goes out and returns, an entry is taken back, two are refused, one of these let in all the same."""
        party, taken_back = code(self.party), scan(code(self.single))
        told = results(
            self.client, self.token,
            scan(party, count=3), scan(party, direction="exit"), scan(party), taken_back,
            scan(None, direction="undo", undoes=taken_back["id"], reason="The one in the grey coat"),
            scan(self.old_code), scan(code(self.waiting), mode="offline", local="accepted"), scan(self.rehearsal),
        )  # fmt: skip
        assert told == ["accepted", "exited", "accepted", "accepted", "undone", "revoked", "waitlisted", "accepted"]

    def headcounts(self) -> None:
        """Two more without a ticket, one click too many."""
        at = {"device_id": self.device.id, "list_id": self.door.id, "occurred_at": clock.now(), "received_at": clock.now()}
        with write_tx() as session:
            session.add_all(Headcount(id=uuid.uuid4(), delta=delta, **at) for delta in (1, 1, -1))


def ticket(registration: Registration) -> Ticket:
    return db.session.scalars(select(Ticket).where(Ticket.registration_id == registration.id)).one()


def code(registration: Registration) -> str:
    found = ticket(registration)
    return codes.ticket_code(found.id, found.generation)


def dump() -> dict[str, list[str]]:
    """Every column of every row of every table, in words."""
    db.session.rollback()
    db.session.expire_all()
    with db.engine.connect() as connection:
        return {
            table.name: sorted(str(tuple(row)) for row in connection.execute(table.select()))
            for table in db.metadata.sorted_tables
        }


def words() -> str:
    return "\n".join(row for rows in dump().values() for row in rows)


@pytest.fixture
def evening(app: Flask, database: None, noon: datetime) -> Evening:
    return Evening(app)


def test_nothing_is_deleted_before_the_thirtieth_day(evening: Evening) -> None:
    upkeep.run(NOON + timedelta(days=1))  # only the one-time token is over by then
    before = dump()

    assert set(upkeep.run(LAST_MINUTE).values()) == {0}
    assert dump() == before
    assert [word for word in PERSONAL if word not in words()] == []


def test_no_word_about_a_person_is_left_on_the_thirtieth_day(evening: Evening) -> None:
    references = list(db.session.scalars(select(Ticket.reference)))
    upkeep.run(DUE)
    left = words()

    assert [word for word in (*PERSONAL, *references) if word in left] == []
    assert {name: rows for name, rows in dump().items() if name in NAMED and rows} == {}


def test_no_key_of_a_person_is_left_when_mails_and_audit_are_gone_too(evening: Evening) -> None:
    keys = [str(ident) for model in (Registration, Ticket, Device) for ident in db.session.scalars(select(model.id))]
    for _ in range(3):
        do(mail.mark_sent, claimed())
    upkeep.run(DUE + timedelta(days=1))
    upkeep.run(NOON + timedelta(days=91))
    left = words()

    assert len(keys) == 12
    assert [key for key in keys if key in left] == []


@pytest.mark.parametrize(("model", "word"), [(Registration, "Žaneta"), (Device, "Korhonen")], ids=["registrations", "devices"])
def test_no_name_is_left_in_the_file(app: Flask, evening: Evening, model: Any, word: str) -> None:
    """SQLite only: deleted rows are overwritten. PostgreSQL does that when it vacuums."""
    if not writing_to("sqlite"):
        assert upkeep.run(DUE)["registrations"] == 4
        return
    file = Path(str(db.engine.url.database))
    assert word.encode() in checkpointed(file)

    upkeep.run(DUE)

    assert word.encode() not in checkpointed(file)


def checkpointed(file: Path) -> bytes:
    """The file's bytes, read by another process: to open and close it here would end every lock that SQLite holds on it."""
    db.session.rollback()
    db.session.expire_all()
    with db.engine.connect() as connection:
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    return subprocess.run(["/bin/cat", str(file)], capture_output=True, check=True).stdout


def test_numbers_stay(evening: Evening) -> None:
    assert attendance_of(evening.event.id) == NUMBERS

    counts = upkeep.run(DUE)

    total = db.session.get(RegistrationTotal, evening.event.id)
    assert attendance_of(evening.event.id) == NUMBERS
    assert total is not None
    assert (total.confirmed, total.people, total.waitlisted, total.cancelled) == (2, 4, 1, 1)
    assert counts == {
        "one_time_tokens": 1, "conflicts": 1, "admissions": 6, "headcounts": 3, "scans": 8, "devices": 2, "registrations": 4,
        "tickets": 6, "mails": 3, "rate_counts": 3, "lapsed_seats": 0, "audit_entries": 0, "answers": 0, "mail_files": 0, "needs": 0,
        "pending_registrations": 0, "unconfirmed_addresses": 0, "databases_set_aside": 0,
    }  # fmt: skip


def test_a_second_run_changes_nothing(evening: Evening) -> None:
    upkeep.run(DUE)
    before = dump()

    assert set(upkeep.run(DUE + timedelta(days=3)).values()) == {0}
    assert dump() == before


def test_numbers_add_up_when_an_event_is_held_again(app: Flask, evening: Evening) -> None:
    upkeep.run(DUE)
    with clock.travelled_to(DUE + timedelta(days=1)):
        with write_tx() as session:
            session.get_one(Event, evening.event.id).ends_on = (clock.now() + timedelta(days=1)).date()
        again = signed_up(evening.event, 2, name="Žaneta Ķirse")
        _, token = make_device(evening.event)
        assert results(evening.client, token, scan(code(again), count=2)) == ["accepted"]
        upkeep.run(clock.now() + timedelta(days=32))

    total = db.session.get(RegistrationTotal, evening.event.id)
    assert attendance_of(evening.event.id)["main-door"] == Attendance(admitted=5, exits=1, refused=2, walk_ins=1)
    assert total is not None
    assert (total.confirmed, total.people) == (3, 6)


def test_other_events_keep_theirs(app: Flask, evening: Evening) -> None:
    later = Evening(app, "kiel-2026", timezone="Europe/Berlin", ends_on=date(2026, 6, 17))
    upkeep.run(DUE)

    assert set(db.session.scalars(select(Ticket.event_id))) == {later.event.id}
    assert [device.event_id for device in db.session.scalars(select(Device))] == [later.event.id, later.event.id]
    assert attendance_of(later.event.id) == attendance_of(evening.event.id) == NUMBERS


@pytest.mark.parametrize(
    ("fields", "due"),
    [
        ({"timezone": "Europe/Copenhagen"}, datetime(2026, 7, 15, 22, 0, tzinfo=UTC)),
        ({"status": "cancelled"}, DUE),
        ({"date_precision": "month"}, datetime(2026, 7, 29, 21, 0, tzinfo=UTC)),
        ({"date_precision": "year"}, datetime(2027, 1, 29, 22, 0, tzinfo=UTC)),
        ({"ends_on": date(2026, 6, 18)}, DUE + timedelta(days=2)),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_thirty_days_count_from_the_last_day_in_the_events_zone(
    database: None, noon: datetime, fields: dict[str, Any], due: datetime
) -> None:
    event = open_registration(make_event())
    signed_up(event)
    with write_tx() as session:
        for name, value in fields.items():
            setattr(session.get_one(Event, event.id), name, value)

    assert upkeep.run(due - timedelta(seconds=1))["registrations"] == 0
    assert upkeep.run(due)["registrations"] == 1


def test_an_event_without_a_date_is_not_over(database: None, noon: datetime) -> None:
    signed_up(open_registration(make_event(starts_on=None, ends_on=None)))

    assert upkeep.run(NOON + timedelta(days=900))["registrations"] == 0


def test_a_one_time_token_is_forgotten_when_it_is_over(evening: Evening) -> None:
    assert upkeep.run(NOON + timedelta(minutes=9))["one_time_tokens"] == 0
    assert upkeep.run(NOON + timedelta(minutes=11))["one_time_tokens"] == 1
    assert [device.enrol_hash for device in db.session.scalars(select(Device))] == [None, None]


def test_a_phone_may_deliver_late_until_its_event_is_deleted(evening: Evening) -> None:
    held = scan(code(evening.party), mode="offline", local="accepted")
    with clock.travelled_to(LAST_MINUTE):
        upkeep.run(clock.now())
        assert results(evening.client, evening.token, held) == ["quarantine"]
    with clock.travelled_to(DUE):
        upkeep.run(clock.now())
        assert send(evening.client, evening.token, held).status_code == 401


def test_mails_are_deleted_thirty_days_after_they_were_settled(evening: Evening) -> None:
    with write_tx() as session:
        session.execute(delete(OutboxMail))
        for variant in ("1", "2", "3"):
            mail.enqueue(session, "other", evening.event.id, "en", variant)
    do(mail.mark_sent, claimed())
    do(mail.mark_dropped, claimed())
    do(mail.mark_failed, claimed(), "Refused", for_good=True)
    with write_tx() as session:
        mail.enqueue(session, "note", evening.event.id, "en")

    assert upkeep.run(NOON + timedelta(days=29, hours=23))["mails"] == 0
    assert upkeep.run(NOON + timedelta(days=30, minutes=1))["mails"] == 3
    assert [one.kind for one in outbox()] == ["note"]


def claimed() -> mail.HeldMail:
    found = do(mail.claim, clock.now())
    assert found is not None
    return found


def outbox() -> list[OutboxMail]:
    return list(db.session.scalars(select(OutboxMail)))


def test_live_events_of_the_demo_are_kept_while_they_are_on(app: Flask, database: None) -> None:
    put_demo()
    guests = {name: rows for name, rows in dump().items() if name in {"registrations", "tickets"}}
    with clock.travelled_to(NOON + timedelta(days=200)):  # the demo starts again: first this, then the upkeep
        redating.redate(clock.now())
        upkeep.run(clock.now())

    assert len(guests["tickets"]) == 56
    assert {name: rows for name, rows in dump().items() if name in guests} == guests


def test_the_senders_loop_keeps_up(app: Flask, evening: Evening) -> None:
    with clock.travelled_to(DUE):
        app.extensions["jobs"].run(clock.now(), HOUR)

    assert words().count("Žaneta") == 0


def test_upkeep_is_a_command_that_says_what_it_did(app: Flask, evening: Evening) -> None:
    with clock.travelled_to(DUE):
        first, second = (app.test_cli_runner().invoke(args=["upkeep"]) for _ in range(2))

    assert first.output == (
        "Deleted: 1 one time tokens, 1 conflicts, 6 admissions, 3 headcounts, 8 scans, 2 devices, 4 registrations, 6 tickets, 3 mails, 3 rate counts.\n"
    )
    assert second.output == "Deleted: nothing was due.\n"
