"""The supervisor's pages of phones: adding one by its one-time code, changing and ending them."""

from __future__ import annotations

import uuid

from flask import Response, request

from app.checkin.commands import enrolment_address
from app.checkin.models import Device
from app.core import qr
from app.core.babel import lazy_gettext as _l
from app.core.db import write_tx
from app.core.errors import InvalidInput
from app.core.forms import Sent, blank, echo
from app.i18n import formats
from app.supervise import forms, queries, words
from app.supervise.pages import Ground, blueprint, is_sure, look, page, see, supervisor
from app.supervise.service import add_device, change_device, end_device, get_device, renew_code

bp = blueprint("supervise_devices")


@bp.get("/door/devices")
@supervisor
def devices() -> Response:
    """The event's phones, and the form for another."""
    ground = look()
    lists = list(ground.device.all_lists)
    return _devices(ground, blank(lists=lists if len(lists) == 1 else []))


@bp.post("/door/devices")
@supervisor
def create_device() -> Response:
    """Add a phone; its one-time code is shown by this very answer and never again. 422 with what was typed."""
    ground, sent = look(), echo(request.form)
    try:
        wish = forms.read_phone(request.form, ground.device.all_lists)
    except InvalidInput as wrong:
        return _devices(ground, sent, 422, wrong)
    with write_tx() as session:
        added = add_device(session, ground.event, wish, uuid.UUID(sent["form_key"]), ground.device.actor)
    return _code(ground, *added)


@bp.get("/door/devices/<uuid:ident>")
@supervisor
def device(ident: uuid.UUID) -> Response:
    """One phone: its name, lists and rights."""
    ground = look()
    device = get_device(ground.device.event_id, ident)
    return _device(ground, device, forms.of_device(device))


@bp.post("/door/devices/<uuid:ident>")
@supervisor
def update_device(ident: uuid.UUID) -> Response:
    """Change the settings of a phone; 303 to the list. 422 with what was typed, also when this phone would shut itself
    out unasked.
    """
    ground = look()
    device = get_device(ground.device.event_id, ident)
    try:
        wish = forms.read_phone(request.form, ground.device.all_lists)
        if ident == ground.device.id and not wish.supervise and not is_sure():
            raise InvalidInput(sure=_l("This is the phone in your hand. Without this right it can no longer open these pages."))
    except InvalidInput as wrong:
        return _device(ground, device, echo(request.form), 422, wrong)
    with write_tx() as session:
        change_device(session, ground.device.event_id, ident, wish, ground.device.actor)
    return see(".devices", f"phone-{ident}")


@bp.post("/door/devices/<uuid:ident>/code")
@supervisor
def create_code(ident: uuid.UUID) -> Response:
    """Another one-time code for a phone that is not set up yet."""
    ground = look()
    with write_tx() as session:
        renewed = renew_code(session, ground.device.event_id, ident, ground.device.actor)
    return _code(ground, *renewed)


@bp.get("/door/devices/<uuid:ident>/code")
@supervisor
def code_state(ident: uuid.UUID) -> Response:
    """Whether the phone is set up by now: the page with its code asks for this. The code itself is never shown again."""
    ground = look()
    shown = _shown_device(ground, get_device(ground.device.event_id, ident))
    return page("devices/waiting", ground, fragment="devices/_waiting", shown=shown)


@bp.get("/door/devices/<uuid:ident>/revoke")
@supervisor
def revocation(ident: uuid.UUID) -> Response:
    """The question before a phone is ended."""
    ground = look()
    return _revocation(ground, get_device(ground.device.event_id, ident))


@bp.post("/door/devices/<uuid:ident>/revoke")
@supervisor
def create_revocation(ident: uuid.UUID) -> Response:
    """End a phone at once; 303 to the list. The phone that asks ends itself only with the tick. 422 without it."""
    ground = look()
    device = get_device(ground.device.event_id, ident)
    if ident == ground.device.id and not is_sure():
        wrong = InvalidInput(sure=_l("This is the phone in your hand. Tick the box if you really want to disconnect it."))
        return _revocation(ground, device, 422, wrong)
    with write_tx() as session:
        end_device(session, ground.device.event_id, ident, ground.device.actor)
    return see(".devices", f"phone-{ident}")


def _devices(ground: Ground, typed: Sent, status: int = 200, wrong: InvalidInput | None = None) -> Response:
    names, now = ground.names, ground.scene.now
    found = queries.overviews_of(ground.device.event_id, now)
    shown = [words.show_device(device, ground.scene, names, ground.lang) for device in found]
    return page(
        "devices/index", ground, status, devices=shown, typed=typed, names=names, errors=wrong.fields if wrong else {}, own=False
    )


def _device(ground: Ground, device: Device, typed: Sent, status: int = 200, wrong: InvalidInput | None = None) -> Response:
    return page(
        "devices/device", ground, status, shown=_shown_device(ground, device), typed=typed, names=ground.names,
        errors=wrong.fields if wrong else {}, own=device.id == ground.device.id,
    )  # fmt: skip


def _revocation(ground: Ground, device: Device, status: int = 200, wrong: InvalidInput | None = None) -> Response:
    return page(
        "devices/revoke", ground, status, shown=_shown_device(ground, device), own=device.id == ground.device.id,
        errors=wrong.fields if wrong else {},
    )  # fmt: skip


def _shown_device(ground: Ground, device: Device) -> words.DeviceShown:
    state = queries.overview_of(device, ground.scene.now)
    return words.show_device(state, ground.scene, ground.names, ground.lang)


def _code(ground: Ground, device: Device, token: str) -> Response:
    """The page with the QR; `token` stands behind the # of its address and is written nowhere else."""
    address, until = enrolment_address(token), device.enrol_expires_at
    return page(
        "devices/code", ground, shown=_shown_device(ground, device), code=qr.make(address), address=address,
        until=formats.time_in_words(until, formats.zone(ground.event.timezone)) if until else "",
    )  # fmt: skip
