"""The verbs of events: find one, say what version its pages show, note that something about it changed."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from icalendar import Event as CalendarEvent
from sqlalchemy import ColumnElement, bindparam, select, update
from sqlalchemy.orm import Session, contains_eager, joinedload

from app.audit.retention import KEPT
from app.core import clock, ical, versions
from app.core.babel import gettext as _
from app.core.db import db
from app.core.errors import NotFound
from app.core.versions import Stamp
from app.events.days import evening_of
from app.events.models import CatalogueVersion, Event, EventChange, EventWords
from app.i18n import formats, texts
from app.i18n.folding import words_of
from app.i18n.models import LocalText, Translation
from app.places.models import Place, PlaceName, Venue

SEARCHED = ("event.title", "event.place")
AT_ONCE = 500
LEAP = 1_000_000  # more changes than ever lie between a backup and its return
# Built once, one query: it stands before every page of an event that is made anew.
_BY_SLUG = (
    select(Event)
    .where(Event.slug == bindparam("slug"))
    .options(joinedload(Event.place).joinedload(Place.names), joinedload(Event.venue), joinedload(Event.days))
)


def find_event(slug: str) -> Event | None:
    """The event at this address, with its place and venue."""
    return db.session.scalars(_BY_SLUG, {"slug": slug}).unique().one_or_none()


def get_event(slug: str) -> Event:
    """The event at this address. Raises `NotFound`."""
    event = find_event(slug)
    if event is None:
        raise NotFound
    return event


def find_event_by_id(event_id: uuid.UUID) -> Event | None:
    """The event with this id (what an opaque `scope` stands for)."""
    return db.session.get(Event, event_id)


def event_stamp(slug: str) -> Stamp:
    """Where the version stands that pages of this event show; it is None when there is no such event."""
    return Stamp("SELECT version FROM events WHERE slug = {}", (slug,))


def catalogue_stamp() -> Stamp:
    """Where the version stands that home, lists and towns show."""
    return Stamp("SELECT coalesce(max(version), 0) FROM catalogue_version")


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


def note_change(
    session: Session, event_id: uuid.UUID, owner: uuid.UUID, sequence: int, before: dict[str, Any], after: dict[str, Any],
    at: datetime | None = None,
) -> None:  # fmt: skip
    """Keep, inside a `write_tx()`, a change of the event or of one of its rows for its feeds; nothing where nothing differs."""
    if before != after:
        change = EventChange(event_id=event_id, owner=owner, sequence=sequence, at=at or clock.now(), before=before, after=after)
        session.add(change)


def net_changes(event_id: uuid.UUID, since: datetime, until: datetime) -> dict[uuid.UUID, tuple[dict[str, Any], dict[str, Any]]]:
    """For the event and each of its rows that was changed from `since` until, not including, `until`: what it was and what it
    is then, however often it changed between."""
    query = select(EventChange).where(EventChange.event_id == event_id, EventChange.at >= since, EventChange.at < until)
    found: dict[uuid.UUID, tuple[dict[str, Any], dict[str, Any]]] = {}
    for change in db.session.scalars(query.order_by(EventChange.at, EventChange.sequence)):
        found[change.owner] = (found[change.owner][0] if change.owner in found else change.before, change.after)
    return found


def latest_changes(where: ColumnElement[bool], most: int) -> list[EventChange]:
    """The newest changes among these events (a condition on `Event`), the newest first, each with its event."""
    query = select(EventChange).join(EventChange.event).where(where).options(contains_eager(EventChange.event))
    return list(db.session.scalars(query.order_by(EventChange.at.desc(), EventChange.id.desc()).limit(most)))


def knows_its_days(event: Event) -> bool:
    """Whether the days of an event hold. Those of a postponed one do only when they were changed with that, or since."""
    if event.status != "postponed":
        return True
    newest_first = EventChange.at.desc(), EventChange.sequence.desc()
    for change in db.session.scalars(select(EventChange).where(EventChange.owner == event.id).order_by(*newest_first)):
        if differ(change.before, change.after, "starts_on", "ends_on", "date_precision"):
            return True
        if differ(change.before, change.after, "status"):
            return False
    return False


def is_a_day_of(event: Event, moment: datetime) -> bool:
    """Whether a moment lies on one of the event's days, or in the night after it."""
    zone = formats.zone(event.timezone)
    first, last = event.starts_on, event.ends_on or event.starts_on
    days = moment.astimezone(zone).date(), evening_of(moment, zone)
    return first is not None and last is not None and any(first <= day <= last for day in days)


def differ(before: Mapping[str, Any], after: Mapping[str, Any], *names: str) -> bool:
    """Whether any of these facts changed."""
    return any(before[name] != after[name] for name in names)


def add_conference(entry: CalendarEvent, event: Event) -> None:
    """Where people join an event from afar, in a calendar's entry; nothing while nobody has said where, or when
    it is called off."""
    if event.online_url and event.status not in ("cancelled", "postponed"):
        ical.add_conference(entry, event.online_url, _("Join online"))


def index_words(session: Session, events: Sequence[Event]) -> None:
    """Bring up to date, inside a `write_tx()`, what these events are found by. `touch` does it for its event; who renames towns
    does it for the events held there. Three queries for every `AT_ONCE` events."""
    session.flush()
    for start in range(0, len(events), AT_ONCE):
        _index([event.id for event in events[start : start + AT_ONCE]], session)


def _index(ids: list[uuid.UUID], session: Session) -> None:
    stored: dict[uuid.UUID, list[str]] = {ident: [] for ident in ids}
    said = select(LocalText.owner, Translation.folded).join(Translation).where(
        LocalText.scope.in_(ids), LocalText.owner == LocalText.scope, LocalText.kind.in_(SEARCHED), Translation.status != "draft"
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


def past_keeping(session: Session, scopes: Collection[uuid.UUID], now: datetime, keep: timedelta = KEPT) -> set[uuid.UUID]:
    """Which of these events are so long over that nothing kept for `keep` may be left: the privacy notice's promise.

    It is due from the first minute of that day (the thirtieth) after the one on which the event was over, in its zone. An
    event that is known only to the month or year ends with it; one without a date has not been held.
    """
    over = select(Event.id, Event.over_at, Event.timezone).where(Event.id.in_(scopes), Event.over_at <= now)
    rows = [(ident, at, formats.zone(zone)) for ident, at, zone in session.execute(over)] if scopes else []
    return {ident for ident, at, zone in rows if at and now.astimezone(zone).date() >= evening_of(at, zone) + keep}


def kept_until(event: Event, keep: timedelta = KEPT) -> date | None:
    """The day on which `past_keeping` becomes true for the event; None while it has no date."""
    return evening_of(event.over_at, formats.zone(event.timezone)) + keep if event.over_at else None
