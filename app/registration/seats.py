"""Seats and settings: how an event takes registrations, who sits, who waits, who is next.

Whoever changes seats locks the settings' row first (checkin.md §6). Changes of one transaction are written in one go, in the
order of ids, so that they never deadlock with a batch of scans.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session, joinedload

from app.core.db import db
from app.core.errors import NotFound
from app.events.models import CALLED_OFF, Event
from app.events.service import touch
from app.mail.service import enqueue
from app.registration import rules
from app.registration.models import (
    HOLD_HOURS,
    REMINDER_HOURS,
    Registration,
    RegistrationMode,
    RegistrationSettings,
    RegistrationStatus,
)
from app.registration.rules import RegistrationState

TICKET_MAIL, TOO_LARGE_MAIL = "registration.ticket", "registration.too_large"


def find_active_settings(event_id: uuid.UUID) -> RegistrationSettings | None:
    """How the event takes registrations; None when it takes none (no settings, or mode none)."""
    settings = find_settings(event_id)
    return settings if settings is not None and settings.mode != RegistrationMode.NONE else None


def find_settings(event_id: uuid.UUID) -> RegistrationSettings | None:
    """The settings as they were set up, also of mode none; None when it never was."""
    return db.session.get(RegistrationSettings, event_id)


def put_settings(
    session: Session, event_id: uuid.UUID, *, mode: RegistrationMode = RegistrationMode.OPTIONAL,
    opens_at: datetime | None = None, closes_at: datetime | None = None, capacity: int | None = None, party_max: int = 8,
    waiting_list: bool = True, confirm_first: bool = False, ask_needs: bool = True,
    reminder_hours: Collection[int] = REMINDER_HOURS, hold_hours: int | None = HOLD_HOURS,
) -> RegistrationSettings:  # fmt: skip
    """Set up an event's registration inside a `write_tx()`; the same call again changes nothing.

    More seats than before go to those who wait, in order; mode none has room for all. A party that waits and is larger than
    all the seats that are left is told so. Without a waiting list nobody joins it, but who waits already keeps waiting. The
    caller calls `events.service.touch`: the event's page shows it.
    """
    settings = lock_settings(session, event_id)
    if settings is None:
        settings = RegistrationSettings(event_id=event_id)
        session.add(settings)
    settings.mode, settings.opens_at, settings.closes_at, settings.capacity, settings.party_max = (
        mode,
        opens_at,
        closes_at,
        capacity,
        party_max,
    )
    settings.waiting_list, settings.confirm_first, settings.ask_needs, settings.hold_hours = (
        waiting_list,
        confirm_first,
        ask_needs,
        hold_hours,
    )
    hours = sorted(set(reminder_hours), reverse=True)
    if settings.reminder_hours != hours:
        settings.reminder_hours = hours
    session.flush()
    settle(session, settings, promote(session, event_id, settings))
    for registration in too_large(settings):
        if registration.email_confirmed_at is not None:
            enqueue(session, TOO_LARGE_MAIL, registration.id, registration.language, str(capacity))
    return settings


def too_large(settings: RegistrationSettings) -> list[Registration]:
    """The parties that wait and are larger than all seats together, in their order: they have to become smaller."""
    capacity = _capacity(settings)
    if not capacity:
        return []
    waiting = select(Registration).where(
        Registration.event_id == settings.event_id, Registration.status == RegistrationStatus.WAITLISTED
    )
    query = waiting.where(Registration.party_size > capacity).order_by(Registration.position)
    return list(db.session.scalars(query.options(joinedload(Registration.ticket))))


def seats_lacking(registration: Registration, settings: RegistrationSettings | None) -> int | None:
    """How many seats the event has, where this party waits and is larger than that; else None. No seats at all: None, too."""
    capacity = _capacity(settings)
    waits = registration.status == RegistrationStatus.WAITLISTED and rules.never_fits(registration.party_size, capacity)
    return capacity if waits and capacity else None


def lock_settings(session: Session, event_id: uuid.UUID) -> RegistrationSettings | None:
    """The settings' row, locked until the transaction ends: whoever changes seats begins with this."""
    return session.get(RegistrationSettings, event_id, with_for_update=True, populate_existing=True)


def get_current_event(session: Session, event_id: uuid.UUID) -> Event:
    """The event as it is now that its settings are locked, whatever the session knew of it before. Raises `NotFound`."""
    event = session.get(Event, event_id, populate_existing=True)
    if event is None:
        raise NotFound
    return event


def lock_registration(session: Session, registration_id: uuid.UUID) -> tuple[Registration, RegistrationSettings | None]:
    """A registration with its ticket, locked and read afresh after its settings were locked. Raises `NotFound`."""
    event_id = session.scalar(select(Registration.event_id).where(Registration.id == registration_id))
    settings = lock_settings(session, event_id) if event_id else None
    found = session.get(
        Registration, registration_id, options=[joinedload(Registration.ticket)], populate_existing=True,
        with_for_update={"of": Registration},
    )  # fmt: skip
    if found is None:
        raise NotFound
    return found, settings


def registration_state(event: Event, settings: RegistrationSettings | None, now: datetime) -> RegistrationState:
    """Whether one can register for the event at this moment, else the reason why not. Full is judged by `sign_up` only."""
    over = event.is_over(now)
    if settings is not None and settings.mode == RegistrationMode.NONE:
        settings = None
    if settings is None and not over and event.status not in CALLED_OFF:
        return RegistrationState.NOT_NEEDED
    opens_at, closes_at = (settings.opens_at, settings.closes_at) if settings else (None, None)
    return rules.registration_state(event.status, over, opens_at, closes_at, now)


