"""What a supervisor looks at: phones and how they are, conflicts, the last scans. Each function is one query or two, whatever
the number of rows; everything starts from the event (`event_id`)."""

from __future__ import annotations

import uuid
import zlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, case, distinct, exists, func, or_, select
from sqlalchemy.orm import aliased

from app.checkin.models import Admission, CheckInList, Conflict, Device, Direction, Scan
from app.checkin.rules import Result, moment_of
from app.core.db import db
from app.registration.models import Registration, RevokedCode, Ticket

PAGE, LAST = 50, 100
UNKNOWN_MANY, UNDONE_MANY = 20, 5
CLOCK_OFF, LATELY = timedelta(minutes=5), timedelta(minutes=15)
SILENT_AFTER = timedelta(minutes=10)
_first_scan, _first_list, _first_device, _closer = aliased(Scan), aliased(CheckInList), aliased(Device), aliased(Device)


# Phones


@dataclass(frozen=True, slots=True)
class DeviceOverview:
    """How a phone is. `missing` counts the numbers of its scans that did not arrive, `heard_at` is when it last said anything,
    `unknowns` its unknown codes lately, scanned or typed, `undone` what it took back lately, `clock_off` how far its clock was
    off lately (never negative)."""

    device: Device
    missing: int = 0
    heard_at: datetime | None = None
    unknowns: int = 0
    undone: int = 0
    clock_off: timedelta = timedelta(0)

    def state(self, now: datetime) -> str:
        """`revoked`, `ended` with the event, `ready`, `waiting` for its code to be used, or `late`: the code is too old."""
        device = self.device
        if device.revoked_at is not None or device.expires_at <= now:
            return "revoked" if device.revoked_at else "ended"
        if device.enrolled_at is not None:
            return "ready"
        return "waiting" if device.enrol_hash and device.enrol_expires_at and device.enrol_expires_at > now else "late"

    def is_silent(self, now: datetime) -> bool:
        """Nothing was heard of it for ten minutes."""
        return self.heard_at is None or now - self.heard_at > SILENT_AFTER

    def warnings(self, now: datetime) -> tuple[str, ...]:
        """What a person should look at: `many_unknown`, `many_undone`, `clock_off`, `silent_missing`, `silent_unsent`."""
        silent = self.is_silent(now)
        found = {
            "many_unknown": self.unknowns >= UNKNOWN_MANY,
            "many_undone": self.undone >= UNDONE_MANY,
            "clock_off": self.clock_off > CLOCK_OFF,
            "silent_missing": silent and self.missing > 0,
            "silent_unsent": silent and self.missing == 0 and self.device.unsent > 0,
        }
        return tuple(name for name, applies in found.items() if applies)


def overviews_of(event_id: uuid.UUID, now: datetime) -> list[DeviceOverview]:
    """An event's phones: those in use first, then by name."""
    rows = db.session.scalars(select(Device).where(Device.event_id == event_id).order_by(Device.name, Device.id)).all()
    told = {row.device_id: row for row in db.session.execute(_told(event_id, now))}
    found = [_device(device, told.get(device.id)) for device in rows]
    order = {"ready": 0, "waiting": 1, "late": 1, "revoked": 2, "ended": 2}
    return sorted(found, key=lambda state: order[state.state(now)])


def devices_version(event_id: uuid.UUID) -> str:
    """Changes whenever a phone's own row is shown otherwise: moments count to the minute. What its scans tell is not in it."""
    columns = (
        Device.id, Device.name, Device.lists, Device.may_supervise, Device.unsent, Device.highest_seq, Device.last_seen_at,
        Device.list_synced_at, Device.enrolled_at, Device.enrol_expires_at, Device.expires_at, Device.revoked_at,
    )  # fmt: skip
    rows = db.session.execute(select(*columns).where(Device.event_id == event_id).order_by(Device.id))
    shown = [[f"{value:%Y%m%d%H%M}" if isinstance(value, datetime) else str(value) for value in row] for row in rows]
    return f"{zlib.crc32(repr(shown).encode()):x}"


def overview_of(device: Device, now: datetime) -> DeviceOverview:
    """How one phone is."""
    return _device(device, db.session.execute(_told(device.event_id, now).where(Device.id == device.id)).first())


