"""The verbs of events: find one, say what version its pages show, note that something about it changed."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Flask, current_app
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.core import clock, versions
from app.events.models import CatalogueVersion, Event, EventChange, EventWords
from app.i18n import texts
from app.i18n.folding import words_of
from app.i18n.models import LocalText, Translation, TranslationStatus
from app.places.models import Place, PlaceName, Venue

SEARCHED = ("event.title", "event.place")
AT_ONCE = 500
LEAP = 1_000_000  # more changes than ever lie between a backup and its return


def touch(session: Session, event: Event | None = None) -> None:
    """Note, inside a `write_tx()`, that something shown has changed: every page of it is made anew."""
    versions.forget_after(session)
    if event is not None:
        event.version += 1
        event.updated_at = clock.now()
        index_words(session, [event])
    done = session.execute(update(CatalogueVersion).values(version=CatalogueVersion.version + 1))
    if done.rowcount == 0:  # type: ignore[attr-defined]
        session.add(CatalogueVersion(id=1, version=1))


def leap_versions(session: Session) -> None:
    """Count every version up by `LEAP`, inside a `write_tx()`: an older database came back, and what was shown under the versions
    that it never had must not be taken for what it shows next."""
    versions.forget_after(session)
    for counted in (Event, CatalogueVersion):
        leapt = update(counted).values(version=counted.version + LEAP)
        session.execute(leapt.execution_options(synchronize_session=False))


def facts_of(session: Session, event: Event) -> dict[str, Any]:
    """What people are told of an event when it changes, as `EventChange` keeps it. Texts: language -> wording."""
    wanted = {
        "title": (event.id, "event.title"), "reason": (event.id, "event.reason"), "place": (event.id, "event.place"),
        "venue": (event.venue_id, "venue.name"),
    }  # fmt: skip
    said = texts.wordings(session, wanted.values())
    venue = session.get(Venue, event.venue_id) if event.venue_id else None
    days = {name: day.isoformat() if (day := getattr(event, name)) else None for name in ("starts_on", "ends_on")}
    return {name: said[key] for name, key in wanted.items()} | days | {
        "status": event.status, "date_precision": event.date_precision, "address": venue.address if venue else "",
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    """A change of the event or of one of its rows (`owner`), with the facts before and after it, and the sequence it has then."""

    owner: uuid.UUID
    sequence: int
    before: dict[str, Any]
    after: dict[str, Any]
    at: datetime


Listener = Callable[[Session, Event, Sequence[Change]], None]


def init_app(app: Flask, listeners: Iterable[Listener]) -> None:
    """Who hears of changes that are announced, each in the transaction of the change."""
    app.extensions["announcements"] = tuple(listeners)


def announce(session: Session, event: Event, changes: Iterable[Change]) -> None:
    """Record changes that people are told of, inside a `write_tx()`, and let everybody hear who listens; nothing where the facts
    are the same."""
    told = [change for change in changes if change.before != change.after]
    for change in told:
        record_change(session, event, change)
    for listener in current_app.extensions["announcements"] if told else ():
        listener(session, event, told)


def record_change(session: Session, event: Event, change: Change) -> None:
    """Keep a change for the feeds, inside a `write_tx()`, without telling anybody."""
    session.add(
        EventChange(
            event_id=event.id,
            owner=change.owner,
            sequence=change.sequence,
            at=change.at,
            before=change.before,
            after=change.after,
        )
    )


def index_words(session: Session, events: Sequence[Event]) -> None:
    """Bring up to date, inside a `write_tx()`, what these events are found by. `touch` does it for its event; who renames towns
    does it for the events held there. Three queries for every `AT_ONCE` events."""
    session.flush()
    for start in range(0, len(events), AT_ONCE):
        _index([event.id for event in events[start : start + AT_ONCE]], session)


def _index(ids: list[uuid.UUID], session: Session) -> None:
    stored: dict[uuid.UUID, list[str]] = {ident: [] for ident in ids}
    said = select(LocalText.owner, Translation.folded).join(Translation).where(
        LocalText.scope.in_(ids), LocalText.owner == LocalText.scope, LocalText.kind.in_(SEARCHED),
        Translation.status != TranslationStatus.DRAFT
    )  # fmt: skip
    for ident, folded in session.execute(said):
        stored[ident].append(folded)
    named = select(Event.id, Place.slug, PlaceName.folded).join(Place, Event.place_id == Place.id).outerjoin(PlaceName)
    for ident, slug, folded in session.execute(named.where(Event.id.in_(ids))):
        stored[ident] += [slug, folded or ""]
    present = {one.event_id: one for one in session.scalars(select(EventWords).where(EventWords.event_id.in_(ids)))}
    for ident, folded_texts in stored.items():
        if ident in present:
            present[ident].words = words_of(folded_texts)
        else:
            session.add(EventWords(event_id=ident, words=words_of(folded_texts)))
