"""What changed, as Atom: read by a parser of feeds, to which each change is something new."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import feedparser
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, func, select

from app.agenda import service as agenda
from app.agenda.queries import find_item
from app.audit.models import TERMINAL
from app.core import atom, clock
from app.core.db import db, write_tx
from app.desk import rules, service
from app.events.models import Event, EventChange
from app.events.queries import get_event
from app.i18n import texts
from app.places.models import Venue
from tests.factories import make_event, make_item, make_place, minutes
from tests.transactions import do

ADDRESS = "/lv/events/feast-2026/changes.atom"


def read(client: FlaskClient, path: str = ADDRESS) -> feedparser.FeedParserDict:
    """The feed as a program for feeds reads it; not well-formed would be `bozo`."""
    answer = client.get(path)
    found = feedparser.parse(answer.data, response_headers={"content-type": answer.content_type})
    assert (answer.status_code, answer.content_type, found.bozo) == (200, "application/atom+xml; charset=utf-8", False)
    return found


@pytest.fixture
def feast(database: None, noon: datetime) -> Event:
    """An event with three rows, announced at noon."""
    event = make_event("feast-2026", title="Gadatirgus")
    for number in (1, 2, 3):
        make_item(event, number, f"Row {number}", starts_at=noon + minutes(60 * number))
    return event


def move(slug: str, number: int, to: datetime, at: datetime) -> None:
    """Move a row to another time, at a moment."""
    item = find_item(get_event(slug), number)
    assert item is not None
    with clock.travelled_to(at):
        do(agenda.move_item, item.id, to, None)


def told(found: feedparser.FeedParserDict) -> list[tuple[str, list[str]]]:
    """What each entry says, the newest first."""
    return [(entry.title, entry.summary.splitlines()) for entry in found.entries]


def test_feed_of_an_event_to_which_nothing_happened_is_empty(client: FlaskClient, feast: Event) -> None:
    found = read(client)

    assert (found.feed.title, found.entries, found.feed.updated) == ("Izmaiņas: Gadatirgus", [], atom.moment(feast.created_at))
    assert [(link.rel, link.href) for link in found.feed.links] == [
        ("self", f"https://pearls.test{ADDRESS}"),
        ("alternate", "https://pearls.test/lv/events/feast-2026/"),
    ]


def test_every_change_is_an_entry_of_its_own_and_older_ones_stay_as_they_were(
    client: FlaskClient, feast: Event, noon: datetime
) -> None:
    move("feast-2026", 2, noon + minutes(200), noon + minutes(60))
    first = read(client, "/en/events/feast-2026/changes.atom")
    move("feast-2026", 2, noon + minutes(300), noon + minutes(70))
    second = read(client, "/en/events/feast-2026/changes.atom")
    with clock.travelled_to(noon + minutes(80)):
        row = find_item(get_event("feast-2026"), 2)
        assert row is not None
        do(agenda.cancel_item, row.id, {"en": "A storm."})
    third = read(client, "/en/events/feast-2026/changes.atom")

    assert [len(found.entries) for found in (first, second, third)] == [1, 2, 3]
    assert len({entry.id for entry in third.entries}) == 3
    assert second.entries[1:] == first.entries
    assert third.entries[1:] == second.entries
    assert told(third) == [
        ("Cancelled: Row 2 – Gadatirgus", ["Cancelled", "Reason: A storm."]),
        ("Row 2 – Gadatirgus", ["New time: 16 June 2026, 20:00", "Before: 16 June 2026, 18:20"]),
        ("Row 2 – Gadatirgus", ["New time: 16 June 2026, 18:20", "Before: 16 June 2026, 17:00"]),
    ]
    assert third.entries[0].link == "https://pearls.test/en/events/feast-2026/items/2/"
    assert third.feed.updated == third.entries[0].updated == atom.moment(noon + minutes(80))


def test_entry_has_one_id_in_all_languages_and_at_every_address(
    app: Flask, client: FlaskClient, noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context():
        make_item(make_event("feast-2026"), 2, starts_at=noon)
        move("feast-2026", 2, noon + minutes(200), noon + minutes(60))
    found = [read(client), read(client, "/fi/events/feast-2026/changes.atom")]
    app.extensions["pagecache"].clear()
    monkeypatch.setitem(app.config, "PUBLIC_BASE_URL", "https://elsewhere.example")
    moved = read(client)

    assert len({one.entries[0].id for one in (*found, moved)}) == 1
    assert (found[0].feed.id != found[1].feed.id, found[0].feed.id) == (True, moved.feed.id)
    assert moved.entries[0].link == "https://elsewhere.example/lv/events/feast-2026/items/2/"


def test_row_that_moves_to_another_place_says_both(client: FlaskClient, feast: Event) -> None:
    with write_tx() as session:
        venue = Venue(address="Tori 1")
        session.add(venue)
        session.flush()
        texts.put(session, venue.id, venue.id, "venue.name", {"en": "Town hall", "lv": "Rātsnams"}, "en")
    row = find_item(get_event("feast-2026"), 1)
    assert row is not None
    do(agenda.move_item_to, row.id, venue.id)
    do(agenda.move_item_to, row.id, None)

    assert told(read(client, "/lv/events/feast-2026/changes.atom")) == [
        ("Row 1 – Gadatirgus", ["Laiks: 2026. gada 16. jūnijs, plkst. 16:00", "Iepriekš: Rātsnams, Tori 1"]),
        ("Row 1 – Gadatirgus", ["Laiks: 2026. gada 16. jūnijs, plkst. 16:00", "Rātsnams, Tori 1"]),
    ]


def change(subject: Event, at: datetime, **wanted: Any) -> None:
    """Change settings of the event itself, at a moment."""
    with clock.travelled_to(at):
        do(service.change, subject.id, rules.Wanted(**wanted), TERMINAL)


def test_changes_of_the_event_itself_are_told_one_by_one(client: FlaskClient, feast: Event, noon: datetime) -> None:
    later = {"starts_on": noon.date() + timedelta(days=1), "ends_on": noon.date() + timedelta(days=2)}
    change(feast, noon + minutes(1), event=later)
    change(feast, noon + minutes(2), event={"status": "cancelled"}, texts={("event", "reason"): {"en": "A storm."}})
    change(feast, noon + minutes(3), event={"status": "scheduled"}, texts={("event", "reason"): {"en": ""}})
    change(feast, noon + minutes(4), registration={"mode": "optional"})
    found = read(client, "/en/events/feast-2026/changes.atom")

    assert told(found) == [
        ("Gadatirgus", ["This event will take place as planned.", "17–18 June 2026"]),
        ("Cancelled: Gadatirgus", ["This event is cancelled.", "Reason: A storm.", "17–18 June 2026"]),
        ("Gadatirgus", ["New date: 17–18 June 2026", "Before: 16 June 2026"]),
    ]
    assert {entry.link for entry in found.entries} == {"https://pearls.test/en/events/feast-2026/"}


def test_feed_of_a_town_has_the_very_entries_of_its_events(client: FlaskClient, database: None, noon: datetime) -> None:
    town = make_place("kaskinen")
    for slug in ("first-2026", "second-2026", "quiet-2026"):
        make_item(make_event(slug, title=slug, place=town), 1, "Row", starts_at=noon + minutes(60))
    make_item(make_event("elsewhere-2026", title="elsewhere", place=make_place("plock")), 1, "Row", starts_at=noon + minutes(60))
    for number, slug in enumerate(("first-2026", "second-2026", "elsewhere-2026", "first-2026"), start=1):
        move(slug, 1, noon + minutes(60 + number), noon + minutes(number))
    found = read(client, "/en/towns/kaskinen/changes.atom")
    own = [read(client, f"/en/events/{slug}/changes.atom").entries for slug in ("first-2026", "second-2026", "quiet-2026")]

    assert [entry.title for entry in found.entries] == ["Row – first-2026", "Row – second-2026", "Row – first-2026"]
    assert found.entries == [own[0][0], own[1][0], own[0][1]]
    assert own[2] == []


def test_changes_go_with_their_event(client: FlaskClient, feast: Event, noon: datetime) -> None:
    move("feast-2026", 2, noon + minutes(200), noon + minutes(60))
    with write_tx() as session:
        session.execute(delete(Event).where(Event.id == feast.id))

    assert db.session.scalar(select(func.count()).select_from(EventChange)) == 0


def test_town_without_events_has_an_empty_feed(client: FlaskClient, database: None) -> None:
    make_place("kaskinen")

    assert read(client, "/en/towns/kaskinen/changes.atom").entries == []


def test_feed_is_asked_for_again_for_nothing(client: FlaskClient, feast: Event) -> None:
    tag = client.get(ADDRESS).headers["ETag"]

    assert client.get(ADDRESS, headers={"If-None-Match": tag}).status_code == 304


def test_feed_holds_the_hundred_newest(client: FlaskClient, feast: Event, noon: datetime) -> None:
    for number in range(1, 121):
        move("feast-2026", 2, noon + minutes(200 + number), noon + minutes(number))
    found = read(client)

    assert len(found.entries) == atom.MOST
    assert (found.entries[0].updated, found.entries[-1].updated) == tuple(atom.moment(noon + minutes(at)) for at in (120, 21))


def test_feeds_ask_as_many_queries_for_one_change_as_for_five(
    client: FlaskClient, feast: Event, noon: datetime, queries: list[str]
) -> None:
    counts = []
    for number in (1, 4):
        for moved in range(number):
            move("feast-2026", 2, noon + minutes(200 + number * 10 + moved), noon + minutes(number * 10 + moved))
        queries.clear()
        read(client)
        counts.append(len(queries))

    assert counts[0] == counts[1]


@pytest.mark.parametrize("path", ["/en/events/feast-2026/", "/en/towns/kaskinen/"])
def test_page_names_its_feed(client: FlaskClient, feast: Event, path: str) -> None:
    make_place("kaskinen")
    page = client.get(path).text

    assert f'<link rel="alternate" type="application/atom+xml" href="https://pearls.test{path}changes.atom">' in page
