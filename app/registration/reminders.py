"""Reminders before an event begins: who gets one, and when. Texts are made in `mails`."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import Select, String, case, exists, literal, select

from app.agenda.queries import first_starts
from app.core.db import UTCDateTime, db, write_tx
from app.events.models import CALLED_OFF, Event
from app.i18n import formats
from app.i18n.formats import Precision
from app.mail.models import OutboxMail
from app.mail.service import enqueue_all
from app.registration.models import Registration, RegistrationMode, RegistrationSettings, RegistrationStatus

REMINDER_MAIL = "registration.reminder"
MORNING = time(9)
WRITTEN_TO = (Registration.email != "") & Registration.email_confirmed_at.is_not(None)


@dataclass(frozen=True, slots=True)
class Lead:
    """A reminder that is due for an event: for whoever registered before `moment`."""

    variant: str
    moment: datetime


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
        select(RegistrationSettings.reminder_hours, Event.id, Event.starts_on, Event.timezone)
        .join(Event, Event.id == RegistrationSettings.event_id)
        .where(
            RegistrationSettings.mode != RegistrationMode.NONE,
            Event.date_precision == Precision.DAY,
            Event.status.not_in(CALLED_OFF),
        )
        .where(Event.ends_on >= now.date() - timedelta(days=1), Event.starts_on.is_not(None))
    ).all()
    starts = first_starts([ident for _, ident, _, _ in rows])
    leads: dict[uuid.UUID, Lead] = {}
    for hours, ident, day, zone in rows:
        start = starts.get(ident) or _morning(day or now.date(), zone)
        due = [lead for lead in hours if start - timedelta(hours=lead) <= now < start]
        if due:
            leads[ident] = Lead(reminder_variant(min(due), start, zone), start - timedelta(hours=min(due)))
    return leads


def start_of(event: Event) -> datetime | None:
    """When an event begins: its agenda's first start, else nine in the morning of its day; None while no day is known."""
    if event.starts_on is None or event.date_precision != Precision.DAY:
        return None
    return first_starts([event.id]).get(event.id) or _morning(event.starts_on, event.timezone)


def reminder_variant(hours: int, start: datetime, zone: str) -> str:
    """`24 2026-06-16`: hours before, and the day on which the event begins."""
    return f"{hours} {start.astimezone(formats.zone(zone)).date()}"


def _morning(day: date, zone: str) -> datetime:
    return datetime.combine(day, MORNING, formats.zone(zone)).astimezone(UTC)


def _unreminded(leads: Mapping[uuid.UUID, Lead]) -> Select[uuid.UUID, str, str]:
    """Id, language and variant of those who are owed a reminder and have none."""
    variant = case(
        {ident: literal(lead.variant, String) for ident, lead in leads.items()},
        value=Registration.event_id,
        else_=literal("", String),
    )
    moment = case({ident: literal(lead.moment, UTCDateTime) for ident, lead in leads.items()}, value=Registration.event_id)
    there = exists().where(
        OutboxMail.kind == REMINDER_MAIL, OutboxMail.subject_id == Registration.id, OutboxMail.variant == variant
    )
    return select(Registration.id, Registration.language, variant).where(
        Registration.event_id.in_(leads),
        Registration.status == RegistrationStatus.CONFIRMED,
        WRITTEN_TO,
        Registration.created_at < moment,
        ~there,
    )