def find_device(event_id: uuid.UUID, device_id: uuid.UUID) -> Device | None:
    """A phone of this event."""
    return db.session.scalar(select(Device).where(Device.event_id == event_id, Device.id == device_id))


def missing_since(devices: Iterable[DeviceOverview]) -> dict[uuid.UUID, datetime | None]:
    """For each phone with scans missing: when the last one before the first gap arrived; None when not even the first did."""
    lacking = {device.device.id: device.device.enrolled_at for device in devices if device.missing}
    arrived: dict[uuid.UUID, dict[int, datetime]] = {ident: {} for ident in lacking}
    for ident, number, at in db.session.execute(_numbers(lacking)):
        arrived[ident][number] = at
    return {ident: _before_gap(numbers) or lacking[ident] for ident, numbers in arrived.items()}


def _told(event_id: uuid.UUID, now: datetime) -> Select[*tuple[Any, ...]]:
    lately = Scan.received_at > now - LATELY
    unknown = and_(lately, Scan.result == Result.UNKNOWN.value)
    undone = and_(lately, Scan.result == Result.UNDONE.value, Scan.rehearsal.is_(False))
    return (
        select(
            Scan.device_id,
            func.max(Scan.seq).label("highest"),
            func.count(distinct(case((Scan.seq > 0, Scan.seq)))).label("present"),
            func.max(Scan.received_at).label("last"),
            func.sum(case((unknown, 1), else_=0)).label("unknowns"),
            func.sum(case((undone, 1), else_=0)).label("undone"),
            func.max(case((lately, func.abs(Scan.offset_ms)), else_=0)).label("off"),
        )
        .join(Device, Device.id == Scan.device_id)
        .where(Device.event_id == event_id)
        .group_by(Scan.device_id)
    )


def _device(device: Device, told: Any) -> DeviceOverview:
    """A phone that was set up anew counts from 1 again; its numbers never make more than its highest one."""
    if told is None:
        return DeviceOverview(device, device.highest_seq, device.last_seen_at)
    heard = max((at for at in (device.last_seen_at, told.last) if at is not None), default=None)
    missing = max(0, max(device.highest_seq, told.highest) - told.present)
    return DeviceOverview(device, missing, heard, int(told.unknowns), int(told.undone), timedelta(milliseconds=int(told.off)))


def _numbers(devices: Collection[uuid.UUID]) -> Select[*tuple[Any, ...]]:
    numbered = Scan.device_id.in_(devices), Scan.seq > 0
    return select(Scan.device_id, Scan.seq, func.max(Scan.received_at)).where(*numbered).group_by(Scan.device_id, Scan.seq)


def _before_gap(arrived: dict[int, datetime]) -> datetime | None:
    number = 1
    while number in arrived:
        number += 1
    return arrived.get(number - 1)


# Conflicts


@dataclass(frozen=True, slots=True)
class ConflictCase:
    """A conflict with what both sides knew: the scan, its phone and list, the ticket, and the scan that was `first`."""

    conflict: Conflict
    scan: Scan
    check_in_list: CheckInList
    device: Device
    ticket: Ticket | None
    first: Scan | None
    first_door: CheckInList | None
    first_device: Device | None
    closer: Device | None
    cancelled_at: datetime | None
    replaced_at: datetime | None

    @property
    def at(self) -> datetime:
        """When the phone let the guest in, its clock set right."""
        return moment(self.scan)

    @property
    def is_partial(self) -> bool:
        """The server admitted some of them."""
        return 0 < self.scan.admitted < self.scan.count

    @property
    def had_ended(self) -> bool:
        """The phone was ended, or its event over, when the scan arrived."""
        ended = min(filter(None, (self.device.revoked_at, self.device.expires_at)))
        return ended <= self.scan.received_at

    @property
    def initials(self) -> str:
        """Of the guest, where the ticket is one of this event and still good for something."""
        shown = self.ticket is not None and self.conflict.kind not in {"unknown", "wrong_event"}
        return self.ticket.initials if shown and self.ticket else ""


def cases_of(event_id: uuid.UUID, page: int) -> tuple[list[ConflictCase], bool]:
    """Fifty conflicts of this event, and whether more follow: open ones first, the oldest on top; then the last closed."""
    order = (Conflict.closed_at.is_not(None), Conflict.closed_at.desc(), Conflict.found_at, Conflict.id)
    rows = db.session.execute(_cases(event_id).order_by(*order).offset((page - 1) * PAGE).limit(PAGE + 1)).all()
    return [ConflictCase(*row) for row in rows[:PAGE]], len(rows) > PAGE


