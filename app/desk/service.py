"""Changing an event's settings: all of what is asked for, or nothing."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.agenda.models import AgendaItem
from app.audit.models import Actor
from app.audit.service import record
from app.checkin import service as checkin
from app.checkin.models import CheckInList, ListKind
from app.core import clock
from app.core.errors import InvalidInput, NotFound
from app.desk import queries
from app.desk.rules import COLUMNS, Setting, Wanted
from app.events.models import Event
from app.events.service import Change, announce, facts_of, touch
from app.i18n import texts
from app.i18n.languages import SOURCE
from app.i18n.texts import Texts
from app.registration import codes, seats
from app.registration.models import RegistrationQuestion, RegistrationSettings
from app.registration.questions import BadQuestion, find_question, put_question, retire_question
from app.registration.seats import find_settings, put_settings

TOLD = ("status", "starts_on", "ends_on", "venue", "place")  # people who registered are told of these
AWAY = (ListKind.ITEM, ListKind.COACH)  # who is in one of these lists need not be at the venue


@dataclass(frozen=True, slots=True)
class SettingChange:
    """One setting that is different now; empty where there was none, or where there is none any more."""

    key: str
    old: str
    new: str


def change(session: Session, event_id: uuid.UUID, wanted: Wanted, actor: Actor) -> list[SettingChange]:
    """Change these settings; returns what is different now, nothing when all was so already.

    More seats go to those who wait, at once. When, where or whether the event takes place counts its calendar's sequence up
    and is told to those who registered. Raises `NotFound`, and `InvalidInput` with a sentence for each key.
    """
    seats.lock_settings(session, event_id)  # whoever changes seats begins with this
    event = session.get(Event, event_id, with_for_update={"key_share": True}, populate_existing=True)
    if event is None:
        raise NotFound
    before, facts = queries.settings_of(event), facts_of(session, event)
    _Changing(session, event).apply(wanted)
    session.flush()
    changes = _differences(before, queries.settings_of(event))
    if changes:
        _note(session, event, changes, facts)
        record(session, event.id, "event.set", event.id, actor)
    return changes


def overbooked(event_id: uuid.UUID) -> int:
    """How many people have a seat beyond the event's seats, because there were more when they came."""
    desk = find_settings(event_id)
    return seats.overbooked(desk) if desk else 0


def too_large(event_id: uuid.UUID) -> list[tuple[str, int]]:
    """The parties that wait and are larger than all seats together: each by its reference, with its people."""
    desk = find_settings(event_id)
    parties = seats.too_large(desk) if desk else []
    return [(codes.show_reference(one.ticket.reference), one.party_size) for one in parties if one.ticket]


def _differences(before: Iterable[Setting], after: Iterable[Setting]) -> list[SettingChange]:
    old, new = ({setting.key: setting.text for setting in settings} for settings in (before, after))
    keys = [*new, *(key for key in old if key not in new)]
    return [SettingChange(key, old.get(key, ""), new.get(key, "")) for key in keys if old.get(key) != new.get(key)]


def _note(session: Session, event: Event, changes: Iterable[SettingChange], before: dict[str, Any]) -> None:
    if any(one.key.partition(".")[0] in TOLD for one in changes):
        event.sequence, event.changed_at = event.sequence + 1, clock.now()
        announce(session, event, [Change(event.id, event.sequence, before, facts_of(session, event), event.changed_at)])
    event.edited_at = clock.now()
    touch(session, event)


