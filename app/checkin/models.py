"""The door's tables, exactly as checkin.md §1: every attempt is kept, the unique index on admissions is the truth."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    Boolean,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import Model, UTCDateTime, one_of, uuid_key, word
from app.i18n.text_kinds import TextKind, register
from app.registration.models import Ticket

TEXTS = register(TextKind("list.name", 120, required=True))


class ListKind(StrEnum):
    """What tickets are admitted to at a list."""

    EVENT = "event"
    DAY = "day"
    ITEM = "item"
    COACH = "coach"


class Direction(StrEnum):
    """What an attempt asks for."""

    ENTRY = "entry"
    EXIT = "exit"
    UNDO = "undo"


class ScanMode(StrEnum):
    """Whether the phone had a network."""

    ONLINE = "online"
    OFFLINE = "offline"


class LocalAnswer(StrEnum):
    """What a phone decided by itself while it had no network."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"


# A scan's result until it is judged, and when the phone was no longer in use: nobody was admitted by it.
PENDING, QUARANTINE = "pending", "quarantine"


def device_initials(name: str) -> str:
    """`MK` for Maija K."""
    return "".join(word[0].upper() for word in name.split()[:3])


class CheckInList(Model):
    """Somewhere tickets are admitted: the main door, the coach, dinner. Its name is the text `list.name`.

    A list of kind day is for `on`, one of kind item for the agenda row `item_id` (opaque here). `is_venue_door` says that
    whoever is in here is at the venue: those lists make the one headcount; the coach and dinner do not.
    """

    __tablename__ = "check_in_lists"
    __table_args__ = (
        UniqueConstraint("event_id", "slug"),
        one_of("kind", ListKind),
    )

    id: Mapped[uuid.UUID] = uuid_key()
    event_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"))
    slug: Mapped[str] = mapped_column(String(40))
    kind: Mapped[ListKind] = mapped_column(word(ListKind, 5), default=ListKind.EVENT)
    position: Mapped[int] = mapped_column(Integer, default=0)
    on: Mapped[date | None] = mapped_column(Date)
    item_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    is_venue_door: Mapped[bool] = mapped_column(Boolean, default=True)
    opens_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    closes_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    re_entry: Mapped[bool] = mapped_column(Boolean, default=True)
    count_exits: Mapped[bool] = mapped_column(Boolean, default=True)
    capacity: Mapped[int | None] = mapped_column(Integer)


class Device(Model):
    """A volunteer's phone or a program, good for one event and its lists until `expires_at`. Tokens are stored hashed.

    `lists` are slugs separated by commas; `enrol_hash` is the one-time token until it is traded for the device token.
    `next_token_hash` is the token that follows; the old one dies when the new one is first used. `unsent` and `highest_seq`
    are what the phone itself said at `last_seen_at`; `list_synced_at` is when it last fetched the offline list.
    """

    __tablename__ = "devices"
    __table_args__ = (UniqueConstraint("token_hash"), UniqueConstraint("next_token_hash"), UniqueConstraint("enrol_hash"))

    id: Mapped[uuid.UUID] = uuid_key()
    event_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(60))
    lists: Mapped[str] = mapped_column(String(400))
    may_supervise: Mapped[bool] = mapped_column(Boolean, default=False)
    enrol_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    enrol_expires_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    token_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    enrolled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    language: Mapped[str] = mapped_column(String(8), default="en")
    next_token_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    last_seen_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    list_synced_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    unsent: Mapped[int] = mapped_column(Integer, default=0)
    highest_seq: Mapped[int] = mapped_column(Integer, default=0)
    # Searches are counted by audit.limits now; these two columns go when no older version runs on the database any more.
    searches: Mapped[int] = mapped_column(Integer, default=0)
    searches_since: Mapped[datetime | None] = mapped_column(UTCDateTime)

    @property
    def initials(self) -> str:
        """`MK` for Maija K."""
        return device_initials(self.name)


