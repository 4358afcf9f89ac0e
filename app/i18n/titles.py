"""Titles where nothing but the title is read: in calendars, schedules and feeds."""

from __future__ import annotations

from icalendar import vText

from app.core import ical
from app.core.babel import gettext as _
from app.i18n.texts import Shown


def marked_title(title: str, status: str) -> str:
    """`Cancelled: Ceremony`: what does not take place says so first, since lists cut titles off at their end."""
    if status == "cancelled":
        return str(_("Cancelled: %(title)s", title=title))
    return str(_("Postponed: %(title)s", title=title)) if status == "postponed" else title


def calendar_text(shown: Shown, status: str = "") -> vText:
    """The text for a calendar, marked as a title by `status`; it names its language where that is not the file's own."""
    return ical.text(marked_title(shown.text, status), shown.lang if shown.borrowed else "")
