"""Calendars' zones: other programs, given nothing but the rules that we write, find the offset at any hour."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
import vobject
from dateutil.tz import tzical
from icalendar import Calendar

from app.core import ical
from app.core.clock import comes_twice

pytestmark = pytest.mark.once

BALTIC = (
    "Europe/Helsinki", "Europe/Mariehamn", "Europe/Tallinn", "Europe/Riga", "Europe/Vilnius", "Europe/Warsaw", "Europe/Copenhagen",
    "Europe/Stockholm", "Europe/Oslo", "Europe/Berlin",
)  # fmt: skip
ELSEWHERE = ("Europe/London", "Europe/Dublin", "America/New_York")
UNCHANGING = ("Africa/Lagos", "Africa/Algiers", "Etc/GMT-3")
IRREGULAR = ("Africa/Casablanca", "Europe/Istanbul", "Europe/Minsk")
YEARS = range(2025, 2028)
HOUR, WEEK = timedelta(hours=1), 7 * 24


def unknown(zone: str) -> str:
    """A name that no reader knows, one for each zone: some remember what they have read under a name."""
    return f"Test/{zone.rpartition('/')[2]}"


@cache
def written(zone: str) -> str:
    """A calendar with one entry in the zone; its zone has a name that no table of zones knows."""
    feed, entry = ical.new_calendar("test"), ical.new_entry(uuid4(), 0, datetime(2026, 6, 1, tzinfo=UTC))
    ical.add_hours(entry, datetime(2026, 6, 16, 15, tzinfo=UTC), datetime(2026, 6, 16, 16, tzinfo=UTC), ZoneInfo(zone))
    feed.add_component(entry)
    ical.add_zones(feed)
    return feed.to_ical().decode().replace(zone, unknown(zone))


def by_dateutil(zone: str) -> tzinfo:
    return tzical(io.StringIO(written(zone))).get(unknown(zone))  # type: ignore[no-any-return]


def by_icalendar(zone: str) -> tzinfo:
    (found,) = Calendar.from_ical(written(zone)).walk("VTIMEZONE")
    return found.to_tz(lookup_tzid=False)


def by_vobject(zone: str) -> tzinfo:
    return vobject.readOne(written(zone)).vevent.dtstart.value.tzinfo  # type: ignore[no-any-return]


@cache
def hours(zone: str) -> list[tuple[datetime, timedelta | None]]:
    """Some years on the zone's own clock, every seventh hour with its offset, and every hour of the week before and after a change;
    but for those that the clock repeats, which nobody can tell apart by a zone (we write them in UTC)."""
    start, end, here = datetime(YEARS.start, 1, 1, tzinfo=UTC), datetime(YEARS.stop, 1, 1, tzinfo=UTC), ZoneInfo(zone)
    moments = [start + number * HOUR for number in range((end - start) // HOUR)]
    offsets = [at.astimezone(here).utcoffset() for at in moments]
    changes = [number for number in range(1, len(moments)) if offsets[number] != offsets[number - 1]]
    wanted = set(range(0, len(moments), 7)).union(*(range(change - WEEK, change + WEEK) for change in changes))
    return [
        (moments[number].astimezone(here), offsets[number])
        for number in sorted(wanted.intersection(range(len(moments))))
        if not comes_twice(moments[number], here)
    ]


@pytest.mark.parametrize("reader", [by_dateutil, by_icalendar, by_vobject])
@pytest.mark.parametrize("zone", BALTIC + ELSEWHERE + UNCHANGING + IRREGULAR)
def test_readers_find_the_offset_at_any_hour(zone, reader):
    found = reader(zone)

    assert [local for local, offset in hours(zone) if found.utcoffset(local.replace(tzinfo=found)) != offset] == []


@pytest.mark.parametrize("zone", BALTIC)
def test_zone_is_two_yearly_rules_of_the_european_union(zone):
    (found,) = Calendar.from_ical(written(zone)).walk("VTIMEZONE")
    east = ZoneInfo(zone).utcoffset(datetime(2026, 1, 1)) == 2 * HOUR
    winter, summer = found.subcomponents

    assert [(part.name, part["rrule"].to_ical()) for part in (winter, summer)] == [
        ("STANDARD", b"FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10"), ("DAYLIGHT", b"FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3"),
    ]  # fmt: skip
    assert [part["dtstart"].dt.hour for part in (winter, summer)] == ([4, 3] if east else [3, 2])
    assert [part["tzoffsetto"].to_ical() for part in (winter, summer)] == (["+0200", "+0300"] if east else ["+0100", "+0200"])
    assert "RDATE" not in written(zone)


def test_zone_without_summer_time_has_one_part():
    (found,) = Calendar.from_ical(written("Africa/Lagos")).walk("VTIMEZONE")

    assert [part.name for part in found.subcomponents] == ["STANDARD"]


def test_utc_needs_no_zone():
    assert ("VTIMEZONE" in written("UTC"), "DTSTART:20260616T150000Z" in written("UTC")) == (False, True)


def test_zones_stand_before_the_entries_that_name_them():
    assert [part.name for part in Calendar.from_ical(written("Europe/Riga")).subcomponents] == ["VTIMEZONE", "VEVENT"]
