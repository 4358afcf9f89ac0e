"""Dates and times as each language writes them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.i18n import formats
from app.i18n.languages import LANGUAGES

pytestmark = pytest.mark.once

HELSINKI = ZoneInfo("Europe/Helsinki")
SATURDAY = date(2025, 6, 7)
FIVE_PAST_SIX = datetime(2025, 6, 7, 15, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("lang", "day", "time"),
    [
        ("en", "Saturday 7 June", "18:05"),
        ("sv", "Lördag 7 juni", "kl. 18.05"),
        ("lv", "Sestdiena, 7. jūnijs", "plkst. 18:05"),
        ("de", "Samstag, 7. Juni", "18:05 Uhr"),
        ("et", "Laupäev, 7. juuni", "kell 18:05"),
        ("fi", "Lauantai 7. kesäkuuta", "klo 18.05"),
        ("da", "Lørdag den 7. juni", "kl. 18.05"),
        ("lt", "Birželio 7 d., šeštadienis", "18:05 val."),
        ("pl", "Sobota, 7 czerwca", "godz. 18:05"),
    ],
)
def test_day_and_time_follow_the_language(lang, day, time):
    assert (formats.day(SATURDAY, lang), formats.time_in_words(FIVE_PAST_SIX, HELSINKI, lang)) == (day, time)


@pytest.mark.parametrize(
    ("lang", "full", "month"),
    [
        ("en", "7 June 2025", "June 2025"),
        ("sv", "7 juni 2025", "Juni 2025"),
        ("lv", "2025. gada 7. jūnijs", "2025. gada jūnijs"),
        ("de", "7. Juni 2025", "Juni 2025"),
        ("et", "7. juuni 2025", "Juuni 2025"),
        ("fi", "7. kesäkuuta 2025", "Kesäkuu 2025"),
        ("da", "7. juni 2025", "Juni 2025"),
        ("lt", "2025 m. birželio 7 d.", "2025 m. birželis"),
        ("pl", "7 czerwca 2025", "Czerwiec 2025"),
    ],
)
def test_full_date_and_month_follow_the_language(lang, full, month):
    assert (formats.long_date(SATURDAY, lang), formats.month(SATURDAY, lang)) == (full, month)


@pytest.mark.parametrize(
    ("lang", "days", "months", "years"),
    [
        ("en", "25–27 November 2025", "30 November – 2 December 2025", "30 December 2025 – 2 January 2026"),
        ("sv", "25–27 november 2025", "30 november – 2 december 2025", "30 december 2025 – 2 januari 2026"),
        ("lv", "2025. gada 25.–27. novembris", "2025. gada 30. novembris – 2. decembris",
         "2025. gada 30. decembris – 2026. gada 2. janvāris"),
        ("de", "25.–27. November 2025", "30. November – 2. Dezember 2025", "30. Dezember 2025 – 2. Januar 2026"),
        ("et", "25.–27. november 2025", "30. november – 2. detsember 2025", "30. detsember 2025 – 2. jaanuar 2026"),
        ("fi", "25.–27. marraskuuta 2025", "30. marraskuuta – 2. joulukuuta 2025", "30. joulukuuta 2025 – 2. tammikuuta 2026"),
        ("da", "25.–27. november 2025", "30. november – 2. december 2025", "30. december 2025 – 2. januar 2026"),
        ("lt", "2025 m. lapkričio 25–27 d.", "2025 m. lapkričio 30 d. – gruodžio 2 d.",
         "2025 m. gruodžio 30 d. – 2026 m. sausio 2 d."),
        ("pl", "25–27 listopada 2025", "30 listopada – 2 grudnia 2025", "30 grudnia 2025 – 2 stycznia 2026"),
    ],
)  # fmt: skip
def test_date_range_says_once_what_is_the_same(lang, days, months, years):
    ranges = [
        (date(2025, 11, 25), date(2025, 11, 27)), (date(2025, 11, 30), date(2025, 12, 2)), (date(2025, 12, 30), date(2026, 1, 2)),
    ]  # fmt: skip

    assert [formats.date_range(first, last, lang) for first, last in ranges] == [days, months, years]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_date_range_of_one_day_is_that_day(lang):
    assert formats.date_range(SATURDAY, SATURDAY, lang) == formats.long_date(SATURDAY, lang)


@pytest.mark.parametrize(
    ("precision", "shown"), [("day", "7 June 2025"), ("month", "June 2025"), ("year", "2025")],
)  # fmt: skip
def test_known_dates_say_no_more_than_is_known(precision, shown):
    assert formats.known_dates(SATURDAY, None, precision, "en") == shown


def test_known_dates_of_an_undated_event_are_empty():
    assert formats.known_dates(None, None, "day", "en") == ""


@pytest.mark.parametrize(
    ("lang", "helsinki", "berlin"),
    [
        ("en", "Helsinki – Eastern European Time", "Berlin – Central European Time"),
        ("sv", "Helsingfors – östeuropeisk tid", "Berlin – centraleuropeisk tid"),
        ("lv", "Helsinki – Austrumeiropas laiks", "Berlīne – Centrāleiropas laiks"),
        ("de", "Helsinki – Osteuropäische Zeit", "Berlin – Mitteleuropäische Zeit"),
        ("et", "Helsingi – Ida-Euroopa aeg", "Berliin – Kesk-Euroopa aeg"),
        ("fi", "Helsinki – Itä-Euroopan aika", "Berliini – Keski-Euroopan aika"),
        ("da", "Helsinki – Østeuropæisk tid", "Berlin – Centraleuropæisk tid"),
        ("lt", "Helsinkis – Rytų Europos laikas", "Berlynas – Vidurio Europos laikas"),
        ("pl", "Helsinki – czas wschodnioeuropejski", "Berlin – czas środkowoeuropejski"),
    ],
)
def test_zone_is_named_by_its_city_and_its_time(lang, helsinki, berlin):
    assert (formats.zone_name("Europe/Helsinki", lang), formats.zone_name("Europe/Berlin", lang)) == (helsinki, berlin)


def test_zone_without_a_city_is_named_as_it_is():
    assert formats.zone_name("UTC", "fi") == "UTC"


@pytest.mark.parametrize(
    ("lang", "evening", "night"), [("en", "18:05–20:00", "00:05"), ("fi", "18.05–20.00", "0.05"), ("sv", "18.05–20.00", "00.05"),
                                   ("pl", "18:05–20:00", "00:05")],
)  # fmt: skip
def test_clock_shows_twenty_four_hours_in_the_zone_of_the_place(lang, evening, night):
    until = datetime(2025, 6, 7, 17, 0, tzinfo=UTC)

    assert formats.clock_range(FIVE_PAST_SIX, until, HELSINKI, lang) == evening
    assert formats.clock_time(datetime(2025, 6, 7, 21, 5, tzinfo=UTC), HELSINKI, lang) == night


def test_clock_follows_both_changes_of_the_clock():
    """01:00 UTC on 30 March and 26 October 2025: the hour that is skipped, and the one that comes twice."""
    moments = [datetime(2025, 3, 30, 0, 59, tzinfo=UTC), datetime(2025, 3, 30, 1, 0, tzinfo=UTC),
               datetime(2025, 10, 26, 0, 59, tzinfo=UTC), datetime(2025, 10, 26, 1, 0, tzinfo=UTC)]  # fmt: skip

    assert [formats.clock_time(moment, HELSINKI, "en") for moment in moments] == [
        "02:59", "04:00", "03:59 (UTC+3)", "03:00 (UTC+2)",
    ]  # fmt: skip
    assert formats.time_in_words(moments[3], HELSINKI, "fi") == "klo 3.00 (UTC+2)"
    assert formats.clock_range(*moments[2:], HELSINKI, "sv") == "03.59 (UTC+3)–03.00 (UTC+2)"


@pytest.mark.parametrize(
    ("hours", "lang", "expected"),
    [
        (2, "en", "18:05–20:05"), (10, "en", "18:05–04:05"), (14, "en", "18:05 – 8 June, 08:05"),
        (14, "lt", "18:05 – birželio 8 d., 08:05"), (14, "da", "18.05 – 8. juni, 08.05"), (95, "de", "18:05 – 11. Juni, 17:05"),
        (24 * 300, "pl", "18:05 – 3 kwietnia 2026, 18:05"),
    ],
)  # fmt: skip
def test_end_is_said_with_its_day_when_it_is_not_the_same_night(hours, lang, expected):
    assert formats.clock_range(FIVE_PAST_SIX, FIVE_PAST_SIX + timedelta(hours=hours), HELSINKI, lang) == expected


@pytest.mark.parametrize(
    ("zone", "expected"), [("America/St_Johns", "UTC−2:30"), ("Asia/Kathmandu", "UTC+5:45"), ("UTC", "UTC+0")]
)
def test_offset_is_said_from_utc(zone, expected):
    assert formats.offset_of(FIVE_PAST_SIX, ZoneInfo(zone)) == expected


def test_language_names_are_given_in_the_readers_language():
    assert [formats.language_name("lv", lang) for lang in ("de", "fi", "lv")] == ["Lettisch", "latvia", "latviešu"]
    assert formats.language_name("xx-unknown", "de") == "xx-unknown"
