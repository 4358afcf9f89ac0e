"""What mails about a ticket say: state, seats, facts and links, in the language of the present request context."""

from __future__ import annotations

from dataclasses import dataclass

from app.core.babel import gettext as _, pgettext
from app.events.models import CALLED_OFF, Event
from app.i18n import formats
from app.i18n.addresses import event_url, ticket_url
from app.i18n.formats import current_language
from app.mail.mail_layout import Link
from app.registration import codes
from app.registration.models import Registration, RegistrationStatus, Ticket
from app.registration.queries import Occasion
from app.registration.seats import find_settings, place_in_queue, seats_lacking
from app.registration.tickets import link_of
from app.registration.words import too_large_words, undated_words


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


def seats_too_few(case: MailCase) -> int | None:
    """How many seats there are, where the party waits and is larger; else None."""
    return seats_lacking(case.registration, find_settings(case.event.id))


def hold_words(case: MailCase) -> list[str]:
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


def own_state(case: MailCase) -> list[str]:
    """Seats, or the place in the queue; nothing while the event is called off."""
    if case.registration.status == RegistrationStatus.WAITLISTED:
        place, seats = place_in_queue(case.registration), seats_too_few(case)
        waits = [_("You are on the waiting list."), _("Your place in the queue is %(place)s.", place=place)]
        if seats is not None:
            return [*waits, too_large_words(seats)]
        return [*waits, _("When seats become free, they go to those who have waited longest. Then we send you your ticket.")]
    if not case.seated or case.called_off:
        return []
    party = _("One ticket lets all of you in. You can arrive at different times.") if case.registration.party_size > 1 else ""
    return [line for line in (_("You are registered."), party) if line]


def event_state(case: MailCase) -> list[str]:
    """Called off or moved online, with the reason; of a postponed event that what was announced holds no longer. Nothing for
    one that takes place as planned."""
    sentence = case.event.status.sentence
    reason = case.occasion.reason.text if sentence else ""
    lapsed = _("The date and the times that were announced no longer hold.") if case.occasion.lapsed else ""
    promise = _("We will write to you as soon as the new date is known.") if case.occasion.lapsed else ""
    return [line for line in (sentence, _("Reason: %(reason)s", reason=reason) if reason else "", lapsed, promise) if line]


def button_words(case: MailCase) -> str:
    """What the button to the holder's page says."""
    return str(_("Open my ticket") if case.seated else _("Open the page of my registration"))


def facts(case: MailCase) -> list[tuple[str, str]]:
    """Reference and people, then when and where, as (label, text)."""
    return [
        (pgettext("ticket", "Reference"), reference(case)),
        (pgettext("ticket", "People"), str(case.registration.party_size)),
        *when_and_where(case),
    ]


def when_and_where(case: MailCase) -> list[tuple[str, str]]:
    """Date, time and place, as far as they are known."""
    occasion = case.occasion
    found = [
        (pgettext("ticket", "Date"), occasion.days or undated_words(occasion)),
        (pgettext("ticket", "Time"), f"{occasion.hours} ({occasion.zone})" if occasion.hours else ""),
        (pgettext("agenda", "Place"), ", ".join(occasion.where)),
    ]
    return [(word, value) for word, value in found if value]


def links(case: MailCase) -> list[Link]:
    """What can be done by a link; each opens a page, and only its button changes anything."""
    return [
        Link(_("Change my registration"), f"{case.home}edit"),
        Link(_("Replace my ticket"), f"{case.home}replace"),
        Link(_("Cancel my registration"), f"{case.home}cancel"),
        Link(_("What is stored about me"), f"{case.home}data"),
        Link(_("I cannot find my ticket"), f"{case.event_page}lost"),
        Link(_("To the event and its programme"), case.event_page),
    ]


def title(case: MailCase) -> str:
    """The event's title."""
    return case.occasion.title.text


def reference(case: MailCase) -> str:
    """The ticket's reference as it is read out."""
    return codes.show_reference(case.ticket.reference)
