"""The verbs of events: find one, say what version its pages show, note that something about it changed."""

from __future__ import annotations

import uuid

from sqlalchemy import select, update
from sqlalchemy.orm import Session, joinedload

from app.core import clock
from app.core.db import db, peek
from app.core.errors import NotFound
from app.events.models import CatalogueVersion, Event
from app.places.models import Place


def find_event(slug: str) -> Event | None:
    """The event at this address, with its place and venue."""
    query = (
        select(Event)
        .where(Event.slug == slug)
        .options(joinedload(Event.place).selectinload(Place.names), joinedload(Event.venue), joinedload(Event.days))
    )
    return db.session.scalars(query).unique().one_or_none()


def get_event(slug: str) -> Event:
    """The event at this address. Raises `NotFound`."""
    event = find_event(slug)
    if event is None:
        raise NotFound
    return event


def find_event_by_id(event_id: uuid.UUID) -> Event | None:
    """The event with this id (what an opaque `scope` stands for)."""
    return db.session.get(Event, event_id)


def event_version(slug: str) -> int | None:
    """The version that pages of this event show; None when there is no such event."""
    version: int | None = peek("SELECT version FROM events WHERE slug = {}", slug)
    return version


def catalogue_version() -> int:
    """The version that home, lists and towns show."""
    return int(peek("SELECT version FROM catalogue_version") or 0)


def touch(session: Session, event: Event | None = None) -> None:
    """Note, inside a `write_tx()`, that something shown has changed: every page of it is made anew."""
    if event is not None:
        event.version += 1
        event.updated_at = clock.now()
    done = session.execute(update(CatalogueVersion).values(version=CatalogueVersion.version + 1))
    if done.rowcount == 0:  # type: ignore[attr-defined]
        session.add(CatalogueVersion(id=1, version=1))
