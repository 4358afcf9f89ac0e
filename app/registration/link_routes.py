"""Behind mailed links: the button that confirms an address, and the form of somebody who has lost a ticket."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, request, url_for

from app.audit.limits import network_of
from app.core.babel import LazyString, lazy_gettext as _l
from app.core.db import write_tx
from app.core.errors import InvalidInput, NotFound, TooMany
from app.core.forms import echo
from app.core.web import access, render
from app.events.models import Event
from app.events.queries import find_event_by_id, get_event
from app.registration import confirming, forms
from app.registration.models import Registration
from app.registration.pages import shown, unkept
from app.registration.rules import RegistrationState
from app.registration.tickets import link_of

bp = Blueprint("mailed_links", __name__)


class LostLink(NotFound):
    """No address waits behind this link: it was replaced, erased, too old, or never was."""

    code = "link_not_found"
    message = _l(
        "This link does not work any more. Perhaps you have given another address since then, or the link is more than a day "
        "old. Open the page of your ticket, or ask for its link once more on the page of the event."
    )


@bp.get("/confirm/<secret>/")
@access.link
def confirmation(secret: str) -> Response:
    """The event and a button; opening the page changes nothing, however often a mail program does it. Raises `LostLink`."""
    registration, event = _asked_by_mail(secret)
    return _page(event, registration, secret)


@bp.post("/confirm/<secret>/")
@access.link
def create_confirmation(secret: str) -> Response:
    """Switch mail on and take the seats of one that was pending; 303 to the ticket. 409 in words when it gets none, 410 when
    the link was used before: whoever finds it in a log or a history gets no further.

    Raises `LostLink`.
    """
    registration, event = _asked_by_mail(secret)
    event_id = event.id
    try:
        with write_tx() as session:
            done = confirming.confirm(session, event_id, secret)
    except NotFound:
        raise LostLink from None
    if isinstance(done, RegistrationState):
        return _page(event, registration, secret, 409, done)
    if done is None:
        return _page(event, registration, secret, 410)
    link = link_of(done)
    return redirect(url_for("registration.ticket", lang=done.language, secret=link), 303)  # type: ignore[return-value]


@bp.get("/events/<slug>/lost")
@access.public
def lost(slug: str) -> Response:
    """The form of somebody who has lost a ticket; after it was sent, what happens now."""
    return _lost_page(get_event(slug), sent="sent" in request.args)


@bp.post("/events/<slug>/lost")
@access.public
def create_lost(slug: str) -> Response:
    """303 to the same page for known and unknown addresses alike; 422 and 429 keep what was typed."""
    event = get_event(slug)
    event_id, email = event.id, echo(request.form).get("email", "")
    try:
        address = forms.parse_address(request.form)
        with write_tx() as session:
            confirming.send_lost(session, event_id, address, network_of(request.remote_addr))
    except InvalidInput as wrong:
        return _lost_page(event, email, 422, wrong)
    except TooMany as many:
        return _lost_page(event, email, 429, sentence=many.message)
    return unkept(redirect(url_for(".lost", slug=slug, sent="yes"), 303))


def _asked_by_mail(secret: str) -> tuple[Registration, Event]:
    registration = confirming.find_by_mail_secret(secret)
    event = find_event_by_id(registration.event_id) if registration else None
    if registration is None or event is None:
        raise LostLink
    return registration, event


def _page(
    event: Event, registration: Registration, secret: str, status: int = 200, refused: RegistrationState | None = None
) -> Response:
    return render(
        "registration/confirm.html", status=status, **shown(event), registration=registration, secret=secret, refused=refused
    )


def _lost_page(
    event: Event, email: str = "", status: int = 200, wrong: InvalidInput | None = None, sentence: LazyString | str = "",
    *, sent: bool = False,
) -> Response:  # fmt: skip
    errors = wrong.fields if wrong else {}
    return unkept(
        render("registration/lost.html", status=status, **shown(event), email=email, errors=errors, sentence=sentence, sent=sent)
    )
