"""Making events and their days, or bringing them up to date: doing it twice changes nothing."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from app.core import clock
from app.core.rows import put, set_changed
from app.events.models import Event, EventDay, EventStatus


def put_event(session: Session, ident: uuid.UUID, slug: str, fields: Mapping[str, Any]) -> Event:
    """The event with this id, inside a `write_tx()`. Who changes what its pages show calls `service.touch` afterwards."""
    event = session.get(Event, ident)
    if event is None:
        now = clock.now()
        event = Event(id=ident, slug=slug, created_at=now, updated_at=now, version=0)
        session.add(event)
    set_changed(event, fields)
    session.flush()
    return event


def put_day(session: Session, ident: uuid.UUID, event: Event, on: date, status: EventStatus) -> EventDay:
    """A day of the event that has a state or a title of its own."""
    return put(session, EventDay, ident, {"event_id": event.id, "on": on, "status": status})
