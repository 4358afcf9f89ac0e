"""Seats whose mail address nobody confirmed in time: given back, and given to those who wait."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session, joinedload

from app.audit.models import APP
from app.audit.service import record
from app.core import clock
from app.core.db import db, write_tx
from app.events.models import Event
from app.registration.models import Registration, RegistrationStatus
from app.registration.reminders import start_of
from app.registration.seats import lock_settings, promote, seats_of, set_status, settle


def release(now: datetime) -> dict[str, int]:
    """Cancel what was held until now for an address that is still not confirmed; its seats go to those who wait, who are told.

    Each event is a transaction of its own. From the event's start on nothing lapses any more: whoever stands at the door has
    a ticket. Returns how many there were; again does nothing more.
    """
    late = select(Event).where(Event.id.in_(select(Registration.event_id).where(*_late(now))))
    events = db.session.scalars(late.where(or_(Event.over_at.is_(None), Event.over_at > now))).all()
    due = [event.id for event in events if not ((start := start_of(event)) and start <= now)]
    lapsed = 0
    for event_id in due:
        with write_tx() as session:
            lapsed += _release(session, event_id, now)
    return {"lapsed_seats": lapsed}


def _release(session: Session, event_id: uuid.UUID, now: datetime) -> int:
    settings = lock_settings(session, event_id)
    lapsed = _lapsed(session, event_id, now)
    with session.no_autoflush:
        freed = sum(map(seats_of, lapsed))
        for registration in lapsed:
            set_status(registration, RegistrationStatus.CANCELLED)
            registration.cancelled_at = clock.now()
        seated = promote(session, event_id, settings, freed, lapsed)
    for registration in lapsed:
        record(session, event_id, "registration.lapse", registration.id, APP)
    settle(session, settings, seated)
    return len(lapsed)


def _lapsed(session: Session, event_id: uuid.UUID, now: datetime) -> list[Registration]:
    query = select(Registration).where(Registration.event_id == event_id, *_late(now)).options(joinedload(Registration.ticket))
    return list(session.scalars(query.order_by(Registration.id).execution_options(populate_existing=True)))


def _late(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return Registration.hold_until <= now, Registration.status.in_(("confirmed", "waitlisted"))
