"""What a holder does with a registration of their own: change it, replace a lost ticket, see and erase data."""

from __future__ import annotations

import uuid

from flask import Blueprint, Response, redirect, request, url_for

from app.audit.limits import network_of
from app.audit.models import GUEST
from app.core.babel import LazyString
from app.core.db import write_tx
from app.core.errors import InvalidInput, NotFound, TooMany
from app.core.forms import INCOMPLETE, Sent, echo, read_key
from app.core.web import access, render
from app.events.models import Event
from app.events.queries import get_event
from app.registration import editing, forms, personal_data, replacing
from app.registration.models import Registration, RegistrationStatus
from app.registration.pages import fields, held, shown
from app.registration.questions import questions_of
from app.registration.seats import find_settings, largest_of
from app.registration.tickets import link_of

bp = Blueprint("holder", __name__)


@bp.get("/tickets/<secret>/edit")
@access.link
def edit(secret: str) -> Response:
    """The form with what is stored, or in words why nothing can be changed. Raises `LostTicket`."""
    registration, _ticket, event = held(secret)
    stored = editing.particulars_of(registration, find_settings(event.id))
    asked = _asked(registration)
    return _form(event, registration, secret, asked, forms.filled(stored, asked.questions))


@bp.post("/tickets/<secret>/edit")
@access.link
def create_edit(secret: str) -> Response:
    """Change what is different; 303 to the ticket. 422 with what was typed, 409 when nothing can be changed any more, 429 for
    too many addresses. Raises `LostTicket`."""
    registration, _ticket, event = held(secret)
    registration_id, asked = registration.id, _asked(registration)
    try:
        wanted = forms.parse_change(request.form, asked)
        with write_tx() as session:
            editing.edit(session, registration_id, wanted, GUEST, network_of(request.remote_addr))
    except InvalidInput as wrong:
        return _form(event, registration, secret, asked, echo(request.form), 422, wrong)
    except editing.CannotChange:
        return _form(event, registration, secret, asked, echo(request.form), 409)
    except TooMany as many:
        return _form(event, registration, secret, asked, echo(request.form), 429, sentence=many.message)
    return redirect(url_for("registration.ticket", secret=secret, saved="yes"), 303)  # type: ignore[return-value]


def _asked(registration: Registration) -> forms.Asked:
    settings = find_settings(registration.event_id)
    named = len(registration.companions.splitlines()) + 1
    return forms.Asked(
        largest_of(settings, registration.party_size), tuple(questions_of(registration.event_id)),
        editing.asks_needs(settings), registration.status == RegistrationStatus.PENDING,
        size=named if named == registration.party_size > 1 else None,
    )  # fmt: skip


def _form(
    event: Event, registration: Registration, secret: str, asked: forms.Asked, typed: Sent, status: int = 200,
    wrong: InvalidInput | None = None, sentence: LazyString | str = "",
) -> Response:  # fmt: skip
    return render(
        "registration/edit.html", status=status, **shown(event), **fields(event, asked, typed, wrong and wrong.fields),
        registration=registration, secret=secret, editable=editing.can_be_changed(event, registration), sentence=sentence,
    )  # fmt: skip


@bp.get("/tickets/<secret>/replace")
@access.link
def replacement(secret: str) -> Response:
    """The question before a lost ticket is replaced, with its button. Raises `LostTicket`, `ReplacedTicket`."""
    return _replacement(secret)


@bp.post("/tickets/<secret>/replace")
@access.link
def create_replacement(secret: str) -> Response:
    """Replace the ticket; 303 to its new address. 409 in words when it cannot be replaced, 429 when it was too often.

    Raises `LostTicket`, `ReplacedTicket`.
    """
    key = read_key(request.form)
    if key is None:
        return _replacement(secret, 422, INCOMPLETE)
    try:
        with write_tx() as session:
            registration = replacing.replace_by_holder(session, secret, key, GUEST, network_of(request.remote_addr))
    except NotFound:
        return _replacement(secret)
    except (editing.CannotChange, TooMany) as refused:
        return _replacement(secret, refused.status, refused.message)
    link = link_of(registration)
    return redirect(url_for("registration.ticket", secret=link, replaced="yes"), 303)  # type: ignore[return-value]


def _replacement(secret: str, status: int = 200, sentence: LazyString | str = "") -> Response:
    registration, _ticket, event = held(secret)
    return render(
        "registration/replace.html", status=status, **shown(event), registration=registration, secret=secret,
        form_key=uuid.uuid4(), replaceable=replacing.can_be_replaced(event, registration), sentence=sentence,
    )  # fmt: skip


@bp.get("/tickets/<secret>/erase")
@access.link
def erasure(secret: str) -> Response:
    """The question before erasing, with its button. Raises `LostTicket`."""
    registration, _ticket, event = held(secret)
    return render("registration/erase.html", **shown(event), registration=registration, secret=secret)


@bp.post("/tickets/<secret>/erase")
@access.link
def create_erasure(secret: str) -> Response:
    """Erase; 303 to a page without any secret in its address. Raises `LostTicket`."""
    registration, _ticket, event = held(secret)
    registration_id = registration.id
    with write_tx() as session:
        personal_data.erase(session, registration_id, GUEST)
    return redirect(url_for(".erased", slug=event.slug), 303)  # type: ignore[return-value]


@bp.get("/events/<slug>/erased")
@access.public
def erased(slug: str) -> Response:
    """What erasing deleted, and what stays: the same words for everybody."""
    return render("registration/erased.html", **shown(get_event(slug)))
