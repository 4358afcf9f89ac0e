"""A supervisor's forms, read strictly: what is wished, or the sentences that say what to change."""

from __future__ import annotations

import unicodedata
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from werkzeug.datastructures import MultiDict

from app.checkin.models import Device
from app.core.babel import LazyString, lazy_gettext as _l
from app.core.errors import InvalidInput
from app.core.forms import normal, read_key
from app.supervise.service import PhoneWish

MAX_NAME, MIN_NOTE, MAX_NOTE, MAX_SLUGS = 60, 3, 500, 400
MAX_PAGE = 10_000
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


@dataclass(frozen=True, slots=True)
class Typed:
    """A phone's form as it was typed, or as the phone is."""

    name: str = ""
    lists: tuple[str, ...] = ()
    supervise: bool = False
    form_key: str = ""


def blank(lists: Collection[str]) -> Typed:
    """An empty form with a random key; where there is one list only, it is chosen."""
    return Typed(lists=tuple(lists) if len(lists) == 1 else (), form_key=str(uuid.uuid4()))


def of_device(device: Device) -> Typed:
    """The form as the phone is."""
    return Typed(device.name, tuple(filter(None, device.lists.split(","))), device.may_supervise)


def typed(form: MultiDict[str, str]) -> Typed:
    """The form as it was sent; without a usable key it gets a new one."""
    return Typed(
        form.get("name", "")[: MAX_NAME * 4],
        tuple(form.getlist("lists")[:100]),
        form.get("supervise") == "yes",
        str(read_key(form) or uuid.uuid4()),
    )


def read_phone(form: MultiDict[str, str], known: Collection[str]) -> PhoneWish:
    """Read the form of a phone; `known` are the event's lists. Raises `InvalidInput` with one sentence a field."""
    wrong: dict[str, LazyString | str] = {}
    name, supervise = " ".join(_plain(form.get("name", ""), MAX_NAME).split()), form.get("supervise") == "yes"
    lists = tuple(slug for slug in known if slug in form.getlist("lists"))
    if not any(char.isalnum() for char in name):
        wrong["name"] = _l("Write the name of whoever holds this phone.")
    elif len(name) > MAX_NAME:
        wrong["name"] = _l("Write %(most)s characters at most.", most=MAX_NAME)
    if set(form.getlist("lists")) - set(known):
        wrong["lists"] = _l("One of these lists no longer exists. Please choose again.")
    elif not (lists or supervise):
        wrong["lists"] = _l("Choose at least one list, or let this phone supervise.")
    elif len(",".join(lists)) > MAX_SLUGS:
        wrong["lists"] = _l("These are too many lists for one phone. Please choose fewer.")
    if wrong:
        raise InvalidInput(wrong)
    return PhoneWish(name, lists, supervise)


def read_note(form: Mapping[str, str], field: str) -> str:
    """A note or a reason of 3 to 500 characters. Raises `InvalidInput`."""
    text = _plain(form.get(field, ""), MAX_NOTE).strip()
    if len(text) < MIN_NOTE:
        raise InvalidInput({field: _l("Write a few words, so that others understand it later.")})
    if len(text) > MAX_NOTE:
        raise InvalidInput({field: _l("Write %(most)s characters at most.", most=MAX_NOTE)})
    return text


def read_page(args: Mapping[str, str]) -> int:
    """The number of the page, from 1; anything else is page 1."""
    text = args.get("page", "1")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 5 and 1 <= int(text) <= MAX_PAGE else 1


def _plain(text: str, most: int) -> str:
    """Without signs that nobody sees; lines stay lines. Longer than `most` when it cannot fit."""
    plain = normal(text.replace("\r\n", "\n"), most)
    return "".join(char if char == "\n" or unicodedata.category(char) not in _UNSEEN else " " for char in plain)
