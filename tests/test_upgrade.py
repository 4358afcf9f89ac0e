"""A database as the version before left it, with an event under way: brought up to date, every row is there and of use.

Rows are written by SQL of that schema (migration 0002). Codes, links and hashes below were made by that version's own code
under the tests' key, so that a printed ticket and a phone at the door go on working.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app.audit.models import TERMINAL
from app.checkin.devices import find_device_state, hash_token
from app.checkin.headcount import numbers_of
from app.checkin.models import CheckInList, Conflict, Device
from app.core import clock
from app.core.db import db, write_tx
from app.core.schema import HISTORY
from app.desk import forms, service as organise
from app.events.queries import get_event
from app.mail.models import OutboxMail
from app.registration.models import Registration, Ticket
from app.registration.seats import find_active_settings
from app.supervise import service
from tests.conftest import NOON, browser_of
from tests.transactions import do
from tests.upgrading import Upgraded, contents, on_copy, upgraded

BEFORE = "0002"
TOKEN = "an-old-phone-of-the-ceremony-in-kaskinen-01"
LINKS = ("674ed8n2qy1h34j91p4rd22m8a", "6kwjsq9fhpza3wc5ads7rayh8y", "5ed87zd5ebgwn566jwtjdrcsb9")
LINK_HASHES = (
    "55b477b6a6e5ab619d2eefd4fdad9d05257c0460c2c2ea9df19b5ab4d23ef4bc",
    "fb0e39f1a9ac7a77f5b355550736223e3f1bcfddfa2ee8406ddc510005238033",
    "d3f4354c964ebd5c8d918427562ff93db68bd57a4b7038e39194b588c57fec3b",
)
REPLACED = "6K4F2PV3VGBDKJJQZDB8JK69T8"  # the first ticket has its second code
CODES = ("1WAJQS3VXBTFJAD5STB7Y0Q8B1", "6YPFHY4HEDB8XVXNHGD9SVX0B6", "2NFHMT48WDMCHPP0KZ5KFJVFV3")
REPLACED_HASH = "9fdff9cc29a2457da54e1e7047f479f195a44fae1541d4e46cdc5750b4e84ed4"
CODE_HASHES = (
    "4eed37301d8eabe77c86560eb96797b98d38ffa23e83bd39fe808a1573d05bc1",
    "a1c387b647f8e0d1d5fbaea14f85bf9bd68af61b3ae90a4e40d7f58bdd705d28",
    "209d34e3e7bb8fe28aa696bca48e283ec10594eee8b3ec37d2bb796c526f7dc6",
)
REFERENCES = ("6QM1CQJD", "D4ENEHSQ", "2EN32RMF")
TOKEN_HASH = "2951d937a592e9320708f547a59071bbbad0ee2af2652b562202692769954e39"

EVENT, LIST, DEVICE, TEXT, LIST_TEXT, PLACE = (uuid.UUID(int=0xE00 + number) for number in range(6))
PEOPLE, TICKETS = ([uuid.UUID(int=base + number) for number in (1, 2, 3)] for base in (0xA00, 0xB00))
SCANS = [uuid.UUID(int=0xC00 + number) for number in range(3)]
CLICK, ADMISSION, CONFLICT, MAIL = (uuid.UUID(int=0xD00 + number) for number in range(4))
MORNING, SIGNED_UP = NOON - timedelta(minutes=20), NOON - timedelta(days=9)
TYPES: dict[type, sa.types.TypeEngine[Any]] = {
    uuid.UUID: sa.Uuid(), datetime: sa.DateTime(timezone=True), date: sa.Date(), bool: sa.Boolean(), list: sa.JSON(),
    bytes: sa.LargeBinary(), int: sa.BigInteger(), str: sa.String(), float: sa.Float(),
}  # fmt: skip
GUESTS = (
    ("Aino Mäkelä", "aino@example.org", 2, "fi"),
    ("Žaneta Ķirse", "zaneta@example.org", 1, "lv"),
    ("Åke Nord", "", 1, "sv"),
)
STATES = ("confirmed", "waitlisted", "cancelled")


def row(table: str, **values: Any) -> tuple[str, dict[str, Any]]:
    """A row to be written, with the columns that it then had; None stays unsaid."""
    return table, {name: value for name, value in values.items() if value is not None}


def old_rows() -> Iterator[tuple[str, dict[str, Any]]]:
    """A ceremony with two seats: a party of two that holds them (one of them is in), one who waits, one who cancelled."""
    yield row("places", id=PLACE, slug="kaskinen", country="FI", timezone="Europe/Helsinki", latitude=62.38, longitude=21.22,
        coordinates_of="", seat="", population_note="", websites=[], languages=["fi", "sv"])  # fmt: skip
    yield row(
        "place_names", id=PLACE, place_id=PLACE, position=0, kind="official", lang="sv", value="Kaskö", folded="kasko kaskoe"
    )
    yield row(
        "events", id=EVENT, place_id=PLACE, slug="kaskinen-2026", kind="ceremony", status="scheduled", access="public", country="FI",
        timezone="Europe/Helsinki", starts_on=NOON.date(), ends_on=NOON.date(), date_precision="day", languages=["fi", "sv"],
        source_lang="en", fallback="en", sources=[], unverified=[], contact="", featured=0, sequence=0, version=4,
        created_at=SIGNED_UP, updated_at=SIGNED_UP,
    )  # fmt: skip
    yield row("catalogue_version", id=1, version=9)
    for text, owner, kind, words in ((TEXT, EVENT, "event.title", "Ceremony"), (LIST_TEXT, LIST, "list.name", "Main door")):
        yield row("local_texts", id=text, scope=EVENT, owner=owner, kind=kind, source_lang="en", source_version=1)
        yield row(
            "translations", text_id=text, lang="en", value=words, folded=words.lower(), origin="human", status="unreviewed",
            source_version=1, updated_at=SIGNED_UP,
        )  # fmt: skip
    yield row("registration_desks", scope=EVENT, mode="required", capacity=2, party_max=4)
    for number, (name, email, party, language) in enumerate(GUESTS):
        yield row(
            "registrations", id=PEOPLE[number], scope=EVENT, form_key=uuid.UUID(int=0xF00 + number),
            link_hash=bytes.fromhex(LINK_HASHES[number]), name=name, email=email, party_size=party, language=language,
            status=STATES[number], position=1 if number == 1 else 0, created_at=SIGNED_UP,
            cancelled_at=MORNING if number == 2 else None,
        )  # fmt: skip
        yield row(
            "tickets", id=TICKETS[number], scope=EVENT, registration_id=PEOPLE[number], reference=REFERENCES[number],
            generation=2 if number == 0 else 1, code_hash=bytes.fromhex(CODE_HASHES[number]), holder=name, language=language,
            party_size=party, status=STATES[number], rehearsal=False, created_at=SIGNED_UP,
        )  # fmt: skip
    yield row("revoked_codes", code_hash=bytes.fromhex(REPLACED_HASH), ticket_id=TICKETS[0], revoked_at=MORNING)
    yield row(
        "outbox_mails", id=MAIL, kind="registration.ticket", subject_id=PEOPLE[0], variant="", language="fi",
        created_at=SIGNED_UP, due_at=SIGNED_UP, attempts=1, next_try_at=SIGNED_UP, sent_at=SIGNED_UP, last_error="",
    )  # fmt: skip
    yield row("check_in_lists", id=LIST, scope=EVENT, slug="main-door", re_entry=True, count_exits=True, capacity=100)
    yield row(
        "devices", id=DEVICE, scope=EVENT, name="Maija Korhonen", lists="main-door", may_supervise=True,
        token_hash=bytes.fromhex(TOKEN_HASH), enrolled_at=MORNING, expires_at=NOON + timedelta(hours=15), language="en",
    )  # fmt: skip
    yield from old_door()


def old_door() -> Iterator[tuple[str, dict[str, Any]]]:
    """One of the party is in; one who had cancelled was let in by a phone without a network; four came without a ticket."""
    scan: dict[str, Any] = {
        "device_id": DEVICE, "list_id": LIST, "direction": "entry", "count": 1, "occurred_at": MORNING, "received_at": MORNING,
        "offset_ms": 0, "typed": False, "rehearsal": False,
    }  # fmt: skip
    for number, ticket, mode, local, result, admitted in (
        (0, 0, "online", None, "accepted", 1),
        (1, 2, "offline", "accepted", "cancelled", 0),
        (2, None, "online", None, "unknown", 0),
    ):  # fmt: skip
        yield row(
            "scans", **scan, id=SCANS[number], seq=number + 1, mode=mode, local=local,
            ticket_id=None if ticket is None else TICKETS[ticket],
            code_hash=b"?" * 32 if ticket is None else bytes.fromhex(CODE_HASHES[ticket]), result=result, admitted=admitted,
        )  # fmt: skip
    yield row("admissions", id=ADMISSION, ticket_id=TICKETS[0], list_id=LIST, pass_no=1, scan_id=SCANS[0])
    yield row("conflicts", id=CONFLICT, scan_id=SCANS[1], kind="cancelled", found_at=MORNING, note="")
    yield row("headcounts", id=CLICK, list_id=LIST, device_id=DEVICE, delta=4, occurred_at=MORNING, received_at=MORNING)


def write(rows: Iterator[tuple[str, dict[str, Any]]]) -> None:
    """By SQL that knows these columns and no others."""
    with write_tx() as session:
        for table, values in rows:
            names, holes = ", ".join(f'"{name}"' for name in values), ", ".join(f":{name}" for name in values)
            binds = [sa.bindparam(name, value, type_=TYPES[type(value)]) for name, value in values.items()]
            session.execute(sa.text(f'INSERT INTO "{table}" ({names}) VALUES ({holes})').bindparams(*binds))


def old_columns() -> dict[str, list[str]]:
    """The columns of every table as they are now."""
    inspector = sa.inspect(db.engine)
    tables = sorted(set(inspector.get_table_names()) - {"alembic_version", HISTORY.name})
    return {table: sorted(column["name"] for column in inspector.get_columns(table)) for table in tables}


def fill() -> dict[str, list[str]]:
    """An event under way; and every column."""
    write(old_rows())
    return old_columns()


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Upgraded]:
    """A database of the version before, brought up to date."""
    with upgraded(tmp_path_factory.mktemp("old"), BEFORE, fill) as made:
        yield made


@pytest.fixture
def app(tmp_path: Path, old: Upgraded) -> Iterator[Flask]:
    """The application on it."""
    with on_copy(tmp_path, old) as application:
        yield application


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return browser_of(app)


def scan(client: FlaskClient, code: str, seq: int, ident: uuid.UUID | None = None, **fields: Any) -> dict[str, Any]:
    """The door's answer to the old phone."""
    item = {
        "id": str(ident or uuid.uuid4()), "seq": seq, "list": "main-door", "code": code, "direction": "entry", "count": 1,
        "at": clock.now().astimezone(UTC).isoformat().replace("+00:00", "Z"), "mode": "online", "local": None,
    }  # fmt: skip
    answer = client.post("/api/v1/scans", json={"scans": [item | fields]}, headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200, answer.json
    result: dict[str, Any] = answer.json["results"][0]
    return result


def test_every_row_is_there_as_it_was(app: Flask, old: Upgraded) -> None:
    with app.app_context():
        after = contents(old.columns, renamed=True)

        assert after == old.before
        assert {table: len(rows) for table, rows in after.items() if rows} == {
            "admissions": 1, "catalogue_version": 1, "check_in_lists": 1, "conflicts": 1, "devices": 1, "events": 1,
            "headcounts": 1, "local_texts": 2, "outbox_mails": 1, "place_names": 1, "places": 1, "registration_desks": 1,
            "registrations": 3, "revoked_codes": 1, "scans": 3, "tickets": 3, "translations": 2,
        }  # fmt: skip


def test_new_columns_hold_what_went_without_saying(app: Flask) -> None:
    with app.app_context():
        desk, door, device = (
            find_active_settings(EVENT),
            db.session.get_one(CheckInList, LIST),
            db.session.get_one(Device, DEVICE),
        )

        assert desk is not None
        assert (desk.mode, desk.waiting_list, desk.confirm_first, desk.reminder_hours) == ("required", True, False, [168, 24])
        assert (door.kind, door.is_venue_door, door.on, door.item_id) == ("event", True, None, None)
        assert (device.last_seen_at, device.unsent, device.next_token_hash) == (None, 0, None)
        assert [ticket.changed_at == ticket.created_at for ticket in db.session.scalars(sa.select(Ticket))] == [True] * 3


@pytest.mark.parametrize(("words", "count"), [("cerem", 1), ("kaskö", 1), ("kaskinen ceremony", 1), ("main door", 0)])
def test_the_event_is_found_by_its_words(app: Flask, client: FlaskClient, words: str, count: int) -> None:
    assert client.get("/en/events/", query_string={"q": words}).text.count('id="event-kaskinen-2026"') == count


def test_addresses_that_had_their_mail_count_as_confirmed(app: Flask) -> None:
    with app.app_context():
        people = db.session.scalars(sa.select(Registration).order_by(Registration.id)).all()

        assert [person.email_confirmed_at for person in people] == [SIGNED_UP, SIGNED_UP, None]


@pytest.mark.parametrize("number", [0, 1, 2])
def test_ticket_pages_open_under_their_old_addresses(app: Flask, client: FlaskClient, number: int) -> None:
    page = client.get(f"/en/tickets/{LINKS[number]}/")

    assert (page.status_code, GUESTS[number][0] in page.text) == (200, True)


def test_printed_codes_open_their_tickets(app: Flask, client: FlaskClient) -> None:
    """The second of the party comes; then both are in; the code that was replaced, the waiting and the cancelled stay out."""
    second, again = scan(client, CODES[0], 4), scan(client, f"HTTPS://PEARLS.TEST/T/{CODES[0]}", 5)
    others = [scan(client, code, 6 + number)["result"] for number, code in enumerate((REPLACED, CODES[1], CODES[2]))]

    assert (second["result"], second["guest"]["party"], second["guest"]["arrived"]) == ("accepted", 2, 2)
    assert (again["result"], again["first"]["by"]) == ("already_in", "MK")
    assert others == ["revoked", "waitlisted", "cancelled"]


def test_a_scan_from_before_sent_again_gets_its_old_answer(app: Flask, client: FlaskClient) -> None:
    answer = scan(client, CODES[0], 1, SCANS[0])

    assert (answer["result"], answer["replay"]) == ("accepted", True)


def test_the_old_phone_knows_its_event_and_its_numbers(app: Flask, client: FlaskClient) -> None:
    described = client.get("/api/v1/device", headers={"Authorization": f"Bearer {TOKEN}"}).json["device"]
    with app.app_context():
        numbers = numbers_of(EVENT)

    assert (described["name"], described["supervise"], [one["slug"] for one in described["lists"]]) == (
        "Maija Korhonen", True, ["main-door"],
    )  # fmt: skip
    assert (numbers.inside, numbers.lists[0].arrived, numbers.lists[0].clicks) == (1 + 4, 1, 4)


def test_the_offline_list_holds_the_old_tickets(app: Flask, client: FlaskClient) -> None:
    answer = client.get("/api/v1/lists/main-door/tickets", headers={"Authorization": f"Bearer {TOKEN}"}).json

    assert sorted(state for _, state, *_ in answer["tickets"]) == ["cancelled", "ok", "waitlisted"]


def test_an_open_conflict_is_closed_with_a_note(app: Flask, client: FlaskClient) -> None:
    page = client.get("/en/door/conflicts", headers={"Authorization": f"Bearer {TOKEN}"})
    with app.app_context():
        phone = find_device_state(hash_token(TOKEN))
        assert phone is not None
        closed = do(service.close_conflict, phone, CONFLICT, "He paid at the door.")
        conflict = db.session.get_one(Conflict, CONFLICT)

        assert (page.status_code, str(CONFLICT) in page.text) == (200, True)
        assert (closed, conflict.note, conflict.closed_by) == (True, "He paid at the door.", DEVICE)


def test_whoever_waited_moves_up_and_is_told(app: Flask) -> None:
    with app.app_context():
        event = get_event("kaskinen-2026")
        do(organise.change, event.id, forms.parse(["registration.seats=3"], ZoneInfo(event.timezone)), TERMINAL)

        db.session.expire_all()
        mails = db.session.scalars(sa.select(OutboxMail).where(OutboxMail.id != MAIL)).all()
        assert db.session.get_one(Registration, PEOPLE[1]).status == "confirmed"
        assert [(mail.kind, mail.subject_id, mail.variant) for mail in mails] == [
            ("registration.ticket", PEOPLE[1], "promoted"),
        ]  # fmt: skip
