"""Registering for an event, the ticket under its secret address, and what any camera sees behind a printed code."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, g, redirect, request, url_for

from app.audit.limits import network_of
from app.audit.models import GUEST
from app.core import clock, qr
from app.core.babel import LazyString, gettext as _, lazy_gettext as _l, pgettext
from app.core.db import write_tx
from app.core.errors import InvalidInput, NotFound, TooMany
from app.core.forms import Sent, blank, echo
from app.core.web import access, render
from app.events.models import Event
from app.events.queries import find_event_by_id, get_event
from app.i18n.formats import current_language
from app.i18n.languages import LANGUAGES
from app.i18n.routing import wanted_language
from app.registration import codes, editing, feeds, forms, jsonld, replacing, service
from app.registration.models import Registration, RegistrationSettings, RegistrationStatus, Ticket
from app.registration.pages import LostTicket, ReplacedCode, fields, held, moment, shown, unkept
from app.registration.queries import occasion_of
from app.registration.questions import questions_of
from app.registration.rules import RegistrationState
from app.registration.seats import (
    find_active_settings,
    find_settings,
    is_full,
    largest_of,
    place_in_queue,
    registration_state,
    seats_lacking,
)
from app.registration.tickets import code_of, find_ticket, link_of
from app.registration.words import too_large_words

bp = Blueprint("registration", __name__)
root_bp = Blueprint("registration_root", __name__)
NO_SEATS = _l("There are not enough free seats for all of you. Nothing was saved, and what you typed is still here.")


# Registering


@bp.get("/events/<slug>/register")
@access.public
def register(slug: str) -> Response:
    """The form with a fresh key, or in words why nobody can register now. Not kept: each form has its own key."""
    event = get_event(slug)
    settings = find_active_settings(event.id)
    state = registration_state(event, settings, clock.now())
    if settings is None or state is not RegistrationState.OPEN:
        return _refusal(event, settings, state)
    if not settings.waiting_list and is_full(settings):
        return _refusal(event, settings, RegistrationState.FULL)
    return _form(event, settings, _asked(settings), blank(language=current_language()))


@bp.post("/events/<slug>/register")
@access.public
def create_registration(slug: str) -> Response:
    """303 to the ticket, in the language chosen for it; 422 with what was typed; 409 when nobody can register now.

    Too many from one network: 429. What was typed is kept with a sentence also when there are too few seats.
    """
    event = get_event(slug)
    event_id, settings = event.id, find_active_settings(event.id)
    if settings is None:
        return _refusal(event, None, registration_state(event, None, clock.now()), 409)
    asked = _asked(settings)
    try:
        wish = forms.parse(request.form, asked)
        with write_tx() as session:
            made = service.sign_up(session, event_id, wish, network_of(request.remote_addr))
    except InvalidInput as wrong:
        return _form(event, settings, asked, echo(request.form), 422, wrong)
    except TooMany as many:
        return _form(event, settings, asked, echo(request.form), 429, sentence=many.message)
    if made is RegistrationState.FULL:
        return _form(event, settings, asked, echo(request.form), 409, sentence=NO_SEATS)
    if isinstance(made, RegistrationState):
        return _refusal(event, settings, made, 409)
    return unkept(redirect(url_for(".ticket", lang=made.language, secret=link_of(made)), 303))


def _asked(settings: RegistrationSettings) -> forms.Asked:
    questions = tuple(questions_of(settings.event_id))
    held_for = settings.hold_hours if settings.capacity is not None else None
    return forms.Asked(largest_of(settings), questions, settings.ask_needs, settings.confirm_first, held_for)


def _form(
    event: Event, settings: RegistrationSettings, asked: forms.Asked, typed: Sent, status: int = 200,
    wrong: InvalidInput | None = None, sentence: LazyString | str = "",
) -> Response:  # fmt: skip
    page = render(
        "registration/register.html", status=status, **shown(event), **fields(event, asked, typed, wrong and wrong.fields),
        settings=settings, trap=forms.TRAP, full=is_full(settings), closes=moment(event, settings.closes_at), sentence=sentence,
    )  # fmt: skip
    return unkept(page)


def _refusal(event: Event, settings: RegistrationSettings | None, state: RegistrationState, status: int = 200) -> Response:
    opens = moment(event, settings.opens_at if settings else None)
    return unkept(render("registration/closed.html", status=status, **shown(event), state=state, opens=opens))


# The ticket


@bp.get("/tickets/<secret>/")
@access.link
def ticket(secret: str) -> Response:
    """The ticket: its QR, reference, place and time; for who waits, the place in the queue. Raises `LostTicket`."""
    registration, mine, event = held(secret)
    page = shown(event)
    return render(
        "registration/ticket.html", **page, registration=registration, secret=secret,
        code=_code_of(mine) if mine.status == RegistrationStatus.CONFIRMED else None,
        reference=codes.show_reference(mine.reference),
        place=place_in_queue(registration) if registration.status == RegistrationStatus.WAITLISTED else 0,
        editable=editing.can_be_changed(event, registration), saved="saved" in request.args,
        replaced="replaced" in request.args, too_large=_too_large(registration),
        hold=moment(event, registration.hold_until),
        linked=jsonld.reservation(page["occasion"], registration, mine, current_app.config["PUBLIC_BASE_URL"]),
    )  # fmt: skip


def _too_large(registration: Registration) -> str:
    """What a party is told that waits for more seats than the event has; else empty."""
    seats = seats_lacking(registration, find_settings(registration.event_id))
    return too_large_words(seats) if seats is not None else ""


@bp.get("/tickets/<secret>/picture.png")
@access.link
def picture(secret: str) -> Response:
    """The ticket as one picture, in the language of the address. Raises `LostTicket`, also while it has no seat."""
    registration, mine, event = held(secret)
    if mine.status != RegistrationStatus.CONFIRMED:
        raise LostTicket
    occasion, reference = occasion_of(event, current_language()), codes.show_reference(mine.reference)
    words = [f"{pgettext('ticket', 'People')}: {registration.party_size}", _("Show this at the door.")]
    response = Response(feeds.picture(occasion, _code_of(mine), reference, words), mimetype="image/png")
    response.headers["Content-Disposition"] = f'attachment; filename="ticket-{reference}.png"'
    return response


@bp.get("/tickets/<secret>/event.ics")
@access.link
def calendar(secret: str) -> Response:
    """The event for a calendar, with nothing secret inside. Raises `LostTicket`; 404 while the event's days are not known, and
    for who waits: a calendar would say that they go."""
    registration, _mine, event = held(secret)
    occasion = occasion_of(event, current_language())
    if not occasion.is_dated or registration.status in {RegistrationStatus.WAITLISTED, RegistrationStatus.PENDING}:
        raise NotFound
    body = feeds.calendar(occasion, current_app.config["PUBLIC_BASE_URL"], registration)
    response = Response(body, content_type="text/calendar; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{event.slug}.ics"'
    return response


@bp.get("/tickets/<secret>/cancel")
@access.link
def cancellation(secret: str) -> Response:
    """The question before cancelling, with its button. Raises `LostTicket`."""
    registration, _mine, event = held(secret)
    return render("registration/cancel.html", **shown(event), registration=registration, secret=secret)


@bp.post("/tickets/<secret>/cancel")
@access.link
def create_cancellation(secret: str) -> Response:
    """Give the seats back, unless the event is over; 303 to the ticket, which then says so. Raises `LostTicket`."""
    registration, _mine, event = held(secret)
    registration_id = registration.id
    if not event.is_over(clock.now()):
        with write_tx() as session:
            service.cancel(session, registration_id, GUEST)
    return redirect(url_for(".ticket", secret=secret), 303)  # type: ignore[return-value]


# Behind a printed code


@root_bp.get("/T/<code>", strict_slashes=False)
@root_bp.get("/t/<code>", strict_slashes=False, endpoint="printed_small")
@access.link
def printed(code: str) -> Response:
    """What any camera opens: event, town, place and time, nothing about the holder. Codes that never were are not found alike.

    Not redirected to the reader's language: the code would spread to another address. Raises `LostTicket`, `ReplacedCode`.
    """
    asked = request.args.get("lang", "")
    g.lang = asked if asked in LANGUAGES else wanted_language()
    plain = codes.read_code(code, ())
    found = find_ticket(plain) if plain else None
    event = find_event_by_id(found.event_id) if found else None
    if found is None or event is None:
        raise ReplacedCode if plain and replacing.is_replaced_code(plain) else LostTicket
    page = render(
        "registration/printed.html", **shown(event), printed_code=plain, ticket=found, in_language=lambda lang: f"?lang={lang}"
    )
    page.headers["Vary"] = "Accept-Language, Cookie"
    return page


def _code_of(mine: Ticket) -> qr.Code:
    return qr.make(qr.payload(current_app.config["PUBLIC_BASE_URL"], code_of(mine)))
