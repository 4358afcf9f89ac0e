"""The ticket as SVG, picture, calendar entry and mail: read back by programs that are not ours."""

from __future__ import annotations

import io
import re
import uuid
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
import vobject
import zxingcpp
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar
from PIL import Image, ImageDraw
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.agenda.models import AgendaItem
from app.agenda.queries import find_item
from app.agenda.service import cancel_item, move_item
from app.audit.models import GUEST
from app.core import clock, qr
from app.core.db import db, write_tx
from app.events.models import Event
from app.events.queries import get_event
from app.i18n.image_text import drawable
from app.i18n.languages import LANGUAGES
from app.registration import codes, feeds, service
from app.registration.mails import render_ticket
from app.registration.models import Registration, Ticket
from app.registration.queries import occasion_of
from tests import html
from tests.conftest import OWN
from tests.factories import make_event, make_item, minutes
from tests.registration.registrations import confirmed, make_evening, open_registration, send, signed_up
from tests.transactions import do

CODE = "7K2M9QXRT4VWB3C8NHDPZ6FJ5G"
LONG = "Žvaigždžių ir šviesos ceremonija prie jūros – Kultūros perlų " * 4
PANGRAMS = "ĀČĒĢĪĶĻŅŠŪŽ āčēģīķļņšūž ĄĘĖĮŲ ąčęėįšųūž ĆŁŃÓŚŹŻ ćłńóśźż ÕÄÖÜ õäöü ÅÆØ åæø ß „“–”’ €"


def drawn(svg: str, module: int = 8) -> Image.Image:
    """Our SVG painted by rules of SVG paths: what a browser shows."""
    size = int(html.one(svg, "svg").get("viewbox").split()[2])
    image = Image.new("L", (size * module, size * module), 255)
    pen, x, y = ImageDraw.Draw(image), 0, 0
    path = html.one(svg, 'path[stroke="#000"][transform="translate(0 .5)"]').get("d")
    assert re.fullmatch(r"(?:[Mm]\d+ \d+h\d+)+", path)
    for move, by_x, by_y, run in re.findall(r"([Mm])(\d+) (\d+)h(\d+)", path):
        x, y = (int(by_x), int(by_y)) if move == "M" else (x + int(by_x), y + int(by_y))
        pen.rectangle((x * module, y * module, (x + int(run)) * module - 1, (y + 1) * module - 1), 0)
        x += int(run)
    return image


def read(image: Image.Image) -> list[str]:
    """What a decoder finds."""
    return [found.text for found in zxingcpp.read_barcodes(image)]


@pytest.mark.parametrize(
    ("base", "modules"),
    [
        ("https://pearls.test", 29),
        ("https://" + "a" * 20 + ".org", 29),
        ("http://192.168.111.222:8000", 29),
        ("https://" + "a" * 60 + ".org", 37),
    ],
)
def test_qr_is_small_and_in_capitals(base: str, modules: int) -> None:
    text = qr.payload(base, CODE)
    code = qr.make(text)

    assert text == f"{base}/t/{CODE}".upper()
    assert code.size == modules + 2 * qr.QUIET
    assert not any(cell for row in (*code.rows[:4], *code.rows[-4:]) for cell in row)
    assert not any(cell for row in code.rows for cell in (*row[:4], *row[-4:]))


def test_ticket_page_holds_a_compact_code_that_a_camera_reads(app: Flask, client: FlaskClient, noon: datetime) -> None:
    with app.app_context():
        open_registration()
    place = send(client).headers["Location"]
    svg = html.markup(client.get(place), "svg[role=img]")
    with app.app_context():
        ticket = db.session.scalars(select(Ticket)).one()
        expected = f"HTTPS://PEARLS.TEST/T/{codes.ticket_code(ticket.id, 1)}"

    assert read(drawn(svg)) == [expected]
    assert len(svg.encode()) <= 3000
    assert f'<title id="qr-title">QR code of this ticket. Reference: {codes.show_reference(ticket.reference)}</title>' in svg
    assert ("style=" in svg, "currentColor" in svg, 'shape-rendering="crispEdges"' in svg) == (False, False, True)


def test_svg_of_a_hundred_codes_stays_small() -> None:
    sizes = [
        len(qr.make(qr.payload("https://companion.bsr-pearls.eu", codes.crockford(uuid.uuid4().bytes))).path) for _ in range(100)
    ]

    assert max(sizes) <= 2000


