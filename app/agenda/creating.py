"""Making rows, tracks and people of an agenda, or bringing them up to date: doing it twice changes nothing.

Whoever has written rows calls `service.rows_changed` once afterwards. Changes that people are told of are `service`'s verbs.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from app.agenda.models import AgendaItem, ItemPerson, Person, Track
from app.core import clock
from app.core.rows import put, set_changed
from app.events.models import Event


def put_track(session: Session, ident: uuid.UUID, event: Event, position: int) -> Track:
    """A strand of the programme."""
    return put(session, Track, ident, {"event_id": event.id, "position": position})


def put_person(session: Session, ident: uuid.UUID, event: Event, position: int) -> Person:
    """Somebody on stage."""
    return put(session, Person, ident, {"event_id": event.id, "position": position})


def items_by_number(session: Session, event: Event) -> dict[int, AgendaItem]:
    """The rows that are there, with their people."""
    query = select(AgendaItem).where(AgendaItem.event_id == event.id).options(selectinload(AgendaItem.people))
    return {item.number: item for item in session.scalars(query)}


def new_item(session: Session, ident: uuid.UUID, event: Event, number: int) -> AgendaItem:
    """A row without anything yet."""
    item = AgendaItem(id=ident, event_id=event.id, number=number, updated_at=clock.now(), sequence=0)
    session.add(item)
    return item


def put_people(item: AgendaItem, roles: Mapping[uuid.UUID, str]) -> None:
    """Who does what in a row, in this order, and nobody else."""
    present = {person.person_id: person for person in item.people}
    for position, (person_id, role) in enumerate(roles.items()):
        if person_id in present:
            set_changed(present[person_id], {"role": role, "position": position})
        else:
            item.people.append(ItemPerson(person_id=person_id, role=role, position=position))
    for gone in present.keys() - roles.keys():
        item.people.remove(present[gone])
