"""Tickets and the codes on them: made, found and locked for the door, replaced, rehearsed with."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session, contains_eager

from app.audit import journal
from app.core import clock
from app.core.db import db
from app.core.errors import NotFound
from app.i18n.languages import LANGUAGES
from app.registration import codes
from app.registration.models import Registration, RevokedCode, Ticket

MAX_REFERENCE_ATTEMPTS = 50
GIVEN_NAMES = (
    "Aino", "Åke", "Zofia", "Jānis", "Ieva", "Mārtiņš", "Kadri", "Jüri", "Søren", "Karen", "Łukasz", "Agnieszka", "Rūta",
    "Žygimantas", "Jürgen", "Wiebke", "Päivi", "Östen", "Ģirts", "Eglė",
)  # fmt: skip
FAMILY_NAMES = (
    "Mäkinen", "Sjöström", "Wiśniewska", "Bērziņš", "Kļaviņa", "Tamm", "Põldmäe", "Sørensen", "Nygård", "Kowalczyk",
    "Żółkiewska", "Kazlauskas", "Šimkutė", "Großmann", "Petersen", "Hyvärinen", "Ångström", "Ņikitina", "Õunapuu",
)  # fmt: skip


def ticket_for(session: Session, registration: Registration) -> Ticket:
    """A new ticket with the registration's name, size, language and status; not added to the session."""
    ticket_id = uuid.uuid4()
    return Ticket(
        id=ticket_id, event_id=registration.event_id, generation=1,
        reference=_new_reference(session, registration.event_id, ticket_id, 1),
        code_hash=codes.hash_code(codes.ticket_code(ticket_id, 1)), holder=registration.name, language=registration.language,
        party_size=registration.party_size, status=registration.status, rehearsal=False, created_at=registration.created_at,
    )  # fmt: skip


def find_ticket(code: str) -> Ticket | None:
    """The ticket that this code opens; None for a code that was replaced, too."""
    return db.session.scalars(select(Ticket).where(Ticket.code_hash.in_(codes.code_hashes(code)))).one_or_none()


def find_guests_ticket(event_id: uuid.UUID, *, ticket_id: uuid.UUID | None = None, reference: str | None = None) -> Ticket | None:
    """A guest's ticket of the event, with its registration, by its id or else by its reference (eight plain characters)."""
    wanted = Ticket.id == ticket_id if ticket_id else Ticket.reference == reference
    query = select(Ticket).join(Ticket.registration).where(Ticket.event_id == event_id, wanted, Ticket.holder != "")
    return db.session.scalars(query.options(contains_eager(Ticket.registration))).one_or_none()


# Tickets at the door


def find_revoked(session: Session, hashes: Collection[bytes]) -> dict[bytes, uuid.UUID]:
    """Which of these hashes belong to codes that were replaced, and the ticket that each once opened."""
    query = select(RevokedCode.code_hash, RevokedCode.ticket_id).where(RevokedCode.code_hash.in_(set(hashes)))
    return {row.code_hash: row.ticket_id for row in session.execute(query)} if hashes else {}


def replace_code(session: Session, ticket_id: uuid.UUID) -> Ticket:
    """Give a ticket a new code and reference; the old code is known as revoked from now on. Raises `NotFound`."""
    ticket = session.get(Ticket, ticket_id, with_for_update={"key_share": True}, populate_existing=True)
    if ticket is None:
        raise NotFound
    session.add(RevokedCode(code_hash=ticket.code_hash, ticket_id=ticket.id, revoked_at=clock.now()))
    ticket.generation += 1
    journal.record(session, "ticket.replaced", ticket.id, ticket.generation)
    ticket.code_hash = codes.hash_code(codes.ticket_code(ticket.id, ticket.generation))
    ticket.reference = _new_reference(session, ticket.event_id, ticket.id, ticket.generation)
    return ticket


def code_of(ticket: Ticket) -> str:
    """The code that is printed on this ticket now. Never log or store it."""
    return codes.ticket_code(ticket.id, ticket.generation, ticket.code_hash)


def link_of(registration: Registration) -> str:
    """The secret in the present address of its holder's page. Never log or store it."""
    return codes.link_secret(registration.id, registration.link_hash, registration.link_generation)


# Rehearsal tickets


def make_rehearsal_tickets(
    session: Session, event_id: uuid.UUID, count: int, lists: Collection[str] | None = None
) -> list[tuple[str, str, str, Ticket]]:
    """`count` tickets that count nowhere, for practice and measuring: (code, reference, name, ticket) each.

    `lists` limits them to check-in lists by slug; None admits everywhere.
    """
    now, limit = clock.now(), ",".join(lists) if lists else None
    taken = _taken_references(session, event_id)
    made = [_rehearsal_row(event_id, number, limit, now, taken) for number in range(count)]
    if made:
        session.execute(insert(Ticket), made)
    return [(codes.ticket_code(row["id"], 1), row["reference"], row["holder"], Ticket(**row)) for row in made]


def _rehearsal_row(event_id: uuid.UUID, number: int, lists: str | None, now: datetime, taken: set[str]) -> dict[str, Any]:
    ticket_id = uuid.uuid4()
    return {
        "id": ticket_id, "event_id": event_id, "registration_id": None, "generation": 1,
        "reference": _free_reference(ticket_id, 1, taken), "code_hash": codes.hash_code(codes.ticket_code(ticket_id, 1)),
        "holder": _rehearsal_name(number), "language": LANGUAGES[number % len(LANGUAGES)], "party_size": 1,
        "status": "confirmed", "lists": lists, "rehearsal": True, "created_at": now,
    }  # fmt: skip


def _rehearsal_name(number: int) -> str:
    return f"{GIVEN_NAMES[number % len(GIVEN_NAMES)]} {FAMILY_NAMES[number % len(FAMILY_NAMES)]}"


def _new_reference(session: Session, event_id: uuid.UUID, ticket_id: uuid.UUID, generation: int) -> str:
    """The first derived reference that no other ticket of the event has; the unique key stands behind it."""
    with session.no_autoflush:
        for attempt in range(MAX_REFERENCE_ATTEMPTS):
            reference = codes.reference(ticket_id, generation, attempt)
            if session.scalar(select(Ticket.id).where(Ticket.event_id == event_id, Ticket.reference == reference)) is None:
                return reference
    raise RuntimeError("no free reference")


def _taken_references(session: Session, event_id: uuid.UUID) -> set[str]:
    return set(session.scalars(select(Ticket.reference).where(Ticket.event_id == event_id)))


def _free_reference(ticket_id: uuid.UUID, generation: int, taken: set[str]) -> str:
    """The first derived reference that no other ticket of the event has; notes it in `taken`."""
    tries: Iterator[str] = (codes.reference(ticket_id, generation, attempt) for attempt in range(MAX_REFERENCE_ATTEMPTS))
    found = next(reference for reference in tries if reference not in taken)
    taken.add(found)
    return found
