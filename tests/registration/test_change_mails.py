"""When people are reminded and told of changes: once, in time, and not for nothing."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.agenda import service as agenda
from app.agenda.models import AgendaItem
from app.audit.models import GUEST, TERMINAL
from app.core import clock
from app.core.db import db, write_tx
from app.desk import forms as organise_forms, service as organise
from app.events.models import Event
from app.events.queries import get_event
from app.mail.models import OutboxMail
from app.mail.sender import send_due
from app.mail.service import Mail
from app.mail.transports import FolderTransport
from app.places.service import put_venue
from app.registration import codes, reminders, service
from app.registration.change_mails import CHANGED_MAIL, enqueue_change_mails
from app.registration.models import Registration
from app.registration.seats import put_settings
from tests import html
from tests.factories import make_event, make_item, waiting_mails
from tests.registration.registrations import confirmed, enqueued, make_evening, open_registration, signed_up
from tests.registration.test_mails import rendered, sent, set_event
from tests.transactions import do

DAY = timedelta(days=1)
START = datetime(2026, 6, 16, 15, 0, tzinfo=UTC)  # 18:00 in Kaskinen
SPRING = START - 40 * DAY
REMINDER, CHANGED = reminders.REMINDER_MAIL, CHANGED_MAIL


@pytest.fixture
def event(database: None) -> Iterator[Event]:
    """Kaskinen's evening, open for registration forty days before."""
    with clock.travelled_to(START):
        made = make_evening()
    with clock.travelled_to(SPRING):
        yield open_registration(made, capacity=6)


def guest(event: Event, party: int = 1, email: str = "a@post.example", language: str = "en") -> Registration:
    return confirmed(event, signed_up(event, party, email=email, language=language))


def reminded(moment: datetime) -> int:
    with clock.travelled_to(moment):
        return reminders.remind(clock.now())


def the_row() -> AgendaItem:
    return db.session.scalars(db.select(AgendaItem).where(AgendaItem.number == 1)).one()


# Reminders


def test_reminders_come_a_week_and_a_day_before_once_each(event: Event) -> None:
    made = guest(event)

    assert reminded(START - 7 * DAY - timedelta(minutes=1)) == 0
    assert [reminded(START - 7 * DAY + timedelta(minutes=number)) for number in (1, 2, 90)] == [1, 0, 0]
    assert [reminded(START - DAY + timedelta(minutes=number)) for number in (1, 2)] == [1, 0]
    assert enqueued(REMINDER) == [(REMINDER, made.id, "168 2026-06-16"), (REMINDER, made.id, "24 2026-06-16")]


def test_the_last_reminder_alone_comes_when_several_are_due_at_once(event: Event) -> None:
    made = guest(event)

    assert reminded(START - timedelta(hours=5)) == 1
    assert enqueued(REMINDER) == [(REMINDER, made.id, "24 2026-06-16")]


def test_only_those_with_seats_and_a_confirmed_address_are_reminded(event: Event) -> None:
    seated = guest(event, 4)
    signed_up(event, 1, email="unconfirmed@post.example")
    signed_up(event, 1)
    guest(event, 3, "waiting@post.example")
    do(service.cancel, guest(event, 1, "gone@post.example").id, GUEST)

    assert reminded(START - DAY + timedelta(minutes=1)) == 1
    assert enqueued(REMINDER) == [(REMINDER, seated.id, "24 2026-06-16")]


def test_who_registers_after_the_moment_is_not_reminded_of_it(event: Event) -> None:
    with clock.travelled_to(START - timedelta(hours=20)):
        guest(event)

    assert reminded(START - timedelta(hours=19)) == 0


@pytest.mark.parametrize(
    "values",
    [
        {"status": "cancelled"}, {"status": "postponed"}, {"starts_on": None, "ends_on": None}, {"date_precision": "month"},
    ],
)  # fmt: skip
def test_nobody_is_reminded_of_what_is_off_or_has_no_day(event: Event, values: dict[str, object]) -> None:
    guest(event)
    set_event(event, **values)

    assert reminded(START - DAY + timedelta(minutes=1)) == 0


