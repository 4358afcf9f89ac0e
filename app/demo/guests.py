"""The made-up guests of the live events: registrations and tickets that are the same at every seeding.

They have no mail addresses. Codes come from the installation's keys, so they are hashed anew when the keys have changed, and
needs are sealed anew.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload

from app.core import clock
from app.core.rows import set_changed
from app.registration import codes, encryption
from app.registration.models import (
    Registration,
    RegistrationAnswer,
    RegistrationQuestion,
    RegistrationStatus,
    RevokedCode,
    Ticket,
)

NAMESPACE = uuid.UUID("0d6f0b1a-6a3c-5f53-8a39-1f6f7e4c9d21")
KASKINEN = (
    ("Aino Mäkelä", "fi", 2), ("Eino Rantala", "fi", 1), ("Gunilla Söderholm", "sv", 2), ("Börje Nygård", "sv", 3),
    ("Helvi Lehtinen", "fi", 1), ("Päivi Hyvärinen", "fi", 4), ("Kerstin Åkerblom", "sv", 1), ("Olena Marchenko", "en", 3),
    ("Jouni Väisänen", "fi", 2), ("Tove Östman", "sv", 2), ("Raija Ylönen", "fi", 1), ("Göran Häggblom", "sv", 4),
    ("Sirpa Kärkkäinen", "fi", 2), ("Ville Koskinen", "fi", 5), ("Britta Sjöström", "sv", 1), ("Anders Lillgäls", "sv", 2),
    ("Mirja Peltoniemi", "fi", 1), ("Hannu Sämpi", "fi", 2), ("Inga Bērziņa", "lv", 2), ("Mārtiņš Kļaviņš", "lv", 1),
    ("Liis Põldmäe", "et", 2), ("Jüri Õunapuu", "et", 1), ("Agnieszka Wiśniewska", "pl", 2), ("Łukasz Żurek", "pl", 1),
    ("Rūta Šimkutė", "lt", 2), ("Žygimantas Kazlauskas", "lt", 1), ("Wiebke Großmann", "de", 2), ("Jürgen Petersen", "de", 1),
    ("Karen Sørensen", "da", 2), ("Søren Nygaard", "da", 1), ("Tuulikki Aaltonen", "fi", 1), ("Ulla-Maija Backlund", "sv", 2),
    ("Matti Ojanperä", "fi", 3), ("Siv Västerlund", "sv", 1), ("Nguyen Thi Lan", "fi", 4), ("Eeva Takamäki", "fi", 2),
    ("Rolf Ingves", "sv", 1), ("Maria Kivelä", "fi", 2), ("Mary O’Brien", "en", 1), ("Kalevi Äijälä", "fi", 1),
    ("Pirkko Saarela", "fi", 2),
)  # fmt: skip
VARDE = (
    ("Maja Lindqvist", "sv", 2), ("Östen Ångström", "sv", 1), ("Ieva Ozoliņa", "lv", 2), ("Ģirts Siliņš", "lv", 1),
    ("Kadri Tamm", "et", 2), ("Zofia Kowalczyk", "pl", 2), ("Eglė Petrauskienė", "lt", 1), ("Katja Brandt", "de", 2),
    ("Mette Kjær", "da", 1), ("Päivi Laaksonen", "fi", 2), ("Lars Bækgaard", "da", 1), ("Dorota Jabłońska", "pl", 1),
    ("Hanne Mølgaard", "da", 3), ("Signe Tobiasen", "da", 1), ("Andris Vītols", "lv", 2),
)  # fmt: skip
NAMES = {"kaskinen-today": KASKINEN, "visit-today": VARDE}


@dataclass(frozen=True, slots=True)
class More:
    """What is special about a guest. `codes` is how many codes the ticket has had; only the last one opens it."""

    status: RegistrationStatus = RegistrationStatus.CONFIRMED
    companions: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    tell_door: bool = False
    answers: Mapping[str, str] = field(default_factory=dict)
    codes: int = 1


ORDINARY = More()
SPECIAL: dict[str, dict[int, More]] = {
    "kaskinen-today": {
        1: More(companions=("Toivo Mäkelä",), answers={"how": "foot", "front": "yes"}),
        2: More(needs=("hearing_loop",), tell_door=True, answers={"how": "bus", "front": "yes"}),
        4: More(companions=("Agneta Nygård", "Elin Nygård"), answers={"how": "car"}),
        6: More(companions=("Kari Hyvärinen", "Aada Hyvärinen", "Onni Hyvärinen"), answers={"how": "foot"}),
        7: More(needs=("wheelchair",), tell_door=True, answers={"how": "car", "front": "yes"}),
        8: More(needs=("interpreter", "no_pork"), answers={"how": "bus"}),
        11: More(needs=("vegan",), answers={"how": "bus"}),
        15: More(codes=2, answers={"how": "bus"}),
        20: More(needs=("sign_language",), tell_door=True, answers={"front": "yes"}),
        35: More(companions=("Tran Van Minh", "Tran Linh", "Tran Mai"), needs=("no_nuts",)),
        41: More(status=RegistrationStatus.CANCELLED, answers={"how": "car"}),
    },
    "visit-today": {
        1: More(companions=("Emil Lindqvist",), needs=("vegetarian",)),
        4: More(needs=("wheelchair", "no_gluten"), tell_door=True),
        8: More(companions=("Jonas Brandt",), needs=("no_lactose",)),
        13: More(status=RegistrationStatus.WAITLISTED, companions=("Ole Mølgaard", "Ida Mølgaard")),
        14: More(status=RegistrationStatus.WAITLISTED),
        15: More(status=RegistrationStatus.WAITLISTED),
    },
}


def put_guests(session: Session, event_id: uuid.UUID, slug: str, count: int) -> None:
    """The first `count` guests of this live event, inside a `write_tx()`; who is there already stays as they are."""
    query = select(Registration).where(Registration.event_id == event_id).options(joinedload(Registration.ticket))
    present = {registration.id: registration for registration in session.scalars(query)}
    taken = set(session.scalars(select(Ticket.reference).where(Ticket.event_id == event_id)))
    questions = {one.key: one.id for one in session.scalars(_questions(event_id))}
    for number, guest in enumerate(NAMES[slug][:count], start=1):
        more = SPECIAL[slug].get(number, ORDINARY)
        registration = present.get(uuid.uuid5(NAMESPACE, f"{slug}/{number}"))
        if registration is None:
            registration = _new(session, event_id, slug, number, guest, more, taken, questions)
        _key_anew(session, registration, more)


def _questions(event_id: uuid.UUID) -> Select[RegistrationQuestion]:
    return select(RegistrationQuestion).where(RegistrationQuestion.event_id == event_id)


def _key_anew(session: Session, registration: Registration, more: More) -> None:
    """Whatever depends on the installation's keys, as those of today make it."""
    link = codes.link_secret(registration.id, registration.link_hash, registration.link_generation or 1)
    set_changed(registration, {"link_hash": codes.hash_link(link)})
    if registration.needs and more.needs and not encryption.unseal(registration.id, registration.needs):
        registration.needs = encryption.seal(registration.id, more.needs)
    ticket = registration.ticket
    if ticket is None:
        return
    set_changed(ticket, {"code_hash": codes.hash_code(codes.ticket_code(ticket.id, ticket.generation, ticket.code_hash))})
    _revoke_old_codes(session, ticket)