class Scan(Model):
    """One attempt, kept for ever whatever came of it; `id` was made on the phone.

    `code_hash` stands for whatever was read, so that a replay can be compared; `typed` says that it was a reference.
    `offset_ms` is server minus phone; `admitted` how many of the party this scan let in; `winner_id` the scan that was first.
    """

    __tablename__ = "scans"
    __table_args__ = (
        one_of("direction", Direction),
        one_of("mode", ScanMode),
        Index("ix_scans_list_id_ticket_id", "list_id", "ticket_id"),
        Index("ix_scans_device_id_received_at", "device_id", "received_at"),
        Index("ix_scans_list_id_received_at", "list_id", "received_at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    device_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("devices.id", ondelete="CASCADE"))
    list_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("check_in_lists.id", ondelete="CASCADE"))
    seq: Mapped[int] = mapped_column(Integer)
    direction: Mapped[Direction] = mapped_column(word(Direction, 5))
    count: Mapped[int] = mapped_column(Integer, default=1)
    undoes: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    reason: Mapped[str | None] = mapped_column(Text)
    code_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    ticket_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    occurred_at: Mapped[datetime] = mapped_column(UTCDateTime)
    received_at: Mapped[datetime] = mapped_column(UTCDateTime)
    offset_ms: Mapped[int] = mapped_column(BigInteger, default=0)
    mode: Mapped[ScanMode] = mapped_column(word(ScanMode, 7), default=ScanMode.ONLINE)
    local: Mapped[LocalAnswer | None] = mapped_column(word(LocalAnswer, 8))
    result: Mapped[str] = mapped_column(String(12), default=PENDING)
    winner_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    admitted: Mapped[int] = mapped_column(Integer, default=0)
    typed: Mapped[bool] = mapped_column(Boolean, default=False)
    rehearsal: Mapped[bool] = mapped_column(Boolean, default=False)


class Admission(Model):
    """This pass of this ticket is in. At most one lives per (ticket, list, pass): the database keeps it so."""

    __tablename__ = "admissions"
    __table_args__ = (
        Index(
            "uq_admissions_live", "ticket_id", "list_id", "pass_no", unique=True,
            sqlite_where=text("released_by IS NULL"), postgresql_where=text("released_by IS NULL"),
        ),
        Index("ix_admissions_ticket_id_list_id", "ticket_id", "list_id"),
        Index("ix_admissions_list_id", "list_id"),
        Index("ix_admissions_scan_id", "scan_id"),
        Index(  # scans are looked for here when they are deleted; entries never touch it
            "ix_admissions_released_by", "released_by",
            sqlite_where=text("released_by IS NOT NULL"), postgresql_where=text("released_by IS NOT NULL"),
        ),
    )  # fmt: skip

    id: Mapped[uuid.UUID] = uuid_key()
    ticket_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"))
    list_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("check_in_lists.id", ondelete="CASCADE"))
    pass_no: Mapped[int] = mapped_column(Integer)
    scan_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("scans.id", ondelete="CASCADE"))
    released_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("scans.id", ondelete="CASCADE"))
    ticket: Mapped[Ticket] = relationship()


class Conflict(Model):
    """The phone let somebody in and the server's result is not accepted; open until a person closes it with a note."""

    __tablename__ = "conflicts"

    id: Mapped[uuid.UUID] = uuid_key()
    scan_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("scans.id", ondelete="CASCADE"), unique=True)
    kind: Mapped[str] = mapped_column(String(12))
    found_at: Mapped[datetime] = mapped_column(UTCDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    closed_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    note: Mapped[str] = mapped_column(Text, default="")


class Headcount(Model):
    """An anonymous plus or minus click at a door; a rehearsed one counts nowhere."""

    __tablename__ = "headcounts"

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    list_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("check_in_lists.id", ondelete="CASCADE"), index=True)
    device_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("devices.id", ondelete="CASCADE"))
    delta: Mapped[int] = mapped_column(Integer)
    occurred_at: Mapped[datetime] = mapped_column(UTCDateTime)
    received_at: Mapped[datetime] = mapped_column(UTCDateTime)
    offset_ms: Mapped[int] = mapped_column(BigInteger, default=0)
    rehearsal: Mapped[bool] = mapped_column(Boolean, default=False)


class ListCounter(Model):
    """A part of a list's numbers, kept in the transaction that changes them; the list's numbers are the sums of its parts.

    `inside` is the passes that are in, `clicks` what was counted by hand (no rehearsals), `exits` how many scans ever let
    somebody out, `changes` every scan and click that was kept. On PostgreSQL each connection adds to a shard of its own, so
    that no two scans wait for one row; SQLite has one writer and one shard. `counters` reads, adds and repairs.
    """

    __tablename__ = "list_counters"

    list_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("check_in_lists.id", ondelete="CASCADE"), primary_key=True)
    shard: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    inside: Mapped[int] = mapped_column(Integer, default=0)
    clicks: Mapped[int] = mapped_column(Integer, default=0)
    exits: Mapped[int] = mapped_column(Integer, default=0)
    changes: Mapped[int] = mapped_column(BigInteger, default=0)


class AttendanceTotal(Model):
    """What stays of a list once its scans are deleted: numbers without names (`retention.Attendance`)."""

    __tablename__ = "attendance_totals"

    event_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"), primary_key=True)
    slug: Mapped[str] = mapped_column(String(40), primary_key=True)
    admitted: Mapped[int] = mapped_column(Integer)
    exits: Mapped[int] = mapped_column(Integer)
    refused: Mapped[int] = mapped_column(Integer)
    walk_ins: Mapped[int] = mapped_column(Integer)