def test_nobody_is_reminded_once_the_event_has_begun(event: Event) -> None:
    guest(event)

    assert (reminded(START), reminded(START + timedelta(hours=1)), reminded(START - timedelta(minutes=1))) == (0, 0, 1)


def test_an_event_without_times_begins_at_nine_on_its_clock(database: None) -> None:
    with clock.travelled_to(SPRING):
        event = open_registration(make_event(starts_on=date(2026, 6, 16), ends_on=date(2026, 6, 17)))
        guest(event)
    nine = datetime(2026, 6, 16, 6, 0, tzinfo=UTC)

    assert (reminded(nine - DAY - timedelta(minutes=1)), reminded(nine - DAY + timedelta(minutes=1))) == (1, 1)
    assert [variant for _, _, variant in enqueued(REMINDER)] == ["168 2026-06-16", "24 2026-06-16"]


def test_a_desk_without_reminders_reminds_nobody(event: Event) -> None:
    guest(event)
    with write_tx() as session:
        put_settings(session, event.id, capacity=6, reminder_hours=())

    assert reminded(START - DAY + timedelta(minutes=1)) == 0


def test_an_event_moved_to_another_day_is_reminded_of_again(app: Flask, event: Event) -> None:
    made = guest(event)
    assert reminded(START - DAY + timedelta(minutes=1)) == 1
    with clock.travelled_to(START - timedelta(hours=20)):
        do(agenda.move_item, the_row().id, START + 7 * DAY, START + 7 * DAY + timedelta(hours=3))
        set_event(event, starts_on=date(2026, 6, 23), ends_on=date(2026, 6, 23))
        assert rendered(app, REMINDER, made, "24 2026-06-16") is None

    assert reminded(START + 6 * DAY + timedelta(minutes=1)) == 1
    assert [variant for _, _, variant in enqueued(REMINDER)] == ["24 2026-06-16", "24 2026-06-23"]


def test_a_reminder_that_comes_too_late_is_not_sent(app: Flask, event: Event) -> None:
    made = guest(event)
    with clock.travelled_to(START - timedelta(hours=1)):
        assert sent(app, REMINDER, made, "24 2026-06-16").subject == "Reminder: Ceremony of light"
    with clock.travelled_to(START):
        assert rendered(app, REMINDER, made, "24 2026-06-16") is None


def test_reminding_asks_as_many_questions_for_one_event_as_for_three(event: Event, queries: list[str]) -> None:
    asked = []
    for slug in ("a-2026", "b-2026"):
        guest(event, email=f"{slug}@post.example")
        with clock.travelled_to(START - DAY + timedelta(minutes=1)):
            queries.clear()
            owing = reminders.remind(clock.now())
            asked.append((owing > 0, len([one for one in queries if one.startswith(("SELECT", "INSERT", "WITH"))])))
            db.session.execute(db.select(1))
        with write_tx() as session:
            session.execute(OutboxMail.__table__.delete())  # type: ignore[attr-defined]
        for number in range(2):
            other = open_registration(make_event(f"{slug}-{number}", starts_on=START.date(), ends_on=START.date()))
            make_item(other, starts_at=START)
            guest(other)

    assert asked[0] == asked[1] == (True, 4)


# Changes


def move(minutes: int = 60, **reasons: str) -> None:
    """The row begins so much later than it was announced first."""
    with write_tx() as session:
        row = session.scalars(db.select(AgendaItem).where(AgendaItem.number == 1)).one()
        first = row.old_starts_at or row.starts_at
    assert first is not None
    later = first + timedelta(minutes=minutes)
    do(agenda.move_item, row.id, later, later + timedelta(hours=3), reasons or None)


