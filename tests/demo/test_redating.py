"""The live events: something is on and something comes next, whatever minute the demo starts in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.agenda import rules
from app.agenda.models import AgendaItem
from app.agenda.on_now import now_everywhere
from app.agenda.queries import agenda_of, now_and_next
from app.checkin.service import lists_of
from app.core import clock
from app.core.db import db
from app.demo import data, redating
from app.demo.redating import Timetable
from app.events.queries import catalogue_stamp, get_event
from app.registration.models import Ticket
from tests.demo.seeded import put_demo

LIVE = {record.slug: record for record in data.events() if record.live}
COPENHAGEN, HELSINKI = ZoneInfo("Europe/Copenhagen"), ZoneInfo("Europe/Helsinki")
SUMMER_BEGINS, SUMMER_ENDS, ORDINARY = date(2026, 3, 29), date(2026, 10, 25), date(2026, 6, 16)
MINUTES = [
    datetime(2026, 6, 16, 20, 50, tzinfo=UTC),  # 23:50 in Helsinki
    datetime(2026, 6, 16, 21, 5, tzinfo=UTC),  # 00:05 in Helsinki
    datetime(2026, 6, 16, 21, 50, tzinfo=UTC),  # 23:50 in Copenhagen
    datetime(2026, 6, 16, 22, 5, tzinfo=UTC),  # 00:05 in Copenhagen
    datetime(2026, 6, 16, 22, 0, tzinfo=UTC),  # midnight there
    datetime(2026, 3, 29, 0, 59, tzinfo=UTC),  # the last minute before summer time
    datetime(2026, 3, 29, 1, 0, tzinfo=UTC),
    datetime(2026, 10, 25, 0, 30, tzinfo=UTC),  # 02:30 in Copenhagen, for the first time
    datetime(2026, 10, 25, 1, 30, tzinfo=UTC),  # and for the second
    datetime(2026, 12, 31, 22, 55, tzinfo=UTC),
]


def minutes_around(day: date) -> Iterator[datetime]:
    """Every seventh minute from the evening before to the morning after."""
    first = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=6)
    return (first + timedelta(minutes=7 * step) for step in range(36 * 60 // 7))


def judged(times: Timetable, slug: str, now: datetime) -> rules.Judgement:
    """The agenda's own judgement of a timetable."""
    record = LIVE[slug]
    rows = [
        rules.Row(
            row["number"], times.rows[row["number"]]["on"], times.rows[row["number"]]["starts_at"],
            times.rows[row["number"]]["ends_at"], row.get("parallel", ""), row.get("status") == "cancelled",
        )
        for row in record.items
    ]  # fmt: skip
    return rules.judge(rules.AgendaFacts(record.zone, rows, times.starts_on, times.ends_on), now)


@pytest.mark.parametrize("slug", LIVE)
@pytest.mark.parametrize("day", [ORDINARY, SUMMER_BEGINS, SUMMER_ENDS], ids=str)
def test_timetable_has_something_on_and_something_next_at_any_minute(slug: str, day: date) -> None:
    quiet = []
    for now in minutes_around(day):
        judgement = judged(redating.timetable(LIVE[slug], now), slug, now)
        if judgement.state is not rules.State.ON or not judgement.now or not judgement.next:
            quiet.append(now)

    assert quiet == []


@pytest.mark.parametrize("day", [ORDINARY, SUMMER_BEGINS, SUMMER_ENDS], ids=str)
def test_evening_stands_a_third_in_and_belongs_to_the_day_it_began(day: date) -> None:
    for now in minutes_around(day):
        times = redating.timetable(LIVE["kaskinen-today"], now)
        starts = [row["starts_at"] for row in times.rows.values() if row["starts_at"]]
        last = max(row["ends_at"] for row in times.rows.values() if row["ends_at"])

        assert 0.2 < (now - min(starts)) / (last - min(starts)) < 0.4
        assert {row["on"] for row in times.rows.values()} == {times.starts_on} == {min(starts).astimezone(HELSINKI).date()}
        assert times.ends_on == last.astimezone(HELSINKI).date()


@pytest.mark.parametrize("day", [ORDINARY, SUMMER_BEGINS, SUMMER_ENDS], ids=str)
def test_visit_began_yesterday_and_ends_tomorrow(day: date) -> None:
    for now in minutes_around(day):
        times = redating.timetable(LIVE["visit-today"], now)
        today = now.astimezone(COPENHAGEN).date()
        of_today = [row["starts_at"] for row in times.rows.values() if row["on"] == today]

        assert (times.starts_on, times.ends_on) == (today - timedelta(days=1), today + timedelta(days=1))
        assert min(of_today).astimezone(COPENHAGEN).date() == today
        assert len(of_today) == 18


def test_visit_keeps_the_clock_of_its_programme_by_day() -> None:
    times = redating.timetable(LIVE["visit-today"], datetime(2026, 6, 16, 12, 0, tzinfo=UTC))

    assert times.rows[16]["starts_at"].astimezone(COPENHAGEN).isoformat() == "2026-06-16T16:45:00+02:00"
    assert times.rows[20]["ends_at"].astimezone(COPENHAGEN).isoformat() == "2026-06-17T00:30:00+02:00"
    assert times.rows[20]["on"] == date(2026, 6, 16)


def test_evening_keeps_what_was_moved_as_far_from_its_old_time() -> None:
    row = redating.timetable(LIVE["kaskinen-today"], datetime(2026, 6, 16, 12, 3, tzinfo=UTC)).rows[6]

    assert row["starts_at"] - row["old_starts_at"] == timedelta(minutes=10)
    assert row["starts_at"].minute % 5 == 0


