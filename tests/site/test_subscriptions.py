"""How to follow a calendar: the addresses that lead there, with the filter of the events page."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from icalendar import Calendar

from app.site.subscription_routes import addresses
from tests.factories import make_event, make_item, make_place, minutes


def test_addresses_lead_to_the_calendar_and_keep_its_filter() -> None:
    found = addresses("https://pearls.test/lv/calendar.ics?country=LV&q=Līgo", "Pērles & svētki")

    assert found.webcal == "webcal://pearls.test/lv/calendar.ics?country=LV&q=Līgo"
    assert parse_qs(urlsplit(found.google).query) == {"cid": [found.webcal]}
    for address, host in ((found.outlook, "outlook.live.com"), (found.office, "outlook.office.com")):
        assert (urlsplit(address).hostname, parse_qs(urlsplit(address).query)) == (
            host, {"url": [found.file], "name": ["Pērles & svētki"]},
        )  # fmt: skip


@pytest.mark.parametrize(
    ("page", "file", "count"),
    [
        ("/en/events/feast-2026/subscribe", "/en/events/feast-2026/agenda.ics", 1),
        ("/en/towns/kaskinen/subscribe", "/en/towns/kaskinen/calendar.ics", 1),
        ("/en/subscribe?kind=forum", "/en/calendar.ics?kind=forum", 1),
        ("/en/subscribe", "/en/calendar.ics", 2),
    ],
)  # fmt: skip
def test_page_names_the_calendar_that_it_belongs_to(
    client: FlaskClient, database: None, noon: datetime, page: str, file: str, count: int
) -> None:
    make_item(make_event("feast-2026", place=make_place("kaskinen")), starts_at=noon + minutes(60))
    make_event("forum-2026", kind="forum")
    answer = client.get(page)

    assert f'value="https://pearls.test{file}"' in answer.text
    assert f'href="webcal://pearls.test{file}"' in answer.text
    assert len(Calendar.from_ical(client.get(file).data).walk("VEVENT")) == count


@pytest.mark.parametrize("page", ["/en/events/none/subscribe", "/en/towns/none/subscribe"])
def test_calendar_of_nothing_is_not_found(client: FlaskClient, database: None, page: str) -> None:
    assert client.get(page).status_code == 404


@pytest.mark.parametrize(
    ("page", "target"),
    [
        ("/en/events/feast-2026/", "/en/events/feast-2026/subscribe"),
        ("/en/towns/kaskinen/", "/en/towns/kaskinen/subscribe"),
        ("/en/events/?country=FI&q=feast", "/en/subscribe?q=feast&amp;country=FI"),
    ],
)
def test_pages_lead_there(client: FlaskClient, database: None, page: str, target: str) -> None:
    make_event("feast-2026", title="Feast", place=make_place("kaskinen"), country="FI")

    assert f'href="{target}"' in client.get(page).text


@pytest.mark.parametrize(
    ("lang", "words"),
    [("en", "Add to Google Calendar"), ("de", "Zu Google Kalender hinzufügen"), ("pl", "Dodaj do Kalendarza Google")],
)
def test_the_button_says_what_it_does(client: FlaskClient, database: None, lang: str, words: str) -> None:
    make_event("feast-2026")

    assert f'rel="noreferrer">{words}</a>' in client.get(f"/{lang}/events/feast-2026/subscribe").text
