"""The database of the release before (migration 0006), as its own code left it on the morning of a ceremony, brought up to date.

`data/release_0006.json` was written by that code under the tests' key: guests with companions and sealed needs, printed codes and
mailed links, two phones, their scans with a conflict, a headcount. Afterwards all of it goes on working.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import flask_migrate
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app.checkin.headcount import numbers_of
from app.core.db import db, write_tx
from app.core.schema import HISTORY
from app.registration import encryption
from app.registration.models import Registration, RegistrationAnswer
from tests.checkin import scans
from tests.conftest import NOON, OWN, ROOT, browser_of
from tests.test_upgrade import TYPES
from tests.upgrading import Upgraded, contents, on_copy, upgraded

RELEASE: dict[str, Any] = json.loads((ROOT / "tests" / "data" / "release_0006.json").read_text("utf-8"))
READ = {"bytes": bytes.fromhex, "uuid": uuid.UUID, "moment": datetime.fromisoformat, "day": date.fromisoformat}
CODES, TOKENS, SCANS = RELEASE["codes"], RELEASE["tokens"], RELEASE["scans"]
COLUMNS = {table: sorted({name for row in rows for name in row}) for table, rows in RELEASE["tables"].items()}
NAMES = {"aino": "Aino Mäkelä", "zaneta": "Žaneta Ķirse", "ake": "Åke Nord", "mart": "Mart Tamm"}


def value(stored: Any) -> Any:
    """A column's value: what JSON cannot hold stands there as {kind: text}."""
    if isinstance(stored, dict):
        ((kind, text),) = stored.items()
        return READ[kind](text)
    return stored


def write_release() -> None:
    """Its rows by SQL, parents first as they stand in the file."""
    with write_tx() as session:
        for table, rows in RELEASE["tables"].items():
            for row in rows:
                values = {name: value(stored) for name, stored in row.items()}
                columns = [sa.column(name, TYPES[type(one)]) for name, one in values.items()]
                session.execute(sa.insert(sa.table(table, *columns)).values(values))


def fill() -> dict[str, list[str]]:
    """All of it; and the columns that it has."""
    with write_tx() as session:  # that release kept no such list
        session.execute(sa.text(f"DROP TABLE {HISTORY.name}"))
    write_release()
    return COLUMNS


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Upgraded]:
    """The release's database, brought up to date."""
    with upgraded(tmp_path_factory.mktemp("old"), "0006", fill) as made:
        yield made


@pytest.fixture
def app(tmp_path: Path, old: Upgraded) -> Iterator[Flask]:
    """The application of today on it."""
    with on_copy(tmp_path, old) as application:
        yield application


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return browser_of(app)


def test_every_row_is_there_as_it_was(app: Flask, old: Upgraded) -> None:
    with app.app_context():
        after = contents(COLUMNS, renamed=True)

    assert after == old.before
    assert {table: len(rows) for table, rows in after.items()} == {table: len(rows) for table, rows in RELEASE["tables"].items()}
    assert (len(after["scans"]), len(after["conflicts"]), len(after["tickets"])) == (6, 1, 4)


