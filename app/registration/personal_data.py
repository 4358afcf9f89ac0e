"""A guest's own data: all that is stored about a registration and until when, and erasing it at once."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.audit.models import Actor, AuditEntry
from app.audit.retention import RETENTION, delete_where
from app.audit.service import record_for_good
from app.core import clock
from app.core.db import db
from app.events.models import Event
from app.events.retention import kept_until
from app.mail.models import OutboxMail
from app.registration import encryption
from app.registration.confirming import replace_address
from app.registration.door_notes import Passage
from app.registration.models import Registration, RegistrationAnswer, RegistrationQuestion, RegistrationStatus, ReplacedLink
from app.registration.questions import answer_in_words, question_texts
from app.registration.retention import NEEDS_KEPT
from app.registration.seats import get_current_event, lock_registration
from app.registration.service import give_up


@dataclass(frozen=True, slots=True)
class Answer:
    """A question that was answered, both in words."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class PersonalData:
    """What is stored about a registration beside its own row and ticket; the days on which each kind is deleted."""

    registration: Registration
    needs: tuple[str, ...]
    answers: tuple[Answer, ...]
    mails: tuple[OutboxMail, ...]
    passages: tuple[Passage, ...]
    log: tuple[AuditEntry, ...]
    needs_until: date | None
    until: date | None
    mail_days: int
    log_days: int


def personal_data_of(registration: Registration, event: Event, lang: str, passages: Iterable[Passage] = ()) -> PersonalData:
    """Everything that is stored about this registration, in `lang` where it has words; `passages` are its scans. Five queries."""
    mails = select(OutboxMail).where(OutboxMail.subject_id == registration.id).order_by(OutboxMail.created_at)
    log = select(AuditEntry).where(AuditEntry.event_id == event.id, AuditEntry.subject_id == registration.id)
    return PersonalData(
        registration=registration, needs=encryption.unseal(registration.id, registration.needs),
        answers=_answers(registration, event, lang), mails=tuple(db.session.scalars(mails)),
        passages=tuple(passages),
        log=tuple(db.session.scalars(log.order_by(AuditEntry.at))),
        needs_until=kept_until(event, NEEDS_KEPT), until=kept_until(event),
        mail_days=RETENTION.days, log_days=audit.RETENTION.days,
    )  # fmt: skip


def erase(session: Session, registration_id: uuid.UUID, actor: Actor) -> bool:
    """Delete what is known of the person, now: cancelled if the event is still to come, nameless in any case.

    Seats go to those who wait. Its links open nothing more; what counts (the rows, admissions, numbers) stays. Whether it was
    not erased before. Raises `NotFound`.
    """
    registration, settings = lock_registration(session, registration_id)
    if registration.erased_at is not None:
        return False
    event = get_current_event(session, registration.event_id)
    delete_where(session, ReplacedLink, ReplacedLink.registration_id == registration.id)
    with session.no_autoflush:
        _forget(registration)
        if registration.status != RegistrationStatus.CANCELLED and not event.is_over(clock.now()):
            give_up(session, registration, settings)
    record_for_good(session, registration.event_id, "registration.erase", registration.id, actor)
    return True


def take_back(session: Session, registration_id: uuid.UUID, what: str, at: datetime) -> bool:
    """Empty what a guest took back at that moment ("needs", "companions", "email") where the row is from before it: of an older
    backup. An address that took its place is not known there any more. Whether there was any. Raises `NotFound`."""
    registration, _ = lock_registration(session, registration_id)
    there = registration.needs is not None if what == "needs" else bool(getattr(registration, what))
    if not there or (registration.changed_at or registration.created_at) >= at:
        return False
    if what == "needs":
        registration.needs, registration.tell_door = None, False
    elif what == "companions":
        registration.companions = ""
    else:
        replace_address(registration, "")
    if registration.ticket is not None:
        registration.ticket.changed_at = clock.now()
    return True


def _forget(registration: Registration) -> None:
    registration.name = registration.email = registration.companions = ""
    registration.needs, registration.tell_door, registration.email_confirmed_at = None, False, None
    registration.answers.clear()
    registration.link_hash, registration.mail_hash = secrets.token_bytes(32), None
    registration.erased_at = clock.now()
    if registration.ticket is not None:
        registration.ticket.holder = ""


def _answers(registration: Registration, event: Event, lang: str) -> tuple[Answer, ...]:
    query = (
        select(RegistrationQuestion, RegistrationAnswer.value)
        .join(RegistrationAnswer, RegistrationAnswer.question_id == RegistrationQuestion.id)
        .where(RegistrationAnswer.registration_id == registration.id)
        .order_by(RegistrationQuestion.position, RegistrationQuestion.key)
    )
    rows = db.session.execute(query).all()
    known = question_texts(event.id, lang, event.fallback, [question for question, _ in rows])
    return tuple(
        Answer(known(question.id, "question.label").text, answer_in_words(known, question.id, value)) for question, value in rows
    )
