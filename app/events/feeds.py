"""What every calendar and feed says of an event: titles marked as called off, and where to join from afar."""

from __future__ import annotations

from icalendar import Event as CalendarEvent, vText

from app.core import ical
from app.core.babel import gettext as _
from app.events.models import CALLED_OFF, Event, EventStatus
from app.i18n.texts import Shown


def add_conference(entry: CalendarEvent, event: Event) -> None:
    """Where people join an event from afar, in a calendar's entry; nothing while nobody has said where, or when
    it is called off."""
    if event.online_url and event.status not in CALLED_OFF:
        ical.add_conference(entry, event.online_url, _("Join online"))


def marked_title(title: str, status: str) -> str:
    """`Cancelled: Ceremony`: what does not take place says so first, since lists cut titles off at their end."""
    if status == EventStatus.CANCELLED:
        return str(_("Cancelled: %(title)s", title=title))
    return str(_("Postponed: %(title)s", title=title)) if status == EventStatus.POSTPONED else title


def calendar_text(shown: Shown, status: str = "") -> vText:
    """The text for a calendar, marked as a title by `status`; it names its language where that is not the file's own."""
    return ical.text(marked_title(shown.text, status), shown.lang if shown.borrowed else "")
