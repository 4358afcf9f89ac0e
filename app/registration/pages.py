"""What the pages of registration share: whose page it is, what every one of them shows, and what may not be kept."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Response

from app.core.babel import lazy_gettext as _l
from app.core.errors import DomainError, NotFound
from app.core.forms import Sent
from app.events.models import Event
from app.events.queries import find_event_by_id
from app.i18n import formats
from app.i18n.addresses import event_url
from app.i18n.formats import current_language
from app.registration import replacing, service
from app.registration.forms import Asked, field_of
from app.registration.models import Diet, Need, Registration, Ticket
from app.registration.queries import Occasion, occasion_of
from app.registration.questions import question_texts
from app.registration.words import undated_words


class LostTicket(NotFound):
    """No ticket stands behind this address: say how to get it again, and never why."""

    code = "ticket_not_found"
    message = _l(
        "There is no ticket at this address. Open the whole link from your e-mail once more. If you have lost it, ask the "
        "organiser, or give your name or the reference of your ticket at the help desk: they will find it for you."
    )


class ReplacedTicket(DomainError):
    """The address of a page that has another one now: nothing of its holder is said."""

    status = 410
    code = "ticket_replaced"
    message = _l(
        "This ticket has been replaced, and its page has a new address. If the registration has a confirmed e-mail address, the "
        "new link was sent there. Otherwise ask the organiser, or give your name at the help desk."
    )


class ReplacedCode(ReplacedTicket):
    """A printed code whose ticket has a newer one."""

    code = "code_replaced"
    message = _l("This ticket has been replaced and no longer gets anybody in. Please use the newer ticket.")


def held(secret: str) -> tuple[Registration, Ticket, Event]:
    """Whose page this is, and for which event. Raises `LostTicket`, `ReplacedTicket`."""
    registration = service.find_registration(secret)
    event = find_event_by_id(registration.event_id) if registration else None
    if registration is None or registration.ticket is None or event is None:
        raise ReplacedTicket if replacing.is_replaced(secret) else LostTicket
    return registration, registration.ticket, event


def shown(event: Event) -> dict[str, Any]:
    """What every page says of the event, in the page's language."""
    occasion: Occasion = occasion_of(event, current_language())
    return {
        "occasion": occasion, "event": event, "texts": occasion.texts,
        "event_address": event_url("", current_language(), event.slug), "lapsed": occasion.lapsed, "undated_words": undated_words,
    }  # fmt: skip


def fields(event: Event, asked: Asked, typed: Sent, errors: Any = None) -> dict[str, Any]:
    """What `registration/_fields.html` needs: the fields that register and change share."""
    words = question_texts(event.id, current_language(), event.fallback, asked.questions)
    return {
        "asked": asked, "typed": typed, "errors": errors or {}, "words": words, "field_of": field_of,
        "needs": Need, "diets": Diet,
    }  # fmt: skip


def moment(event: Event, at: datetime | None) -> dict[str, str] | None:
    """A moment as `date` and `time` in the event's zone, for a sentence."""
    if at is None:
        return None
    zone = formats.zone(event.timezone)
    return {"date": formats.long_date(at.astimezone(zone).date()), "time": formats.time_in_words(at, zone)}


def unkept(response: Any) -> Response:
    """The answer, kept by no cache."""
    response.headers["Cache-Control"] = "no-store"
    return response  # type: ignore[no-any-return]
