"""What changed in an event and its agenda, in words: for the mail to those who registered, and for feeds."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from app.agenda.models import ItemStatus
from app.agenda.rules import State
from app.core.babel import gettext as _, pgettext
from app.events.models import Event, EventStatus
from app.events.queries import differ, net_changes
from app.i18n import formats
from app.i18n.models import Origin
from app.i18n.texts import Shown, Texts

Facts = Mapping[str, Any]
NOT_TOLD = {"title", "reason", "number"}  # alone they are no change that anybody is written to about


def changes_of(event: Event, since: datetime, until: datetime, lang: str) -> list[ChangeSummary]:
    """What is different at `until` from what it was at `since`, the event itself first; nothing that was taken back meanwhile."""
    words, found = ChangeWords(event, lang), list[ChangeSummary]()
    for owner, (before, after) in net_changes(event.id, since, until).items():
        if all(before.get(name) == value for name, value in after.items() if name not in NOT_TOLD):
            continue
        title = words.text(after["title"]).text or pgettext("agenda", "Untitled")
        if owner != event.id:
            found.append(ChangeSummary(title, words.of_row(before, after)))
        else:
            state, opening = _state_told(before, after), words.opening(before, after)
            found.insert(0, ChangeSummary(title, words.news_of_event(before, after), itself=True, state=state, opening=opening))
    return found


def _state_told(before: Facts, after: Facts) -> str:
    """The event's new state; `rescheduled` where it takes place after all, but on other days; empty where it is as it was."""
    if before["status"] == after["status"]:
        return ""
    redated = after["status"] == EventStatus.SCHEDULED and differ(before, after, "starts_on", "ends_on", "date_precision")
    return "rescheduled" if redated else str(after["status"])


class ChangeWords:
    """Facts of a change in one language, on the event's clock."""

    def __init__(self, event: Event, lang: str) -> None:
        self.event, self.lang, self.zone = event, lang, formats.zone(event.timezone)

    def of_event(self, before: Facts, after: Facts) -> tuple[str, ...]:
        """The state with its reason where it is not as planned, then what is different, else days and place as they are."""
        lines = [self._state(before, after), *self._reason(after)]
        lines += self._pair(pgettext("agenda", "New date"), self._days(before), self._days(after))
        lines += self._pair(pgettext("agenda", "New place"), self._place(before), self._place(after))
        return tuple(line for line in lines if line)

    def of_row(self, before: Facts, after: Facts) -> tuple[str, ...]:
        """That it is cancelled, else time and place: what is different beside what it was before; then the reason."""
        if after["status"] == ItemStatus.CANCELLED:
            return (ItemStatus.CANCELLED.label, *self._reason(after))
        lines = self._pair(pgettext("agenda", "New time"), self._time(before), self._time(after), pgettext("ticket", "Time"))
        lines += self._pair(pgettext("agenda", "New place"), self._place(before), self._place(after), pgettext("agenda", "Place"))
        return (*lines, *self._reason(after))

    def news_of_event(self, before: Facts, after: Facts) -> tuple[str, ...]:
        """What is different of the event's days and place, each beside what it was."""
        lines: list[str] = []
        for word, shown in ((pgettext("agenda", "New date"), self._days), (pgettext("agenda", "New place"), self._place)):
            if shown(before) != shown(after):
                lines += self._pair(word, shown(before), shown(after))
        return tuple(lines)

    def opening(self, before: Facts, after: Facts) -> tuple[str, ...]:
        """The new state of the event, what it was unless that was as planned, and the reason; nothing where it is as it was."""
        if before["status"] == after["status"]:
            return ()
        was = EventStatus(before["status"])
        earlier = [] if was == EventStatus.SCHEDULED else [str(_("Before: %(what)s", what=was.label))]
        return (self._state(before, after), *earlier, *self._reason(after))

    def text(self, wordings: Mapping[str, str]) -> Shown:
        """A text in this language, else borrowed as the event's pages borrow."""
        key = (uuid.UUID(int=0), "event.title")
        found = {key: {code: (value, Origin.HUMAN, False) for code, value in wordings.items()}}
        return Texts(self.lang, self.event.fallback, found, {key: self.event.source_lang})(*key)

    def _pair(self, word: str, before: str, after: str, unchanged: str = "") -> list[str]:
        """`New time: …` and `Before: …`; where nothing is different, the one line that says how it stays."""
        if before == after:
            return [f"{unchanged}: {after}" if unchanged else after] if after else []
        now, earlier = f"{word}: {after}" if before else after, str(_("Before: %(what)s", what=before))
        return [line for line, text in ((now, after), (earlier, before)) if text]

    def _state(self, before: Facts, after: Facts) -> str:
        sentences = {
            EventStatus.SCHEDULED: _("This event will take place as planned."), "rescheduled": _("This event has a new date."),
        }  # fmt: skip
        return EventStatus(after["status"]).sentence or str(sentences.get(_state_told(before, after), ""))

    def _reason(self, facts: Facts) -> list[str]:
        reason = self.text(facts["reason"]).text
        return [_("Reason: %(reason)s", reason=reason)] if reason else []

    def _days(self, facts: Facts) -> str:
        first, last = (date.fromisoformat(facts[name]) if facts[name] else None for name in ("starts_on", "ends_on"))
        return formats.known_dates(first, last, facts["date_precision"]) or State.UNDATED.label

    def _time(self, facts: Facts) -> str:
        """`16 June 2026, 18:00–19:00`."""
        start, end = (datetime.fromisoformat(facts[name]) if facts[name] else None for name in ("starts_at", "ends_at"))
        return formats.day_and_hours(start, end, self.zone) if start else str(_("Time to be announced"))

    def _place(self, facts: Facts) -> str:
        names = [self.text(facts.get(name, {})).text for name in ("room", "venue", "place")]
        return ", ".join(dict.fromkeys(part for part in (*names[:2], facts["address"], names[2]) if part))


@dataclass(frozen=True, slots=True)
class ChangeSummary:
    """A change of the event (`itself`) or of a row of its agenda, in words. `state` is the event's new one if that changed,
    told by `opening`; `lines` tell the rest."""

    title: str
    lines: tuple[str, ...]
    itself: bool = False
    state: str = ""
    opening: tuple[str, ...] = ()
