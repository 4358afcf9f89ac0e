"""The verbs of registration: sign up, find and lock tickets, replace a code, make rehearsal tickets.

Knows nothing of requests, sessions or templates. Seats: the desk's row is locked first in every path (checkin.md §6).
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session, joinedload

from app.core import clock
from app.core.db import db, write_tx
from app.core.errors import NotFound
from app.events.models import Event
from app.i18n import formats
from app.i18n.languages import LANGUAGES
from app.mail.service import enqueue
from app.registration import codes, rules
from app.registration.door_notes import DoorNotes, notes_for_door, search_tickets
from app.registration.models import REMINDER_HOURS, Registration, RegistrationDesk, RevokedCode, Ticket
from app.registration.questions import (
    BadQuestion,
    answer_in_words,
    find_question,
    put_question,
    question_texts,
    questions_of,
    retire_question,
)
from app.registration.rules import DeskState

__all__ = [
    "BadQuestion", "DoorNotes", "answer_in_words", "find_question", "notes_for_door", "put_question", "question_texts",
    "questions_of", "retire_question", "search_tickets",
]  # fmt: skip

TICKET_MAIL = "registration.ticket"
MAX_REFERENCE_ATTEMPTS = 50
GIVEN_NAMES = (
    "Aino", "Åke", "Zofia", "Jānis", "Ieva", "Mārtiņš", "Kadri", "Jüri", "Søren", "Karen", "Łukasz", "Agnieszka", "Rūta",
    "Žygimantas", "Jürgen", "Wiebke", "Päivi", "Östen", "Ģirts", "Eglė",
)  # fmt: skip
FAMILY_NAMES = (
    "Mäkinen", "Sjöström", "Wiśniewska", "Bērziņš", "Kļaviņa", "Tamm", "Põldmäe", "Sørensen", "Nygård", "Kowalczyk",
    "Żółkiewska", "Kazlauskas", "Šimkutė", "Großmann", "Petersen", "Hyvärinen", "Ångström", "Ņikitina", "Õunapuu",
)  # fmt: skip


# Desks


def find_desk(scope: uuid.UUID) -> RegistrationDesk | None:
    """How the event takes registrations; None when it needs none."""
    return db.session.get(RegistrationDesk, scope)


def put_desk(
    session: Session, scope: uuid.UUID, *, mode: str = "optional", opens_at: datetime | None = None,
    closes_at: datetime | None = None, capacity: int | None = None, party_max: int = 8, waiting_list: bool = True,
    confirm_first: bool = False, ask_needs: bool = True, reminder_hours: Collection[int] = REMINDER_HOURS,
) -> RegistrationDesk:  # fmt: skip
    """Set up an event's registration inside a `write_tx()`; the same call again changes nothing.

    More seats than before go to those who wait, in order. The caller calls `events.service.touch`: the event's page shows it.
    """
    desk = _lock_desk(session, scope)
    if desk is None:
        desk = RegistrationDesk(scope=scope)
        session.add(desk)
    desk.mode, desk.opens_at, desk.closes_at, desk.capacity, desk.party_max = mode, opens_at, closes_at, capacity, party_max
    desk.waiting_list, desk.confirm_first, desk.ask_needs = waiting_list, confirm_first, ask_needs
    hours = sorted(set(reminder_hours), reverse=True)
    if desk.reminder_hours != hours:
        desk.reminder_hours = hours
    session.flush()
    _promote(session, scope, capacity)
    return desk


def desk_state(event: Event, desk: RegistrationDesk | None, now: datetime) -> DeskState:
    """Whether one can register for the event at this moment, else the reason why not."""
    over = event_is_over(event, now)
    if desk is None and not over and event.status not in rules.CALLED_OFF:
        return DeskState.NOT_NEEDED
    opens_at, closes_at = (desk.opens_at, desk.closes_at) if desk else (None, None)
    return rules.desk_state(event.status, over, opens_at, closes_at, now)


def event_is_over(event: Event, now: datetime) -> bool:
    """Whether the event's last day has passed in its own zone."""
    return rules.is_over(event.ends_on, event.date_precision, formats.zone(event.timezone), now)


def is_full(desk: RegistrationDesk) -> bool:
    """Whether the next one to register, even alone, would have to wait."""
    if desk.capacity is None:
        return False
    waiting, _ = _waiting(db.session(), desk.scope)
    return not rules.gets_seats(1, desk.capacity, _taken(db.session(), desk.scope), waiting)


# Signing up


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asks for in the form; `form_key` is the form's random key."""

    form_key: uuid.UUID
    name: str
    email: str
    party_size: int
    language: str


