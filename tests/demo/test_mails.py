"""The demo's mails on a page: newest first, as their readers see them, and nowhere but in the demo."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.core import clock, qr
from app.core.db import db, write_tx
from app.mail import postbox
from app.mail.sender import send_due
from app.mail.service import Attachment, Mail, enqueue
from app.mail.transports import FolderTransport
from app.registration import feeds
from tests import html
from tests.conftest import NOON

PNG = feeds.code_picture(qr.make("HTTPS://PEARLS.TEST/T/0"))
LINK = "https://pearls.test/fi/confirm/abc/"
TEXT = f"Hyvää päivää\n\nVahvista:\n{LINK}\n<b>ei lihavoitu</b>\n"


@pytest.fixture
def demo(client: FlaskClient, app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FlaskClient]:
    """A browser at a demo with two mails: one of an hour ago, one of now with a picture and a calendar."""
    monkeypatch.setitem(app.extensions, "settings", replace(app.extensions["settings"], demo=True))
    monkeypatch.setattr(app, "instance_path", str(tmp_path))
    files = (Attachment("ticket.png", "image/png", PNG, "code"), Attachment("event.ics", "text/calendar", b"BEGIN:VCALENDAR"))
    html = '<p onclick="x()">Hyvää päivää <img src="cid:code" alt="QR"></p>'
    mails = {
        "old": Mail("old@post.example", "The first", "Text"),
        "new": Mail("new@post.example", "Ääni & <valo>", TEXT, html, files),
    }
    app.extensions["mail_renderers"]["note"] = lambda subject, variant: mails[variant]
    with app.app_context():
        for variant, age in (("old", 61), ("new", 2)):
            with clock.travelled_to(NOON - timedelta(minutes=age, seconds=30)):
                with write_tx() as session:
                    enqueue(session, "note", uuid.uuid4(), "fi" if variant == "new" else "en", variant)
                send_due(FolderTransport(postbox.folder_of(app)), clock.now())
        db.session.remove()
    with clock.travelled_to(NOON):
        yield client


def names(client: FlaskClient) -> list[str]:
    return [link.rpartition("/")[2] for link in html.links(client.get("/demo/mails/"), "a.mails__subject")]


def test_mails_are_listed_newest_first_with_whom_and_when(demo: FlaskClient) -> None:
    answer = demo.get("/demo/mails/")

    assert answer.headers["Cache-Control"] == "no-store"
    assert html.texts(answer, "li.mails__row") == [
        "Ääni & <valo> new@post.example 2 minutes ago", "The first old@post.example 1 hour ago",
    ]  # fmt: skip
    assert len(names(demo)) == 2


def test_a_mail_is_shown_as_text_with_its_links_its_picture_and_its_files(demo: FlaskClient) -> None:
    name = names(demo)[0]
    page = demo.get(f"/demo/mails/{name}").get_data(as_text=True)

    assert f'<a href="{LINK}">{LINK}</a>' in page
    assert ("&lt;b&gt;ei lihavoitu" in page, "onclick" in page) == (True, False)
    parts = [
        each.get("src") or each.get("href")
        for each in html.every(page, f'[src^="/demo/mails/{name}/"], [href^="/demo/mails/{name}/"]')
    ]
    assert parts == [f"/demo/mails/{name}/{number}" for number in (1, 0, 1, 2)]
    assert html.attributes(page, "[download]", "download") == ["mail.html", "ticket.png", "event.ics"]


def test_the_picture_is_shown_and_everything_else_is_saved(demo: FlaskClient) -> None:
    name = names(demo)[0]
    html, picture, calendar = (demo.get(f"/demo/mails/{name}/{number}") for number in range(3))

    assert (picture.data, picture.mimetype, picture.headers.get("Content-Disposition")) == (PNG, "image/png", None)
    assert (html.mimetype, html.headers["Content-Disposition"]) == ("application/octet-stream", "attachment; filename=mail.html")
    assert (calendar.data, calendar.headers["Content-Disposition"]) == (b"BEGIN:VCALENDAR", "attachment; filename=event.ics")
    assert {answer.headers["Cache-Control"] for answer in (html, picture, calendar)} == {"no-store"}


@pytest.mark.parametrize("path", ["../settings.env", "%2e%2e%2fsettings.env", "x", f"{uuid.uuid4()}", f"{uuid.uuid4()}/0"])
def test_what_is_no_mail_is_not_found(demo: FlaskClient, path: str) -> None:
    known = names(demo)[1]

    assert [demo.get(f"/demo/mails/{one}").status_code for one in (path, f"{known}/9", f"{known}/x")] == [404, 404, 404]


def test_an_empty_postbox_says_how_to_fill_it(demo: FlaskClient, app: Flask) -> None:
    for file in postbox.folder_of(app).iterdir():
        file.unlink()

    assert "No e-mail has been written yet." in demo.get("/demo/mails/").get_data(as_text=True)


def test_outside_the_demo_there_is_nothing(
    demo: FlaskClient, app: Flask, monkeypatch: pytest.MonkeyPatch, noon: datetime
) -> None:
    name = names(demo)[0]
    monkeypatch.setitem(app.extensions, "settings", replace(app.extensions["settings"], demo=False))

    assert [demo.get(f"/demo/mails/{path}").status_code for path in ("", name, f"{name}/1")] == [404, 404, 404]
