"""Deleting an event: nothing of it is left in any table or in the file, nothing of another event is touched, a proof stays."""

from __future__ import annotations

import subprocess
import uuid
from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path
from threading import Event as Signal, Thread
from time import sleep
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app.audit import service as audit
from app.audit.models import TERMINAL, AuditEntry
from app.core import clock
from app.core.db import db, write_tx
from app.core.errors import NotFound
from app.demo import loader
from app.desk import deletion
from app.events.models import Event
from app.events.queries import find_event
from tests.checkin import scans
from tests.conftest import NOON, browser_of
from tests.demo.seeded import put_demo
from tests.factories import make_event
from tests.holdings import Holdings, Rows, hold, places_of, stored
from tests.registration import registrations
from tests.transactions import do

PROOFS = {"audit_entries", "deletions"}
COUNTED = {
    "registrations": 5, "needs": 4, "answers": 8, "tickets": 7, "mails": 13, "conflicts": 1, "admissions": 6, "headcounts": 1,
    "scans": 8, "devices": 4, "unconfirmed_addresses": 1,
}  # fmt: skip


@pytest.fixture
def two(app: Flask, client: FlaskClient, noon: datetime) -> tuple[Holdings, Holdings]:
    """Two events of the same day, each with everything; a guest of the first one went to the second one's door, too."""
    first, second = hold(app, client, "kaskinen-2026", "Xylofon"), hold(app, client, "kiel-2026", "Qvintus")
    assert scans.results(client, second.token, scans.scan(first.code)) == ["wrong_event"]
    return first, second


def delete(app: Flask, held: Holdings, *, force: bool = True) -> tuple[Rows, Rows]:
    """The rows before and after."""
    with app.app_context():
        before = stored()
        do(deletion.delete_event, held.event_id, TERMINAL, force=force)
        deletion.leave_no_trace()
        return before, stored()


def test_nothing_is_left_in_any_column_of_any_table(app: Flask, two: tuple[Holdings, Holdings]) -> None:
    first, _ = two
    before, after = delete(app, first)
    tables = {table for table, _ in places_of(first, before)}

    assert len(tables) >= 24
    assert {table for table, _ in places_of(first, after)} == PROOFS
    assert not any(word in repr(after) for word in first.words)


def test_foreign_keys_alone_take_what_points_to_an_event(app: Flask, two: tuple[Holdings, Holdings]) -> None:
    first, _ = two
    with app.app_context():
        with write_tx() as session:
            session.execute(sa.text("DELETE FROM events WHERE slug = :slug"), {"slug": first.slug})
        left = places_of(first, stored())

    assert {table for table, _ in left} == {"audit_entries", "local_texts", "outbox_mails", "scans", "translations"}
    assert ("scans", 1) in left  # the other door's


def test_another_events_rows_stay_as_they_are(app: Flask, two: tuple[Holdings, Holdings]) -> None:
    """But for the id of the ticket that its door refused."""
    first, second = two
    before, after = delete(app, first)
    lost = {table: Counter(rows) - Counter(after[table]) for table, rows in before.items()}
    changed = {table: [row for row in rows if not first.named_in(row)] for table, rows in lost.items()}
    refused = [row for row in lost["scans"] if second.named_in(row)]

    assert {table for table, rows in changed.items() if rows} == {"catalogue_version"}
    assert len(refused) == 1
    assert places_of(second, after) == places_of(second, before)


def test_what_was_deleted_is_proved_in_numbers(app: Flask, two: tuple[Holdings, Holdings]) -> None:
    first, _ = two
    delete(app, first)
    with app.app_context():
        proofs = {one.kind: one.count for one in audit.deletions_of(first.event_id)}
        deeds = db.session.query(AuditEntry).filter_by(event_id=first.event_id).all()

        assert proofs.pop("audit_entries") > 0
        assert proofs == COUNTED
        assert [(one.verb, one.actor_kind, one.actor_id, one.subject_id) for one in deeds] == [
            ("event.deleted", "terminal", None, first.event_id)
        ]


