"""The mails of registration, made when they are sent: addresses, links and codes stand in no outbox.

Each renderer gives None when there is nothing to be said any more: deleted, cancelled by the guest, or the event is over.
"""

from __future__ import annotations

import uuid

from flask import current_app

from app.core import clock, qr
from app.core.babel import gettext as _
from app.events.models import EventStatus
from app.events.queries import find_event_by_id
from app.i18n.addresses import confirmation_url
from app.i18n.formats import current_language
from app.mail.mail_layout import Letter, Link, News, Picture
from app.mail.service import Attachment, Mail
from app.registration import codes, feeds, jsonld, reminders, service
from app.registration.change_mails import CHANGED_MAIL, changes_for
from app.registration.mail_parts import (
    MailCase,
    button_words,
    event_state,
    facts,
    hold_words,
    links,
    own_state,
    reference,
    seats_too_few,
    title,
    when_and_where,
)
from app.registration.models import RegistrationStatus
from app.registration.queries import occasion_of
from app.registration.seats import TICKET_MAIL, TOO_LARGE_MAIL
from app.registration.tickets import code_of

CODE_CID = "code"


def render_confirm(subject_id: uuid.UUID, variant: str) -> Mail | None:
    """Asks the owner of an address to press the button behind the link: what and where, never who gave the address."""
    case = _case(subject_id)
    return _confirm(case) if case and not case.confirmed and not case.called_off else None


def render_ticket(subject_id: uuid.UUID, variant: str) -> Mail | None:
    """The ticket with its code and all links, or the place on the waiting list; `promoted` says that seats became free."""
    case = _case(subject_id)
    if case is None or not case.confirmed or case.event.status == EventStatus.CANCELLED:
        return None
    if variant == "promoted" and case.seated:
        opening = [_("There is room for you now: you are no longer on the waiting list.")]
        return _ticket(case, _("You have a place now: %(event)s", event=title(case)), opening)
    return _ticket(case, _("Your registration: %(event)s", event=title(case)), [])


def render_lost(subject_id: uuid.UUID, variant: str) -> Mail | None:
    """The ticket once more, for who has lost it; where nobody has confirmed the address, the question to do so."""
    case = _case(subject_id)
    if case is None or not case.confirmed:
        return _confirm(case) if case and not case.called_off else None
    return _ticket(case, _("Your ticket: %(event)s", event=title(case)), [_("You asked for your ticket once more. Here it is.")])


def render_replaced(subject_id: uuid.UUID, variant: str) -> Mail | None:
    """The new ticket of who has lost theirs; None once it was replaced again: that has a mail of its own."""
    case = _case(subject_id)
    if case is None or not case.confirmed or variant != str(case.registration.link_generation):
        return None
    opening = [
        _("Your ticket has been replaced. The old code, the old reference and the old link no longer work."),
        _("If you did not ask for this, somebody else may have your link. In that case, replace your ticket again."),
    ]
    return _ticket(case, _("Your new ticket: %(event)s", event=title(case)), opening)


def render_reminder(subject_id: uuid.UUID, variant: str) -> Mail | None:
    """The event is near. None also when it has begun or was moved to another day since: that has a reminder of its own."""
    case = _case(subject_id)
    if case is None or not case.confirmed or not case.seated or case.called_off:
        return None
    hours, start = int(variant.partition(" ")[0]), reminders.start_of(case.event)
    if start is None or start <= clock.now() or reminders.reminder_variant(hours, start, case.event.timezone) != variant:
        return None
    opening = [_("We look forward to seeing you at this event.")]
    notes = [_("If you cannot come, please cancel your registration, so that others get your seats.")]
    return _ticket(case, _("Reminder: %(event)s", event=title(case)), opening, notes=notes)


def render_changed(subject_id: uuid.UUID, variant: str) -> Mail | None:
    """What changed in the ten minutes of the variant; None when all of it was taken back before anybody was told."""
    case = _case(subject_id)
    if case is None or not case.confirmed:
        return None
    told = changes_for(case.event, subject_id, variant, current_language())
    if not told:
        return None
    opening = list(told[0].opening)
    if not opening and not case.called_off:
        opening.append(_("Something has changed at an event for which you are registered."))
    if told[0].itself and not case.called_off:
        opening.append(_("The date, time and place below are the current ones."))
    news = [News(one.title, one.lines) for one in told if one.lines]
    return _ticket(case, _changed_subject(case, told[0].state), opening, news=news)


