"""The holder's own pages: change, see, download and erase a registration; plain forms, with no script."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.audit.models import GUEST
from app.core import clock
from app.core.db import db, write_tx
from app.events.models import Event
from app.i18n.languages import LANGUAGES
from app.registration import codes, editing, service
from app.registration.models import Registration
from app.registration.seats import put_settings
from tests import html
from tests.conftest import OWN
from tests.factories import make_event
from tests.registration.registrations import ask, confirmed, open_registration, signed_up
from tests.transactions import do


def held(app: Flask, event: Event | None = None, party_size: int = 1, **fields: Any) -> str:
    """The address of the holder's page of a new registration, in English."""
    with app.app_context():
        made = signed_up(event or open_registration(), party_size, **({"language": "en"} | fields))
        return f"/en/tickets/{codes.link_secret(made.id)}/"


def stored(app: Flask) -> Registration:
    """The oldest registration."""
    with app.app_context():
        return db.session.scalars(select(Registration).order_by(Registration.created_at)).first()  # type: ignore[return-value]


def change(client: FlaskClient, place: str, **fields: Any) -> Any:
    """The plain form of somebody alone with these fields changed."""
    values = {"name": "Jānis Bērziņš", "email": "", "party_size": "1", "companions": "", "language": "en"}
    return client.post(f"{place}edit", data=values | fields, headers=OWN)


# The ticket's page


def test_ticket_leads_to_all_that_its_holder_may_do(app: Flask, client: FlaskClient, noon: datetime) -> None:
    place = held(app)
    page = client.get(place).text
    with clock.travelled_to(noon + timedelta(days=3)):
        after = client.get(place).text

    assert [link for link in ("edit", "cancel", "data") if f'href="{place}{link}"' not in page] == []
    assert [link for link in ("edit", "cancel", "data") if f'href="{place}{link}"' in after] == ["data"]


def queued(page: TestResponse) -> list[str]:
    """What the page says of a place in the queue."""
    return [line for line in html.texts(page, "main p") if "queue" in line]


def test_ticket_of_one_that_waits_says_its_place_in_the_queue(app: Flask, client: FlaskClient, noon: datetime) -> None:
    with app.app_context():
        event = open_registration(capacity=1)
        seated = signed_up(event).id
    places = [held(app, event) for _ in range(3)]
    before = [queued(client.get(place)) for place in places]
    with app.app_context():
        do(service.cancel, seated, GUEST)
    after = [queued(client.get(place)) for place in places]

    first, second, third = ([f"Your place in the queue: {number}"] for number in (1, 2, 3))
    assert (before, after) == ([first, second, third], [[], first, second])


def test_ticket_asks_for_the_button_until_the_address_is_confirmed(app: Flask, client: FlaskClient, noon: datetime) -> None:
    place = held(app, email="ieva@example.org")
    before = html.said(client.get(place))
    with app.app_context():
        confirmed(db.session.scalars(select(Event)).one(), stored(app))

    assert "We have sent an e-mail to ieva@example.org. Please open the link in it and press the button there" in before
    assert "We have sent an e-mail" not in html.said(client.get(place))


def test_ticket_shows_neither_needs_nor_answers_nor_companions(app: Flask, client: FlaskClient, noon: datetime) -> None:
    with app.app_context():
        event = open_registration()
        question = ask(event, "note", "text", labels={"en": "Anything else?"})
    place = held(app, event, 2, companions="Aino Mäkelä", needs=("wheelchair",), tell_door=True, answers={question.id: "By boat"})
    page = client.get(place).text

    assert [word for word in ("Aino", "wheelchair", "By boat", "Anything else") if word in page] == []


# Changing


