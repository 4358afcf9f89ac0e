"""The outbox's verbs: owe a mail, take one to send, note what came of it. The texts come from registered renderers."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Flask, current_app
from sqlalchemy import Integer, Select, String, func, literal, or_, select, true, type_coerce, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.audit.retention import RETENTION, delete_where, there_is
from app.core import clock
from app.core.db import UTCDateTime, db, write_tx
from app.mail.models import OutboxMail

LEASE = timedelta(minutes=5)
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360, 720))
MAX_ATTEMPTS = len(WAITS) + 1
HELD = "held after a restore"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file in a mail, such as `ticket.ics` as `text/calendar`; one with a `cid` is shown inside the HTML by that name."""

    name: str
    content_type: str
    data: bytes
    cid: str = ""


@dataclass(frozen=True, slots=True)
class Mail:
    """What a renderer makes: one recipient's bare address, one line of subject, the text, perhaps its HTML twin."""

    to: str
    subject: str
    text: str
    html: str | None = None
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class HeldMail:
    """A mail that this sender holds; `attempt` counts from 1."""

    id: uuid.UUID
    kind: str
    subject_id: uuid.UUID
    variant: str
    language: str
    attempt: int


@dataclass(frozen=True, slots=True)
class Queue:
    """The mails of one kind that wait: how many, since when the oldest, when the next is tried, the most attempts so far."""

    kind: str
    count: int
    oldest_at: datetime
    next_try_at: datetime
    attempts: int


Renderer = Callable[[uuid.UUID, str], Mail | None]


def init_app(app: Flask, renderers: Mapping[str, Renderer]) -> None:
    """How the mail of each kind is made from what it is about and its variant; None when there is nothing to send any more.

    A renderer runs inside a request context of the public address, in the mail's language.
    """
    app.extensions["mail_renderers"] = dict(renderers)


def enqueue(
    session: Session, kind: str, subject_id: uuid.UUID, language: str, variant: str = "", due_at: datetime | None = None
) -> None:
    """Owe a mail, inside the caller's `write_tx()`. The same kind, subject and variant is owed once, however often asked."""
    now = clock.now()
    due = due_at or now
    insert: Any = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    session.execute(
        insert(OutboxMail)
        .values(
            id=uuid.uuid4(), kind=kind, subject_id=subject_id, variant=variant, language=language, created_at=now, due_at=due,
            next_try_at=due, attempts=0, last_error="",
        )
        .on_conflict_do_nothing(index_elements=["kind", "subject_id", "variant"])
    )  # fmt: skip


def enqueue_all(session: Session, kind: str, subjects: Select[*tuple[Any, ...]], due_at: datetime) -> int:
    """Owe a mail to each row of `subjects` (its columns are id, language, variant) by one statement; else like `enqueue`.

    Returns how many are owed that were not before. The query needs a WHERE.
    """
    now, on_sqlite = clock.now(), session.get_bind().dialect.name == "sqlite"
    chosen = subjects.subquery()
    subject, language, variant = chosen.c
    row = {
        "id": type_coerce(func.lower(func.hex(func.randomblob(16))) if on_sqlite else func.gen_random_uuid(), OutboxMail.id.type),
        "kind": literal(kind, String), "subject_id": subject, "variant": variant, "language": language,
        "created_at": literal(now, UTCDateTime), "due_at": literal(due_at, UTCDateTime),
        "next_try_at": literal(due_at, UTCDateTime), "attempts": literal(0, Integer), "last_error": literal("", String),
    }  # fmt: skip
    insert: Any = sqlite.insert if on_sqlite else postgresql.insert
    rows = select(*row.values()).where(true())  # SQLite takes ON CONFLICT after a SELECT for a join without it
    owing = insert(OutboxMail).from_select(list(row), rows, include_defaults=False)
    owing = owing.on_conflict_do_nothing(index_elements=["kind", "subject_id", "variant"])
    done: Any = session.execute(owing.execution_options(preserve_rowcount=True))
    return int(done.rowcount)


