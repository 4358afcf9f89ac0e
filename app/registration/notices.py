"""Who is written to and when: reminders before an event begins, and mails about what changed. Texts are made in `mails`."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import Select, String, case, exists, literal, select
from sqlalchemy.orm import Session

from app.core import audit, clock
from app.core.db import UTCDateTime, db, write_tx
from app.events.models import Event
from app.i18n import formats
from app.mail.models import OutboxMail
from app.mail.service import enqueue_all
from app.registration.models import Registration, RegistrationDesk
from app.registration.rules import CALLED_OFF

REMINDER_MAIL, CHANGED_MAIL = "registration.reminder", "registration.changed"
MORNING = time(9)
SLOT = timedelta(minutes=10)
EVENT_CHANGED = "event.told"
WRITTEN_TO = (Registration.email != "") & Registration.email_confirmed_at.is_not(None)


@dataclass(frozen=True, slots=True)
class RowChange:
    """A row of the agenda that changed, in words; `undone` when it is again as it was announced first."""

    title: str
    lines: tuple[str, ...]
    undone: bool


@dataclass(frozen=True, slots=True)
class Lead:
    """A reminder that is due for an event: for whoever registered before `moment`."""

    variant: str
    moment: datetime


Starts = Callable[[Collection[uuid.UUID]], Mapping[uuid.UUID, datetime]]
Changes = Callable[[Event, datetime, datetime, str], list[RowChange]]
_starts: list[Starts] = []
_changes: list[Changes] = []


def register_starts(source: Starts) -> None:
    """How the first starts of these events' agendas are found, in one query; called by `create_app`."""
    _starts[:] = [source]


def register_changes(source: Changes) -> None:
    """How the rows of an event that changed from one moment until another are told in a language; called by `create_app`."""
    _changes[:] = [source]


# Reminders


def remind(now: datetime) -> int:
    """Owe every reminder whose moment has come and whose event has not begun; returns how many. Again owes nothing more.

    One registration gets one reminder for each lead and day of the event: an event that moves to another day is reminded
    of again. When several leads are due at once, only the last one counts. Three queries, and one that writes.
    """
    leads = due_leads(now)
    if not leads or db.session.execute(_unreminded(leads).limit(1)).first() is None:
        return 0
    with write_tx() as session:
        return enqueue_all(session, REMINDER_MAIL, _unreminded(leads), now)


def due_leads(now: datetime) -> dict[uuid.UUID, Lead]:
    """The reminder that is due now, for each event that has one."""
    rows = db.session.execute(
        select(RegistrationDesk.reminder_hours, Event.id, Event.starts_on, Event.timezone)
        .join(Event, Event.id == RegistrationDesk.scope)
        .where(RegistrationDesk.mode != "none", Event.date_precision == "day", Event.status.not_in(tuple(CALLED_OFF)))
        .where(Event.ends_on >= now.date() - timedelta(days=1), Event.starts_on.is_not(None))
    ).all()
    starts = _starts[0]([ident for _, ident, _, _ in rows]) if rows and _starts else {}
    leads: dict[uuid.UUID, Lead] = {}
    for hours, ident, day, zone in rows:
        start = starts.get(ident) or _morning(day or now.date(), zone)
        due = [lead for lead in hours if start - timedelta(hours=lead) <= now < start]
        if due:
            leads[ident] = Lead(reminder_variant(min(due), start, zone), start - timedelta(hours=min(due)))
    return leads


def start_of(event: Event) -> datetime | None:
    """When an event begins: its agenda's first start, else nine in the morning of its day; None while no day is known."""
    if event.starts_on is None or event.date_precision != "day":
        return None
    return (_starts[0]([event.id]) if _starts else {}).get(event.id) or _morning(event.starts_on, event.timezone)


def reminder_variant(hours: int, start: datetime, zone: str) -> str:
    """`24 2026-06-16`: hours before, and the day on which the event begins."""
    return f"{hours} {start.astimezone(formats.zone(zone)).date()}"


def _morning(day: date, zone: str) -> datetime:
    return datetime.combine(day, MORNING, formats.zone(zone)).astimezone(UTC)


def _unreminded(leads: Mapping[uuid.UUID, Lead]) -> Select[uuid.UUID, str, str]:
    """Id, language and variant of those who are owed a reminder and have none."""
    variant = case(
        {ident: literal(lead.variant, String) for ident, lead in leads.items()},
        value=Registration.scope,
        else_=literal("", String),
    )
    moment = case({ident: literal(lead.moment, UTCDateTime) for ident, lead in leads.items()}, value=Registration.scope)
    there = exists().where(
        OutboxMail.kind == REMINDER_MAIL, OutboxMail.subject_id == Registration.id, OutboxMail.variant == variant
    )
    return select(Registration.id, Registration.language, variant).where(
        Registration.scope.in_(leads), Registration.status == "confirmed", WRITTEN_TO, Registration.created_at < moment, ~there
    )


# Changes


def tell_change(session: Session, scope: uuid.UUID, *, rows: bool = False) -> int:
    """Owe everybody who registered a mail on what changed, inside the caller's `write_tx()`; returns how many.

    The mail is due when its ten minutes end, so that ten changes are one mail. `rows` says that rows of the agenda changed;
    else the event itself did: its state, date or place. What it says is looked up when it is sent.
    """
    begin = slot_of(clock.now())
    if not rows:
        audit.note(session, scope, EVENT_CHANGED, scope, by="app")
    variant = literal(slot_variant(begin), String)
    mine = select(Registration.id, Registration.language, variant).where(
        Registration.scope == scope, Registration.status.in_(("confirmed", "waitlisted")), WRITTEN_TO
    )
    return enqueue_all(session, CHANGED_MAIL, mine, begin + SLOT)


def slot_of(moment: datetime) -> datetime:
    """The start of the ten minutes in which a moment lies."""
    return moment - timedelta(seconds=moment.timestamp() % SLOT.total_seconds())


def slot_variant(begin: datetime) -> str:
    """`202606161200`: what tells one ten minutes' mail from another's."""
    return begin.strftime("%Y%m%d%H%M")


def changes_in(event: Event, variant: str, lang: str) -> tuple[bool, list[RowChange]]:
    """Whether the event itself changed in the ten minutes of a variant, and which of its rows."""
    begin = datetime.strptime(variant, "%Y%m%d%H%M").replace(tzinfo=UTC)
    told = select(audit.AuditEntry.id).where(
        audit.AuditEntry.scope == event.id,
        audit.AuditEntry.verb == EVENT_CHANGED,
        audit.AuditEntry.at >= begin,
        audit.AuditEntry.at < begin + SLOT,
    )
    rows = _changes[0](event, begin, begin + SLOT, lang) if _changes else []
    return db.session.scalar(told.limit(1)) is not None, rows


def was_told_before(registration_id: uuid.UUID, variant: str) -> bool:
    """Whether an earlier mail on changes has been sent to this registration."""
    earlier = OutboxMail.kind == CHANGED_MAIL, OutboxMail.subject_id == registration_id, OutboxMail.variant < variant
    return db.session.scalar(select(OutboxMail.id).where(*earlier, OutboxMail.sent_at.is_not(None)).limit(1)) is not None
