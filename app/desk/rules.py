"""The settings of an event: their names, how a value is read from the terminal and shown so that it is read again.

No SQL and no clock. Times are the event's own (`2026-06-16 18:00`), in its zone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from app.checkin.models import ListKind
from app.events.models import EventStatus
from app.registration.models import HOLD_HOURS, QuestionKind, RegistrationMode

NONE = "none"
MOST_LETTERS = 500  # of an address
SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[ T](\d{1,2}):(\d\d)(?: ?([+-])(\d\d):?(\d\d))?", re.ASCII)
_ADDRESS = re.compile(r"https://[A-Za-z0-9][A-Za-z0-9.-]*(:\d{1,5})?(/[!-~]*)?", re.ASCII)
_NUMBER = re.compile(r"\d{1,7}", re.ASCII)


class Unreadable(ValueError):
    """A value that its setting does not take; the message says what it takes."""


@dataclass(frozen=True, slots=True)
class Kind:
    """How values of one setting are read and shown; `hint` says which are allowed."""

    hint: str
    read: Callable[[str, ZoneInfo], Any]
    show: Callable[[Any, ZoneInfo], str]


@dataclass(frozen=True, slots=True)
class Setting:
    """One line: `value` is what is stored, `text` how it is written, `hint` what else it could be."""

    key: str
    value: Any
    text: str
    hint: str


@dataclass(slots=True)
class Wanted:
    """What is asked for, by part: columns by their setting's name; texts as (part, text) -> language -> wording.

    Parts are `event`, `list.<slug>` and `question.<key>`; texts are named as below them, such as `name` or `option.bus`.
    """

    event: dict[str, Any] = field(default_factory=dict)
    registration: dict[str, Any] = field(default_factory=dict)
    lists: dict[str, dict[str, Any]] = field(default_factory=dict)
    questions: dict[str, dict[str, Any]] = field(default_factory=dict)
    texts: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)

    def texts_of(self, part: str) -> dict[str, dict[str, str]]:
        """The texts asked for below one part, by their name there."""
        return {name: words for (owner, name), words in self.texts.items() if owner == part}


# Times in the event's zone


def read_moment(text: str, zone: ZoneInfo) -> datetime:
    """`2026-06-16 18:00` in that zone, in UTC. Raises `Unreadable` for an hour that summer time skips, and for one that comes
    twice unless its offset is said (`2026-10-25 03:30+02:00`)."""
    found = _TIME.fullmatch(text)
    if found is None:
        raise Unreadable("must be a day and a time, such as 2026-06-16 18:00")
    try:
        local = datetime.fromisoformat(f"{found[1]} {int(found[2]):02}:{found[3]}")
    except ValueError:
        raise Unreadable(f"{text} is no day and time that there is") from None
    chosen = [moment for moment in moments(local, zone) if found[4] is None or _offset(moment, zone) == _said(found)]
    if len(chosen) == 1:
        return chosen[0]
    raise Unreadable(_why(local, zone, said=found[4] is not None))


def moments(local: datetime, zone: ZoneInfo) -> list[datetime]:
    """The moments (UTC) at which clocks of that zone show this local time: one, none in a skipped hour, two in a repeated one."""
    both = {local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    return sorted(moment for moment in both if moment.astimezone(zone).replace(tzinfo=None) == local)


def show_moment(value: datetime, zone: ZoneInfo) -> str:
    """As it is read: with its offset only where the hour comes twice."""
    local = value.astimezone(zone)
    text = f"{local:%Y-%m-%d %H:%M}"
    return text + _offset(value, zone) if len(moments(local.replace(tzinfo=None, fold=0), zone)) == 2 else text


def _offset(moment: datetime, zone: ZoneInfo) -> str:
    """`+03:00`."""
    return moment.astimezone(zone).isoformat()[-6:]


def _said(found: re.Match[str]) -> str:
    return f"{found[4]}{found[5]}:{found[6]}"


def _why(local: datetime, zone: ZoneInfo, *, said: bool) -> str:
    at, there = f"{local:%Y-%m-%d %H:%M}", moments(local, zone)
    if not there:
        return f"{at} does not exist in {zone.key}: the clocks skip that hour for summer time"
    offsets = [_offset(moment, zone) for moment in there]
    if len(there) == 2 and not said:
        return f"{at} comes twice in {zone.key}: write {at}{offsets[0]} for the first time or {at}{offsets[1]} for the second"
    return f"in {zone.key} the offset at {at} is {' or '.join(offsets)}"


# Kinds of values


def words(allowed: type[StrEnum]) -> Kind:
    """One of these."""

    def read(text: str, _: ZoneInfo) -> StrEnum:
        if text not in set(allowed):
            raise Unreadable(f"must be one of {', '.join(allowed)}, not {text}")
        return allowed(text)

    return Kind(f"one of {', '.join(allowed)}", read, lambda value, _: str(value))


def number(least: int, most: int, what: str = "a whole number") -> Kind:
    """A whole number in this range."""

    def read(text: str, _: ZoneInfo) -> int:
        if not _NUMBER.fullmatch(text) or not least <= int(text) <= most:
            raise Unreadable(f"must be {what} from {least} to {most}, not {text}")
        return int(text)

    return Kind(f"{what} from {least} to {most}", read, lambda value, _: str(value))


def or_none(kind: Kind) -> Kind:
    """The same, or nothing."""

    def read(text: str, zone: ZoneInfo) -> Any:
        return None if text == NONE else kind.read(text, zone)

    return Kind(f"{kind.hint}, or {NONE}", read, lambda value, zone: NONE if value is None else kind.show(value, zone))


def _read_yes(text: str, _: ZoneInfo) -> bool:
    if text not in {"yes", "no"}:
        raise Unreadable(f"must be yes or no, not {text}")
    return text == "yes"


def _read_day(text: str, _: ZoneInfo) -> date:
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a civil day has no zone
    except ValueError:
        raise Unreadable(f"must be a day, such as 2026-06-16, not {text}") from None


def _read_hours(text: str, _: ZoneInfo) -> list[int]:
    """The most first, each once; none is no reminder."""
    parts = [] if text == NONE else [part.strip() for part in text.split(",")]
    if any(not _NUMBER.fullmatch(part) or not 1 <= int(part) <= 1000 for part in parts):
        raise Unreadable(f"must be hours before the start, such as 168,24, each from 1 to 1000; or {NONE}; not {text}")
    return sorted({int(part) for part in parts}, reverse=True)


def _read_keys(text: str, _: ZoneInfo) -> list[str]:
    keys = [] if text == NONE else [part.strip() for part in text.split(",")]
    if any(not re.fullmatch(r"[a-z0-9_-]{1,20}", key) for key in keys) or len(set(keys)) < len(keys):
        raise Unreadable(f"must be the keys of the options in their order, such as bus,car, each once; or {NONE}; not {text}")
    return keys


def _read_address(text: str, _: ZoneInfo) -> str:
    if text == NONE:
        return ""
    if not _ADDRESS.fullmatch(text) or len(text) > MOST_LETTERS:
        raise Unreadable(f"must be a whole address, such as https://meet.example/room, or {NONE}; not {text}")
    return text


def _read_key(text: str, _: ZoneInfo) -> str:
    if not SLUG.fullmatch(text):
        raise Unreadable("must be a venue's key: small letters, digits and hyphens")
    return text


def _joined(values: Any, _: ZoneInfo) -> str:
    return ",".join(map(str, values)) or NONE


YES = Kind("yes or no", _read_yes, lambda value, _: "yes" if value else "no")
DAY = or_none(Kind("a day, such as 2026-06-16", _read_day, lambda value, _: str(value)))
MOMENT = or_none(Kind("a time of the event, such as 2026-06-16 18:00", read_moment, show_moment))
HOURS = Kind(f"hours before the start, such as 168,24, or {NONE}", _read_hours, _joined)
OPTIONS = Kind(f"keys of the options in their order, or {NONE}", _read_keys, _joined)
ADDRESS = Kind(f"an address that begins with https://, or {NONE}", _read_address, lambda value, _: str(value) or NONE)
VENUE = or_none(Kind("key of a venue of the place", _read_key, lambda value, _: str(value)))
PEOPLE = or_none(number(0, 1_000_000))
ROW = or_none(number(1, 100_000, "the number of a row of the programme,"))

# The settings, and how their columns are called where that differs

EVENT: Mapping[str, Kind] = {
    "status": words(EventStatus),
    "starts_on": DAY,
    "ends_on": DAY,
    "venue": VENUE,
    "online_url": ADDRESS,
}
REGISTRATION: Mapping[str, Kind] = {
    "mode": words(RegistrationMode), "opens_at": MOMENT, "closes_at": MOMENT, "seats": PEOPLE, "party_max": number(1, 200),
    "waiting_list": YES, "confirm_first": YES, "ask_needs": YES, "hold_hours": or_none(number(1, HOLD_HOURS)),
    "reminders": HOURS,
}  # fmt: skip
LIST: Mapping[str, Kind] = {
    "kind": words(ListKind), "on": DAY, "item": ROW, "opens_at": MOMENT, "closes_at": MOMENT,
    "re_entry": YES, "count_exits": YES, "capacity": or_none(number(1, 1_000_000)), "venue_door": YES,
    "position": number(0, 1000),
}  # fmt: skip
QUESTION: Mapping[str, Kind] = {
    "kind": words(QuestionKind), "required": YES, "at_door": YES, "options": OPTIONS, "position": number(0, 1000),
    "retired": YES,
}  # fmt: skip
COLUMNS = {"seats": "capacity", "reminders": "reminder_hours", "venue_door": "is_venue_door"}
TEXTS = {"event": ("reason", "place"), "list": ("name",), "question": ("label", "help")}
