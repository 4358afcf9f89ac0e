"""Verdicts and devices as JSON (checkin.md §3)."""

from __future__ import annotations

import uuid
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from app.checkin import messages
from app.checkin.clicks import Counted
from app.checkin.headcount import EventNumbers
from app.checkin.messages import Scene
from app.checkin.models import QUARANTINE
from app.checkin.rules import CheckInListState, DeviceState, Result, Verdict, crowding
from app.checkin.search import FoundGuest
from app.events.models import Event
from app.i18n.languages import LANGUAGES
from app.i18n.texts import Texts
from app.registration import codes
from app.registration.models import initials_of
from app.scanner.guest_notes import NOTHING, Told
from app.scanner.roster import Page

# Whoever holds such a code is told nothing about the ticket's holder.
NAMELESS = frozenset({Result.UNKNOWN, Result.WRONG_EVENT, Result.REVOKED, QUARANTINE})
SceneOf = Callable[[Verdict, str], Scene | None]


def as_json(verdict: Verdict, lang: str, scene_of: SceneOf, told: Mapping[uuid.UUID, Told]) -> dict[str, Any]:
    """One item of the answer. `lang` is the volunteer's language; the guest's stands on the ticket, what they tell in `told`."""
    message = messages.for_volunteer(verdict, scene_of(verdict, lang), lang)
    if verdict.error:
        fields = {"fields": list(verdict.fields)} if verdict.fields else {}
        return {"id": verdict.sent_id, "error": verdict.error, "message": message, **fields}
    theirs = guest_language(verdict, lang, scene_of)
    answer: dict[str, Any] = {
        "id": verdict.sent_id,
        "result": str(verdict.result),
        "replay": verdict.replay,
        "guest": _guest(verdict, told),
        "first": verdict.first and {"at": moment(verdict.first.at), "list": verdict.first.check_in_list, "by": verdict.first.by},
        "message": message,
        "guest_message": messages.for_guest(verdict, scene_of(verdict, theirs), theirs),
        "guest_language": theirs,
    }
    if verdict.result == Result.ACCEPTED:
        answer["admitted"] = verdict.admitted
    if verdict.warning:
        answer |= {"warning": verdict.warning, "warning_message": messages.for_crowding(verdict.warning, lang)}
    return answer


def guest_language(verdict: Verdict, lang: str, scene_of: SceneOf) -> str:
    """The ticket's language; without a ticket the event's own."""
    if verdict.ticket is not None:
        return str(verdict.ticket.language) if verdict.ticket.language in LANGUAGES else "en"
    scene = scene_of(verdict, lang)
    return scene.event.source_lang if scene and scene.event.source_lang in LANGUAGES else lang


def tells(verdicts: Iterable[Verdict]) -> set[uuid.UUID]:
    """The tickets whose holders tell the door something, where these verdicts may name them."""
    named = [verdict.ticket for verdict in verdicts if verdict.ticket is not None and verdict.result not in NAMELESS]
    return {ticket.id for ticket in named if ticket.told}


def _guest(verdict: Verdict, told: Mapping[uuid.UUID, Told]) -> dict[str, Any] | None:
    ticket = verdict.ticket
    if ticket is None or verdict.result in NAMELESS:
        return None
    note = told.get(ticket.id, NOTHING)
    return {
        "initials": initials_of(ticket.holder),
        "party": ticket.party_size,
        "arrived": verdict.arrived,
        "language": ticket.language,
        "notes": note.needs,
        "answers": [{"question": question, "answer": answer} for question, answer in note.answers],
        "rehearsal": ticket.rehearsal,
    }


def device_json(device: DeviceState, event: Event, shown: Texts, inside: Mapping[uuid.UUID, int]) -> dict[str, Any]:
    """What a phone may know of itself: its name, the event, its lists and what it may do."""
    return {
        "name": device.name,
        "event": {
            "slug": event.slug, "title": str(shown(event.id, "event.title")),
            "town": event.place.name_in(shown.lang) if event.place else "", "timezone": event.timezone,
        },
        "lists": lists_json(device.check_in_lists.values(), shown, inside),
        "scan": device.may_scan,
        "supervise": device.may_supervise,
        "language": device.language,
        "expires_at": moment(device.expires_at),
    }  # fmt: skip


def lists_json(check_in_lists: Iterable[CheckInListState], shown: Texts, inside: Mapping[uuid.UUID, int]) -> list[dict[str, Any]]:
    """Lists as a phone needs them; `inside` is how many people are in at each now."""
    return [
        {
            "slug": one.slug, "name": str(shown(one.id, "list.name")) or one.slug, "kind": one.kind,
            "on": one.on and one.on.isoformat(), "opens_at": one.opens_at and moment(one.opens_at),
            "closes_at": one.closes_at and moment(one.closes_at), "re_entry": one.re_entry, "count_exits": one.count_exits,
            "capacity": one.capacity, "inside": inside.get(one.id, 0), "is_venue_door": one.is_venue_door,
        }
        for one in check_in_lists
    ]  # fmt: skip


def crowds_json(check_in_lists: Iterable[CheckInListState], inside: Mapping[uuid.UUID, int]) -> list[dict[str, Any]]:
    """How full each list is."""
    return [
        {"slug": one.slug, "inside": (number := inside.get(one.id, 0)), "capacity": one.capacity,
         "warning": crowding(number, one.capacity)}
        for one in check_in_lists
    ]  # fmt: skip


def page_json(page: Page, slug: str) -> dict[str, Any]:
    """A part of the offline list."""
    return {
        "list": slug, "salt": urlsafe_b64encode(page.salt).decode().rstrip("="), "cursor": str(page.cursor), "full": page.full,
        "more": page.more, "now": moment(page.now), "tickets": page.entries, "removed": page.removed,
    }  # fmt: skip


def click_json(counted: Counted) -> dict[str, Any]:
    """One click's answer."""
    if counted.error:
        fields = {"fields": list(counted.fields)} if counted.fields else {}
        return {"id": counted.sent_id, "error": counted.error, **fields}
    return {"id": counted.sent_id, "result": "counted", "replay": counted.replay}


def numbers_json(numbers: EventNumbers) -> dict[str, Any]:
    """The venue and its lists."""
    return asdict(numbers)


def found_json(found: FoundGuest) -> dict[str, Any]:
    """A ticket that was found by its holder's name, or by that of somebody who comes along, and where its people are in."""
    ticket = found.hit.ticket
    return {
        "reference": codes.show_reference(ticket.reference), "name": ticket.holder, "companion": found.hit.companion,
        "party": ticket.party_size, "status": ticket.status,
        "inside": [{"list": here.check_in_list, "count": here.count, "since": moment(here.since)} for here in found.inside],
    }  # fmt: skip


def moment(value: datetime) -> str:
    """`2026-06-16T15:04:05Z`."""
    return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
