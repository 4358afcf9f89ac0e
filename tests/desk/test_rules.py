"""Values of settings: what is typed, what is stored, and that what is shown is read again."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.desk import rules
from app.desk.rules import Kind, Unreadable

pytestmark = pytest.mark.once

HELSINKI, KIEL = ZoneInfo("Europe/Helsinki"), ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "zone", "moment"),
    [
        ("2026-06-16 18:00", HELSINKI, datetime(2026, 6, 16, 15, 0, tzinfo=UTC)),
        ("2026-06-16 18:00", KIEL, datetime(2026, 6, 16, 16, 0, tzinfo=UTC)),
        ("2026-12-16T08:05", HELSINKI, datetime(2026, 12, 16, 6, 5, tzinfo=UTC)),
        ("2026-06-16 9:30", HELSINKI, datetime(2026, 6, 16, 6, 30, tzinfo=UTC)),
        ("2026-06-16 18:00+03:00", HELSINKI, datetime(2026, 6, 16, 15, 0, tzinfo=UTC)),
        ("2026-10-25 03:30+03:00", HELSINKI, datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        ("2026-10-25 03:30 +0200", HELSINKI, datetime(2026, 10, 25, 1, 30, tzinfo=UTC)),
        ("2026-10-25 02:30+01:00", KIEL, datetime(2026, 10, 25, 1, 30, tzinfo=UTC)),
    ],
)
def test_moment_is_the_events_own_time(text: str, zone: ZoneInfo, moment: datetime) -> None:
    read = rules.read_moment(text, zone)

    assert read == moment
    assert rules.read_moment(rules.show_moment(read, zone), zone) == moment


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("2026-03-29 03:30", "2026-03-29 03:30 does not exist in Europe/Helsinki: the clocks skip that hour for summer time"),
        (
            "2026-03-29 03:30+02:00",
            "2026-03-29 03:30 does not exist in Europe/Helsinki: the clocks skip that hour for summer time",
        ),
        (
            "2026-10-25 03:30",
            "2026-10-25 03:30 comes twice in Europe/Helsinki: "
            "write 2026-10-25 03:30+03:00 for the first time or 2026-10-25 03:30+02:00 for the second",
        ),
        ("2026-10-25 03:30+05:00", "in Europe/Helsinki the offset at 2026-10-25 03:30 is +03:00 or +02:00"),
        ("2026-06-16 18:00+02:00", "in Europe/Helsinki the offset at 2026-06-16 18:00 is +03:00"),
        ("2026-06-31 18:00", "2026-06-31 18:00 is no day and time that there is"),
        ("2026-06-16 24:00", "2026-06-16 24:00 is no day and time that there is"),
        ("18:00", "must be a day and a time, such as 2026-06-16 18:00"),
        ("16.6.2026 18.00", "must be a day and a time, such as 2026-06-16 18:00"),
        ("2026-06-16 18:00:00", "must be a day and a time, such as 2026-06-16 18:00"),
        ("٢٠٢٦-06-16 18:00", "must be a day and a time, such as 2026-06-16 18:00"),
    ],
)
def test_moment_that_cannot_be_meant_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(Unreadable) as wrong:
        rules.read_moment(text, HELSINKI)

    assert str(wrong.value) == sentence


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (rules.YES, "yes", True),
        (rules.YES, "no", False),
        (rules.DAY, "2026-06-16", date(2026, 6, 16)),
        (rules.DAY, "none", None),
        (rules.MOMENT, "none", None),
        (rules.HOURS, "168,24", [168, 24]),
        (rules.HOURS, "none", []),
        (rules.OPTIONS, "bus,by_car,on-foot", ["bus", "by_car", "on-foot"]),
        (rules.PEOPLE, "0", 0),
        (rules.PEOPLE, "none", None),
        (rules.VENUE, "market-square", "market-square"),
        (rules.REGISTRATION["mode"], "none", "none"),
    ],
)
def test_values_are_shown_as_they_are_read(kind: Kind, text: str, value: Any) -> None:
    assert kind.read(text, HELSINKI) == value
    assert kind.show(value, HELSINKI) == text


def test_reminders_are_sorted_and_said_once() -> None:
    assert rules.HOURS.read("24, 168,24", HELSINKI) == [168, 24]


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (rules.YES, "true"), (rules.YES, ""), (rules.DAY, "16.6.2026"), (rules.DAY, "2026-02-30"), (rules.HOURS, "24,"),
        (rules.HOURS, "0"), (rules.HOURS, "-1"), (rules.PEOPLE, "-1"), (rules.PEOPLE, "1.5"), (rules.PEOPLE, "²"),
        (rules.PEOPLE, "10000000"), (rules.OPTIONS, "bus,bus"), (rules.OPTIONS, "By bus"), (rules.EVENT["status"], "off"),
        (rules.REGISTRATION["party_max"], "0"), (rules.REGISTRATION["party_max"], "none"), (rules.LIST["kind"], "meal"),
        (rules.VENUE, "Market square"),
    ],
)  # fmt: skip
def test_values_that_a_setting_does_not_take_are_refused(kind: Kind, text: str) -> None:
    with pytest.raises(Unreadable):
        kind.read(text, HELSINKI)


@pytest.mark.parametrize("text", ["https://meet.example/room?x=1#y", "https://meet.example", "https://meet.example:8443/a"])
def test_address_is_read_and_shown_as_it_is(text: str) -> None:
    assert rules.ADDRESS.show(rules.ADDRESS.read(text, HELSINKI), HELSINKI) == text


@pytest.mark.parametrize(
    "text",
    ["http://meet.example/", "javascript:alert(1)", "https://", "https:///room", "https://[", "https://a b", "https://a/\u202e", "meet.example",
     "https://meet.example/" + "x" * 500],
)  # fmt: skip
def test_address_that_nobody_could_join_at_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        rules.ADDRESS.read(text, HELSINKI)
