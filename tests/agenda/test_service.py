"""Moving and cancelling rows, and what is on now in every town."""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta
from functools import partial

import pytest

from app.agenda import service
from app.agenda.models import AgendaItem
from app.agenda.on_now import changes_everywhere, now_everywhere
from app.agenda.queries import agenda_of, item_of
from app.agenda.rules import State
from app.core.db import db
from app.core.errors import NotFound
from app.events.models import Event
from app.events.queries import catalogue_stamp, event_stamp
from tests.conftest import NOON
from tests.factories import make_event, make_item, make_place, minutes
from tests.transactions import do


def again(item):
    """The row as it is stored."""
    db.session.expire_all()
    return db.session.get(AgendaItem, item.id)


def test_move_item_keeps_the_first_time_through_a_second_move(database, noon):
    item = make_item(make_event(), starts_at=NOON, ends_at=NOON + minutes(30))
    do(service.move_item, item.id, NOON + minutes(10), NOON + minutes(40))
    do(service.move_item, item.id, NOON + minutes(20), NOON + minutes(50))
    moved = again(item)

    assert (moved.starts_at, moved.ends_at) == (NOON + minutes(20), NOON + minutes(50))
    assert (moved.old_starts_at, moved.old_ends_at) == (NOON, NOON + minutes(30))
    assert (moved.sequence, moved.changed_at is not None) == (2, True)


def test_move_item_back_to_its_first_time_counts_as_not_moved(database, noon):
    item = make_item(make_event(), starts_at=NOON, ends_at=NOON + minutes(30))
    do(service.move_item, item.id, NOON + minutes(10), None)
    do(service.move_item, item.id, NOON, NOON + minutes(30))

    assert (again(item).old_starts_at, again(item).is_moved, again(item).sequence) == (None, False, 2)


@pytest.mark.parametrize(
    ("start", "day"),
    [
        (datetime.fromisoformat("2026-06-17T18:00+03:00"), date(2026, 6, 17)),
        (datetime.fromisoformat("2026-06-17T00:30+03:00"), date(2026, 6, 16)),
        (datetime.fromisoformat("2026-06-17T05:00+03:00"), date(2026, 6, 17)),
        (datetime.fromisoformat("2026-06-16T01:00+03:00"), date(2026, 6, 16)),
    ],
)
def test_move_item_takes_the_day_along_but_keeps_a_night_with_its_evening(database, noon, start, day):
    item = make_item(make_event(), starts_at=NOON)
    do(service.move_item, item.id, start, None)

    assert again(item).on == day


@pytest.mark.parametrize("change", ["move", "cancel"])
def test_change_of_a_row_counts_the_versions_up_and_keeps_its_reason(database, noon, change):
    event = make_event()
    item = make_item(event, starts_at=NOON)
    before = (event_stamp(event.slug).read(), catalogue_stamp().read())
    if change == "move":
        do(service.move_item, item.id, NOON + minutes(5), None, {"en": "Rain.", "fi": "Sade."})
    else:
        do(service.cancel_item, item.id, {"en": "Rain.", "fi": "Sade."})
    agenda = agenda_of(db.session.get(Event, event.id), "fi")

    assert (event_stamp(event.slug).read(), catalogue_stamp().read()) == (before[0] + 1, before[1] + 1)
    assert str(agenda.texts(item.id, "item.reason")) == "Sade."


def test_cancel_item_twice_changes_nothing_the_second_time(database, noon):
    event = make_event()
    item = make_item(event, starts_at=NOON)
    do(service.cancel_item, item.id)
    version = event_stamp(event.slug).read()
    do(service.cancel_item, item.id)

    assert (again(item).status, again(item).sequence, event_stamp(event.slug).read()) == ("cancelled", 1, version)


@pytest.mark.parametrize("verb", [service.cancel_item, partial(service.move_item, starts_at=NOON, ends_at=None)])
def test_change_of_a_row_that_is_not_there_is_refused(database, verb):
    with pytest.raises(NotFound):
        do(verb, item_id=uuid.uuid4())


