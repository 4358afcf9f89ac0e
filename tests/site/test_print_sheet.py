"""The printed sheet: what stands on it in one language and in two, and in every state of an event."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from app.core.db import write_tx
from app.events.models import Event, EventDay
from app.events.service import touch
from app.i18n import texts
from app.i18n.languages import LANGUAGES
from app.site import print_sheet
from tests import html
from tests.conftest import NOON
from tests.factories import make_event, make_item, make_place, minutes

PRINT = "/events/kaskinen-2026/print"
TITLES = {"en": "Folk festival", "fi": "Kansanjuhla", "sv": "Folkfest"}


@pytest.fixture
def festival(app, client, noon):
    """Two rows in two languages, a third that only Finnish has."""
    with app.app_context():
        event = make_event(title=TITLES, place=make_place(), contact="Town hall, 06 123")
        make_item(event, 1, {"en": "Welcome", "fi": "Tervetuloa", "sv": "Välkomna"}, starts_at=NOON, ends_at=NOON + minutes(30))
        make_item(
            event, 2, {"en": "Boat trip", "fi": "Veneretki", "sv": "Båttur"}, starts_at=NOON + minutes(60), status="cancelled"
        )
        make_item(event, 3, {"fi": "Kahvit"}, starts_at=NOON + minutes(90), access="registered")
    return client


def sheet(page):
    """What is printed."""
    return html.markup(page, "article")


def rows(page):
    """Each row's cells as text."""
    return [[cell.replace(" – ", "–") for cell in html.texts(row, "td")] for row in html.every(page, "tr.paper__row")]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_sheet_answers_in_every_language(festival, lang):
    answer = festival.get(f"/{lang}{PRINT}?with={'sv' if lang != 'sv' else 'fi'}&size=large")

    assert (answer.status_code, answer.headers["Content-Language"]) == (200, lang)
    assert sheet(answer.text).count("<h1>") == 1


def test_sheet_holds_rows_date_zone_contact_and_its_own_version(festival):
    page = sheet(festival.get(f"/en{PRINT}").text)

    assert rows(page)[0] == ["15:00–15:30", "Welcome"]
    assert rows(page)[1] == ["16:00", "Boat trip Cancelled"]
    for said in ("Folk festival", "16 June 2026", "Time zone: Helsinki", "Town hall, 06 123", "Emergency: call 112"):
        assert said in html.words(page)
    assert "As of: 16 June 2026, 15:00" in html.words(page)


def test_sheet_leads_to_the_short_address_by_code_and_letters(festival):
    page = sheet(festival.get(f"/en{PRINT}").text)

    assert html.texts(page, "p.paper__address") == ["pearls.test/e/kaskinen-2026"]
    assert 'role="img"' in page
    assert festival.get("/e/kaskinen-2026").status_code == 302


def test_two_languages_stand_side_by_side_with_the_time_once(festival):
    page = sheet(festival.get(f"/fi{PRINT}?with=sv").text)

    assert rows(page)[0] == ["15.00–15.30", "Tervetuloa", "Välkomna"]
    assert '<td lang="sv">' in page
    assert html.texts(page, "h1, h2") == ["Kansanjuhla", "Folkfest"]


def test_missing_translation_is_told_and_not_doubled(festival):
    behind = rows(sheet(festival.get(f"/fi{PRINT}?with=sv").text))[2]
    before = rows(sheet(festival.get(f"/sv{PRINT}?with=fi").text))[2]

    assert [cell.count("Kahvit") for cell in behind] == [0, 1, 0]
    assert [cell.count("Kahvit") for cell in before] == [0, 0, 1]


def test_text_that_neither_language_has_is_borrowed_once_in_its_own(festival):
    page = sheet(festival.get(f"/en{PRINT}?with=sv").text)

    assert page.count("Kahvit") == 1
    assert '<span lang="fi" data-borrowed>Kahvit</span>' in page


@pytest.mark.parametrize("query", ["?with=xx", "?with=en", "?size=huge", "?with=&size=", "?with=<b>&size=normal"])
def test_unknown_choices_are_as_if_not_made(festival, query):
    assert sheet(festival.get(f"/en{PRINT}{query}").text) == sheet(festival.get(f"/en{PRINT}").text)


def test_choices_are_kept_in_the_form_and_by_the_language_switch(festival):
    page = festival.get(f"/en{PRINT}?with=pl&size=large").text

    assert html.chosen(page) == ["pl", "large"]
    assert f'href="/fi{PRINT}?with=pl&amp;size=large"' in page


def test_sheet_reads_no_cookie_and_is_made_anew_after_a_change(app, festival):
    first = festival.get(f"/en{PRINT}", headers={"Cookie": "lang=fi"})
    with app.app_context(), write_tx() as session:
        touch(session, session.query(Event).one())

    assert "Set-Cookie" not in first.headers
    assert first.headers["Cache-Control"] == "public, no-cache"
    assert festival.get(f"/en{PRINT}", headers={"If-None-Match": first.headers["ETag"]}).status_code == 200


