"""The journal of erasures: written once committed, never with a name, whole after a crash, and no longer than backups are kept."""

from __future__ import annotations

import stat
import uuid
from collections.abc import Iterator
from datetime import timedelta
from multiprocessing import get_context

import pytest
from flask import Flask

from app import upkeep
from app.audit import journal
from app.audit.models import GUEST
from app.core import clock
from app.core.db import db, write_tx
from app.core.write_queue import WriteQueue
from app.registration import personal_data
from tests.conftest import NOON
from tests.registration import registrations
from tests.transactions import do


@pytest.fixture(autouse=True)
def empty(app: Flask) -> Iterator[None]:
    app.extensions["settings"].journal.unlink(missing_ok=True)
    yield
    app.extensions["settings"].journal.unlink(missing_ok=True)


def entry(days: float = 0, verb: str = "registration.erase", number: int = 0) -> journal.JournalEntry:
    return journal.JournalEntry(NOON - timedelta(days=days), verb, uuid.uuid4(), number)


def fail_after_noting(ident: uuid.UUID) -> None:
    with write_tx() as session:
        journal.record(session, "registration.erase", ident)
        raise RuntimeError


def test_an_erasure_is_in_it_once_it_is_committed(database: None, noon: object) -> None:
    event = registrations.open_registration()
    made = registrations.signed_up(event, name="Aino Mäkelä", email="aino@post.example")
    with pytest.raises(RuntimeError):
        fail_after_noting(made.id)
    assert journal.read() == []
    do(personal_data.erase, made.id, GUEST)

    assert [(one.verb, one.subject_id) for one in journal.read()] == [("registration.erase", made.id)]
    assert stat.S_IMODE(journal.path().stat().st_mode) == 0o600
    assert "Aino" not in journal.path().read_text()


def test_entries_are_read_as_they_were_written(database: None) -> None:
    entries = [entry(), entry(1, "ticket.replaced", 3)]
    journal.write(entries[:1])
    journal.write(entries[1:])

    assert journal.read() == entries


def test_a_torn_line_harms_no_other(database: None) -> None:
    one, other = entry(), entry()
    journal.write([one])
    with journal.path().open("a") as file:
        file.write("2026-06-16T12:00")
    journal.write([other])

    assert journal.read() == [one, other]


def test_upkeep_drops_what_is_older_than_any_backup(database: None, noon: object) -> None:
    old, young = entry(31), entry(30)
    journal.write([old, young])
    upkeep.run(NOON)

    assert journal.read() == [young]
    assert stat.S_IMODE(journal.path().stat().st_mode) == 0o600


def test_upkeep_adds_what_a_crash_or_another_machine_left_out_once(database: None, noon: object) -> None:
    event = registrations.open_registration()
    made = registrations.signed_up(event)
    do(personal_data.erase, made.id, GUEST)
    before = journal.read()
    journal.path().unlink()
    upkeep.run(NOON)
    db.session.rollback()
    upkeep.run(NOON)

    assert [(one.verb, one.subject_id) for one in journal.read()] == [(one.verb, one.subject_id) for one in before]
    assert len(before) == 1


def test_a_journal_that_cannot_be_written_undoes_nothing(
    app: Flask, database: None, noon: object, caplog: pytest.LogCaptureFixture
) -> None:
    event = registrations.open_registration()
    made = registrations.signed_up(event)
    journal.path().mkdir()
    try:
        do(personal_data.erase, made.id, GUEST)
    finally:
        journal.path().rmdir()

    assert "the journal of erasures could not be written" in caplog.text
    db.session.rollback()
    db.session.refresh(made)
    assert made.erased_at is not None


def test_a_process_that_holds_it_is_not_waited_for_long(app: Flask, database: None, caplog: pytest.LogCaptureFixture) -> None:
    file = journal.path()
    with WriteQueue(file.with_name(f".{file.name}-turn")).take():
        journal.write([entry()])

    assert journal.read() == []
    assert "QueueTimeout" in caplog.text


def add(app: Flask, number: int) -> None:
    with app.app_context():
        for _ in range(20):
            journal.write([entry(number=number)])
            journal.prune(clock.now())


def test_processes_write_and_drop_at_once(app: Flask, database: None, noon: object) -> None:
    together = get_context("fork")
    writers = [together.Process(target=add, args=(app, number)) for number in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    assert sorted(one.number for one in journal.read()) == sorted([*range(4)] * 20)