def sign_up(event: Event, wish: Wish) -> Registration | DeskState:
    """Register a party with its ticket: seats when there are enough and nobody waits, else the next place in the queue.

    The same form key again gives the same registration, also when the desk has closed since. Otherwise the reason why
    nobody can register now. The desk's row is locked first, so seats are counted exactly however many come at once.
    """
    scope = event.id
    with write_tx() as session:
        desk = _lock_desk(session, scope)
        again = select(Registration).where(Registration.scope == scope, Registration.form_key == wish.form_key)
        made = session.scalars(again.options(joinedload(Registration.ticket))).one_or_none()
        state = desk_state(event, desk, clock.now())
        if made is not None or desk is None or state is not DeskState.OPEN:
            return made or state
        made = _registered(session, desk, wish)
        session.flush()
        if made.email:
            _owe_ticket_mail(session, made)
    return made


def cancel(registration_id: uuid.UUID) -> Registration:
    """Give a party's seats back and give them to whoever waits first, in the same transaction. Raises `NotFound`."""
    with write_tx() as session:
        registration = session.get(Registration, registration_id)
        if registration is None:
            raise NotFound
        desk = _lock_desk(session, registration.scope)
        session.refresh(registration)
        if registration.status != "cancelled":
            _set_status(registration, "cancelled")
            registration.cancelled_at = clock.now()
            session.flush()
            _promote(session, registration.scope, desk.capacity if desk else None)
    return registration


def find_registration(secret: str) -> Registration | None:
    """The registration whose holder's page has this secret address, with its ticket."""
    query = select(Registration).where(Registration.link_hash == codes.hash_link(secret))
    return db.session.scalars(query.options(joinedload(Registration.ticket))).one_or_none()


def find_registration_by_id(registration_id: uuid.UUID) -> Registration | None:
    """The registration with this id, with its ticket; None when it was deleted."""
    return db.session.get(Registration, registration_id, options=[joinedload(Registration.ticket)])


def find_ticket(code: str) -> Ticket | None:
    """The ticket that this code opens; None for a code that was replaced, too."""
    return db.session.scalars(select(Ticket).where(Ticket.code_hash == codes.hash_code(code))).one_or_none()


def _lock_desk(session: Session, scope: uuid.UUID) -> RegistrationDesk | None:
    return session.get(RegistrationDesk, scope, with_for_update=True, populate_existing=True)


def _taken(session: Session, scope: uuid.UUID) -> int:
    query = select(func.coalesce(func.sum(Registration.party_size), 0))
    return int(session.scalar(query.where(Registration.scope == scope, Registration.status == "confirmed")) or 0)


def _waiting(session: Session, scope: uuid.UUID) -> tuple[int, int]:
    """How many parties wait, and the last one's position."""
    query = select(func.count(), func.coalesce(func.max(Registration.position), 0))
    count, last = session.execute(query.where(Registration.scope == scope, Registration.status == "waitlisted")).one()
    return count, last


def _registered(session: Session, desk: RegistrationDesk, wish: Wish) -> Registration:
    waiting, last = _waiting(session, desk.scope) if desk.capacity is not None else (0, 0)
    taken = _taken(session, desk.scope) if desk.capacity is not None else 0
    seated = rules.gets_seats(wish.party_size, desk.capacity, taken, waiting)
    registration = Registration(
        id=uuid.uuid4(), scope=desk.scope, form_key=wish.form_key, name=wish.name, email=wish.email,
        party_size=wish.party_size, language=wish.language, status="confirmed" if seated else "waitlisted",
        position=0 if seated else last + 1, created_at=clock.now(),
    )  # fmt: skip
    registration.link_hash = codes.hash_link(codes.link_secret(registration.id))
    registration.ticket = _ticket_for(session, registration)
    session.add(registration)
    return registration


def _ticket_for(session: Session, registration: Registration) -> Ticket:
    ticket_id = uuid.uuid4()
    return Ticket(
        id=ticket_id, scope=registration.scope, generation=1, reference=_new_reference(session, registration.scope, ticket_id, 1),
        code_hash=codes.hash_code(codes.ticket_code(ticket_id, 1)), holder=registration.name, language=registration.language,
        party_size=registration.party_size, status=registration.status, rehearsal=False, created_at=registration.created_at,
    )  # fmt: skip


def _set_status(registration: Registration, status: str) -> None:
    registration.status = status
    if registration.ticket is not None:
        registration.ticket.status = status


def _promote(session: Session, scope: uuid.UUID, capacity: int | None) -> None:
    """Seats for the waiting, in order; each is told by a mail of its own. Reads no more of the queue than could be seated."""
    taken = _taken(session, scope)
    waiting = select(Registration).where(Registration.scope == scope, Registration.status == "waitlisted")
    first = waiting.order_by(Registration.position).limit(None if capacity is None else max(capacity - taken, 0))
    queue = list(session.scalars(first.options(joinedload(Registration.ticket))))
    count = rules.promoted([registration.party_size for registration in queue], capacity, taken)
    for registration in queue[:count]:
        _set_status(registration, "confirmed")
        if registration.email:
            _owe_ticket_mail(session, registration, "promoted")


def _owe_ticket_mail(session: Session, registration: Registration, variant: str = "") -> None:
    enqueue(session, TICKET_MAIL, registration.id, registration.language, variant)


# Tickets at the door