def find_case(event_id: uuid.UUID, conflict_id: uuid.UUID) -> ConflictCase | None:
    """One conflict of this event."""
    row = db.session.execute(_cases(event_id).where(Conflict.id == conflict_id)).first()
    return ConflictCase(*row) if row else None


def count_open(event_id: uuid.UUID) -> int:
    """How many conflicts of this event wait for a person."""
    mine = select(func.count()).select_from(Conflict).join(Scan, Scan.id == Conflict.scan_id)
    mine = mine.join(CheckInList, CheckInList.id == Scan.list_id).where(
        CheckInList.event_id == event_id, Conflict.closed_at.is_(None)
    )
    return db.session.scalar(mine) or 0


def _cases(event_id: uuid.UUID) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Conflict, Scan, CheckInList, Device, Ticket, _first_scan, _first_list, _first_device, _closer,
            Registration.cancelled_at, RevokedCode.revoked_at,
        )
        .join(Scan, Scan.id == Conflict.scan_id)
        .join(CheckInList, CheckInList.id == Scan.list_id)
        .join(Device, Device.id == Scan.device_id)
        .outerjoin(Ticket, Ticket.id == Scan.ticket_id)
        .outerjoin(Registration, Registration.id == Ticket.registration_id)
        .outerjoin(_first_scan, and_(_first_scan.id == Scan.winner_id, _first_scan.id != Scan.id))
        .outerjoin(_first_list, _first_list.id == _first_scan.list_id)
        .outerjoin(_first_device, _first_device.id == _first_scan.device_id)
        .outerjoin(_closer, _closer.id == Conflict.closed_by)
        .outerjoin(RevokedCode, RevokedCode.code_hash == Scan.code_hash)
        .where(CheckInList.event_id == event_id)
    )  # fmt: skip


# Scans


@dataclass(frozen=True, slots=True)
class Attempted:
    """One scan as a supervisor sees it; `undoable` says that there is something left to take back."""

    scan: Scan
    check_in_list: CheckInList
    device: Device
    ticket: Ticket | None
    undoable: bool

    @property
    def at(self) -> datetime:
        """When it happened, the phone's clock set right."""
        return moment(self.scan)

    @property
    def initials(self) -> str:
        """Of the guest, where the ticket is one of this event."""
        return self.ticket.initials if self.ticket is not None and self.ticket.event_id == self.check_in_list.event_id else ""


def last_scans(event_id: uuid.UUID) -> list[Attempted]:
    """The hundred scans that came in last, shown in the order in which they happened, newest first."""
    rows = db.session.execute(_scans(event_id).order_by(Scan.received_at.desc(), Scan.seq.desc(), Scan.id).limit(LAST)).all()
    return sorted((Attempted(*row) for row in rows), key=lambda found: found.at, reverse=True)


def find_scan(event_id: uuid.UUID, scan_id: uuid.UUID) -> Attempted | None:
    """One scan of this event."""
    row = db.session.execute(_scans(event_id).where(Scan.id == scan_id)).first()
    return Attempted(*row) if row else None


def _scans(event_id: uuid.UUID) -> Select[*tuple[Any, ...]]:
    let_in = exists().where(Admission.scan_id == Scan.id, Admission.released_by.is_(None))
    let_out = exists().where(Admission.released_by == Scan.id)
    undoable = or_(
        and_(Scan.direction == Direction.ENTRY, Scan.result == Result.ACCEPTED.value, let_in),
        and_(Scan.direction == Direction.EXIT, Scan.result == Result.EXITED.value, let_out),
    )
    return (
        select(Scan, CheckInList, Device, Ticket, undoable)
        .join(CheckInList, CheckInList.id == Scan.list_id)
        .join(Device, Device.id == Scan.device_id)
        .outerjoin(Ticket, Ticket.id == Scan.ticket_id)
        .where(CheckInList.event_id == event_id)
    )


def moment(scan: Scan) -> datetime:
    """When a scan happened: as received when it was made online, else by the phone's clock set right."""
    return moment_of(scan.mode, scan.received_at, scan.occurred_at, timedelta(milliseconds=scan.offset_ms))
