"""Mailed links: confirming an address by the button behind its link, and asking for a ticket that was lost."""

from __future__ import annotations

import uuid
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from app.audit.limits import DAY, count_up, refuse_too_many
from app.core import clock
from app.core.db import db
from app.core.errors import NotFound
from app.events.models import CALLED_OFF
from app.mail.models import OutboxMail
from app.mail.service import enqueue
from app.registration import codes
from app.registration.models import Registration, RegistrationSettings, RegistrationStatus
from app.registration.rules import RegistrationState, new_status
from app.registration.seats import TICKET_MAIL, get_current_event, lock_settings, room_of, set_status, settle
from app.registration.service import LOST_MAIL

SLOT = timedelta(minutes=20)  # of one registration, so at most three mails an hour
MOST_LOST, MOST_TICKETS, MOST_LOST_OF_ADDRESS = 20, 10, 10


def find_by_mail_secret(secret: str) -> Registration | None:
    """The registration whose present address was sent this link; a replaced address's link opens nothing."""
    return _by_mail(db.session(), codes.mail_hashes(secret))


def confirm(session: Session, event_id: uuid.UUID, secret: str) -> Registration | RegistrationState | None:
    """The owner of the address has pressed the button: mail is on from now, the ticket is mailed. Once: again it is None.

    A pending registration gets its seats, or its place in the queue, at this moment. Else the reason why it cannot
    (called off, over, or full without a waiting list), and nothing changes. Raises `NotFound`.
    """
    settings = lock_settings(session, event_id)
    found = _by_mail(session, codes.mail_hashes(secret))
    if found is None or found.event_id != event_id:
        raise NotFound
    if found.status == RegistrationStatus.CANCELLED or found.email_confirmed_at is not None:
        return None
    if found.status == RegistrationStatus.PENDING and (refused := _take_place(session, found, settings)):
        return refused
    found.email_confirmed_at, found.hold_until = clock.now(), None
    settle(session, settings)
    enqueue_once_an_address(session, TICKET_MAIL, found)
    return found


def send_lost(session: Session, event_id: uuid.UUID, address: str, network: str | None) -> None:
    """Owe the links of every registration of this address at the event, ten at most, three mails an hour each; ten times a day.

    Who asks is told nothing: known and unknown addresses end alike. Raises `TooMany` when `network` has asked more than
    twenty times in ten minutes.
    """
    slot = str(int(clock.now().timestamp() // SLOT.total_seconds()))
    mine = (
        select(Registration.id, Registration.language)
        .where(Registration.event_id == event_id, func.lower(Registration.email) == address.lower())
        .where(Registration.email != "", Registration.status != RegistrationStatus.CANCELLED)
        .order_by(Registration.created_at, Registration.id)
        .limit(MOST_TICKETS)
    )
    refuse_too_many(session, "lost", network, MOST_LOST)
    if count_up(session, "lost address", f"{event_id} {address.lower()}", DAY) > MOST_LOST_OF_ADDRESS:
        return
    for registration_id, language in session.execute(mine).all():
        enqueue(session, LOST_MAIL, registration_id, language, slot)


def enqueue_once_an_address(session: Session, kind: str, registration: Registration) -> None:
    """Owe a mail that each address of a registration gets once: the first without a variant, a later one with its own."""
    first = select(OutboxMail.id).where(
        OutboxMail.kind == kind, OutboxMail.subject_id == registration.id, OutboxMail.variant == ""
    )
    variant = registration.mail_hash.hex()[:16] if registration.mail_hash and session.scalar(first) is not None else ""
    enqueue(session, kind, registration.id, registration.language, variant)


def replace_address(registration: Registration, email: str) -> None:
    """A new address or none: mail is off until its owner confirms it; the link sent to the one before opens nothing more."""
    registration.email, registration.email_confirmed_at = email, None
    registration.hold_until = registration.hold_until if email else None
    registration.mail_hash = codes.hash_mail(codes.mail_secret(registration.id, email)) if email else None


def _by_mail(session: Session, hashes: list[bytes]) -> Registration | None:
    query = select(Registration).where(Registration.mail_hash.in_(hashes)).options(joinedload(Registration.ticket))
    return session.scalars(query.execution_options(populate_existing=True)).one_or_none()


def _take_place(session: Session, found: Registration, settings: RegistrationSettings | None) -> RegistrationState | None:
    """Give a pending registration its seats or its place in the queue; else the reason why it gets none."""
    event = get_current_event(session, found.event_id)
    if event.is_over(clock.now()):
        return RegistrationState.OVER
    if event.status in CALLED_OFF:
        return RegistrationState(event.status)
    room = room_of(session, event.id, settings)
    status = new_status(found.party_size, room.capacity, room.taken, room.waiting, settings is None or settings.waiting_list)
    if status is None:
        return RegistrationState.FULL
    found.position = room.last + 1 if status == RegistrationStatus.WAITLISTED else 0
    set_status(found, status)
    return None