def test_the_database_is_ready_and_leaves_nothing_to_generate(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        flask_migrate.check()

    assert client.get("/readyz").json["migrations"] == "current"


def test_printed_tickets_scan_as_on_the_day_before(app: Flask, client: FlaskClient) -> None:
    """The third of Aino's party comes in; of Žaneta's both are in; replaced, cancelled and waiting codes are told apart."""
    third, full, *others = scans.answers(
        client, TOKENS["pekka"],
        *(scans.scan(code, seq=seq) for seq, code in enumerate(
            (CODES["aino"], CODES["zaneta"], RELEASE["replaced"], CODES["ake"], CODES["mart"]), start=10
        )),
    )  # fmt: skip

    assert (third["result"], third["guest"]["party"], third["guest"]["arrived"]) == ("accepted", 3, 3)
    assert (full["result"], full["first"]["by"]) == ("already_in", "PV")
    assert [one["result"] for one in others] == ["revoked", "cancelled", "waitlisted"]


def test_a_typed_reference_finds_its_ticket(client: FlaskClient) -> None:
    assert scans.results(client, TOKENS["pekka"], scans.scan(RELEASE["references"]["aino"], seq=10)) == ["accepted"]


def test_scans_sent_again_get_the_verdict_that_was_stored(client: FlaskClient) -> None:
    answers = scans.answers(client, TOKENS["maija"], *SCANS)

    assert [one["replay"] for one in answers] == [True] * len(SCANS)
    assert [one["result"] for one in answers] == [one["result"] for one in RELEASE["answers"]]


def test_a_phone_delivers_what_it_scanned_offline_before_the_upgrade(client: FlaskClient) -> None:
    """By its old token; sent twice, because the first answer was lost."""
    earlier = scans.iso(NOON - timedelta(minutes=10))
    unsent = [
        scans.scan(CODES["aino"], seq=20, mode="offline", local="accepted", at=earlier),
        scans.scan(CODES["aino"], seq=21, mode="offline", local="accepted", at=earlier),
    ]
    first, again = scans.answers(client, TOKENS["pekka"], *unsent), scans.answers(client, TOKENS["pekka"], *unsent)

    assert [one["result"] for one in first] == ["accepted", "already_in"]
    assert [(one["result"], one["replay"]) for one in again] == [("accepted", True), ("already_in", True)]


def test_old_phones_are_known_with_their_rights_and_get_their_next_token(client: FlaskClient) -> None:
    def headers(token: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {token}"}

    described = [client.get("/api/v1/device", headers=headers(token)).json["device"] for token in TOKENS.values()]
    following = client.post("/api/v1/device/token", headers=headers(TOKENS["pekka"])).json["token"]
    known = client.get("/api/v1/device", headers=headers(following)).json["device"]["name"]
    page = client.get("/en/door/conflicts", headers=headers(TOKENS["maija"]))

    assert [(one["name"], one["supervise"]) for one in described] == [("Maija Korhonen", True), ("Pekka Virtanen", False)]
    assert (known, page.status_code, RELEASE["tables"]["conflicts"][0]["id"]["uuid"] in page.text) == (
        "Pekka Virtanen",
        200,
        True,
    )


def test_who_is_inside_is_counted_on(app: Flask) -> None:
    with app.app_context():
        event_id = value(RELEASE["tables"]["events"][0]["id"])
        numbers = numbers_of(event_id)

    assert (numbers.inside, numbers.lists[0].arrived, numbers.lists[0].clicks) == (4 + 4, 4, 4)


def test_the_offline_list_holds_the_old_tickets(client: FlaskClient) -> None:
    answer = client.get("/api/v1/lists/main-door/tickets", headers={"Authorization": f"Bearer {TOKENS['pekka']}"}).json

    assert sorted(state for _, state, *_ in answer["tickets"]) == ["cancelled", "ok", "ok", "waitlisted"]


@pytest.mark.parametrize("who", NAMES)
def test_ticket_pages_open_under_their_old_addresses(client: FlaskClient, who: str) -> None:
    page = client.get(f"/en/tickets/{RELEASE['links'][who]}/")

    assert (page.status_code, NAMES[who] in page.text) == (200, True)


def test_a_mailed_link_confirms_its_address(app: Flask, client: FlaskClient) -> None:
    done = client.post(f"/lv/confirm/{RELEASE['mails']['zaneta']}/", headers=OWN)
    with app.app_context():
        people = dict(db.session.execute(sa.select(Registration.name, Registration.email_confirmed_at)).all())

    assert done.status_code == 303
    assert {name for name, at in people.items() if at} == {NAMES["aino"], NAMES["zaneta"]}


def test_sealed_needs_companions_and_answers_are_read(app: Flask) -> None:
    with app.app_context():
        aino = db.session.scalars(sa.select(Registration).where(Registration.name == NAMES["aino"])).one()
        answers = db.session.scalars(sa.select(RegistrationAnswer.value)).all()

        assert encryption.unseal(aino.id, aino.needs) == ("wheelchair", "no_gluten")
        assert (aino.companions.split("\n"), aino.tell_door, answers) == (["Eero Mäkelä", "Siiri Mäkelä"], True, ["coach"])


def test_a_seat_given_back_goes_to_who_waited_before_the_upgrade(app: Flask, client: FlaskClient) -> None:
    client.post(f"/lv/tickets/{RELEASE['links']['zaneta']}/cancel", headers=OWN)
    with app.app_context():
        states = dict(db.session.execute(sa.select(Registration.name, Registration.status)).all())

    assert states == {
        NAMES["aino"]: "confirmed",
        NAMES["zaneta"]: "cancelled",
        NAMES["ake"]: "cancelled",
        NAMES["mart"]: "confirmed",
    }
