"""The supervisor's pages below /<lang>/door/: personal, never kept, and only of the event that the phone is set up for."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import Response, current_app, request

from app.checkin import headcount, retention
from app.checkin.messages import Scene
from app.checkin.rules import Result
from app.core.babel import LazyString, lazy_gettext as _l
from app.core.db import write_tx
from app.core.errors import NotFound
from app.core.forms import Form, Sent, blank, echo, read_page
from app.core.web import wants_fragment
from app.i18n import texts
from app.i18n.texts import Texts
from app.supervise import forms, queries, words
from app.supervise.pages import Ground, blueprint, look, page, see, supervisor
from app.supervise.queries import ConflictCase
from app.supervise.service import close_conflict, take_back

bp = blueprint("supervise")


# Overview


@bp.get("/door/overview")
@supervisor
def overview() -> Response:
    """How many people are inside now, each list, and how each phone is."""
    ground = look()
    return page("overview", ground, **_overview(ground))


@bp.get("/door/overview/now")
@supervisor
def overview_now() -> Response:
    """What an open overview asks for every five seconds; 304, and cheap, while nothing that is shown has changed."""
    ground = look()
    etag = _version(ground)
    if etag in request.headers.get("If-None-Match", ""):
        response = Response(status=304)
    else:
        shown = _overview(ground)
        etag = shown["etag"]
        response = page("overview", ground, fragment="_now", **shown)
    response.headers["ETag"] = f'"{etag}"'
    return response


def _overview(ground: Ground) -> dict[str, Any]:
    """The numbers, and the phones that are in use or worth a look. The version is taken first: what is newer is asked again."""
    etag, event_id = _version(ground), ground.device.event_id
    numbers = headcount.numbers_of(event_id, ground.lang)
    devices = [
        words.show_device(device, ground.scene, ground.names, ground.lang)
        for device in queries.overviews_of(event_id, ground.scene.now)
    ]
    shown = [device for device in devices if device.state in {"ready", "waiting"} or device.warnings]
    first = ground.scene.now - (headcount.MINUTES - 1) * timedelta(minutes=1)
    return {"numbers": numbers, "devices": shown, "etag": etag, "first_minute": first}


def _version(ground: Ground) -> str:
    """Changes with scans, clicks, phones, conflicts, and with each minute: times are shown to the minute."""
    event_id = ground.device.event_id
    parts = (
        ground.lang, current_app.extensions["assets"].build, headcount.numbers_version(event_id),
        queries.devices_version(event_id), queries.count_open(event_id),
    )  # fmt: skip
    return hashlib.blake2b(repr(parts).encode(), digest_size=9).hexdigest()


# Conflicts


@bp.get("/door/conflicts")
@supervisor
def conflicts() -> Response:
    """The inbox: open conflicts first, and the phones with scans missing."""
    ground, number = look(), read_page(request.args)
    cases, more = queries.cases_of(ground.device.event_id, number)
    devices = queries.overviews_of(ground.device.event_id, ground.scene.now)
    lacking = [device for device in devices if device.missing]
    return page(
        "conflicts/index", _with_foreign(ground, cases), cases=cases, number=number, more=more, lacking=lacking,
        since=queries.missing_since(lacking), errors={}, note="",
    )  # fmt: skip


@bp.get("/door/conflicts/<uuid:ident>")
@supervisor
def conflict(ident: uuid.UUID) -> Response:
    """One conflict."""
    return _conflict(look(), ident)


@bp.post("/door/conflicts/<uuid:ident>")
@supervisor
def update_conflict(ident: uuid.UUID) -> Response:
    """Close it with a note; who comes second is told that the first note stays. 422 with what was typed."""
    ground, form = look(), Form(request.form)
    note = forms.read_note(form, "note")
    if form.wrong:
        return _conflict(ground, ident, 422, errors=form.wrong, note=echo(request.form).get("note", ""))
    with write_tx() as session:
        closed = close_conflict(session, ground.device, ident, note)
    if closed and not wants_fragment():
        return see(".conflicts", f"conflict-{ident}")
    second = {} if closed else {"closed": _l("This conflict has been closed already. The first note stays.")}
    return _conflict(ground, ident, 200 if closed else 409, errors=second)


def _conflict(ground: Ground, ident: uuid.UUID, status: int = 200, **context: Any) -> Response:
    case = queries.find_case(ground.device.event_id, ident)
    if case is None:
        raise NotFound
    shown = {"errors": {}, "note": ""} | context
    return page("conflicts/conflict", _with_foreign(ground, [case]), status, "conflicts/_conflict", case=case, **shown)


def _with_foreign(ground: Ground, cases: list[ConflictCase]) -> Ground:
    """With the titles of the other events whose tickets were let in; one query, and only where there are any."""
    foreign = {case.ticket.event_id for case in cases if case.ticket} - {ground.device.event_id}
    if not foreign:
        return ground
    more = texts.load(foreign, ground.lang, ground.event.fallback, ["event.title"])
    known = Texts(ground.lang, ground.event.fallback, ground.texts.found | more.found, ground.texts.sources | more.sources)
    return Ground(ground.device, ground.event, known, Scene(ground.event, known, ground.scene.now), ground.lang)


# Scans


@bp.get("/door/scans")
@supervisor
def scans() -> Response:
    """The last hundred scans of the event."""
    ground = look()
    return page("scans/index", ground, scans=queries.last_scans(ground.device.event_id))


@bp.get("/door/scans/<uuid:ident>")
@supervisor
def scan(ident: uuid.UUID) -> Response:
    """One scan, and the form that takes it back."""
    return _scan(look(), ident, 200, blank(), {})


@bp.post("/door/scans/<uuid:ident>")
@supervisor
def create_undo(ident: uuid.UUID) -> Response:
    """Undo a scan with a reason. 303 to it, which then says so; 409 when there is nothing left to take back."""
    ground, form = look(), Form(request.form)
    reason, key = forms.read_note(form, "reason"), form.key()
    if form.wrong:
        return _scan(ground, ident, 422, echo(request.form), form.wrong)
    verdict = take_back(ground.device, ident, key, reason)
    if verdict.result != Result.UNDONE:
        refused = _l("This scan cannot be undone any more: it was undone already, or something has changed since.")
        return _scan(ground, ident, 409, blank(reason=reason), {"form_key": refused})
    return see(".scans", f"scan-{ident}")


def _scan(ground: Ground, ident: uuid.UUID, status: int, typed: Sent, errors: Mapping[str, LazyString | str]) -> Response:
    found = queries.find_scan(ground.device.event_id, ident)
    if found is None:
        raise NotFound
    return page("scans/scan", ground, status, row=found, typed=typed, errors=errors)


# What is stored


@bp.get("/door/stored")
@supervisor
def stored() -> Response:
    """What is still kept of this event, until when, and the proofs of what was deleted."""
    ground = look()
    event_id = ground.device.event_id
    return page("stored", ground, stored=retention.stored_of(event_id), deletions=retention.deletions_of(event_id))
