"""Who did what, what was deleted when, and how often something was done: ids, verbs and numbers, never a name or a text."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, Integer, LargeBinary, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Model, UTCDateTime, uuid_key


class ActorKind(StrEnum):
    """Who may do something."""

    DEVICE = "device"
    GUEST = "guest"
    TERMINAL = "terminal"
    APP = "app"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something; `id` is the device's."""

    kind: ActorKind
    id: uuid.UUID | None = None


GUEST, TERMINAL, APP = Actor(ActorKind.GUEST), Actor(ActorKind.TERMINAL), Actor(ActorKind.APP)


class AuditEntry(Model):
    """What somebody did to what, and to which event it belongs. It outlives the event: no foreign key."""

    __tablename__ = "audit_entries"
    __table_args__ = (Index("ix_audit_entries_event_id_at", "event_id", "at"),)

    id: Mapped[uuid.UUID] = uuid_key()
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    event_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    actor_kind: Mapped[ActorKind] = mapped_column(String(8))
    actor_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    verb: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[uuid.UUID] = mapped_column(Uuid)


class Deletion(Model):
    """The proof that something was deleted: what kind, how many rows, of which event, and when."""

    __tablename__ = "deletions"
    __table_args__ = (Index("ix_deletions_event_id_at", "event_id", "at"),)

    id: Mapped[uuid.UUID] = uuid_key()
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    event_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    kind: Mapped[str] = mapped_column(String(40))
    count: Mapped[int] = mapped_column(Integer)


class RateCount(Model):
    """How often somebody (`who`, a keyed hash) did something since `window_at`."""

    __tablename__ = "rate_counts"

    who: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    window_at: Mapped[datetime] = mapped_column(UTCDateTime, primary_key=True)
    count: Mapped[int] = mapped_column(Integer, default=0)