def test_a_change_is_owed_to_everybody_with_a_confirmed_address_when_its_ten_minutes_end(event: Event) -> None:
    seated, waiting = guest(event, 6), guest(event, 3, "b@post.example", "fi")
    signed_up(event, 1, email="unconfirmed@post.example")
    with clock.travelled_to(SPRING + timedelta(minutes=3)):
        move()
        due = {row.due_at for row in db.session.scalars(db.select(OutboxMail).where(OutboxMail.kind == CHANGED))}

    assert sorted(enqueued(CHANGED)) == sorted((CHANGED, one.id, "202605071500") for one in (seated, waiting))
    assert due == {datetime(2026, 5, 7, 15, 10, tzinfo=UTC)}
    assert {row.language for row in db.session.scalars(db.select(OutboxMail).where(OutboxMail.kind == CHANGED))} == {"en", "fi"}


def test_ten_changes_in_ten_minutes_are_one_mail_that_tells_them_all(app: Flask, event: Event) -> None:
    made = guest(event)
    second = make_item(event, 2, "Concert", starts_at=START, ends_at=START + timedelta(hours=1))
    with clock.travelled_to(SPRING + timedelta(minutes=1)):
        for late in range(10, 70, 10):
            move(late, en="The coach is late")
        do(agenda.cancel_item, second.id)
    with clock.travelled_to(SPRING + timedelta(minutes=11)):
        text = sent(app, CHANGED, made, enqueued(CHANGED)[0][2]).text

    assert len(enqueued(CHANGED)) == 1
    assert (
        "* Welcome\n"
        "  New time: 16 June 2026, 19:00–22:00\n"
        "  Before: 16 June 2026, 18:00–21:00\n"
        "  Place: Square of Kaskinen, Raatihuoneenkatu 34\n"
        "  Reason: The coach is late\n\n"
        "* Concert\n"
        "  Cancelled\n"
    ) in text


def test_a_move_taken_back_within_its_ten_minutes_is_nothing_to_tell(app: Flask, event: Event) -> None:
    made = guest(event)
    with clock.travelled_to(SPRING + timedelta(minutes=1)):
        move(60)
        move(0)

    assert rendered(app, CHANGED, made, enqueued(CHANGED)[0][2]) is None


def test_a_move_taken_back_after_it_was_told_is_told(app: Flask, event: Event, tmp_path: Path) -> None:
    made = guest(event)
    with clock.travelled_to(SPRING + timedelta(minutes=1)):
        move(60)
    with clock.travelled_to(SPRING + timedelta(minutes=31)):
        send_due(FolderTransport(tmp_path), clock.now())
        move(0)
    with clock.travelled_to(SPRING + timedelta(minutes=41)):
        text = sent(app, CHANGED, made, enqueued(CHANGED)[-1][2]).text

    assert "* Welcome\n  New time: 16 June 2026, 18:00–21:00\n  Before: 16 June 2026, 19:00–22:00\n" in text


def test_a_new_place_is_told_beside_the_old_one(app: Flask, event: Event) -> None:
    made = guest(event)
    with clock.travelled_to(SPRING + timedelta(minutes=1)):
        with write_tx() as session:
            church = put_venue(session, uuid.uuid4(), event.place, {"address": "Kirkkokatu 1"}, {"en": "The church"})
        do(agenda.move_item_to, the_row().id, church.id, reasons={"en": "Rain"})

    text = sent(app, CHANGED, made, enqueued(CHANGED)[0][2]).text
    assert "  New place: The church, Kirkkokatu 1\n  Before: Square of Kaskinen, Raatihuoneenkatu 34\n  Reason: Rain\n" in text


def settings(*pairs: str) -> None:
    """What an organiser sets from the terminal."""
    do(organise.change, get_event("kaskinen-2026").id, organise_forms.parse(pairs, ZoneInfo("Europe/Helsinki")), TERMINAL)


CHANGE = "Something has changed at an event for which you are registered.\n"
CURRENT = "The date, time and place below are the current ones.\n"
LAPSED = "The date and the times that were announced no longer hold.\nWe will write to you as soon as the new date is known.\n"


def opening_of(mail: Mail) -> str:
    """What a mail says below its title."""
    return mail.text.partition("Ceremony of light\n\n")[2]