@pytest.mark.parametrize("query", ["", "?with=sv"])
def test_number_of_queries_does_not_depend_on_rows(app, client, queries, noon, query):
    counts = []
    for slug, number in (("one", 1), ("three", 3)):
        with app.app_context():
            event = make_event(slug, place=None)
            for position in range(1, number + 1):
                make_item(event, position, starts_at=NOON + minutes(position))
        queries.clear()
        client.get(f"/en/events/{slug}/print{query}")
        counts.append(len(queries))

    assert counts[0] == counts[1] > 0


@pytest.mark.parametrize(
    ("status", "sentence", "after"),
    [
        ("cancelled", "This event is cancelled.", ""), ("moved_online", "This event takes place online.", ""),
        ("postponed", "This event is postponed.", " The date and the times that were announced no longer hold."),
    ],
)  # fmt: skip
def test_state_of_the_event_stands_in_a_frame_with_its_reason(app, client, noon, status, sentence, after):
    with app.app_context():
        event = make_event(status=status)
        with write_tx() as session:
            texts.put(session, event.id, event.id, "event.reason", {"en": "The ice is too thin."}, "en")
    framed = html.words(client.get(f"/en{PRINT}"), "article div.paper__status")

    assert framed == f"{sentence} Reason: The ice is too thin.{after}"


def test_day_that_is_called_off_says_so_and_strikes_its_rows(app, client, noon):
    with app.app_context():
        event = make_event()
        make_item(event, 1, starts_at=NOON)
        with write_tx() as session:
            session.add(EventDay(event_id=event.id, on=NOON.date(), status="cancelled"))
    page = sheet(client.get(f"/en{PRINT}").text)

    assert html.words(page, "span.paper__status") == "This whole day is cancelled."
    assert rows(page) == [["15:00", "Welcome Cancelled"]]


def test_event_without_date_and_rows_prints_sensibly(app, client, noon):
    with app.app_context():
        make_event(starts_on=None, ends_on=None)
    page = html.words(sheet(client.get(f"/en{PRINT}").text))

    assert "The date has not been announced yet." in page
    assert "The agenda has not been published yet." in page


def test_rows_without_day_or_time_say_so(app, client, noon):
    with app.app_context():
        make_item(make_event(starts_on=None, ends_on=None))
    page, beside = (sheet(client.get(f"/en{PRINT}{query}").text) for query in ("", "?with=sv"))

    assert rows(page) == [["Time to be announced", "Welcome"]]
    assert [row[0] for row in rows(beside)] == ["–"]
    assert "Day to be announced" in html.words(page)


def test_words_for_a_time_stand_in_the_column_of_times(app, client, noon):
    with app.app_context():
        event = make_event(title={"en": "Festival", "fi": "Juhla"})
        for number, start in ((1, None), (2, NOON)):
            item = make_item(event, number, {"en": "Food", "fi": "Ruoka"}, starts_at=start)
            with write_tx() as session:
                texts.put(session, event.id, item.id, "item.when", {"en": "All evening", "fi": "Koko illan"}, "en")
    page, beside = (sheet(client.get(f"/en{PRINT}{query}").text) for query in ("", "?with=fi"))

    assert rows(page) == [["All evening", "Food"], ["15:00 All evening", "Food"]]
    assert rows(beside) == [["All evening Koko illan", "Food", "Ruoka"], ["15:00 All evening Koko illan", "Food", "Ruoka"]]


def test_unknown_event_is_not_found(client):
    assert client.get("/en/events/nowhere/print").status_code == 404


def test_event_page_leads_to_the_sheet(festival):
    assert f'href="/en{PRINT}"' in festival.get("/en/events/kaskinen-2026/").text


def filled(number, days=1):
    """An event with so many rows, spread over days."""
    event = make_event(ends_on=NOON.date() + timedelta(days=days - 1))
    for position in range(number):
        day: date = NOON.date() + timedelta(days=position * days // number)
        make_item(
            event, position + 1, f"A row of the programme, number {position + 1}", on=day, starts_at=NOON + minutes(position)
        )
    return event


def test_type_shrinks_with_the_number_of_rows_before_a_second_sheet_is_taken(database, noon):
    fitted = []
    for number in (5, 30, 60):
        with write_tx() as session:
            for old in session.query(Event):
                session.delete(old)
        fitted.append(print_sheet.sheet_of(filled(number), "en"))

    assert [one.pages for one in fitted] == [1, 1, 2]
    assert fitted[0].points == 13 > fitted[1].points


def test_long_visit_takes_two_sheets_rather_than_small_type(database, noon):
    short = print_sheet.sheet_of(filled(34), "en")
    with write_tx() as session:
        session.delete(session.merge(short.agenda.event))
    long = print_sheet.sheet_of(filled(34, days=3), "en")

    assert (short.pages, long.pages) == (1, 2)
    assert long.points > short.points
