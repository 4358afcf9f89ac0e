"""What changed, as Atom: read by a parser of feeds, and only what changed moves."""

from __future__ import annotations

from datetime import datetime, timedelta

import feedparser
import pytest
from flask.testing import FlaskClient

from app.agenda import service as agenda
from app.core import atom, clock
from app.events.models import Event
from app.events.service import get_event
from app.organise import rules, service
from tests.factories import make_event, make_item, make_place, minutes

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
    item = agenda.find_item(get_event(slug), number)
    assert item is not None
    with clock.travelled_to(at):
        agenda.move_item(item.id, to, None)


def stamps(found: feedparser.FeedParserDict) -> dict[str, str]:
    """When each entry was updated, by id."""
    return {entry.id: entry.updated for entry in found.entries}


def test_feed_of_an_event_says_how_it_stands(client: FlaskClient, feast: Event) -> None:
    found = read(client)

    assert (found.feed.title, found.feed.id) == ("Izmaiņas: Gadatirgus", f"https://pearls.test{ADDRESS}")
    assert [(link.rel, link.href) for link in found.feed.links] == [
        ("self", f"https://pearls.test{ADDRESS}"),
        ("alternate", "https://pearls.test/lv/events/feast-2026/"),
    ]
    assert [(entry.id, entry.title) for entry in found.entries] == [(f"urn:uuid:{feast.id}", "Gadatirgus")]
    assert found.feed.updated == found.entries[0].updated == atom.moment(feast.created_at)


def test_moved_row_is_the_newest_entry_and_nothing_else_moves(client: FlaskClient, feast: Event, noon: datetime) -> None:
    move("feast-2026", 2, noon + minutes(200), noon + minutes(60))
    first = read(client)
    move("feast-2026", 3, noon + minutes(300), noon + minutes(240))
    second = read(client)
    before, after = stamps(first), stamps(second)

    assert [entry.title for entry in second.entries] == ["Row 3", "Row 2", "Gadatirgus"]
    assert {key for key in after if before.get(key) != after[key]} == {second.entries[0].id}
    assert first.feed.updated < second.feed.updated == second.entries[0].updated == atom.moment(noon + timedelta(hours=4))
    assert second.entries[0].link == "https://pearls.test/lv/events/feast-2026/items/3/"
    assert [line.rpartition(", ")[2] for line in second.entries[0].summary.splitlines()] == ["plkst. 20:00", "plkst. 18:00"]


def test_cancelled_event_says_so_and_why(client: FlaskClient, feast: Event, noon: datetime) -> None:
    with clock.travelled_to(noon + timedelta(hours=5)):
        service.change(feast.id, rules.Wanted(event={"status": "cancelled"}, texts={("event", "reason"): {"en": "A storm."}}))
    entry = read(client, "/en/events/feast-2026/changes.atom").entries[0]

    assert entry.summary.splitlines()[:2] == ["This event is cancelled.", "A storm."]
    assert entry.updated == atom.moment(noon + timedelta(hours=5))


def test_feed_of_a_town_has_one_entry_an_event_as_new_as_its_last_change(
    client: FlaskClient, database: None, noon: datetime
) -> None:
    town = make_place("kaskinen")
    for slug in ("first-2026", "second-2026"):
        make_item(make_event(slug, title=slug, place=town), 1, "Row", starts_at=noon + minutes(60))
    before = stamps(read(client, "/en/towns/kaskinen/changes.atom"))
    move("first-2026", 1, noon + minutes(90), noon + minutes(30))
    found = read(client, "/en/towns/kaskinen/changes.atom")
    after = stamps(found)

    assert [entry.title for entry in found.entries] == ["first-2026", "second-2026"]
    assert [entry.link for entry in found.entries] == [
        f"https://pearls.test/en/events/{slug}/" for slug in ("first-2026", "second-2026")
    ]
    assert {key for key in after if before[key] != after[key]} == {found.entries[0].id}


def test_town_without_events_has_an_empty_feed(client: FlaskClient, database: None) -> None:
    make_place("kaskinen")

    assert read(client, "/en/towns/kaskinen/changes.atom").entries == []


def test_feed_is_asked_for_again_for_nothing(client: FlaskClient, feast: Event) -> None:
    tag = client.get(ADDRESS).headers["ETag"]

    assert client.get(ADDRESS, headers={"If-None-Match": tag}).status_code == 304


def test_feed_holds_the_hundred_newest(client: FlaskClient, feast: Event, noon: datetime) -> None:
    for number in range(4, 124):
        make_item(feast, number, starts_at=noon + minutes(number), changed_at=noon + minutes(number))

    assert len(read(client).entries) == atom.MOST


@pytest.mark.parametrize("path", ["/en/events/feast-2026/", "/en/towns/kaskinen/"])
def test_page_names_its_feed(client: FlaskClient, feast: Event, path: str) -> None:
    make_place("kaskinen")
    page = client.get(path).text

    assert f'<link rel="alternate" type="application/atom+xml" href="https://pearls.test{path}changes.atom">' in page
