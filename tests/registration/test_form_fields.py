"""The form's newer fields as a browser meets them: companions, questions, needs, an address that is needed, a full event."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.core.db import db, write_tx
from app.registration import codes, encryption, service
from app.registration.models import Registration, RegistrationAnswer
from app.registration.questions import retire_question
from tests import html
from tests.conftest import OWN
from tests.factories import make_event, make_item, minutes
from tests.registration.registrations import (
    REGISTER,
    ask,
    count,
    filled,
    make_evening,
    open_registration,
    send,
    signed_up,
)  # fmt: skip


def only(app: Flask) -> Registration:
    """The one registration that there is."""
    with app.app_context():
        return db.session.scalars(select(Registration)).one()


# What is asked, in its order


def test_needs_are_announced_before_the_event_s_own_questions(app: Flask, client: FlaskClient, noon: datetime) -> None:
    with app.app_context():
        ask(open_registration(party_max=8), required=True)
    order = list(dict.fromkeys(html.attributes(client.get(REGISTER), "main form [name]", "name")))

    assert order == [
        "form_key",
        "name",
        "party_size",
        "companions",
        "language",
        "email",
        "needs",
        "tell_door",
        "q-how",
        "website",
    ]


@pytest.mark.parametrize(
    ("path", "fields"), [("register", {}), ("lost", {}), ("register", {"closes_at": datetime(2025, 1, 1, tzinfo=UTC)})]
)
def test_the_title_of_the_event_stands_once_above_the_form(
    app: Flask, client: FlaskClient, noon: datetime, path: str, fields: dict[str, Any]
) -> None:
    with app.app_context():
        open_registration(**fields)
    words = html.said(client.get(f"/en/events/kaskinen-2026/{path}"))

    assert words.count("Ceremony of light") == 1


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("en", "16 June 2026, 18:00 – 18 June, 16:30"),
        ("fi", "16. kesäkuuta 2026, 18.00 – 18. kesäkuuta, 16.30"),
        ("lt", "2026 m. birželio 16 d., 18:00 – birželio 18 d., 16:30"),
    ],
)
def test_a_visit_of_several_days_says_when_it_begins_and_when_it_ends(
    app: Flask, client: FlaskClient, noon: datetime, lang: str, words: str
) -> None:
    with app.app_context():
        event = make_evening(ends_on=date(2026, 6, 18))
        end = datetime(2026, 6, 18, 13, 30, tzinfo=UTC)
        make_item(event, 2, "Farewell", starts_at=end - minutes(60), ends_at=end, on=date(2026, 6, 18))
        made = signed_up(open_registration(event), language=lang)
        ticket = codes.link_secret(made.id)

    assert words in html.said(client.get(REGISTER.replace("/en/", f"/{lang}/")).text)
    assert words.partition(", ")[2] in html.said(client.get(f"/{lang}/tickets/{ticket}/"))


# Companions


def test_names_are_asked_only_of_those_who_come_with_others(app: Flask, client: FlaskClient, noon: datetime) -> None:
    with app.app_context():
        open_registration(party_max=8)
    blank = client.get(REGISTER.replace("/en/", "/lv/")).text
    typed = [send(client, name="", party_size=size, companions=names).text for size, names in (("1", " "), ("2", ""), ("1", "A"))]
    unasked = [page.count('data-companions="unasked"') for page in (blank, *typed)]

    assert html.texts(blank, "span[data-unscripted]") == ["Tikai tad, ja nākat kopā ar citiem."]
    assert unasked == [1, 1, 0, 0]


@pytest.mark.parametrize(
    ("size", "names", "expected"),
    [
        ("1", "Aino Mäkelä\r\nEino", (3, "Aino Mäkelä\nEino")),
        ("3", "Aino\nEino", (3, "Aino\nEino")),
        ("1", "\r\n  Aino   Mäkelä \r\n\r\n", (2, "Aino Mäkelä")),
        ("4", " \r\n ", (4, "")),
        ("1", "\n".join(f"Guest {number}" for number in range(7)), (8, "\n".join(f"Guest {number}" for number in range(7)))),
    ],
)
def test_names_set_the_size_of_the_party(
    app: Flask, client: FlaskClient, noon: datetime, size: str, names: str, expected: tuple[int, str]
) -> None:
    with app.app_context():
        open_registration()
    answer = send(client, party_size=size, companions=names)
    made = only(app)

    assert (answer.status_code, made.party_size, made.companions) == (303, *expected)


@pytest.mark.parametrize(
    ("size", "names", "words"),
    [
        ("4", "Aino\nEino", "With you, these names make 3 people, but you chose 4."),
        ("2", "Aino\nEino", "With you, these names make 3 people, but you chose 2."),
        ("1", "\n".join("abcdefgh"), "With you, 8 people can come at most."),
        ("1", "x" * 121, "Each can have 120 characters at most."),
        ("1", "x\n" * 90_000, "Each can have 120 characters at most."),
        ("1", "Aino\n…!", "Please write one name on each line."),
        ("1", "Aino\u202egnp", "Please write one name on each line."),
        ("1", "Aino\x00", "Please write one name on each line."),
        ("1", "Aino\tEino", "Please write one name on each line."),
    ],
)
def test_names_that_do_not_fit_are_said_at_their_field(
    app: Flask, client: FlaskClient, noon: datetime, size: str, names: str, words: str
) -> None:
    with app.app_context():
        open_registration(party_max=8)
    answer = send(client, party_size=size, companions=names)

    assert (answer.status_code, html.errors(answer), count(app)) == (422, ["companions"], 0)
    assert words in html.said(answer)
    assert '<textarea id="companions"' in answer.text


def test_somebody_alone_is_not_asked_for_names(app: Flask, client: FlaskClient, noon: datetime) -> None:
    with app.app_context():
        open_registration(party_max=1)

    assert 'name="companions"' not in client.get(REGISTER).text
    assert (send(client, companions="Aino").status_code, only(app).companions, only(app).party_size) == (303, "", 1)


# Questions


def test_questions_are_asked_in_the_reader_s_language(app: Flask, client: FlaskClient, noon: datetime) -> None:
    with app.app_context():
        event = open_registration()
        ask(event, help_texts={"en": "The coach leaves at two."}, position=1)
        ask(event, "first", "tick", labels={"en": "I have read the rules", "fi": "Olen lukenut säännöt"})
        ask(event, "gone", "text", labels={"en": "Not asked any more"}, position=2)
        other = open_registration(make_event("varde-2026"))
        ask(other, "other", "text", labels={"en": "Only in Varde"})
        with write_tx() as session:
            retire_question(session, event.id, "gone")
    page = client.get(REGISTER.replace("/en/", "/fi/")).text
    words = html.said(page)

    assert [text for text in ("Olen lukenut säännöt", "Miten tulet?", "Bussilla", "Autolla") if text not in words] == []
    assert [text for text in ("Not asked any more", "Only in Varde") if text in words] == []
    assert words.index("Olen lukenut") < words.index("Miten tulet?")
    assert '<span lang="en" data-borrowed>The coach leaves at two.</span>' in page
    assert [(each.get("name"), each.get("value")) for each in html.every(page, "[name^=q-]")] == [
        ("q-first", "yes"), ("q-how", ""), ("q-how", "coach"), ("q-how", "car"),
    ]  # fmt: skip


def test_answers_are_kept(app: Flask, client: FlaskClient, noon: datetime) -> None:
    with app.app_context():
        event = open_registration()
        how, tick = ask(event, required=True).id, ask(event, "ok", "tick", labels={"en": "OK?"}).id
        note, empty = ask(event, "note", "text", labels={"en": "?"}).id, ask(event, "more", "text", labels={"en": "?"}).id
    answer = send(client, **{"q-how": "car", "q-ok": "on", "q-note": "  a  <b>\u0301c</b> ", "q-more": "  ", "q-other": "x"})
    with app.app_context():
        kept = {row.question_id: row.value for row in db.session.scalars(select(RegistrationAnswer))}

    assert (answer.status_code, kept) == (303, {how: "car", tick: "yes", note: "a  <b>\u0301c</b>"})
    assert empty not in kept


@pytest.mark.parametrize(
    ("question", "sent", "words"),
    [
        ({}, {}, "Please answer this question."),
        ({}, {"q-how": "boat"}, "Choose one of the answers in the list."),
        ({"required": False}, {"q-how": "boat"}, "Choose one of the answers in the list."),
        ({"kind": "tick"}, {}, "Please tick this box: without it you cannot register."),
        ({"kind": "text"}, {"q-how": "  "}, "Please answer this question."),
        ({"kind": "text"}, {"q-how": "x" * 301}, "This answer is too long."),
        ({"kind": "text"}, {"q-how": "x" * 100_000}, "This answer is too long."),
        ({"kind": "text"}, {"q-how": "a\x00b"}, "This answer has characters in it that cannot be printed."),
        ({"kind": "text"}, {"q-how": "a\u202eb"}, "This answer has characters in it that cannot be printed."),
    ],
)
def test_bad_answers_are_said_at_their_question_and_save_nothing(
    app: Flask, client: FlaskClient, noon: datetime, question: dict[str, Any], sent: dict[str, str], words: str
) -> None:
    with app.app_context():
        ask(open_registration(), **({"required": True} | question))
    answer = send(client, **sent)

    assert (answer.status_code, html.errors(answer), count(app)) == (422, ["q-how"], 0)
    assert words in html.said(answer)
    assert html.one(answer, "#q-how").get("aria-invalid") == "true"


def test_three_hundred_letters_fit(app: Flask, client: FlaskClient, noon: datetime) -> None:
    with app.app_context():
        ask(open_registration(), "note", "text", labels={"en": "?"})
    send(client, **{"q-note": "ā" * 300})

    with app.app_context():
        assert db.session.scalars(select(RegistrationAnswer.value)).all() == ["ā" * 300]


def test_queries_of_the_form_stay_the_same_for_one_and_many_questions(
    app: Flask, client: FlaskClient, noon: datetime, queries: list[str]
) -> None:
    counts = []
    with app.app_context():
        event = open_registration()
    for number in range(1, 4):
        with app.app_context():
            ask(event, f"how-{number}")
        queries.clear()
        client.get(REGISTER)
        counts.append(len(queries))

    assert counts[1:] == counts[:1] * 2


# Needs


def test_needs_are_folded_away_and_say_how_long_they_are_kept(app: Flask, client: FlaskClient, noon: datetime) -> None:
    with app.app_context():
        open_registration()
        open_registration(make_event("varde-2026"), ask_needs=False)
    page, none = client.get(REGISTER).text, client.get("/en/events/varde-2026/register").text

    assert '<details class="needs">' in page
    assert "We keep it encrypted and delete it three days after the event." in html.said(page)
    assert len(html.every(page, "input[name=needs]")) == 10
    assert ("needs" in none, 'name="tell_door"' in none) == (False, False)


@pytest.mark.parametrize(
    ("sent", "needs", "told"),
    [
        ({"needs": ["vegan", "wheelchair"], "tell_door": "yes"}, ("wheelchair", "vegan"), True),
        ({"needs": ["hearing_loop"]}, ("hearing_loop",), False),
        ({"needs": ["broken leg", "VEGAN", "x" * 9000], "tell_door": "yes"}, (), False),
        ({"tell_door": "yes"}, (), False),
    ],
)
def test_needs_are_sealed_and_only_those_that_there_are(
    app: Flask, client: FlaskClient, noon: datetime, sent: dict[str, Any], needs: tuple[str, ...], told: bool
) -> None:
    with app.app_context():
        open_registration()
    client.post(REGISTER, data=filled() | sent, headers=OWN)
    made = only(app)
    with app.app_context():
        assert (encryption.unseal(made.id, made.needs), made.tell_door) == (needs, told)


def test_needs_where_nobody_asked_for_them_are_not_stored(app: Flask, client: FlaskClient, noon: datetime) -> None:
    with app.app_context():
        open_registration(ask_needs=False)
    client.post(REGISTER, data=filled() | {"needs": ["vegan"], "tell_door": "yes"}, headers=OWN)

    assert (only(app).needs, only(app).tell_door) == (None, False)


# What was typed is kept


def keep(**fields: Any) -> dict[str, Any]:
    """A form with everything in it."""
    return filled(name="Žaneta", email="z@example.org", party_size="3", companions="Aino\nEino <b>") | {
        "needs": ["vegan", "wheelchair"], "tell_door": "yes", "q-how": "car", "q-note": 'By "boat"',
    } | fields  # fmt: skip


def assert_kept(page: str) -> None:
    """All that `keep` typed stands in the form again."""
    assert html.attributes(page, "#name, #email, #q-note", "value") == ["Žaneta", "z@example.org", 'By "boat"']
    assert html.one(page, "textarea").text.strip() == "Aino\nEino <b>"
    assert html.chosen(page) == ["3", "en", "wheelchair", "vegan", "yes", "car"]
    assert '<details class="needs" open>' in page


def with_questions(**fields: Any) -> Any:
    event = open_registration(**fields)
    ask(event)
    ask(event, "note", "text", labels={"en": "Anything else?"}, position=1)
    return event


def test_bad_input_keeps_everything(app: Flask, client: FlaskClient, noon: datetime) -> None:
    with app.app_context():
        with_questions()
    answer = client.post(REGISTER, data=keep(form_key="7"), headers=OWN)

    assert (answer.status_code, count(app)) == (422, 0)
    assert_kept(answer.text)


def test_too_few_seats_without_a_waiting_list_keep_everything(app: Flask, client: FlaskClient, noon: datetime) -> None:
    with app.app_context():
        event = with_questions(capacity=4, waiting_list=False)
        signed_up(event, 2)
    key = str(uuid.uuid4())
    answer = client.post(REGISTER, data=keep(form_key=key), headers=OWN)
    fewer = client.post(REGISTER, data=keep(form_key=key, party_size="2", companions="Aino"), headers=OWN)

    assert (answer.status_code, fewer.status_code, count(app)) == (409, 303, 2)
    assert "There are not enough free seats for all of you. Nothing was saved" in html.said(answer)
    assert_kept(answer.text)
    assert key in answer.text


def test_a_full_event_without_a_waiting_list_says_so_to_reader_and_sender(
    app: Flask, client: FlaskClient, noon: datetime
) -> None:
    with app.app_context():
        signed_up(open_registration(capacity=1, waiting_list=False))
    shown, sent = client.get(REGISTER), send(client)

    assert (shown.status_code, sent.status_code, count(app)) == (200, 409, 1)
    assert all("There is no waiting list." in html.said(page) for page in (shown, sent))
    assert ("<form" in shown.text, 'value="Žaneta Ķirse"' in sent.text) == (False, True)


def test_too_many_from_one_network_keep_everything(
    app: Flask, client: FlaskClient, noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "MOST_FORMS", 1)
    with app.app_context():
        with_questions()
    first, here, other = (
        client.post(REGISTER, data=keep(), headers=OWN, environ_base={"REMOTE_ADDR": address})
        for address in ("203.0.113.7", "203.0.113.9", "198.51.100.1")
    )
    loopback = [client.post(REGISTER, data=keep(), headers=OWN).status_code for _ in range(3)]

    assert (first.status_code, here.status_code, other.status_code, loopback) == (303, 429, 303, [303, 303, 303])
    assert "Too many forms have come from your network in a short time" in html.said(here)
    assert_kept(here.text)


# Where the address has to be confirmed first


def test_an_address_is_needed_where_it_is_confirmed_first(app: Flask, client: FlaskClient, noon: datetime) -> None:
    with app.app_context():
        open_registration(capacity=5, confirm_first=True)
    page, none, sent = client.get(REGISTER), send(client), send(client, email="z@example.org")
    ticket = client.get(sent.headers["Location"])

    assert "Your registration counts when you have opened the link in it and pressed the button." in html.said(page)
    assert (none.status_code, html.errors(none), count(app)) == (422, ["email"], 1)
    assert "Your registration does not count yet." in html.said(ticket)
    assert "We have sent an e-mail to z@example.org." in html.said(ticket)
    assert ("<path stroke" in ticket.text, client.get(sent.headers["Location"] + "picture.png").status_code) == (False, 404)
