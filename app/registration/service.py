"""The verbs of registration: sign up, cancel, find.

Knows nothing of requests, sessions or templates. Seats: the settings' row is locked first in every path (checkin.md §6).
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.audit.limits import DAY, refuse_too_many
from app.audit.models import Actor
from app.audit.service import record
from app.core import clock
from app.core.babel import lazy_gettext as _l
from app.core.db import db
from app.core.errors import TooMany
from app.mail.service import enqueue
from app.registration import codes, encryption
from app.registration.models import Registration, RegistrationAnswer, RegistrationSettings, RegistrationStatus
from app.registration.rules import RegistrationState, new_status
from app.registration.seats import (
    get_current_event,
    lock_registration,
    lock_settings,
    promote,
    registration_state,
    room_of,
    seats_of,
    set_status,
    settle,
)
from app.registration.tickets import (
    ticket_for,
)

CONFIRM_MAIL, LOST_MAIL, REPLACED_MAIL = "registration.confirm", "registration.lost", "registration.replaced"
MOST_FORMS, MOST_OF_ADDRESS = 300, 10  # registrations of one network in ten minutes, with one address in a day
NO_ANSWERS: Mapping[uuid.UUID, str] = {}


class AddressTooOften(TooMany):
    """So many registrations with one mail address that its owner, perhaps a stranger, has to be spared."""

    code = "address_too_often"
    message = _l(
        "This e-mail address has been used for many registrations today, so nothing was saved. Leave the field empty, or try "
        "again tomorrow."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Particulars:
    """What somebody says of their party.

    `companions` are names, one a line; `needs` are some of `models.NEEDS`; `answers` maps a question to
    an option's key, `yes`, or a text.
    """

    name: str
    email: str
    party_size: int
    language: str
    companions: str = ""
    needs: tuple[str, ...] = ()
    tell_door: bool = False
    answers: Mapping[uuid.UUID, str] = field(default_factory=lambda: NO_ANSWERS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish(Particulars):
    """What somebody asks for in the form; `form_key` is the form's random key."""

    form_key: uuid.UUID


def sign_up(session: Session, event_id: uuid.UUID, wish: Wish, network: str | None = None) -> Registration | RegistrationState:
    """Register a party with its ticket: seats when there are enough and nobody waits, else the next place in the queue.

    The same form key again gives the same registration, also when registration has closed since. Otherwise the reason why
    nobody can register now. Where the address has to be confirmed first, the registration is pending and holds no seat.
    The settings' row is locked first, so seats are counted exactly however many come at once. Raises `TooMany` when
    `network` has sent more than three hundred in ten minutes, `AddressTooOften` for the eleventh with one address in a day,
    `NotFound` when the event is gone.
    """
    settings = lock_settings(session, event_id)
    event = get_current_event(session, event_id)
    again = select(Registration).where(Registration.event_id == event_id, Registration.form_key == wish.form_key)
    made = session.scalars(again.options(joinedload(Registration.ticket))).one_or_none()
    state = registration_state(event, settings, clock.now())
    if made is not None or settings is None or state is not RegistrationState.OPEN:
        return made or state
    refuse_too_many(session, "register", network, MOST_FORMS)
    refuse_address(session, event_id, wish.email)
    made = _registered(session, settings, wish)
    if made is None:
        return RegistrationState.FULL
    settle(session, settings)
    if made.email:
        enqueue(session, CONFIRM_MAIL, made.id, made.language)
    return made


def cancel(session: Session, registration_id: uuid.UUID, actor: Actor) -> Registration:
    """Give a party's seats back, to whoever waits first. Raises `NotFound`."""
    registration, settings = lock_registration(session, registration_id)
    if registration.status != RegistrationStatus.CANCELLED:
        give_up(session, registration, settings)
        record(session, registration.event_id, "registration.cancel", registration.id, actor)
    return registration


def give_up(session: Session, registration: Registration, settings: RegistrationSettings | None) -> None:
    """Cancel one that is locked, and seat whoever waits first."""
    with session.no_autoflush:
        freed = seats_of(registration)
        set_status(registration, RegistrationStatus.CANCELLED)
        registration.cancelled_at = clock.now()
        registration.hold_until = None
        seated = promote(session, registration.event_id, settings, freed, [registration])
    settle(session, settings, seated)


def refuse_address(session: Session, event_id: uuid.UUID, address: str) -> None:
    """Count one more registration of this event with this mail address, which is written to each time. Raises
    `AddressTooOften` for the eleventh within a day; where no address was given nothing is counted."""
    who = f"{event_id} {address.lower()}" if address else None
    refuse_too_many(session, "address", who, MOST_OF_ADDRESS, DAY, AddressTooOften)


def find_registration(secret: str) -> Registration | None:
    """The registration whose holder's page has this secret address, with its ticket."""
    query = select(Registration).where(Registration.link_hash.in_(codes.link_hashes(secret)))
    return db.session.scalars(query.options(joinedload(Registration.ticket))).one_or_none()


def find_registration_by_id(registration_id: uuid.UUID) -> Registration | None:
    """The registration with this id, with its ticket; None when it was deleted."""
    return db.session.get(Registration, registration_id, options=[joinedload(Registration.ticket)])


def _hold(settings: RegistrationSettings, wish: Wish, status: RegistrationStatus) -> datetime | None:
    """Until when a seat, or a place in the queue, is kept for an address that is not confirmed; None where it simply is."""
    if status == RegistrationStatus.PENDING or not (wish.email and settings.capacity is not None and settings.hold_hours):
        return None
    return clock.now() + timedelta(hours=settings.hold_hours)


def _registered(session: Session, settings: RegistrationSettings, wish: Wish) -> Registration | None:
    """The new registration with its ticket; None when there is no room and no waiting list."""
    room = room_of(session, settings.event_id, settings)
    status = new_status(wish.party_size, room.capacity, room.taken, room.waiting, settings.waiting_list)
    if status is None:
        return None
    if settings.confirm_first:
        status = RegistrationStatus.PENDING
    made = Registration(
        id=uuid.uuid4(), event_id=settings.event_id, form_key=wish.form_key, name=wish.name, email=wish.email,
        party_size=wish.party_size, language=wish.language, status=status, companions=wish.companions,
        position=room.last + 1 if status == RegistrationStatus.WAITLISTED else 0,
        created_at=clock.now(), hold_until=_hold(settings, wish, status),
    )  # fmt: skip
    made.link_hash = codes.hash_link(codes.link_secret(made.id))
    made.mail_hash = codes.hash_mail(codes.mail_secret(made.id, made.email)) if made.email else None
    made.needs = encryption.seal(made.id, wish.needs) if settings.ask_needs else None
    made.tell_door = wish.tell_door and made.needs is not None
    made.answers = [RegistrationAnswer(question_id=key, value=value) for key, value in wish.answers.items()]
    made.ticket = ticket_for(session, made)
    session.add(made)
    return made
