"""How long registrations are kept, per kind of data; of each deletion a proof stays, and of each event only numbers.

An address that nobody confirmed goes after a day, and so does a whole registration that waited for that; needs three days
after the event; names, companions, answers, tickets and mails thirty days after it (security.md §1d).
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, case, delete, func, select, update
from sqlalchemy.orm import Session

from app.audit.retention import Stored, delete_where, there_is
from app.audit.service import record_deleted, record_deletions
from app.core.db import db, write_tx
from app.events.models import Event
from app.events.queries import find_event_by_id
from app.events.retention import kept_until, past_keeping
from app.i18n import formats
from app.mail import service as mail
from app.mail.models import OutboxMail
from app.registration.models import (
    Registration,
    RegistrationAnswer,
    RegistrationStatus,
    RegistrationTotal,
    ReplacedLink,
    RevokedCode,
    Ticket,
)

UNCONFIRMED_KEPT = timedelta(hours=24)
NEEDS_KEPT = timedelta(days=3)
_pending = Registration.status == RegistrationStatus.PENDING
_unconfirmed = (Registration.email != "") & Registration.email_confirmed_at.is_(None)
_needy = Registration.needs.is_not(None)
_typed_at = func.coalesce(Registration.changed_at, Registration.created_at)


def purge(now: datetime) -> dict[str, int]:
    """Delete what is due by now, each event in a transaction of its own; returns how many of each kind were deleted.

    The door's admissions of the tickets have to be gone before.
    """
    counts = Counter(pending_registrations=0, unconfirmed_addresses=0, needs=0, registrations=0, answers=0, tickets=0, mails=0)
    for kind, late, forgetting in _late(now):
        if there_is(Registration, late):
            with write_tx() as session:
                gone = forgetting.where(late).returning(Registration.event_id).execution_options(synchronize_session=False)
                counts[kind] = record_deletions(session, kind, session.scalars(gone).all())
    kept = set(db.session.scalars(select(Registration.event_id).union(select(Ticket.event_id))))
    for event_id in sorted(past_keeping(db.session(), kept, now)):
        with write_tx() as session:
            counts.update(_delete_all(session, event_id))
    return dict(counts)


def stored_of(event_id: uuid.UUID) -> list[Stored]:
    """What is still kept of an event's registrations; none of it names anybody."""
    event = find_event_by_id(event_id)
    whole, needs = (kept_until(event), kept_until(event, NEEDS_KEPT)) if event else (None, None)
    rows = {
        "registrations": _count(event_id), "pending_registrations": _count(event_id, _pending),
        "unconfirmed_addresses": _count(event_id, _unconfirmed), "needs": _count(event_id, _needy),
    }  # fmt: skip
    mine = select(Registration.id).where(Registration.event_id == event_id)
    rows |= {
        "answers": _number(RegistrationAnswer, RegistrationAnswer.registration_id.in_(mine)),
        "tickets": _number(Ticket, Ticket.event_id == event_id),
        "mails": _number(OutboxMail, OutboxMail.subject_id.in_(mine)),
    }
    pending = _a_day_after(event, Registration.created_at, _pending)
    due = {
        "needs": needs,
        "pending_registrations": pending,
        "unconfirmed_addresses": _a_day_after(event, _typed_at, _unconfirmed),
    }
    return [Stored(kind, count, due.get(kind, whole)) for kind, count in rows.items()]


def _late(now: datetime) -> list[tuple[str, ColumnElement[bool], Any]]:
    """What goes before the rest: its kind, in which registrations, and the statement that forgets it there.

    Registrations that waited for their address to be confirmed held no seat; their tickets go with them. An address whose owner
    never pressed the button is perhaps a stranger's; the seat and its page stay. Health data goes three days after the event.
    """
    event_ids = set(db.session.scalars(select(Registration.event_id).where(_needy).distinct()))
    over, day_ago = past_keeping(db.session(), event_ids, now, NEEDS_KEPT), now - UNCONFIRMED_KEPT
    return [
        ("pending_registrations", _pending & (Registration.created_at <= day_ago), delete(Registration)),
        ("unconfirmed_addresses", _unconfirmed & (_typed_at <= day_ago), update(Registration).values(email="", mail_hash=None)),
        ("needs", _needy & Registration.event_id.in_(over), update(Registration).values(needs=None, tell_door=False)),
    ]


def _delete_all(session: Session, event_id: uuid.UUID) -> dict[str, int]:
    """Everything of one event, with the proof of it."""
    _keep_totals(session, [event_id])
    registrations = select(Registration.id).where(Registration.event_id == event_id)
    tickets = select(Ticket.id).where(Ticket.event_id == event_id)
    delete_where(session, RevokedCode, RevokedCode.ticket_id.in_(tickets))
    delete_where(session, ReplacedLink, ReplacedLink.registration_id.in_(registrations))
    counts = {
        "mails": mail.forget(session, registrations),
        "answers": delete_where(session, RegistrationAnswer, RegistrationAnswer.registration_id.in_(registrations)),
        "tickets": delete_where(session, Ticket, Ticket.event_id == event_id),
        "registrations": delete_where(session, Registration, Registration.event_id == event_id),
    }
    for kind, count in counts.items():
        record_deleted(session, event_id, kind, count)
    return counts


def forget_mails(session: Session, event_id: uuid.UUID) -> None:
    """Delete every mail to an event's guests, inside the caller's `write_tx()`: no key ties them to the event."""
    mail.forget(session, select(Registration.id).where(Registration.event_id == event_id))


def _count(event_id: uuid.UUID, *where: Any) -> int:
    return _number(Registration, Registration.event_id == event_id, *where)


def _number(model: Any, *where: Any) -> int:
    return db.session.scalar(select(func.count()).select_from(model).where(*where)) or 0


def _a_day_after(event: Event | None, moment: Any, *where: Any) -> date | None:
    """The day, where the event takes place, on which the last of these rows is a day old."""
    newest = db.session.scalar(select(func.max(moment)).where(Registration.event_id == event.id, *where)) if event else None
    return (newest + UNCONFIRMED_KEPT).astimezone(formats.zone(event.timezone)).date() if event and newest else None


def _keep_totals(session: Session, due: Collection[uuid.UUID]) -> None:
    """Add what is about to be deleted to the event's numbers: an event that was moved to a later day may be purged twice."""
    confirmed = Registration.status == RegistrationStatus.CONFIRMED
    query = select(
        Registration.event_id,
        func.sum(case((confirmed, 1), else_=0)),
        func.sum(case((confirmed, Registration.party_size), else_=0)),
        func.sum(case((Registration.status == RegistrationStatus.WAITLISTED, 1), else_=0)),
        func.sum(case((Registration.status == RegistrationStatus.CANCELLED, 1), else_=0)),
    )
    for event_id, parties, people, waiting, cancelled in session.execute(
        query.where(Registration.event_id.in_(due)).group_by(Registration.event_id)
    ):
        total = session.get(RegistrationTotal, event_id) or RegistrationTotal(
            event_id=event_id, confirmed=0, people=0, waitlisted=0, cancelled=0
        )
        session.add(total)
        total.confirmed += parties
        total.people += people
        total.waitlisted += waiting
        total.cancelled += cancelled
