"""The schedule for conference apps, as JSON and XML: what is in it, and that both say the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.agenda.c3voc import acronym_of
from app.agenda.service import cancel_item
from tests.factories import make_event, make_item, make_place
from tests.transactions import do

AT = datetime(2026, 6, 16, 15, 0, tzinfo=UTC)


@pytest.fixture
def event(app: Flask, client: FlaskClient, noon: datetime):
    """A ceremony with a row that has an end, one without, one without a time, and a cancelled one."""
    with app.app_context():
        made = make_event(title={"en": "Ceremony & songs", "lv": "Svinības"}, place=make_place())
        make_item(made, 1, {"en": "Welcome", "lv": "Sveiciens"}, starts_at=AT, ends_at=AT.replace(minute=45), languages=["fi"])
        make_item(made, 2, "Music", starts_at=AT.replace(hour=16))
        make_item(made, 3, "Exhibition", on=AT.date())
        do(cancel_item, make_item(made, 4, "Speech", starts_at=AT.replace(hour=17)).id)
        return made


def rows_of(document: dict) -> list[dict]:
    days = document["schedule"]["conference"]["days"]
    return [row for day in days for rows in day["rooms"].values() for row in rows]


def test_json_holds_the_rows_with_a_time_also_the_cancelled_one(client, event):
    document = client.get("/lv/events/kaskinen-2026/schedule.json").json

    assert [(row["id"], row["title"], row["start"], row["duration"]) for row in rows_of(document)] == [
        (1, "Sveiciens", "18:00", "00:45"), (2, "Music", "19:00", "01:00"), (4, "Atcelts: Speech", "20:00", "03:00"),
    ]  # fmt: skip
    assert [row.get("end") for row in rows_of(document)] == ["2026-06-16T18:45:00+03:00", None, None]
    conference = document["schedule"]["conference"]
    assert (conference["acronym"], conference["title"], conference["daysCount"]) == ("kaskinen_2026", "Svinības", 1)
    assert conference["days"][0]["day_start"] == "2026-06-16T18:00:00+03:00"


def test_xml_says_the_same_as_json(client, event):
    document = client.get("/en/events/kaskinen-2026/schedule.json").json
    root = ElementTree.fromstring(client.get("/en/events/kaskinen-2026/schedule.xml").data)  # noqa: S314 - our own

    rows = [{child.tag: child.text or "" for child in row} | {"guid": row.get("guid")} for row in root.iter("event")]
    wanted = ("guid", "title", "start", "duration", "room", "slug", "url", "date")
    assert [[row[name] for name in wanted] for row in rows] == [[row[name] for name in wanted] for row in rows_of(document)]
    assert root.findtext("conference/title") == "Ceremony & songs"
    assert root.findtext("version") == document["schedule"]["version"]


def test_schedule_may_be_read_from_any_site_and_follows_a_change(app, client, event):
    before = client.get("/en/events/kaskinen-2026/schedule.json")
    with app.app_context():
        make_item(event, 5, "Dance", starts_at=AT.replace(hour=18))
    after = client.get("/en/events/kaskinen-2026/schedule.json")

    assert before.headers["Access-Control-Allow-Origin"] == "*"
    assert before.headers["Content-Language"] == "en"
    assert [row["id"] for row in rows_of(after.json)] == [1, 2, 4, 5]
    assert int(after.json["schedule"]["version"]) > int(before.json["schedule"]["version"])


@pytest.mark.parametrize(("status", "word"), [("cancelled", "Cancelled"), ("postponed", "Postponed")])
def test_schedule_of_an_event_called_off_keeps_its_rows_and_says_so(app, client, noon, status, word):
    with app.app_context():
        made = make_event("gone", status=status)
        make_item(made, 1, starts_at=AT)
    root = ElementTree.fromstring(client.get("/en/events/gone/schedule.xml").data)  # noqa: S314 - our own
    document = client.get("/en/events/gone/schedule.json").json

    assert [row["title"] for row in rows_of(document)] == [f"{word}: Welcome"]
    assert [node.findtext("title") for node in root.iter("event")] == [f"{word}: Welcome"]
    assert (root.findtext("conference/title"), document["schedule"]["conference"]["title"]) == (f"{word}: Ceremony",) * 2


def test_schedule_without_rows_has_one_empty_day_in_the_xml(app, client, noon):
    with app.app_context():
        make_event("bare")
    root = ElementTree.fromstring(client.get("/en/events/bare/schedule.xml").data)  # noqa: S314 - our own

    assert rows_of(client.get("/en/events/bare/schedule.json").json) == []
    assert [(day.get("index"), day.get("start"), len(day)) for day in root.iter("day")] == [("1", "2026-06-16T00:00:00+03:00", 0)]


@pytest.mark.parametrize(
    ("hours", "in_json", "in_xml"), [(23, "23:00", "23:00"), (24, "24:00", "23:59"), (95, "95:00", "23:59"), (200, "200:00", "23:59")]
)  # fmt: skip
def test_row_of_a_day_or_more_is_cut_in_the_xml_alone(app, client, noon, hours, in_json, in_xml):
    end = AT + timedelta(hours=hours)
    with app.app_context():
        make_item(make_event("long"), 1, starts_at=AT, ends_at=end)
    root = ElementTree.fromstring(client.get("/en/events/long/schedule.xml").data)  # noqa: S314 - our own
    (row,) = rows_of(client.get("/en/events/long/schedule.json").json)

    assert (row["duration"], datetime.fromisoformat(row["end"])) == (in_json, end)
    assert [node.findtext("duration") for node in root.iter("event")] == [in_xml]
    assert datetime.fromisoformat(root.find("day").get("end")) - AT < timedelta(days=1)


@pytest.mark.parametrize(("slug", "acronym"), [("kaskinen-2026", "kaskinen_2026"), ("ry", "ry__"), ("Forum.25", "forum_25")])
def test_acronym_takes_underscores(slug, acronym):
    assert acronym_of(slug) == acronym
