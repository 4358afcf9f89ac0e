"""The API of the door (checkin.md §3), for the scanner's pages and for programs; described in /api/v1/openapi.json."""

from __future__ import annotations

import gzip

from flask import Blueprint, Response, current_app, g, jsonify, request

from app.checkin import clicks, devices, headcount, search, service
from app.checkin.rules import DeviceNotAllowed, DeviceState, UnknownDevice
from app.checkin.scenery import Scenery, describe
from app.core import clock
from app.core.db import write_tx
from app.core.errors import NotFound
from app.core.web import access
from app.i18n.languages import negotiate
from app.registration.codes import own_hosts
from app.scanner import feeds, forms, guest_notes, roster
from app.scanner.openapi import DOCUMENT

bp = Blueprint("api", __name__, url_prefix="/api/v1")
SCANS = "api.create_scans"
MAX_KNOWN = 10_000
# Tokens that this process has seen in the table: only a reason to go straight to the transaction, which looks again.
_known: set[bytes] = set()


def load_device() -> DeviceState | None:
    """The enrolled phone of this request. Raises `UnknownDevice` for no token or a dead one.

    Scans need their token's hash alone (`g.token_hash`): `service.record` looks it up inside its own transaction, and keeps what
    a dead phone still holds. A token that this process has not met is looked up first, so that guesses take no lock.
    """
    token = presented_token()
    if token is None or not devices.looks_like_token(token):
        raise UnknownDevice
    g.token_hash = token_hash = devices.hash_token(token)
    scans = request.endpoint == SCANS
    if scans and token_hash in _known:
        return None
    device = devices.find_device_state(token_hash)
    if device is None or not (scans or device.is_live(clock.now())):
        raise UnknownDevice
    if len(_known) >= MAX_KNOWN:
        _known.clear()
    _known.add(token_hash)
    return device


def presented_token() -> str | None:
    """The bearer token, else the scanner's own cookie."""
    return bearer_token() or request.cookies.get(cookie_name())


def bearer_token() -> str | None:
    """The token in the Authorization header."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() or None if kind.lower() == "bearer" else None


def cookie_name() -> str:
    """Bound to this very host over https; over the demo's plain http browsers refuse that name."""
    return "__Host-device" if current_app.config["SECURE"] else "device"


@bp.post("/enrolments")
@access.link
def create_enrolments() -> Response:
    """Trade a one-time token: a page gets the device token as its cookie, a program (`bearer`) in the answer."""
    request.max_content_length = forms.MAX_BYTES
    wish = forms.read_enrolment(request.get_data(), bearer_token())
    with write_tx() as session:
        device, token = devices.trade(session, wish.token, wish.language)
    return _with_token(device, token, in_body=wish.bearer)


@bp.get("/device")
@access.device
def show_device() -> Response:
    """What this phone is set up for."""
    return jsonify(_described(g.device))


@bp.post("/device/token")
@access.device
def roll_token() -> Response:
    """The token that follows: as the cookie, or in the answer for whoever sent a bearer token."""
    with write_tx() as session:
        token = devices.roll(session, g.device, presented_token() or "")
    return _with_token(g.device, token, in_body=bearer_token() is not None)


@bp.post("/device/report")
@access.device
def report_device() -> Response:
    """A phone says how it is, and hears how full its lists are."""
    request.max_content_length = forms.MAX_BYTES
    said = forms.read_report(request.get_data())
    with write_tx() as session:
        devices.report(session, g.device, said)
    crowds = feeds.crowds_json(g.device.check_in_lists.values(), devices.inside_of(g.device))
    return jsonify(now=feeds.moment(clock.now()), lists=crowds)


@bp.get("/lists")
@access.device
def show_lists() -> Response:
    """The lists that this phone serves."""
    _, shown = describe(g.device, _wanted(g.device))
    return jsonify(lists=feeds.lists_json(g.device.check_in_lists.values(), shown, devices.inside_of(g.device)))


