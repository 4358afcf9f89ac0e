"""A whole event, from the first form to the thirtieth day after it: what was personal is then in no table, file or log.

Everything goes through the addresses that people and phones use. The log is that of a real installation: warnings of
everybody, and every word of our own.
"""

from __future__ import annotations

import logging
import os
import re
import subprocess
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app import create_app, upkeep
from app.agenda import service as agenda
from app.agenda.models import AgendaItem
from app.checkin.retention import attendance_of, deletions_of, stored_of
from app.config import database_url
from app.core import clock
from app.core.db import db
from app.events.models import Event
from app.mail import postbox
from app.mail.sender import send_due
from app.mail.transports import FolderTransport
from app.registration import codes, reminders
from app.registration.models import RegistrationTotal, Ticket
from tests.checkin.scans import make_device, make_list, results, scan
from tests.conftest import OWN, browser_of, empty_tables, settings_for
from tests.factories import replace_code
from tests.registration.registrations import ask, make_evening, open_registration
from tests.test_upkeep import words
from tests.transactions import do

START = datetime(2026, 6, 16, 15, 0, tzinfo=UTC)  # 18:00 in Kaskinen
DUE = datetime(2026, 7, 15, 21, 0, tzinfo=UTC)
TYPED = (
    "Žaneta", "Ķirse", "zaneta", "Ieva", "Ozoliņa", "Börje", "borje", "stranger", "post.example", "second coach", "Maija",
    "Korhonen", "grey coat", "red scarf",
)  # fmt: skip


@dataclass
class Evening:
    """One event of a demo installation, and every secret that came to light on the way."""

    app: Flask
    client: FlaskClient
    event: Event
    secrets: set[str] = field(default_factory=set)

    @property
    def folder(self) -> Path:
        return postbox.folder_of(self.app)

    def post(self, path: str, **fields: str | list[str]) -> str:
        """A form sent from our own page; where it leads."""
        answer = self.client.post(path, data=fields, headers=OWN)
        assert answer.status_code == 303, answer.get_data(as_text=True)
        return str(answer.headers["Location"])

    def register(self, name: str, **fields: str | list[str]) -> str:
        """The address of the ticket page."""
        values: dict[str, str | list[str]] = {
            "form_key": str(uuid.uuid4()), "name": name, "email": "", "party_size": "1", "language": "en", "website": "",
        }  # fmt: skip
        return self.post("/en/events/kaskinen-2026/register", **(values | fields))

    def send(self) -> list[str]:
        """Send what is due; the texts of all mails so far. Their links are secrets."""
        send_due(FolderTransport(self.folder), clock.now())
        texts = [mail.text for mail in postbox.newest(self.folder)]
        self.secrets |= {found for text in texts for found in re.findall(r"(?:tickets|confirm)/([0-9a-z]{26})", text)}
        return texts

    def confirm(self) -> None:
        """Press the button behind every link that was mailed."""
        for link in {found for text in self.send() for found in re.findall(r"https://pearls.test(/\w\w/confirm/\S+)", text)}:
            self.client.post(link, headers=OWN)

    def codes(self) -> dict[str, str]:
        """The code of each ticket by its holder's name."""
        tickets = db.session.scalars(select(Ticket)).all()
        self.secrets |= {codes.show_reference(ticket.reference) for ticket in tickets} | {ticket.reference for ticket in tickets}
        found = {ticket.holder: codes.ticket_code(ticket.id, ticket.generation) for ticket in tickets}
        self.secrets |= set(found.values())
        return found


@pytest.fixture
def evening(tmp_path: Path, app: Flask, caplog: pytest.LogCaptureFixture) -> Iterator[Evening]:
    caplog.set_level(logging.WARNING)
    caplog.set_level(logging.DEBUG, "app")
    url = os.environ.get("TEST_DATABASE_URL") or f"sqlite:///{tmp_path / 'event.sqlite3'}"
    demo = create_app(replace(settings_for(database_url(url)), demo=True))
    demo.instance_path = str(tmp_path)
    client = browser_of(demo)
    with demo.app_context():
        db.create_all()
        empty_tables()
        with clock.travelled_to(START):
            event = make_evening()
        with clock.travelled_to(START - timedelta(days=10)):
            yield Evening(demo, client, open_registration(event, capacity=6))
        db.session.remove()
        db.engine.dispose()


def live_through(evening: Evening) -> None:
    """Guests of every kind register, confirm, change, lose, cancel; people are told and reminded; the door sees them."""
    question = ask(evening.event, "how", "text", at_door=True)
    with_needs = {"email": "zaneta@post.example", "companions": "Ieva Ozoliņa\r\nBörje Nygård", "party_size": "3"}
    page = evening.register(
        "Žaneta Ķirse", **with_needs, needs=["wheelchair", "vegan"], tell_door="1", **{f"q-{question.key}": "by the second coach"}
    )
    gone = evening.register("Börje Nygård", email="borje@post.example")
    evening.register("Ieva Stranger", email="stranger@post.example", party_size="4")
    evening.secrets |= {address.rstrip("/").rpartition("/")[2] for address in (page, gone)}
    evening.confirm()
    evening.post("/en/events/kaskinen-2026/lost", email="zaneta@post.example")
    evening.post(f"{gone.rstrip('/')}/cancel")
    row = db.session.scalars(select(AgendaItem)).one()
    do(agenda.move_item, row.id, START + timedelta(hours=1), START + timedelta(hours=4))
    for moment in (timedelta(days=6), timedelta(hours=20)):
        with clock.travelled_to(START - moment):
            reminders.remind(clock.now())
            evening.send()
    with clock.travelled_to(START):
        at_the_door(evening)


