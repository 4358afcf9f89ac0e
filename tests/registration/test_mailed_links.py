"""Behind mailed links: a page with a button that alone changes something, and the form for lost tickets."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.audit.models import GUEST
from app.core import clock
from app.core.db import db
from app.events.models import Event
from app.registration import codes, confirming, service
from app.registration.models import Registration
from tests import html
from tests.conftest import OWN
from tests.factories import make_event
from tests.registration.registrations import confirmed, enqueued, open_registration, signed_up
from tests.transactions import do

LOST = "/en/events/kaskinen-2026/lost"


def registered(app: Flask, event: Event | None = None, **fields: Any) -> tuple[str, str]:
    """The confirming link of a new registration, and the address of its ticket, both in English."""
    with app.app_context():
        made = signed_up(
            event or open_registration(), **({"email": "ieva@example.org", "language": "en", "name": "Ieva K"} | fields)
        )
        return f"/en/confirm/{codes.mail_secret(made.id, made.email)}/", f"/en/tickets/{codes.link_secret(made.id)}/"


def stored(app: Flask) -> Registration:
    with app.app_context():
        return db.session.scalars(select(Registration).order_by(Registration.created_at)).first()  # type: ignore[return-value]


def test_opening_the_link_changes_nothing_and_names_nobody(app: Flask, client: FlaskClient, noon: datetime) -> None:
    link, ticket = registered(app)
    answers = [client.get(link) for _ in range(3)]
    client.head(link)
    words = html.said(answers[0])

    assert (stored(app).email_confirmed_at, {answer.status_code for answer in answers}) == (None, {200})
    assert [text for text in ("Ceremony of light", "16 June 2026", "Yes, this is my address") if text not in words] == []
    assert [text for text in ("Ieva", ticket.split("/")[3], "ieva@") if text in answers[0].text] == []
    assert (answers[0].headers["Cache-Control"], answers[0].headers["X-Robots-Tag"]) == ("no-store", "noindex")
    assert f'action="{link}"' in answers[0].text


def test_the_button_confirms_once_and_leads_to_the_ticket(app: Flask, client: FlaskClient, noon: datetime) -> None:
    link, ticket = registered(app)
    answers = [client.post(link, headers=OWN) for _ in range(2)]
    with app.app_context():
        mails = enqueued("registration.ticket")

    again = client.get(link)
    assert [(answer.status_code, answer.headers.get("Location")) for answer in answers] == [(303, ticket), (410, None)]
    assert (stored(app).email_confirmed_at is not None, len(mails)) == (True, 1)
    assert [
        html.said(one).count("This address is confirmed. Your ticket is in your mailbox.") for one in (again, answers[1])
    ] == [1, 1]
    assert [text for text in ("<form", ticket) if text in html.markup(again, "main")] == []


def test_the_ticket_opens_in_the_language_that_was_chosen_for_it(app: Flask, client: FlaskClient, noon: datetime) -> None:
    link, ticket = registered(app, language="lv")

    assert client.post(link, headers=OWN).headers["Location"] == ticket.replace("/en/", "/lv/")


def test_the_button_from_another_site_confirms_nothing(app: Flask, client: FlaskClient, noon: datetime) -> None:
    link, _ = registered(app)

    assert client.post(link, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert stored(app).email_confirmed_at is None


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("secret", ["0" * 26, "x", "ą" * 30, "7" * 3000])
def test_a_link_that_opens_nothing_says_what_to_do(client: FlaskClient, method: str, secret: str) -> None:
    answer = getattr(client, method)(f"/en/confirm/{secret}/", headers=OWN)

    assert (answer.status_code, answer.headers["Cache-Control"]) == (404, "no-store")
    assert "This link does not work any more." in html.said(answer)


def test_the_link_of_a_replaced_address_opens_nothing(app: Flask, client: FlaskClient, noon: datetime) -> None:
    link, ticket = registered(app)
    client.post(
        f"{ticket}edit", headers=OWN,
        data={"name": "Ieva", "email": "new@example.org", "party_size": "1", "companions": "", "language": "en"},
    )  # fmt: skip

    assert (client.get(link).status_code, client.post(link, headers=OWN).status_code) == (404, 404)
    assert stored(app).email_confirmed_at is None


def test_a_pending_one_gets_its_seats_by_the_button(app: Flask, client: FlaskClient, noon: datetime) -> None:
    with app.app_context():
        event = open_registration(capacity=1, confirm_first=True)
    first, second = registered(app, event), registered(app, event)
    asked = html.said(client.get(second[0]))
    for link, _ in (second, first):
        client.post(link, headers=OWN)

    assert "only then does the registration count." in asked
    assert "Your place in the queue: 1" in html.said(client.get(first[1]))
    assert "Show this at the door." in html.said(client.get(second[1]))


def test_a_pending_one_without_seats_or_queue_is_told_so(app: Flask, client: FlaskClient, noon: datetime) -> None:
    with app.app_context():
        event = open_registration(capacity=1, confirm_first=True, waiting_list=False)
    first, second = registered(app, event), registered(app, event)
    client.post(first[0], headers=OWN)
    full = client.post(second[0], headers=OWN)
    with clock.travelled_to(noon + timedelta(days=3)):
        over = client.post(second[0], headers=OWN)

    assert [answer.status_code for answer in (full, over)] == [409, 409]
    assert "All seats are taken at the moment. There is no waiting list." in html.said(full)
    assert "This event is over." in html.said(over)
    assert "Your registration does not count yet." in html.said(client.get(second[1]))


def test_the_link_of_a_cancelled_one_says_so(app: Flask, client: FlaskClient, noon: datetime) -> None:
    link, ticket = registered(app)
    client.post(f"{ticket}cancel", headers=OWN)

    assert "Your registration is cancelled." in html.said(client.get(link))
    assert client.post(link, headers=OWN).status_code == 410
    assert stored(app).email_confirmed_at is None


# Lost tickets


def lose(client: FlaskClient, email: str, **more: Any) -> Any:
    return client.post(LOST, data={"email": email}, headers=OWN, **more)


def test_known_and_unknown_addresses_get_the_same_answer(app: Flask, client: FlaskClient, noon: datetime) -> None:
    registered(app)
    answers = [lose(client, address) for address in ("IEVA@example.org", "nobody@example.org")]
    pages = [client.get(answer.headers["Location"]) for answer in answers]
    with app.app_context():
        mails = enqueued("registration.lost")

    assert [(answer.status_code, answer.headers["Location"]) for answer in answers] == [(303, f"{LOST}?sent=yes")] * 2
    assert (answers[0].data, pages[0].data) == (answers[1].data, pages[1].data)
    assert "If somebody has registered with this address, we have sent an e-mail to it." in html.said(pages[0])
    assert len(mails) == 1


@pytest.mark.parametrize("email", ["", "ieva", "a@b", "a@b.org\r\nBcc: c@d.org", "x" * 5000])
def test_an_address_that_is_none_is_said_at_its_field(app: Flask, client: FlaskClient, noon: datetime, email: str) -> None:
    registered(app)
    answer = lose(client, email)

    assert (answer.status_code, html.errors(answer)) == (422, ["email"])
    assert f'value="{email[:10]}'.rstrip("\r\n") in answer.text
    with app.app_context():
        assert enqueued("registration.lost") == []


def test_asking_too_often_keeps_what_was_typed(
    app: Flask, client: FlaskClient, noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(confirming, "MOST_LOST", 1)
    registered(app)
    near, far = {"REMOTE_ADDR": "2001:db8:1:2::1"}, {"REMOTE_ADDR": "2001:db8:9:2::1"}
    answers = [
        lose(client, address, environ_base=network)
        for address, network in (("a@example.org", near), ("ieva@example.org", near), ("ieva@example.org", far))
    ]
    loopback = [lose(client, "ieva@example.org").status_code for _ in range(3)]

    assert ([answer.status_code for answer in answers], loopback) == ([303, 429, 303], [303, 303, 303])
    assert 'value="ieva@example.org"' in answers[1].text
    assert "Too many forms have come from your network" in html.said(answers[1])


def test_lost_at_another_event_finds_nothing(app: Flask, client: FlaskClient, noon: datetime) -> None:
    registered(app)
    with app.app_context():
        open_registration(make_event("varde-2026"))
    client.post("/en/events/varde-2026/lost", data={"email": "ieva@example.org"}, headers=OWN)

    with app.app_context():
        assert enqueued("registration.lost") == []
    assert client.post("/en/events/nowhere/lost", data={"email": "ieva@example.org"}, headers=OWN).status_code == 404


def test_lost_is_found_from_the_form(app: Flask, client: FlaskClient, noon: datetime) -> None:
    with app.app_context():
        open_registration()

    assert f'href="{LOST}"' in client.get("/en/events/kaskinen-2026/register").text


def test_promotion_mails_only_confirmed_addresses(app: Flask, client: FlaskClient, noon: datetime) -> None:
    with app.app_context():
        event = open_registration(capacity=2)
        seated = signed_up(event, 2)
        silent, loud = signed_up(event, email="a@example.org"), signed_up(event, email="b@example.org")
        confirmed(event, loud)
        do(service.cancel, seated.id, GUEST)

        assert (silent.status, loud.status) == ("confirmed", "confirmed")
        assert [subject for _, subject, variant in enqueued("registration.ticket") if variant == "promoted"] == [loud.id]