class _Changing:
    """One change in the making; collects what is wrong with it."""

    def __init__(self, session: Session, event: Event) -> None:
        self.session, self.event = session, event
        self.known: Texts = texts.load([event.id], event.source_lang)
        self.wrong: dict[str, str] = {}

    def apply(self, wanted: Wanted) -> None:
        """Write all of it. Raises `InvalidInput` when anything was wrong."""
        self._put_event(wanted)
        self._put_registration(wanted.registration)
        for slug in dict.fromkeys((*wanted.lists, *_slugs(wanted, "list"))):
            self._put_list(slug, wanted.lists.get(slug, {}), wanted.texts_of(f"list.{slug}"))
        for key in dict.fromkeys((*wanted.questions, *_slugs(wanted, "question"))):
            self._put_question(key, wanted.questions.get(key, {}), wanted.texts_of(f"question.{key}"))
        if self.wrong:
            raise InvalidInput(self.wrong)

    def _put_event(self, wanted: Wanted) -> None:
        values = dict(wanted.event)
        if "venue" in values:
            values["venue_id"] = self._venue(values.pop("venue"))
        first, last = (values.get(name, getattr(self.event, name)) for name in ("starts_on", "ends_on"))
        if (first is None) != (last is None):
            self.wrong["starts_on" if first is None else "ends_on"] = "needs a day: either both days are known or none"
        elif first and last < first:
            self.wrong["ends_on"] = f"is before the first day: {last} is earlier than {first}"
        else:
            _set(self.event, values)
        self._say(self.event.id, "event", wanted.texts_of("event"))

    def _venue(self, key: str | None) -> uuid.UUID | None:
        known = queries.venues_of(self.event)
        if key is None or key in known:
            return known[key][0].id if key else None
        there = ", ".join(known) or "none; write the place in words: place.en=…"
        self.wrong["venue"] = f"there is no venue {key} here; there is: {there}"
        return self.event.venue_id

    def _put_registration(self, values: Mapping[str, Any]) -> None:
        if not values:
            return
        desk = self.session.get(RegistrationSettings, self.event.id)
        if desk is None and values.get("mode", "none") == "none":
            if set(values) - {"mode"}:
                self.wrong["registration.mode"] = "is none, so nobody can register; say optional or required too"
            return
        names = (
            "mode", "opens_at", "closes_at", "capacity", "party_max", "waiting_list", "confirm_first", "ask_needs", "hold_hours",
        )  # fmt: skip
        now = {name: getattr(desk, name) for name in (*names, "reminder_hours")} if desk else {}
        now |= {COLUMNS.get(name, name): value for name, value in values.items()}
        if self._in_order("registration", now.get("opens_at"), now.get("closes_at")):
            put_settings(self.session, self.event.id, **now)

    def _in_order(self, part: str, opens_at: datetime | None, closes_at: datetime | None) -> bool:
        wrong = opens_at is not None and closes_at is not None and closes_at <= opens_at
        if wrong:
            self.wrong[f"{part}.closes_at"] = f"must be later than {part}.opens_at"
        return not wrong

    # Lists

    def _put_list(self, slug: str, values: Mapping[str, Any], words: Mapping[str, Mapping[str, str]]) -> None:
        check_in_list = checkin.find_list(self.event.id, slug)
        if check_in_list is None and not words.get("name"):
            self.wrong[f"list.{slug}"] = f"there is no list {slug}; to make it, give it a name: list.{slug}.name.en=…"
            return
        columns = {COLUMNS.get(name, name): value for name, value in values.items() if name != "item"}
        if "item" in values:
            columns["item_id"] = self._item(slug, values["item"])
        check_in_list = check_in_list or self._new_list(slug, columns, words["name"])
        _set(check_in_list, columns)
        self._check_list(check_in_list)
        self._say(check_in_list.id, "list", words)

    def _new_list(self, slug: str, columns: dict[str, Any], names: Mapping[str, str]) -> CheckInList:
        source = _source(names, self.event.source_lang)
        columns.setdefault("is_venue_door", columns.get("kind", ListKind.EVENT) not in AWAY)
        columns.setdefault("position", 1 + max((one.position for one in queries.lists_of(self.event.id)), default=0))
        return checkin.put_list(self.session, self.event.id, slug, columns, {source: names[source]}, source)

    def _item(self, slug: str, number: int | None) -> uuid.UUID | None:
        query = select(AgendaItem.id).where(AgendaItem.event_id == self.event.id, AgendaItem.number == number)
        found = self.session.scalar(query) if number is not None else None
        if number is not None and found is None:
            self.wrong[f"list.{slug}.item"] = f"the programme has no row {number}"
        return found

    def _check_list(self, check_in_list: CheckInList) -> None:
        """A list for one day or one row says which, and no other does."""
        part = f"list.{check_in_list.slug}"
        for name, value, kind in (("on", check_in_list.on, ListKind.DAY), ("item", check_in_list.item_id, ListKind.ITEM)):
            if value is None and check_in_list.kind == kind:
                self.wrong.setdefault(f"{part}.{name}", f"is missing: a list of kind {kind} says for which")
            elif value is not None and check_in_list.kind != kind:
                self.wrong.setdefault(
                    f"{part}.{name}", f"is only for lists of kind {kind}; this one is of kind {check_in_list.kind}"
                )
        self._in_order(part, check_in_list.opens_at, check_in_list.closes_at)

    # Questions

    def _put_question(self, key: str, values: Mapping[str, Any], words: Mapping[str, Mapping[str, str]]) -> None:
        """Through registration's own verb, which wants the wordings in the question's first language; the rest follow."""
        part, found = f"question.{key}", find_question(self.session, self.event.id, key)
        if found is None and not ("kind" in values and words.get("label")):
            self.wrong[part] = f"there is no question {key}; to ask it, say {part}.kind=… and {part}.label.en=…"
            return
        source = self._language_of(found, words)
        now = {name: values.get(name, getattr(found, name, None)) for name in ("kind", "required", "at_door")}
        later = 1 + max((one.position for one in queries.questions_of(self.event.id)), default=0)
        retired = values.get("retired", found is not None and found.retired_at is not None)  # putting it asks it again
        options = values.get("options", found.options if found else [])
        options = [*options, *(name[7:] for name in words if name.startswith("option.") and name[7:] not in options)]
        label, *choices = (self._worded(found, source, name, words) for name in ("label", *(f"option.{one}" for one in options)))
        try:
            question = put_question(
                self.session, self.event.id, key, kind=now["kind"], required=bool(now["required"]), at_door=bool(now["at_door"]),
                position=values.get("position", found.position if found else later), labels=label,
                options=dict(zip(options, choices, strict=True)), source_lang=source,
            )  # fmt: skip
        except BadQuestion as wrong:
            self.wrong[part] = str(wrong)
            return
        self._say(question.id, "question", words)
        if retired:
            retire_question(self.session, self.event.id, key)

    def _language_of(self, found: RegistrationQuestion | None, words: Mapping[str, Mapping[str, str]]) -> str:
        if found is not None:
            return self.known.sources.get((found.id, "question.label"), SOURCE)
        return _source(words["label"], self.event.source_lang)

    def _worded(
        self, found: RegistrationQuestion | None, source: str, name: str, words: Mapping[str, Mapping[str, str]]
    ) -> dict[str, str]:
        there = self.known.found.get((found.id, f"question.{name}"), {}) if found else {}
        value = words.get(name, {}).get(source) or there.get(source, ("",))[0]
        return {source: value} if value else {}

    # Texts

    def _say(self, owner: uuid.UUID, part: str, words: Mapping[str, Mapping[str, str]]) -> None:
        """Write the wordings that differ: one that stays as it is keeps its origin, unless its source changes."""
        for name, given in words.items():
            kind = f"{part}.{name}"
            there = {lang: shown[0] for lang, shown in self.known.found.get((owner, kind), {}).items()}
            source = self.known.sources.get((owner, kind)) or _source(given, self.event.source_lang)
            differing = {lang: value for lang, value in given.items() if value != there.get(lang, "")}
            if differing:
                texts.put(self.session, self.event.id, owner, kind, given if source in differing else differing, source)


def _set(row: Any, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        if getattr(row, name) != value:
            setattr(row, name, value)


def _slugs(wanted: Wanted, part: str) -> list[str]:
    return [owner.partition(".")[2] for owner, _ in wanted.texts if owner.startswith(f"{part}.")]


def _source(given: Mapping[str, str], preferred: str) -> str:
    """The language that a new text counts as written in: the event's, else English, else the first one given."""
    return next((lang for lang in (preferred, SOURCE) if lang in given), next(iter(given)))