def render_too_large(subject_id: uuid.UUID, variant: str) -> Mail | None:
    """The event has fewer seats now than a party that waits needs: what its holder can do. None once it fits, or has a seat."""
    case = _case(subject_id)
    if case is None or not case.confirmed or case.called_off or seats_too_few(case) is None:
        return None
    return _ticket(case, _("Your party needs more seats than there are: %(event)s", event=title(case)), [])


def _changed_subject(case: MailCase, state: str) -> str:
    """By the event's new state, where that is what changed."""
    name = title(case)
    subjects: dict[str, str] = {
        EventStatus.CANCELLED: _("Cancelled: %(event)s", event=name),
        EventStatus.POSTPONED: _("Postponed: %(event)s", event=name),
        EventStatus.MOVED_ONLINE: _("Now online: %(event)s", event=name),
        EventStatus.SCHEDULED: _("As planned after all: %(event)s", event=name),
        "rescheduled": _("New date: %(event)s", event=name),
    }
    return subjects.get(state) or str(_("Changed: %(event)s", event=name))


def _case(subject_id: uuid.UUID) -> MailCase | None:
    registration = service.find_registration_by_id(subject_id)
    event = find_event_by_id(registration.event_id) if registration else None
    if registration is None or event is None or registration.ticket is None or not registration.email:
        return None
    occasion = occasion_of(event, current_language())
    if registration.status == RegistrationStatus.CANCELLED or occasion.over:
        return None
    return MailCase(registration, registration.ticket, event, occasion, current_app.config["PUBLIC_BASE_URL"])


def _confirm(case: MailCase) -> Mail:
    secret = codes.mail_secret(case.registration.id, case.registration.email, case.registration.mail_hash)
    pending = case.registration.status == RegistrationStatus.PENDING
    opening = [
        _("Somebody gave this e-mail address to register for this event. Please confirm that it is yours."),
        _("Your seats are given out in the order in which addresses are confirmed.") if pending else "",
        *hold_words(case),
    ]
    letter = Letter(
        subject=_("Please confirm your e-mail address: %(event)s", event=title(case)), title=case.occasion.title,
        greeting=_("Hello"), opening=opening,
        button=Link(_("Confirm your e-mail address"), confirmation_url(case.base, current_language(), secret)),
        facts=when_and_where(case),
        notes=[
            _("The link opens a page with a button. When you press it, we send your ticket, reminders and changes here.")
        ],
        closing=[
            _("If you did not register, somebody typed your address by mistake: please ignore this e-mail."),
            _("We delete an address that is not confirmed after 24 hours."),
        ],
    )  # fmt: skip
    return letter.mail(case.registration.email)


def _ticket(
    case: MailCase, subject: str, opening: list[str], *, news: list[News] | None = None, notes: list[str] | None = None
) -> Mail:
    """A letter about a ticket: why it is sent, the code, what, when and where, and what can be done."""
    letter = Letter(
        subject=subject,
        title=case.occasion.title,
        greeting=_("Hello %(name)s", name=case.registration.name),
        opening=[*dict.fromkeys([*opening, *event_state(case)]), *([] if news else own_state(case))],
        news=news or [],
        button=Link(button_words(case), case.home),
        facts=facts(case),
        notes=[*(own_state(case) if news else []), *(notes or [])],
        links=links(case),
        closing=[_("Keep this e-mail to yourself: whoever has it can use your ticket.")],
        linked=jsonld.reservation(case.occasion, case.registration, case.ticket, case.base),
    )
    files: list[Attachment] = []
    if case.seated and not case.called_off:
        code = qr.make(qr.payload(case.base, code_of(case.ticket)))
        words = _("QR code of this ticket. Reference: %(reference)s", reference=reference(case))
        letter.picture = Picture(CODE_CID, words, code.size * feeds.CODE_MODULE)
        letter.under_picture = [f"{_('Show this at the door.')} {_('If the code cannot be read, read out the reference.')}"]
        files.append(Attachment("ticket.png", "image/png", feeds.code_picture(code), CODE_CID))
    if case.occasion.is_dated and case.seated:
        entry = feeds.calendar(case.occasion, case.base, case.registration)
        files.append(Attachment("event.ics", "text/calendar; charset=utf-8; method=PUBLISH", entry))
    return letter.mail(case.registration.email, tuple(files))


RENDERERS = {
    service.CONFIRM_MAIL: render_confirm,
    TICKET_MAIL: render_ticket,
    service.LOST_MAIL: render_lost,
    service.REPLACED_MAIL: render_replaced,
    reminders.REMINDER_MAIL: render_reminder,
    CHANGED_MAIL: render_changed,
    TOO_LARGE_MAIL: render_too_large,
}