@pytest.mark.parametrize("lang", LANGUAGES)
def test_picture_is_read_back_in_every_language(app: Flask, client: FlaskClient, noon: datetime, lang: str) -> None:
    with app.app_context():
        open_registration()
    place = send(client, language=lang).headers["Location"]
    answer = client.get(place + "picture.png")
    with app.app_context():
        ticket = db.session.scalars(select(Ticket)).one()
        expected = f"HTTPS://PEARLS.TEST/T/{codes.ticket_code(ticket.id, 1)}"

    assert (answer.mimetype, answer.headers["Cache-Control"]) == ("image/png", "no-store")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="ticket-{codes.show_reference(ticket.reference)}.png"'
    assert len(answer.data) < 100_000
    assert read(Image.open(io.BytesIO(answer.data))) == [expected]


def test_picture_grows_with_long_titles_and_cuts_nothing(database: None, noon: datetime) -> None:
    code = qr.make(qr.payload("https://pearls.test", CODE))
    pictures = []
    for title in ("Short", LONG, "W" * 150):
        event = make_event(f"event-{len(title)}", title=title)
        pictures.append(Image.open(io.BytesIO(feeds.picture(occasion_of(event, "en"), code, "K7QM-4T2P", ["People: 2"]))))

    assert [read(picture) for picture in pictures] == [[qr.payload("https://pearls.test", CODE)]] * 3
    assert pictures[0].height < min(pictures[1].height, pictures[2].height)
    for picture in pictures:
        edges = [
            picture.crop((0, 0, feeds.MARGIN - 8, picture.height)),
            picture.crop((picture.width - feeds.MARGIN + 8, 0, picture.width, picture.height)),
        ]
        assert [edge.getextrema() for edge in edges] == [(255, 255)] * 2


def test_every_letter_of_the_nine_languages_is_drawn() -> None:
    assert drawable(PANGRAMS) == PANGRAMS


@pytest.mark.parametrize(
    ("text", "expected"), [("s\u030c", "š"), ("Ŗūjiena", "Rūjiena"), ("漢", "?"), ("a\u200db", "ab"), ("Ō", "O")]
)
def test_letters_that_the_font_lacks_lose_their_marks_only(text: str, expected: str) -> None:
    assert drawable(text) == expected


def entries(body: str) -> list[Any]:
    return list(Calendar.from_ical(body).walk("VEVENT"))


def test_calendar_has_the_evening_in_its_own_zone_and_no_secret(app: Flask, client: FlaskClient, noon: datetime) -> None:
    with app.app_context():
        open_registration()
    place = send(client).headers["Location"]
    answer = client.get(place + "event.ics")
    (entry,) = entries(answer.text)
    with app.app_context():
        ticket = db.session.scalars(select(Ticket)).one()
        secrets = [place.split("/")[3], codes.ticket_code(ticket.id, 1), ticket.reference, "Ķirse"]

    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert (str(entry["SUMMARY"]), str(entry["STATUS"])) == ("Ceremony of light", "CONFIRMED")
    assert str(entry["URL"]) == "https://pearls.test/en/events/kaskinen-2026/"
    assert (entry.start.isoformat(), entry.end.isoformat()) == ("2026-06-16T18:00:00+03:00", "2026-06-16T21:00:00+03:00")
    assert entry["DTSTART"].params["TZID"] == "Europe/Helsinki"
    assert str(entry["LOCATION"]) == "Square of Kaskinen, Raatihuoneenkatu 34, Kaskinen · Kaskö"
    assert [secret for secret in secrets if secret.upper() in answer.text.upper()] == []
    assert vobject.readOne(answer.text).vevent.summary.value == "Ceremony of light"
    assert len(answer.data) < 3000


def test_calendar_uid_is_the_same_in_all_languages(app: Flask, client: FlaskClient, noon: datetime) -> None:
    with app.app_context():
        open_registration()
    place = send(client).headers["Location"].removeprefix("/en")
    shown = [entries(client.get(f"/{lang}{place}event.ics").text)[0] for lang in ("en", "fi", "lv")]

    assert len({str(entry["UID"]) for entry in shown}) == 1
    assert [str(entry["SUMMARY"]) for entry in shown] == ["Ceremony of light", "Valon juhla", "Gaismas svētki"]