def facts_in(mail: Mail) -> list[str]:
    """Date, time and place, as the mail says them."""
    return [line for line in mail.text.splitlines() if line.startswith(("Date: ", "Time: ", "Place: "))]


@pytest.mark.parametrize(
    ("pairs", "subject", "told"),
    [
        (
            ["status=cancelled", "reason.en=A storm"], "Cancelled: Ceremony of light",
            "This event is cancelled.\nReason: A storm\n\nOpen my ticket:",
        ),
        (["status=postponed"], "Postponed: Ceremony of light", f"This event is postponed.\n{LAPSED}\nOpen my ticket:"),
        (
            ["status=moved_online"], "Now online: Ceremony of light",
            f"This event takes place online.\n{CURRENT}You are registered.\n\nOpen my ticket:",
        ),
        (
            ["starts_on=2026-06-17", "ends_on=2026-06-18"], "Changed: Ceremony of light",
            f"{CHANGE}{CURRENT}\n* Ceremony of light\n  New date: 17–18 June 2026\n  Before: 16 June 2026\n\n",
        ),
        (
            ["venue=none", "place.en=The harbour"], "Changed: Ceremony of light",
            f"{CHANGE}{CURRENT}\n* Ceremony of light\n"
            "  New place: The harbour\n  Before: Square of Kaskinen, Raatihuoneenkatu 34\n\n",
        ),
        (
            ["status=postponed", "starts_on=2026-07-01", "ends_on=2026-07-01"], "Postponed: Ceremony of light",
            "This event is postponed.\n\n* Ceremony of light\n  New date: 1 July 2026\n  Before: 16 June 2026\n\n",
        ),
    ],
    ids=["cancelled", "postponed", "online", "date", "place", "state and date"],
)  # fmt: skip
def test_a_change_of_the_event_itself_is_told_first_and_beside_what_it_was(
    app: Flask, event: Event, pairs: list[str], subject: str, told: str
) -> None:
    made = guest(event)
    settings(*pairs)
    mail_sent = sent(app, CHANGED, made, enqueued(CHANGED)[0][2])

    assert mail_sent.subject == subject
    assert mail_sent.text.startswith(f"Hello Jānis Bērziņš\n\nCeremony of light\n\n{told}")
    assert any(one.cid for one in mail_sent.attachments) == (subject[0] not in "CP" or subject.startswith("Changed"))


@pytest.mark.parametrize(
    ("there", "back"),
    [
        (["status=cancelled"], ["status=scheduled"]),
        (["starts_on=2026-06-17", "ends_on=2026-06-17"], ["starts_on=2026-06-16", "ends_on=2026-06-16"]),
        (["status=postponed", "reason.en=A storm"], ["status=scheduled"]),
    ],
)
def test_what_is_taken_back_before_anybody_was_told_is_no_mail(
    app: Flask, event: Event, there: list[str], back: list[str]
) -> None:
    made = guest(event)
    with clock.travelled_to(SPRING + timedelta(minutes=1)):
        settings(*there)
        settings(*back)

    assert rendered(app, CHANGED, made, enqueued(CHANGED)[0][2]) is None


def test_what_is_taken_back_after_it_was_told_is_told(app: Flask, event: Event, tmp_path: Path) -> None:
    made = guest(event)
    with clock.travelled_to(SPRING + timedelta(minutes=1)):
        settings("status=cancelled")
    with clock.travelled_to(SPRING + timedelta(minutes=21)):
        send_due(FolderTransport(tmp_path), clock.now())
        settings("status=scheduled")
    mail_sent = sent(app, CHANGED, made, enqueued(CHANGED)[-1][2])

    assert mail_sent.subject == "As planned after all: Ceremony of light"
    assert opening_of(mail_sent).startswith(f"This event will take place as planned.\nBefore: Cancelled\n{CURRENT}")


