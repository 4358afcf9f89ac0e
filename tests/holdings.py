"""An event with everything that a database can hold of one, made by the product's own verbs; and looking for what is left of it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app.agenda.models import AgendaItem, ItemPerson, Person, Track
from app.agenda.service import cancel_item, move_item
from app.audit.models import GUEST, TERMINAL
from app.checkin import devices
from app.checkin.models import CheckInList, Device, Scan
from app.core import clock
from app.core.db import db, write_tx
from app.desk import forms, service as organise
from app.events.models import Event, EventChange, EventDay
from app.i18n import texts
from app.i18n.models import LocalText
from app.registration import codes, confirming, personal_data, replacing, service
from app.registration.models import Registration, RegistrationQuestion, Ticket
from app.registration.tickets import link_of, make_rehearsal_tickets
from tests.checkin import scans
from tests.factories import make_event, make_item, make_place
from tests.registration import registrations
from tests.transactions import do

Rows = dict[str, list[tuple[str, ...]]]
PEOPLE = ("Aino", "Žaneta", "Åke", "Mart", "Ieva")


@dataclass
class Holdings:
    """An event, the phones at its door, a ticket's code and link, and every word and id by which it could be found again."""

    event_id: uuid.UUID
    slug: str
    token: str
    supervisor: str
    code: str
    link: str
    words: set[str] = field(default_factory=set)
    ids: set[uuid.UUID] = field(default_factory=set)

    def named_in(self, row: tuple[str, ...]) -> bool:
        """Whether a row holds any of it."""
        text = " ".join(row)
        return any(word in text for word in self.words) or any(one.hex in text for one in self.ids)


def plain(value: Any) -> str:
    """A value as text in which ids, names and bytes are found, whatever the database makes of them."""
    return value.hex() if isinstance(value, bytes) else str(value).replace("-", "")


def stored() -> Rows:
    """Every row of every table that the database has, as it says itself; values as `plain` text."""
    found = sa.MetaData()
    with db.engine.connect() as connection:
        found.reflect(connection)
        return {
            table.name: sorted(tuple(map(plain, row)) for row in connection.execute(sa.select(table)))
            for table in found.tables.values()
        }


def places_of(held: Holdings, rows: Rows) -> set[tuple[str, int]]:
    """Where something of the event stands: table, how many rows."""
    found = {table: [row for row in some if held.named_in(row)] for table, some in rows.items()}
    return {(table, len(some)) for table, some in found.items() if some}


def hold(app: Flask, client: FlaskClient, slug: str, tag: str) -> Holdings:
    """An event with guests, parties, a waiting list, needs, answers, mails, a replaced ticket; an agenda that changed; lists, phones,
    scans of every kind, a conflict, clicks. `tag` stands in each name. The clock runs from noon of the event's day."""
    with app.app_context():
        event = _event(slug, tag)
        guests = _guests(event, tag)
        scans.make_list(event)
        scans.make_list(event, "dinner", "Dinner", re_entry=False)
        _, token = scans.make_device(event, "main-door", "dinner", name=f"Maija {tag}")
        _, supervisor = scans.make_device(event, name=f"Sanna {tag}", supervise=True)
        do(devices.revoke, scans.make_device(event, name=f"Pekka {tag}")[0].id, TERMINAL)
        do(devices.enrol, event, ["main-door"], f"Ole {tag}", TERMINAL)
        now = do(replacing.replace_by_holder, codes.link_secret(guests[0].id), uuid.uuid4(), GUEST, None)
        ticket = now.ticket or Ticket()
        code, old = codes.ticket_code(ticket.id, 2), codes.ticket_code(ticket.id, 1)
        held = Holdings(event.id, slug, token, supervisor, code, link_of(now))
        do(make_rehearsal_tickets, event.id, 2)
    _at_the_door(client, held, old)
    with app.app_context():
        _ids(held)
        held.words = {tag}
    return held


