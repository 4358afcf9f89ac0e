"""A guest's own data: all of it shown, downloaded, and erased without harming what is counted."""

from __future__ import annotations

import json
import uuid
from datetime import date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.audit.models import GUEST, AuditEntry
from app.checkin.models import Admission, Scan
from app.checkin.scan_history import passages_of
from app.core import clock
from app.core.db import db, write_tx
from app.core.errors import NotFound
from app.events.models import Event
from app.i18n import texts
from app.mail.models import OutboxMail
from app.registration import codes, confirming, feeds, personal_data, service
from app.registration.door_notes import search_tickets
from app.registration.models import Registration, RegistrationAnswer
from tests.checkin.scans import make_device, make_list
from tests.factories import minutes
from tests.registration.registrations import ask, confirmed, open_registration, signed_up
from tests.transactions import do


def full_one(event: Event) -> Registration:
    """A guest who told everything that can be told."""
    question = ask(event, "note", "text", labels={"en": "Anything else?"})
    made = signed_up(
        event, 2, name="Ieva Kļaviņa", email="ieva@example.org", companions="Aino Mäkelä", needs=("wheelchair", "vegan"),
        tell_door=True, answers={question.id: "Grandmother comes by boat"},
    )  # fmt: skip
    return confirmed(event, made)


def scanned(event: Event, made: Registration) -> None:
    """Both of them came in by the main door."""
    assert made.ticket is not None
    door = make_list(event)
    device, _ = make_device(event)
    with write_tx() as session:
        texts.put(session, event.id, door.id, "list.name", {"fi": "Pääovi"}, "en")
        scan = Scan(
            id=uuid.uuid4(), device_id=device.id, list_id=door.id, seq=1, direction="entry", count=2, ticket_id=made.ticket.id,
            occurred_at=clock.now(), received_at=clock.now(), result="accepted", admitted=2,
        )  # fmt: skip
        session.add(scan)
        session.flush()
        session.add_all(
            Admission(ticket_id=made.ticket.id, list_id=door.id, pass_no=number, scan_id=scan.id) for number in (1, 2)
        )


def test_personal_data_is_everything_that_is_stored(database: None, noon: datetime) -> None:
    event = open_registration()
    made = full_one(event)
    scanned(event, made)
    do(service.cancel, made.id, GUEST)
    own = personal_data.personal_data_of(made, event, "fi", passages_of(event.id, made.ticket.id, "fi"))

    assert (own.needs, [(one.question, one.answer) for one in own.answers]) == (
        ("wheelchair", "vegan"), [("Anything else?", "Grandmother comes by boat")],
    )  # fmt: skip
    assert [mail.kind for mail in own.mails] == ["registration.confirm", "registration.ticket"]
    assert [(one.place, one.direction, one.result) for one in own.passages] == [("Pääovi", "entry", "accepted")]
    assert [(deed.verb, deed.actor_kind) for deed in own.log] == [("registration.cancel", "guest")]
    assert (own.needs_until, own.until) == (date(2026, 6, 19), date(2026, 7, 16))


def test_personal_data_as_a_file_holds_the_same_and_no_secret(database: None, noon: datetime) -> None:
    event = open_registration()
    made = full_one(event)
    scanned(event, made)
    assert made.ticket is not None
    own = personal_data.personal_data_of(made, event, "en", passages_of(event.id, made.ticket.id, "en"))
    text = feeds.personal_data(own, event).decode()
    stored = json.loads(text)

    assert (stored["registration"]["name"], stored["registration"]["companions"]) == ("Ieva Kļaviņa", ["Aino Mäkelä"])
    assert (stored["registration"]["needs"], stored["registration"]["tell_the_door"]) == (["wheelchair", "vegan"], True)
    assert stored["scans"][0] | {"at": ""} == {
        "at": "", "list": "Main door", "direction": "entry", "result": "accepted", "reason": "",
    }  # fmt: skip
    assert stored["deleted_on"] == {"needs": "2026-06-19", "everything_else": "2026-07-16"}
    secrets = (codes.link_secret(made.id), codes.mail_secret(made.id, made.email), codes.ticket_code(made.ticket.id, 1))
    assert [secret for secret in secrets if secret in text] == []


def test_personal_data_never_shows_another_guest_s(database: None, noon: datetime) -> None:
    event = open_registration()
    other = full_one(event)
    scanned(event, other)
    mine = signed_up(event)
    assert mine.ticket is not None
    own = personal_data.personal_data_of(mine, event, "en", passages_of(event.id, mine.ticket.id, "en"))

    assert (own.needs, own.answers, own.mails, own.passages, own.log) == ((), (), (), (), ())


def test_erase_leaves_no_trace_of_the_person_and_frees_the_seats(database: None, noon: datetime) -> None:
    event = open_registration(capacity=2)
    made, waiting = full_one(event), signed_up(event, 2)
    link, mail = codes.link_secret(made.id), codes.mail_secret(made.id, made.email)
    do(personal_data.erase, made.id, GUEST)
    db.session.expire_all()
    dump = "\n".join(
        str(value) for table in db.metadata.sorted_tables for row in db.session.execute(table.select()) for value in row
    )

    assert [word for word in ("Ieva", "Kļaviņa", "ieva@", "Aino", "Grandmother") if word in dump] == []
    assert (made.needs, made.tell_door, made.erased_at is not None, made.status) == (None, False, True, "cancelled")
    assert made.ticket is not None
    assert (made.ticket.holder, made.ticket.status, made.party_size) == ("", "cancelled", 2)
    assert (service.find_registration(link), confirming.find_by_mail_secret(mail)) == (None, None)
    assert (waiting.status, db.session.scalar(select(func.count()).select_from(RegistrationAnswer))) == ("confirmed", 0)
    assert [(entry.verb, entry.subject_id) for entry in db.session.scalars(select(AuditEntry))] == [
        ("registration.erase", made.id)
    ]


def test_erase_after_the_event_keeps_what_counts(database: None, noon: datetime) -> None:
    event = open_registration()
    made = full_one(event)
    scanned(event, made)
    with clock.travelled_to(noon + timedelta(days=3)):
        do(personal_data.erase, made.id, GUEST)
        do(personal_data.erase, made.id, GUEST)

    assert (made.status, made.name, made.party_size) == ("confirmed", "", 2)
    assert db.session.scalar(select(func.count()).select_from(Admission)) == 2
    assert db.session.scalar(select(func.count()).select_from(Scan)) == 1
    deeds = select(AuditEntry.verb).where(AuditEntry.subject_id == made.id)
    assert list(db.session.scalars(deeds)) == ["registration.erase"]


def test_erase_of_nothing_is_not_found(database: None, noon: datetime) -> None:
    with pytest.raises(NotFound):
        do(personal_data.erase, uuid.uuid4(), GUEST)


def test_an_erased_guest_is_mailed_and_found_no_more(app: Flask, database: None, noon: datetime) -> None:
    event = open_registration(capacity=1)
    seated, waiting = signed_up(event), confirmed(event, signed_up(event, email="w@example.org"))
    do(personal_data.erase, waiting.id, GUEST)
    before = db.session.scalar(select(func.count()).select_from(OutboxMail))
    do(confirming.send_lost, event.id, "w@example.org", None)
    do(confirming.send_lost, event.id, "", None)
    do(service.cancel, seated.id, GUEST)
    with clock.travelled_to(noon + minutes(5)):
        assert [hit.ticket for hit in search_tickets(event.id, "Jānis")] == [seated.ticket]

    assert db.session.scalar(select(func.count()).select_from(OutboxMail)) == before
