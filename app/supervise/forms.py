"""A supervisor's forms, read strictly: what is wished, or the sentences that say what to change."""

from __future__ import annotations

from collections.abc import Collection

from app.checkin.models import Device
from app.core.babel import lazy_gettext as _l
from app.core.forms import Form, Sent, blank, plain
from app.supervise.service import DeviceWish

MAX_NAME, MIN_NOTE, MAX_NOTE, MAX_SLUGS = 60, 3, 500, 400


def of_device(device: Device) -> Sent:
    """The form as the phone is."""
    return blank(name=device.name, lists=device.lists.split(","), supervise="yes" if device.may_supervise else "")


def read_phone(sent: Sent, known: Collection[str]) -> DeviceWish:
    """Read the form of a phone; `known` are the event's lists. Raises `InvalidInput` with one sentence a field."""
    form, chosen, supervise = Form(sent), set(sent.getlist("lists")), sent.get("supervise") == "yes"
    name, lists = " ".join(_text(form, "name", MAX_NAME).split()), tuple(slug for slug in known if slug in chosen)
    form.refuse(
        "name",
        (not any(char.isalnum() for char in name), _l("Write the name of whoever holds this phone.")),
        (len(name) > MAX_NAME, _l("Write %(most)s characters at most.", most=MAX_NAME)),
    )
    form.refuse(
        "lists",
        (chosen - set(known), _l("One of these lists no longer exists. Please choose again.")),
        (not (lists or supervise), _l("Choose at least one list, or let this phone supervise.")),
        (len(",".join(lists)) > MAX_SLUGS, _l("These are too many lists for one phone. Please choose fewer.")),
    )
    return form.checked(DeviceWish(name, lists, supervise))


def read_note(form: Form, field: str) -> str:
    """A note or a reason of 3 to 500 characters, else the form says why not."""
    text = _text(form, field, MAX_NOTE).strip()
    form.refuse(
        field,
        (len(text) < MIN_NOTE, _l("Write a few words, so that others understand it later.")),
        (len(text) > MAX_NOTE, _l("Write %(most)s characters at most.", most=MAX_NOTE)),
    )
    return text


def _text(form: Form, field: str, most: int) -> str:
    """Without signs that nobody sees; lines stay lines. Longer than `most` when it cannot fit."""
    return plain(form.text(field, most).replace("\r\n", "\n"), but="\n")
