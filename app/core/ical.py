"""Calendars (RFC 5545, RFC 7986): what every file of ours has, whatever it holds. Knows no domain.

Calendar programs differ in what they read, so this keeps to what all of them do: a zone is two yearly rules and never a
list of dates (Outlook on the desktop ignores RDATE and is an hour off in summer); an hour that the clock repeats is
written in UTC, since most programs take one pass for the other; what lasts longer than a night leaves people free.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone, TimezoneDaylight, TimezoneStandard, vDuration, vRecur, vText, vUri

from app.core.clock import comes_twice, is_within_a_night
from app.core.plain import calendar_line

FIRST_YEAR = 2008  # since then every zone around the Baltic has kept today's rule
PROVEN_UNTIL = 2037  # a rule is written down only when it holds in every year up to here
BEGINNING = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)
WEEK = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def new_calendar(product: str, name: str = "", lang: str = "", refresh: timedelta | None = None, method: str = "") -> Calendar:
    """An empty calendar; `name`, when it has one, in `lang` where that is not the language of the file; how often to ask
    for it again."""
    feed = Calendar()
    feed.add("prodid", f"-//Cultural Pearls companion//{product}//EN")
    feed.add("version", "2.0")
    if method:
        feed.add("method", method)
    if name:
        feed.add("name", text(name, lang))
        feed.add("x-wr-calname", text(name))
    if refresh:
        feed.add("refresh-interval", vDuration(refresh), parameters={"VALUE": "DURATION"})
        feed.add("x-published-ttl", vDuration(refresh))
    return feed


def new_entry(uid: uuid.UUID, sequence: int, changed_at: datetime) -> Event:
    """An entry: one UID in all languages, at every address and for ever; a sequence that only grows; when it last changed."""
    moment = changed_at.astimezone(UTC).replace(microsecond=0)
    entry = Event()
    entry.add("uid", str(uid))
    entry.add("sequence", sequence)
    entry.add("dtstamp", moment)
    entry.add("last-modified", moment)
    return entry


def add_hours(entry: Event, start: datetime, end: datetime | None, zone: ZoneInfo) -> None:
    """From `start` to `end` on the clock of the place. An end that is not known is left out; an entry that lasts longer than
    a night leaves people free, since nobody sits through it."""
    last = end if end is not None and end > start else None
    in_utc = comes_twice(start, zone) or (last is not None and comes_twice(last, zone))
    clock = UTC if in_utc else zone
    entry.add("dtstart", start.astimezone(clock))
    if last is not None:
        entry.add("dtend", last.astimezone(clock))
        if not is_within_a_night(start, last, zone):
            entry.add("transp", "TRANSPARENT")


def add_days(entry: Event, first: date, last: date) -> None:
    """Whole days, the last one included; they leave people free."""
    entry.add("dtstart", first)
    entry.add("dtend", last + timedelta(days=1))
    entry.add("transp", "TRANSPARENT")


def add_image(entry: Event, address: str) -> None:
    """The picture of the entry, a PNG at a whole address (RFC 7986)."""
    entry.add("image", vUri(address), parameters={"VALUE": "URI", "DISPLAY": "BADGE", "FMTTYPE": "image/png"})


def add_conference(entry: Event, address: str, label: str) -> None:
    """Where to join from afar (RFC 7986), and what a program calls the link."""
    entry.add("conference", vUri(address), parameters={"VALUE": "URI", "FEATURE": "AUDIO,VIDEO", "LABEL": label})


def text(value: str, borrowed_from: str = "") -> vText:
    """A text; one borrowed from another language than the file's says so. Some programs show any parameter as nonsense, so
    a text in the language of the file has none."""
    words = vText(calendar_line(value))
    if borrowed_from:
        words.params["LANGUAGE"] = borrowed_from
    return words


def add_zones(feed: Calendar) -> None:
    """A VTIMEZONE for each zone that the entries name, before them."""
    moments = [entry[name] for entry in feed.walk("VEVENT") for name in ("DTSTART", "DTEND") if name in entry]
    names = {str(moment.params["TZID"]) for moment in moments if "TZID" in moment.params}
    feed.subcomponents[:0] = [_zone(name) for name in sorted(names)]


def _zone(name: str) -> Timezone:
    """One STANDARD and one DAYLIGHT with a yearly rule each; one STANDARD where the clock never changes. Where the changes
    follow no yearly rule, one part for each of them."""
    zone = Timezone()
    zone.add("tzid", name)
    changes = _changes(name)
    if not changes:
        zone.add_component(_part(name, _onset(BEGINNING, name), BEGINNING, ""))
    for forward in (False, True):
        own = [moment for moment in changes if _goes_forward(moment, ZoneInfo(name)) is forward]
        rule = _rule([_onset(moment, name) for moment in own])
        for moment in own[:1] if rule else own:
            zone.add_component(_part(name, _onset(moment, name), moment, rule))
    return zone


def _part(name: str, onset: datetime, moment: datetime, rule: str) -> TimezoneStandard | TimezoneDaylight:
    """What holds from `moment` on, which the clock just left behind calls `onset`."""
    here = ZoneInfo(name)
    now, before = moment.astimezone(here), (moment - timedelta(seconds=1)).astimezone(here)
    part = TimezoneDaylight() if _goes_forward(moment, here) else TimezoneStandard()
    part.add("dtstart", onset)
    part.add("tzoffsetfrom", before.utcoffset())
    part.add("tzoffsetto", now.utcoffset())
    part.add("tzname", now.tzname())
    if rule:
        part.add("rrule", vRecur.from_ical(rule))
    return part


def _goes_forward(moment: datetime, here: ZoneInfo) -> bool:
    """Whether clocks are put forward at the moment of a change."""
    before = (moment - timedelta(seconds=1)).astimezone(here).utcoffset() or timedelta()
    return (moment.astimezone(here).utcoffset() or timedelta()) > before


@lru_cache(maxsize=64)
def _changes(name: str) -> tuple[datetime, ...]:
    """Every moment, in UTC, from which the zone's clock shows another offset, as long as rules are proven."""
    here, found = ZoneInfo(name), []
    at, end = BEGINNING, datetime(PROVEN_UNTIL + 1, 1, 1, tzinfo=UTC)
    while at < end:
        later = at + timedelta(days=7)
        if at.astimezone(here).utcoffset() != later.astimezone(here).utcoffset():
            found.append(_change_between(at, later, here))
        at = later
    return tuple(found)


