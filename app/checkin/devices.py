"""Phones and programs at the door: set up by a one-time token, known by a device token, revoked at once.

Tokens are random (128 and 256 bits) and stored as SHA-256 only; the one-time token travels in an address's fragment.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from app.audit.models import Actor
from app.audit.service import record, record_for_good
from app.checkin import counters, queries
from app.checkin.models import CheckInList, Device
from app.checkin.rules import DeviceState, UnknownDevice
from app.core import clock
from app.core.babel import lazy_gettext as _l
from app.core.db import db
from app.core.errors import DomainError, NotFound
from app.core.security import keys
from app.events.models import Event
from app.i18n import formats

ENROL_FOR, STAYS_AFTER, UNDATED = timedelta(minutes=10), timedelta(hours=6), timedelta(days=7)
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


class EventOver(DomainError):
    """Devices are good for an event's days; this one's have passed."""

    status = 409
    code = "event_over"
    message = _l("This event is over.")


class EnrolmentOver(DomainError):
    """The one-time token was used, is too old, or never was one."""

    status = 401
    code = "enrolment_over"
    message = _l("This code has been used or is too old. Ask the organiser for a new one.")


def hash_token(token: str) -> bytes:
    """What is stored in place of a token; 128 random bits and more need no key."""
    return hashlib.sha256(token.encode()).digest()


def looks_like_token(token: str) -> bool:
    """Whether it is worth asking the database."""
    return _TOKEN.fullmatch(token) is not None


def expiry(event: Event) -> datetime:
    """When a device's token ends: six hours after midnight of the event's last day, in its zone; undated: in a week."""
    if event.ends_on is None:
        return clock.now() + UNDATED
    midnight = datetime.combine(event.ends_on + timedelta(days=1), time(), formats.zone(event.timezone))
    return midnight + STAYS_AFTER


def enrol(
    session: Session,
    event: Event,
    lists: Collection[str],
    name: str,
    actor: Actor,
    *,
    supervise: bool = False,
    language: str = "en",
    bearer: bool = False,
    ident: uuid.UUID | None = None,
) -> tuple[Device, str]:
    """A device for these lists of the event, and its one-time token (10 minutes), or with `bearer` its device token.

    Without a list it may only supervise. `ident` is its id where the caller has one. Raises `NotFound` for a list that
    the event has not, `EventOver` after the event.
    """
    expires_at, now = expiry(event), clock.now()
    if expires_at <= now:
        raise EventOver
    token = secrets.token_urlsafe(32 if bearer else 16)
    known = set(session.scalars(select(CheckInList.slug).where(CheckInList.event_id == event.id)))
    if not (lists or supervise) or not known.issuperset(lists):
        raise NotFound
    device = Device(
        id=ident or uuid.uuid4(), event_id=event.id, name=name, lists=",".join(lists), may_supervise=supervise,
        language=language, expires_at=expires_at,
    )  # fmt: skip
    if bearer:
        device.token_hash, device.enrolled_at = hash_token(token), now
    else:
        device.enrol_hash, device.enrol_expires_at = hash_token(token), now + ENROL_FOR
    session.add(device)
    record(session, event.id, "device.added", device.id, actor)
    return device, token


def trade(session: Session, one_time: str, language: str | None = None) -> tuple[DeviceState, str]:
    """The device token for a one-time token, which is used up in the same statement. Raises `EnrolmentOver`."""
    token, now = secrets.token_urlsafe(32), clock.now()
    values: dict[str, object] = {"token_hash": hash_token(token), "enrol_hash": None, "enrolled_at": now, "last_seen_at": now}
    if language is not None:
        values["language"] = language
    taken = session.execute(
        update(Device)
        .where(
            Device.enrol_hash == hash_token(one_time), Device.enrol_expires_at > now, Device.revoked_at.is_(None),
            Device.expires_at > now,
        )
        .values(values)
        .returning(Device.id)
        .execution_options(synchronize_session=False)
    ).first()  # fmt: skip
    device = queries.find_device_state(session.connection(), hash_token(token)) if taken else None
    if device is None:
        raise EnrolmentOver
    return device, token


def find_device_state(token_hash: bytes) -> DeviceState | None:
    """The device with this token, alive or dead."""
    return queries.read_device_state(token_hash)


@dataclass(frozen=True, slots=True)
class Report:
    """What a phone says of itself: scans it still holds, its highest number, and when it fetched the offline list."""

    unsent: int
    highest_seq: int
    list_synced_at: datetime | None


def roll(session: Session, device: DeviceState, token: str) -> str:
    """The token that follows `token`, the one `phone` came with; that one dies when the new one is first used to send something.

    The same token is always followed by the same one, so that an answer that was lost is asked for again, and two pages of
    one phone never shut each other out. Raises `UnknownDevice` when the token died meanwhile.
    """
    queries.adopt_token(session.connection(), device)
    promised = session.scalar(select(Device.next_token_hash).where(Device.id == device.id))
    made = _following(device.id, token)
    following = next((one for one in made if hash_token(one) == promised), made[0])
    mine = Device.id == device.id, Device.token_hash == device.token_hash, Device.revoked_at.is_(None)
    rolled = update(Device).where(*mine).values(next_token_hash=hash_token(following), last_seen_at=clock.now())
    done = session.execute(rolled.returning(Device.id).execution_options(synchronize_session=False)).first()
    if done is None:
        raise UnknownDevice
    return following


def _following(device_id: uuid.UUID, token: str) -> list[str]:
    """What follows under the present key, then what followed under older ones."""
    digests = [hmac.digest(one, device_id.bytes + token.encode(), hashlib.sha256) for one in keys("device-token")]
    return [urlsafe_b64encode(digest).decode().rstrip("=") for digest in digests]


def report(session: Session, device: DeviceState, said: Report) -> None:
    """Keep what a phone says of itself, and that it was seen. A list cannot have been fetched in the future."""
    now = clock.now()
    values: dict[str, object] = {"last_seen_at": now, "unsent": said.unsent, "highest_seq": said.highest_seq}
    if said.list_synced_at is not None:
        values["list_synced_at"] = min(now, said.list_synced_at)
    queries.adopt_token(session.connection(), device)
    mine = update(Device).where(Device.id == device.id).values(values)
    session.execute(mine.execution_options(synchronize_session=False))


def revoke(session: Session, device_id: uuid.UUID, actor: Actor) -> Device:
    """End a device at once; a second time changes nothing. Raises `NotFound`."""
    device = _get(session, device_id)
    if device.revoked_at is None:
        device.revoked_at = clock.now()
        record_for_good(session, device.event_id, "device.revoked", device.id, actor)
    device.enrol_hash = None
    return device


def rename(session: Session, device_id: uuid.UUID, name: str, actor: Actor) -> Device:
    """Call a device something else; its scans stay its own. Raises `NotFound`."""
    device = _get(session, device_id)
    if device.name != name:
        device.name = name
        record(session, device.event_id, "device.renamed", device.id, actor)
    return device


def _get(session: Session, device_id: uuid.UUID) -> Device:
    device = session.get(Device, device_id)
    if device is None:
        raise NotFound
    return device


def devices_of(event_id: uuid.UUID) -> list[tuple[Device, int]]:
    """An event's devices by name, each with the number of its scans that are not delivered yet."""
    found = db.session.scalars(select(Device).where(Device.event_id == event_id).order_by(Device.name, Device.id)).all()
    return [(device, queries.not_delivered(db.session.connection(), device.id)) for device in found]


def named(text: str) -> list[Device]:
    """The devices of this name, or the one with this id; those alive first."""
    try:
        by_id = Device.id == uuid.UUID(text)
    except ValueError:
        by_id = Device.id.is_(None)
    return list(db.session.scalars(select(Device).where(or_(Device.name == text, by_id)).order_by(Device.revoked_at)))


# What a phone is told in words


def inside_of(device: DeviceState) -> dict[uuid.UUID, int]:
    """How many people are in at each of the phone's lists."""
    return counters.inside(db.session.connection(), [one.id for one in device.check_in_lists.values()])
