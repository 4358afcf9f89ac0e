"""Every answer has its word and its two lines, in each of the nine languages."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.checkin import messages
from app.checkin.models import QUARANTINE
from app.checkin.rules import CheckInListState, DeviceState, First, Result, Verdict
from app.checkin.scenery import Scenery
from app.i18n.languages import LANGUAGES
from tests.checkin.scans import make_door, make_ticket
from tests.factories import make_event, make_place

ERRORS = ("invalid", "id_reused", "unknown_list", "device_ended", "too_many_misses")


@pytest.fixture
def scenes(database, noon):
    """A phone, a ticket of its event, one of another, and what lines may speak of."""
    door, other = make_door(), make_event("alytus", "Closing night", make_place("alytus", {"lt": "Alytus"}))
    place = CheckInListState(
        door.list.id, "main-door", noon + timedelta(hours=1), noon, re_entry=True, count_exits=True, capacity=None
    )
    phone = DeviceState(door.device.id, door.event.id, "Maija", "M", "en", False, noon, None, {"main-door": place})
    return phone, place, {True: make_ticket(door.event, party_size=4), False: make_ticket(other)}


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("result", [*Result, QUARANTINE])
def test_every_result_has_both_lines_in_every_language(scenes, noon, result, lang):
    phone, place, tickets = scenes
    for first in (First(noon - timedelta(days=1), "main-door", "MK"), None):
        for admitted, count in ((1, 1), (2, 3)):
            verdict = Verdict(
                "x",
                result,
                check_in_list=place,
                ticket=tickets[result != Result.WRONG_EVENT],
                first=first,
                admitted=admitted,
                count=count,
            )
            scene = Scenery(phone, [verdict])(verdict, lang)
            lines = messages.for_volunteer(verdict, scene, lang), messages.for_guest(verdict, scene, lang)

            assert all(lines) == (result != QUARANTINE)
            assert "%(" not in "".join(lines)


@pytest.mark.parametrize("error", ERRORS)
def test_every_error_has_its_line_for_the_volunteer(app, database, error):
    verdict = Verdict("x", error=error)

    assert messages.for_volunteer(verdict, None, "en").endswith(".")
    assert messages.for_guest(verdict, None, "en") == ""


def test_every_result_has_its_word():
    assert set(messages.TITLES) == set(Result)


def test_lines_do_without_what_is_not_known(app, database):
    lines = [
        messages.for_volunteer(Verdict("x", result), None, "en")
        for result in (Result.ALREADY_IN, Result.WRONG_EVENT, Result.WRONG_LIST, Result.NOT_YET, Result.TOO_LATE)
    ]

    assert lines == [
        "This ticket has been used already.", "This ticket is for another event.", "This ticket is not for this door.",
        "It is too early.", "It is too late.",
    ]  # fmt: skip