def test_calendar_entry_of_a_guest_who_cancelled_says_so_and_is_newer(app: Flask, client: FlaskClient, noon: datetime) -> None:
    with app.app_context():
        open_registration()
    place = send(client).headers["Location"]
    (before,) = entries(client.get(place + "event.ics").text)
    with clock.travelled_to(noon + minutes(5)):
        client.post(place + "cancel", headers=OWN)
    (after,) = entries(client.get(place + "event.ics").text)

    assert [str(one["SUMMARY"]) for one in (before, after)] == ["Ceremony of light", "Registration cancelled: Ceremony of light"]
    assert [(str(one["UID"]), int(one["SEQUENCE"]), str(one["STATUS"])) for one in (before, after)] == [
        (str(before["UID"]), 0, "CONFIRMED"), (str(before["UID"]), 1, "CANCELLED"),
    ]  # fmt: skip
    assert (before["DTSTAMP"].dt, after["DTSTAMP"].dt) == (noon, noon + minutes(5))


@pytest.mark.parametrize(("status", "word"), [("cancelled", "Cancelled"), ("postponed", "Postponed")])
def test_calendar_entry_of_an_event_called_off_says_so_first(
    app: Flask, client: FlaskClient, noon: datetime, status: str, word: str
) -> None:
    with app.app_context():
        open_registration()
    place = send(client).headers["Location"]
    with app.app_context(), write_tx() as session:
        session.scalars(select(Event)).one().status = status
    (entry,) = entries(client.get(place + "event.ics").text)

    assert (str(entry["SUMMARY"]), str(entry["STATUS"])) == (f"{word}: Ceremony of light", "CANCELLED")


