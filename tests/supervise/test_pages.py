"""Who may open the supervisor's pages; the overview and what an open one polls; what is stored."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest

from app.audit.models import TERMINAL
from app.audit.service import record_deleted
from app.checkin import counters, devices, retention
from app.checkin.models import Device, Headcount
from app.core import clock
from app.core.db import db, write_tx
from app.supervise import words as supervisor_words
from tests import html
from tests.checkin.scans import code_of, make_device, make_door, make_list, results, scan
from tests.conftest import OWN
from tests.supervise.supervisor import HTMX, Supervisor, make_conflict, make_scan
from tests.transactions import do

PAGES = ("overview", "overview/now", "conflicts", "scans", "tickets", "devices", "stored")


@pytest.fixture
def sanna(app, door) -> Supervisor:
    return Supervisor(app, door)


# Who may


@pytest.mark.parametrize("path", PAGES)
def test_pages_open_for_a_supervisor_and_are_never_kept(sanna, path):
    page = sanna.get(path)

    assert (page.status_code, page.headers["Cache-Control"]) == (200, "no-store")


@pytest.mark.parametrize(
    "path", [*PAGES, "conflicts/x", "scans/x", "tickets/x/replace", "devices/x", "devices/x/revoke", "devices/x/code"]
)
def test_pages_say_in_words_why_a_phone_may_not(app, client, door, path):
    path = path.replace("x", str(uuid.uuid4())) if path.count("/x") else path
    volunteer, nobody = Supervisor(app, door, supervise=False), client.get(f"/en/door/{path}")
    refused = volunteer.get(path)

    assert (refused.status_code, nobody.status_code) == (403, 401)
    assert "This phone may scan, but it may not open the supervisor’s pages." in refused.text
    assert "This phone is not set up as a scanner. Ask the organiser for a new code." in nobody.text


@pytest.mark.parametrize("path", ["conflicts/{}", "scans/{}", "devices", "devices/{}", "devices/{}/code", "devices/{}/revoke"])
def test_nothing_is_sent_without_the_right_or_from_elsewhere(app, client, door, path):
    path = path.format(uuid.uuid4())
    volunteer, supervisor = Supervisor(app, door, supervise=False), Supervisor(app, door)
    nobody = client.post(f"/en/door/{path}", headers=OWN)
    foreign = supervisor.post(path, Sec_Fetch_Site="cross-site")

    assert (volunteer.post(path).status_code, nobody.status_code, foreign.status_code) == (403, 401, 403)


@pytest.mark.parametrize("path", ["conflicts/{}", "scans/{}", "devices/{}", "devices/{}/code", "devices/{}/revoke"])
def test_what_another_event_has_is_not_there(app, client, door, sanna, path, rows):
    with app.app_context():
        other = make_door("alytus-2026")
        ids = [make_scan(other).id, other.device.id, other.list.id, uuid.uuid4()]
    whole = {
        "note": "a note",
        "reason": "a reason",
        "form_key": str(uuid.uuid4()),
        "name": "Ole",
        "lists": "main-door",
        "language": "en",
    }
    answers = [sanna.get(path.format(one)).status_code for one in ids] + [
        sanna.post(path.format(one), whole).status_code for one in ids
    ]

    assert set(answers) == {404}
    assert [device.revoked_at for device in rows(Device)] == [None] * 3


def test_the_right_is_gone_at_the_next_request(app, sanna):
    before = sanna.get("overview").status_code
    with app.app_context():
        do(devices.revoke, sanna.device.id, TERMINAL)

    assert (before, sanna.get("overview").status_code) == (200, 401)


def test_an_open_page_loads_itself_anew_when_its_phone_is_ended(app, sanna):
    with app.app_context():
        do(devices.revoke, sanna.device.id, TERMINAL)
    polled = sanna.get("overview/now", HX_Request="true")

    assert (polled.status_code, polled.headers["HX-Refresh"]) == (401, "true")


def test_every_page_leads_to_the_others_and_back_to_the_scanner(sanna):
    for path in PAGES:
        links = html.links(sanna.get(path), ".supervisor__nav li > a")

        assert links == [f"/en/door/{name}" for name in ("overview", "conflicts", "scans", "tickets", "devices", "stored", "")], (
            path
        )


# The overview


def click(door, delta: int, **fields: Any) -> None:
    with write_tx() as session:
        now = clock.now()
        values = {"list_id": door.list.id, "device_id": door.device.id, "delta": delta, "occurred_at": now, "received_at": now}
        session.add(Headcount(id=uuid.uuid4(), **(values | fields)))
        session.flush()
        counted = 0 if fields.get("rehearsal") else delta
        counters.add(session.connection(), {door.list.id: counters.Tally(clicks=counted, changes=1)})


def number_in(page: html.Source, label: str) -> str:
    return next(html.words(term.getnext()) for term in html.every(page, "dt") if html.words(term) == label)


def test_overview_says_who_is_in_and_how_each_list_goes(app, client, door, sanna, ticket):
    family = ticket(party_size=4)
    results(client, door.token, scan(family.printed, count=3), scan(family.printed, direction="exit"), scan("x" * 26))
    with app.app_context():
        click(door, 5)
    page = sanna.get("overview").text

    assert html.texts(page, ".supervisor__number.num")[0] == "7"
    labels = ("Inside", "Arrived", "Went out", "Counted by hand", "Refused")
    assert [number_in(page, label) for label in labels] == ["7", "3", "1", "5", "1"]
    assert "Arrivals in the last 15 minutes: 8. Most in one minute: 8." in page


@pytest.mark.parametrize(("inside", "said"), [(8, None), (9, "nearly full"), (10, "is full"), (12, "is full")])
def test_overview_warns_in_words_when_the_house_fills(app, client, door, sanna, ticket, inside, said):
    with app.app_context():
        make_list(door.event, capacity=10)
    results(client, door.token, scan(ticket(party_size=20).printed, count=inside))
    said_here = sanna.read("overview")

    assert "Room for: 10" in said_here
    assert [words in said_here for words in ("The venue is nearly full", "The venue is full")] == [
        said == "nearly full", said == "is full",
    ]  # fmt: skip


def test_polled_numbers_are_304_until_something_changes(client, door, sanna, ticket):
    first = sanna.get("overview/now", **HTMX)
    unchanged = sanna.get("overview/now", If_None_Match=first.headers["ETag"], **HTMX)
    results(client, door.token, scan(ticket().printed))
    changed = sanna.get("overview/now", If_None_Match=first.headers["ETag"], **HTMX)

    assert (unchanged.status_code, unchanged.data, unchanged.headers["ETag"]) == (304, b"", first.headers["ETag"])
    assert (changed.status_code, changed.headers["ETag"] != first.headers["ETag"]) == (200, True)


@pytest.mark.parametrize("change", ["click", "phone", "report", "conflict", "revoke", "minute", "language"])
def test_whatever_is_shown_otherwise_is_sent_anew(app, client, door, sanna, later, change):
    known = sanna.get("overview/now").headers["ETag"]

    def asked() -> int:
        path = "/lv/door/overview/now" if change == "language" else "/en/door/overview/now"
        return sanna.client.get(path, headers={"If-None-Match": known}).status_code

    with app.app_context():
        match change:
            case "click":
                click(door, 1)
            case "phone":
                make_device(door.event, name="Ole")
            case "report":
                do(devices.report, devices.find_device_state(devices.hash_token(door.token)), devices.Report(3, 0, None))
            case "conflict":
                make_conflict(make_scan(door, rehearsal=True).id)
            case "revoke":
                do(devices.revoke, door.device.id, TERMINAL)
    with later(minutes=1 if change == "minute" else 0):
        assert asked() == 200


def test_the_fragment_carries_its_own_version_and_is_what_the_page_shows(sanna):
    fragment, page = sanna.get("overview/now", **HTMX), sanna.get("overview/now")
    (sent,) = html.attributes(fragment, "[hx-headers]", "hx-headers")

    assert json.loads(sent) == {"If-None-Match": fragment.headers["ETag"]}
    assert fragment.text.startswith('<div id="now"')
    assert fragment.text.strip() in page.text


def test_overview_names_phones_with_what_they_said_of_themselves(app, client, door, sanna):
    with app.app_context():
        make_list(door.event, "coach", "Coach")
        ole, token = make_device(door.event, "main-door", "coach", name="Ole Hansen")
    body = {"unsent": 3, "highest_seq": 3, "list_synced_at": "2026-06-16T11:58:00Z"}
    told = client.post("/api/v1/device/report", json=body, headers={"Authorization": f"Bearer {token}"})
    card = html.one(sanna.get("overview"), f"#phone-{ole.id}")

    assert told.status_code == 200
    assert "Ole Hansen" in html.words(card)
    assert "Main door · Coach" in html.words(card)
    assert [number_in(card, label) for label in ("Last heard from", "Not sent yet", "Offline list fetched")] == [
        "15:00",
        "3",
        "14:58",
    ]


def test_a_silent_phone_with_scans_missing_is_warned_of(app, door, sanna, later):
    with app.app_context(), write_tx() as session:
        phone = session.get(Device, door.device.id)
        phone.last_seen_at, phone.highest_seq, phone.unsent = clock.now(), 7, 7
    early = sanna.read("overview")
    with later(minutes=11):
        late = sanna.read("overview")

    assert ("no contact" in early, "There is no contact with this phone, and 7 scans are missing." in late) == (False, True)


def test_a_rush_of_unknown_codes_and_a_wrong_clock_are_warned_of(app, client, door, sanna, later):
    with app.app_context():
        for number in range(21):
            make_scan(door, seq=number + 1, offset_ms=-420_000 if number == 3 else 0)
    now = sanna.read("overview")
    with later(minutes=14):
        still = sanna.read("overview")
    with later(minutes=16):
        calm = sanna.read("overview")

    assert "The clock of this phone is off by 7 minutes." in now
    assert [text.count("21 unknown codes within 15 minutes.") for text in (now, still, calm)] == [1, 1, 0]


@pytest.mark.parametrize(("number", "flagged"), [(19, 0), (20, 1)])
def test_unknown_codes_are_flagged_whether_scanned_or_typed_and_however_slowly(client, door, sanna, later, number, flagged):
    for at in range(number):
        with later(seconds=40 * at):
            wrong = f"ZZZZZZ{at:02}" if at % 2 else f"{at:026}"
            assert results(client, door.token, scan(wrong)) == ["unknown"]
    with later(seconds=40 * number):
        said = sanna.read("overview")

    assert said.count(f"{number} unknown codes within 15 minutes. Ask what is being scanned there.") == flagged


def test_many_scans_taken_back_are_warned_of(client, door, sanna, ticket, later):
    for number in range(5):
        entry = scan(code_of(ticket()))
        results(client, door.token, entry, scan(None, direction="undo", undoes=entry["id"], reason="wrong person"))
        if number == 3:
            four = sanna.read("overview")
    five = sanna.read("overview")
    with later(minutes=16):
        calm = sanna.read("overview")

    assert "5 scans were undone within 15 minutes." in five
    assert "undone within" not in four + calm


@pytest.mark.parametrize("path", ["overview", "conflicts", "scans", "devices"])
def test_pages_ask_the_database_equally_often_for_one_row_and_for_three(app, client, door, sanna, ticket, queries, path):
    def grow(number: int) -> None:
        with app.app_context():
            make_list(door.event, f"list-{number}", f"List {number}")
            make_device(door.event, name=f"Phone {number}")
        code = ticket(status="cancelled").printed
        results(client, door.token, scan(code, seq=10 * number + 5, mode="offline", local="accepted"))
        results(client, door.token, scan(ticket().printed, seq=10 * number + 7))

    def asked() -> int:
        queries.clear()
        assert sanna.get(path).status_code == 200
        return len(queries)

    sanna.get(path)
    grow(1)
    one = asked()
    grow(2)
    grow(3)

    assert asked() == one


# What is stored


def test_stored_page_says_what_is_kept_until_when(client, door, sanna, ticket):
    results(client, door.token, scan(ticket().printed), scan(ticket().printed))
    said = sanna.read("stored")

    assert "Scans 2 Deleted no later than: 16 July 2026" in said
    assert "Tickets 2 Deleted no later than: 16 July 2026" in said
    assert "Phones at the door 2 Deleted no later than: 16 July 2026" in said
    assert "Nothing has been deleted yet." in said


def test_stored_page_shows_the_proofs_of_this_event_only(app, door, sanna):
    with app.app_context():
        other = make_door("alytus-2026")
        with write_tx() as session:
            record_deleted(session, door.event.id, "needs", 12)
            record_deleted(session, other.event.id, "scans", 77)
    said = sanna.read("stored")

    assert "Needs, such as a wheelchair place or a diet 12 Deleted: 15:00" in said
    assert "77" not in said


def test_stored_page_has_words_for_every_kind(app, door, sanna):
    with app.app_context():
        kinds = {kept.kind for kept in retention.stored_of(door.event.id)}
        db.session.remove()

    assert kinds - supervisor_words.STORED.keys() == set()


def test_an_undated_event_says_so(app, client, noon):
    with app.app_context():
        door = make_door("undated")
        with write_tx() as session:
            event = session.merge(door.event)
            event.starts_on = event.ends_on = None
    said = Supervisor(app, door).read("stored")

    assert "Deleted thirty days after the event, once it has a date." in said


def test_times_stand_in_the_events_zone_with_their_day_when_it_is_not_today(app, client, door, sanna, later):
    results(client, door.token, scan("x" * 26))
    today = sanna.read("scans")
    with later(hours=13):
        tomorrow = sanna.read("scans")

    assert "15:00 Ticket not found" in today
    assert "16 June 2026, 15:00 Ticket not found" in tomorrow