def test_the_file_holds_no_name_any_more(app: Flask, two: tuple[Holdings, Holdings]) -> None:
    """SQLite overwrites what it deletes, and the log of writes is emptied; PostgreSQL does it when it vacuums."""
    first, second = two
    delete(app, first)
    with app.app_context():
        file = db.engine.url.database if db.engine.dialect.name == "sqlite" else None
        db.session.remove()
    if file:
        beside = [path for path in Path(file).parent.iterdir() if path.name.startswith(Path(file).name)]
        held = subprocess.run(["cat", *beside], check=True, capture_output=True).stdout
        assert (held.count(b"Xylofon"), held.count(b"Qvintus") > 20) == (0, True)
    with app.app_context():
        assert find_event(second.slug) is not None


def test_nobody_is_answered_with_a_fault_while_it_is_deleted(app: Flask, client: FlaskClient, noon: datetime) -> None:
    """Scans, clicks and registrations arrive all the time; each is taken before, or refused in words after."""
    first = hold(app, client, "kaskinen-2026", "Xylofon")
    headers, stop = {"Authorization": f"Bearer {first.token}"}, Signal()
    statuses: list[int] = []

    def come(number: int) -> None:
        browser = browser_of(app)
        while not stop.is_set():
            click = {"id": str(uuid.uuid4()), "list": "main-door", "delta": 1, "at": scans.iso(NOON)}
            answers = [
                lambda: scans.send(browser, first.token, scans.scan(first.code, mode="offline")),
                lambda: browser.post("/api/v1/headcounts", json={"clicks": [click]}, headers=headers),  # noqa: B023
                lambda: registrations.send(browser, f"/en/events/{first.slug}/register", name=f"Anna {number}"),
            ]
            statuses.extend(answer().status_code for answer in answers)

    threads = [Thread(target=come, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    sleep(1)
    with app.app_context():
        do(deletion.delete_event, first.event_id, TERMINAL, force=True)
        deletion.leave_no_trace()
    sleep(0.5)
    stop.set()
    for thread in threads:
        thread.join()
    with app.app_context():
        left = {table for table, _ in places_of(first, stored())}

    assert left == PROOFS
    assert {200, 303, 401, 404} <= set(statuses) <= {200, 303, 401, 404, 409, 422, 503}, Counter(statuses)


@pytest.mark.parametrize("holder", ["token", "supervisor"])
def test_its_phones_are_told_that_they_are_ended(
    app: Flask, client: FlaskClient, two: tuple[Holdings, Holdings], holder: str
) -> None:
    first, _ = two
    token = getattr(first, holder)
    headers = {"Authorization": f"Bearer {token}"}
    assert client.get("/api/v1/device", headers=headers).status_code == 200
    delete(app, first)
    online, offline = scans.scan(first.code), scans.scan(first.code, mode="offline", local="accepted")
    click = {"id": str(uuid.uuid4()), "list": "main-door", "delta": 1, "at": scans.iso(clock.now())}
    answers = [
        client.get("/api/v1/device", headers=headers),
        scans.send(client, token, online),
        scans.send(client, token, offline),
        client.post("/api/v1/headcounts", json={"sent_at": scans.iso(clock.now()), "clicks": [click]}, headers=headers),
        client.get("/api/v1/lists/main-door/tickets", headers=headers),
        client.post("/api/v1/device/token", json={}, headers=headers),
    ]

    assert [(one.status_code, one.json["code"], one.content_type) for one in answers] == [
        (401, "unauthorised", "application/problem+json")
    ] * len(answers)


def test_pages_and_tickets_of_it_are_not_found(app: Flask, client: FlaskClient, two: tuple[Holdings, Holdings]) -> None:
    first, second = two
    addresses = [f"/en/events/{first.slug}/", f"/en/tickets/{first.link}/", f"/T/{first.code}"]
    before = [client.get(address).status_code for address in addresses]
    delete(app, first)

    assert (before, [client.get(address).status_code for address in addresses]) == ([200, 200, 200], [404, 404, 404])
    assert first.slug not in client.get("/en/events/").text
    assert client.get(f"/en/events/{second.slug}/").status_code == 200
    assert scans.results(client, second.token, scans.scan(first.code)) == ["unknown"]


def test_one_under_way_is_deleted_only_when_forced(app: Flask, client: FlaskClient, two: tuple[Holdings, Holdings]) -> None:
    first, _ = two
    with app.app_context():
        before = stored()
        with pytest.raises(deletion.UnderWay):
            do(deletion.delete_event, first.event_id, TERMINAL)
        db.session.rollback()
        assert stored() == before
        do(deletion.delete_event, first.event_id, TERMINAL, force=True)
        with pytest.raises(NotFound):
            do(deletion.delete_event, first.event_id, TERMINAL, force=True)


@pytest.mark.parametrize(
    ("fields", "under_way"),
    [
        ({}, True),
        ({"starts_on": date(2026, 6, 15), "ends_on": date(2026, 6, 17)}, True),
        ({"starts_on": date(2026, 6, 17), "ends_on": date(2026, 6, 17)}, False),
        ({"starts_on": date(2026, 6, 15), "ends_on": date(2026, 6, 15)}, False),
        ({"starts_on": date(2026, 6, 1), "ends_on": None, "date_precision": "month"}, False),
        ({"starts_on": None, "ends_on": None}, False),
    ],
)
def test_under_way_is_from_its_first_day_until_it_is_over(
    database: None, noon: datetime, fields: dict[str, Any], under_way: bool
) -> None:
    event: Event = make_event(**fields)

    assert event.is_under_way(NOON) is under_way
    assert not event.is_under_way(NOON + timedelta(days=400))


# The command


def run(app: Flask, *words: str, **options: str) -> tuple[int, str]:
    done = app.test_cli_runner().invoke(args=["event", "delete", "kiel-2027", *words], **options)
    return done.exit_code, done.output


@pytest.fixture
def later(app: Flask, database: None, noon: datetime) -> Event:
    """A ceremony next year, with one guest."""
    event = make_event("kiel-2027", starts_on=date(2027, 6, 16), ends_on=date(2027, 6, 16))
    scans.make_ticket(event)
    return event


def test_the_command_asks_for_the_events_name(app: Flask, later: Event) -> None:
    wrong = run(app, input="kiel\n")
    right = run(app, input="kiel-2027\n")

    assert (wrong[0], wrong[1].splitlines()[0], "Nothing was deleted." in wrong[1]) == (
        2,
        "kiel-2027 will be deleted for good, and with it: tickets: 1.",
        True,
    )
    assert (right[0], right[1].splitlines()[-1]) == (0, "Deleted: kiel-2027, and with it: tickets: 1.")
    assert find_event("kiel-2027") is None


def test_the_command_does_not_ask_with_yes_and_refuses_what_is_not_there(app: Flask, later: Event) -> None:
    assert run(app, "--yes")[0] == 0
    assert run(app, "--yes") == (1, "Error: There is no event 'kiel-2027'. `flask event list` shows them.\n")


def test_the_command_wants_force_while_the_event_is_under_way(app: Flask, database: None, noon: datetime) -> None:
    make_event("kiel-2027")
    refused, forced = run(app, "--yes"), run(app, "--yes", "--force")

    assert (refused[0], refused[1].splitlines()[-1]) == (
        1, "Error: kiel-2027 is under way. --force deletes it all the same; its phones end at once.",
    )  # fmt: skip
    assert forced == (
        0,
        "kiel-2027 will be deleted for good, and with it: no guests and no scans.\n"
        "Deleted: kiel-2027, and with it: no guests and no scans.\n",
    )


def test_a_restart_of_the_demo_does_not_bring_it_back(database: None, noon: datetime) -> None:
    put_demo()
    event = find_event("kiel-2026") or db.session.query(Event).first()
    assert event is not None
    do(deletion.delete_event, event.id, TERMINAL, force=True)
    loader.seed_demo()

    assert find_event(event.slug) is None
