"""Who said they come, and the ticket each holds. Secrets are stored as keyed hashes only (checkin.md §1)."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    Uuid,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core import clock
from app.core.babel import lazy_pgettext as _p
from app.core.db import Model, UTCDateTime, one_of, uuid_key, word
from app.core.labels import Labelled
from app.i18n.text_kinds import TextKind, register

REMINDER_HOURS = (168, 24)
HOLD_HOURS = 24  # an address that nobody confirmed is deleted then, and its link with it


TEXTS = register(
    TextKind("question.label", 200, required=True), TextKind("question.help"), TextKind("question.option.*", 120, required=True)
)


class RegistrationMode(StrEnum):
    """Whether people register."""

    NONE = "none"
    OPTIONAL = "optional"
    REQUIRED = "required"


class RegistrationStatus(Labelled):
    """What a registration, or its ticket, is good for; only a confirmed one holds seats."""

    PENDING = "pending", _p("ticket", "To be confirmed")
    CONFIRMED = "confirmed", _p("ticket", "Confirmed")
    WAITLISTED = "waitlisted", _p("ticket", "Waiting list")
    CANCELLED = "cancelled", _p("ticket", "Cancelled")


class QuestionKind(StrEnum):
    """How a question is answered."""

    CHOICE = "choice"
    TICK = "tick"
    TEXT = "text"


class Need(Labelled):
    """What a guest may need."""

    WHEELCHAIR = "wheelchair", _p("need", "Space for a wheelchair")
    HEARING_LOOP = "hearing_loop", _p("need", "Hearing loop")
    SIGN_LANGUAGE = "sign_language", _p("need", "Sign language interpreting")
    INTERPRETER = "interpreter", _p("need", "Interpreter into my language")


class Diet(Labelled):
    """What a guest eats, or does not eat."""

    VEGETARIAN = "vegetarian", _p("diet", "Vegetarian")
    VEGAN = "vegan", _p("diet", "Vegan")
    NO_GLUTEN = "no_gluten", _p("diet", "No gluten")
    NO_LACTOSE = "no_lactose", _p("diet", "No lactose")
    NO_NUTS = "no_nuts", _p("diet", "No nuts")
    NO_PORK = "no_pork", _p("diet", "No pork")


NEEDS: tuple[Need | Diet, ...] = (*Need, *Diet)


def initials_of(name: str) -> str:
    """`A. B.` for Anna Maria Berg."""
    words = name.split()
    return " ".join(f"{word[0].upper()}." for word in ([words[0], words[-1]] if len(words) > 1 else words))


class RegistrationSettings(Model):
    """How one event takes registrations; an event without settings, or with mode none, is open to all.

    `confirm_first` holds a seat only once the mail address is confirmed; `hold_hours` is how long it is held while an address
    that was given is not (None: for as long as it takes). `full` says that whoever registers now has to wait: the event's page
    shows it. `reminder_hours` are hours before the start.
    """

    __tablename__ = "registration_settings"
    __table_args__ = (
        one_of("mode", RegistrationMode),
        CheckConstraint("party_max >= 1", name="party"),
    )

    event_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"), primary_key=True)
    mode: Mapped[RegistrationMode] = mapped_column(word(RegistrationMode, 8), default=RegistrationMode.OPTIONAL)
    opens_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    closes_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    capacity: Mapped[int | None] = mapped_column(Integer)
    party_max: Mapped[int] = mapped_column(Integer, default=8)
    waiting_list: Mapped[bool] = mapped_column(Boolean, default=True)
    confirm_first: Mapped[bool] = mapped_column(Boolean, default=False)
    hold_hours: Mapped[int | None] = mapped_column(Integer)
    full: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    ask_needs: Mapped[bool] = mapped_column(Boolean, default=True)
    reminder_hours: Mapped[list[int]] = mapped_column(JSON, default=lambda: list(REMINDER_HOURS))


class Registration(Model):
    """A sign-up, possibly for a party. `form_key` is the form's random key: the same key gets the same answer.

    Mail goes to `email` only once its owner has pressed the button behind the mailed link (`email_confirmed_at`);
    `mail_hash` finds the registration by that link. `companions` are names, one a line. `needs` are sealed (see
    `sealing`); the door sees them only with `tell_door`. A pending one holds no seat until its address is confirmed. One whose
    address has to be confirmed by `hold_until` loses its seats then; the moment stays, to say why. `link_generation`
    grows with each replacement of the secret address; `link_hash` is the present one's.
    """

    __tablename__ = "registrations"
    __table_args__ = (
        one_of("status", RegistrationStatus),
        CheckConstraint("party_size >= 1", name="party"),
        UniqueConstraint("event_id", "form_key"),
        UniqueConstraint("link_hash"),
        UniqueConstraint("mail_hash"),
        Index("ix_registrations_event_id_status_position", "event_id", "status", "position"),
        Index("ix_registrations_hold_until", "hold_until"),
    )

    id: Mapped[uuid.UUID] = uuid_key()
    event_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"))
    form_key: Mapped[uuid.UUID] = mapped_column(Uuid)
    link_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    link_generation: Mapped[int] = mapped_column(Integer, default=1, server_default=text("1"))
    name: Mapped[str] = mapped_column(String(120))
    email: Mapped[str] = mapped_column(String(254), default="")
    email_confirmed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    mail_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    hold_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    companions: Mapped[str] = mapped_column(Text, default="")
    needs: Mapped[bytes | None] = mapped_column(LargeBinary)
    tell_door: Mapped[bool] = mapped_column(Boolean, default=False)
    party_size: Mapped[int] = mapped_column(Integer, default=1)
    language: Mapped[str] = mapped_column(String(8))
    status: Mapped[RegistrationStatus] = mapped_column(word(RegistrationStatus, 10), default=RegistrationStatus.CONFIRMED)
    position: Mapped[int] = mapped_column(Integer, default=0)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    cancelled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    changed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    erased_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    answers: Mapped[list[RegistrationAnswer]] = relationship(cascade="all, delete-orphan", passive_deletes=True)
    ticket: Mapped[Ticket | None] = relationship(back_populates="registration", uselist=False)


class RegistrationQuestion(Model):
    """Something an event asks of everybody who registers: a choice among `options` (keys), a tick, or a short text.

    `key` is its name in settings and exports, such as `how`; an event has each once. A question that is asked no more is
    `retired_at`; what was answered stays until it is deleted with the registrations.
    """

    __tablename__ = "registration_questions"
    __table_args__ = (
        one_of("kind", QuestionKind),
        UniqueConstraint("event_id", "key"),
    )

    id: Mapped[uuid.UUID] = uuid_key()
    event_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(40), default=lambda: uuid.uuid4().hex)
    position: Mapped[int] = mapped_column(Integer, default=0)
    kind: Mapped[QuestionKind] = mapped_column(word(QuestionKind, 8))
    options: Mapped[list[str]] = mapped_column(JSON, default=list)
    required: Mapped[bool] = mapped_column(Boolean, default=False)
    at_door: Mapped[bool] = mapped_column(Boolean, default=False)
    retired_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class RegistrationAnswer(Model):
    """What one registration answered: an option's key, `yes` for a tick, or the text."""

    __tablename__ = "registration_answers"

    registration_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("registrations.id", ondelete="CASCADE"), primary_key=True)
    question_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("registration_questions.id", ondelete="CASCADE"), primary_key=True)
    value: Mapped[str] = mapped_column(String(500))


