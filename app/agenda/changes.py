"""What changed in an agenda, in words, for the mail to those who registered."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _
from flask_babel import pgettext

from app.agenda.models import AgendaItem
from app.agenda.queries import Agenda, agenda_of, venue_of
from app.events.models import Event
from app.i18n import formats
from app.registration.notices import RowChange


def changes_of(event: Event, since: datetime, until: datetime, lang: str) -> list[RowChange]:
    """The rows that changed from `since` until `until`, as they stand now beside what was announced first, with the reasons."""
    agenda = agenda_of(event, lang)
    changed = [item for item in agenda.items if item.changed_at is not None and since <= item.changed_at < until]
    return [told(agenda, item) for item in changed]


def told(agenda: Agenda, item: AgendaItem) -> RowChange:
    """A row that changed, in words: how it stands now, how it was announced, why."""
    lines = [pgettext("status", "Cancelled")] if item.is_cancelled else [*_time_lines(agenda, item), *_place_lines(agenda, item)]
    if reason := agenda.texts(item.id, "item.reason").text:
        lines.append(_("Reason: %(reason)s", reason=reason))
    title = agenda.texts(item.id, "item.title").text
    return RowChange(title, tuple(lines), undone=not item.is_cancelled and not item.is_moved)


def _time_lines(agenda: Agenda, item: AgendaItem) -> list[str]:
    now = _time(agenda, item.starts_at, item.ends_at)
    if item.old_starts_at is None:
        return [f"{pgettext('ticket', 'Time')}: {now}"]
    return [
        f"{pgettext('agenda', 'New time')}: {now}",
        str(_("Before: %(what)s", what=_time(agenda, item.old_starts_at, item.old_ends_at))),
    ]


def _time(agenda: Agenda, start: datetime | None, end: datetime | None) -> str:
    """`16 June 2026, 18:00–19:00` on the clock of the place."""
    if start is None:
        return str(_("Time to be announced"))
    return formats.day_and_hours(start, end, agenda.zone)


def _place_lines(agenda: Agenda, item: AgendaItem) -> list[str]:
    venue = agenda.texts(item.old_venue_id, "venue.name") if item.old_venue_id else ""
    old = str(agenda.texts(item.id, "item.old_place") or venue)
    word = pgettext("agenda", "New place") if old else pgettext("agenda", "Place")
    lines = [f"{word}: {place}"] if (place := _place(agenda, item)) else []
    return [*lines, str(_("Before: %(what)s", what=old))] if old else lines


def _place(agenda: Agenda, item: AgendaItem) -> str:
    venue = venue_of(agenda, item)
    parts = [
        str(agenda.texts(item.room_id, "room.name")) if item.room_id else "",
        str(agenda.texts(venue.id, "venue.name")) if venue else str(agenda.texts(item.id, "item.place")),
        venue.address if venue else "",
    ]
    return ", ".join(part for part in parts if part)
