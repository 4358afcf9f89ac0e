"""After a backup was put in place: brought up to date, and nothing comes back that was erased, ended or sent since."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from sqlalchemy.orm import Session

from app import upkeep
from app.audit import journal
from app.audit.journal import JournalEntry
from app.audit.models import GUEST, TERMINAL
from app.checkin import devices
from app.checkin.models import Device
from app.core.db import db, write_tx
from app.core.errors import NotFound
from app.desk import deletion
from app.events.service import leap_versions
from app.mail import service as mail
from app.registration import personal_data, reminders
from app.registration.models import Registration, Ticket
from app.registration.replacing import replace_link
from app.registration.tickets import replace_code


@dataclass(slots=True)
class Replayed:
    """How much was done again of each kind, what upkeep deleted, and how many mails wait for somebody to release them."""

    again: Counter[str] = field(default_factory=Counter)
    deleted: Mapping[str, int] = field(default_factory=dict)
    held: int = 0


def replay(now: datetime) -> Replayed:
    """Do again what the journal says; then what time has done since; then hold every mail that may have been sent already.

    Each step may be done twice. Mails come last: all the others owe some, as they did the first time.
    """
    done = Replayed()
    with journal.paused(db.session()):
        for entry in journal.read():
            done.again[entry.verb] += _again(entry)
    done.deleted = upkeep.run(now)
    reminders.remind(now)
    with write_tx() as session:
        done.held = mail.hold(session, now)
        leap_versions(session)
    return done


def _again(entry: JournalEntry) -> bool:
    """Whether there was something to do; each entry is a transaction of its own."""
    if entry.verb not in VERBS:
        return False
    try:
        with write_tx() as session:
            return VERBS[entry.verb](session, entry)
    except NotFound:  # it is gone, or this backup is older than it
        return False
    finally:
        db.session.rollback()
        db.session.expunge_all()


def _erase(session: Session, entry: JournalEntry) -> bool:
    return personal_data.erase(session, entry.subject_id, GUEST)


def _delete_event(session: Session, entry: JournalEntry) -> bool:
    """What it leaves behind goes with what upkeep leaves."""
    deletion.delete_event(session, entry.subject_id, TERMINAL, force=True)
    return True


def _revoke(session: Session, entry: JournalEntry) -> bool:
    device = session.get(Device, entry.subject_id)
    if device is None or device.revoked_at is not None:
        return False
    devices.revoke(session, entry.subject_id, TERMINAL)
    return True


def _replace(session: Session, entry: JournalEntry) -> bool:
    """Codes follow from the ticket and how often it was replaced, so the one that its holder was given opens it again."""
    ticket = session.get(Ticket, entry.subject_id)
    missing = max(0, entry.number - ticket.generation) if ticket else 0
    for _ in range(missing):
        replace_code(session, entry.subject_id)
    return missing > 0


def _replace_link(session: Session, entry: JournalEntry) -> bool:
    """Likewise the address of a holder's page: the newest link opens it again, and those before are known as replaced."""
    registration = session.get(Registration, entry.subject_id)
    if registration is None or registration.erased_at is not None:
        return False
    missing = max(0, entry.number - registration.link_generation)
    for _ in range(missing):
        replace_link(session, registration)
        session.flush()
    return missing > 0


def _take_back(what: str, session: Session, entry: JournalEntry) -> bool:
    return personal_data.take_back(session, entry.subject_id, what, entry.at)


VERBS: Mapping[str, Callable[[Session, JournalEntry], bool]] = {
    "registration.erase": _erase,
    "registration.needs": partial(_take_back, "needs"),
    "registration.companions": partial(_take_back, "companions"),
    "registration.email": partial(_take_back, "email"),
    "event.deleted": _delete_event,
    "device.revoked": _revoke,
    "ticket.replaced": _replace,
    "link.replaced": _replace_link,
}
