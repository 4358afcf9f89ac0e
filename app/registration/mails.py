"""The mails of registration, made when they are sent: addresses, links and codes stand in no outbox.

Each renderer gives None when there is nothing to be said any more: deleted, cancelled by the guest, or the event is over.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from flask import current_app

from app.core import clock, qr
from app.core.babel import gettext as _, pgettext
from app.events.models import CALLED_OFF, Event, EventStatus
from app.events.queries import find_event_by_id
from app.i18n import formats
from app.i18n.addresses import confirmation_url, event_url, ticket_url
from app.i18n.formats import current_language
from app.mail.mail_layout import Letter, Link, News, Picture
from app.mail.service import Attachment, Mail
from app.registration import codes, feeds, jsonld, reminders, service
from app.registration.change_mails import CHANGED_MAIL, changes_for
from app.registration.models import Registration, RegistrationStatus, Ticket
from app.registration.queries import Occasion, occasion_of
from app.registration.seats import TICKET_MAIL, TOO_LARGE_MAIL, find_settings, place_in_queue, seats_lacking
from app.registration.tickets import code_of, link_of
from app.registration.words import too_large_words, undated_words

CODE_CID = "code"


@dataclass(frozen=True, slots=True)
class MailCase:
    """Whom a mail is for and what it is about."""

    registration: Registration
    ticket: Ticket
    event: Event
    occasion: Occasion
    base: str

    @property
    def home(self) -> str:
        """The holder's page."""
        return ticket_url(self.base, current_language(), link_of(self.registration))

    @property
    def event_page(self) -> str:
        """The event's public page."""
        return event_url(self.base, current_language(), self.event.slug)

    @property
    def confirmed(self) -> bool:
        """Whether the owner of the address has pressed the button."""
        return self.registration.email_confirmed_at is not None

    @property
    def seated(self) -> bool:
        """Whether the ticket opens the door."""
        return self.registration.status == RegistrationStatus.CONFIRMED

    @property
    def called_off(self) -> bool:
        """Whether there is nothing to come to at present."""
        return self.event.status in CALLED_OFF


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
        return _ticket(case, _("You have a place now: %(event)s", event=_title(case)), opening)
    return _ticket(case, _("Your registration: %(event)s", event=_title(case)), [])


def render_lost(subject_id: uuid.UUID, variant: str) -> Mail | None:
    """The ticket once more, for who has lost it; where nobody has confirmed the address, the question to do so."""
    case = _case(subject_id)
    if case is None or not case.confirmed:
        return _confirm(case) if case and not case.called_off else None
    return _ticket(case, _("Your ticket: %(event)s", event=_title(case)), [_("You asked for your ticket once more. Here it is.")])


def render_replaced(subject_id: uuid.UUID, variant: str) -> Mail | None:
    """The new ticket of who has lost theirs; None once it was replaced again: that has a mail of its own."""
    case = _case(subject_id)
    if case is None or not case.confirmed or variant != str(case.registration.link_generation):
        return None
    opening = [
        _("Your ticket has been replaced. The old code, the old reference and the old link no longer work."),
        _("If you did not ask for this, somebody else may have your link. In that case, replace your ticket again."),
    ]
    return _ticket(case, _("Your new ticket: %(event)s", event=_title(case)), opening)


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
    return _ticket(case, _("Reminder: %(event)s", event=_title(case)), opening, notes=notes)


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
    if case is None or not case.confirmed or case.called_off or _too_large(case) is None:
        return None
    return _ticket(case, _("Your party needs more seats than there are: %(event)s", event=_title(case)), [])


def _changed_subject(case: MailCase, state: str) -> str:
    """By the event's new state, where that is what changed."""
    title = _title(case)
    subjects: dict[str, str] = {
        EventStatus.CANCELLED: _("Cancelled: %(event)s", event=title),
        EventStatus.POSTPONED: _("Postponed: %(event)s", event=title),
        EventStatus.MOVED_ONLINE: _("Now online: %(event)s", event=title),
        EventStatus.SCHEDULED: _("As planned after all: %(event)s", event=title),
        "rescheduled": _("New date: %(event)s", event=title),
    }
    return subjects.get(state) or str(_("Changed: %(event)s", event=title))


def _too_large(case: MailCase) -> int | None:
    return seats_lacking(case.registration, find_settings(case.event.id))


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
        *_hold(case),
    ]
    letter = Letter(
        subject=_("Please confirm your e-mail address: %(event)s", event=_title(case)), title=case.occasion.title,
        greeting=_("Hello"), opening=opening,
        button=Link(_("Confirm your e-mail address"), confirmation_url(case.base, current_language(), secret)),
        facts=_when_and_where(case),
        notes=[
            _("The link opens a page with a button. When you press it, we send your ticket, reminders and changes here.")
        ],
        closing=[
            _("If you did not register, somebody typed your address by mistake: please ignore this e-mail."),
            _("We delete an address that is not confirmed after 24 hours."),
        ],
    )  # fmt: skip
    return letter.mail(case.registration.email)


