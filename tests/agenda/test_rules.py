"""What is on now and next: tables of cases, times on the clock of the place."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.agenda.rules import LONGEST_GUESS, AgendaFacts, Row, State, end_of, judge, midnight_after, next_change

pytestmark = pytest.mark.once

HELSINKI = ZoneInfo("Europe/Helsinki")
COPENHAGEN = ZoneInfo("Europe/Copenhagen")
DAY = date(2025, 6, 16)


def at(clock: str, day: date = DAY, zone: ZoneInfo = HELSINKI, fold: int = 0) -> datetime:
    """The moment when clocks in the zone show this."""
    hour, minute = map(int, clock.split(":"))
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone, fold=fold).astimezone(UTC)


def row(number: int, start: str | None = None, end: str | None = None, on: date | None = DAY, **fields: Any) -> Row:
    """A row of the day; an end before its start is of the next morning."""
    starts = at(start, on or DAY) if start else None
    ends = at(end, on or DAY) if end else None
    if starts and ends and ends <= starts:
        ends += timedelta(days=1)
    return Row(number, on, starts, ends, **fields)


def event(*rows: Row, starts_on: date | None = DAY, ends_on: date | None = DAY, **fields: Any) -> AgendaFacts:
    """A one-day event in Helsinki's zone."""
    return AgendaFacts(**{"zone": HELSINKI, "rows": rows, "starts_on": starts_on, "ends_on": ends_on} | fields)


