"""The form, the ticket and the printed code as a browser meets them."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.core import clock
from app.core.db import db, write_tx
from app.events.models import Event
from app.i18n import texts
from app.i18n.languages import LANGUAGES
from app.mail.models import OutboxMail
from app.registration import codes
from app.registration.models import Registration, Ticket
from app.registration.seats import find_active_settings, is_full
from tests import html
from tests.conftest import OWN
from tests.factories import make_event, minutes
from tests.registration.registrations import REGISTER, count, filled, make_evening, open_registration, send, signed_up


def set_up(app: Flask, **fields: Any) -> None:
    with app.app_context():
        open_registration(**fields)


def last(app: Flask) -> Registration:
    with app.app_context():
        return db.session.scalars(select(Registration).order_by(Registration.created_at.desc())).first()  # type: ignore[return-value]


# The form


def test_form_is_never_kept_and_has_a_key_of_its_own(app: Flask, client: FlaskClient, noon: datetime) -> None:
    set_up(app, party_max=3)
    first, second = client.get(REGISTER), client.get(REGISTER)

    assert (first.status_code, first.headers["Cache-Control"], first.headers["Content-Language"]) == (200, "no-store", "en")
    assert html.form_key(first) != html.form_key(second)
    assert html.attributes(first, "#party_size option", "value") == ["1", "2", "3"]
    assert "Set-Cookie" not in first.headers


@pytest.mark.parametrize("lang", LANGUAGES)
def test_form_offers_the_nine_languages_and_the_page_s_own_first(
    app: Flask, client: FlaskClient, noon: datetime, lang: str
) -> None:
    set_up(app)
    page = client.get(f"/{lang}/events/kaskinen-2026/register").text

    options = [(each.get("value"), each.get("lang")) for each in html.every(page, "#language option")]
    assert options == [(code, code) for code in LANGUAGES]
    assert html.chosen(page, "#language") == [lang]


def test_form_sent_plainly_leads_to_the_ticket_in_its_language(app: Flask, client: FlaskClient, noon: datetime) -> None:
    set_up(app)
    answer = send(client, name="Žygimantas  Kazlauskas", party_size="3", language="lt", email="z@example.lt")
    made = last(app)
    with app.app_context():
        secret = codes.link_secret(made.id)

    assert (answer.status_code, answer.headers["Location"]) == (303, f"/lt/tickets/{secret}/")
    assert (made.name, made.email, made.party_size, made.language) == ("Žygimantas Kazlauskas", "z@example.lt", 3, "lt")
    with app.app_context():
        assert [(mail.kind, mail.subject_id) for mail in db.session.scalars(select(OutboxMail))] == [
            ("registration.confirm", made.id)
        ]


def test_form_from_another_site_saves_nothing(app: Flask, client: FlaskClient, noon: datetime) -> None:
    set_up(app)
    answer = client.post(REGISTER, data=filled(), headers={"Sec-Fetch-Site": "cross-site"})

    assert (answer.status_code, count(app)) == (403, 0)


def test_form_sent_twice_answers_twice_the_same(app: Flask, client: FlaskClient, noon: datetime) -> None:
    set_up(app)
    key = str(uuid.uuid4())
    answers = [send(client, form_key=key).headers["Location"] for _ in range(3)]

    assert (len(set(answers)), count(app)) == (1, 1)


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"name": ""}, ["name"]),
        ({"name": "  "}, ["name"]),
        ({"name": "…!"}, ["name"]),
        ({"name": "x" * 121}, ["name"]),
        ({"name": "x" * 200_000}, ["name"]),
        ({"name": "Anna\r\nBcc: all@example.org"}, ["name"]),
        ({"name": "Anna\x00"}, ["name"]),
        ({"name": "Anna\x1b[31m"}, ["name"]),
        ({"name": "Anna\u202egnp"}, ["name"]),
        ({"name": "Anna\u2028B"}, ["name"]),
        ({"party_size": ""}, ["party_size"]),
        ({"party_size": "0"}, ["party_size"]),
        ({"party_size": "-1"}, ["party_size"]),
        ({"party_size": "9"}, ["party_size"]),
        ({"party_size": "abc"}, ["party_size"]),
        ({"party_size": "1.5"}, ["party_size"]),
        ({"party_size": "٣"}, ["party_size"]),
        ({"party_size": "9" * 5000}, ["party_size"]),
        ({"language": "ru"}, ["language"]),
        ({"language": ""}, ["language"]),
        ({"email": "anna"}, ["email"]),
        ({"email": "anna@"}, ["email"]),
        ({"email": "anna@localhost"}, ["email"]),
        ({"email": "a@b.org, c@d.org"}, ["email"]),
        ({"email": "a@b.org\r\nBcc: c@d.org"}, ["email"]),
        ({"email": "a..b@c.org"}, ["email"]),
        ({"email": "a@" + "b" * 64 + ".org"}, ["email"]),
        ({"email": "a@" + "b." * 130 + "org"}, ["email"]),
        ({"email": "a@b.org\x00"}, ["email"]),
        ({"name": "", "email": "x", "party_size": "0", "language": "xx"}, ["name", "party_size", "language", "email"]),
    ],
)
def test_bad_input_is_said_at_its_field_and_saves_nothing(
    app: Flask, client: FlaskClient, noon: datetime, fields: dict[str, str], wrong: list[str]
) -> None:
    set_up(app, party_max=8)
    answer = send(client, **fields)

    assert (answer.status_code, html.errors(answer), count(app)) == (422, wrong, 0)
    assert html.links(answer, "#errors a") == [f"#{name}" for name in wrong]
    assert len(html.every(answer, "[aria-invalid=true]")) == len(wrong)


@pytest.mark.parametrize(
    "fields", [{"form_key": ""}, {"form_key": "7"}, {"form_key": "x" * 36}, {"website": "http://spam.example"}]
)
def test_form_without_its_key_or_filled_by_a_program_is_asked_again(
    app: Flask, client: FlaskClient, noon: datetime, fields: dict[str, str]
) -> None:
    set_up(app)
    answer = send(client, **fields)

    assert (answer.status_code, html.errors(answer), count(app)) == (422, [], 0)
    assert (send(client, form_key=html.form_key(answer)).status_code, count(app)) == (303, 1)


def test_bad_input_keeps_what_was_typed(app: Flask, client: FlaskClient, noon: datetime) -> None:
    set_up(app)
    key = str(uuid.uuid4())
    page = send(client, form_key=key, name='Anna "<b>" Ķ', email="anna", party_size="4", language="pl").text

    assert html.form_key(page) == key
    assert 'value="Anna &#34;&lt;b&gt;&#34; Ķ"' in page
    assert html.chosen(page) == ["4", "pl"]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("anna@münchen.example", "anna@xn--mnchen-3ya.example"),
        ("x@großenbrode.de", "x@xn--groenbrode-73a.de"),
        (" Anna.B+x@Example.ORG ", "Anna.B+x@example.org"),
        ("", ""),
    ],
)
def test_address_is_kept_so_that_any_server_takes_it(
    app: Flask, client: FlaskClient, noon: datetime, sent: str, kept: str
) -> None:
    set_up(app)
    send(client, email=sent)

    assert last(app).email == kept


def test_an_address_is_typed_as_it_is(app: Flask, client: FlaskClient, noon: datetime) -> None:
    set_up(app)
    fields = [html.one(client.get(path), "input#email") for path in (REGISTER, REGISTER[:-8] + "lost")]

    assert [[field.get(name) for name in ("type", "inputmode", "autocomplete")] for field in fields] == [
        ["text", "email", "email"]
    ] * 2


def test_a_party_of_one_is_not_asked_for_its_size(app: Flask, client: FlaskClient, noon: datetime) -> None:
    set_up(app, party_max=1)
    fields = {name: value for name, value in filled().items() if name != "party_size"}

    assert 'name="party_size"' not in client.get(REGISTER).text
    assert client.post(REGISTER, data=fields, headers=OWN).status_code == 303


# When nobody can register


@pytest.mark.parametrize(
    ("desk", "event", "words"),
    [
        ({"opens_at": minutes(90)}, {}, "Registration opens: 16 June 2026, 16:30"),
        ({"closes_at": minutes(-1)}, {}, "Registration has closed. If you want to come, please ask the organiser."),
        ({}, {"status": "cancelled"}, "This event is cancelled."),
        ({}, {"status": "postponed"}, "You can register again when the new date is known."),
        ({}, {"starts_on": datetime(2025, 6, 7).date(), "ends_on": datetime(2025, 6, 7).date()}, "This event is over."),
        (None, {}, "Everybody is welcome at this event. You do not need to register."),
        (None, {"access": "invited"}, "This event is for invited guests."),
    ],
    ids=["not yet", "closed", "cancelled", "postponed", "over", "open to all", "invited"],
)
def test_closed_desk_says_why_to_reader_and_sender(
    app: Flask, client: FlaskClient, noon: datetime, desk: dict[str, Any] | None, event: dict[str, Any], words: str
) -> None:
    with app.app_context():
        made = make_event(**event)
        if desk is not None:
            open_registration(made, **{name: clock.now() + value for name, value in desk.items()})
    shown, sent = client.get(REGISTER), send(client)

    assert (shown.status_code, sent.status_code, count(app)) == (200, 409, 0)
    assert all(words in html.said(page) for page in (shown, sent))
    assert "<form" not in shown.text


def test_full_event_offers_the_waiting_list_and_says_so_on_the_ticket(app: Flask, client: FlaskClient, noon: datetime) -> None:
    set_up(app, capacity=2)
    assert "waiting list" not in client.get(REGISTER).text
    send(client, party_size="2")
    page, answer = client.get(REGISTER).text, send(client)
    ticket = client.get(answer.headers["Location"]).text

    assert "Join the waiting list" in page
    assert "You are on the waiting list" in html.said(ticket)
    assert "<path stroke" not in ticket
    assert client.get(answer.headers["Location"] + "picture.png").status_code == 404


def test_party_larger_than_the_event_is_not_offered(app: Flask, client: FlaskClient, noon: datetime) -> None:
    set_up(app, capacity=2, party_max=8)

    assert html.errors(send(client, party_size="3")) == ["party_size"]


@pytest.mark.parametrize("method", ["get", "post"])
def test_unknown_event_is_not_found_in_the_page_s_language(client: FlaskClient, method: str) -> None:
    answer = getattr(client, method)("/lv/events/nowhere/register", headers=OWN)

    assert (answer.status_code, answer.headers["Content-Language"]) == (404, "lv")


def test_one_event_s_registrations_leave_another_alone(app: Flask, client: FlaskClient, noon: datetime) -> None:
    with app.app_context():
        one = open_registration(make_event("kaskinen-2026"), capacity=1)
        signed_up(open_registration(make_event("varde-2026"), capacity=1))
        assert (is_full(find_active_settings(one.id)), one.slug) == (False, "kaskinen-2026")  # type: ignore[arg-type]

    assert "Join the waiting list" not in client.get(REGISTER).text


# The ticket


def test_ticket_shows_all_that_its_holder_needs(app: Flask, client: FlaskClient, noon: datetime) -> None:
    set_up(app)
    place = send(client, name="Ieva Kļaviņa", party_size="2", language="en").headers["Location"]
    answer = client.get(place)
    with app.app_context():
        reference = codes.show_reference(db.session.scalars(select(Ticket.reference)).one())
    words = html.said(answer)

    wanted = (
        "Ceremony of light",
        "Confirmed",
        reference,
        "Ieva Kļaviņa",
        "16 June 2026",
        "18:00–21:00",
        "Square of Kaskinen",
        "Raatihuoneenkatu 34",
    )
    assert [text for text in wanted if text not in words] == []
    assert answer.headers["Cache-Control"] == "no-store"
    assert (answer.headers["Referrer-Policy"], answer.headers["X-Robots-Tag"]) == ("strict-origin", "noindex")
    assert "geo:62.3844,21.2219" in answer.text
    assert 'rel="canonical"' not in answer.text


def test_ticket_keeps_its_place_in_every_language(app: Flask, client: FlaskClient, noon: datetime) -> None:
    set_up(app)
    place = send(client).headers["Location"]
    pages = {lang: client.get(f"/{lang}{place.removeprefix('/en')}") for lang in LANGUAGES}

    assert [(lang, page.status_code, page.headers["Content-Language"]) for lang, page in pages.items()] == [
        (lang, 200, lang) for lang in LANGUAGES
    ]
    assert all(f'href="/{other}{place.removeprefix("/en")}"' in pages["lv"].text for other in LANGUAGES)
    assert "Valon juhla" in html.said(pages["fi"])


@pytest.mark.parametrize("path", ["", "picture.png", "event.ics", "cancel"])
@pytest.mark.parametrize("secret", ["0" * 26, "x", "U" * 26, "ą" * 30, "7" * 3000])
def test_lost_link_says_how_to_get_the_ticket_again(client: FlaskClient, secret: str, path: str) -> None:
    answer = client.get(f"/en/tickets/{secret}/{path}")

    assert (answer.status_code, answer.headers["Cache-Control"]) == (404, "no-store")
    assert "ask the organiser, or give your name or the reference of your ticket at the help desk" in html.said(answer)


def test_ticket_of_a_cancelled_event_says_so_with_its_reason(app: Flask, client: FlaskClient, noon: datetime) -> None:
    set_up(app)
    place = send(client).headers["Location"]
    with app.app_context(), write_tx() as session:
        event = session.scalars(select(Event)).one()
        event.status = "cancelled"
        texts.put(session, event.id, event.id, "event.reason", {"en": "Storm."}, "en")
    words = html.said(client.get(place))

    assert "This event is cancelled. Reason: Storm." in words
    assert "STATUS:CANCELLED" in client.get(place + "event.ics").text


def test_cancelling_asks_first_and_frees_the_seat(app: Flask, client: FlaskClient, noon: datetime) -> None:
    set_up(app, capacity=2)
    place, waiting = (send(client, party_size="2").headers["Location"] for _ in range(2))
    question = client.get(place + "cancel")
    assert "This frees 2 seats." in html.said(question)
    assert "Confirmed" in html.said(client.get(place))

    answer = client.post(place + "cancel", headers=OWN)

    assert (answer.status_code, answer.headers["Location"]) == (303, place)
    assert "Your registration is cancelled." in html.said(client.get(place))
    assert "Confirmed" in html.said(client.get(waiting))
    assert client.get(place + "picture.png").status_code == 404
    assert client.post("/en/tickets/" + "0" * 26 + "/cancel", headers=OWN).status_code == 404


def test_ticket_of_an_event_that_is_over_cannot_be_cancelled(app: Flask, client: FlaskClient, noon: datetime) -> None:
    set_up(app)
    place = send(client).headers["Location"]
    with clock.travelled_to(noon + minutes(60 * 24 * 3)):
        client.post(place + "cancel", headers=OWN)
        words = html.said(client.get(place))

    assert "This event is over." in words
    assert last(app).status == "confirmed"


def test_queries_of_a_ticket_stay_the_same(app: Flask, client: FlaskClient, noon: datetime, queries: list[str]) -> None:
    set_up(app)
    place, counts = send(client).headers["Location"], []
    for more in (0, 3, 20):
        for _ in range(more):
            send(client)
        queries.clear()
        client.get(place)
        counts.append(len(queries))

    assert counts[1:] == counts[:1] * 2


# Behind a printed code


def printed_code(app: Flask) -> str:
    with app.app_context():
        ticket = db.session.scalars(select(Ticket)).one()
        return codes.ticket_code(ticket.id, ticket.generation)


def test_printed_code_shows_the_event_and_nothing_of_its_holder(app: Flask, client: FlaskClient, noon: datetime) -> None:
    set_up(app)
    place = send(client, name="Ieva Kļaviņa", party_size="7").headers["Location"]
    code = printed_code(app)
    answers = [
        client.get(f"/{path}", headers={"Accept-Language": "fi"}) for path in (f"T/{code}", f"t/{code.lower()}", f"T/{code}/")
    ]
    words = html.said(answers[0])

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert [text for text in ("Valon juhla", "Kaskinen", "18.00–21.00") if text not in words] == []
    assert [text for text in ("Ieva", "Kļaviņa", "I. K.", place.split("/")[3]) if text in answers[0].text] == []
    headers = answers[0].headers
    assert (headers["Vary"], headers["Cache-Control"], headers["Content-Language"]) == (
        "Accept-Language, Cookie",
        "no-store",
        "fi",
    )
    assert headers["X-Robots-Tag"] == "noindex"


def test_printed_code_speaks_the_chosen_language(app: Flask, client: FlaskClient, noon: datetime) -> None:
    set_up(app)
    send(client)
    code = printed_code(app)
    asked = client.get(f"/T/{code}?lang=lv", headers={"Accept-Language": "fi"})

    assert asked.headers["Content-Language"] == "lv"
    assert 'href="?lang=pl"' in asked.text
    assert client.get(f"/T/{code}?lang=xx", headers={"Accept-Language": "sv-FI"}).headers["Content-Language"] == "sv"


def test_every_code_that_never_was_gets_the_same_words(app: Flask, client: FlaskClient, noon: datetime) -> None:
    set_up(app)
    answers = [client.get(f"/T/{code}") for code in ("0" * 26, "7" * 8, "1", "x" * 500, "ž")]

    assert {(answer.status_code, html.said(answer)) for answer in answers} == {(404, html.said(answers[0]))}
    assert "There is no ticket at this address." in html.said(answers[0])


# The invitation on the event's page


def test_event_page_invites_as_its_desk_says(app: Flask, client: FlaskClient, noon: datetime) -> None:
    with app.app_context():
        open_registration(make_evening(), mode="required", closes_at=noon + minutes(60))
        make_event("varde-2026")
    desk, none = client.get("/en/events/kaskinen-2026/").text, client.get("/en/events/varde-2026/").text

    assert ('href="/en/events/kaskinen-2026/register"' in desk, "You need a ticket for this event." in desk) == (True, True)
    assert "Registration closes: 16 June 2026, 16:00" in desk
    assert ("/register" in none, "Everybody is welcome at this event." in none) == (False, True)


@pytest.mark.parametrize(
    ("fields", "words", "unsaid"),
    [
        ({"opens_at": minutes(90)}, "Registration is not open yet. Registration opens: 16 June 2026, 16:30", "You get a ticket"),
        ({"closes_at": minutes(-90)}, "Registration has closed. If you want to come, please ask the organiser.", "Registration closes"),
        ({"opens_at": minutes(-90)}, "Please register if you want to come. You get a ticket at once. Register", "opens"),
    ],
)  # fmt: skip
def test_event_page_promises_nothing_before_and_after_registration_is_open(
    app: Flask, client: FlaskClient, noon: datetime, fields: dict[str, Any], words: str, unsaid: str
) -> None:
    set_up(app, **{name: noon + shift for name, shift in fields.items()})
    page = html.said(client.get("/en/events/kaskinen-2026/"))

    assert (words in page, unsaid in page) == (True, False)


def test_event_page_over_invites_nobody(app: Flask, client: FlaskClient, noon: datetime) -> None:
    set_up(app)
    with clock.travelled_to(noon + minutes(60 * 24 * 3)):
        page = client.get("/en/events/kaskinen-2026/").text

    assert 'href="/en/events/kaskinen-2026/register"' not in page