def _change_between(low: datetime, high: datetime, here: ZoneInfo) -> datetime:
    """The first second of the new offset, which lies between the two."""
    old = low.astimezone(here).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = (low + (high - low) / 2).replace(microsecond=0)
        low, high = (middle, high) if middle.astimezone(here).utcoffset() == old else (low, middle)
    return high


def _onset(moment: datetime, name: str) -> datetime:
    """The moment on the clock that held until then: what RFC 5545 calls the onset."""
    before = (moment - timedelta(seconds=1)).astimezone(ZoneInfo(name))
    return before.replace(tzinfo=None, fold=0) + timedelta(seconds=1)


def _rule(onsets: Iterable[datetime]) -> str:
    """The yearly rule that gives exactly these onsets, one in each proven year; empty when there is none."""
    found = list(onsets)
    if [one.year for one in found] != list(range(FIRST_YEAR, PROVEN_UNTIL + 1)):
        return ""
    if len({(one.month, one.weekday(), one.time()) for one in found}) > 1:
        return ""
    weeks = {(one.day - 1) // 7 + 1 for one in found}
    is_last = all((one + timedelta(days=7)).month != one.month for one in found)
    if not is_last and len(weeks) > 1:
        return ""
    return f"FREQ=YEARLY;BYMONTH={found[0].month};BYDAY={-1 if is_last else weeks.pop()}{WEEK[found[0].weekday()]}"
