"""Rows of an agenda, tracks and people; their texts stand in the event's scope."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import JSON, CheckConstraint, Date, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.babel import lazy_pgettext as _p
from app.core.db import Model, UTCDateTime, one_of, uuid_key, word
from app.core.labels import Labelled
from app.events.models import Access, Event
from app.i18n.text_kinds import TextKind, register
from app.places.models import Room, Venue

TEXTS = register(
    TextKind("item.title", 200, required=True),
    TextKind("item.description", 2000),
    TextKind("item.when"),  # words for the time: "in the evening"
    TextKind("item.place"),  # where, in words, when it is no venue
    TextKind("item.meeting_point"),
    TextKind("item.dress_code"),
    TextKind("item.reason"),  # why it is cancelled or moved
    TextKind("item.old_place"),
    TextKind("item.note"),
    TextKind("track.name", 120, required=True),
    TextKind("person.name", 120),
    TextKind("person.role", 120),
)


class ItemKind(Labelled):
    """What a row is; of a row of any other kind nothing is said."""

    TALK = "talk", _p("kind of row", "Talk")
    CEREMONY = "ceremony", _p("kind of row", "Ceremony")
    MUSIC = "music", _p("kind of row", "Music")
    PERFORMANCE = "performance", _p("kind of row", "Performance")
    MEAL = "meal", _p("kind of row", "Meal")
    BREAK = "break", _p("kind of row", "Break")
    TRANSFER = "transfer", _p("kind of row", "Transfer")
    WORKSHOP = "workshop", _p("kind of row", "Workshop")
    VISIT = "visit", _p("kind of row", "Visit")
    MEETING = "meeting", _p("kind of row", "Meeting")
    ARRIVAL = "arrival", _p("kind of row", "Arrival")
    SOCIAL = "social", _p("kind of row", "Social time")
    EXHIBITION = "exhibition", _p("kind of row", "Exhibition")
    OTHER = "other"


class ItemStatus(Labelled):
    """Whether a row takes place."""

    SCHEDULED = "scheduled"
    PROVISIONAL = "provisional", _p("agenda", "Provisional")
    CANCELLED = "cancelled", _p("status", "Cancelled")


class Interpretation(StrEnum):
    """How a row is put into other languages."""

    INTERPRETER = "interpreter"
    SIGN = "sign"
    SUBTITLES = "subtitles"


class Track(Model):
    """A strand of the programme."""

    __tablename__ = "tracks"

    id: Mapped[uuid.UUID] = uuid_key()
    event_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"), index=True)
    position: Mapped[int] = mapped_column(Integer, default=0)


class AgendaItem(Model):
    """One row of an agenda. `number` is stable in its event: it stands in addresses and calendars.

    `on` is the civil day it belongs to (a row at 01:00 belongs to the evening before); None when no day is set yet.
    `starts_at` and `ends_at` are moments; either may be missing. When a row is moved, `old_starts_at`, `old_ends_at` and
    `old_venue_id` (or the text item.old_place) keep what was announced before.
    """

    __tablename__ = "agenda_items"
    __table_args__ = (
        UniqueConstraint("event_id", "number"),
        one_of("status", ItemStatus),
        one_of("access", Access),
        CheckConstraint("ends_at IS NULL OR starts_at IS NULL OR ends_at >= starts_at", name="times"),
        Index("ix_agenda_items_starts_at", "starts_at"),
    )

    id: Mapped[uuid.UUID] = uuid_key()
    event_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column(Integer)
    position: Mapped[int] = mapped_column(Integer, default=0)
    kind: Mapped[ItemKind] = mapped_column(word(ItemKind, 12), default=ItemKind.OTHER)
    status: Mapped[ItemStatus] = mapped_column(word(ItemStatus, 11), default=ItemStatus.SCHEDULED)
    access: Mapped[Access] = mapped_column(word(Access, 10), default=Access.PUBLIC)
    on: Mapped[date | None] = mapped_column(Date)
    starts_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ends_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    doors_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    latest_arrival_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    old_starts_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    old_ends_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    old_venue_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("venues.id"))
    changed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    venue_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("venues.id"))
    room_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("rooms.id"))
    track_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("tracks.id"))
    parallel_group: Mapped[str] = mapped_column(String(20), default="")
    repeats: Mapped[int | None] = mapped_column(Integer)  # number of the row that this one repeats
    languages: Mapped[list[str]] = mapped_column(JSON, default=list)
    # [{"kind": an Interpretation, "lang": "lv", "channel": "2"}]
    interpretations: Mapped[list[dict[str, str]]] = mapped_column(JSON, default=list)
    sequence: Mapped[int] = mapped_column(Integer, default=0)
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime)
    event: Mapped[Event] = relationship()
    venue: Mapped[Venue | None] = relationship(foreign_keys=[venue_id])
    old_venue: Mapped[Venue | None] = relationship(foreign_keys=[old_venue_id])
    room: Mapped[Room | None] = relationship()
    track: Mapped[Track | None] = relationship()
    people: Mapped[list[ItemPerson]] = relationship(
        back_populates="item", cascade="all, delete-orphan", passive_deletes=True, order_by="ItemPerson.position"
    )

    @property
    def is_cancelled(self) -> bool:
        """Whether this row will not take place."""
        return self.status == ItemStatus.CANCELLED

    @property
    def is_moved(self) -> bool:
        """Whether time or place differ from what was announced first."""
        return self.old_starts_at is not None or self.old_venue_id is not None


class Person(Model):
    """Somebody on stage; the demo names roles, never private persons."""

    __tablename__ = "people"

    id: Mapped[uuid.UUID] = uuid_key()
    event_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"), index=True)
    position: Mapped[int] = mapped_column(Integer, default=0)


class ItemPerson(Model):
    """Who does what in a row."""

    __tablename__ = "item_people"

    item_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("agenda_items.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(Integer, default=0)
    role: Mapped[str] = mapped_column(String(20), default="speaker")
    item: Mapped[AgendaItem] = relationship(back_populates="people")
    person: Mapped[Person] = relationship()
