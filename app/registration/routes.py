"""Registering for an event, the holder's page under its secret address, and what any camera sees behind a printed code."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, current_app, g, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import pgettext

from app.core import clock
from app.core.errors import InvalidInput, NotFound
from app.core.web import access, render
from app.events.models import Event
from app.events.service import find_event_by_id, get_event
from app.i18n import formats
from app.i18n.formats import current_language
from app.i18n.languages import LANGUAGES
from app.i18n.routing import wanted_language
from app.registration import codes, feeds, forms, qr, rules, service
from app.registration.models import Registration, RegistrationDesk, Ticket
from app.registration.queries import Occasion, occasion_of
from app.registration.rules import DeskState

bp = Blueprint("registration", __name__)
root_bp = Blueprint("registration_root", __name__)


class LostTicket(NotFound):
    """No ticket stands behind this address: say how to get it again, and never why."""

    code = "ticket_not_found"
    message = _l(
        "There is no ticket at this address. Open the whole link from your e-mail once more. If you have lost it, ask the "
        "organiser, or give your name or the reference of your ticket at the help desk: they will find it for you."
    )


# Registering


@bp.get("/events/<slug>/register")
@access.public
def register(slug: str) -> Response:
    """The form with a fresh key, or in words why nobody can register now. Not kept: each form has its own key."""
    event = get_event(slug)
    desk = service.find_desk(event.id)
    state = service.desk_state(event, desk, clock.now())
    if desk is None or state is not DeskState.OPEN:
        return _refusal(event, desk, state)
    return _form(event, desk, forms.blank(current_language()))


@bp.post("/events/<slug>/register")
@access.public
def create_registration(slug: str) -> Response:
    """303 to the ticket, in the language chosen for it; 422 with what was typed; 409 when nobody can register now."""
    event = get_event(slug)
    desk = service.find_desk(event.id)
    if desk is None:
        return _refusal(event, None, service.desk_state(event, None, clock.now()), 409)
    try:
        wish = forms.parse(request.form, rules.largest_party(desk.party_max, desk.capacity))
    except InvalidInput as wrong:
        return _form(event, desk, forms.typed(request.form, current_language()), wrong)
    made = service.sign_up(event, wish)
    if isinstance(made, DeskState):
        return _refusal(event, desk, made, 409)
    return _unkept(redirect(url_for(".ticket", lang=made.language, secret=codes.link_secret(made.id)), 303))


def _form(event: Event, desk: RegistrationDesk, typed: forms.Typed, wrong: InvalidInput | None = None) -> Response:
    occasion = occasion_of(event, current_language())
    return _unkept(
        render(
            "registration/register.html", status=422 if wrong else 200, **_shown(occasion), desk=desk, typed=typed,
            trap=forms.TRAP, errors=wrong.fields if wrong else {}, largest=rules.largest_party(desk.party_max, desk.capacity),
            full=service.is_full(desk), closes=_moment(event, desk.closes_at),
        )
    )  # fmt: skip


def _refusal(event: Event, desk: RegistrationDesk | None, state: DeskState, status: int = 200) -> Response:
    occasion, opens_at = occasion_of(event, current_language()), desk.opens_at if desk else None
    page = render("registration/closed.html", status=status, **_shown(occasion), state=state, opens=_moment(event, opens_at))
    return _unkept(page)


# The holder's page


@bp.get("/tickets/<secret>/")
@access.link
def ticket(secret: str) -> Response:
    """The ticket: its QR, reference, place and time. Raises `LostTicket`."""
    registration, held, event = _held(secret)
    code = _code_of(held) if held.status == "confirmed" else None
    return render(
        "registration/ticket.html", **_shown(occasion_of(event, current_language())), registration=registration, secret=secret,
        code=code, reference=codes.show_reference(held.reference),
    )  # fmt: skip


@bp.get("/tickets/<secret>/picture.png")
@access.link
def picture(secret: str) -> Response:
    """The ticket as one picture, in the language of the address. Raises `LostTicket`, also while it has no seat."""
    registration, held, event = _held(secret)
    if held.status != "confirmed":
        raise LostTicket
    occasion, reference = occasion_of(event, current_language()), codes.show_reference(held.reference)
    words = [f"{pgettext('ticket', 'People')}: {registration.party_size}", _("Show this at the door.")]
    response = Response(feeds.picture(occasion, _code_of(held), reference, words), mimetype="image/png")
    response.headers["Content-Disposition"] = f'attachment; filename="ticket-{reference}.png"'
    return response


@bp.get("/tickets/<secret>/event.ics")
@access.link
def calendar(secret: str) -> Response:
    """The event for a calendar, with nothing secret inside. Raises `LostTicket`; 404 while the event has no date."""
    registration, _, event = _held(secret)
    if event.starts_on is None:
        raise NotFound
    cancelled = registration.status == "cancelled"
    occasion = occasion_of(event, current_language())
    body = feeds.calendar(occasion, current_app.config["PUBLIC_BASE_URL"], _event_address(event), cancelled)
    response = Response(body, content_type="text/calendar; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{event.slug}.ics"'
    return response


@bp.get("/tickets/<secret>/cancel")
@access.link
def cancellation(secret: str) -> Response:
    """The question before cancelling, with its button. Raises `LostTicket`."""
    registration, _, event = _held(secret)
    occasion = occasion_of(event, current_language())
    return render("registration/cancel.html", **_shown(occasion), registration=registration, secret=secret)


@bp.post("/tickets/<secret>/cancel")
@access.link
def create_cancellation(secret: str) -> Response:
    """Give the seats back, unless the event is over; 303 to the ticket, which then says so. Raises `LostTicket`."""
    registration, _, event = _held(secret)
    if not service.event_is_over(event, clock.now()):
        service.cancel(registration.id)
    return redirect(url_for(".ticket", secret=secret), 303)  # type: ignore[return-value]


# Behind a printed code


@root_bp.get("/T/<code>", strict_slashes=False)
@root_bp.get("/t/<code>", strict_slashes=False, endpoint="printed_small")
@access.link
def printed(code: str) -> Response:
    """What any camera opens: event, town, place and time, nothing about the holder. Every other code is not found alike.

    Not redirected to the reader's language: the code would spread to another address. Raises `LostTicket`.
    """
    asked = request.args.get("lang", "")
    g.lang = asked if asked in LANGUAGES else wanted_language()
    plain = codes.read_code(code, ())
    held = service.find_ticket(plain) if plain else None
    event = find_event_by_id(held.scope) if held else None
    if held is None or event is None:
        raise LostTicket
    page = render(
        "registration/printed.html", **_shown(occasion_of(event, g.lang)), printed_code=plain, ticket=held,
        in_language=lambda lang: f"?lang={lang}",
    )  # fmt: skip
    page.headers["Vary"] = "Accept-Language, Cookie"
    return page


# Helpers


def _held(secret: str) -> tuple[Registration, Ticket, Event]:
    registration = service.find_registration(secret)
    event = find_event_by_id(registration.scope) if registration else None
    if registration is None or registration.ticket is None or event is None:
        raise LostTicket
    return registration, registration.ticket, event


def _code_of(held: Ticket) -> qr.Code:
    return qr.make(qr.payload(current_app.config["PUBLIC_BASE_URL"], codes.ticket_code(held.id, held.generation)))


def _shown(occasion: Occasion) -> dict[str, Any]:
    event = occasion.event
    return {"occasion": occasion, "event": event, "texts": occasion.texts, "event_address": _event_address(event)}


def _event_address(event: Event) -> str:
    return f"/{current_language()}/events/{event.slug}/"


def _moment(event: Event, moment: Any) -> dict[str, str] | None:
    """A moment as `date` and `time` in the event's zone, for a sentence."""
    if moment is None:
        return None
    zone = formats.zone(event.timezone)
    return {"date": formats.long_date(moment.astimezone(zone).date()), "time": formats.time_in_words(moment, zone)}


def _unkept(response: Any) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response  # type: ignore[no-any-return]