@bp.post("/scans")
@access.device
def create_scans() -> Response:
    """Keep a batch of scans; the answer names each of them. Committed before it is answered."""
    request.max_content_length = forms.MAX_BYTES
    batch = forms.read_batch(request.get_data(cache=False), own_hosts())
    recorded = service.record(g.token_hash, batch.items, batch.sent_at)
    lang = batch.language or _wanted(recorded.device)
    scenery = Scenery(recorded.device, recorded.verdicts)
    told = guest_notes.of_tickets(recorded.device.event_id, feeds.tells(recorded.verdicts), lang)
    results = [feeds.as_json(verdict, lang, scenery, told) for verdict in recorded.verdicts]
    return jsonify(now=feeds.moment(clock.now()), results=results)


@bp.get("/lists/<slug>/tickets")
@access.device
def show_tickets(slug: str) -> Response:
    """The offline list, or what changed in it since a cursor."""
    require(g.device.may_scan)
    check_in_list = g.device.check_in_lists.get(slug)
    if check_in_list is None:
        raise NotFound
    page = roster.page_of(g.device, check_in_list, request.args.get("since"))
    return _packed(jsonify(feeds.page_json(page, slug)))


@bp.post("/headcounts")
@access.device
def create_headcounts() -> Response:
    """Keep a batch of clicks; the answer names each of them, and how many people are at the venue now."""
    require(g.device.may_scan)
    request.max_content_length = forms.MAX_BYTES
    batch = forms.read_clicks(request.get_data())
    with write_tx() as session:
        counted = clicks.count(session, g.device, batch.items, batch.sent_at)
    results = [feeds.click_json(click) for click in counted]
    return jsonify(now=feeds.moment(clock.now()), results=results, inside=headcount.inside_venue(g.device.event_id))


@bp.get("/headcount")
@access.device
def show_headcount() -> Response:
    """The venue and its lists in numbers, for supervisors; 304 when nothing changed."""
    require(g.device.may_supervise)
    lang = _wanted(g.device)
    version = f"{headcount.numbers_version(g.device.event_id)}-{lang}"
    if request.if_none_match.contains_weak(version):
        response = Response(status=304)
    else:
        response = jsonify(feeds.numbers_json(headcount.numbers_of(g.device.event_id, lang)))
    response.set_etag(version, weak=True)
    return response


@bp.post("/searches")
@access.device
def create_searches() -> Response:
    """Tickets by the name of holder or companion, for guests who bring none. A POST: it is counted, and no log holds the name."""
    require(g.device.may_scan)
    request.max_content_length = forms.MAX_BYTES
    wanted = forms.read_search(request.get_data())
    with write_tx() as session:
        search.count(session, g.device)
    return jsonify(tickets=[feeds.found_json(found) for found in search.by_name(g.device, wanted)])


@bp.get("/openapi.json")
@access.public
def openapi() -> Response:
    """This API, for programs and their makers."""
    response = jsonify(DOCUMENT | {"servers": [{"url": current_app.config["PUBLIC_BASE_URL"]}]})
    response.headers["Cache-Control"] = "public, max-age=300"
    return response


def require(right: bool) -> None:
    """Raises `DeviceNotAllowed` for a device that has not this right."""
    if not right:
        raise DeviceNotAllowed


def _packed(response: Response) -> Response:
    """Compressed where that is read: a list is large and the network at a door is poor."""
    if request.accept_encodings["gzip"] > 0:
        response.set_data(gzip.compress(response.get_data(), 5))
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding"
    return response


def _with_token(device: DeviceState, token: str, *, in_body: bool) -> Response:
    """The device and its token, which no script of a page can read."""
    if in_body:
        return jsonify(_described(device) | {"token": token})
    response = jsonify(_described(device))
    response.set_cookie(
        cookie_name(), token, expires=device.expires_at, path="/", httponly=True, samesite="Strict",
        secure=current_app.config["SECURE"],
    )  # fmt: skip
    return response


def _described(state: DeviceState) -> dict[str, object]:
    event, shown = describe(state, _wanted(state))
    device = feeds.device_json(state, event, shown, devices.inside_of(state))
    return {"device": device, "now": feeds.moment(clock.now())}


def _wanted(device: DeviceState) -> str:
    """The language of the page that asks, else the device's."""
    return negotiate(request.headers.get("Accept-Language"), default=device.language)
