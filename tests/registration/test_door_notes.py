"""What the door is told of a guest, and whom it finds by name."""

from __future__ import annotations

import time
import uuid
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import insert

from app.core import clock
from app.core.db import db, write_tx
from app.registration.door_notes import DoorNotes, notes_for_door, search_tickets
from app.registration.models import Registration, Ticket
from app.registration.tickets import make_rehearsal_tickets
from tests.factories import make_event
from tests.registration.registrations import ask, open_registration, signed_up
from tests.transactions import do


def ticket_of(made: Registration) -> Ticket:
    assert made.ticket is not None
    return made.ticket


def test_notes_hold_needs_only_of_who_told_the_door(database: None, noon: datetime) -> None:
    event = open_registration()
    how, secret = ask(event, at_door=True, position=1), ask(event, "why", "text", labels={"en": "Why?"})
    first = ask(event, "boat", "tick", labels={"en": "I come by boat"}, at_door=True)
    told = signed_up(event, needs=("no_nuts", "wheelchair"), tell_door=True, answers={how.id: "car", first.id: "yes"})
    silent = signed_up(event, needs=("vegan",), answers={secret.id: "Because"})
    only_ticked = signed_up(event, tell_door=True)
    ids = [ticket_of(one).id for one in (told, silent, only_ticked)]
    notes = notes_for_door(db.session(), ids)

    assert [(notes[ident].needs, notes[ident].answers) for ident in ids] == [
        (("wheelchair", "no_nuts"), ((first.id, "yes"), (how.id, "car"))), ((), ()), ((), ()),
    ]  # fmt: skip
    assert only_ticked.tell_door is False


def test_notes_of_rehearsal_unknown_and_no_tickets_are_empty(database: None, noon: datetime) -> None:
    event, unknown = open_registration(), uuid.uuid4()
    rehearsed = do(make_rehearsal_tickets, event.id, 1)[0][3].id

    assert notes_for_door(db.session(), [rehearsed, unknown]) == {
        rehearsed: DoorNotes(), unknown: DoorNotes(),
    }  # fmt: skip
    assert notes_for_door(db.session(), []) == {}


def test_notes_take_as_many_queries_for_one_as_for_many(database: None, noon: datetime, queries: list[str]) -> None:
    event = open_registration(party_max=1)
    how = ask(event, at_door=True)
    ids = [ticket_of(signed_up(event, needs=("vegan",), tell_door=True, answers={how.id: "car"})).id for _ in range(12)]
    counts = []
    for some in (ids[:1], ids[:3], ids):
        queries.clear()
        notes_for_door(db.session().connection(), some)
        counts.append(len([sent for sent in queries if sent.startswith("SELECT")]))

    assert counts == [2, 2, 2]


def test_needs_are_unreadable_in_the_database(database: None, noon: datetime) -> None:
    made = signed_up(open_registration(), needs=("wheelchair", "vegan"))

    assert made.needs is not None
    assert (b"wheelchair" in made.needs, b"vegan" in made.needs) == (False, False)


def test_a_desk_that_asks_no_needs_stores_none(database: None, noon: datetime) -> None:
    made = signed_up(open_registration(ask_needs=False), needs=("wheelchair",), tell_door=True)

    assert (made.needs, made.tell_door) == (None, False)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Mül", ["Jürgen Müller"]),
        ("muller", ["Jürgen Müller"]),
        ("MUELLER", ["Jürgen Müller"]),
        ("klavina", ["Ieva Kļaviņa"]),
        ("ieva kla", ["Ieva Kļaviņa"]),
        ("  kļa   iev ", ["Ieva Kļaviņa"]),
        ("soren", ["Søren Åkesson"]),
        ("ann", ["Anna Ann-Berg", "Annika Öst", "Johanna Berg"]),
        ("an", []),
        ("ä", []),
        ("", []),
        ("___", []),
        ("%%%", []),
        ("Ieva Müller", []),
        ("x" * 5000, []),
    ],
)
def test_search_finds_names_without_accents_and_case(database: None, noon: datetime, text: str, found: list[str]) -> None:
    event, other = open_registration(), open_registration(make_event("varde-2026"))
    for name in ("Jürgen Müller", "Ieva Kļaviņa", "Søren Åkesson", "Johanna Berg", "Annika Öst", "Anna Ann-Berg"):
        signed_up(event, name=name)
    signed_up(other, name="Anna Elsewhere")
    do(make_rehearsal_tickets, event.id, 20)

    assert [hit.ticket.holder for hit in search_tickets(event.id, text)] == found


def test_search_gives_five_at_most(database: None, noon: datetime) -> None:
    event = open_registration()
    for number in range(8):
        signed_up(event, name=f"Anna {number}")

    assert [hit.ticket.holder for hit in search_tickets(event.id, "anna")] == [f"Anna {number}" for number in range(5)]
    assert len(search_tickets(event.id, "anna", limit=2)) == 2


def test_search_finds_who_comes_along_and_each_ticket_once(database: None, noon: datetime) -> None:
    event = open_registration()
    signed_up(event, 3, name="Anna Berg", companions="Jonas Kaunas\nAnna Šilutė")
    signed_up(event, 2, name="Ona Anna", companions="Annika Öst")

    def found(text: str) -> list[tuple[str, str | None]]:
        return [(hit.ticket.holder, hit.companion) for hit in search_tickets(event.id, text)]

    assert found("silute") == [("Anna Berg", "Anna Šilutė")]
    assert found("anna") == [("Anna Berg", None), ("Ona Anna", None)]
    assert found("annika ost") == [("Ona Anna", "Annika Öst")]
    assert found("berg silute") == []


def test_search_among_five_thousand_is_quick(database: None, noon: datetime) -> None:
    event = open_registration()
    rows: list[dict[str, Any]] = [
        {
            "id": uuid.uuid4(), "event_id": event.id, "reference": f"{number:08d}", "generation": 1, "language": "lv",
            "code_hash": uuid.uuid4().bytes * 2, "holder": f"Žygimantas{number} Wiśniewski-Äijälä", "party_size": 1,
            "status": "confirmed", "rehearsal": False, "created_at": clock.now(), "changed_at": clock.now(),
        }
        for number in range(5000)
    ]  # fmt: skip
    with write_tx() as session:
        session.execute(insert(Ticket), rows)
    took = []
    for _ in range(3):
        began = time.process_time()  # our own work alone: what else the machine does is no part of it
        found = search_tickets(event.id, "zygimantas4999")
        took.append(time.process_time() - began)

    assert [hit.ticket.reference for hit in found] == ["00004999"]
    assert min(took) < 0.5
    print(f"search among 5,000: {min(took) * 1000:.0f} ms")
