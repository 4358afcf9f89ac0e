"""A supervisor's verbs: closing conflicts, taking scans back, adding, changing and ending phones. Each starts from the event
of the phone that asks, so nothing of another event can be reached; each deed is noted in the audit."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit.models import Actor
from app.audit.service import record
from app.checkin import devices, service
from app.checkin.models import CheckInList, Conflict, Device, Direction, Scan
from app.checkin.rules import Attempt, DeviceState, Verdict
from app.core import clock
from app.core.babel import lazy_gettext as _l
from app.core.errors import DomainError, NotFound
from app.events.models import Event
from app.supervise.queries import find_device, find_scan


class NoSupervisor(DomainError):
    """An enrolled phone without the right `supervise`."""

    status = 403
    code = "no_supervisor"
    message = _l("This phone may scan, but it may not open the supervisor’s pages. Ask the organiser for that right.")


class CodeUsed(DomainError):
    """The phone is set up already, or was ended: it gets no other one-time code."""

    status = 409
    code = "code_used"
    message = _l(
        "This phone does not need a new code: it is set up already, or it has been disconnected. Add a new phone instead."
    )


@dataclass(frozen=True, slots=True)
class DeviceWish:
    """What a phone is to be; without a list it may only supervise."""

    name: str
    lists: tuple[str, ...]
    supervise: bool


# Conflicts and scans


def close_conflict(session: Session, device: DeviceState, conflict_id: uuid.UUID, note: str) -> bool:
    """Close it with a note; False when another note closed it before: the first closing stays. Raises `NotFound`."""
    lists = select(CheckInList.id).where(CheckInList.event_id == device.event_id)
    mine = Conflict.id == conflict_id, Conflict.scan_id.in_(select(Scan.id).where(Scan.list_id.in_(lists)))
    conflict = session.scalar(select(Conflict).where(*mine).with_for_update().execution_options(populate_existing=True))
    if conflict is None:
        raise NotFound
    if conflict.closed_at is None:
        conflict.closed_at, conflict.closed_by, conflict.note = clock.now(), device.id, note
        record(session, device.event_id, "conflict.closed", conflict_id, device.actor)
    return (conflict.closed_by, conflict.note) == (device.id, note)


def take_back(device: DeviceState, scan_id: uuid.UUID, key: uuid.UUID, reason: str) -> Verdict:
    """Undo a scan of this event as a scan of its own, made by this phone; the same `key` again undoes nothing twice.

    Its number is 0, which is none: it was made here and cannot be missing. Like every scan, it has its own transaction
    (`record`). Raises `NotFound`.
    """
    found = find_scan(device.event_id, scan_id)
    if found is None:
        raise NotFound
    attempt = Attempt(key, str(key), 0, found.check_in_list.slug, Direction.UNDO, clock.now(), undoes=scan_id, reason=reason)
    return service.record(device.token_hash, [attempt]).verdicts[0]


# Phones


def get_device(event_id: uuid.UUID, device_id: uuid.UUID) -> Device:
    """A phone of this event. Raises `NotFound`."""
    device = find_device(event_id, device_id)
    if device is None:
        raise NotFound
    return device


def add_device(session: Session, event: Event, wish: DeviceWish, key: uuid.UUID, actor: Actor) -> tuple[Device, str]:
    """A new phone and its one-time token, shown once. The same form sent again is the same phone with a new token.

    `key` is the form's and becomes the phone's id. Raises `NotFound` for a list of another event, `EventOver`, `CodeUsed`.
    """
    if session.get(Event, event.id, with_for_update={"key_share": True}) is None:  # the same form may be sent twice at once
        raise NotFound
    if session.get(Device, key) is not None:
        return renew_code(session, event.id, key, actor)
    return devices.enrol(session, event, wish.lists, wish.name, actor, supervise=wish.supervise, ident=key)


def renew_code(session: Session, event_id: uuid.UUID, device_id: uuid.UUID, actor: Actor) -> tuple[Device, str]:
    """Another one-time token for a phone that is not set up yet; the one before it is dead. Raises `NotFound`, `CodeUsed`."""
    token = secrets.token_urlsafe(16)
    device = _lock_device(session, event_id, device_id)
    if device.enrolled_at is not None or device.revoked_at is not None:
        raise CodeUsed
    device.enrol_hash, device.enrol_expires_at = devices.hash_token(token), clock.now() + devices.ENROL_FOR
    record(session, event_id, "device.code_renewed", device.id, actor)
    return device, token


def change_device(session: Session, event_id: uuid.UUID, device_id: uuid.UUID, wish: DeviceWish, actor: Actor) -> Device:
    """Give a phone its name, lists and rights; they hold from its next request on. Raises `NotFound`."""
    device = _lock_device(session, event_id, device_id)
    if not set(session.scalars(select(CheckInList.slug).where(CheckInList.event_id == event_id))).issuperset(wish.lists):
        raise NotFound
    renamed = device.name != wish.name
    rights = (device.lists, device.may_supervise) != (",".join(wish.lists), wish.supervise)
    device.name, device.lists, device.may_supervise = wish.name, ",".join(wish.lists), wish.supervise
    for verb in [*["device.renamed"] * renamed, *["device.rights_changed"] * rights]:
        record(session, event_id, verb, device.id, actor)
    return device


def end_device(session: Session, event_id: uuid.UUID, device_id: uuid.UUID, actor: Actor) -> Device:
    """Revoke a phone of this event at once. Raises `NotFound`."""
    get_device(event_id, device_id)
    return devices.revoke(session, device_id, actor)


def _lock_device(session: Session, event_id: uuid.UUID, device_id: uuid.UUID) -> Device:
    mine = select(Device).where(Device.event_id == event_id, Device.id == device_id)
    device = session.scalar(mine.with_for_update().execution_options(populate_existing=True))
    if device is None:
        raise NotFound
    return device
