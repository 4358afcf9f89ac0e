"""What a verdict says: a word for the volunteer's screen, one line for the volunteer, one for the guest, each in their language.

Names of places, lists and events stand after a colon as data, so that no language has to inflect them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from app.checkin.models import QUARANTINE
from app.checkin.rules import Result, Verdict
from app.core.babel import LazyString, force_locale, gettext, lazy_gettext as _l, lazy_pgettext, ngettext
from app.events.models import Event
from app.i18n import formats
from app.i18n.languages import BABEL_LOCALE
from app.i18n.texts import Texts

TITLES: dict[str, LazyString] = {
    Result.ACCEPTED: lazy_pgettext("check-in", "Come in"),
    Result.EXITED: lazy_pgettext("check-in", "Goodbye"),
    Result.UNDONE: lazy_pgettext("check-in", "Undone"),
    Result.UNDO_REFUSED: _l("Cannot be undone"),
    Result.ALREADY_IN: _l("Already checked in"),
    Result.UNKNOWN: _l("Ticket not found"),
    Result.WRONG_EVENT: _l("Another event"),
    Result.WRONG_LIST: _l("Not for this door"),
    Result.NOT_YET: _l("Not open yet"),
    Result.TOO_LATE: _l("Closed already"),
    Result.CANCELLED: lazy_pgettext("ticket", "Cancelled"),
    Result.REVOKED: _l("Replaced by a new ticket"),
    Result.WAITLISTED: _l("On the waiting list"),
}
_REFUSED_ITEM = _l("The server did not accept this scan. Load this page again; if that does not help, ask the organiser.")
_PLAIN_VOLUNTEER: dict[str, LazyString] = {
    Result.ACCEPTED: _l("The ticket is valid. Let the guest in."),
    Result.EXITED: _l("The guest has been recorded as having left."),
    Result.UNKNOWN: _l("This code is not valid here. Please ask a supervisor."),
    Result.CANCELLED: _l("This registration was cancelled. Please ask a supervisor."),
    Result.REVOKED: _l("A newer ticket has replaced this one. Ask the guest to show the newest ticket."),
    Result.WAITLISTED: _l("This guest is on the waiting list and has no seat yet. Please ask a supervisor."),
    Result.UNDONE: _l("The scan was undone. The ticket can be used again."),
    Result.UNDO_REFUSED: _l("This scan cannot be undone on this phone. Please ask a supervisor."),
    QUARANTINE: _l("This phone is no longer in use. The scan was kept for the organiser."),
    "too_many_misses": _l("Too many wrong codes or references. Please wait one minute, then try again."),
}
_PLAIN_GUEST: dict[str, LazyString] = {
    Result.ACCEPTED: _l("Welcome! Please come in."),
    Result.EXITED: _l("Thank you for coming. Goodbye!"),
    Result.ALREADY_IN: _l("This ticket has been used already. Please talk to the person at the door."),
    Result.UNKNOWN: _l("We cannot find this ticket. Please talk to the person at the door."),
    Result.CANCELLED: _l("This ticket was cancelled. Please talk to the person at the door."),
    Result.REVOKED: _l("You have a newer ticket. Please show that one."),
    Result.WAITLISTED: _l("You are on the waiting list. Please talk to the person at the door."),
    Result.WRONG_LIST: _l("This ticket is not for this door. Please talk to the person here."),
    Result.UNDONE: _l("Your ticket can be used again."),
    Result.UNDO_REFUSED: _l("One moment, please."),
}
# The results whose lines say something of the event, a list or a moment.
NEED_SCENE = frozenset(
    {Result.ALREADY_IN, Result.WRONG_EVENT, Result.WRONG_LIST, Result.NOT_YET, Result.TOO_LATE, Result.UNKNOWN}
)


@dataclass(frozen=True, slots=True)
class Scene:
    """What lines may speak of: the door's event, the event a foreign ticket is for, and their texts in one language."""

    event: Event
    texts: Texts
    now: datetime
    foreign: Event | None = None

    def when(self, moment: datetime, lang: str) -> str:
        """The time in the event's zone, with its date when that is not today."""
        zone = formats.zone(self.event.timezone)
        time = formats.time_in_words(moment, zone, lang)
        on = moment.astimezone(zone).date()
        return time if on == self.now.astimezone(zone).date() else f"{formats.long_date(on, lang)}, {time}"


def for_volunteer(verdict: Verdict, scene: Scene | None, lang: str) -> str:
    """The volunteer's line."""
    special = _VOLUNTEER.get(verdict.result)
    if verdict.error or special is None or _is_plain(verdict):
        return _plain_volunteer(verdict.error or verdict.result, lang)
    with force_locale(BABEL_LOCALE[lang]):
        return special(verdict, scene, lang)