def test_a_postponed_event_has_no_date_until_the_new_one_is_known(app: Flask, event: Event, tmp_path: Path) -> None:
    made = guest(event)
    with clock.travelled_to(SPRING + timedelta(minutes=1)):
        settings("status=postponed")
        first = sent(app, CHANGED, made, enqueued(CHANGED)[-1][2])
    with clock.travelled_to(SPRING + timedelta(minutes=21)):
        send_due(FolderTransport(tmp_path), clock.now())
        settings("status=scheduled", "starts_on=2026-07-01", "ends_on=2026-07-01")
        second = sent(app, CHANGED, made, enqueued(CHANGED)[-1][2])

    assert facts_in(first) == [
        "Date: The new date has not been announced yet.", "Place: Square of Kaskinen, Raatihuoneenkatu 34, Kaskinen · Kaskö",
    ]  # fmt: skip
    assert second.subject == "New date: Ceremony of light"
    assert opening_of(second).startswith(f"This event has a new date.\nBefore: Postponed\n{CURRENT}")
    assert "* Ceremony of light\n  New date: 1 July 2026\n  Before: 16 June 2026\n" in second.text
    assert facts_in(second)[0] == "Date: 1 July 2026"
    assert "18:00" not in second.text  # the rows still stand on the old day


def test_the_ticket_of_a_postponed_event_shows_no_date_that_holds_no_longer(
    app: Flask, client: FlaskClient, noon: datetime
) -> None:
    with app.app_context():
        made = signed_up(open_registration())
        settings("status=postponed")
        home = f"/en/tickets/{codes.link_secret(made.id)}/"
    pages = [html.said(client.get(path)) for path in (home, "/en/events/kaskinen-2026/", "/en/events/kaskinen-2026/register")]

    assert [page.count("The date and the times that were announced no longer hold.") for page in pages] == [1, 1, 1]
    assert "Date The new date has not been announced yet. Before: 16 June 2026, 18:00–21:00 Place" in pages[0]


def test_what_a_late_sender_finds_is_told_once_as_it_is_by_then(app: Flask, event: Event, tmp_path: Path) -> None:
    """Nothing could be sent for an hour: of what was changed and taken back nothing is said, of the rest the last state."""
    made = guest(event)
    for minute, pairs in ((1, ["status=cancelled"]), (21, ["status=scheduled"]), (41, ["starts_on=2026-06-15"])):
        with clock.travelled_to(SPRING + timedelta(minutes=minute)):
            settings(*pairs)
    variants = [variant for *_, variant in enqueued(CHANGED)]
    found = [rendered(app, CHANGED, made, variant) for variant in variants]

    assert (len(variants), found[:2]) == (3, [None, None])
    assert found[2] is not None
    assert "* Ceremony of light\n  New date: 15–16 June 2026\n  Before: 16 June 2026\n\n" in found[2].text


def test_a_row_moved_and_moved_back_between_two_mails_is_not_told_again(app: Flask, event: Event, tmp_path: Path) -> None:
    made = guest(event)
    with clock.travelled_to(SPRING + timedelta(minutes=1)):
        move(60)
    with clock.travelled_to(SPRING + timedelta(minutes=21)):
        send_due(FolderTransport(tmp_path), clock.now())
        move(90)
        move(60)

    assert rendered(app, CHANGED, made, enqueued(CHANGED)[-1][2]) is None


def test_a_change_vanishes_with_its_transaction(event: Event) -> None:
    guest(event)

    def break_off() -> None:
        with write_tx() as session:
            assert enqueue_change_mails(session, event.id, clock.now()) == 1
            raise LookupError

    with pytest.raises(LookupError):
        break_off()

    assert enqueued(CHANGED) == []


def test_telling_thousands_takes_one_statement(event: Event, queries: list[str]) -> None:
    with write_tx() as session:
        put_settings(session, event.id, capacity=None)
    for number in range(12):
        guest(event, email=f"guest{number}@post.example")
    with write_tx() as session:
        queries.clear()
        assert enqueue_change_mails(session, event.id, clock.now()) == 12
        sent_statements = [one for one in queries if one.startswith("INSERT")]

    assert len(sent_statements) == 1
    assert len({row.id for row in waiting_mails() if row.kind == CHANGED}) == 12
