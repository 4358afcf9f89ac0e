"""Seats whose mail address nobody confirmed in time: given back, and given to those who wait."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session, joinedload

from app.audit.service import note
from app.core import clock
from app.core.db import db, write_tx
from app.events.models import Event
from app.registration.models import Registration
from app.registration.reminders import start_of
from app.registration.seats import lock_desk, promote, seats_of, set_status, settle


def release(now: datetime) -> dict[str, int]:
    """Cancel what was held until now for an address that is still not confirmed; its seats go to those who wait, who are told.

    Each event is a transaction of its own. From the event's start on nothing lapses any more: whoever stands at the door has
    a ticket. Returns how many there were; again does nothing more.
    """
    late = select(Event).where(Event.id.in_(select(Registration.scope).where(*_late(now))))
    events = db.session.scalars(late.where(or_(Event.over_at.is_(None), Event.over_at > now))).all()
    due = [event.id for event in events if not ((start := start_of(event)) and start <= now)]
    return {"lapsed_seats": sum(_release(scope, now) for scope in due)}


def _release(scope: uuid.UUID, now: datetime) -> int:
    with write_tx() as session:
        desk = lock_desk(session, scope)
        lapsed = _lapsed(session, scope, now)
        with session.no_autoflush:
            freed = sum(map(seats_of, lapsed))
            for registration in lapsed:
                set_status(registration, "cancelled")
                registration.cancelled_at = clock.now()
            seated = promote(session, scope, desk, freed, lapsed)
        for registration in lapsed:
            note(session, scope, "registration.lapse", registration.id, by="app")
        settle(session, desk, seated)
    return len(lapsed)


def _lapsed(session: Session, scope: uuid.UUID, now: datetime) -> list[Registration]:
    query = select(Registration).where(Registration.scope == scope, *_late(now)).options(joinedload(Registration.ticket))
    return list(session.scalars(query.order_by(Registration.id).execution_options(populate_existing=True)))


def _late(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return Registration.hold_until <= now, Registration.status.in_(("confirmed", "waitlisted"))
