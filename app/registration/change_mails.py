"""Mails about what changed in an event: who gets one, and what it tells. Texts are made in `mails`."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import String, literal, select
from sqlalchemy.orm import Session

from app.agenda.changes import ChangeSummary, changes_of
from app.core.db import db
from app.events.models import Event
from app.events.service import Change
from app.mail.models import OutboxMail
from app.mail.service import enqueue_all
from app.registration.models import Registration
from app.registration.reminders import WRITTEN_TO

CHANGED_MAIL = "registration.changed"
SLOT = timedelta(minutes=10)


def on_announcement(session: Session, event: Event, changes: Sequence[Change]) -> None:
    """Enqueue a mail to everybody who registered: hears what `events.service.announce` announces."""
    enqueue_change_mails(session, event.id, changes[-1].at)


def enqueue_change_mails(session: Session, event_id: uuid.UUID, at: datetime) -> int:
    """Enqueue a mail to everybody who registered on what changed at this moment, inside the caller's `write_tx()`; returns how
    many.

    The mail is due when its ten minutes end, so that ten changes are one mail. What it says is looked up when it is sent, from
    the changes that events keep.
    """
    begin = slot_of(at)
    variant = literal(slot_variant(begin), String)
    mine = select(Registration.id, Registration.language, variant).where(
        Registration.event_id == event_id, Registration.status.in_(("confirmed", "waitlisted")), WRITTEN_TO
    )
    return enqueue_all(session, CHANGED_MAIL, mine, begin + SLOT)


def slot_of(moment: datetime) -> datetime:
    """The start of the ten minutes in which a moment lies."""
    return moment - timedelta(seconds=moment.timestamp() % SLOT.total_seconds())


def slot_variant(begin: datetime) -> str:
    """`202606161200`: what tells one ten minutes' mail from another's."""
    return begin.strftime("%Y%m%d%H%M")


def changes_for(event: Event, registration_id: uuid.UUID, variant: str, lang: str) -> list[ChangeSummary]:
    """What is new to a guest at the end of a variant's ten minutes: what differs from when they were last told of a change.

    Nothing when all was taken back before anybody was told, nor when a later mail is owed already, which tells it all.
    """
    mine = OutboxMail.kind == CHANGED_MAIL, OutboxMail.subject_id == registration_id
    mails = db.session.execute(select(OutboxMail.variant, OutboxMail.due_at, OutboxMail.sent_at).where(*mine)).all()
    until = next((mail.due_at for mail in mails if mail.variant == variant), None)
    if until is None or any(mail.due_at > until and mail.sent_at is None for mail in mails):
        return []
    told = max((mail.due_at for mail in mails if mail.sent_at is not None and mail.due_at < until), default=None)
    since = min(mail.due_at for mail in mails if mail.due_at <= until and (told is None or mail.due_at > told)) - SLOT
    return changes_of(event, since, until, lang)
