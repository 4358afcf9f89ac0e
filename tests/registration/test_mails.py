"""What each mail of registration says, in whose language, and when nothing is to be said any more."""

from __future__ import annotations

import io
import re
import uuid
from datetime import date, datetime, timedelta

import pytest
import zxingcpp
from flask import Flask
from icalendar import Calendar
from PIL import Image

from app.audit.models import GUEST
from app.core import clock
from app.core.babel import force_locale
from app.core.db import db, write_tx
from app.events.models import Event
from app.i18n import texts
from app.i18n.languages import LANGUAGES
from app.mail.service import Mail
from app.registration import codes, confirming, mails, service
from app.registration.models import Registration, Ticket
from tests import html
from tests.conftest import NOON
from tests.registration.registrations import KASKINEN, confirmed, open_registration, signed_up
from tests.transactions import do

HOST = "https://pearls.test"
FIELDS = {"name": "Žaneta Ķirse", "email": "zaneta@post.example", "language": "en"}


@pytest.fixture
def event(database: None, noon: datetime) -> Event:
    return open_registration(capacity=5)


def rendered(app: Flask, kind: str, registration: Registration, variant: str = "", lang: str = "en") -> Mail | None:
    """The mail as the sender makes it; what was loaded before is read afresh."""
    db.session.rollback()
    db.session.expire_all()
    with app.test_request_context(f"/{lang}/", base_url=HOST), force_locale(lang):
        return mails.RENDERERS[kind](registration.id, variant)


def sent(app: Flask, kind: str, registration: Registration, variant: str = "", lang: str = "en") -> Mail:
    mail = rendered(app, kind, registration, variant, lang)
    assert mail is not None
    return mail


def guest(event: Event, party: int = 1, **fields: str) -> Registration:
    """Somebody whose address is confirmed."""
    return confirmed(event, signed_up(event, party, **(FIELDS | fields)))


def ticket_of(registration: Registration) -> Ticket:
    return db.session.scalars(db.select(Ticket).where(Ticket.registration_id == registration.id)).one()


def set_event(event: Event, **values: object) -> None:
    with write_tx() as session:
        for name, value in values.items():
            setattr(session.get_one(Event, event.id), name, value)


def links(text: str) -> list[str]:
    return re.findall(r"https?://\S+", text)


def test_confirm_says_what_and_where_but_nobodys_name_and_opens_no_ticket(app: Flask, event: Event) -> None:
    made = signed_up(event, 3, **FIELDS)
    mail = sent(app, service.CONFIRM_MAIL, made)

    assert (mail.to, mail.subject) == ("zaneta@post.example", "Please confirm your e-mail address: Ceremony of light")
    assert links(mail.text) == [f"{HOST}/en/confirm/{codes.mail_secret(made.id, made.email)}/"]
    assert [word in mail.text for word in ("Ceremony of light", KASKINEN, "16 June 2026", "18:00–21:00", "button")] == [True] * 5
    both = mail.text + str(mail.html)
    secrets = ("Žaneta", "Ķirse", "cid:", codes.link_secret(made.id), codes.show_reference(ticket_of(made).reference))
    assert ([word for word in secrets if word in both], mail.attachments) == ([], ())


def test_confirm_is_not_sent_twice_nor_for_what_is_off_or_over(app: Flask, event: Event) -> None:
    waiting, done = signed_up(event, **FIELDS), guest(event)
    assert rendered(app, service.CONFIRM_MAIL, done) is None
    set_event(event, status="cancelled")
    assert rendered(app, service.CONFIRM_MAIL, waiting) is None
    set_event(event, status="scheduled")
    with clock.travelled_to(NOON + timedelta(days=2)):
        assert rendered(app, service.CONFIRM_MAIL, waiting) is None