def _event(slug: str, tag: str) -> Event:
    event = make_event(slug, f"Ceremony {tag}", place=make_place(f"{slug}-town"))
    start = clock.now().replace(hour=15, minute=0)
    first, second = (make_item(event, number, f"Row {number} {tag}", starts_at=start) for number in (1, 2))
    do(move_item, first.id, start + timedelta(minutes=30), None, {"en": f"Rain {tag}"})
    do(cancel_item, second.id, {"en": f"Snow {tag}"})
    with write_tx() as session:
        track, person = Track(id=uuid.uuid4(), event_id=event.id), Person(id=uuid.uuid4(), event_id=event.id)
        day = EventDay(id=uuid.uuid4(), event_id=event.id, on=clock.now().date(), status="scheduled")
        session.add_all([track, person, day])
        session.flush()
        session.add(ItemPerson(item_id=first.id, person_id=person.id))
        session.execute(sa.update(AgendaItem).where(AgendaItem.id == first.id).values(track_id=track.id))
        for owner, kind in ((track.id, "track.name"), (person.id, "person.name"), (day.id, "day.title")):
            texts.put(session, event.id, owner, kind, {"en": f"Words {tag}"}, "en")
    return event


def _guests(event: Event, tag: str) -> list[Registration]:
    """A party of three and one more, who have the seats; one who waits, one who cancelled, one who erased everything."""
    registrations.open_registration(event, capacity=4)
    how, words = registrations.ask(event), registrations.ask(event, "words", "text")
    guests = [
        registrations.signed_up(
            event, party, name=f"{name} {tag}", email=f"{number}.{tag}@post.example", needs=("wheelchair", "vegan"), tell_door=True,
            companions=f"Eero {tag}" if party > 1 else "", answers={how.id: "coach", words.id: f"A drum {tag}"},
        )
        for number, (name, party) in enumerate(zip(PEOPLE, (3, 1, 1, 1, 1), strict=True))
    ]  # fmt: skip
    for guest in guests[:3]:
        registrations.confirmed(event, guest)
    do(confirming.send_lost, event.id, guests[1].email, None)
    do(service.cancel, guests[3].id, GUEST)
    do(personal_data.erase, guests[4].id, GUEST)
    do(organise.change, event.id, forms.parse(["status=moved_online"], ZoneInfo(event.timezone)), TERMINAL)
    return guests


def _at_the_door(client: FlaskClient, held: Holdings, old: str) -> None:
    """Entries, an exit, one taken back, a refused one of each kind, a conflict, quarantine-to-be, clicks."""
    entry, offline = scans.scan(held.code, count=2), {"mode": "offline", "local": "accepted"}
    items = [
        entry, scans.scan(held.code, direction="exit"), scans.scan(None, direction="undo", undoes=entry["id"], reason="x"),
        scans.scan(held.code, list="dinner", count=3), scans.scan(held.code, list="dinner", **offline), scans.scan(old),
        scans.scan("0123456789ABCDEFGHJKMNPQRS"), scans.scan(held.code),
    ]  # fmt: skip
    found = scans.results(client, held.token, *items)
    assert found == ["accepted", "exited", "undone", "accepted", "already_in", "revoked", "unknown", "accepted"], found
    click = {"id": str(uuid.uuid4()), "list": "main-door", "delta": 2, "at": scans.iso(clock.now())}
    headers = {"Authorization": f"Bearer {held.token}"}
    body = {"sent_at": scans.iso(clock.now()), "clicks": [click]}
    assert client.post("/api/v1/headcounts", json=body, headers=headers).status_code == 200


def _ids(held: Holdings) -> None:
    """Every id that belongs to the event."""
    held.ids = {held.event_id}
    for model in (Registration, RegistrationQuestion, Ticket, CheckInList, Device):
        held.ids |= set(db.session.scalars(sa.select(model.id).where(model.event_id == held.event_id)))
    held.ids |= set(db.session.scalars(sa.select(LocalText.id).where(LocalText.scope == held.event_id)))
    for other in (AgendaItem, Track, Person, EventDay, EventChange):
        held.ids |= set(db.session.scalars(sa.select(other.id).where(other.event_id == held.event_id)))
    lists = sa.select(CheckInList.id).where(CheckInList.event_id == held.event_id)
    held.ids |= set(db.session.scalars(sa.select(Scan.id).where(Scan.list_id.in_(lists))))
