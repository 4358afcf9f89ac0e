"""Changing a registration from its holder's page: who comes, how many, in which language, what they need."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy.orm import Session

from app.audit import journal
from app.audit.limits import DAY, refuse_too_many
from app.audit.models import Actor
from app.audit.service import record
from app.core import clock
from app.core.babel import lazy_gettext as _l
from app.core.errors import DomainError, InvalidInput
from app.events.models import Event, EventStatus
from app.registration import encryption, rules
from app.registration.confirming import enqueue_once_an_address, replace_address
from app.registration.models import Registration, RegistrationAnswer, RegistrationSettings, RegistrationStatus
from app.registration.questions import questions_of
from app.registration.seats import get_current_event, lock_registration, promote, room_of, settle
from app.registration.service import CONFIRM_MAIL, MOST_FORMS, Particulars, refuse_address

MOST_ADDRESSES = 5  # new addresses of one registration, each of which is written to


class CannotChange(DomainError):
    """The registration is cancelled, or the event is over or called off."""

    status = 409
    code = "cannot_change"
    message = _l("This registration cannot be changed any more.")


NO_SEATS = _l(
    "There are no free seats for a larger party, so nothing was changed. You can register the others on their own: they go on "
    "the waiting list."
)


def can_be_changed(event: Event, registration: Registration) -> bool:
    """Whether its holder may still change it."""
    called_off = event.status == EventStatus.CANCELLED or event.is_over(clock.now())
    return registration.status != RegistrationStatus.CANCELLED and not called_off


def particulars_of(registration: Registration, settings: RegistrationSettings | None) -> Particulars:
    """What is stored, as far as the form asks for it now: no needs where they are not asked, no retired questions."""
    asked = {question.id for question in questions_of(registration.event_id)}
    return Particulars(
        name=registration.name, email=registration.email, party_size=registration.party_size, language=registration.language,
        companions=registration.companions, tell_door=registration.tell_door and asks_needs(settings),
        needs=encryption.unseal(registration.id, registration.needs) if asks_needs(settings) else (),
        answers={answer.question_id: answer.value for answer in registration.answers if answer.question_id in asked},
    )  # fmt: skip


def asks_needs(settings: RegistrationSettings | None) -> bool:
    """Whether the form asks for needs."""
    return settings is not None and settings.ask_needs


def edit(session: Session, registration_id: UUID, wanted: Particulars, actor: Actor, network: str | None = None) -> Registration:
    """Change what is different, the ticket with it; nothing at all when something is refused.

    A smaller party's seats go to those who wait. A larger one needs seats that are free and that nobody waits for, else
    `InvalidInput` for party_size; one that waits keeps its place whatever its size. Another address has to be confirmed
    anew. Raises `CannotChange`, `NotFound`, and `TooMany` for the sixth new address within a day
    and for an address that the event has been given too often.
    """
    registration, settings = lock_registration(session, registration_id)
    if not can_be_changed(get_current_event(session, registration.event_id), registration):
        raise CannotChange
    before = particulars_of(registration, settings)
    if wanted == before:
        return registration
    _refuse_too_large(session, registration, settings, wanted.party_size)
    new_address = wanted.email if wanted.email != before.email else ""
    if new_address:
        refuse_too_many(session, "register", network, MOST_FORMS)
        refuse_too_many(session, "addresses", str(registration.id), MOST_ADDRESSES, DAY)
        refuse_address(session, registration.event_id, new_address)
    settle(session, settings, _rewrite(session, registration, settings, before, wanted))
    if new_address:
        enqueue_once_an_address(session, CONFIRM_MAIL, registration)
    record(session, registration.event_id, "registration.edit", registration.id, actor)
    return registration


def _refuse_too_large(session: Session, registration: Registration, settings: RegistrationSettings | None, size: int) -> None:
    room = room_of(session, registration.event_id, settings)
    before, status = registration.party_size, registration.status
    if not rules.may_change_size(status, before, size, room.capacity, room.taken, room.waiting):
        raise InvalidInput(party_size=NO_SEATS)


def _rewrite(
    session: Session, registration: Registration, settings: RegistrationSettings | None, before: Particulars, wanted: Particulars
) -> list[Registration]:
    """Change the rows without writing them yet; returns who gets the seats that become free."""
    with session.no_autoflush:
        registration.name, registration.companions = wanted.name, wanted.companions
        registration.language, registration.party_size = wanted.language, wanted.party_size
        registration.changed_at = clock.now()
        _note_taken_back(session, registration, before, wanted)
        if wanted.email != before.email:
            replace_address(registration, wanted.email)
        if asks_needs(settings):
            registration.needs = encryption.seal(registration.id, wanted.needs)
            registration.tell_door = wanted.tell_door and registration.needs is not None
        _write_answers(registration, before.answers, wanted.answers)
        ticket = registration.ticket
        if ticket is not None:
            ticket.holder, ticket.language, ticket.party_size = wanted.name, wanted.language, wanted.party_size
            ticket.changed_at = clock.now()  # also for a change of needs or answers alone: the door's phones show them
        freed = before.party_size - wanted.party_size
        if not freed:
            return []
        return promote(
            session,
            registration.event_id,
            settings,
            freed if registration.status == RegistrationStatus.CONFIRMED else 0,
            [registration],
        )


def _note_taken_back(session: Session, registration: Registration, before: Particulars, wanted: Particulars) -> None:
    """What a guest takes back must not come back with an older backup (`personal_data.take_back`)."""
    taken = {
        "needs": bool({*before.needs} - {*wanted.needs}) or before.tell_door > wanted.tell_door,
        "companions": bool({*before.companions.splitlines()} - {*wanted.companions.splitlines()}),
        "email": before.email not in ("", wanted.email),
    }
    for what in (what for what, taken_back in taken.items() if taken_back):
        journal.record(session, f"registration.{what}", registration.id, at=registration.changed_at)


def _write_answers(registration: Registration, before: Mapping[UUID, str], wanted: Mapping[UUID, str]) -> None:
    present = {answer.question_id: answer for answer in registration.answers}
    for question_id in before.keys() - wanted.keys():
        registration.answers.remove(present[question_id])
    for question_id, value in wanted.items():
        if question_id in present:
            present[question_id].value = value
        else:
            registration.answers.append(RegistrationAnswer(question_id=question_id, value=value))