def test_ticket_brings_code_reference_facts_and_every_link(app: Flask, event: Event) -> None:
    made = guest(event, 3)
    mail, ticket, home = (
        sent(app, "registration.ticket", made),
        ticket_of(made),
        f"{HOST}/en/tickets/{codes.link_secret(made.id)}",
    )

    assert links(mail.text) == [
        f"{home}/", f"{home}/edit", f"{home}/replace", f"{home}/cancel", f"{home}/data",
        f"{HOST}/en/events/kaskinen-2026/lost", f"{HOST}/en/events/kaskinen-2026/",
    ]  # fmt: skip
    assert f"Reference: {codes.show_reference(ticket.reference)}\nPeople: 3\nDate: 16 June 2026\nTime: 18:00–21:00 (" in mail.text
    assert f"Place: {KASKINEN}, Raatihuoneenkatu 34, Kaskinen · Kaskö" in mail.text
    head, _, body = str(mail.html).partition("</head>")
    code = codes.ticket_code(ticket.id, 1)
    assert (code in mail.text, code in body, head.count(code)) == (False, False, 1)  # for programs alone


def test_ticket_shows_its_code_as_a_picture_that_scanners_read(app: Flask, event: Event) -> None:
    made = guest(event)
    mail, ticket = sent(app, "registration.ticket", made), ticket_of(made)
    picture = next(one for one in mail.attachments if one.cid)
    image = Image.open(io.BytesIO(picture.data))

    assert [found.text for found in zxingcpp.read_barcodes(image.convert("L"))] == [
        f"HTTPS://PEARLS.TEST/T/{codes.ticket_code(ticket.id, 1)}"
    ]
    assert (image.size, picture.content_type, len(picture.data) < 2000) == ((296, 296), "image/png", True)
    alt = f"QR code of this ticket. Reference: {codes.show_reference(ticket.reference)}"
    assert f'src="cid:{picture.cid}" alt="{alt}"' in str(mail.html)


def test_ticket_brings_a_calendar_entry_without_a_secret(app: Flask, event: Event) -> None:
    made = guest(event)
    file = next(one for one in sent(app, "registration.ticket", made, lang="fi").attachments if not one.cid)
    (entry,) = Calendar.from_ical(file.data).walk("VEVENT")

    assert (file.name, file.content_type) == ("event.ics", "text/calendar; charset=utf-8; method=PUBLISH")
    assert (str(entry["summary"]), entry["dtstart"].dt.isoformat()) == ("Valon juhla", "2026-06-16T18:00:00+03:00")
    assert codes.link_secret(made.id).encode() not in file.data


def test_ticket_of_one_who_waits_says_the_place_in_the_queue_and_has_no_code(app: Flask, event: Event) -> None:
    guest(event, 5)
    guest(event, 2)
    mail = sent(app, "registration.ticket", guest(event, 1))

    assert (
        "You are on the waiting list.\nYour place in the queue is 2.\nWhen seats become free, they go to those who have waited "
        "longest. Then we send you your ticket.\n"
    ) in mail.text
    assert mail.attachments == ()
    assert "cid:" not in str(mail.html)


def test_promoted_says_that_seats_became_free(app: Flask, event: Event) -> None:
    first, waiting = guest(event, 5), guest(event, 2)
    do(service.cancel, first.id, GUEST)
    mail = sent(app, "registration.ticket", waiting, "promoted")

    assert mail.subject == "You have a place now: Ceremony of light"
    assert "There is room for you now: you are no longer on the waiting list." in mail.text


def test_lost_brings_the_ticket_or_asks_to_confirm_first(app: Flask, event: Event) -> None:
    known, stranger = guest(event), signed_up(event, **FIELDS)

    assert sent(app, service.LOST_MAIL, known).subject == "Your ticket: Ceremony of light"
    assert sent(app, service.LOST_MAIL, stranger).subject == "Please confirm your e-mail address: Ceremony of light"
    assert codes.link_secret(stranger.id) not in sent(app, service.LOST_MAIL, stranger).text


@pytest.mark.parametrize("kind", sorted(mails.RENDERERS.keys() - {service.CONFIRM_MAIL, service.LOST_MAIL}))
def test_nothing_goes_to_an_address_that_nobody_confirmed(app: Flask, event: Event, kind: str) -> None:
    assert rendered(app, kind, signed_up(event, **FIELDS), VARIANTS.get(kind, "")) is None