def test_agenda_groups_rows_by_their_own_day(database, noon):
    event = make_event()
    make_item(event, 1, starts_at=datetime.fromisoformat("2026-06-17T01:00+03:00"), on=date(2026, 6, 16))
    make_item(event, 2, starts_at=datetime.fromisoformat("2026-06-17T09:00+03:00"), on=date(2026, 6, 17))
    make_item(event, 3, starts_at=datetime.fromisoformat("2026-06-16T20:00+03:00"), on=date(2026, 6, 16))
    make_item(event, 4, on=None)
    agenda = agenda_of(event, "en")

    assert [(day.on.day, [item.number for item in day.items]) for day in agenda.days] == [(16, [3, 1]), (17, [2])]
    assert [item.number for item in agenda.undated] == [4]


@pytest.mark.parametrize(
    ("today", "said"),
    [
        (date(2026, 6, 15), date(2026, 6, 16)),
        (date(2026, 6, 16), None),
        (date(2026, 6, 17), None),
        (date(2026, 6, 18), date(2026, 6, 16)),
    ],
)
def test_day_of_a_row_after_midnight_is_said_only_to_other_days(database, noon, today, said):
    """At 00:05 the evening's row at 01:00 is an hour away, not "yesterday"."""
    event = make_event()
    make_item(event, 1, starts_at=datetime.fromisoformat("2026-06-17T01:00+03:00"), on=date(2026, 6, 16))
    agenda = agenda_of(event, "en")

    assert agenda.other_day(agenda.items[0], today) == said


def test_agenda_keeps_only_the_texts_that_are_shown(database, noon):
    """Texts of another row are not borrowed texts of this row's page."""
    event = make_event(title={"en": "Festival", "fi": "Juhla"})
    make_item(event, 1, {"en": "One"}, starts_at=NOON)
    make_item(event, 2, {"en": "Two", "fi": "Kaksi"}, starts_at=NOON)

    assert [one.text for one in agenda_of(event, "fi").texts.every() if one.borrowed] == ["One"]
    assert [one.text for one in item_of(event, 2, "fi")[0].texts.every() if one.borrowed] == []


def test_now_everywhere_lists_what_is_on_before_what_comes_today(database, noon):
    on, later = make_event("on-2026", place=make_place()), make_event("later-2026", place=make_place("varde"))
    tomorrow = make_event("tomorrow-2026", starts_on=date(2026, 6, 17), ends_on=date(2026, 6, 17))
    over, off = make_event("over-2026"), make_event("off-2026", status="cancelled")
    make_item(later, 1, starts_at=NOON + minutes(60))
    make_item(on, 1, starts_at=NOON - minutes(5), ends_at=NOON + minutes(5))
    make_item(on, 2, starts_at=NOON + minutes(5))
    make_item(tomorrow, 1, starts_at=NOON + timedelta(days=1))
    make_item(over, 1, starts_at=NOON - minutes(60), ends_at=NOON - minutes(30))
    make_item(off, 1, starts_at=NOON)
    shown = now_everywhere(NOON, "en")

    assert [(one.event.slug, one.state) for one in shown] == [("on-2026", State.ON), ("later-2026", State.NOT_BEGUN)]
    assert [item.number for item in shown[0].now + shown[0].next] == [1, 2]
    assert str(shown[0].texts(shown[0].now[0].id, "item.title")) == "Welcome"
    assert changes_everywhere(shown, NOON) == NOON + minutes(5)


def test_now_everywhere_keeps_a_night_that_began_yesterday(database, noon):
    yesterday = NOON.date() - timedelta(days=1)
    event = make_event(starts_on=yesterday, ends_on=yesterday)
    make_item(event, 1, starts_at=NOON - minutes(60 * 14), ends_at=NOON + minutes(10), on=yesterday)

    assert [one.state for one in now_everywhere(NOON, "en")] == [State.ON]


def test_now_everywhere_sends_as_many_queries_for_one_event_as_for_many(database, noon, queries):
    counts = []
    for number in range(1, 9):
        make_item(make_event(f"event-{number}", place=make_place(f"town-{number}")), 1, starts_at=NOON)
        if number in (1, 8):
            db.session.rollback()
            db.session.expunge_all()
            queries.clear()
            assert len(now_everywhere(NOON, "fi")) == number
            counts.append(len(queries))

    assert counts[0] == counts[1]


def test_changes_everywhere_is_the_next_full_hour_when_nothing_is_on(database, noon):
    assert changes_everywhere([], NOON + minutes(20)) == NOON + minutes(60)