@pytest.mark.parametrize("slug", LIVE)
@pytest.mark.parametrize("day", [ORDINARY, SUMMER_BEGINS, SUMMER_ENDS], ids=str)
def test_a_venue_door_is_open_at_any_minute(slug: str, day: date) -> None:
    doors = [row["slug"] for row in LIVE[slug].lists if row.get("venue_door", True)]
    shut = []
    for now in minutes_around(day):
        lists = redating.timetable(LIVE[slug], now).lists
        if not any(lists[door]["opens_at"] < now < lists[door]["closes_at"] - timedelta(minutes=20) for door in doors):
            shut.append(now)

    assert shut == []


def test_lists_move_with_the_evening_and_with_the_days() -> None:
    now = datetime(2026, 6, 16, 12, 3, tzinfo=UTC)
    door = redating.timetable(LIVE["kaskinen-today"], now).lists["main-door"]
    visit = redating.timetable(LIVE["visit-today"], now).lists

    assert (now - door["opens_at"], door["closes_at"] - now) == (
        timedelta(hours=2, minutes=28), timedelta(hours=6, minutes=32),
    )  # fmt: skip
    assert {slug: times["on"] for slug, times in visit.items()} == {
        "day-one": date(2026, 6, 15), "day-two": date(2026, 6, 16), "day-three": date(2026, 6, 17), "dinner": None, "coach": None,
    }  # fmt: skip
    assert visit["day-two"]["opens_at"].astimezone(COPENHAGEN).isoformat() == "2026-06-16T07:30:00+02:00"
    assert visit["coach"] == {"opens_at": None, "closes_at": None, "on": None}


def test_redate_moves_the_lists_of_a_running_demo(database: None) -> None:
    put_demo()
    now = datetime(2026, 6, 16, 12, 0, tzinfo=UTC)

    redating.redate(now)

    db.session.expire_all()
    doors = {door.slug: door for slug in LIVE for door in lists_of(get_event(slug).id)}
    assert doors["main-door"].opens_at == now - timedelta(hours=2, minutes=25)
    assert [doors[slug].on for slug in ("day-one", "day-three", "coach")] == [date(2026, 6, 15), date(2026, 6, 17), None]


@pytest.mark.parametrize("now", MINUTES, ids=lambda moment: moment.isoformat())
def test_redate_shows_what_is_on_now_and_next(database: None, now: datetime) -> None:
    put_demo()

    redating.redate(now)

    for slug in LIVE:
        judgement = now_and_next(agenda_of(get_event(slug), "en"), now)
        assert (judgement.state, bool(judgement.now), bool(judgement.next)) == (rules.State.ON, True, True)
    assert [one.event.slug for one in now_everywhere(now, "en") if one.now] == ["kaskinen-today", "visit-today"]


def test_redate_keeps_ids_numbers_and_tickets_and_makes_pages_anew(database: None) -> None:
    put_demo()
    before = kept()
    version, catalogue = get_event("kaskinen-today").version, catalogue_stamp().read()

    redating.redate(clock.now() + timedelta(days=1, hours=5))

    db.session.expire_all()
    assert kept() == before
    assert get_event("kaskinen-today").version == version + 1
    assert catalogue_stamp().read() == catalogue + 2


def test_redate_invents_no_change(database: None) -> None:
    put_demo()

    redating.redate(clock.now() + timedelta(hours=7))

    assert announced("kaskinen-today") == {"time": [6], "place": [5], "changed": [5, 6, 7]}
    assert announced("visit-today") == {"time": [], "place": [], "changed": []}


def test_redate_in_the_same_five_minutes_changes_nothing(database: None) -> None:
    now = datetime(2026, 6, 16, 12, 1, tzinfo=UTC)
    put_demo()
    redating.redate(now)
    version = get_event("kaskinen-today").version

    redating.redate(now + timedelta(minutes=3))

    db.session.expire_all()
    assert get_event("kaskinen-today").version == version


def announced(slug: str) -> dict[str, list[int]]:
    """Which rows say that something about them changed."""
    items = agenda_of(get_event(slug), "en").items
    return {
        "time": [item.number for item in items if item.old_starts_at],
        "place": [item.number for item in items if item.old_venue_id],
        "changed": [item.number for item in items if item.changed_at],
    }


def kept() -> dict[str, list[tuple[object, ...]]]:
    """What re-dating must not touch."""
    items = db.session.execute(db.select(AgendaItem.id, AgendaItem.number, AgendaItem.status).order_by(AgendaItem.id))
    tickets = db.session.execute(db.select(Ticket.id, Ticket.reference, Ticket.code_hash).order_by(Ticket.id))
    return {"items": [tuple(row) for row in items], "tickets": [tuple(row) for row in tickets]}


@pytest.mark.parametrize("hours", [1, 7, 26, 75])
def test_demo_left_running_shows_something_on_at_any_time(database: None, noon: datetime, hours: int) -> None:
    put_demo()
    redating.redate(noon)
    for hour in range(1, hours + 1):
        redating.keep_up(noon + timedelta(hours=hour))
    now = noon + timedelta(hours=hours)

    for slug in LIVE:
        judged = now_and_next(agenda_of(get_event(slug), "en"), now)
        assert judged.now or judged.next, slug


def test_keeping_up_leaves_events_that_are_on_as_they_are(database: None, noon: datetime) -> None:
    put_demo()
    redating.redate(noon)
    before = catalogue_stamp().read()
    for minute in range(0, 180, 20):
        redating.keep_up(noon + timedelta(minutes=minute))

    assert catalogue_stamp().read() == before