class Ticket(Model):
    """An admission for a registration's party, or a rehearsal ticket (no registration), which counts nowhere.

    The code in the QR is derived from the id and `generation` and never stored; `code_hash` finds it again.
    `lists` limits the ticket to check-in lists by slug; None admits to every list of the event. `changed_at` grows with
    every change that a phone at the door has to hear of.
    """

    __tablename__ = "tickets"
    __table_args__ = (
        UniqueConstraint("code_hash"),
        UniqueConstraint("event_id", "reference"),
        Index("ix_tickets_registration_id", "registration_id"),
        Index("ix_tickets_event_id_changed_at", "event_id", "changed_at"),
    )

    id: Mapped[uuid.UUID] = uuid_key()
    event_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"))
    registration_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("registrations.id", ondelete="CASCADE"))
    reference: Mapped[str] = mapped_column(String(8))
    generation: Mapped[int] = mapped_column(Integer, default=1)
    code_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    holder: Mapped[str] = mapped_column(String(120), default="")
    language: Mapped[str] = mapped_column(String(8), default="en")
    party_size: Mapped[int] = mapped_column(Integer, default=1)
    status: Mapped[RegistrationStatus] = mapped_column(word(RegistrationStatus, 10), default=RegistrationStatus.CONFIRMED)
    lists: Mapped[str | None] = mapped_column(String(400))
    rehearsal: Mapped[bool] = mapped_column(Boolean, default=False)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime, default=clock.now, onupdate=clock.now)
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


class ReplacedLink(Model):
    """The hash of a holder's secret address that was replaced: the `generation` that it was, and the form that replaced it.

    That form sent again gets the same answer; `form_key` is None where a supervisor replaced it.
    """

    __tablename__ = "replaced_links"

    link_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    registration_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("registrations.id", ondelete="CASCADE"), index=True)
    generation: Mapped[int] = mapped_column(Integer)
    form_key: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    replaced_at: Mapped[datetime] = mapped_column(UTCDateTime)


class RegistrationTotal(Model):
    """What stays of an event's registrations once they are deleted: parties, and the people of the confirmed ones."""

    __tablename__ = "registration_totals"

    event_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"), primary_key=True)
    confirmed: Mapped[int] = mapped_column(Integer)
    people: Mapped[int] = mapped_column(Integer)
    waitlisted: Mapped[int] = mapped_column(Integer)
    cancelled: Mapped[int] = mapped_column(Integer)
