"""When an event is past, on its own clocks, and where it stands among others: in Python, and in the database as it is kept."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.agenda import service as agenda
from app.core import clock
from app.core.db import write_tx
from app.events import queries
from app.events.days import last_day, over_at, rank
from app.events.queries import get_event
from app.registration.queries import occasion_of
from app.registration.rules import RegistrationState
from app.registration.seats import find_active_settings, registration_state
from tests.factories import make_event, make_item
from tests.registration.registrations import open_registration
from tests.transactions import do


@pytest.mark.parametrize(
    ("starts", "ends", "precision", "last"),
    [
        (date(2026, 6, 16), None, "day", date(2026, 6, 16)),
        (date(2026, 6, 16), date(2026, 6, 18), "day", date(2026, 6, 18)),
        (date(2024, 2, 1), date(2024, 2, 1), "month", date(2024, 2, 29)),
        (date(2025, 1, 1), date(2025, 1, 1), "year", date(2025, 12, 31)),
        (None, None, "day", None),
        (None, None, "year", None),
    ],
)
def test_last_day_is_the_last_that_is_possible(starts: date | None, ends: date | None, precision: str, last: date | None) -> None:
    assert last_day(starts, ends, precision) == last


@pytest.mark.parametrize(
    ("last", "zone", "moment"),
    [
        (date(2026, 6, 16), "Europe/Helsinki", datetime(2026, 6, 16, 21, 0, tzinfo=UTC)),
        (date(2026, 6, 16), "Europe/Berlin", datetime(2026, 6, 16, 22, 0, tzinfo=UTC)),
        (date(2026, 3, 28), "Europe/Berlin", datetime(2026, 3, 28, 23, 0, tzinfo=UTC)),  # the night before summer time
        (date(2026, 3, 29), "Europe/Berlin", datetime(2026, 3, 29, 22, 0, tzinfo=UTC)),
        (None, "Europe/Berlin", None),
    ],
)
def test_event_is_past_at_midnight_of_its_own_zone(last: date | None, zone: str, moment: datetime | None) -> None:
    assert over_at(last, last, "day", ZoneInfo(zone)) == moment


HELSINKI, LAST = ZoneInfo("Europe/Helsinki"), date(2026, 6, 16)


@pytest.mark.parametrize(
    ("ends_on", "precision", "programme", "over"),
    [
        (LAST, "day", (16, 21, 0), (16, 21, 0)),  # the last row's end, on the last day
        (LAST, "day", (17, 2, 30), (17, 2, 30)),  # however late at night
        (LAST, "day", (17, 0, 0), (17, 0, 0)),
        (LAST, "day", (18, 12, 0), (18, 12, 0)),  # a row that was moved beyond the last day
        (LAST, "day", (15, 21, 0), (17, 0, 0)),  # no rows on the last day: it counts whole
        (LAST, "day", (16, 2, 0), (17, 0, 0)),
        (date(2026, 6, 1), "month", (16, 21, 0), (16, 21, 0)),  # rows know better than a month
        (None, "day", (16, 21, 0), (16, 21, 0)),
        (date(2026, 6, 1), "month", None, (31, 0, 0)),
        (None, "day", None, None),
    ],
)
def test_event_is_over_with_its_last_row_or_its_last_day(
    ends_on: date | None, precision: str, programme: tuple[int, int, int] | None, over: tuple[int, int, int] | None
) -> None:
    def moment(at: tuple[int, int, int] | None) -> datetime | None:
        return datetime(2026, 6, 1, at[1], at[2], tzinfo=HELSINKI) + timedelta(days=at[0] - 1) if at else None

    assert over_at(ends_on, ends_on, precision, HELSINKI, moment(programme)) == moment(over)


def test_ranks_sort_like_a_calendar() -> None:
    wanted = [
        rank(date(2026, 6, 15), "day"), rank(date(2026, 8, 1), "day"), rank(date(2026, 8, 2), "day"),
        rank(date(2026, 8, 1), "month"), rank(date(2026, 12, 31), "day"), rank(date(2026, 1, 1), "year"), rank(None, "day"),
    ]  # fmt: skip

    assert wanted == sorted(wanted)


EVENTS = {
    "undated": (None, None, "day"), "year-2026": (date(2026, 1, 1), None, "year"), "aug-2": (date(2026, 8, 2), None, "day"),
    "aug": (date(2026, 8, 1), None, "month"), "aug-1": (date(2026, 8, 1), None, "day"), "today": (date(2026, 6, 16), None, "day"),
    "begun": (date(2026, 6, 15), date(2026, 6, 17), "day"), "old-march": (date(2025, 3, 1), None, "month"),
    "old-march-9": (date(2025, 3, 9), None, "day"), "old-march-3": (date(2025, 3, 3), None, "day"),
    "old-year": (date(2025, 1, 1), None, "year"), "old-dec": (date(2025, 12, 1), None, "day"),
    "older": (date(2024, 12, 1), None, "day"), "older-too": (date(2024, 12, 1), None, "day"),
}  # fmt: skip


def test_soonest_come_first_and_then_the_latest_of_the_past(database: None, noon: datetime) -> None:
    for slug, (starts, ends, precision) in EVENTS.items():
        make_event(slug, starts_on=starts, ends_on=ends, date_precision=precision)

    coming = [one.slug for one in queries.coming((), noon, 99)]
    past = [one.slug for one in queries.past((), noon, 99)]

    assert coming == ["begun", "today", "aug-1", "aug-2", "aug", "year-2026", "undated"]
    assert past == ["old-year", "old-dec", "old-march", "old-march-9", "old-march-3", "older", "older-too"]
    assert queries.count((), noon) == queries.EventCounts(14, 7, datetime(2026, 6, 16, 21, 0, tzinfo=UTC))


def test_event_that_gets_another_day_stands_there_at_once(database: None, noon: datetime) -> None:
    make_event("moved", starts_on=date(2026, 1, 1), ends_on=date(2026, 1, 1))
    with write_tx() as session:
        event = get_event("moved")
        event.starts_on = event.ends_on = date(2026, 9, 1)
        session.flush()

    assert [one.slug for one in queries.coming((), noon, 9)] == ["moved"]


# One answer


def make_night(noon: datetime, rows: list[tuple[float, float | None]], **fields: object) -> None:
    """An event on the day of the test's clock (noon UTC is three in the afternoon there), its rows so many hours from noon."""
    event = open_registration(make_event("night", **fields))
    for number, (start, end) in enumerate(rows, start=1):
        ends_at = noon + timedelta(hours=end) if end is not None else None
        make_item(event, number, on=LAST, starts_at=noon + timedelta(hours=start), ends_at=ends_at)


