"""Who is written to and when: reminders before an event begins, and mails about what changed. Texts are made in `mails`."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import Select, String, case, exists, literal, select
from sqlalchemy.orm import Session

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
WRITTEN_TO = (Registration.email != "") & Registration.email_confirmed_at.is_not(None)


@dataclass(frozen=True, slots=True)
class Told:
    """A change of the event (`itself`) or of a row of its agenda, in words. `state` is the event's new one if that changed,
    told by `opening`; `lines` tell the rest."""

    title: str
    lines: tuple[str, ...]
    itself: bool = False
    state: str = ""
    opening: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lead:
    """A reminder that is due for an event: for whoever registered before `moment`."""

    variant: str
    moment: datetime


Starts = Callable[[Collection[uuid.UUID]], Mapping[uuid.UUID, datetime]]
Changes = Callable[[Event, datetime, datetime, str], list[Told]]
_starts: list[Starts] = []
_changes: list[Changes] = []


def register_starts(source: Starts) -> None:
    """How the first starts of these events' agendas are found, in one query; called by `create_app`."""
    _starts[:] = [source]


def register_changes(source: Changes) -> None:
    """How what is different of an event from one moment to another is told in a language; called by `create_app`."""
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


def tell_change(session: Session, scope: uuid.UUID, at: datetime) -> int:
    """Owe everybody who registered a mail on what changed at this moment, inside the caller's `write_tx()`; returns how many.

    The mail is due when its ten minutes end, so that ten changes are one mail. What it says is looked up when it is sent, from
    what `events.note_change` has kept.
    """
    begin = slot_of(at)
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


def changes_for(event: Event, registration_id: uuid.UUID, variant: str, lang: str) -> list[Told]:
    """What is new to a guest at the end of a variant's ten minutes: what differs from when they were last told of a change.

    Nothing when all was taken back before anybody was told, nor when a later mail is owed already, which tells it all.
    """
    mine = OutboxMail.kind == CHANGED_MAIL, OutboxMail.subject_id == registration_id
    query = select(OutboxMail.variant, OutboxMail.sent_at).where(*mine).order_by(OutboxMail.variant)
    mails = [(each, sent_at) for each, sent_at in db.session.execute(query)]
    if not _changes or any(each > variant and sent_at is None for each, sent_at in mails):
        return []
    told = max((each for each, sent_at in mails if sent_at is not None and each < variant), default="")
    first = min((each for each, _ in mails if told < each <= variant), default=variant)
    return _changes[0](event, _begin(first), _begin(variant) + SLOT, lang)


def _begin(variant: str) -> datetime:
    return datetime.strptime(variant, "%Y%m%d%H%M").replace(tzinfo=UTC)