def for_guest(verdict: Verdict, scene: Scene | None, lang: str) -> str:
    """The guest's line; empty where nothing was decided."""
    if verdict.error or verdict.result == QUARANTINE:
        return ""
    special = _GUEST.get(verdict.result)
    if special is None:
        return _plain_guest(verdict.result, lang)
    with force_locale(BABEL_LOCALE[lang]):
        return special(verdict, scene, lang)


def for_crowding(warning: str, lang: str) -> str:
    """A full list warns; people decide."""
    with force_locale(BABEL_LOCALE[lang]):
        if warning == "full":
            return gettext("This list is full. Please ask a supervisor before you let more guests in.")
        return gettext("This list is nearly full.")


def _is_plain(verdict: Verdict) -> bool:
    """One guest on a ticket for one: by far the most."""
    party = verdict.ticket.party_size if verdict.ticket is not None else 1
    return verdict.result == Result.ACCEPTED and party == 1 and verdict.admitted == verdict.count


@lru_cache(maxsize=256)
def _plain_volunteer(result: str, lang: str) -> str:
    with force_locale(BABEL_LOCALE[lang]):
        return str(_PLAIN_VOLUNTEER.get(result, _REFUSED_ITEM))


@lru_cache(maxsize=256)
def _plain_guest(result: str, lang: str) -> str:
    with force_locale(BABEL_LOCALE[lang]):
        return str(_PLAIN_GUEST.get(result, _PLAIN_GUEST[Result.UNKNOWN]))


def _let_in(verdict: Verdict, _scene: Scene | None, lang: str) -> str:
    party = verdict.ticket.party_size if verdict.ticket is not None else 1
    if verdict.admitted < verdict.count:
        return ngettext(
            "Only %(num)d place was left on this ticket. Let %(num)d guest in.",
            "Only %(num)d places were left on this ticket. Let %(num)d guests in.",
            verdict.admitted,
        )
    if party > 1:
        let_in = ngettext("Let %(num)d guest in.", "Let %(num)d guests in.", verdict.admitted)
        arrived = gettext("Arrived: %(arrived)s of %(party)s", arrived=verdict.arrived, party=party)
        return f"{let_in} {arrived}"
    return _plain_volunteer(verdict.result, lang)


def _already_in(verdict: Verdict, scene: Scene | None, lang: str) -> str:
    used = gettext("This ticket has been used already.")
    if verdict.left:
        used = gettext("This guest has left, and this list allows no second entry.")
    if verdict.first is None or scene is None or verdict.check_in_list is None:
        return used
    first = gettext(
        "First scan: %(time)s, %(list)s, %(by)s",
        time=scene.when(verdict.first.at, lang), list=_list_name(verdict, scene), by=verdict.first.by,
    )  # fmt: skip
    return f"{used} {first}"


def _wrong_event(_verdict: Verdict, scene: Scene | None, lang: str) -> str:
    event = scene.foreign if scene else None
    if scene is None or event is None:
        return gettext("This ticket is for another event.")
    parts = [gettext("This ticket is for another event: %(event)s.", event=scene.texts(event.id, "event.title") or event.slug)]
    if event.place is not None:
        parts.append(gettext("Town: %(town)s.", town=event.place.name_in(lang)))
    if event.starts_on is not None:
        last = event.ends_on or event.starts_on
        parts.append(gettext("Day: %(day)s.", day=formats.date_range(event.starts_on, last, lang)))
    return " ".join(parts)


def _wrong_list(verdict: Verdict, scene: Scene | None, _lang: str) -> str:
    if scene is None:
        return gettext("This ticket is not for this door.")
    return gettext("This ticket is not for this list: %(list)s.", list=_list_name(verdict, scene))


def _not_yet(verdict: Verdict, scene: Scene | None, lang: str) -> str:
    opens = verdict.check_in_list.opens_at if verdict.check_in_list else None
    if scene is None or opens is None:
        return gettext("It is too early.")
    return gettext("It is too early. Entry begins: %(time)s.", time=scene.when(opens, lang))


def _too_late(verdict: Verdict, scene: Scene | None, lang: str) -> str:
    closes = verdict.check_in_list.closes_at if verdict.check_in_list else None
    if scene is None or closes is None:
        return gettext("It is too late.")
    return gettext("It is too late. Entry ended: %(time)s.", time=scene.when(closes, lang))


def _list_name(verdict: Verdict, scene: Scene) -> str:
    """The list's name, in the words of this language where there are some."""
    return str(scene.texts(verdict.check_in_list.id, "list.name")) or verdict.check_in_list.slug if verdict.check_in_list else ""


Line = Callable[[Verdict, Scene | None, str], str]
_TIMES: dict[str, Line] = {Result.WRONG_EVENT: _wrong_event, Result.NOT_YET: _not_yet, Result.TOO_LATE: _too_late}
_VOLUNTEER: dict[str, Line] = {
    **_TIMES, Result.ACCEPTED: _let_in, Result.ALREADY_IN: _already_in, Result.WRONG_LIST: _wrong_list,
}  # fmt: skip
_GUEST: dict[str, Line] = _TIMES
