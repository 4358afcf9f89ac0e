"""What changed in an event, for those who follow it by a feed: the event itself, and each row that was changed."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _

from app.agenda.changes import told
from app.agenda.models import AgendaItem
from app.agenda.queries import Agenda
from app.core.atom import Entry, Feed, write
from app.events.models import Event
from app.i18n import formats

STATES = {
    "cancelled": lambda: _("This event is cancelled."),
    "postponed": lambda: _("This event is postponed."),
    "moved_online": lambda: _("This event takes place online."),
}


def changes(agenda: Agenda, lang: str, base_url: str) -> bytes:
    """The feed of an event: how it stands, and the rows that changed since they were announced. One id for all languages."""
    event, page = agenda.event, f"{base_url}/{lang}/events/{agenda.event.slug}/"
    title = agenda.texts(event.id, "event.title").text
    feed = Feed(_("Changes: %(name)s", name=title), lang, _("Cultural Pearls"), f"{page}changes.atom", page)
    rows = [_row(agenda, item, item.changed_at, page) for item in agenda.items if item.changed_at is not None]
    own = Entry(event.id, title, agenda.texts(event.id, "event.title").lang, changed_at(event), page, event_lines(agenda))
    return write(feed, [own, *rows], changed_at(event))


def changed_at(event: Event) -> datetime:
    """When it was last said anew when, where or whether the event takes place; else when it was announced."""
    return event.changed_at or event.created_at


def event_lines(agenda: Agenda) -> tuple[str, ...]:
    """State and reason, days, place: each a line, those that are known."""
    event, texts = agenda.event, agenda.texts
    state = STATES[event.status]() if event.status in STATES else ""
    lines = (state, texts(event.id, "event.reason").text, days_of(event), _place(agenda))
    return tuple(str(line) for line in lines if line)


def days_of(event: Event) -> str:
    """The event's days in words."""
    dates = formats.known_dates(event.starts_on, event.ends_on, event.date_precision)
    return dates or str(_("The date has not been announced yet."))


def _place(agenda: Agenda) -> str:
    event = agenda.event
    venue = agenda.texts(event.venue.id, "venue.name").text if event.venue else ""
    town = event.place.name_in(agenda.texts.lang) if event.place else ""
    return ", ".join(dict.fromkeys(part for part in (venue, agenda.texts(event.id, "event.place").text, town) if part))


def _row(agenda: Agenda, item: AgendaItem, at: datetime, page: str) -> Entry:
    shown, said = agenda.texts(item.id, "item.title"), told(agenda, item)
    return Entry(item.id, said.title, shown.lang, at, f"{page}items/{item.number}/", said.lines)
