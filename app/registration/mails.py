"""The mails of registration, made when they are sent: addresses, links and codes stand in no outbox."""

from __future__ import annotations

import uuid

from flask import current_app, render_template
from flask_babel import gettext as _

from app.events.service import find_event_by_id
from app.i18n.formats import current_language
from app.mail.service import Attachment, Mail
from app.registration import codes, feeds, service
from app.registration.queries import occasion_of


def render_ticket(subject_id: uuid.UUID, variant: str) -> Mail | None:
    """The link to a ticket, or to a place on the waiting list, for whoever registered; the event as a calendar file.

    None when nothing is to be said any more: cancelled by the guest, the event called off or over, or deleted since.
    """
    registration = service.find_registration_by_id(subject_id)
    event = find_event_by_id(registration.scope) if registration else None
    if registration is None or event is None or registration.ticket is None or not registration.email:
        return None
    occasion = occasion_of(event, current_language())
    if registration.status == "cancelled" or event.status == "cancelled" or occasion.over:
        return None
    base, lang = current_app.config["PUBLIC_BASE_URL"], current_language()
    address = f"/{lang}/events/{event.slug}/"
    text = render_template(
        "email/ticket.txt", occasion=occasion, registration=registration,
        reference=codes.show_reference(registration.ticket.reference), event_link=f"{base}{address}",
        link=f"{base}/{lang}/tickets/{codes.link_secret(registration.id)}/",
    )  # fmt: skip
    files = (Attachment("event.ics", "text/calendar", feeds.calendar(occasion, base, address, False)),) if event.starts_on else ()
    return Mail(registration.email, _("Your registration: %(event)s", event=occasion.title.text), text, attachments=files)
