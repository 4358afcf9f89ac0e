"""What programs send: JSON into attempts. A bad item never sinks its batch; a body that is no batch is refused whole."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar

from app.checkin.clicks import Click
from app.checkin.devices import Report
from app.checkin.models import Direction, LocalAnswer, ScanMode
from app.checkin.rules import Attempt, Faulty
from app.core.babel import lazy_gettext as _l
from app.core.errors import DomainError
from app.i18n.languages import LANGUAGES
from app.registration import codes
from app.scanner.schemas import MAX_CLICK, MAX_CODE, MAX_COUNT, MAX_ITEMS, MAX_REASON, MAX_SEQ

MAX_BYTES = 256 * 1024
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.I)
_EARLIEST, _LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
Value = TypeVar("Value")
Word = TypeVar("Word", bound=StrEnum)


class NoBatch(DomainError):
    """The body is not JSON of the documented form."""

    code = "no_batch"


class BatchTooLarge(DomainError):
    """More items than one call may carry."""

    status = 413
    code = "too_many_scans"  # clicks, too: programs know this word
    message = _l("What you sent is too large. Nothing was saved.")


@dataclass(frozen=True, slots=True)
class Batch:
    """The scans of one call, the phone's time when it sent them, and the language it wants its lines in."""

    items: tuple[Attempt | Faulty, ...]
    sent_at: datetime | None
    language: str | None


@dataclass(frozen=True, slots=True)
class Clicks:
    """The plus and minus clicks of one call, and the phone's time when it sent them."""

    items: tuple[Click | Faulty, ...]
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A one-time token to be traded; `bearer` asks for the device token itself, for programs."""

    token: str
    bearer: bool
    language: str | None


def read_object(body: bytes) -> dict[str, Any]:
    """The JSON object in a body. Raises `NoBatch` for anything else, however deep or broken."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise NoBatch from None
    if not isinstance(found, dict):
        raise NoBatch
    return found


def read_search(body: bytes) -> str:
    """The name that is looked for. Raises `NoBatch`."""
    wanted = read_object(body).get("q")
    if not isinstance(wanted, str):
        raise NoBatch
    return wanted


def read_batch(body: bytes, hosts: Collection[str]) -> Batch:
    """The scans in a body. Raises `NoBatch` or `BatchTooLarge`."""
    sent = read_object(body)
    items, sent_at = _sent(sent, "scans")
    return Batch(tuple(read_item(item, hosts) for item in items), sent_at, _language(sent.get("language")))


def read_clicks(body: bytes) -> Clicks:
    """The clicks in a body. Raises `NoBatch` or `BatchTooLarge`."""
    items, sent_at = _sent(read_object(body), "clicks")
    return Clicks(tuple(map(read_click, items)), sent_at)


def _sent(body: dict[str, Any], name: str) -> tuple[list[Any], datetime | None]:
    items = body.get(name)
    if not isinstance(items, list):
        raise NoBatch
    if len(items) > MAX_ITEMS:
        raise BatchTooLarge
    try:
        return items, _optional(_moment)(body.get("sent_at"))
    except ValueError:
        raise NoBatch from None


def read_enrolment(body: bytes, header_token: str | None) -> Enrolment:
    """The one-time token, in the body or as a bearer token. Raises `NoBatch`."""
    sent = read_object(body) if body.strip() else {}
    token = sent.get("token", header_token)
    if not isinstance(token, str) or not 1 <= len(token) <= 100 or not token.isascii():
        raise NoBatch
    return Enrolment(token, sent.get("bearer") is True, _language(sent.get("language")))


def read_report(body: bytes) -> Report:
    """What a phone says of itself. Raises `NoBatch`."""
    sent = read_object(body)
    try:
        return Report(
            _whole(0, MAX_SEQ)(sent.get("unsent")), _whole(0, MAX_SEQ)(sent.get("highest_seq")),
            _optional(_moment)(sent.get("list_synced_at")),
        )  # fmt: skip
    except ValueError:
        raise NoBatch from None


class _Item:
    """One item of a batch; notes the names of the fields at fault. Unknown fields are ignored."""

    def __init__(self, item: dict[str, Any]) -> None:
        self.item, self.faults = item, list[str]()

    def take(self, name: str, read: Callable[[Any], Value], default: Value | None = None) -> Value:
        """The field, or its default where it is left out; None where it is at fault."""
        try:
            return default if default is not None and self.item.get(name) is None else read(self.item.get(name))
        except ValueError:
            self.faults.append(name)
            return None  # type: ignore[return-value]


