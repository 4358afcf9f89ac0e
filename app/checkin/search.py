"""Looking up a guest by name, online only: few hits, seldom, and each phone's searches are counted."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit.limits import TEN_MINUTES, refuse_too_many
from app.checkin.models import Admission, Scan
from app.checkin.rules import DeviceState, moment_of
from app.core.babel import lazy_gettext as _l
from app.core.db import db
from app.core.errors import DomainError
from app.registration.codes import read_reference
from app.registration.door_notes import Hit, search_tickets
from app.registration.tickets import find_guests_ticket

MAX_SEARCHES, HITS = 20, 5


class TooManySearches(DomainError):
    """This phone has searched as often as it may for now."""

    status = 429
    retry_after = int(TEN_MINUTES.total_seconds())
    code = "too_many_searches"
    message = _l("This phone has searched very often. Please wait a few minutes, then try again.")


@dataclass(slots=True)
class Inside:
    """How many people of a ticket are in at a list now, and since when: the moment the last of them came."""

    check_in_list: str
    count: int
    since: datetime


@dataclass(frozen=True, slots=True)
class FoundGuest:
    """A ticket that was found by a name, and where its people are in, of the lists that the phone serves."""

    hit: Hit
    inside: tuple[Inside, ...]


def count(session: Session, device: DeviceState) -> None:
    """One more search of this phone, before it searches. Raises `TooManySearches` after 20 in 10 minutes."""
    refuse_too_many(session, "search", str(device.id), MAX_SEARCHES, TEN_MINUTES, TooManySearches)


def by_name(device: DeviceState, text: str) -> list[FoundGuest]:
    """At most five tickets of the phone's event with somebody on them who is called so; at least three letters, else none."""
    hits = search_tickets(device.event_id, text, HITS)
    inside = _inside(device, [hit.ticket.id for hit in hits])
    return [FoundGuest(hit, tuple(inside.get(hit.ticket.id, {}).values())) for hit in hits]


def by_name_or_reference(device: DeviceState, text: str) -> list[Hit]:
    """A guest's ticket by its reference, then at most five by a name as above."""
    reference = read_reference(text)
    exact = find_guests_ticket(device.event_id, reference=reference) if reference else None
    named = search_tickets(device.event_id, text, HITS)
    others = [hit for hit in named if hit.ticket.registration_id and hit.ticket is not exact]
    return [*([Hit(exact)] if exact else []), *others]


def _inside(device: DeviceState, tickets: Collection[uuid.UUID]) -> dict[uuid.UUID, dict[str, Inside]]:
    slugs = {check_in_list.id: slug for slug, check_in_list in device.check_in_lists.items()}
    admitted = (
        select(Admission.ticket_id, Admission.list_id, Scan.mode, Scan.received_at, Scan.occurred_at, Scan.offset_ms)
        .join(Scan, Scan.id == Admission.scan_id)
        .where(Admission.ticket_id.in_(tickets), Admission.list_id.in_(slugs), Admission.released_by.is_(None))
        .order_by(Admission.list_id)
    )
    found: dict[uuid.UUID, dict[str, Inside]] = {}
    for row in db.session.execute(admitted):
        at = moment_of(row.mode, row.received_at, row.occurred_at, timedelta(milliseconds=row.offset_ms))
        here = found.setdefault(row.ticket_id, {}).setdefault(slugs[row.list_id], Inside(slugs[row.list_id], 0, at))
        here.count, here.since = here.count + 1, max(here.since, at)
    return found
