"""Bringing the demo's data into the database: every write is an upsert, so seeding twice changes nothing.

Seeding restores the demo's own rows and wordings, but for events that somebody changed by `flask event set`. It deletes no
row, leaves the dates of live events to `live`, and never writes over a translation that somebody has reviewed.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import event as listening, select
from sqlalchemy.orm import Session, selectinload

from app.agenda.creating import items_by_number, new_item, put_people, put_person, put_track
from app.agenda.models import AgendaItem, ItemStatus
from app.agenda.service import rows_changed
from app.checkin import service as checkin
from app.checkin.models import CheckInList
from app.core import clock
from app.core.db import write_tx
from app.core.rows import set_changed
from app.demo import data, guests, redating
from app.demo.data import EventRecord, Row
from app.demo.models import DemoEvent
from app.events.creating import put_day, put_event
from app.events.models import Event
from app.events.service import index_words, touch
from app.i18n import texts
from app.i18n.languages import SOURCE
from app.i18n.models import LocalText, Origin, TranslationStatus
from app.places import service as places
from app.places.models import Place, Venue
from app.registration.questions import put_question
from app.registration.seats import put_settings, settle

NAMESPACE = uuid.UUID("6f1c2f0e-5c1e-5d0b-9a52-7d3a3a4f2b10")
VENUE_FIELDS = ("address", "latitude", "longitude", "wheelchair", "step_free", "toilet", "hearing_loop")


def seed_base() -> None:
    """Every municipality with its names and years; one transaction. Lists are made anew only when something changed."""
    with write_tx() as session:
        with _noticing(session) as changes:
            for record in data.places():
                places.put_place(session, record.slug, record.fields, record.names, record.years)
        if changes:
            touch(session)
            index_words(session, session.scalars(select(Event).where(Event.place_id.is_not(None))).all())


def seed_demo() -> None:
    """Every event with its days, rows, texts, lists and guests; needs `seed_base`. One transaction.

    A live event that is new, or has got new rows or lists, is set around the present; else its dates stay as they are. One
    that somebody changed by `flask event set` is theirs from then on, and is left alone; one that was deleted stays so.
    """
    with write_tx() as session:
        known = set(session.scalars(select(DemoEvent.event_id)))
        edited = set(session.scalars(select(Event.id).where(Event.edited_at.is_not(None))))
        there = set(session.scalars(select(Event.id)))
        for record in data.events():
            ident = identity("event", record.slug)
            if ident in edited or (ident in known and ident not in there):
                continue
            if ident not in known:
                session.add(DemoEvent(event_id=ident))
            with _noticing(session) as changes:
                event = _put_event(session, record)
            if changes:
                rows_changed(session, event)
            if record.live and any(isinstance(change, (AgendaItem, CheckInList)) for change in changes.new):
                redating.apply(session, event, redating.timetable(record, clock.now()))


def identity(*parts: object) -> uuid.UUID:
    """The id of a row of the demo: the same at every seeding, in every installation."""
    return uuid.uuid5(NAMESPACE, "/".join(str(part) for part in parts))


# Noticing changes


@dataclass(slots=True)
class Changes:
    """What was flushed: new rows, and how many rows changed."""

    new: list[object]
    count: int = 0

    def __bool__(self) -> bool:
        return self.count > 0


@contextmanager
def _noticing(session: Session) -> Iterator[Changes]:
    """Which rows the block really changes; rows that are set to what they hold already do not count."""
    changes = Changes([])

    def note(writing: Session, *_: object) -> None:
        changes.new += list(writing.new)
        changes.count += len(writing.new) + len(writing.deleted) + sum(writing.is_modified(row) for row in writing.dirty)

    listening.listen(session, "before_flush", note)
    try:
        yield changes
        session.flush()
    finally:
        listening.remove(session, "before_flush", note)


# Texts


class Speaker:
    """Writes the texts of one event: one query for what is there, and only what differs is written."""

    def __init__(self, session: Session, scope: uuid.UUID, record: EventRecord) -> None:
        query = select(LocalText).where(LocalText.scope == scope).options(selectinload(LocalText.translations))
        self.session, self.scope, self.languages = session, scope, record.languages
        self.present = {(text.owner, text.kind): text for text in session.scalars(query)}

    def say(self, owner: uuid.UUID, kind: str, key: str) -> None:
        """Give this text its wordings; a reviewed translation stays."""
        text = self.present.get((owner, kind))
        there = {one.lang: one for one in text.translations} if text else {}
        values = {
            lang: value
            for lang, value in data.wording(key, self.languages).items()
            if lang not in there
            or (there[lang].value != value and (lang == SOURCE or there[lang].status != TranslationStatus.REVIEWED))
        }
        if values:
            texts.put(self.session, self.scope, owner, kind, values, SOURCE, origin=origin_of(key))

    def say_all(self, owner: uuid.UUID, prefix: str, keys: Mapping[str, str]) -> None:
        """All texts of one row: `{"title": key}` with the prefix `item` is `item.title`; others it had are dropped."""
        for name, key in keys.items():
            self.say(owner, f"{prefix}.{name}", key)
        wanted = {(owner, f"{prefix}.{name}") for name in keys}
        for dropped in [key for key in self.present if key[0] == owner and key not in wanted]:
            self.session.delete(self.present.pop(dropped))


def origin_of(key: str) -> Origin:
    """Names were taken over as they are; everything else was translated by machine from English."""
    return Origin.IMPORT if data.is_name(key) else Origin.MACHINE


# Events


def _put_event(session: Session, record: EventRecord) -> Event:
    place = session.scalar(_place(record.place)) if record.place else None
    venues = {key: _put_venue(session, record, place, key, row) for key, row in record.venues.items()}
    main = venues[record.venue].id if record.venue else None
    fields = {**record.fields, "place_id": place.id if place else None, "venue_id": main}
    event = put_event(session, identity("event", record.slug), record.slug, fields)
    speaker = Speaker(session, event.id, record)
    speaker.say_all(event.id, "event", record.texts)
    _put_days(session, event, record, speaker)
    _put_rows(session, event, record, venues, speaker)
    _put_desk(session, event, record, speaker)
    _put_lists(session, event, record, speaker)
    return event


def _place(slug: str) -> Any:
    return select(Place).where(Place.slug == slug).options(selectinload(Place.names))


def _put_venue(session: Session, record: EventRecord, place: Place | None, key: str, row: Row) -> Venue:
    """A venue and its rooms; towns share their venues between events, by key."""
    fields = {name: row[name] for name in VENUE_FIELDS if name in row}
    directions = data.wording(row["directions"], record.languages) if "directions" in row else None
    names = data.wording(row["name"], record.languages)
    venue = places.put_venue(
        session, identity("venue", record.place or record.slug, key), place, fields, names, directions,
        source_lang=SOURCE, origin=origin_of(row["name"]),
    )  # fmt: skip
    for name, wording in row.get("rooms", {}).items():
        places.put_room(session, identity(venue.id, name), venue, data.wording(wording, record.languages), origin=Origin.MACHINE)
    return venue


def _put_days(session: Session, event: Event, record: EventRecord, speaker: Speaker) -> None:
    for row in record.days:
        on = date.fromisoformat(row["on"])
        day = put_day(session, identity(event.id, on), event, on, row["status"])
        speaker.say_all(day.id, "day", row["texts"])


def _put_rows(session: Session, event: Event, record: EventRecord, venues: Mapping[str, Venue], speaker: Speaker) -> None:
    """Tracks and people first, then the rows that name them; a row is known by its number."""
    for position, track in enumerate(record.tracks):
        made = put_track(session, identity(event.id, "track", track["key"]), event, position)
        speaker.say(made.id, "track.name", track["name"])
    for position, person in enumerate(record.people):
        somebody = put_person(session, identity(event.id, "person", person["key"]), event, position)
        speaker.say(somebody.id, "person.role", person["role"])
    present = items_by_number(session, event)
    for position, row in enumerate(record.items):
        number = row["number"]
        item = present.get(number) or new_item(session, identity(event.id, "item", number), event, number)
        set_changed(item, _columns(event, record, row, venues) | {"position": position})
        put_people(item, {identity(event.id, "person", key): role for key, role in row.get("people", [])})
        speaker.say_all(item.id, "item", row["texts"])


def _columns(event: Event, record: EventRecord, row: Row, venues: Mapping[str, Venue]) -> dict[str, Any]:
    """A row's columns; those of a live event without its dates and times."""
    chosen = venues.get(row.get("venue", ""))
    house = chosen or (venues[record.venue] if record.venue else None)
    columns = {
        "kind": row["kind"], "status": row.get("status", ItemStatus.SCHEDULED),
        "access": row.get("access", record.fields["access"]),
        "parallel_group": row.get("parallel", ""), "repeats": row.get("repeats"), "languages": row.get("languages", []),
        "interpretations": row.get("interpretations", []), "venue_id": chosen.id if chosen else None,
        "old_venue_id": venues[row["old_venue"]].id if "old_venue" in row else None,
        "room_id": identity(house.id, row["room"]) if house and "room" in row else None,
        "track_id": identity(event.id, "track", row["track"]) if "track" in row else None,
    }  # fmt: skip
    return columns if record.live else columns | _times(record, row)