def _hold(case: MailCase) -> list[str]:
    """Until when the seats of an unconfirmed address are kept."""
    until = case.registration.hold_until
    if until is None:
        return []
    zone = formats.zone(case.event.timezone)
    day, hour = formats.long_date(until.astimezone(zone).date()), formats.time_in_words(until, zone)
    return [
        _(
            "Your seats are kept for you until %(date)s, %(time)s. If your address is not confirmed by then, they go to others.",
            date=day, time=hour,
        )
    ]  # fmt: skip


def _ticket(
    case: MailCase, subject: str, opening: list[str], *, news: list[News] | None = None, notes: list[str] | None = None
) -> Mail:
    """A letter about a ticket: why it is sent, the code, what, when and where, and what can be done."""
    letter = Letter(
        subject=subject,
        title=case.occasion.title,
        greeting=_("Hello %(name)s", name=case.registration.name),
        opening=[*dict.fromkeys([*opening, *_event_state(case)]), *([] if news else _own_state(case))],
        news=news or [],
        button=Link(_button(case), case.home),
        facts=_facts(case),
        notes=[*(_own_state(case) if news else []), *(notes or [])],
        links=_links(case),
        closing=[_("Keep this e-mail to yourself: whoever has it can use your ticket.")],
        linked=jsonld.reservation(case.occasion, case.registration, case.ticket, case.base),
    )
    files: list[Attachment] = []
    if case.seated and not case.called_off:
        code = qr.make(qr.payload(case.base, code_of(case.ticket)))
        words = _("QR code of this ticket. Reference: %(reference)s", reference=_reference(case))
        letter.picture = Picture(CODE_CID, words, code.size * feeds.CODE_MODULE)
        letter.under_picture = [f"{_('Show this at the door.')} {_('If the code cannot be read, read out the reference.')}"]
        files.append(Attachment("ticket.png", "image/png", feeds.code_picture(code), CODE_CID))
    if case.occasion.is_dated and case.seated:
        entry = feeds.calendar(case.occasion, case.base, case.registration)
        files.append(Attachment("event.ics", "text/calendar; charset=utf-8; method=PUBLISH", entry))
    return letter.mail(case.registration.email, tuple(files))


def _own_state(case: MailCase) -> list[str]:
    """Seats, or the place in the queue; nothing while the event is called off."""
    if case.registration.status == RegistrationStatus.WAITLISTED:
        place, seats = place_in_queue(case.registration), _too_large(case)
        waits = [_("You are on the waiting list."), _("Your place in the queue is %(place)s.", place=place)]
        if seats is not None:
            return [*waits, too_large_words(seats)]
        return [*waits, _("When seats become free, they go to those who have waited longest. Then we send you your ticket.")]
    if not case.seated or case.called_off:
        return []
    party = _("One ticket lets all of you in. You can arrive at different times.") if case.registration.party_size > 1 else ""
    return [line for line in (_("You are registered."), party) if line]


def _event_state(case: MailCase) -> list[str]:
    """Called off or moved online, with the reason; of a postponed event that what was announced holds no longer. Nothing for
    one that takes place as planned."""
    sentence = case.event.status.sentence
    reason = case.occasion.reason.text if sentence else ""
    lapsed = _("The date and the times that were announced no longer hold.") if case.occasion.lapsed else ""
    promise = _("We will write to you as soon as the new date is known.") if case.occasion.lapsed else ""
    return [line for line in (sentence, _("Reason: %(reason)s", reason=reason) if reason else "", lapsed, promise) if line]


def _button(case: MailCase) -> str:
    return str(_("Open my ticket") if case.seated else _("Open the page of my registration"))


def _facts(case: MailCase) -> list[tuple[str, str]]:
    return [
        (pgettext("ticket", "Reference"), _reference(case)),
        (pgettext("ticket", "People"), str(case.registration.party_size)),
        *_when_and_where(case),
    ]


def _when_and_where(case: MailCase) -> list[tuple[str, str]]:
    occasion = case.occasion
    facts = [
        (pgettext("ticket", "Date"), occasion.days or undated_words(occasion)),
        (pgettext("ticket", "Time"), f"{occasion.hours} ({occasion.zone})" if occasion.hours else ""),
        (pgettext("agenda", "Place"), ", ".join(occasion.where)),
    ]
    return [(word, value) for word, value in facts if value]


def _links(case: MailCase) -> list[Link]:
    """What can be done by a link; each opens a page, and only its button changes anything."""
    return [
        Link(_("Change my registration"), f"{case.home}edit"),
        Link(_("Replace my ticket"), f"{case.home}replace"),
        Link(_("Cancel my registration"), f"{case.home}cancel"),
        Link(_("What is stored about me"), f"{case.home}data"),
        Link(_("I cannot find my ticket"), f"{case.event_page}lost"),
        Link(_("To the event and its programme"), case.event_page),
    ]


def _title(case: MailCase) -> str:
    return case.occasion.title.text


def _reference(case: MailCase) -> str:
    return codes.show_reference(case.ticket.reference)


RENDERERS = {
    service.CONFIRM_MAIL: render_confirm,
    TICKET_MAIL: render_ticket,
    service.LOST_MAIL: render_lost,
    service.REPLACED_MAIL: render_replaced,
    reminders.REMINDER_MAIL: render_reminder,
    CHANGED_MAIL: render_changed,
    TOO_LARGE_MAIL: render_too_large,
}