def _revoke_old_codes(session: Session, ticket: Ticket) -> None:
    """One row for each code that the ticket had before, under one of our keys; those of forgotten keys go."""
    generations = range(1, ticket.generation)
    old = [{each for code in codes.ticket_codes(ticket.id, number) for each in codes.code_hashes(code)} for number in generations]
    present = {code.code_hash: code for code in session.scalars(_revoked(ticket.id))} if old else {}
    for gone in present.keys() - set().union(*old):
        session.delete(present[gone])
    for number, hashes in zip(generations, old, strict=True):
        if not hashes & present.keys():
            new = codes.hash_code(codes.ticket_code(ticket.id, number))
            session.add(RevokedCode(code_hash=new, ticket_id=ticket.id, revoked_at=clock.now()))


def _revoked(ticket_id: uuid.UUID) -> Select[RevokedCode]:
    return select(RevokedCode).where(RevokedCode.ticket_id == ticket_id)


def _new(
    session: Session, event_id: uuid.UUID, slug: str, number: int, guest: tuple[str, str, int], more: More, taken: set[str],
    questions: Mapping[str, uuid.UUID],
) -> Registration:  # fmt: skip
    name, language, party = guest
    now, who = clock.now(), f"{slug}/{number}"
    ident, ticket_id = uuid.uuid5(NAMESPACE, who), uuid.uuid5(NAMESPACE, f"{who}/ticket")
    registration = Registration(
        id=ident, event_id=event_id, form_key=uuid.uuid5(NAMESPACE, f"{who}/form"), link_hash=b"", name=name,
        companions="\n".join(more.companions), party_size=party, language=language, status=more.status, created_at=now,
        position=number if more.status == RegistrationStatus.WAITLISTED else 0,
        cancelled_at=now if more.status == RegistrationStatus.CANCELLED else None,
        needs=encryption.seal(ident, more.needs), tell_door=more.tell_door,
    )  # fmt: skip
    registration.answers = [RegistrationAnswer(question_id=questions[key], value=value) for key, value in more.answers.items()]
    registration.ticket = Ticket(
        id=ticket_id, event_id=event_id, reference=_reference(ticket_id, more.codes, taken), code_hash=b"", holder=name,
        language=language, generation=more.codes, party_size=party, status=more.status, created_at=now,
    )  # fmt: skip
    session.add(registration)
    session.flush()
    return registration


def _reference(ticket_id: uuid.UUID, generation: int, taken: set[str]) -> str:
    """The first derived reference that no other ticket of the event has."""
    found = next(one for one in (codes.reference(ticket_id, generation, attempt) for attempt in range(50)) if one not in taken)
    taken.add(found)
    return found
