"""Who waits: parties larger than all seats, seats that lapse unconfirmed, and an event's page that says whether it is full."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.audit.models import GUEST, AuditEntry
from app.core import clock
from app.core.db import db, write_tx
from app.events.models import Event
from app.registration import codes, confirming, editing, holds, personal_data, seats, service
from app.registration.models import Registration
from app.registration.seats import find_settings, place_in_queue, put_settings
from app.registration.service import AddressTooOften
from tests import html
from tests.factories import make_event, minutes
from tests.registration.registrations import confirmed, count, enqueued, open_registration, send, signed_up
from tests.registration.test_mails import rendered, sent
from tests.transactions import do

EVENT = "/en/events/kaskinen-2026/"
TICKET, TOO_LARGE = "registration.ticket", "registration.too_large"
HOUR = timedelta(hours=1)


def lower(event: Event, capacity: int | None, **fields: Any) -> None:
    """The event has so many seats from now on."""
    with write_tx() as session:
        put_settings(session, event.id, capacity=capacity, **fields)


def states() -> list[str]:
    """What everybody is, in the order of registering."""
    db.session.rollback()
    db.session.expire_all()
    return list(db.session.scalars(select(Registration.status).order_by(Registration.created_at)))


def address_of(registration: Registration) -> str:
    return f"/en/tickets/{codes.link_secret(registration.id, registration.link_hash)}/"


def resized(event: Event, made: Registration, people: int, **fields: Any) -> None:
    stored = editing.particulars_of(db.session.get_one(Registration, made.id), find_settings(event.id))
    do(editing.edit, made.id, replace(stored, party_size=people, **fields), GUEST)


# Larger than all seats


def test_a_party_that_can_never_fit_shuts_nobody_out(database: None, noon: datetime) -> None:
    event = open_registration(capacity=8)
    first, large = signed_up(event, 8), signed_up(event, 8)
    lower(event, 2)
    do(service.cancel, first.id, GUEST)
    after = signed_up(event, 2)

    assert states() == ["cancelled", "waitlisted", "confirmed"]
    assert (place_in_queue(large), after.position) == (1, 0)


def test_a_party_that_becomes_small_enough_keeps_its_place(database: None, noon: datetime) -> None:
    event = open_registration(capacity=8)
    first, large, behind = signed_up(event, 8), signed_up(event, 8), signed_up(event, 1)
    lower(event, 2)
    resized(event, large, 2)
    do(service.cancel, first.id, GUEST)

    assert states() == ["cancelled", "confirmed", "waitlisted"]
    resized(event, large, 1)
    assert states() == ["cancelled", "confirmed", "confirmed"]
    assert behind.position == 2


def test_it_is_told_by_mail_once_and_on_its_page(app: Flask, client: FlaskClient, noon: datetime) -> None:
    with app.app_context():
        event = open_registration(capacity=8)
        signed_up(event, 8)
        large = confirmed(event, signed_up(event, 5, email="a@post.example", language="en"))
        for _ in range(2):
            lower(event, 2)
        told, mail, address = enqueued(TOO_LARGE), sent(app, TOO_LARGE, large, "2"), address_of(large)
        lower(event, 5)
        later = rendered(app, TOO_LARGE, large, "2")
        lower(event, 2)
    words = (
        "This event now has only 2 seats, and you asked for more. You keep your place in the queue. If fewer of you come, change "
        "your registration: then you can get seats."
    )

    assert told == [(TOO_LARGE, large.id, "2")]
    assert mail.subject == "Your party needs more seats than there are: Ceremony of light"
    assert f"You are on the waiting list.\nYour place in the queue is 1.\n{words}\n" in mail.text
    assert later is None
    assert words in html.said(client.get(address))


# Seats that lapse


def test_a_seat_lapses_when_nobody_confirms_its_address(database: None, noon: datetime) -> None:
    event = open_registration(make_later(), capacity=3, hold_hours=2)
    silent, without, kept = (
        signed_up(event, 2, email="x@post.example"),
        signed_up(event),
        signed_up(event, 2, email="b@post.example"),
    )
    waiting = confirmed(event, kept)
    early = holds.release(noon + 2 * HOUR - minutes(1))
    with clock.travelled_to(noon + 2 * HOUR + minutes(1)):
        late, again = holds.release(clock.now()), holds.release(clock.now())

    assert (early, late, again) == ({"lapsed_seats": 0}, {"lapsed_seats": 1}, {"lapsed_seats": 0})
    assert states() == ["cancelled", "confirmed", "confirmed"]
    assert enqueued(TICKET) == [(TICKET, waiting.id, ""), (TICKET, waiting.id, "promoted")]
    assert [(one.subject_id, one.actor_kind) for one in deeds("registration.lapse")] == [(silent.id, "app")]
    assert (without.hold_until, waiting.hold_until) == (None, None)


@pytest.mark.parametrize(
    ("fields", "wish"),
    [
        ({"hold_hours": None}, {}),
        ({"capacity": None}, {}),
        ({"confirm_first": True}, {}),
        ({}, {"email": ""}),
    ],
    ids=["kept for ever", "as many as come", "no seat yet", "no address"],
)
def test_nothing_lapses_where_nothing_is_held(
    database: None, noon: datetime, fields: dict[str, Any], wish: dict[str, str]
) -> None:
    event = open_registration(make_later(), **({"capacity": 3} | fields))
    made = signed_up(event, **({"email": "x@post.example"} | wish))

    assert made.hold_until is None
    assert holds.release(noon + 900 * HOUR) == {"lapsed_seats": 0}


def test_nothing_lapses_once_the_event_has_begun(database: None, noon: datetime) -> None:
    event = open_registration(capacity=3, hold_hours=4)  # begins three hours from now
    signed_up(event, email="x@post.example")

    assert holds.release(noon + 5 * HOUR) == {"lapsed_seats": 0}
    assert states() == ["confirmed"]


def test_a_second_address_never_costs_a_seat_that_was_confirmed(database: None, noon: datetime) -> None:
    event = open_registration(make_later(), capacity=3)
    made = confirmed(event, signed_up(event, email="x@post.example"))
    with write_tx() as session:
        confirming.replace_address(session.get_one(Registration, made.id), "y@post.example")

    assert holds.release(noon + 100 * HOUR) == {"lapsed_seats": 0}


def test_page_and_mail_say_until_when_and_then_why(app: Flask, client: FlaskClient, noon: datetime) -> None:
    with app.app_context():
        event = open_registration(make_later(), capacity=3, hold_hours=2)
        made = signed_up(event, email="x@post.example", language="en")
        mail, address = sent(app, service.CONFIRM_MAIL, made), address_of(made)
        own = personal_data.personal_data_of(made, event, "en")
    before = html.said(client.get(address))
    with app.app_context(), clock.travelled_to(noon + 2 * HOUR + minutes(1)):
        holds.release(clock.now())
    after = html.said(client.get(address))

    assert (
        "Your seats are kept for you until 16 June 2026, 17:00. If your address is not confirmed by then, they go to others."
        in mail.text
    )
    assert "press the button there before 16 June 2026, 17:00. After that, your seats go to others." in before
    assert "Nobody confirmed your e-mail address in time, so your seats went to others." in after
    assert own.registration.hold_until == made.hold_until
    assert "Please do so within 2 hours, or your seats go to others." in html.said(client.get(f"{EVENT}register"))


def test_one_address_is_written_to_ten_times_a_day_at_most(app: Flask, client: FlaskClient, noon: datetime) -> None:
    with app.app_context():
        event = open_registration(capacity=300)
        for _ in range(10):
            signed_up(event, email="stranger@post.example")
        with pytest.raises(AddressTooOften):
            signed_up(event, email="Stranger@Post.example")
        signed_up(event)
        signed_up(open_registration(make_later("varde-2026")), email="stranger@post.example")
        mine = signed_up(event, email="own@post.example")
        with pytest.raises(AddressTooOften):
            resized(event, mine, 1, email="stranger@post.example")
        number = len(enqueued(service.CONFIRM_MAIL))
    answer = send(client, email="stranger@post.example")

    assert number == 12
    assert (answer.status_code, count(app)) == (429, 13)
    assert "This e-mail address has been used for many registrations today, so nothing was saved." in html.said(answer)


def test_a_lost_ticket_is_asked_for_ten_times_a_day_at_most(database: None, noon: datetime) -> None:
    event = open_registration(make_later())
    signed_up(event, email="a@post.example")
    for number in range(30):
        with clock.travelled_to(noon.replace(hour=0) + number * minutes(30)):
            do(confirming.send_lost, event.id, "a@post.example", None)

    assert len(enqueued(service.LOST_MAIL)) == 10


# Full or not


def test_the_event_s_page_turns_when_it_fills_and_when_a_seat_becomes_free(
    app: Flask, client: FlaskClient, noon: datetime
) -> None:
    with app.app_context():
        event = open_registration(capacity=2)
    pages = [html.said(client.get(EVENT))]
    with app.app_context():
        first = signed_up(event, 2)
    pages.append(html.said(client.get(EVENT)))
    with app.app_context():
        resized(event, first, 1)
    pages.append(html.said(client.get(EVENT)))
    with app.app_context():
        lower(event, 1, waiting_list=False)
    pages.append(html.said(client.get(EVENT)))
    free, full = "While there are free seats, you get your ticket at once.", "All seats are taken at the moment."

    assert [(free in page, full in page) for page in pages] == [(True, False), (False, True), (True, False), (False, True)]
    assert ["Join the waiting list" in page for page in pages] == [False, True, False, False]
    assert "There is no waiting list." in pages[3]


def test_only_turning_makes_the_page_anew(database: None, noon: datetime) -> None:
    event, versions = open_registration(capacity=3), []
    for people in (1, 1, 1, 1):
        signed_up(event, people)
        versions.append(db.session.get_one(Event, event.id, populate_existing=True).version)

    assert [after - versions[0] for after in versions] == [0, 0, 1, 1]
    assert seats.find_settings(event.id).full  # type: ignore[union-attr]


def test_an_event_for_as_many_as_come_promises_a_ticket(app: Flask, client: FlaskClient, noon: datetime) -> None:
    with app.app_context():
        open_registration()

    assert "Please register if you want to come. You get a ticket at once." in html.said(client.get(EVENT))


# Calendars


def test_who_waits_gets_no_calendar_entry(app: Flask, client: FlaskClient, noon: datetime) -> None:
    with app.app_context():
        event = open_registration(capacity=1)
        seated, waits = (address_of(signed_up(event)) for _ in range(2))
    pages = [client.get(address) for address in (seated, waits)]

    assert ["event.ics" in page.text for page in pages] == [True, False]
    assert [client.get(f"{address}event.ics").status_code for address in (seated, waits)] == [200, 404]


def deeds(verb: str) -> list[AuditEntry]:
    return list(db.session.scalars(select(AuditEntry).where(AuditEntry.verb == verb)))


def make_later(slug: str = "kaskinen-2026") -> Event:
    """An event of next week."""
    day = clock.now().date() + timedelta(days=7)
    return make_event(slug, starts_on=day, ends_on=day)