def test_edit_shows_what_is_stored(app: Flask, client: FlaskClient, noon: datetime) -> None:
    with app.app_context():
        event = open_registration()
        how, note = ask(event), ask(event, "note", "text", labels={"en": "Anything else?"}, position=1)
    place = held(
        app, event, 3, name='Ieva "K"', email="ieva@example.org", companions="Aino\nEino", needs=("vegan",), tell_door=True,
        answers={how.id: "coach", note.id: "Hello"}, language="lv",
    )  # fmt: skip
    answer = client.get(f"{place}edit")

    assert (answer.status_code, answer.headers["Cache-Control"], answer.headers["Referrer-Policy"]) == (
        200, "no-store", "strict-origin",
    )  # fmt: skip
    assert html.attributes(answer, "#name, #email, #q-note", "value") == ['Ieva "K"', "ieva@example.org", "Hello"]
    assert html.one(answer, "textarea").text.strip() == "Aino\nEino"
    assert html.chosen(answer) == ["3", "lv", "vegan", "yes", "coach"]


def test_edit_sent_plainly_changes_and_leads_back(app: Flask, client: FlaskClient, noon: datetime) -> None:
    place = held(app)
    answer = change(client, place, name="Ieva Ozola", party_size="2", language="et")
    made, page = stored(app), html.said(client.get(answer.headers["Location"]))

    assert (answer.status_code, answer.headers["Location"]) == (303, f"{place}?saved=yes")
    assert (made.name, made.party_size, made.language) == ("Ieva Ozola", 2, "et")
    assert "Your changes are saved." in page
    assert "Your changes are saved." not in html.said(client.get(place))


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"name": ""}, ["name"]),
        ({"party_size": "9"}, ["party_size"]),
        ({"email": "x"}, ["email"]),
        ({"language": "ru"}, ["language"]),
        ({"party_size": "3", "companions": "Aino"}, ["companions"]),
        ({"companions": "Aino"}, ["companions"]),
        ({"name": "", "email": "x", "language": ""}, ["name", "language", "email"]),
    ],
)
def test_edit_with_bad_input_changes_nothing_and_keeps_what_was_typed(
    app: Flask, client: FlaskClient, noon: datetime, fields: dict[str, str], wrong: list[str]
) -> None:
    place = held(app)
    answer = change(client, place, **({"name": "Somebody Else"} | fields))

    assert (answer.status_code, html.errors(answer), stored(app).name) == (422, wrong, "Jānis Bērziņš")
    assert all(f'value="{fields[name]}"' in answer.text for name in ("name", "email") if name in fields)
    assert "Aino" in answer.text or "companions" not in fields


def test_edit_of_named_companions_follows_the_names(app: Flask, client: FlaskClient, noon: datetime) -> None:
    place = held(app, party_size=3, companions="Aino\nEino")
    change(client, place, party_size="3", companions="Aino")
    fewer = stored(app)
    change(client, place, party_size="2", companions="Aino\nEino\nOlga")
    more = stored(app)
    change(client, place, party_size="4", companions="")

    assert [(one.party_size, one.companions) for one in (fewer, more, stored(app))] == [
        (2, "Aino"), (4, "Aino\nEino\nOlga"), (4, ""),
    ]  # fmt: skip


def test_edit_to_a_larger_party_without_seats_says_so(app: Flask, client: FlaskClient, noon: datetime) -> None:
    with app.app_context():
        event = open_registration(capacity=2)
        signed_up(event)
    place = held(app, event, name="Anna")
    answer = change(client, place, name="Anna B", party_size="2")

    assert (answer.status_code, html.errors(answer)) == (422, ["party_size"])
    assert "There are no free seats for a larger party, so nothing was changed." in html.said(answer)
    with app.app_context():
        assert db.session.scalars(select(Registration.name).where(Registration.name.like("Anna%"))).all() == ["Anna"]


def test_edit_keeps_a_size_that_is_not_offered_any_more(app: Flask, client: FlaskClient, noon: datetime) -> None:
    with app.app_context():
        event = open_registration()
    place = held(app, event, 5)
    with app.app_context(), write_tx() as session:
        put_settings(session, event.id, party_max=2)

    assert html.attributes(client.get(f"{place}edit"), "#party_size option", "value") == ["1", "2", "3", "4", "5"]
    assert change(client, place, party_size="5", name="Anna").status_code == 303


def test_edit_of_a_pending_one_needs_an_address(app: Flask, client: FlaskClient, noon: datetime) -> None:
    with app.app_context():
        event = open_registration(confirm_first=True)
    place = held(app, event, email="ieva@example.org")

    assert html.errors(change(client, place)) == ["email"]
    assert change(client, place, email="other@example.org").status_code == 303