def _times(record: EventRecord, row: Row) -> dict[str, date | datetime | None]:
    on = date.fromisoformat(row["on"]) if "on" in row else None
    times = {name: data.moment(on, row[key], record.zone) for name, key in redating.CLOCKS.items() if on and key in row}
    return {"on": on, **dict.fromkeys(redating.CLOCKS), **times}


def _put_desk(session: Session, event: Event, record: EventRecord, speaker: Speaker) -> None:
    """Registration with its questions, and its first guests."""
    if not record.desk:
        return
    desk = {name: record.desk[name] for name in ("mode", "capacity", "party_max")}
    made = put_settings(session, event.id, **desk)
    for position, row in enumerate(record.questions, start=1):
        options = {key: _in_english(text) for key, text in row.get("options", {}).items()}
        question = put_question(
            session, event.id, row["key"], kind=row["kind"], labels=_in_english(row["label"]), options=options,
            required=row.get("required", False), at_door=row.get("at_door", False), position=position,
        )  # fmt: skip
        for name, key in data.question_texts(row).items():
            speaker.say(question.id, f"question.{name}", key)
    guests.put_guests(session, event.id, record.slug, record.desk["guests"])
    settle(session, made)


def _put_lists(session: Session, event: Event, record: EventRecord, speaker: Speaker) -> None:
    """The check-in lists; one without hours is open at any time. Those of a live event get theirs from `live`."""
    for position, row in enumerate(record.lists, start=1):
        fields = {
            "kind": row.get("kind", "event"), "position": position, "capacity": row.get("capacity"),
            "item_id": identity(event.id, "item", row["item"]) if "item" in row else None,
            "is_venue_door": row.get("venue_door", True), "re_entry": row.get("re_entry", True),
            "count_exits": row.get("count_exits", True),
        }  # fmt: skip
        door = checkin.put_list(session, event.id, row["slug"], fields, _in_english(row["name"]), SOURCE)
        speaker.say(door.id, "list.name", row["name"])


def _in_english(key: str) -> dict[str, str]:
    """What the domain's own verb is given; the speaker adds the other languages and says where they come from."""
    return {SOURCE: data.wording(key)[SOURCE]}
