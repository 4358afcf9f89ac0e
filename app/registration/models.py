"""Who said they come, and the ticket each holds. Secrets are stored as keyed hashes only (checkin.md §1)."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, Integer, LargeBinary, String, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import Model, UTCDateTime, uuid_key

MODES = ("optional", "required")
STATUSES = ("confirmed", "waitlisted", "cancelled")


def initials_of(name: str) -> str:
    """`A. B.` for Anna Maria Berg."""
    words = name.split()
    return " ".join(f"{word[0].upper()}." for word in ([words[0], words[-1]] if len(words) > 1 else words))


class RegistrationDesk(Model):
    """How one event (its `scope`) takes registrations; an event without a desk is open to all."""

    __tablename__ = "registration_desks"
    __table_args__ = (
        CheckConstraint("mode IN ('optional', 'required')", name="mode"),
        CheckConstraint("party_max >= 1", name="party"),
    )

    scope: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    mode: Mapped[str] = mapped_column(String(8), default="optional")
    opens_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    closes_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    capacity: Mapped[int | None] = mapped_column(Integer)
    party_max: Mapped[int] = mapped_column(Integer, default=8)


class Registration(Model):
    """A sign-up, possibly for a party. `form_key` is the form's random key: the same key gets the same answer."""

    __tablename__ = "registrations"
    __table_args__ = (
        CheckConstraint("status IN ('confirmed', 'waitlisted', 'cancelled')", name="status"),
        CheckConstraint("party_size >= 1", name="party"),
        UniqueConstraint("scope", "form_key"),
        UniqueConstraint("link_hash"),
        Index("ix_registrations_scope_status", "scope", "status"),
    )

    id: Mapped[uuid.UUID] = uuid_key()
    scope: Mapped[uuid.UUID] = mapped_column(Uuid)
    form_key: Mapped[uuid.UUID] = mapped_column(Uuid)
    link_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    name: Mapped[str] = mapped_column(String(120))
    email: Mapped[str] = mapped_column(String(254), default="")
    party_size: Mapped[int] = mapped_column(Integer, default=1)
    language: Mapped[str] = mapped_column(String(8))
    status: Mapped[str] = mapped_column(String(10), default="confirmed")
    position: Mapped[int] = mapped_column(Integer, default=0)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    cancelled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ticket: Mapped[Ticket | None] = relationship(back_populates="registration", uselist=False)


class Ticket(Model):
    """An admission for a registration's party, or a rehearsal ticket (no registration), which counts nowhere.

    The code in the QR is derived from the id and `generation` and never stored; `code_hash` finds it again.
    `lists` limits the ticket to check-in lists by slug; None admits to every list of the event.
    """

    __tablename__ = "tickets"
    __table_args__ = (
        UniqueConstraint("code_hash"),
        UniqueConstraint("scope", "reference"),
        Index("ix_tickets_registration_id", "registration_id"),
    )

    id: Mapped[uuid.UUID] = uuid_key()
    scope: Mapped[uuid.UUID] = mapped_column(Uuid)
    registration_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("registrations.id", ondelete="CASCADE"))
    reference: Mapped[str] = mapped_column(String(8))
    generation: Mapped[int] = mapped_column(Integer, default=1)
    code_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    holder: Mapped[str] = mapped_column(String(120), default="")
    language: Mapped[str] = mapped_column(String(8), default="en")
    party_size: Mapped[int] = mapped_column(Integer, default=1)
    status: Mapped[str] = mapped_column(String(10), default="confirmed")
    lists: Mapped[str | None] = mapped_column(String(400))
    rehearsal: Mapped[bool] = mapped_column(Boolean, default=False)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    registration: Mapped[Registration | None] = relationship(back_populates="ticket")

    @property
    def initials(self) -> str:
        """`A. B.` of the holder's name: all that a door may show."""
        return initials_of(self.holder)


class RevokedCode(Model):
    """The hash of a code that was replaced by a new generation."""

    __tablename__ = "revoked_codes"

    code_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    ticket_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), index=True)
    revoked_at: Mapped[datetime] = mapped_column(UTCDateTime)


class RegistrationTotal(Model):
    """What stays of an event's registrations once they are deleted: parties, and the people of the confirmed ones."""

    __tablename__ = "registration_totals"

    scope: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    confirmed: Mapped[int] = mapped_column(Integer)
    people: Mapped[int] = mapped_column(Integer)
    waitlisted: Mapped[int] = mapped_column(Integer)
    cancelled: Mapped[int] = mapped_column(Integer)
