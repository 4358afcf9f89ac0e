"""What was typed after `flask event set EVENT`: `key=value` pairs become a `Wanted`, or one sentence for each that is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from typing import Any
from zoneinfo import ZoneInfo

from app.core.errors import InvalidInput
from app.core.forms import is_seen, normal
from app.desk.rules import EVENT, LIST, QUESTION, REGISTRATION, SLUG, TEXTS, Kind, Unreadable, Wanted
from app.i18n.languages import LANGUAGES
from app.i18n.text_kinds import text_kind

_OPTION = re.compile(r"[a-z0-9_-]{1,20}")
_BROKEN = re.compile(r"\\(.)", re.S)


def pairs_in(lines: Iterable[str]) -> list[str]:
    """The pairs of a file such as `flask event show` prints: lines that are neither empty nor comments."""
    return [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]


def parse(pairs: Iterable[str], zone: ZoneInfo) -> Wanted:
    """Read the pairs; times are in `zone`. Raises `InvalidInput` with one sentence for each key that is wrong."""
    wanted, wrong, seen = Wanted(), dict[str, str](), set[str]()
    for pair in pairs:
        key, equals, value = (part.strip() for part in pair.partition("="))
        try:
            if not equals:
                raise Unreadable("must be followed by = and a value")
            if key in seen:
                raise Unreadable("is given twice")
            seen.add(key)
            _keep(wanted, key, value, zone)
        except Unreadable as error:
            wrong[key] = str(error)
    if wrong:
        raise InvalidInput(wrong)
    return wanted


def _keep(wanted: Wanted, key: str, value: str, zone: ZoneInfo) -> None:
    match key.split("."):
        case [name]:
            wanted.event[name] = _value(EVENT, name, key, value, zone)
        case [("reason" | "place") as name, lang]:
            _say(wanted, "event", name, lang, value)
        case ["registration", name]:
            wanted.registration[name] = _value(REGISTRATION, name, key, value, zone)
        case ["list", slug, *rest]:
            _keep_row(wanted, wanted.lists, LIST, key, _slug(slug), rest, value, zone)
        case ["question", slug, *rest]:
            _keep_row(wanted, wanted.questions, QUESTION, key, _slug(slug), rest, value, zone)
        case _:
            raise Unreadable(_unknown(key, (*EVENT, *(f"registration.{name}" for name in REGISTRATION))))


def _keep_row(
    wanted: Wanted, rows: dict[str, dict[str, Any]], kinds: Mapping[str, Kind], key: str, slug: str, rest: list[str],
    value: str, zone: ZoneInfo,
) -> None:  # fmt: skip
    """A setting of one list or question: a column, or a text in one language."""
    part = key.partition(".")[0]
    row = rows.setdefault(slug, {})
    match rest:
        case [name] if name not in TEXTS[part]:
            row[name] = _value(kinds, name, key, value, zone)
        case [name, lang] if name in TEXTS[part]:
            _say(wanted, f"{part}.{slug}", name, lang, value)
        case ["option", option, lang] if part == "question":
            if not _OPTION.fullmatch(option):
                raise Unreadable("needs an option's key of small letters, digits, - and _, 20 at most")
            _say(wanted, f"{part}.{slug}", f"option.{option}", lang, value)
        case [name] if name in TEXTS[part]:
            raise Unreadable(f"needs a language at its end, such as {key}.en")
        case _:
            raise Unreadable(_unknown(key, [f"{part}.{slug}.{name}" for name in (*kinds, *TEXTS[part])]))


def _value(kinds: Mapping[str, Kind], name: str, key: str, value: str, zone: ZoneInfo) -> Any:
    if name not in kinds:
        raise Unreadable(_unknown(key, [key.removesuffix(name) + known for known in kinds]))
    return kinds[name].read(value, zone)


def _slug(text: str) -> str:
    if not SLUG.fullmatch(text):
        raise Unreadable("needs a name of small letters, digits and hyphens, 40 at most")
    return text


def _say(wanted: Wanted, part: str, name: str, lang: str, value: str) -> None:
    if lang not in LANGUAGES:
        raise Unreadable(f"must end in one of {', '.join(LANGUAGES)}")
    kind = text_kind(f"{part.partition('.')[0]}.{name}")
    words = normal(_unescaped(value), kind.limit)
    if not words and kind.required:
        raise Unreadable("must not be empty")
    if len(words) > kind.limit:
        raise Unreadable(f"can have {kind.limit} characters at most")
    if not is_seen(words, but="\n"):
        raise Unreadable("has signs in it that cannot be shown")
    wanted.texts.setdefault((part, name), {})[lang] = words


def _unescaped(text: str) -> str:
    replaced: Callable[[re.Match[str]], str] = lambda found: "\n" if found[1] == "n" else found[1]  # noqa: E731
    return _BROKEN.sub(replaced, text)


def _unknown(key: str, known: Iterable[str]) -> str:
    near = get_close_matches(key, list(known), 1)
    return "is no setting; " + (f"did you mean {near[0]}?" if near else "`flask event show EVENT` lists them all")
