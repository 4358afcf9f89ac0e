"""When the disk is full: what is written is refused and asked for again, what is read goes on, nothing is half written."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app import create_app
from app.config import database_url
from app.core.db import db
from app.registration.models import Registration, Ticket
from tests.bench.checker import check_door, check_file
from tests.bench.phones import Sent, make_tickets
from tests.checkin import scans
from tests.checkin.disk import Disk, small_disk
from tests.checks import postgres
from tests.conftest import HOST, settings_for
from tests.registration import registrations

MOST = 1500  # scans or forms until the last free page is used, at most
EVENT = "/en/events/kaskinen-2026/"


@dataclass(frozen=True)
class Small:
    """An app whose database lies on a small disk, a browser, and an event with a door and a desk."""

    app: Flask
    client: FlaskClient
    disk: Disk
    token: str
    codes: list[str]


@contextmanager
def database_on_a_small_disk() -> Iterator[tuple[Disk, str]]:
    """Of the kind that is being tested."""
    if not os.environ.get("TEST_DATABASE_URL"):
        with small_disk("7m") as disk:
            yield disk, f"sqlite:///{disk.folder / 'small.sqlite3'}"
        return
    binaries = postgres.find_binaries()
    if binaries is None:
        pytest.skip("a PostgreSQL server on a small disk needs its binaries")
    with small_disk("120m") as disk, postgres.cluster(binaries, postgres.FAST, disk.folder) as made:
        yield disk, database_url(made.address)


@pytest.fixture
def small() -> Iterator[Small]:
    with database_on_a_small_disk() as (disk, url):
        app = create_app(settings_for(url))
        with app.app_context():
            db.create_all()
            at = scans.make_door()
            registrations.open_registration(at.event)
            printed = make_tickets(at.event.id, 200)
        with app.test_client() as client:
            client.environ_base |= {"HTTP_HOST": HOST, "wsgi.url_scheme": "https"}
            yield Small(app, client, disk, at.token, printed)
        with app.app_context():
            db.engine.dispose()


def until_full(call: Callable[[int], Any]) -> list[Any]:
    """The answers of one call after the other, up to the third that was refused."""
    answers: list[Any] = []
    while [answer.status_code for answer in answers].count(503) < 3:
        assert len(answers) < MOST, "the disk never got full"
        answers.append(call(len(answers)))
    return answers


def scan_of(small: Small, number: int) -> dict[str, Any]:
    return scans.scan(small.codes[number % len(small.codes)], seq=number + 1)


def test_a_full_disk_refuses_scans_loses_none_and_lets_pages_go_on(small: Small) -> None:
    sent: list[dict[str, Any]] = []

    def scan(number: int) -> Any:
        sent.append(scan_of(small, number))
        return scans.send(small.client, small.token, sent[-1])

    before = [scan(number) for number in range(3)]
    small.disk.fill()
    answers = [*before, *until_full(lambda number: scan(number + len(before)))]
    refused = [answer for answer in answers if answer.status_code != 200]
    small.app.extensions["pagecache"].clear()
    page = small.client.get(EVENT)
    small.disk.clear()
    again = [scans.send(small.client, small.token, item) for item in sent]

    assert {(answer.status_code, answer.content_type, answer.headers["Retry-After"]) for answer in refused} == {
        (503, "application/problem+json", "3")
    }
    assert (page.status_code, "Ceremony" in page.text) == (200, True)
    assert [answer.status_code for answer in again] == [200] * len(sent)
    assert [answer.json["results"][0]["replay"] for answer in again] == [answer.status_code == 200 for answer in answers]
    with small.app.app_context():
        answered = [
            [taken, *([first.json] if first.status_code == 200 else [])] for first, taken in zip(answers, again, strict=True)
        ]
        diary = {item["id"]: Sent(item, [_result(one) for one in each]) for item, each in zip(sent, answered, strict=True)}
        assert check_door(diary) == []


def _result(answer: Any) -> str:
    body = answer if isinstance(answer, dict) else answer.json
    return str(body["results"][0]["result"])


def test_a_full_disk_refuses_registrations_and_makes_none_by_halves(small: Small) -> None:
    small.disk.fill()
    answers = until_full(lambda number: registrations.send(small.client, name=f"Ieva Kļaviņa {number}"))
    taken = [answer for answer in answers if answer.status_code == 303]
    refused = [answer for answer in answers if answer.status_code != 303]
    small.disk.clear()
    after = registrations.send(small.client)

    assert {(answer.status_code, answer.headers["Retry-After"], answer.headers["Cache-Control"]) for answer in refused} == {
        (503, "3", "no-store")
    }
    assert all("Nothing was saved" in answer.text for answer in refused)
    assert after.status_code == 303
    with small.app.app_context():
        made = db.session.scalar(select(func.count()).select_from(Registration))
        tickets = db.session.scalar(select(func.count()).where(Ticket.registration_id.is_not(None)))
        assert (made, tickets, check_file()) == (len(taken) + 1, len(taken) + 1, [])