@pytest.mark.parametrize(("hours", "free"), [(3, None), (30, "TRANSPARENT")])
def test_calendar_entry_of_several_days_leaves_people_free(
    app: Flask, client: FlaskClient, noon: datetime, hours: int, free: str | None
) -> None:
    with app.app_context():
        event = make_event(ends_on=noon.date() + timedelta(days=hours // 24))
        open_registration(event)
        make_item(event, 1, "Music", starts_at=noon + minutes(60), ends_at=noon + minutes(60 * (1 + hours)))
    (entry,) = entries(client.get(send(client).headers["Location"] + "event.ics").text)

    assert (entry.end - entry.start, entry.get("TRANSP")) == (timedelta(hours=hours), free)


def test_calendar_of_an_event_held_online_leads_there_and_to_no_place(app: Flask, client: FlaskClient, noon: datetime) -> None:
    with app.app_context():
        open_registration(make_evening(status="moved_online", online_url="https://meet.example/room"))
    (entry,) = entries(client.get(send(client).headers["Location"] + "event.ics").text)

    assert [str(entry.get(name)) for name in ("LOCATION", "CONFERENCE", "GEO")] == ["https://meet.example/room"] * 2 + ["None"]
    assert entry["CONFERENCE"].params["LABEL"] == "Join online"


def test_calendar_has_the_zone_as_two_yearly_rules_the_picture_and_the_spot(
    app: Flask, client: FlaskClient, noon: datetime
) -> None:
    with app.app_context():
        open_registration()
    text = client.get(send(client).headers["Location"] + "event.ics").text
    (zone,) = Calendar.from_ical(text).walk("VTIMEZONE")
    (entry,) = entries(text)

    assert [(part.name, "RRULE" in part, "RDATE" in part) for part in zone.subcomponents] == [
        ("STANDARD", True, False), ("DAYLIGHT", True, False),
    ]  # fmt: skip
    assert str(entry["IMAGE"]) == "https://pearls.test/en/events/kaskinen-2026/card.png"
    assert entry["GEO"].latitude == pytest.approx(62.3845, abs=0.01)


def test_calendar_takes_whole_days_where_no_hours_are_known(app: Flask, client: FlaskClient, noon: datetime) -> None:
    with app.app_context():
        open_registration(make_event("kaskinen-2026", ends_on=noon.date() + timedelta(days=2)))
    place = send(client).headers["Location"]
    (entry,) = entries(client.get(place + "event.ics").text)

    assert (entry["DTSTART"].dt, entry["DTEND"].dt) == (date(2026, 6, 16), date(2026, 6, 19))


def test_calendar_counts_every_change_of_a_row_and_is_otherwise_the_same(app: Flask, client: FlaskClient, noon: datetime) -> None:
    with app.app_context():
        event = open_registration()
        make_item(event, 2, "Music", starts_at=noon + minutes(260), ends_at=noon + minutes(400))
    place = send(client).headers["Location"]
    shown = [client.get(place + "event.ics").text]
    for number, verb in ((1, move_half_an_hour), (1, move_half_an_hour), (2, cancel_item)):
        with app.app_context(), clock.travelled_to(noon + minutes(len(shown))):
            row = find_item(get_event("kaskinen-2026"), number)
            assert row is not None
            do(verb, row.id)
        shown.append(client.get(place + "event.ics").text)

    assert [int(entries(body)[0]["SEQUENCE"]) for body in shown] == [0, 1, 2, 3]
    assert [entries(body)[0].start.strftime("%H:%M") for body in shown] == ["18:00", "18:30", "19:00", "19:00"]
    assert [names_of_changed(*pair) for pair in pairwise(shown)] == [
        {"DTSTART", "DTSTAMP", "LAST-MODIFIED", "SEQUENCE"}, {"DTSTART", "DTSTAMP", "LAST-MODIFIED", "SEQUENCE"},
        {"DTEND", "DTSTAMP", "LAST-MODIFIED", "SEQUENCE"},
    ]  # fmt: skip


def move_half_an_hour(session: Session, item_id: uuid.UUID) -> None:
    row = session.get_one(AgendaItem, item_id)
    assert row.starts_at is not None
    move_item(session, item_id, row.starts_at + minutes(30), row.ends_at)


def names_of_changed(before: str, after: str) -> set[str]:
    """The properties whose lines differ; both calendars have the same number of lines."""
    pairs = zip(before.splitlines(), after.splitlines(), strict=True)
    return {new.partition(":")[0].partition(";")[0] for old, new in pairs if old != new}


@pytest.mark.parametrize(
    "fields", [{"starts_on": None, "ends_on": None}, {"date_precision": "month"}, {"date_precision": "year"}]
)
def test_calendar_of_an_event_without_days_does_not_exist(
    app: Flask, client: FlaskClient, noon: datetime, fields: dict[str, Any]
) -> None:
    with app.app_context():
        open_registration(make_event("kaskinen-2026", **fields))
    place = send(client).headers["Location"]

    assert "event.ics" not in client.get(place).text
    assert client.get(place + "event.ics").status_code == 404


# Mail


def mail_for(app: Flask, registration: Registration, lang: str = "en") -> Any:
    with app.test_request_context(f"/{lang}/", base_url="https://pearls.test"):
        return render_ticket(registration.id, "")


def test_mail_brings_the_link_when_it_is_sent(app: Flask, database: None, noon: datetime) -> None:
    event = open_registration()
    made = confirmed(event, signed_up(event, 2, email="ieva@example.lv", name="Ieva <b>Kļaviņa</b>"))
    mail = mail_for(app, made, "lv")
    assert made.ticket is not None

    assert (mail.to, "Ieva &lt;b&gt;Kļaviņa&lt;/b&gt;" in mail.html, "<b>Kļ" in mail.html) == ("ieva@example.lv", True, False)
    assert mail.subject.endswith("Gaismas svētki")
    wanted = (
        f"https://pearls.test/lv/tickets/{codes.link_secret(made.id)}/",
        "https://pearls.test/lv/events/kaskinen-2026/",
        "Ieva <b>Kļaviņa</b>",
        codes.show_reference(made.ticket.reference),
    )
    assert [text for text in wanted if text not in mail.text] == []
    assert codes.ticket_code(made.ticket.id, 1) not in mail.text
    files = {file.name.rpartition(".")[2]: file.data for file in mail.attachments}
    assert (len(entries(files["ics"].decode())), files["png"][:4]) == (1, b"\x89PNG")


def test_mail_of_the_waiting_list_says_so(app: Flask, database: None, noon: datetime) -> None:
    event = open_registration(capacity=1)
    _, second = (confirmed(event, signed_up(event, email="a@example.org", language="en")) for _ in range(2))

    assert "Ceremony of light\n\nYou are on the waiting list.\nYour place in the queue is 1." in mail_for(app, second).text


def test_mail_is_dropped_when_there_is_nothing_to_say(app: Flask, database: None, noon: datetime) -> None:
    event = open_registration()
    cancelled, held = (confirmed(event, signed_up(event, email=f"{name}@example.org")) for name in "ab")
    do(service.cancel, cancelled.id, GUEST)
    unconfirmed = signed_up(event, email="c@example.org")
    dropped = [mail_for(app, one) for one in (cancelled, unconfirmed, Registration(id=uuid.uuid4()))]
    with clock.travelled_to(noon + minutes(60 * 48)):
        dropped.append(mail_for(app, held))
    assert mail_for(app, held) is not None
    with write_tx() as session:
        session.scalars(select(Event)).one().status = "cancelled"
    dropped.append(mail_for(app, held))

    assert dropped == [None] * 5