def lock_tickets_by_hash(session: Session, hashes: Collection[bytes]) -> dict[bytes, Ticket]:
    """The tickets with these code hashes, locked until the transaction ends, in id order so that two batches never deadlock.

    SQLite needs no lock clause: its write transaction is alone already.
    """
    query = (
        select(Ticket)
        .where(Ticket.code_hash.in_(set(hashes)))
        .order_by(Ticket.id)
        .with_for_update(key_share=True, of=Ticket)
        .execution_options(populate_existing=True)
    )
    return {ticket.code_hash: ticket for ticket in session.scalars(query)} if hashes else {}


def lock_ticket_by_reference(session: Session, scope: uuid.UUID, reference: str) -> Ticket | None:
    """The event's ticket with this reference (eight plain characters), locked like `lock_tickets_by_hash`."""
    query = (
        select(Ticket)
        .where(Ticket.scope == scope, Ticket.reference == reference)
        .with_for_update(key_share=True, of=Ticket)
        .execution_options(populate_existing=True)
    )
    return session.scalars(query).one_or_none()


def find_revoked(session: Session, hashes: Collection[bytes]) -> dict[bytes, uuid.UUID]:
    """Which of these hashes belong to codes that were replaced, and the ticket that each once opened."""
    query = select(RevokedCode.code_hash, RevokedCode.ticket_id).where(RevokedCode.code_hash.in_(set(hashes)))
    return {row.code_hash: row.ticket_id for row in session.execute(query)} if hashes else {}


def replace_code(ticket_id: uuid.UUID) -> Ticket:
    """Give a ticket a new code and reference; the old code is known as revoked from now on. Raises `NotFound`."""
    with write_tx() as session:
        ticket = session.get(Ticket, ticket_id, with_for_update={"key_share": True}, populate_existing=True)
        if ticket is None:
            raise NotFound
        session.add(RevokedCode(code_hash=ticket.code_hash, ticket_id=ticket.id, revoked_at=clock.now()))
        ticket.generation += 1
        ticket.code_hash = codes.hash_code(codes.ticket_code(ticket.id, ticket.generation))
        ticket.reference = _new_reference(session, ticket.scope, ticket.id, ticket.generation)
    return ticket


# Rehearsal tickets


def make_rehearsal_tickets(
    event_id: uuid.UUID, count: int, lists: Collection[str] | None = None
) -> list[tuple[str, str, str, Ticket]]:
    """`count` tickets that count nowhere, for practice and measuring: (code, reference, name, ticket) each.

    One transaction for all. `lists` limits them to check-in lists by slug; None admits everywhere.
    """
    now, limit = clock.now(), ",".join(lists) if lists else None
    with write_tx() as session:
        taken = _taken_references(session, event_id)
        made = [_rehearsal_row(event_id, number, limit, now, taken) for number in range(count)]
        if made:
            session.execute(insert(Ticket), made)
    return [(codes.ticket_code(row["id"], 1), row["reference"], row["holder"], Ticket(**row)) for row in made]


def _rehearsal_row(event_id: uuid.UUID, number: int, lists: str | None, now: datetime, taken: set[str]) -> dict[str, Any]:
    ticket_id = uuid.uuid4()
    return {
        "id": ticket_id, "scope": event_id, "registration_id": None, "generation": 1,
        "reference": _free_reference(ticket_id, 1, taken), "code_hash": codes.hash_code(codes.ticket_code(ticket_id, 1)),
        "holder": _rehearsal_name(number), "language": LANGUAGES[number % len(LANGUAGES)], "party_size": 1,
        "status": "confirmed", "lists": lists, "rehearsal": True, "created_at": now,
    }  # fmt: skip


def _rehearsal_name(number: int) -> str:
    return f"{GIVEN_NAMES[number % len(GIVEN_NAMES)]} {FAMILY_NAMES[number % len(FAMILY_NAMES)]}"


def _new_reference(session: Session, scope: uuid.UUID, ticket_id: uuid.UUID, generation: int) -> str:
    """The first derived reference that no other ticket of the event has; the unique key stands behind it."""
    with session.no_autoflush:
        for attempt in range(MAX_REFERENCE_ATTEMPTS):
            reference = codes.reference(ticket_id, generation, attempt)
            if session.scalar(select(Ticket.id).where(Ticket.scope == scope, Ticket.reference == reference)) is None:
                return reference
    raise RuntimeError("no free reference")


def _taken_references(session: Session, scope: uuid.UUID) -> set[str]:
    return set(session.scalars(select(Ticket.reference).where(Ticket.scope == scope)))


def _free_reference(ticket_id: uuid.UUID, generation: int, taken: set[str]) -> str:
    """The first derived reference that no other ticket of the event has; notes it in `taken`."""
    tries: Iterator[str] = (codes.reference(ticket_id, generation, attempt) for attempt in range(MAX_REFERENCE_ATTEMPTS))
    found = next(reference for reference in tries if reference not in taken)
    taken.add(found)
    return found
