"""The demo's data as it stands in the project: complete, and in the languages it promises."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from app.agenda.models import Interpretation, ItemKind, ItemStatus
from app.demo import data
from app.events.models import Access, EventKind
from app.i18n.languages import LANGUAGES
from app.registration.models import QuestionKind

pytestmark = pytest.mark.once

NINE = ("kaskinen-2025-ceremony", "kaskinen-today", "kiel-2024-exchange", "varde-2025-forum", "visit-today")
ROWS = {
    "gdansk-2024-info": 1, "helsingborg-2025-network": 2, "jakobstad-2024-ceremony": 5, "jakobstad-2024-forum": 7,
    "kaskinen-2025-ceremony": 7, "kaskinen-2025-tuesdays": 8, "kaskinen-2025-woodenhouse": 0, "kiel-2024-ceremony": 5,
    "kiel-2024-conference": 0, "kiel-2024-exchange": 7, "online-2026-titleyear": 0, "peipsiaare-2025-hackathon": 4,
    "plock-2025-network": 3, "rujiena-2024-04-27": 0, "rujiena-2024-05-04": 0, "rujiena-2024-05-31": 0,
    "rujiena-2024-08-23": 0, "rujiena-2024-09-27": 0, "rujiena-2024-ceremony": 0, "schleswig-2026-kulturkonferenz": 7,
    "smiltene-2025-ceremony": 2, "svendborg-2024-ceremony": 3, "varde-2025-forum": 16, "warsaw-2024-info": 0,
}  # fmt: skip
EVENTS = {record.slug: record for record in data.events()}
WRITTEN = {lang: json.loads((data.FOLDER / "texts" / f"{lang}.json").read_text("utf-8")) for lang in LANGUAGES}


def test_events_are_the_programmes_own_with_every_row() -> None:
    found = {slug: len(record.items) for slug, record in EVENTS.items() if not record.live}

    assert found == ROWS
    assert (len(found), sum(found.values())) == (24, 77)


def test_events_keep_their_sources() -> None:
    assert [slug for slug, record in EVENTS.items() if not record.live and not record.fields["sources"]] == []


def test_nine_languages_are_given_in_five_events() -> None:
    assert tuple(slug for slug, record in EVENTS.items() if record.languages == LANGUAGES) == NINE


def test_events_of_a_bilingual_town_speak_both_its_languages() -> None:
    towns = {place.slug: {lang for kind, lang, _ in place.names if kind == "official"} for place in data.places()}
    bilingual = {slug: towns[record.place] for slug, record in EVENTS.items() if record.place and len(towns[record.place]) > 1}
    lacking = [
        (slug, key, lang)
        for slug, languages in bilingual.items()
        for key in data.keys(EVENTS[slug])
        for lang in languages
        if not data.is_name(key) and not WRITTEN[lang].get(key, "").strip()
    ]

    assert {EVENTS[slug].place for slug in bilingual} == {"jakobstad", "kaskinen"}
    assert [slug for slug, languages in bilingual.items() if not languages <= set(EVENTS[slug].languages)] == []
    assert lacking == []


@pytest.mark.parametrize("slug", EVENTS)
def test_texts_are_given_in_the_languages_of_the_event(slug: str) -> None:
    record = EVENTS[slug]

    missing = [
        (key, lang)
        for key in data.keys(record)
        for lang in record.languages
        if not data.wording(key, record.languages).get(lang, "").strip()
    ]

    assert missing == []


def test_texts_have_no_placeholders_markup_or_stray_spaces() -> None:
    odd = re.compile(r"[%{}<>\u00ad]|TODO|^\s|\s$|  | \n|\n ")

    assert [(lang, key) for lang, texts in WRITTEN.items() for key, text in texts.items() if odd.search(text)] == []


def test_texts_have_the_same_number_of_lines_in_every_language() -> None:
    english = WRITTEN["en"]

    differing = [
        (lang, key)
        for lang, texts in WRITTEN.items()
        for key, text in texts.items()
        if text.count("\n") != english[key].count("\n")
    ]

    assert differing == []


def test_texts_are_all_used() -> None:
    used = {key for record in EVENTS.values() for key in data.keys(record)}

    assert set(WRITTEN["en"]) | {key for key in used if data.is_name(key)} == used
    assert [lang for lang, texts in WRITTEN.items() if not texts.keys() <= used] == []


@pytest.mark.parametrize("slug", EVENTS)
def test_events_use_only_known_kinds_and_references(slug: str) -> None:
    record = EVENTS[slug]

    assert record.fields["kind"] in set(EventKind)
    for row in record.items:
        assert row["kind"] in set(ItemKind)
        assert row.get("status", "scheduled") in set(ItemStatus)
        assert row.get("access", "public") in set(Access)
        assert {one["kind"] for one in row.get("interpretations", ())} <= set(Interpretation)
        assert {key for key, _ in row.get("people", ())} <= {person["key"] for person in record.people}
        assert {row[name] for name in ("venue", "old_venue") if name in row} <= set(record.venues)
    assert [row["number"] for row in record.items] == list(range(1, len(record.items) + 1))


@pytest.mark.parametrize("slug", EVENTS)
def test_lists_and_questions_use_only_known_kinds_and_rows(slug: str) -> None:
    record = EVENTS[slug]

    assert {row.get("kind", "event") for row in record.lists} <= {"event", "day", "item", "coach"}
    assert {row["item"] for row in record.lists if row.get("kind") == "item"} <= {row["number"] for row in record.items}
    assert [row["slug"] for row in record.lists if ("item" in row) != (row.get("kind") == "item")] == []
    assert {row["kind"] for row in record.questions} <= set(QuestionKind)
    assert [row["key"] for row in record.questions if bool(row.get("options")) != (row["kind"] == "choice")] == []


def test_kaskinens_published_ends_are_left_out_because_they_were_derived() -> None:
    assert [row.get("end") for row in EVENTS["kaskinen-2025-ceremony"].items] == [None] * 7


def test_live_events_show_what_an_agenda_can_say() -> None:
    evening, visit = EVENTS["kaskinen-today"].items, EVENTS["visit-today"].items

    assert [row["number"] for row in evening if row.get("status") == "cancelled" and "reason" in row["texts"]] == [7]
    assert [row["number"] for row in evening if "old_start" in row] == [6]
    assert [row["number"] for row in evening if "old_venue" in row] == [5]
    assert Counter(row["kind"] for row in visit)["transfer"] == 5
    assert [row["number"] for row in visit if row.get("parallel") == "A"] == [8, 9, 10]
    assert {key for row in visit for key in row["texts"]} >= {"meeting_point", "dress_code", "note", "when"}
    assert {one["kind"] for row in visit for one in row.get("interpretations", ())} == {"interpreter", "sign", "subtitles"}


def test_places_are_forty_two_with_fourteen_titles() -> None:
    roles = Counter(role for place in data.places() for _, role in place.years)

    assert len(data.places()) == 42
    assert roles == {"candidate": 44, "title_holder": 14, "applicant": 3, "partner": 1}


def test_places_hide_historical_names_and_know_official_pairs() -> None:
    names = {place.slug: place.names for place in data.places()}

    assert names["jakobstad"][:2] == (("official", "sv", "Jakobstad"), ("official", "fi", "Pietarsaari"))
    assert ("historical", "de", "Stolp") in names["slupsk"]
    assert ("historical", "de", "Marienburg") in names["malbork"]
    assert ("ascii", "pl", "KOBLYNICA") in names["kobylnica"]
    assert ("exonym", "en", "Alytus District Municipality") in names["alytus-district"]
    assert ("ascii", "en", "Rujiena") in names["rujiena"]


def test_moment_counts_hours_past_midnight_and_knows_summer_time() -> None:
    zone = ZoneInfo("Europe/Helsinki")
    night = data.moment(date(2025, 6, 16), "25:30", zone)

    assert night.isoformat() == "2025-06-16T22:30:00+00:00"
