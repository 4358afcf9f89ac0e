"""Replacing a ticket that was lost: a new code, a new reference and a new secret address; the old ones are known as replaced.

What hangs on the ticket stays: who is in already, seats, the place in the queue. It cannot be taken back.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import journal
from app.audit.limits import DAY, refuse_too_many
from app.audit.models import Actor
from app.audit.service import record
from app.core import clock
from app.core.babel import lazy_gettext as _l
from app.core.db import db
from app.core.errors import DomainError, NotFound, TooMany
from app.events.models import Event
from app.mail.service import enqueue
from app.registration import codes
from app.registration.editing import CannotChange, can_be_changed
from app.registration.models import Registration, ReplacedLink, Ticket
from app.registration.seats import get_current_event, lock_registration
from app.registration.service import REPLACED_MAIL
from app.registration.tickets import find_revoked, replace_code

MOST_OF_NETWORK, MOST_OF_ONE, MOST_OF_DEVICE = 20, 5, 60


class ReplacedTooOften(TooMany):
    """One registration, within a day: whoever has its page could keep its owner from ever getting in."""

    code = "replaced_too_often"
    message = _l("This ticket has been replaced many times today. Please ask the organiser, or try again tomorrow.")


class ReplacedMeanwhile(DomainError):
    """The ticket was replaced after the page with the form had been opened: its newest code is in the guest's hands."""

    status = 409
    code = "replaced_meanwhile"
    message = _l("This ticket was replaced a moment ago. Replace it again only if the guest does not have the new code.")


def can_be_replaced(event: Event, registration: Registration) -> bool:
    """Not of one that is cancelled, nor of an event that is over or cancelled."""
    return can_be_changed(event, registration)


def replace_by_holder(session: Session, secret: str, form_key: uuid.UUID, actor: Actor, network: str | None) -> Registration:
    """Replace the ticket whose holder's page has this secret address. The same form again gets the same answer.

    Raises `NotFound` where there is no such page any more, `CannotChange` for one that is cancelled or whose event is over,
    `TooMany`.
    """
    hashes = codes.link_hashes(secret)
    registration, _settings = lock_registration(session, _owner_of(session, hashes))
    if registration.link_hash not in hashes:
        _refuse_another_form(session, hashes, form_key, registration)
        return registration
    refuse_too_many(session, "replace", network, MOST_OF_NETWORK)
    refuse_too_many(session, "replace", str(registration.id), MOST_OF_ONE, DAY, ReplacedTooOften)
    _replace(session, registration, form_key)
    record(session, registration.event_id, "ticket.replace", registration.id, actor)
    return registration


def replace_by_supervisor(
    session: Session, event_id: uuid.UUID, ticket_id: uuid.UUID, reference: str, actor: Actor
) -> Registration:
    """Replace a guest's ticket of the event `event_id`, which still has this reference.

    Raises `NotFound`, `CannotChange`, `ReplacedMeanwhile` where it has another one by now, `TooMany`.
    """
    found = session.scalar(select(Ticket.registration_id).where(Ticket.id == ticket_id, Ticket.event_id == event_id))
    if found is None:
        raise NotFound
    registration, _settings = lock_registration(session, found)
    if registration.ticket is None or registration.ticket.reference != reference:
        raise ReplacedMeanwhile
    refuse_too_many(session, "replace", str(actor.id), MOST_OF_DEVICE)
    _replace(session, registration, None)
    record(session, registration.event_id, "ticket.replace", registration.id, actor)
    return registration


def is_replaced(secret: str) -> bool:
    """Whether this was the secret of a page that has another address now."""
    hashes = codes.link_hashes(secret)
    return db.session.scalar(select(ReplacedLink.generation).where(ReplacedLink.link_hash.in_(hashes))) is not None


def is_replaced_code(code: str) -> bool:
    """Whether this was the code of a ticket that has another one now."""
    return bool(find_revoked(db.session(), codes.code_hashes(code)))


def replace_link(session: Session, registration: Registration, form_key: uuid.UUID | None = None) -> None:
    """Give the page of one that is locked a new secret address; the old one is known as replaced from now on."""
    session.add(
        ReplacedLink(
            link_hash=registration.link_hash, registration_id=registration.id, generation=registration.link_generation,
            form_key=form_key, replaced_at=clock.now(),
        )
    )  # fmt: skip
    registration.link_generation += 1
    journal.record(session, "link.replaced", registration.id, registration.link_generation)
    registration.link_hash = codes.hash_link(codes.link_secret(registration.id, generation=registration.link_generation))


def _owner_of(session: Session, hashes: Collection[bytes]) -> uuid.UUID:
    """Whose page has, or had, this address. Raises `NotFound`."""
    now = session.scalar(select(Registration.id).where(Registration.link_hash.in_(hashes)))
    found = now or session.scalar(select(ReplacedLink.registration_id).where(ReplacedLink.link_hash.in_(hashes)))
    if found is None:
        raise NotFound
    return found


def _refuse_another_form(session: Session, hashes: Collection[bytes], form_key: uuid.UUID, now: Registration) -> None:
    """Raises `NotFound` unless it was this very form that gave the page its present address."""
    replaced = session.scalar(select(ReplacedLink).where(ReplacedLink.link_hash.in_(hashes)))
    if replaced is None or (replaced.form_key, replaced.generation + 1) != (form_key, now.link_generation):
        raise NotFound


def _replace(session: Session, registration: Registration, form_key: uuid.UUID | None) -> None:
    """Code, reference and address of one that is locked; the mail with the new ones goes to an address that is confirmed."""
    event = get_current_event(session, registration.event_id)
    if registration.ticket is None or not can_be_replaced(event, registration):
        raise CannotChange
    replace_link(session, registration, form_key)
    replace_code(session, registration.ticket.id)
    if registration.email_confirmed_at is not None:
        enqueue(session, REPLACED_MAIL, registration.id, registration.language, str(registration.link_generation))
