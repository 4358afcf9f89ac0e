"""What changed in an event, for those who follow it by a feed: one entry for each change of it or of a row, for ever the same."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import replace

from app.agenda.changes import ChangeWords
from app.core.atom import AtomEntry, Feed, write
from app.core.babel import gettext as _, pgettext
from app.events.feeds import marked_title
from app.events.models import Event, EventChange
from app.i18n.addresses import event_url, item_url
from app.i18n.texts import Shown


def changes(event: Event, title: Shown, found: Iterable[EventChange], lang: str, base_url: str) -> bytes:
    """The feed of an event's changes, the newest first; empty while nothing has changed since it was announced."""
    page = event_url(base_url, lang, event.slug)
    feed = Feed(event.id, _("Changes: %(name)s", name=title.text), lang, _("Cultural Pearls"), f"{page}changes.atom", page)
    return write(feed, [entry_of(change, title, lang, base_url) for change in found], event.created_at)


def entry_of(change: EventChange, title: Shown, lang: str, base_url: str) -> AtomEntry:
    """A change as every feed of ours tells it; `title` is the event's. Its id is that of the thing and its sequence, so that
    a second change of the same thing is new to whoever has read the first."""
    event, after = change.event, change.after
    ident = uuid.uuid5(change.owner, str(change.sequence))
    words = ChangeWords(event, lang)
    if change.owner == event.id:
        head = marked_title(title.text, after["status"])
        page = event_url(base_url, lang, event.slug)
        return AtomEntry(ident, head, title.lang, change.at, page, words.of_event(change.before, after))
    own = words.text(after["title"]) or replace(title, text=pgettext("agenda", "Untitled"))
    head = f"{marked_title(own.text, after['status'])} – {title.text}"
    page = item_url(base_url, lang, event.slug, after["number"])
    return AtomEntry(ident, head, own.lang, change.at, page, words.of_row(change.before, after))
