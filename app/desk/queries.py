"""An event's settings as they stand, in the order in which they are shown."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.agenda.models import AgendaItem
from app.checkin.models import CheckInList
from app.core.db import db
from app.desk.rules import COLUMNS, EVENT, LIST, QUESTION, REGISTRATION, TEXTS, Kind, Setting
from app.events.models import Event
from app.i18n import formats, texts
from app.i18n.folding import fold
from app.i18n.languages import LANGUAGES
from app.i18n.texts import Texts
from app.places.models import Venue
from app.registration.models import RegistrationQuestion, RegistrationSettings

WORDS = "words, in any of " + ", ".join(LANGUAGES)


def all_events() -> list[tuple[Event, str]]:
    """Every event with its title in English (else as it is), by its first day; undated ones last."""
    events = list(db.session.scalars(select(Event)))
    known = texts.load([event.id for event in events], "en", kinds=("event.title",))
    events.sort(key=lambda event: (event.starts_on is None, event.starts_on or event.created_at.date(), event.slug))
    return [(event, known(event.id, "event.title").text) for event in events]


def settings_of(event: Event) -> list[Setting]:
    """Every setting of this event: its own, registration's, then each list and each question."""
    known, zone = texts.load([event.id], "en"), formats.zone(event.timezone)
    found = [*_own(event, known, zone), *_registration(event, zone)]
    numbers = {item.id: item.number for item in db.session.scalars(select(AgendaItem).where(AgendaItem.event_id == event.id))}
    for check_in_list in lists_of(event.id):
        prefix = f"list.{check_in_list.slug}."
        found += _texts(prefix, check_in_list.id, "list", ("name",), known)
        found += _columns(
            prefix,
            LIST,
            _row(LIST, check_in_list) | {"item": numbers.get(check_in_list.item_id) if check_in_list.item_id else None},
            zone,
        )
    for question in questions_of(event.id):
        found += _question(question, known, zone)
    return found


def lists_of(event_id: uuid.UUID) -> list[CheckInList]:
    """An event's check-in lists in their order."""
    query = select(CheckInList).where(CheckInList.event_id == event_id).order_by(CheckInList.position, CheckInList.slug)
    return list(db.session.scalars(query))


def questions_of(event_id: uuid.UUID) -> list[RegistrationQuestion]:
    """What an event asks and has asked, in its order."""
    query = select(RegistrationQuestion).where(RegistrationQuestion.event_id == event_id)
    return list(db.session.scalars(query.order_by(RegistrationQuestion.position, RegistrationQuestion.key)))


def venues_of(event: Event) -> dict[str, tuple[Venue, str]]:
    """The venues an event can be at, by key: those of its place, with their names. The key is the name in plain letters."""
    if event.place_id is None:
        venues = [event.venue] if event.venue else []
    else:
        venues = list(db.session.scalars(select(Venue).where(Venue.place_id == event.place_id).order_by(Venue.id)))
    known = texts.load([event.place_id or venue.id for venue in venues], "en", kinds=("venue.name",)) if venues else Texts("en")
    found: dict[str, tuple[Venue, str]] = {}
    for venue in venues:
        name = known(venue.id, "venue.name").text
        key = re.sub(r"[^a-z0-9]+", "-", fold(name)).strip("-")[:30] or "venue"
        found[key if key not in found else f"{key}-{venue.id.hex[:6]}"] = (venue, name)
    return found


def _own(event: Event, known: Texts, zone: ZoneInfo) -> Iterator[Setting]:
    keys = {venue.id: key for key, (venue, _) in venues_of(event).items()}
    values = _row({name: kind for name, kind in EVENT.items() if name != "venue"}, event)
    yield from _columns("", EVENT, values | {"venue": keys.get(event.venue_id) if event.venue_id else None}, zone)
    yield from _texts("", event.id, "event", TEXTS["event"], known)


def _registration(event: Event, zone: ZoneInfo) -> list[Setting]:
    """Only that there is none, where an event takes no registrations."""
    desk = db.session.get(RegistrationSettings, event.id)
    if desk is None:
        return [Setting("registration.mode", "none", "none", REGISTRATION["mode"].hint)]
    return _columns("registration.", REGISTRATION, _row(REGISTRATION, desk), zone)


def _question(question: RegistrationQuestion, known: Texts, zone: ZoneInfo) -> list[Setting]:
    prefix = f"question.{question.key}."
    values = _row({name: kind for name, kind in QUESTION.items() if name != "retired"}, question)
    options = [f"option.{key}" for key in question.options]
    return [
        *_columns(prefix, QUESTION, values | {"retired": question.retired_at is not None}, zone),
        *_texts(prefix, question.id, "question", [*TEXTS["question"], *options], known),
    ]


def _row(kinds: Mapping[str, Kind], row: Any) -> dict[str, Any]:
    return {name: getattr(row, COLUMNS.get(name, name), None) for name in kinds}


def _columns(prefix: str, kinds: Mapping[str, Kind], values: Mapping[str, Any], zone: ZoneInfo) -> list[Setting]:
    return [Setting(prefix + name, values[name], kind.show(values[name], zone), kind.hint) for name, kind in kinds.items()]


def _texts(prefix: str, owner: uuid.UUID, kind: str, names: Any, known: Texts) -> list[Setting]:
    return [
        Setting(f"{prefix}{name}.{lang}", value, escaped(value), WORDS)
        for name in names
        for lang, (value, _, _) in sorted(known.found.get((owner, f"{kind}.{name}"), {}).items())
        if lang in LANGUAGES
    ]


def escaped(text: str) -> str:
    r"""On one line: a line break is written \n, a backslash twice."""
    return text.replace("\\", "\\\\").replace("\n", "\\n")