KASKINEN = event(
    row(1, "17:00", "18:00"), row(2, "18:00", "18:15"), row(3, "18:15", "18:45"), row(4, "18:45"), row(5, "19:00", "19:20"),
    row(6, "20:00"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("clock", "state", "now", "coming"),
    [
        ("00:00", State.NOT_BEGUN, (), (1,)),
        ("16:59", State.NOT_BEGUN, (), (1,)),
        ("17:00", State.ON, (1,), (2,)),
        ("17:59", State.ON, (1,), (2,)),
        ("18:00", State.ON, (2,), (3,)),
        ("18:50", State.ON, (4,), (5,)),
        ("19:00", State.ON, (5,), (6,)),
        ("19:20", State.BETWEEN, (), (6,)),
        ("20:00", State.ON, (6,), ()),
        ("22:59", State.ON, (6,), ()),
        ("23:00", State.OVER, (), ()),
    ],
)
def test_judge_moves_through_an_evening(clock, state, now, coming):
    judged = judge(KASKINEN, at(clock))

    assert (judged.state, judged.now, judged.next) == (state, now, coming)


@pytest.mark.parametrize(
    ("facts", "clock", "state", "now", "coming"),
    [
        # several at once: a parallel group shares its end, an exhibition runs beside everything
        (event(row(1, "10:00", group="a"), row(2, "10:00", group="a"), row(3, "11:00")), "10:30", State.ON, (1, 2), (3,)),
        (event(row(1, "10:00", group="a"), row(2, "10:15", group="a"), row(3, "11:00")), "10:30", State.ON, (1, 2), (3,)),
        (event(row(1, "10:00", "18:00"), row(2, "12:00", "13:00")), "12:30", State.ON, (1, 2), ()),
        (event(row(1, "10:00", "11:00"), row(2, "12:00", group="b"), row(3, "12:00", group="b")), "11:30", State.BETWEEN, (), (2, 3)),
        # rows without a group that start together are both next, and both on
        (event(row(1, "10:00"), row(2, "10:00"), row(3, "11:00")), "10:30", State.ON, (1, 2), (3,)),
        # a cancelled row is neither now nor next, but still ends the row before it
        (event(row(1, "10:00"), row(2, "11:00", "12:00", cancelled=True), row(3, "12:00", "13:00")), "10:30", State.ON, (1,), (3,)),
        (event(row(1, "10:00"), row(2, "11:00", "12:00", cancelled=True), row(3, "12:00", "13:00")), "11:30", State.BETWEEN, (), (3,)),
        (event(row(1, "10:00", "11:00", cancelled=True)), "10:30", State.NOTHING_TODAY, (), ()),
        # past midnight: the row stays with its evening and keeps the event alive
        (event(row(1, "23:30", "02:00")), "23:45", State.ON, (1,), ()),
        # without a time, or with words only
        (event(row(1, "10:00", "11:00"), row(2)), "10:30", State.ON, (1,), ()),
        (event(row(1, "10:00", "11:00"), row(2)), "12:00", State.BETWEEN, (), ()),
        (event(row(1)), "12:00", State.BETWEEN, (), ()),
        # an end that is no end is guessed like none
        (event(row(1, "10:00", "10:00", on=DAY)), "10:00", State.ON, (1,), ()),
        # a whole day called off
        (event(row(1, "10:00", "11:00"), days_off=frozenset({DAY})), "10:30", State.NOTHING_TODAY, (), ()),
        (event(starts_on=DAY), "10:30", State.NO_ROWS, (), ()),
        (event(row(1, on=None), starts_on=None, ends_on=None), "10:30", State.UNDATED, (), ()),
        (event(starts_on=None, ends_on=None), "10:30", State.UNDATED, (), ()),
        (event(row(1, "10:00", "11:00"), status="cancelled"), "10:30", State.CANCELLED, (), ()),
        (event(row(1, "10:00", "11:00"), status="postponed"), "10:30", State.POSTPONED, (), ()),
        (event(row(1, "10:00", "11:00"), status="moved_online"), "10:30", State.ON, (1,), ()),
    ],
)  # fmt: skip
def test_judge_of_special_rows(facts, clock, state, now, coming):
    judged = judge(facts, at(clock))

    assert (judged.state, judged.now, judged.next) == (state, now, coming)


VISIT = event(
    row(1, "09:00", "10:00", on=date(2025, 6, 16)),
    row(2, "09:00", "10:00", on=date(2025, 6, 18)),
    starts_on=date(2025, 6, 16), ends_on=date(2025, 6, 19),
)  # fmt: skip


@pytest.mark.parametrize(
    ("day", "clock", "state", "coming"),
    [
        (15, "12:00", State.NOT_BEGUN, (1,)),
        (16, "12:00", State.NOTHING_TODAY, (2,)),
        (17, "12:00", State.NOTHING_TODAY, (2,)),
        (18, "08:00", State.BETWEEN, (2,)),
        (18, "12:00", State.NOTHING_TODAY, ()),
        (19, "23:59", State.NOTHING_TODAY, ()),
        (20, "00:00", State.OVER, ()),
    ],
)
def test_judge_of_an_event_of_several_days(day, clock, state, coming):
    judged = judge(VISIT, at(clock, date(2025, 6, day)))

    assert (judged.state, judged.next) == (state, coming)


@pytest.mark.parametrize(
    ("precision", "today", "state"),
    [
        ("month", date(2025, 6, 30), State.UNDATED),
        ("month", date(2025, 7, 1), State.OVER),
        ("year", date(2025, 12, 31), State.UNDATED),
        ("year", date(2026, 1, 1), State.OVER),
        ("day", date(2025, 6, 2), State.OVER),
    ],
)
def test_judge_knows_no_more_than_the_date_says(precision, today, state):
    first = date(2025, 6, 1)
    facts = event(row(1, on=None), starts_on=first, ends_on=first, precision=precision)

    assert judge(facts, at("12:00", today)).state == state


def test_judge_keeps_a_row_past_midnight_with_its_evening():
    facts = event(row(1, "23:30", "02:00"))
    night = date(2025, 6, 17)

    assert judge(facts, at("01:59", night)).now == (1,)
    assert judge(facts, at("02:00", night)).state == State.OVER


def test_judge_calls_a_row_after_midnight_todays():
    """A row at 00:30 that belongs to this evening is still to come today."""
    late = Row(2, DAY, at("00:30", date(2025, 6, 17)), None)
    facts = event(row(1, "20:00", "21:00"), late)

    assert (judge(facts, at("22:00")).state, judge(facts, at("22:00")).next) == (State.BETWEEN, (2,))


def test_judge_tells_todays_rows_without_a_time_and_a_day_called_off():
    facts = event(row(1), row(2, on=date(2025, 6, 17)), days_off=frozenset({date(2025, 6, 17)}), ends_on=date(2025, 6, 17))

    today, tomorrow = judge(facts, at("12:00")), judge(facts, at("12:00", date(2025, 6, 17)))
    assert (today.untimed, today.today_off) == ((1,), False)
    assert (tomorrow.untimed, tomorrow.today_off) == ((), True)


def test_judge_of_a_first_day_called_off_says_so_before_the_second_begins():
    facts = event(row(1, "10:00"), row(2, "10:00", on=date(2025, 6, 17)), days_off=frozenset({DAY}), ends_on=date(2025, 6, 17))
    judged = judge(facts, at("12:00"))

    assert (judged.state, judged.today_off, judged.next) == (State.NOTHING_TODAY, True, (2,))
    assert judge(facts, at("12:00", date(2025, 6, 15))).state == State.NOT_BEGUN


def test_judge_shows_a_moved_row_at_its_new_time():
    facts = event(row(1, "10:00", "11:00"), Row(2, DAY, at("15:00"), at("16:00")))

    assert judge(facts, at("12:30")).next == (2,)


@pytest.mark.parametrize(
    ("others", "end"),
    [
        ((), "13:00"),
        (("11:15",), "11:15"),
        (("11:15", "10:40"), "10:40"),
        (("10:00",), "13:00"),
        (("09:00",), "13:00"),
        (("16:00",), "13:00"),
    ],
)
def test_end_of_a_row_without_one_is_the_next_start_at_most_three_hours(others, end):
    assert end_of(row(1, "10:00"), [(at(other), "") for other in others]) == at(end)


def test_end_of_a_row_is_not_the_next_start_of_its_own_group():
    assert end_of(row(1, "10:00", group="a"), [(at("10:30"), "a"), (at("11:00"), "b")]) == at("11:00")


def test_end_of_a_row_without_a_start_is_refused():
    with pytest.raises(ValueError, match="without a start"):
        end_of(row(1), [])


@pytest.mark.parametrize(
    ("clock", "change"),
    [("16:00", "17:00"), ("17:00", "18:00"), ("18:00", "18:15"), ("19:05", "19:20"), ("19:20", "20:00"), ("20:00", "23:00")],
)
def test_next_change_is_the_next_start_or_end(clock, change):
    assert next_change(KASKINEN, at(clock)) == at(change)


def test_next_change_is_midnight_on_the_clock_of_the_place():
    assert next_change(VISIT, at("12:00", date(2025, 6, 17))) == datetime(2025, 6, 17, 21, 0, tzinfo=UTC)


@pytest.mark.parametrize("moment", ["17:30", "19:30", "12:00"])
def test_judge_stays_true_until_it_says(moment):
    now = at(moment)
    judged = judge(KASKINEN, now)

    assert judged.until is not None
    before, after = judge(KASKINEN, judged.until - timedelta(microseconds=1)), judge(KASKINEN, judged.until)
    assert (before.state, before.now, before.next) == (judged.state, judged.now, judged.next)
    assert (after.state, after.now, after.next) != (judged.state, judged.now, judged.next)


@pytest.mark.parametrize("status", ["cancelled", "postponed"])
def test_judge_of_what_is_called_off_never_changes(status):
    assert judge(event(row(1, "10:00"), status=status), at("09:00")).until is None


def test_judge_of_what_is_over_never_changes():
    assert judge(KASKINEN, at("12:00", date(2025, 6, 17))).until is None


# The nights in which the clocks change: 30 March and 26 October 2025, at 01:00 UTC everywhere.

SPRING, AUTUMN = date(2025, 3, 29), date(2025, 10, 25)


@pytest.mark.parametrize("zone", [HELSINKI, COPENHAGEN])
def test_a_spring_night_is_an_hour_shorter(zone):
    """23:30 to 05:00 lasts four and a half hours; the guessed three hours are three real hours."""
    morning = SPRING + timedelta(days=1)
    start, end = at("23:30", SPRING, zone), at("05:00", morning, zone)
    known = event(Row(1, SPRING, start, end), zone=zone, starts_on=SPRING, ends_on=SPRING)
    guessed = event(Row(1, SPRING, start, None), zone=zone, starts_on=SPRING, ends_on=SPRING)

    assert end - start == timedelta(hours=4, minutes=30)
    assert judge(known, end - timedelta(seconds=1)).now == (1,)
    assert judge(known, end).state == State.OVER
    assert judge(guessed, start + LONGEST_GUESS - timedelta(seconds=1)).now == (1,)
    assert judge(guessed, start + LONGEST_GUESS).state == State.OVER


@pytest.mark.parametrize(("zone", "hour"), [(HELSINKI, "03:30"), (COPENHAGEN, "02:30")])
def test_an_autumn_night_tells_the_repeated_hours_apart(zone, hour):
    """The same reading of the clock comes twice: a row in the second hour is not on in the first."""
    morning = AUTUMN + timedelta(days=1)
    first, second = at(hour, morning, zone), at(hour, morning, zone, fold=1)
    late = Row(2, AUTUMN, second, second + timedelta(minutes=20))
    facts = event(Row(1, AUTUMN, first, first + timedelta(minutes=20)), late, zone=zone, starts_on=AUTUMN, ends_on=AUTUMN)

    assert second - first == timedelta(hours=1)
    assert (judge(facts, first).now, judge(facts, first).next) == ((1,), (2,))
    assert judge(facts, first + timedelta(minutes=30)).state == State.BETWEEN
    assert judge(facts, second).now == (2,)


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [(HELSINKI, 30, 23), (COPENHAGEN, 30, 23), (HELSINKI, 29, 24)],
)
def test_midnight_follows_the_length_of_the_day(zone, day, hours):
    midnight = datetime(2025, 3, day, tzinfo=zone).astimezone(UTC)

    assert midnight_after(midnight, zone) - midnight == timedelta(hours=hours)


def test_judge_reads_today_on_the_clock_of_the_place():
    """At 22:30 UTC it is 17 June in Kaskinen and in Vilnius, and 00:30 of the same day in Kiel: one moment, one answer."""
    moment = datetime(2025, 6, 16, 22, 30, tzinfo=UTC)

    assert judge(event(zone=HELSINKI), moment).today == date(2025, 6, 17)
    assert judge(event(zone=ZoneInfo("Atlantic/Reykjavik")), moment).today == DAY
