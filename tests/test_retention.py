"""Each kind of data has its own time; of each deletion a proof stays, and what is still stored can be told at any moment."""

from __future__ import annotations

import os
import uuid
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import inspect, select

from app import upkeep
from app.audit import service as audit
from app.audit.retention import Stored
from app.checkin import retention as checkin
from app.config import Settings
from app.core import clock
from app.core.db import db, write_tx
from app.events.models import Event
from app.mail import postbox, service
from app.registration import codes, confirming, encryption
from app.registration.models import Registration, RegistrationAnswer, Ticket
from tests.conftest import NOON
from tests.factories import make_event, waiting_mails
from tests.registration.registrations import ask, confirmed, open_registration, signed_up
from tests.transactions import do

HOURS = timedelta(hours=1)
NEEDS_DUE = datetime(2026, 6, 18, 21, 0, tzinfo=UTC)  # midnight in Helsinki, three days after 16 June
DUE = datetime(2026, 7, 15, 21, 0, tzinfo=UTC)


@pytest.fixture
def event(database: None, noon: datetime) -> Event:
    return open_registration()


def fresh(made: Registration) -> Registration | None:
    """The row as it is now; None when it was deleted."""
    (ident,) = inspect(made).identity
    db.session.rollback()
    db.session.expire_all()
    return db.session.get(Registration, ident)


def proofs(event: Event) -> dict[str, int]:
    db.session.rollback()
    return {one.kind: one.count for one in audit.deletions_of(event.id)}


def stored(event: Event) -> dict[str, tuple[int, date | None]]:
    """What is kept at all: kind, how many, until when."""
    db.session.rollback()
    return {one.kind: (one.count, one.due_on) for one in checkin.stored_of(event.id) if one.count}


def test_an_address_that_nobody_confirms_goes_after_a_day_and_the_seat_stays(event: Event) -> None:
    made, kept = signed_up(event, email="stranger@post.example"), confirmed(event, signed_up(event, email="a@post.example"))

    assert upkeep.run(NOON + 24 * HOURS - timedelta(minutes=1))["unconfirmed_addresses"] == 0
    assert upkeep.run(NOON + 24 * HOURS + timedelta(minutes=1))["unconfirmed_addresses"] == 1
    one, other = fresh(made), fresh(kept)
    assert one is not None
    assert other is not None
    assert (one.email, one.mail_hash, one.status, other.email) == ("", None, "confirmed", "a@post.example")
    assert confirming.find_by_mail_secret(codes.mail_secret(made.id, "stranger@post.example")) is None
    assert proofs(event) == {"unconfirmed_addresses": 1}


def test_an_address_that_was_changed_has_a_day_of_its_own(event: Event) -> None:
    made = confirmed(event, signed_up(event, email="old@post.example"))
    with clock.travelled_to(NOON + 30 * HOURS), write_tx() as session:
        row = session.get_one(Registration, made.id)
        confirming.replace_address(row, "new@post.example")
        row.changed_at = clock.now()

    assert upkeep.run(NOON + 53 * HOURS)["unconfirmed_addresses"] == 0
    assert upkeep.run(NOON + 55 * HOURS)["unconfirmed_addresses"] == 1


def test_a_registration_that_waits_for_its_confirmation_goes_whole_after_a_day(database: None, noon: datetime) -> None:
    event = open_registration(confirm_first=True)
    question = ask(event)
    made = signed_up(event, email="a@post.example", answers={question.id: "car"})
    seated = confirmed(event, signed_up(event, email="b@post.example"))

    assert upkeep.run(NOON + 23 * HOURS)["pending_registrations"] == 0
    assert upkeep.run(NOON + 25 * HOURS)["pending_registrations"] == 1
    left = fresh(seated)
    assert left is not None
    assert fresh(made) is None
    assert list(db.session.scalars(select(Ticket.registration_id))) == [seated.id]
    assert (db.session.scalars(select(RegistrationAnswer)).all(), proofs(event)) == ([], {"pending_registrations": 1})


def test_needs_go_three_days_after_the_event_and_the_rest_stays(event: Event) -> None:
    made = signed_up(event, needs=("wheelchair", "vegan"), tell_door=True, companions="Ieva Ozoliņa")

    assert upkeep.run(NEEDS_DUE - timedelta(seconds=1))["needs"] == 0
    assert upkeep.run(NEEDS_DUE)["needs"] == 1
    row = fresh(made)
    assert row is not None
    assert (row.needs, row.tell_door, row.companions, row.name) == (None, False, "Ieva Ozoliņa", "Jānis Bērziņš")
    assert proofs(event) == {"needs": 1}


