"""Lists of every kind: for the event, a day, a row of the programme, the coach; their order, hours and words."""

from __future__ import annotations

import uuid
from datetime import date

import pytest
from sqlalchemy import String, literal, update
from sqlalchemy.exc import IntegrityError

from app.checkin import service
from app.checkin.models import CheckInList
from app.core.db import db, write_tx
from tests.checkin.scans import answers, code_of, make_device, make_list, results, scan

KINDS = [
    ("event", {}, True), ("day", {"on": date(2026, 6, 17)}, True), ("item", {"item_id": uuid.uuid4()}, True), ("coach", {}, False),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "fields", "is_venue_door"), KINDS, ids=[kind for kind, *_ in KINDS])
def test_put_list_takes_every_kind_and_the_coach_is_not_the_venue(app, door, kind, fields, is_venue_door):
    with app.app_context():
        make_list(door.event, "new", "New", kind=kind, position=3, **fields)
        made = service.find_list(door.event.id, "new")

    assert (made.kind, made.position, made.is_venue_door) == (kind, 3, is_venue_door)
    assert all(getattr(made, name) == value for name, value in fields.items())


def test_put_list_again_changes_what_is_given_and_nothing_else(app, door):
    with app.app_context():
        first = make_list(door.event, "coach", "Coach", kind="coach", capacity=40)
        again = make_list(door.event, "coach", "Coach", is_venue_door=True)
        count = len(service.lists_of(door.event.id))

    assert (first.id, again.kind, again.capacity, again.is_venue_door, count) == (again.id, "coach", 40, True, 2)


def test_a_list_of_no_known_kind_is_refused(app, door):
    with app.app_context(), pytest.raises(ValueError, match="'boat' is not a valid ListKind"), write_tx() as session:
        service.put_list(session, door.event.id, "x", {"kind": "boat"}, {"en": "Boat"})


def test_a_list_of_no_known_kind_is_refused_by_the_database_too(app, door):
    with app.app_context(), pytest.raises(IntegrityError), write_tx() as session:
        session.execute(update(CheckInList).values({CheckInList.kind: literal("boat", String)}))


def test_lists_stand_in_their_order_everywhere(app, client, door):
    with app.app_context():
        for slug, position in (("z-first", -2), ("b", 5), ("a", 5)):
            make_list(door.event, slug, slug, position=position)
        _, token = make_device(door.event, "b", "z-first", "a", "main-door")
        known = [one.slug for one in service.lists_of(door.event.id)]
        db.session.rollback()
    headers = {"Authorization": f"Bearer {token}"}
    asked = [[one["slug"] for one in client.get(path, headers=headers).json["lists"]] for path in ("/api/v1/lists",)]
    device = [one["slug"] for one in client.get("/api/v1/device", headers=headers).json["device"]["lists"]]

    assert [known, *asked, device] == [["z-first", "main-door", "a", "b"]] * 3


def test_a_list_tells_its_kind_its_day_and_how_many_are_in(app, client, door, ticket):
    with app.app_context():
        make_list(
            door.event, "day-2", "Day two", kind="day", on=date(2026, 6, 17), capacity=200, re_entry=False, count_exits=False
        )
        _, token = make_device(door.event, "day-2")
    results(client, token, scan(code_of(ticket(party_size=3)), list="day-2", count=3))
    (told,) = client.get("/api/v1/lists", headers={"Authorization": f"Bearer {token}"}).json["lists"]

    assert told == {
        "slug": "day-2", "name": "Day two", "kind": "day", "on": "2026-06-17", "opens_at": None, "closes_at": None, "re_entry": False,
        "count_exits": False, "capacity": 200, "inside": 3, "is_venue_door": True,
    }  # fmt: skip


def test_one_phone_serves_several_lists_in_one_call(app, client, door, ticket):
    with app.app_context():
        make_list(door.event, "coach", "Coach", kind="coach")
        make_list(door.event, "day-2", "Day two", kind="day", on=date(2026, 6, 17))
        _, token = make_device(door.event, "main-door", "coach", "day-2")
    rider, guest = code_of(ticket(lists="coach,main-door")), code_of(ticket(lists="day-2"))
    items = [scan(rider, list="coach"), scan(rider), scan(rider, list="day-2"), scan(guest, list="day-2"), scan(guest)]

    assert [answer["result"] for answer in answers(client, token, *items)] == [
        "accepted", "accepted", "wrong_list", "accepted", "wrong_list",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("capacity", "inside", "warning"), [(20, 17, None), (20, 18, "nearly_full"), (20, 20, "full"), (None, 20, None)]
)
def test_a_report_hears_the_warning_from_ninety_per_cent_on(app, client, door, ticket, capacity, inside, warning):
    with app.app_context():
        make_list(door.event, capacity=capacity)
    results(client, door.token, scan(code_of(ticket(party_size=inside)), count=inside))
    report = {"unsent": 0, "highest_seq": 1}
    answer = client.post("/api/v1/device/report", json=report, headers={"Authorization": f"Bearer {door.token}"})

    assert answer.json["lists"] == [{"slug": "main-door", "inside": inside, "capacity": capacity, "warning": warning}]