def read_click(item: object) -> Click | Faulty:
    """One click, or the names of the fields at fault."""
    if not isinstance(item, dict):
        return Faulty(None, ("id",))
    fields = _Item(item)
    click = Click(
        id=fields.take("id", _uuid),
        sent_id=item["id"] if isinstance(item.get("id"), str) else "",
        check_in_list=fields.take("list", _text(1, 40)),
        delta=fields.take("delta", _delta),
        at=fields.take("at", _moment),
        rehearsal=fields.take("rehearsal", _flag, False),
    )
    return Faulty(_echo(item.get("id")), tuple(fields.faults)) if fields.faults else click


def read_item(item: object, hosts: Collection[str]) -> Attempt | Faulty:
    """One scan, or the names of the fields at fault."""
    if not isinstance(item, dict):
        return Faulty(None, ("id",))
    fields = _Item(item)
    take = fields.take
    direction = take("direction", _one_of(Direction), Direction.ENTRY)
    mode = take("mode", _one_of(ScanMode), ScanMode.ONLINE)
    code = take("code", _code if direction != Direction.UNDO else _optional(_code))
    hashes, reference = _look_up(code, hosts, typing=direction != Direction.UNDO)
    attempt = Attempt(
        id=take("id", _uuid),
        sent_id=item["id"] if isinstance(item.get("id"), str) else "",
        seq=take("seq", _whole(0, MAX_SEQ)),
        check_in_list=take("list", _text(1, 40)),
        direction=direction,
        at=take("at", _moment),
        code_hash=hashes[0] if hashes else None,
        older_hashes=tuple(hashes[1:]),
        reference=reference,
        count=take("count", _whole(1, MAX_COUNT), 1),
        undoes=take("undoes", _uuid if direction == Direction.UNDO else _nothing),
        reason=take("reason", _text(1, MAX_REASON) if direction == Direction.UNDO else _optional(_text(0, MAX_REASON))),
        mode=mode,
        local=take("local", _optional(_one_of(LocalAnswer))),
        rehearsal=take("rehearsal", _flag, False),
    )
    return Faulty(_echo(item.get("id")), tuple(fields.faults)) if fields.faults else attempt


def _look_up(code: str | None, hosts: Collection[str], *, typing: bool) -> tuple[list[bytes], str | None]:
    """What may stand for the code in the table, and the reference when one was typed where that is allowed."""
    if code is None:
        return [], None
    whole = codes.read_code(code, hosts)
    reference = codes.read_reference(code) if whole is None else None
    return codes.code_hashes(whole or reference or code), reference if typing else None


def _echo(value: object) -> str | None:
    return value if isinstance(value, str) and len(value) <= 64 else None


def _language(value: object) -> str | None:
    return value if isinstance(value, str) and value in LANGUAGES else None


def _one_of(allowed: type[Word]) -> Callable[[Any], Word]:
    return lambda value: allowed(value if isinstance(value, str) else "")


def _optional(read: Callable[[Any], Value]) -> Callable[[Any], Value | None]:
    return lambda value: None if value is None else read(value)


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError
    return value


def _delta(value: Any) -> int:
    if (delta := _whole(-MAX_CLICK, MAX_CLICK)(value)) == 0:
        raise ValueError
    return delta


def _nothing(value: Any) -> None:
    if value is not None:
        raise ValueError


def _whole(least: int, most: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        if type(value) is not int or not least <= value <= most:  # a bool is an int, and no number
            raise ValueError
        return value

    return read


def _text(least: int, most: int) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if not isinstance(value, str) or not least <= len(value.strip()) or len(value) > most:
            raise ValueError
        value.encode()  # half a surrogate pair is no text: UnicodeEncodeError is a ValueError
        if any(ord(char) < 32 and char not in "\n\t" for char in value):
            raise ValueError
        return value.strip()

    return read


def _code(value: Any) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= MAX_CODE:
        raise ValueError
    value.encode()
    return value


def _uuid(value: Any) -> uuid.UUID:
    if not isinstance(value, str) or not _UUID.fullmatch(value):
        raise ValueError
    return uuid.UUID(value)


def _moment(value: Any) -> datetime:
    if not isinstance(value, str) or len(value) > 40 or "T" not in value.upper():
        raise ValueError
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None or not _EARLIEST <= moment <= _LATEST:
            raise ValueError
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError from None