def claim(session: Session, due_by: datetime) -> HeldMail | None:
    """Take the mail that has been due longest and is in nobody else's hands, for `LEASE`; None when there is none."""
    now = clock.now()
    query = (
        select(OutboxMail)
        .where(_waiting(), OutboxMail.next_try_at <= due_by)
        .where(or_(OutboxMail.leased_until.is_(None), OutboxMail.leased_until <= now))
        .order_by(OutboxMail.next_try_at, OutboxMail.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    mail = session.scalars(query).one_or_none()
    if mail is None:
        return None
    mail.attempts += 1
    mail.leased_until = now + LEASE
    return HeldMail(mail.id, mail.kind, mail.subject_id, mail.variant, mail.language, mail.attempts)


def compose(claimed: HeldMail) -> Mail | None:
    """The mail's content, made now; None when there is nothing to send. Raises what the renderer raises."""
    try:
        renderers: Mapping[str, Renderer] = current_app.extensions["mail_renderers"]
        return renderers[claimed.kind](claimed.subject_id, claimed.variant)
    finally:
        db.session.rollback()  # no read snapshot is held while an SMTP server takes its time


def mark_sent(session: Session, claimed: HeldMail) -> None:
    """The server has taken it."""
    _settle(session, claimed, sent_at=clock.now())


def mark_dropped(session: Session, claimed: HeldMail) -> None:
    """There was nothing to send any more, such as a cancelled registration."""
    _settle(session, claimed, dropped_at=clock.now())


def mark_failed(session: Session, claimed: HeldMail, error: str, *, for_good: bool = False) -> bool:
    """Try again later (`WAITS`), or give up when that is useless or was the last attempt. True when given up."""
    now = clock.now()
    if for_good or claimed.attempt >= MAX_ATTEMPTS:
        _settle(session, claimed, failed_at=now, last_error=error[:80])
        return True
    _settle(session, claimed, next_try_at=now + WAITS[claimed.attempt - 1], last_error=error[:80])
    return False


def queues() -> list[Queue]:
    """What is still owed, kind by kind."""
    columns = func.count(), func.min(OutboxMail.created_at), func.min(OutboxMail.next_try_at), func.max(OutboxMail.attempts)
    query = select(OutboxMail.kind, *columns).where(_waiting()).group_by(OutboxMail.kind).order_by(OutboxMail.kind)
    return [Queue(*row) for row in db.session.execute(query)]


def failed_mails() -> list[OutboxMail]:
    """What was given up, oldest first."""
    return list(db.session.scalars(select(OutboxMail).where(OutboxMail.failed_at.is_not(None)).order_by(OutboxMail.failed_at)))


def retry(
    session: Session, reason: str = "", since: datetime | None = None, until: datetime | None = None, kind: str = ""
) -> int:
    """Make mails that were given up due again, with all their attempts before them; returns how many.

    Only those whose fault contains `reason` and that were given up from `since` until, not including, `until`. What there is
    nothing to say of any more, such as a reminder of an event that is over, is dropped when its turn comes.
    """
    chosen = [OutboxMail.failed_at.is_not(None), OutboxMail.last_error.contains(reason, autoescape=True)]
    chosen += [OutboxMail.failed_at >= since] if since else []
    chosen += [OutboxMail.failed_at < until] if until else []
    chosen += [OutboxMail.kind == kind] if kind else []
    due = update(OutboxMail).where(*chosen).values(failed_at=None, attempts=0, next_try_at=clock.now(), last_error="")
    done: Any = session.execute(due.execution_options(synchronize_session=False))
    return int(done.rowcount)


def hold(session: Session, now: datetime) -> int:
    """Give up every mail that is due, after an older database came back: it may have been sent since. Returns how many.

    `flask mail retry --reason "held after a restore"` makes them due again.
    """
    due = update(OutboxMail).where(_waiting(), OutboxMail.next_try_at <= now)
    done: Any = session.execute(
        due.values(failed_at=now, leased_until=None, last_error=HELD).execution_options(synchronize_session=False)
    )
    return int(done.rowcount)


def purge(now: datetime) -> dict[str, int]:
    """Delete what was sent, dropped or given up thirty days ago; what still waits stays. Returns how many."""
    settled_at = func.coalesce(OutboxMail.sent_at, OutboxMail.dropped_at, OutboxMail.failed_at)
    if not there_is(OutboxMail, settled_at <= now - RETENTION):
        return {"mails": 0}
    with write_tx() as session:
        return {"mails": delete_where(session, OutboxMail, settled_at <= now - RETENTION)}


def forget(session: Session, subjects: Select[uuid.UUID]) -> int:
    """Delete, inside the caller's `write_tx()`, every mail about these subjects, sent or not; returns how many."""
    return delete_where(session, OutboxMail, OutboxMail.subject_id.in_(subjects))


def _waiting() -> Any:
    return OutboxMail.sent_at.is_(None) & OutboxMail.failed_at.is_(None) & OutboxMail.dropped_at.is_(None)


def _settle(session: Session, claimed: HeldMail, **values: object) -> None:
    """Write the outcome and end the lease, unless the lease ran out and another sender has taken the mail since."""
    mine = (OutboxMail.id == claimed.id) & (OutboxMail.attempts == claimed.attempt)
    session.execute(update(OutboxMail).where(mine).values(leased_until=None, **values))
