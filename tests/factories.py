"""Plain functions that make rows inside an app context; each commits and returns the row."""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from app.agenda.models import AgendaItem
from app.agenda.service import rows_changed
from app.core import clock
from app.core.db import db, write_tx
from app.events.models import Event
from app.events.service import index_words, touch
from app.i18n import texts
from app.i18n.folding import search_text
from app.mail.models import OutboxMail
from app.places.models import Place, PlaceName
from app.registration import tickets
from app.registration.models import Ticket


def make_place(slug: str = "kaskinen", names: dict[str, str] | None = None, **fields: Any) -> Place:
    """A town; `names` maps language to official name."""
    official = names or {"fi": "Kaskinen", "sv": "Kaskö"}
    values = {"country": "FI", "timezone": "Europe/Helsinki", "latitude": 62.38, "longitude": 21.22} | fields
    with write_tx() as session:
        place = Place(id=uuid.uuid4(), slug=slug, **values)
        for position, (lang, value) in enumerate(official.items()):
            place.names.append(PlaceName(kind="official", lang=lang, value=value, folded=search_text(value), position=position))
        session.add(place)
        touch(session)
    return place


def make_event(
    slug: str = "kaskinen-2026", title: dict[str, str] | str = "Ceremony", place: Place | None = None, **fields: Any
) -> Event:
    """A one-day ceremony today in Helsinki's zone, unless `fields` say otherwise."""
    now = clock.now()
    values: dict[str, Any] = {
        "kind": "ceremony", "timezone": "Europe/Helsinki", "starts_on": now.date(), "ends_on": now.date(), "languages": ["fi", "sv"],
        "source_lang": "en", "place_id": place.id if place else None, "country": "FI", "created_at": now, "updated_at": now,
    } | fields  # fmt: skip
    with write_tx() as session:
        event = Event(id=uuid.uuid4(), slug=slug, **values)
        session.add(event)
        texts.put(
            session, event.id, event.id, "event.title", {"en": title} if isinstance(title, str) else title, event.source_lang
        )
        touch(session)
        index_words(session, [event])
    return event


def make_item(event: Event, number: int = 1, title: dict[str, str] | str = "Welcome", **fields: Any) -> AgendaItem:
    """A row on the event's first day; `starts_at`, `ends_at` and the rest by `fields`."""
    starts: datetime | None = fields.get("starts_at")
    day: date | None = fields.pop("on", starts.date() if starts else event.starts_on)
    with write_tx() as session:
        item = AgendaItem(
            id=uuid.uuid4(), event_id=event.id, number=number, position=number, on=day, updated_at=clock.now(), **fields
        )
        session.add(item)
        texts.put(session, event.id, item.id, "item.title", {"en": title} if isinstance(title, str) else title, event.source_lang)
        rows_changed(session, session.get_one(Event, event.id))
    return item


def replace_code(ticket_id: uuid.UUID) -> Ticket:
    """A newer code for a ticket, in a transaction of its own."""
    with write_tx() as session:
        return tickets.replace_code(session, ticket_id)


def minutes(number: float) -> timedelta:
    """So many minutes."""
    return timedelta(minutes=number)


def waiting_mails() -> list[OutboxMail]:
    """What is still to be sent, oldest first."""
    settled = OutboxMail.sent_at, OutboxMail.failed_at, OutboxMail.dropped_at
    query = select(OutboxMail).where(*(moment.is_(None) for moment in settled)).order_by(OutboxMail.due_at, OutboxMail.id)
    return list(db.session.scalars(query))
