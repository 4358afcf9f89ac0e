"""What a stolen dump of the database opens: nothing. No code, no token, no link, no need stands in it in any spelling."""

from __future__ import annotations

import base64
import re
import shutil
import sqlite3
import subprocess
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.audit.models import TERMINAL
from app.checkin import devices
from app.core.db import db
from app.registration import codes, confirming, encryption
from app.registration.models import Registration
from app.registration.tickets import make_rehearsal_tickets
from tests.checkin import scans
from tests.checks import postgres
from tests.conftest import SECRET
from tests.factories import replace_code
from tests.registration import registrations
from tests.transactions import do

NEEDS = ("interpreter", "no_gluten")


def dump_of(app: Flask, folder: Path) -> bytes:
    """All that the database holds, as a thief would read it: the files as they lie there, a backup, or pg_dump's words."""
    with app.app_context():
        url = db.engine.url
        db.session.remove()
    if url.get_backend_name() == "sqlite":
        file = Path(url.database or "")
        with sqlite3.connect(file) as connection:
            connection.execute("VACUUM INTO ?", (str(folder / "backup.sqlite3"),))
        connection.close()
        beside = [path for path in file.parent.iterdir() if path.name.startswith(file.name)]
        # Another process reads them: closing a database file here would let go of the locks that SQLite holds on it.
        return subprocess.run(["cat", *beside, folder / "backup.sqlite3"], check=True, capture_output=True).stdout
    address = url.set(drivername="postgresql").render_as_string(hide_password=False)
    binaries = postgres.find_binaries()
    program = str(binaries / "pg_dump") if binaries else shutil.which("pg_dump")
    if program is None:
        pytest.skip("pg_dump is missing")
    return subprocess.run([program, "--data-only", address], check=True, capture_output=True).stdout


def secrets_of(app: Flask, client: FlaskClient) -> dict[str, str]:
    """An event with everything that has a secret, used as people use it; every secret by what it is."""
    with app.app_context():
        at = scans.make_door()
        event = registrations.open_registration(at.event)
        made = registrations.signed_up(event, 2, email="ieva@example.org", needs=NEEDS, tell_door=True)
        do(confirming.confirm, event.id, codes.mail_secret(made.id, made.email))
        db.session.refresh(made)
        assert made.ticket is not None
        replace_code(made.ticket.id)
        found = {
            "page": codes.link_secret(made.id),
            "mail": codes.mail_secret(made.id, made.email),
            "first code": codes.ticket_code(made.ticket.id, 1),
            "second code": codes.ticket_code(made.ticket.id, 2),
            "rehearsal code": do(make_rehearsal_tickets, event.id, 1)[0][0],
            "bearer": at.token,
            "unused": do(devices.enrol, event, ["main-door"], "Unused phone", TERMINAL)[1],
            "one-time": do(devices.enrol, event, ["main-door"], "Maija's phone", TERMINAL)[1],
            "key": SECRET,
        }
    own = {"Origin": "https://pearls.test"}
    assert client.post("/api/v1/enrolments", json={"token": found["one-time"]}, headers=own).status_code == 200
    cookie = client.get_cookie("__Host-device")
    assert cookie is not None
    found["device"] = cookie.value
    assert client.post("/api/v1/device/token", headers=own).status_code == 200
    rolled = client.get_cookie("__Host-device")
    assert rolled is not None
    found["next device"] = rolled.value
    assert len(set(found.values())) == len(found)
    bearer = {"Authorization": f"Bearer {found['bearer']}"}
    client.delete_cookie("__Host-device")
    for code in (found["first code"], found["second code"], found["rehearsal code"], "0" * 26):
        scans.send(client, found["bearer"], scans.scan(code))
    assert client.get("/api/v1/lists/main-door/tickets", headers=bearer).status_code == 200
    assert client.get(f"/en/tickets/{found['page']}/").status_code == 200
    return found


def spellings(secret: str) -> set[bytes]:
    """The secret as text, in groups, as bytes, and the bytes that it is made of; all in small letters."""
    raw = {secret.encode(), secret.upper().encode()}
    if re.fullmatch(r"[0-9A-Za-z]{26}", secret):
        value = sum(codes.ALPHABET.index(char) << 5 * place for place, char in enumerate(reversed(secret.upper())))
        raw.add(value.to_bytes(17, "big")[1:])
    elif re.fullmatch(r"[A-Za-z0-9_-]{22}|[A-Za-z0-9_-]{43}", secret):
        raw.add(base64.urlsafe_b64decode(secret + "=" * (-len(secret) % 4)))
    forms = {form for one in raw for form in (one, one.hex().encode(), base64.b64encode(one).rstrip(b"="))}
    groups = {"-".join(re.findall(".{1,4}", secret)).encode()}
    return {form.lower() for form in forms | groups}


def test_no_secret_is_in_the_dump_of_an_event(app: Flask, client: FlaskClient, tmp_path: Path) -> None:
    found = secrets_of(app, client)
    dump = dump_of(app, tmp_path).lower()
    leaked = {name for name, secret in found.items() for form in spellings(secret) if form in dump}

    assert leaked == set()
    assert [form in dump for form in (b"ieva@example.org", b"unused phone")] == [True, True]
    hashed = codes_hash(app, found["second code"])
    assert hashed.lower() in dump or hashed.hex().encode() in dump  # what stands for it is there: the search does find


def test_needs_are_unreadable_in_the_dump(app: Flask, client: FlaskClient, tmp_path: Path) -> None:
    secrets_of(app, client)
    dump = dump_of(app, tmp_path)
    with app.app_context():
        made = db.session.scalars(db.select(Registration)).one()
        assert made.needs is not None
        assert encryption.unseal(made.id, made.needs) == NEEDS
        sealed = made.needs

    assert [need for need in NEEDS if need.encode() in dump] == []
    assert sealed in dump or sealed.hex().encode() in dump


def codes_hash(app: Flask, code: str) -> bytes:
    """What is stored for a code."""
    with app.app_context():
        return codes.hash_code(code)