@pytest.mark.parametrize(
    ("rows", "fields", "over"),
    [
        ([(3, 6)], {}, 6.0),
        ([(3, None)], {}, 6.0),  # three hours at most where no end is known
        ([(3, 6), (7, 14)], {}, 14.0),  # past midnight and past the small hours
        ([], {}, 9.0),
        ([(3, 6)], {"ends_on": date(2026, 6, 17)}, 33.0),
    ],
    ids=["evening", "no end", "night", "no rows", "two days"],
)
def test_page_form_list_and_deletion_are_over_at_one_moment(
    client: FlaskClient,
    app: Flask,
    noon: datetime,
    rows: list[tuple[float, float | None]],
    fields: dict[str, object],
    over: float,
) -> None:
    with app.app_context():
        make_night(noon, rows, **fields)
    for hours in (over - 0.01, over):
        with clock.travelled_to(noon + timedelta(hours=hours)):
            page, form = (client.get(f"/en/events/night/{path}").text for path in ("", "register"))
        with clock.travelled_to(noon + timedelta(hours=hours)), app.app_context():
            event = get_event("night")
            answers = {
                "page": "This event is over." in page,
                "invitation": "/en/events/night/register" not in page,
                "form": "This event is over." in form,
                "desk": registration_state(event, find_active_settings(event.id), clock.now()) is RegistrationState.OVER,
                "list": [one.slug for one in queries.past((), clock.now(), 9)] == ["night"],
                "ticket": occasion_of(event, "en").over,
            }

        assert answers == dict.fromkeys(answers, hours == over)


def test_every_verb_that_moves_a_row_moves_the_end_of_the_event(database: None, noon: datetime) -> None:
    event = make_event("night")
    item = make_item(event, starts_at=noon, ends_at=noon + timedelta(hours=1))
    found = [get_event("night").over_at]
    do(agenda.move_item, item.id, noon + timedelta(hours=2), noon + timedelta(hours=5))
    found.append(get_event("night").over_at)
    do(agenda.cancel_item, item.id)
    found.append(get_event("night").over_at)

    assert found == [noon + timedelta(hours=hours) for hours in (1, 5, 9)]