def at_the_door(evening: Evening) -> None:
    """A party comes in part, an entry is taken back with words, a name is looked up, a code was replaced."""
    make_list(evening.event)
    _, token = make_device(evening.event, supervise=True)
    evening.secrets.add(token)
    bearer = {"Authorization": f"Bearer {token}"}
    before = evening.codes()["Žaneta Ķirse"]
    replace_code(db.session.scalars(select(Ticket.id).where(Ticket.holder == "Žaneta Ķirse")).one())
    entry = scan(evening.codes()["Žaneta Ķirse"], count=2)
    undone = scan(None, direction="undo", undoes=entry["id"], reason="The one in the grey coat")
    told = results(
        evening.client, token, entry, undone, scan(evening.codes()["Žaneta Ķirse"], count=2),
        scan(before, mode="offline", local="accepted", reason="The one with the red scarf"),
    )  # fmt: skip
    assert told == ["accepted", "undone", "accepted", "revoked"]
    assert evening.client.post("/api/v1/searches", json={"q": "zaneta"}, headers=bearer).status_code == 200
    lists = evening.client.get("/api/v1/lists/main-door/tickets", headers=bearer)
    assert len(lists.json["tickets"]) == 3


def files(evening: Evening) -> str:
    """Everything in the installation's folder: the database, its log, the mails. Read by another process: here, closing the
    database would end its locks, and no connection is closed before, or SQLite would tidy up by itself."""
    db.session.rollback()
    found = sorted(path for path in Path(evening.app.instance_path).rglob("*") if path.is_file())
    return subprocess.run(["/bin/cat", *map(str, found)], capture_output=True, check=True).stdout.decode("utf-8", "replace")


def test_nothing_personal_is_left_in_tables_files_or_log_after_thirty_days(
    evening: Evening, caplog: pytest.LogCaptureFixture
) -> None:
    live_through(evening)
    event_id = evening.event.id
    before, numbers = words() + files(evening), attendance_of(event_id)
    assert [word for word in TYPED if word not in before] == []
    assert len(list(evening.folder.iterdir())) > 6

    with clock.travelled_to(DUE + timedelta(days=1)):
        upkeep.run(clock.now())
        left = {"tables": words(), "files": files(evening), "log": caplog.text}

    for where, text in left.items():
        assert (where, [word for word in (*TYPED, *evening.secrets) if word in text]) == (where, [])
    assert len(evening.secrets) > 10
    assert list(evening.folder.iterdir()) == []
    total = db.session.get(RegistrationTotal, event_id)
    assert total is not None
    assert (total.confirmed, total.people, total.waitlisted, total.cancelled) == (1, 3, 1, 1)
    assert attendance_of(event_id) == numbers
    assert {one.kind for one in stored_of(event_id) if one.count} <= {"audit_entries"}
    assert {one.kind for one in deletions_of(event_id)} >= {
        "registrations",
        "tickets",
        "answers",
        "mails",
        "scans",
        "devices",
    }


def test_the_log_of_a_whole_event_names_nobody_and_opens_nothing(evening: Evening, caplog: pytest.LogCaptureFixture) -> None:
    live_through(evening)
    caplog.set_level(logging.DEBUG, "werkzeug")
    upkeep.run(DUE)
    evening.app.logger.warning("the log is read")  # or nothing would be proved

    assert "the log is read" in caplog.text
    assert [word for word in (*TYPED, *evening.secrets) if word in caplog.text] == []


def test_faults_while_mails_are_made_and_sent_log_no_name_and_no_secret(
    evening: Evening, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A renderer that fails, a folder that is a file: the log says the kind, the mail's id and the fault."""
    evening.register("Žaneta Ķirse", email="zaneta@post.example")
    evening.confirm()
    evening.codes()
    evening.post("/en/events/kaskinen-2026/lost", email="zaneta@post.example")
    blocked = Path(evening.app.instance_path) / "no-folder"
    blocked.write_text("")
    send_due(FolderTransport(blocked), clock.now())
    monkeypatch.setattr("app.registration.queries.hours_of", lambda _: 1 / 0)
    with clock.travelled_to(clock.now() + timedelta(minutes=3)):
        send_due(FolderTransport(evening.folder), clock.now())

    assert "FileExistsError" in caplog.text or "NotADirectoryError" in caplog.text
    assert "ZeroDivisionError" in caplog.text
    assert [word for word in (*TYPED, *evening.secrets) if word in caplog.text] == []
