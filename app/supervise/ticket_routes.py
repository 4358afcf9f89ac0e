"""The supervisor's pages of guests' tickets: finding one, and replacing one that was lost."""

from __future__ import annotations

import uuid

from flask import Response, current_app, request

from app.checkin import search
from app.core import qr
from app.core.babel import LazyString, lazy_gettext as _l
from app.core.db import write_tx
from app.core.errors import DomainError, NotFound
from app.i18n.addresses import ticket_url
from app.registration import codes, replacing
from app.registration.door_notes import MIN_LETTERS
from app.registration.models import Registration, RegistrationStatus, Ticket
from app.registration.tickets import code_of, find_guests_ticket, link_of
from app.supervise.pages import Ground, blueprint, look, page, supervisor

bp = blueprint("supervise_tickets")
MAX_TEXT = 120
TOO_SHORT = _l("Type at least three letters of the name, or all eight letters and digits of the reference.")


@bp.get("/door/tickets")
@supervisor
def tickets() -> Response:
    """The form that finds a guest."""
    return page("tickets/index", look(), text="", hits=None, wrong="")


@bp.post("/door/tickets")
@supervisor
def find_tickets() -> Response:
    """Whom a name or a reference belongs to. 422 for less than three letters, 429 after many searches."""
    ground, text = look(), request.form.get("q", "").strip()[:MAX_TEXT]
    if sum(map(str.isalnum, text)) < MIN_LETTERS:
        return page("tickets/index", ground, 422, text=text, hits=None, wrong=TOO_SHORT)
    try:
        with write_tx() as session:
            search.count(session, ground.device)
    except search.TooManySearches as many:
        return page("tickets/index", ground, many.status, text=text, hits=None, wrong=many.message)
    hits = search.by_name_or_reference(ground.device, text)
    return page("tickets/index", ground, text=text, hits=hits, many=len(hits) >= search.HITS, wrong="", show=codes.show_reference)


@bp.get("/door/tickets/<uuid:ident>/replace")
@supervisor
def replacement(ident: uuid.UUID) -> Response:
    """The question before a ticket is replaced."""
    return _question(look(), ident)


@bp.post("/door/tickets/<uuid:ident>/replace")
@supervisor
def create_replacement(ident: uuid.UUID) -> Response:
    """Replace it; the new code is shown by this very answer, for the guest to photograph. 409 where it cannot be replaced or
    has been meanwhile, 429 after many."""
    ground = look()
    reference = request.form.get("reference", "")[: codes.REFERENCE_LENGTH]
    try:
        with write_tx() as session:
            replaced = replacing.replace_by_supervisor(session, ground.device.event_id, ident, reference, ground.device.actor)
    except NotFound:
        raise
    except DomainError as refused:
        return _question(ground, ident, refused.status, refused.message)
    if replaced.ticket is None:
        raise NotFound
    return _new_ticket(ground, replaced, replaced.ticket)


def _question(ground: Ground, ident: uuid.UUID, status: int = 200, sentence: LazyString | str = "") -> Response:
    ticket = find_guests_ticket(ground.device.event_id, ticket_id=ident)
    if ticket is None or ticket.registration is None:
        raise NotFound
    return page(
        "tickets/replace", ground, status, ticket=ticket, registration=ticket.registration, sentence=sentence,
        replaceable=replacing.can_be_replaced(ground.event, ticket.registration), show=codes.show_reference,
    )  # fmt: skip


def _new_ticket(ground: Ground, guest: Registration, ticket: Ticket) -> Response:
    """Who has no confirmed address is shown that of their page as well: no mail tells it."""
    base = current_app.config["PUBLIC_BASE_URL"]
    address = "" if guest.email_confirmed_at else ticket_url(base, guest.language, link_of(guest))
    code = qr.make(qr.payload(base, code_of(ticket))) if ticket.status == RegistrationStatus.CONFIRMED else None
    return page(
        "tickets/replaced", ground, ticket=ticket, registration=guest, reference=codes.show_reference(ticket.reference),
        code=code,
        address=address, address_code=qr.make(address) if address else None,
    )  # fmt: skip
