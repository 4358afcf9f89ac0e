"""What changed in an event, for those who follow it by a feed: one entry for each change of it or of a row, for ever the same."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import pgettext

from app.core.atom import Entry, Feed, write
from app.events.models import Event, EventChange
from app.i18n import formats
from app.i18n.texts import Shown, Texts
from app.i18n.titles import marked_title

Facts = Mapping[str, Any]
STATES = {
    "cancelled": lambda: _("This event is cancelled."),
    "postponed": lambda: _("This event is postponed."),
    "moved_online": lambda: _("This event takes place online."),
}


def changes(event: Event, title: Shown, found: Iterable[EventChange], lang: str, base_url: str) -> bytes:
    """The feed of an event's changes, the newest first; empty while nothing has changed since it was announced."""
    page = f"{base_url}/{lang}/events/{event.slug}/"
    feed = Feed(event.id, _("Changes: %(name)s", name=title.text), lang, _("Cultural Pearls"), f"{page}changes.atom", page)
    return write(feed, [entry_of(change, title, lang, base_url) for change in found], event.created_at)


def entry_of(change: EventChange, title: Shown, lang: str, base_url: str) -> Entry:
    """A change as every feed of ours tells it; `title` is the event's. Its id is that of the thing and its sequence, so that
    a second change of the same thing is new to whoever has read the first."""
    event, after = change.event, change.after
    page = f"{base_url}/{lang}/events/{event.slug}/"
    ident = uuid.uuid5(change.owner, str(change.sequence))
    words = _Words(lang, event.fallback, event.source_lang, formats.zone(event.timezone))
    if change.owner == event.id:
        return Entry(ident, marked_title(title.text, after["status"]), title.lang, change.at, page, words.of_event(change))
    own = words.text(after["title"]) or replace(title, text=pgettext("agenda", "Untitled"))
    head = f"{marked_title(own.text, after['status'])} – {title.text}"
    return Entry(ident, head, own.lang, change.at, f"{page}items/{after['number']}/", words.of_row(change))


class _Words:
    """Facts of a change in one language, on the event's clock."""

    def __init__(self, lang: str, fallback: str, source_lang: str, zone: ZoneInfo) -> None:
        self.lang, self.fallback, self.source_lang, self.zone = lang, fallback, source_lang, zone

    def of_event(self, change: EventChange) -> tuple[str, ...]:
        """The state with its reason where it is not as planned, then what is different, else days and place as they are."""
        before, after = change.before, change.after
        lines = [self._state(before, after), *self._reason(after)]
        lines += self._pair(pgettext("agenda", "New date"), self._days(before), self._days(after))
        lines += self._pair(pgettext("agenda", "New place"), self._place(before), self._place(after))
        return tuple(line for line in lines if line)

    def of_row(self, change: EventChange) -> tuple[str, ...]:
        """That it is cancelled, else time and place: what is different beside what it was before; then the reason."""
        before, after = change.before, change.after
        if after["status"] == "cancelled":
            return (pgettext("status", "Cancelled"), *self._reason(after))
        lines = self._pair(pgettext("agenda", "New time"), self._time(before), self._time(after), pgettext("ticket", "Time"))
        lines += self._pair(pgettext("agenda", "New place"), self._place(before), self._place(after))
        return (*lines, *self._reason(after))

    def text(self, wordings: Mapping[str, str]) -> Shown:
        """A text in this language, else borrowed as the event's pages borrow."""
        key = (uuid.UUID(int=0), "")
        found = {key: {code: (value, "human", False) for code, value in wordings.items()}}
        return Texts(self.lang, self.fallback, found, {key: self.source_lang})(*key)

    def _pair(self, word: str, before: str, after: str, unchanged: str = "") -> list[str]:
        """`New time: …` and `Before: …`; where nothing is different, the one line that says how it stays."""
        if before == after:
            return [f"{unchanged}: {after}" if unchanged else after] if after else []
        now, earlier = f"{word}: {after}" if before else after, str(_("Before: %(what)s", what=before))
        return [line for line, text in ((now, after), (earlier, before)) if text]

    def _state(self, before: Facts, after: Facts) -> str:
        if after["status"] in STATES:
            return str(STATES[after["status"]]())
        return str(_("This event will take place as planned.")) if before["status"] != after["status"] else ""

    def _reason(self, facts: Facts) -> list[str]:
        reason = self.text(facts["reason"]).text
        return [_("Reason: %(reason)s", reason=reason)] if reason else []

    def _days(self, facts: Facts) -> str:
        first, last = (date.fromisoformat(facts[name]) if facts[name] else None for name in ("starts_on", "ends_on"))
        return formats.known_dates(first, last, facts["date_precision"]) or str(_("The date has not been announced yet."))

    def _time(self, facts: Facts) -> str:
        """`16 June 2026, 18:00–19:00`."""
        start, end = (datetime.fromisoformat(facts[name]) if facts[name] else None for name in ("starts_at", "ends_at"))
        return formats.day_and_hours(start, end, self.zone) if start else str(_("Time to be announced"))

    def _place(self, facts: Facts) -> str:
        names = [self.text(facts.get(name, {})).text for name in ("room", "venue", "place")]
        return ", ".join(dict.fromkeys(part for part in (*names[:2], facts["address"], names[2]) if part))
