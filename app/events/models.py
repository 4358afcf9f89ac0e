"""Events and the version that every public page of them shows."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import JSON, CheckConstraint, Date, ForeignKey, Index, Integer, String, Text, UniqueConstraint, Uuid, text
from sqlalchemy.event import listens_for
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.babel import lazy_gettext as _l, lazy_pgettext as _p
from app.core.db import Model, UTCDateTime, one_of, uuid_key, word
from app.core.labels import Labelled
from app.events.days import over_at, rank
from app.i18n.formats import Precision
from app.i18n.text_kinds import TextKind, register
from app.places.models import Place, Venue

CANCELLED, POSTPONED = _l("This event is cancelled."), _l("This event is postponed.")


TEXTS = register(
    TextKind("event.title", 160, required=True),
    TextKind("event.summary"),
    TextKind("event.practical", 2000),
    TextKind("event.audience"),
    TextKind("event.reason"),  # why it is cancelled, postponed or online
    TextKind("event.place"),  # words for the place where no venue is known
    TextKind("day.title", 160),
    TextKind("day.reason"),
)


class EventKind(Labelled):
    """What people come together for."""

    CEREMONY = "ceremony", _p("kind of event", "Ceremony")
    EXCHANGE_VISIT = "exchange_visit", _p("kind of event", "Exchange visit")
    FORUM = "forum", _p("kind of event", "Forum")
    WEBINAR = "webinar", _p("kind of event", "Webinar")
    MEETING = "meeting", _p("kind of event", "Meeting")
    GATHERING = "gathering", _p("kind of event", "Gathering")


class EventStatus(Labelled):
    """Whether an event, or a day of it, takes place as announced."""

    SCHEDULED = "scheduled", _p("status", "As planned"), "", ""
    CANCELLED = "cancelled", _p("status", "Cancelled"), CANCELLED, _l("This whole day is cancelled.")
    POSTPONED = "postponed", _p("status", "Postponed"), POSTPONED, _l("This whole day is postponed.")
    MOVED_ONLINE = (
        "moved_online",
        _p("status", "Online"),
        _l("This event takes place online."),
        _l("This day takes place online."),
    )

    @property
    def sentence(self) -> str:
        """What is said of an event; nothing where it is as planned."""
        return str(self.texts[1])

    @property
    def day_sentence(self) -> str:
        """What is said of one day."""
        return str(self.texts[2])


CALLED_OFF = frozenset({EventStatus.CANCELLED, EventStatus.POSTPONED})


class Access(Labelled):
    """Whom an event, or a row of its agenda, is for."""

    PUBLIC = "public", _l("Open to everyone")
    REGISTERED = "registered", _l("For registered guests")
    INVITED = "invited", _l("By invitation only")


class Event(Model):
    """A ceremony, exchange visit, forum, webinar, meeting or gathering, in its own IANA zone.

    `updated_at` moves with everything that its pages show; `changed_at` only when days, place or state were changed after it
    was announced (as `sequence` does), which is what people are told of. `edited_at` is when somebody last set
    something of it by hand. `programme_ends_at` is the end of its agenda's last
    row, kept by the agenda. `over_at` and `rank` follow from it, the days and the zone whenever the event is written
    (`app.events.days`), so that the database can part the past from what comes, and sort.
    """

    __tablename__ = "events"
    __table_args__ = (
        one_of("kind", EventKind),
        one_of("status", EventStatus),
        one_of("date_precision", Precision),
        one_of("access", Access),
        CheckConstraint("ends_on >= starts_on", name="dates"),
        Index("ix_events_starts_on", "starts_on"),
        Index("ix_events_place_id", "place_id"),
        Index("ix_events_over_at", "over_at"),
        Index("ix_events_rank", "rank", "slug"),
    )

    id: Mapped[uuid.UUID] = uuid_key()
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    kind: Mapped[EventKind] = mapped_column(word(EventKind, 16))
    status: Mapped[EventStatus] = mapped_column(word(EventStatus, 12), default=EventStatus.SCHEDULED)
    access: Mapped[Access] = mapped_column(word(Access, 10), default=Access.PUBLIC)
    place_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("places.id"))
    venue_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("venues.id"))
    country: Mapped[str] = mapped_column(String(2), default="")
    timezone: Mapped[str] = mapped_column(String(40))
    starts_on: Mapped[date | None] = mapped_column(Date)
    ends_on: Mapped[date | None] = mapped_column(Date)
    date_precision: Mapped[Precision] = mapped_column(word(Precision, 5), default=Precision.DAY)
    languages: Mapped[list[str]] = mapped_column(JSON, default=list)
    source_lang: Mapped[str] = mapped_column(String(8), default="en")
    fallback: Mapped[str] = mapped_column(String(6), default="en")
    sources: Mapped[list[str]] = mapped_column(JSON, default=list)
    unverified: Mapped[list[str]] = mapped_column(JSON, default=list)
    contact: Mapped[str] = mapped_column(String(200), default="")
    online_url: Mapped[str] = mapped_column(String(500), default="", server_default=text("''"))  # where to join from afar
    featured: Mapped[int] = mapped_column(Integer, default=0)
    sequence: Mapped[int] = mapped_column(Integer, default=0)
    version: Mapped[int] = mapped_column(Integer, default=1)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime)
    changed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    edited_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    programme_ends_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    over_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    rank: Mapped[str] = mapped_column(String(24), default=rank(None, Precision.DAY))
    place: Mapped[Place | None] = relationship()
    venue: Mapped[Venue | None] = relationship()
    days: Mapped[list[EventDay]] = relationship(
        back_populates="event", cascade="all, delete-orphan", passive_deletes=True, order_by="EventDay.on"
    )

    @property
    def is_called_off(self) -> bool:
        """Whether it will not take place when it was announced."""
        return self.status in CALLED_OFF

    def is_over(self, now: datetime) -> bool:
        """Whether it has taken place: the one answer for every page, form and mail."""
        return self.over_at is not None and self.over_at <= now

    def is_under_way(self, now: datetime) -> bool:
        """Whether its first day has come, on its own clocks, and it is not over; only where its days are known."""
        if self.starts_on is None or self.date_precision != Precision.DAY:
            return False
        return now.astimezone(ZoneInfo(self.timezone)).date() >= self.starts_on and not self.is_over(now)


def is_online(event: Event) -> bool:
    """Whether people take part from where they are, and nowhere else."""
    return event.status == EventStatus.MOVED_ONLINE or event.kind == EventKind.WEBINAR


@listens_for(Event, "before_insert")
@listens_for(Event, "before_update")
def _follow_days(_mapper: object, _connection: object, event: Event) -> None:
    precision = event.date_precision or Precision.DAY
    zone = ZoneInfo(event.timezone)
    event.over_at = over_at(event.starts_on, event.ends_on, precision, zone, event.programme_ends_at)
    event.rank = rank(event.starts_on, precision)


class EventDay(Model):
    """A day of several that has a state or a title of its own, such as "day one cancelled"."""

    __tablename__ = "event_days"
    __table_args__ = (
        one_of("status", EventStatus),
        UniqueConstraint("event_id", "on"),
    )

    id: Mapped[uuid.UUID] = uuid_key()
    event_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"))
    on: Mapped[date] = mapped_column(Date)
    status: Mapped[EventStatus] = mapped_column(word(EventStatus, 12), default=EventStatus.SCHEDULED)
    event: Mapped[Event] = relationship(back_populates="days")


class EventChange(Model):
    """A change that people are told of: of the event itself, or of a row of its agenda (`owner`), after it was announced.

    `sequence` is that of the thing after the change. `before` and `after` say in data what was changed, with the wordings of
    that day, so that an old change can be told for ever and in every language: `events.service.facts_of` and
    `agenda.service.facts_of_row` make them.
    """

    __tablename__ = "event_changes"
    __table_args__ = (UniqueConstraint("owner", "sequence"), Index("ix_event_changes_event_id_at", "event_id", "at"))

    id: Mapped[uuid.UUID] = uuid_key()
    event_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"))
    owner: Mapped[uuid.UUID] = mapped_column(Uuid)
    sequence: Mapped[int] = mapped_column(Integer)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    before: Mapped[dict[str, Any]] = mapped_column(JSON)
    after: Mapped[dict[str, Any]] = mapped_column(JSON)
    event: Mapped[Event] = relationship()


class EventWords(Model):
    """What an event is found by: the folded words of its title and place in every language and of its town's names.

    Narrow, one row an event, kept by `service.touch`: reading the texts themselves for a word takes ten times as long.
    """

    __tablename__ = "event_words"

    event_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"), primary_key=True)
    words: Mapped[str] = mapped_column(Text)


class CatalogueVersion(Model):
    """One row: the version that home, lists and towns show."""

    __tablename__ = "catalogue_version"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    version: Mapped[int] = mapped_column(Integer)
