"""What is stored about a guest, the door's scans of their ticket included, as a page and as a file."""

from __future__ import annotations

from flask import Blueprint, Response

from app.checkin.scan_history import passages_of
from app.core.web import access, render
from app.events.models import Event
from app.i18n.formats import current_language
from app.registration import codes, feeds
from app.registration.models import Registration, Ticket
from app.registration.pages import held, moment, shown
from app.registration.personal_data import PersonalData, personal_data_of

bp = Blueprint("personal_data", __name__)


@bp.get("/tickets/<secret>/data")
@access.link
def data(secret: str) -> Response:
    """All that is stored about this registration, in words, with the day on which each kind is deleted. Raises `LostTicket`."""
    registration, ticket, event = held(secret)
    return render(
        "site/personal_data.html", **shown(event), own=_stored(registration, ticket, event), registration=registration,
        secret=secret, reference=codes.show_reference(ticket.reference),
        moment=lambda at: moment(event, at),
    )  # fmt: skip


@bp.get("/tickets/<secret>/data.json")
@access.link
def data_file(secret: str) -> Response:
    """The same for a program, as a file. Raises `LostTicket`."""
    registration, ticket, event = held(secret)
    body = feeds.personal_data(_stored(registration, ticket, event), event)
    response = Response(body, content_type="application/json")
    response.headers["Content-Disposition"] = f'attachment; filename="{event.slug}-my-data.json"'
    return response


def _stored(registration: Registration, ticket: Ticket, event: Event) -> PersonalData:
    lang = current_language()
    return personal_data_of(registration, event, lang, passages_of(event.id, ticket.id, lang))