def test_needs_of_other_events_stay(event: Event) -> None:
    later = open_registration(make_event("kiel-2026", starts_on=date(2026, 6, 17), ends_on=date(2026, 6, 17)))
    one, other = signed_up(event, needs=("wheelchair",)), signed_up(later, needs=("vegan",))
    upkeep.run(NEEDS_DUE)

    first, second = fresh(one), fresh(other)
    assert first is not None
    assert second is not None
    assert (first.needs, encryption.unseal(second.id, second.needs)) == (None, ("vegan",))


def test_every_deletion_leaves_a_proof_for_its_event(event: Event) -> None:
    other = open_registration(make_event("kiel-2026", starts_on=date(2026, 6, 18), ends_on=date(2026, 6, 18)))
    question = ask(event)
    confirmed(event, signed_up(event, email="a@post.example", answers={question.id: "car"}))
    signed_up(event)
    signed_up(other)
    upkeep.run(DUE)

    assert proofs(event) == {"registrations": 2, "answers": 1, "tickets": 2, "mails": 2}
    assert proofs(other) == {}


def test_what_is_still_stored_is_told_with_its_day(event: Event) -> None:
    question = ask(event)
    signed_up(event, email="stranger@post.example", needs=("vegan",))
    confirmed(event, signed_up(event, email="a@post.example", answers={question.id: "car"}))
    whole = date(2026, 7, 16)

    assert stored(event) == {
        "registrations": (2, whole), "unconfirmed_addresses": (1, date(2026, 6, 17)), "needs": (1, date(2026, 6, 19)),
        "answers": (1, whole), "tickets": (2, whole), "mails": (3, whole),
    }  # fmt: skip
    upkeep.run(DUE)
    assert stored(event) == {}


def test_what_has_no_date_is_kept_until_it_has_one(database: None, noon: datetime) -> None:
    event = open_registration(make_event(starts_on=None, ends_on=None))
    signed_up(event)

    assert stored(event) == {"registrations": (1, None), "tickets": (1, None)}
    assert checkin.stored_of(uuid.uuid4())[0] == Stored("registrations", 0, None)


def test_an_answered_mail_to_a_deleted_registration_says_nothing(app: Flask, event: Event) -> None:
    signed_up(event, email="a@post.example")
    claimed = do(service.claim, clock.now())
    assert claimed is not None
    upkeep.run(DUE)
    with app.test_request_context("/en/", base_url="https://pearls.test"):
        assert service.compose(claimed) is None
    do(service.mark_dropped, claimed)

    assert waiting_mails() == []


def test_again_changes_nothing_and_writes_nothing(event: Event, queries: list[str]) -> None:
    signed_up(event, email="a@post.example", needs=("vegan",))
    upkeep.run(DUE)
    queries.clear()

    assert set(upkeep.run(DUE).values()) == {0}
    assert [one for one in queries if one.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE"))] == []


def test_an_upkeep_asks_no_more_for_many_guests(event: Event, queries: list[str]) -> None:
    asked = []
    for slug, guests in (("a-2026", 1), ("b-2026", 9)):
        one = open_registration(make_event(slug))
        for _ in range(guests):
            signed_up(one, email="a@post.example", needs=("vegan",))
        queries.clear()
        upkeep.run(DUE)
        asked.append(len(queries))

    assert asked[1] <= asked[0]


def test_the_demos_files_go_with_their_mails_and_after_thirty_days(
    app: Flask, event: Event, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings: Settings = app.extensions["settings"]
    monkeypatch.setitem(app.extensions, "settings", replace(settings, demo=True))
    monkeypatch.setattr(app, "instance_path", str(tmp_path))
    folder = postbox.folder_of(app)
    folder.mkdir()
    with write_tx() as session:
        for variant in ("new", "old"):
            service.enqueue(session, "note", event.id, "en", variant)
    known = {one.variant: one.id for one in waiting_mails()}
    ages = {f"{known['new']}.eml": 29, f"{known['old']}.eml": 31, f"{uuid.uuid4()}.eml": 1, f".{uuid.uuid4()}": 1, "notes.txt": 1}
    for name, days in ages.items():
        (folder / name).write_text("To: a@post.example")
        os.utime(folder / name, ((NOON - timedelta(days=days)).timestamp(),) * 2)

    assert postbox.purge(NOON) == {"mail_files": 4}
    assert [path.name for path in folder.iterdir()] == [f"{known['new']}.eml"]


def test_outside_the_demo_no_file_is_touched(app: Flask, database: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "instance_path", str(tmp_path))
    (tmp_path / "mails").mkdir()
    (tmp_path / "mails" / f"{uuid.uuid4()}.eml").write_text("x")

    assert postbox.purge(NOON) == {"mail_files": 0}
    assert len(list((tmp_path / "mails").iterdir())) == 1