def test_edit_is_closed_in_words_when_cancelled_or_over(app: Flask, client: FlaskClient, noon: datetime) -> None:
    place = held(app)
    with clock.travelled_to(noon + timedelta(days=3)):
        over = client.get(f"{place}edit"), change(client, place, name="Anna")
    client.post(f"{place}cancel", headers=OWN)
    cancelled = client.get(f"{place}edit"), change(client, place, name="Anna")

    assert [page.status_code for page in (*over, *cancelled)] == [200, 409, 200, 409]
    assert all("This event is over." in html.said(page) for page in over)
    assert all("Your registration is cancelled." in html.said(page) for page in cancelled)
    assert (html.every(over[0], "main form"), stored(app).name) == ([], "Jānis Bērziņš")


def test_too_many_new_addresses_keep_what_was_typed(
    app: Flask, client: FlaskClient, noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(editing, "MOST_ADDRESSES", 1)
    place = held(app)
    answers = [change(client, place, email=f"{number}@example.org") for number in range(2)]

    assert ([answer.status_code for answer in answers], stored(app).email) == ([303, 429], "0@example.org")
    assert 'value="1@example.org"' in answers[1].text
    assert "Too many forms have come from your network" in html.said(answers[1])


# Own data


def test_data_says_in_words_all_that_is_stored(app: Flask, client: FlaskClient, noon: datetime) -> None:
    with app.app_context():
        event = open_registration()
        how = ask(event)
    place = held(
        app, event, 2, name="Ieva Kļaviņa", email="ieva@example.org", companions="Aino Mäkelä", needs=("wheelchair", "no_nuts"),
        tell_door=True, answers={how.id: "car"},
    )  # fmt: skip
    change(
        client, place, name="Ieva Kļaviņa", email="ieva@example.org", party_size="2", companions="Aino Ozola",
        needs=["wheelchair", "no_nuts"], tell_door="yes", **{"q-how": "car"},
    )  # fmt: skip
    answer = client.get(f"{place}data")
    words = html.said(answer)
    wanted = (
        "Ieva Kļaviņa", "Aino Ozola", "ieva@example.org", "Not confirmed yet.", "English", "Confirmed", "How do you come?", "By car",
        "Space for a wheelchair", "No nuts", "The helpers at the door are told.", "Deleted on: 19 June 2026",
        "Deleted on: 16 July 2026", "Scans of your ticket None yet.", "E-mails to you", "Not sent yet", "Recorded changes",
        "Changed", "Deleted after 90 days.",
    )  # fmt: skip

    assert [text for text in wanted if text not in words] == []
    assert (answer.headers["Cache-Control"], answer.headers["X-Robots-Tag"]) == ("no-store", "noindex")


def test_data_of_somebody_who_said_little_has_no_empty_parts(app: Flask, client: FlaskClient, noon: datetime) -> None:
    words = html.said(client.get(f"{held(app)}data").text)

    assert [part for part in ("What you need", "E-mails to you", "Recorded changes", "Names of those") if part in words] == []
    assert "E-mail address None" in words


def test_data_of_an_event_without_a_date_says_when_it_is_deleted(app: Flask, client: FlaskClient, noon: datetime) -> None:
    with app.app_context():
        event = open_registration(make_event(starts_on=None, ends_on=None))

    assert "Deleted 30 days after the event, once its date is known." in html.said(client.get(f"{held(app, event)}data").text)


def test_data_downloads_as_a_file(app: Flask, client: FlaskClient, noon: datetime) -> None:
    place = held(app, name="Ieva Kļaviņa", needs=("vegan",))
    answer = client.get(f"{place}data.json")
    data = json.loads(answer.text)

    assert (answer.mimetype, answer.headers["Cache-Control"]) == ("application/json", "no-store")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="kaskinen-2026-my-data.json"'
    assert (data["registration"]["name"], data["registration"]["needs"]) == ("Ieva Kļaviņa", ["vegan"])
    assert place.split("/")[3] not in answer.text


def test_erasing_asks_first_then_leaves_a_calm_page_without_a_secret(app: Flask, client: FlaskClient, noon: datetime) -> None:
    place = held(app, name="Ieva Kļaviņa", email="ieva@example.org")
    secret = place.split("/")[3]
    question = client.get(f"{place}erase")
    untouched = stored(app).name
    answer = client.post(f"{place}erase", headers=OWN)
    page = client.get(answer.headers["Location"])

    assert "Your registration is cancelled, and your seats are given to others." in html.said(question)
    assert (untouched, stored(app).name, stored(app).status) == ("Ieva Kļaviņa", "", "cancelled")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/en/events/kaskinen-2026/erased")
    assert "Your name, the names of those with you, your e-mail address, your needs and your answers are deleted." in html.said(
        page.text
    )
    assert secret not in page.text
    for path in ("", "edit", "cancel", "data", "data.json", "erase", "picture.png", "event.ics"):
        assert client.get(f"{place}{path}").status_code == 404
    assert client.post(f"{place}erase", headers=OWN).status_code == 404


def test_erasing_after_the_event_does_not_speak_of_seats(app: Flask, client: FlaskClient, noon: datetime) -> None:
    place = held(app)
    with clock.travelled_to(noon + timedelta(days=3)):
        words = html.said(client.get(f"{place}erase"))
        client.post(f"{place}erase", headers=OWN)

    assert "your seats are given to others" not in words
    assert (stored(app).status, stored(app).name) == ("confirmed", "")


# Alike for all of them


@pytest.mark.parametrize("path", ["edit", "data", "data.json", "erase"])
@pytest.mark.parametrize("secret", ["0" * 26, "x", "ą" * 30, "7" * 3000])
def test_a_link_that_opens_nothing_is_not_found(client: FlaskClient, path: str, secret: str) -> None:
    answers = [client.get(f"/en/tickets/{secret}/{path}")]
    if path in {"edit", "erase"}:
        answers.append(client.post(f"/en/tickets/{secret}/{path}", headers=OWN))

    assert {answer.status_code for answer in answers} == {404}
    assert all("There is no ticket at this address." in html.said(answer) for answer in answers)


@pytest.mark.parametrize("path", ["edit", "erase", "cancel"])
def test_a_form_from_another_site_changes_nothing(app: Flask, client: FlaskClient, noon: datetime, path: str) -> None:
    place = held(app)
    answer = client.post(f"{place}{path}", data={"name": "Anna"}, headers={"Sec-Fetch-Site": "cross-site"})

    assert (answer.status_code, stored(app).name, stored(app).status) == (403, "Jānis Bērziņš", "confirmed")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_pages_speak_nine_languages(app: Flask, client: FlaskClient, noon: datetime, lang: str) -> None:
    place = held(app).replace("/en/", f"/{lang}/")
    pages = [client.get(f"{place}{path}") for path in ("edit", "data", "erase")]
    pages += [client.get(f"/{lang}/events/kaskinen-2026/{path}") for path in ("register", "lost", "erased")]

    assert [(page.status_code, page.headers["Content-Language"]) for page in pages] == [(200, lang)] * 6


def test_reading_the_pages_writes_nothing(app: Flask, client: FlaskClient, noon: datetime, queries: list[str]) -> None:
    place = held(app, email="ieva@example.org", needs=("vegan",))
    with app.app_context():
        mail = codes.mail_secret(stored(app).id, "ieva@example.org")
    queries.clear()
    for path in ("", "edit", "cancel", "data", "data.json", "erase"):
        client.get(f"{place}{path}")
    for path in (f"/en/confirm/{mail}/", "/en/events/kaskinen-2026/lost", "/en/events/kaskinen-2026/register"):
        assert client.get(path).status_code == 200

    assert [sent for sent in queries if not sent.startswith(("SELECT", "BEGIN"))] == []
    assert stored(app).email_confirmed_at is None


def test_dates_are_those_of_the_event(app: Flask, client: FlaskClient, noon: datetime) -> None:
    with app.app_context():
        event = open_registration(make_event(ends_on=date(2026, 6, 18)))
    words = html.said(client.get(f"{held(app, event, needs=('vegan',))}data").text)

    assert ("Deleted on: 21 June 2026" in words, "Deleted on: 18 July 2026" in words) == (True, True)
