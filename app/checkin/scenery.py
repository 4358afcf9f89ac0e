"""What the lines at the door speak of: the event of a phone, and those of tickets for another one."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from app.checkin.messages import NEED_SCENE, Scene
from app.checkin.rules import DeviceState, Result, Verdict
from app.core import clock
from app.core.db import db
from app.core.errors import NotFound
from app.events.models import Event
from app.events.queries import find_event_by_id
from app.i18n import texts
from app.i18n.texts import Texts

SPOKEN = ("event.title", "list.name")
MAX_OWN = 200
_own: dict[uuid.UUID, tuple[int, _Own]] = {}


def describe(device: DeviceState, lang: str) -> tuple[Event, Texts]:
    """The phone's event and the texts that name it and its lists. Raises `NotFound` when the event is gone."""
    event = find_event_by_id(device.event_id)
    if event is None:
        raise NotFound
    return event, texts.load([event.id], lang, event.fallback, ("event.title", "list.name"))


@dataclass(frozen=True, slots=True)
class _Own:
    """What lines say of a phone's own event, as of one version of it."""

    event: Event
    texts: Texts


class Scenery:
    """What the lines of a batch speak of; asks the database only when a line needs it, and once for all of them.

    The phone's own event is kept under its version, so that a ticket scanned twice costs no more than one scanned once.
    """

    def __init__(self, device: DeviceState, verdicts: Iterable[Verdict]) -> None:
        self._device = device
        self._foreign = {
            verdict.ticket.event_id for verdict in verdicts if verdict.result == Result.WRONG_EVENT and verdict.ticket is not None
        }
        self._events: dict[uuid.UUID, Event] | None = None
        self._found = Texts("en")
        self._now = clock.now()

    def __call__(self, verdict: Verdict, lang: str) -> Scene | None:
        """The scene for one verdict in one language; None when its lines need none."""
        if verdict.result not in NEED_SCENE:
            return None
        own = _own_event(self._device)
        if own is None:
            return None
        if verdict.result != Result.WRONG_EVENT or verdict.ticket is None:
            return Scene(own.event, _in(lang, own.event, own.texts), self._now)
        foreign = self._load().get(verdict.ticket.event_id)
        return Scene(own.event, _in(lang, own.event, self._found), self._now, foreign)

    def _load(self) -> dict[uuid.UUID, Event]:
        if self._events is None:
            self._events = {event.id: event for event_id in self._foreign if (event := find_event_by_id(event_id))}
            self._found = texts.load([self._device.event_id, *self._foreign], "en", kinds=SPOKEN)
        return self._events


def _own_event(device: DeviceState) -> _Own | None:
    """The phone's event with the texts that lines speak of, in every language; read again when its version has changed."""
    kept = _own.get(device.event_id)
    if kept and kept[0] == device.event_version:
        return kept[1]
    event = find_event_by_id(device.event_id)
    if event is None or device.event_version is None:
        return None
    own = _Own(event, texts.load([event.id], "en", kinds=SPOKEN))
    db.session.expunge(event)  # other requests read it, too
    if len(_own) >= MAX_OWN:
        _own.clear()
    _own[device.event_id] = device.event_version, own
    return own


def _in(lang: str, event: Event, found: Texts) -> Texts:
    return Texts(lang, event.fallback, found.found, found.sources)
