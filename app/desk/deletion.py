"""Deleting an event: it goes with its guests, their tickets and mails, its door and its texts; a proof stays, without a name."""

from __future__ import annotations

import uuid

from sqlalchemy.orm import Session

from app.audit import retention, service as audit
from app.audit.models import Actor
from app.audit.retention import Stored, delete_where
from app.audit.service import record_deleted, record_for_good
from app.checkin import retention as checkin
from app.core import clock
from app.core.errors import NotFound
from app.events.models import Event
from app.events.service import touch
from app.i18n import texts
from app.mail import postbox
from app.registration import retention as registration
from app.registration.seats import lock_settings


class UnderWay(Exception):
    """The event takes place now: its guests and phones are at the door."""


def contents_of(event_id: uuid.UUID) -> list[Stored]:
    """What is stored of an event and would go with it, kind by kind; nothing that there is none of."""
    return [one for one in checkin.stored_of(event_id) if one.count]


def delete_event(session: Session, event_id: uuid.UUID, actor: Actor, *, force: bool = False) -> list[Stored]:
    """Delete an event with all that belongs to it; returns what there was. Once committed, call `leave_no_trace`.

    Foreign keys take the rows that point to it. What no key reaches goes here: mails, texts, the notes of who did what, and the
    ids of its tickets where another event's door refused them. That it was deleted, and how much with it, stays as a proof.
    Its phones are strangers from now on. Raises `NotFound`, and `UnderWay` unless it is to be forced.
    """
    lock_settings(session, event_id)  # whoever changes seats begins with this
    event = session.get(Event, event_id, with_for_update=True, populate_existing=True)
    if event is None:
        raise NotFound
    if event.is_under_way(clock.now()) and not force:
        raise UnderWay
    gone = contents_of(event_id)
    _delete(session, event_id)
    for one in gone:
        record_deleted(session, event_id, one.kind, one.count)
    record_for_good(session, event_id, "event.deleted", event_id, actor)
    touch(session)
    return gone


def leave_no_trace() -> None:
    """After the commit: what a database or the demo's folder of mails would still hold of what was deleted."""
    retention.leave_no_trace()
    postbox.purge(clock.now())


def _delete(session: Session, event_id: uuid.UUID) -> None:
    checkin.forget_elsewhere(session, event_id)
    registration.forget_mails(session, event_id)
    texts.forget_scope(session, event_id)
    audit.forget(session, event_id)
    session.expunge_all()
    delete_where(session, Event, Event.id == event_id)
