"""The made-up guests of the live events: registrations and tickets that are the same at every seeding.

They have no mail addresses. Codes come from the installation's keys, so they are hashed anew when the keys have changed.
"""

from __future__ import annotations

import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.core import clock
from app.demo.live import set_all
from app.registration import codes
from app.registration.models import Registration, Ticket

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
)  # fmt: skip
VARDE = (
    ("Maja Lindqvist", "sv", 2), ("Östen Ångström", "sv", 1), ("Ieva Ozoliņa", "lv", 2), ("Ģirts Siliņš", "lv", 1),
    ("Kadri Tamm", "et", 2), ("Zofia Kowalczyk", "pl", 2), ("Eglė Petrauskienė", "lt", 1), ("Katja Brandt", "de", 2),
    ("Mette Kjær", "da", 1), ("Päivi Laaksonen", "fi", 2), ("Lars Bækgaard", "da", 1), ("Dorota Jabłońska", "pl", 1),
)  # fmt: skip
NAMES = {"kaskinen-today": KASKINEN, "visit-today": VARDE}


def put_guests(session: Session, scope: uuid.UUID, slug: str, count: int) -> None:
    """The first `count` guests of this live event, inside a `write_tx()`; who is there already stays as they are."""
    query = select(Registration).where(Registration.scope == scope).options(joinedload(Registration.ticket))
    present = {registration.id: registration for registration in session.scalars(query)}
    taken = set(session.scalars(select(Ticket.reference).where(Ticket.scope == scope)))
    for number, guest in enumerate(NAMES[slug][:count], start=1):
        registration = present.get(uuid.uuid5(NAMESPACE, f"{slug}/{number}")) or _new(session, scope, slug, number, guest, taken)
        set_all(registration, {"link_hash": codes.hash_link(codes.link_secret(registration.id))})
        ticket = registration.ticket
        if ticket is not None:
            set_all(ticket, {"code_hash": codes.hash_code(codes.ticket_code(ticket.id, ticket.generation))})


def _new(
    session: Session, scope: uuid.UUID, slug: str, number: int, guest: tuple[str, str, int], taken: set[str]
) -> Registration:
    name, language, party = guest
    now, ticket_id = clock.now(), uuid.uuid5(NAMESPACE, f"{slug}/{number}/ticket")
    registration = Registration(
        id=uuid.uuid5(NAMESPACE, f"{slug}/{number}"), scope=scope, form_key=uuid.uuid5(NAMESPACE, f"{slug}/{number}/form"),
        link_hash=b"", name=name, party_size=party, language=language, created_at=now,
    )  # fmt: skip
    registration.ticket = Ticket(
        id=ticket_id, scope=scope, reference=_reference(ticket_id, taken), code_hash=b"", holder=name, language=language,
        generation=1, party_size=party, created_at=now,
    )  # fmt: skip
    session.add(registration)
    return registration


def _reference(ticket_id: uuid.UUID, taken: set[str]) -> str:
    """The first derived reference that no other ticket of the event has."""
    found = next(one for one in (codes.reference(ticket_id, 1, attempt) for attempt in range(50)) if one not in taken)
    taken.add(found)
    return found