VARIANTS = {"registration.reminder": "24 2026-06-16", "registration.changed": "202606161200"}


@pytest.mark.parametrize("kind", sorted(mails.RENDERERS))
def test_nothing_is_said_after_the_event_after_cancelling_and_after_deletion(app: Flask, event: Event, kind: str) -> None:
    made, variant = guest(event), VARIANTS.get(kind, "")
    with clock.travelled_to(NOON + timedelta(days=2)):
        assert rendered(app, kind, made, variant) is None
    do(service.cancel, made.id, GUEST)
    assert rendered(app, kind, made, variant) is None
    assert mails.RENDERERS[kind](uuid.uuid4(), variant) is None


def test_a_ticket_is_not_mailed_for_a_cancelled_event_but_can_be_asked_for(app: Flask, event: Event) -> None:
    made = guest(event)
    set_event(event, status="cancelled")
    with write_tx() as session:
        texts.put(session, event.id, event.id, "event.reason", {"en": "A storm is coming"}, "en")

    assert rendered(app, "registration.ticket", made) is None
    lost = sent(app, service.LOST_MAIL, made)
    assert "This event is cancelled.\nReason: A storm is coming\n" in lost.text
    assert ("cid:" in str(lost.html), "METHOD:PUBLISH" in str(lost.attachments)) == (False, True)


def test_a_mail_to_an_event_without_a_date_says_so_and_has_no_calendar(app: Flask, event: Event) -> None:
    made = guest(event)
    set_event(event, starts_on=None, ends_on=None)
    mail = sent(app, "registration.ticket", made)

    assert "Date: The date has not been announced yet." in mail.text
    assert [one.name for one in mail.attachments] == ["ticket.png"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_mail_can_be_made_in_every_language(app: Flask, event: Event, lang: str) -> None:
    made, fresh = guest(event, 2, language=lang), signed_up(event, **FIELDS)
    for kind, one in ((service.CONFIRM_MAIL, fresh), ("registration.ticket", made), (service.LOST_MAIL, made)):
        mail = sent(app, kind, one, lang=lang)

        assert f'<html lang="{lang}"' in str(mail.html)
        assert {link.split("/")[3] for link in links(mail.text)} == {lang}


def test_the_html_says_what_the_text_says_and_loads_nothing(app: Flask, event: Event) -> None:
    made = guest(event, 2, name='Ž & "Ķ" <b>')
    mail = sent(app, "registration.ticket", made)
    body = str(mail.html)

    assert set(html.links(body, "[href]")) == set(links(mail.text))
    assert [each[:4] for name in ("src", "background", "srcset") for each in html.attributes(body, f"[{name}]", name)] == ["cid:"]
    assert ("<b>" in body, "Ž &amp; &#34;Ķ&#34; &lt;b&gt;" in body, 'Ž & "Ķ" <b>' in mail.text) == (False, True, True)
    words = [line for line in mail.text.splitlines() if line and not line.startswith("http")]
    plain = html.words(body)
    assert [line for line in words if line.rstrip(":") not in plain and line.partition(": ")[2] not in plain] == []


def test_a_second_address_gets_its_own_question_and_the_ticket_follows_it(app: Flask, event: Event) -> None:
    made = guest(event)
    with write_tx() as session:
        confirming.replace_address(session.get_one(Registration, made.id), "new@post.example")

    mail = sent(app, service.CONFIRM_MAIL, made)
    assert (mail.to, rendered(app, "registration.ticket", made)) == ("new@post.example", None)


def test_a_month_is_said_where_no_day_is_known(app: Flask, event: Event) -> None:
    made = guest(event)
    set_event(event, starts_on=date(2026, 9, 1), ends_on=date(2026, 9, 1), date_precision="month")

    assert "Date: September 2026" in sent(app, "registration.ticket", made).text