def takes_more(event: Event, settings: RegistrationSettings | None, now: datetime) -> bool:
    """Whether one can register at this moment, if only for the waiting list, as far as the event's page knows."""
    return (
        settings is not None
        and registration_state(event, settings, now) is RegistrationState.OPEN
        and (settings.waiting_list or not settings.full)
    )


@dataclass(frozen=True, slots=True)
class SeatCount:
    """An event's seats as they are: how many there are (None: as many as come), are taken; whether any party waits that they
    could hold (1 or 0), and the last place in the queue."""

    capacity: int | None
    taken: int
    waiting: int
    last: int

    def holds(self, party: int) -> bool:
        """Whether a new party gets seats now."""
        return rules.gets_seats(party, self.capacity, self.taken, self.waiting)


def room_of(session: Session, event_id: uuid.UUID, settings: RegistrationSettings | None) -> SeatCount:
    """Count the seats; where there is no limit nobody waits, and nothing is counted."""
    capacity = _capacity(settings)
    if capacity is None:
        return SeatCount(None, 0, 0, 0)
    return SeatCount(capacity, _taken(session, event_id), *_waiting(session, event_id, capacity))


def overbooked(settings: RegistrationSettings) -> int:
    """How many people have a seat beyond the event's seats: they came while there were more, and keep theirs."""
    capacity = _capacity(settings)
    return 0 if capacity is None else max(0, _taken(db.session(), settings.event_id) - capacity)


def is_full(settings: RegistrationSettings) -> bool:
    """Whether the next one to register, even alone, would have to wait."""
    return _capacity(settings) is not None and not room_of(db.session(), settings.event_id, settings).holds(1)


def largest_of(settings: RegistrationSettings | None, present: int = 1) -> int:
    """The largest party that may register, or that one of `present` people may become; without settings it stays as it is."""
    return rules.largest_party(settings.party_max, _capacity(settings), present) if settings else present


def place_in_queue(registration: Registration) -> int:
    """How many parties stand in the queue up to this one, itself included: 1 is next."""
    ahead = select(func.count()).where(
        Registration.event_id == registration.event_id, Registration.status == RegistrationStatus.WAITLISTED,
        Registration.position <= registration.position,
    )  # fmt: skip
    return db.session.scalar(ahead) or 0


def set_status(registration: Registration, status: RegistrationStatus) -> None:
    """Change a registration and its ticket together."""
    registration.status = status
    if registration.ticket is not None:
        registration.ticket.status = status


def seats_of(registration: Registration) -> int:
    """The seats that it holds."""
    return registration.party_size if registration.status == RegistrationStatus.CONFIRMED else 0


def promote(
    session: Session,
    event_id: uuid.UUID,
    settings: RegistrationSettings | None,
    freed: int = 0,
    changed: Collection[Registration] = (),
) -> list[Registration]:
    """Give seats to the waiting, in order, and return who got them; written and told by `settle`.

    `freed` seats are given back by the changes of `changed` that are not written yet: call it inside `session.no_autoflush`
    then. Reads no more of the queue than could be seated and those that have just changed.
    """
    capacity = _capacity(settings)
    taken = _taken(session, event_id) - freed
    first = select(Registration).where(Registration.event_id == event_id, Registration.status == RegistrationStatus.WAITLISTED)
    if capacity is not None:
        fits = or_(Registration.party_size <= capacity, Registration.id.in_([one.id for one in changed]))
        first = first.where(fits).limit(max(capacity - taken, 0) + len(changed))
    query = first.order_by(Registration.position).options(joinedload(Registration.ticket))
    queue = [one for one in session.scalars(query) if one.status == RegistrationStatus.WAITLISTED]
    seated = [queue[place] for place in rules.promoted([one.party_size for one in queue], capacity, taken)]
    for registration in seated:
        set_status(registration, RegistrationStatus.CONFIRMED)
    return seated


def settle(session: Session, settings: RegistrationSettings | None, seated: Collection[Registration] = ()) -> None:
    """End a change of seats: write it, owe a mail to each who got some (where the address is known to be theirs), and have the
    event's page made anew where the event has become full, or is so no longer."""
    session.flush()
    for registration in seated:
        if registration.email_confirmed_at is not None:
            enqueue(session, TICKET_MAIL, registration.id, registration.language, "promoted")
    if settings is not None and settings.full != (full := is_full(settings)):
        settings.full = full
        if event := session.get(Event, settings.event_id, with_for_update={"key_share": True}, populate_existing=True):
            touch(session, event)


def _capacity(settings: RegistrationSettings | None) -> int | None:
    return settings.capacity if settings is not None and settings.mode != RegistrationMode.NONE else None


def _taken(session: Session, event_id: uuid.UUID) -> int:
    query = select(func.coalesce(func.sum(Registration.party_size), 0))
    return int(
        session.scalar(query.where(Registration.event_id == event_id, Registration.status == RegistrationStatus.CONFIRMED)) or 0
    )


def _waiting(session: Session, event_id: uuid.UUID, capacity: int) -> tuple[int, int]:
    """Whether any party waits that the seats could hold, and the last one's position: steps in the index, however many wait."""
    waits = Registration.event_id == event_id, Registration.status == RegistrationStatus.WAITLISTED
    fitting = exists().where(*waits, Registration.party_size <= capacity).correlate(None)
    last = session.execute(
        select(Registration.position, fitting).where(*waits).order_by(Registration.position.desc()).limit(1)
    ).first()
    return (int(last[1]), last[0]) if last else (0, 0)
