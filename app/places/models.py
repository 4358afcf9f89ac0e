"""Municipalities and what each is to the programme, venues, rooms. Names are data: never translated by machine."""

from __future__ import annotations

import uuid
from enum import StrEnum

from sqlalchemy import JSON, Float, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.babel import lazy_pgettext as _p
from app.core.db import Model, one_of, uuid_key, word
from app.core.labels import Labelled
from app.i18n.text_kinds import TextKind, register

TEXTS = register(
    TextKind("venue.name", 160, required=True), TextKind("venue.directions"), TextKind("room.name", 120, required=True)
)


class NameKind(StrEnum):
    """What a name is; the last two are search aliases, never shown."""

    OFFICIAL = "official"
    EXONYM = "exonym"
    ASCII = "ascii"
    HISTORICAL = "historical"


class PlaceRole(Labelled):
    """What a place was to the programme in a year."""

    APPLICANT = "applicant", _p("role of a town", "Applicant")
    CANDIDATE = "candidate", _p("role of a town", "Candidate")
    TITLE_HOLDER = "title_holder", _p("role of a town", "Title holder")
    PARTNER = "partner", _p("role of a town", "Partner")


class Feature(Labelled):
    """What a venue may have for people with a disability: the names of its columns."""

    WHEELCHAIR = "wheelchair", _p("accessibility", "Wheelchair accessible")
    STEP_FREE = "step_free", _p("accessibility", "Step-free entrance")
    TOILET = "toilet", _p("accessibility", "Accessible toilet")
    HEARING_LOOP = "hearing_loop", _p("accessibility", "Hearing loop")


class Accessible(Labelled):
    """Whether it has that."""

    YES = "yes", _p("accessibility", "Yes")
    PARTLY = "partly", _p("accessibility", "Partly")
    NO = "no", _p("accessibility", "No")
    UNKNOWN = "unknown", _p("accessibility", "Not known")


SHOWN_NAMES = (NameKind.OFFICIAL, NameKind.EXONYM)


class Place(Model):
    """A municipality (or a town inside one)."""

    __tablename__ = "places"

    id: Mapped[uuid.UUID] = uuid_key()
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    country: Mapped[str] = mapped_column(String(2), index=True)
    timezone: Mapped[str] = mapped_column(String(40))
    latitude: Mapped[float] = mapped_column(Float)
    longitude: Mapped[float] = mapped_column(Float)
    coordinates_of: Mapped[str] = mapped_column(String(80), default="")
    seat: Mapped[str] = mapped_column(String(160), default="")
    population: Mapped[int | None] = mapped_column(Integer)
    population_note: Mapped[str] = mapped_column(String(200), default="")
    websites: Mapped[list[str]] = mapped_column(JSON, default=list)
    languages: Mapped[list[str]] = mapped_column(JSON, default=list)
    names: Mapped[list[PlaceName]] = relationship(
        back_populates="place", cascade="all, delete-orphan", passive_deletes=True, order_by="PlaceName.position"
    )
    years: Mapped[list[PlaceYear]] = relationship(
        back_populates="place", cascade="all, delete-orphan", passive_deletes=True, order_by="PlaceYear.year"
    )
    venues: Mapped[list[Venue]] = relationship(back_populates="place", cascade="all, delete-orphan", passive_deletes=True)

    def name_in(self, lang: str) -> str:
        """The name readers of `lang` know: an official name in that language, else its exonym, else the first official."""
        shown = [name for name in self.names if name.kind in SHOWN_NAMES]
        for kind in SHOWN_NAMES:
            for name in shown:
                if name.kind == kind and name.lang == lang:
                    return name.value
        return shown[0].value if shown else self.slug

    @property
    def official_names(self) -> list[PlaceName]:
        """Official names, the first one first."""
        return [name for name in self.names if name.kind == NameKind.OFFICIAL]

    def full_name_in(self, lang: str) -> str:
        """`name_in`, followed by the official names it does not say: `Pietarsaari · Jakobstad`."""
        first = self.name_in(lang)
        return " · ".join(dict.fromkeys((first, *(name.value for name in self.official_names))))


class PlaceName(Model):
    """One name of a place."""

    __tablename__ = "place_names"
    __table_args__ = (
        one_of("kind", NameKind),
        UniqueConstraint("place_id", "kind", "lang", "value"),
    )

    id: Mapped[uuid.UUID] = uuid_key()
    place_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("places.id", ondelete="CASCADE"), index=True)
    position: Mapped[int] = mapped_column(Integer, default=0)
    kind: Mapped[NameKind] = mapped_column(word(NameKind, 10))
    lang: Mapped[str] = mapped_column(String(8))
    value: Mapped[str] = mapped_column(String(160))
    folded: Mapped[str] = mapped_column(String(340), index=True)
    place: Mapped[Place] = relationship(back_populates="names")


class PlaceYear(Model):
    """What a place was to the programme in a title year."""

    __tablename__ = "place_years"
    __table_args__ = (
        one_of("role", PlaceRole),
        UniqueConstraint("place_id", "year", "role"),
    )

    id: Mapped[uuid.UUID] = uuid_key()
    place_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("places.id", ondelete="CASCADE"))
    year: Mapped[int] = mapped_column(Integer)
    role: Mapped[PlaceRole] = mapped_column(word(PlaceRole, 12))
    place: Mapped[Place] = relationship(back_populates="years")


class Venue(Model):
    """A building or square. Its name and way in are texts `venue.name`, `venue.directions` in the place's scope."""

    __tablename__ = "venues"
    __table_args__ = (
        *(one_of(feature, Accessible) for feature in Feature),
        Index("ix_venues_place_id", "place_id"),
    )

    id: Mapped[uuid.UUID] = uuid_key()
    place_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("places.id", ondelete="CASCADE"))
    address: Mapped[str] = mapped_column(Text, default="")
    latitude: Mapped[float | None] = mapped_column(Float)
    longitude: Mapped[float | None] = mapped_column(Float)
    wheelchair: Mapped[Accessible] = mapped_column(word(Accessible, 7), default=Accessible.UNKNOWN)
    step_free: Mapped[Accessible] = mapped_column(word(Accessible, 7), default=Accessible.UNKNOWN)
    toilet: Mapped[Accessible] = mapped_column(word(Accessible, 7), default=Accessible.UNKNOWN)
    hearing_loop: Mapped[Accessible] = mapped_column(word(Accessible, 7), default=Accessible.UNKNOWN)
    place: Mapped[Place | None] = relationship(back_populates="venues")
    rooms: Mapped[list[Room]] = relationship(back_populates="venue", cascade="all, delete-orphan", passive_deletes=True)

    @property
    def accessibility(self) -> list[tuple[Feature, Accessible]]:
        """Each feature, and whether the venue has it."""
        return [(feature, getattr(self, feature)) for feature in Feature]


class Room(Model):
    """A room of a venue; its name is the text `room.name`."""

    __tablename__ = "rooms"

    id: Mapped[uuid.UUID] = uuid_key()
    venue_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("venues.id", ondelete="CASCADE"), index=True)
    venue: Mapped[Venue] = relationship(back_populates="rooms")
