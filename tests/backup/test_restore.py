"""`flask restore`: an older database comes back whole, and nothing with it that was erased, ended or sent since."""

from __future__ import annotations

import shutil
import sqlite3
import stat
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import flask_migrate
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import create_engine

from app import upkeep
from app.audit import journal
from app.audit.models import GUEST, TERMINAL
from app.backup import service
from app.checkin import devices
from app.checkin.models import Device, ListCounter
from app.config import SettingsError, require_whole, unfinished_restore
from app.core import clock
from app.core.db import db, write_tx
from app.desk import deletion
from app.events.models import Event
from app.events.queries import find_event, get_event
from app.events.service import LEAP
from app.mail.models import OutboxMail
from app.mail.service import HELD
from app.registration import codes, editing, encryption, personal_data, reminders, replacing, service as registration
from app.registration.models import Registration, Ticket
from app.registration.tickets import code_of, link_of
from tests.backup.test_backup import run
from tests.checkin import scans
from tests.conftest import NOON
from tests.factories import make_event, replace_code
from tests.holdings import Rows, hold, stored
from tests.registration import registrations
from tests.test_migrations import directory_with
from tests.test_upgrade_release import COLUMNS, RELEASE, write_release
from tests.transactions import do
from tests.upgrading import contents

MOVED = {"outbox_mails", "events", "catalogue_version"}  # held mails, versions


def backed_up(app: Flask, file: Path) -> None:
    code, said = run(app, "backup", file)
    assert code == 0, said


def restored(app: Flask, file: Path, *words: str) -> str:
    code, said = run(app, "restore", file, "--yes", *words)
    assert code == 0, said
    return said


def everything(app: Flask) -> Rows:
    with app.app_context():
        rows = stored()
        db.session.remove()
        db.engine.dispose()
    return rows


def guest(name: str) -> Registration:
    db.session.expire_all()
    return db.session.scalars(sa.select(Registration).where(Registration.name == name)).one()


@contextmanager
def at(app: Flask, **span: float) -> Iterator[None]:
    """Inside the app, so long after noon."""
    with app.app_context(), clock.travelled_to(NOON + timedelta(**span)):
        yield


def test_everything_comes_back_as_it_was(app: Flask, client: FlaskClient, file: Path) -> None:
    hold(app, client, "kaskinen-2026", "Xylofon")
    backed_up(app, file)
    before = everything(app)
    with at(app, minutes=5):
        make_event("later-2026")
        with write_tx() as session:
            session.execute(sa.text("DELETE FROM conflicts"))
    said = restored(app, file)
    after = everything(app)

    assert "Restored:" in said
    assert {table for table in before if before[table] != after[table]} == MOVED
    assert {table: len(rows) for table, rows in before.items()} == {table: len(rows) for table, rows in after.items()}
    with app.app_context():
        assert find_event("later-2026") is None


def test_the_database_from_before_is_set_aside_and_can_be_restored_itself(app: Flask, file: Path) -> None:
    with app.app_context():
        make_event("first-2026")
    backed_up(app, file)
    with app.app_context():
        make_event("second-2026")
    said = restored(app, file)
    aside = Path(next(word for word in said.split() if "before-restore" in word).rstrip("."))

    assert stat.S_IMODE(aside.stat().st_mode) == 0o600
    restored(app, aside)
    with app.app_context():
        assert [find_event(slug) is None for slug in ("first-2026", "second-2026")] == [False, False]


def test_a_backup_of_an_older_version_is_brought_up_to_date(app: Flask, file: Path) -> None:
    """Tables that are newer than it are in nobody's way, however often it is restored."""
    with app.app_context():
        flask_migrate.downgrade(revision="0006")
        write_release()
        before = contents(COLUMNS)
        db.session.remove()
    backed_up(app, file)
    with app.app_context():
        flask_migrate.upgrade()
        make_event("newer-2026")
    for _ in range(2):
        with clock.travelled_to(NOON):
            restored(app, file)
        with app.app_context():
            flask_migrate.check()
            after = contents(COLUMNS, renamed=True)
            moved = {table for table in before if before[table] != after[table]}
            assert (moved - MOVED, len(after["scans"])) == ({"registrations"}, 6)  # an address that nobody confirmed in time
            assert len(after["registrations"]) == len(RELEASE["tables"]["registrations"])
            assert find_event("newer-2026") is None
            db.session.remove()


def test_a_rollback_to_older_code_leaves_nothing_of_the_newer_tables(app: Flask, file: Path, tmp_path: Path) -> None:
    backed_up(app, file)
    more = directory_with(tmp_path, "op.create_table('more', sa.Column('id', sa.Integer, primary_key=True))")
    with app.app_context():
        flask_migrate.upgrade(directory=more)
    restored(app, file)
    with app.app_context():
        assert "more" not in sa.inspect(db.engine).get_table_names()
        flask_migrate.upgrade(directory=more)


def test_files_of_the_shell_lines_of_before_are_backups_too(app: Flask, file: Path) -> None:
    """`VACUUM INTO` and a plain `pg_dump`: they say when they were made by their time alone, or by themselves."""
    with app.app_context():
        make_event("first-2026")
        url = db.engine.url
        db.session.remove()
        db.engine.dispose()
    if url.get_backend_name() == "sqlite":
        with closing(sqlite3.connect(str(url.database))) as found:
            found.execute("VACUUM INTO ?", (str(file),))
    else:
        address = url.set(drivername="postgresql").render_as_string(hide_password=False)
        subprocess.run(["pg_dump", "--format=custom", f"--file={file}", address], check=True)
    with app.app_context():
        make_event("second-2026")
    restored(app, file, "--accept-lost-erasures")
    with app.app_context():
        assert [find_event(slug) is None for slug in ("first-2026", "second-2026")] == [False, True]


# What must not come back


def test_what_was_erased_stays_so(app: Flask, client: FlaskClient, file: Path) -> None:
    with app.app_context():
        event = registrations.open_registration(waiting_list=True, capacity=2)
        one = registrations.signed_up(event, name="Aino Mäkelä", email="aino@post.example", needs=("vegan",))
        registrations.signed_up(event, name="Mart Tamm")
        registrations.signed_up(event, name="Ieva Ozola")
        db.session.remove()
    backed_up(app, file)
    with at(app, minutes=1):
        do(personal_data.erase, one.id, GUEST)
    for _ in range(2):
        said = restored(app, file)
        assert "registration.erase: 1" in said
        assert "Aino" not in repr(everything(app))
        with app.app_context():
            row = db.session.get_one(Registration, one.id)
            assert (row.status, row.needs, guest("Ieva Ozola").status) == ("cancelled", None, "confirmed")
            assert [entry.verb for entry in journal.read()] == ["registration.erase"]


def test_a_deleted_event_stays_deleted(app: Flask, client: FlaskClient, file: Path) -> None:
    held = hold(app, client, "kaskinen-2026", "Xylofon")
    backed_up(app, file)
    with at(app, minutes=1):
        do(deletion.delete_event, held.event_id, TERMINAL, force=True)
    said = restored(app, file)

    assert "event.deleted: 1" in said
    assert "Xylofon" not in repr(everything(app))


def test_disconnected_phones_and_replaced_codes_stay_so(app: Flask, client: FlaskClient, file: Path) -> None:
    """The code that the holder was given instead opens the ticket again."""
    with app.app_context():
        at_door = scans.make_door()
        _, other = scans.make_device(at_door.event, name="Ole Berg")
        ticket = scans.make_ticket(at_door.event)
        db.session.remove()
    backed_up(app, file)
    with at(app, minutes=1):
        do(devices.revoke, at_door.device.id, TERMINAL)
        replace_code(ticket.id)
        replace_code(ticket.id)
        new = codes.ticket_code(ticket.id, 3)
    for _ in range(2):
        restored(app, file)
        with app.app_context():
            assert db.session.get_one(Ticket, ticket.id).generation == 3
            assert db.session.get_one(Device, at_door.device.id).revoked_at is not None
    assert scans.results(client, other, scans.scan(ticket.printed), scans.scan(new)) == ["revoked", "accepted"]


def test_a_replaced_ticket_keeps_its_newest_code_and_address(app: Flask, client: FlaskClient, file: Path) -> None:
    with app.app_context():
        made = registrations.signed_up(registrations.open_registration())
        first = codes.link_secret(made.id)
        db.session.remove()
    backed_up(app, file)
    with at(app, minutes=1):
        second = link_of(do(replacing.replace_by_holder, first, uuid.uuid4(), GUEST, None))
        now = do(replacing.replace_by_holder, second, uuid.uuid4(), GUEST, None)
        third = link_of(now)
        code = code_of(now.ticket)  # type: ignore[arg-type]
        db.session.remove()
    for _ in range(2):
        restored(app, file)
        assert [client.get(f"/en/tickets/{link}/").status_code for link in (first, second, third)] == [410, 410, 200]
        assert client.get(f"/T/{code}").status_code == 200


def test_what_a_guest_took_back_by_a_change_stays_so(app: Flask, file: Path) -> None:
    with app.app_context():
        event = registrations.open_registration()
        given = {"name": "Aino Mäkelä", "email": "aino@post.example", "needs": ("vegan",), "companions": "Eero"}
        one = registrations.confirmed(event, registrations.signed_up(event, 2, **given))
        other = registrations.confirmed(event, registrations.signed_up(event, 2, **given))
        db.session.remove()
    backed_up(app, file)
    with at(app, minutes=1):
        event = get_event("kaskinen-2026")
        do(editing.edit, one.id, registrations.wish(2, name="Aino Mäkelä", email="new@post.example"), GUEST)
        db.session.remove()
    later = file.with_name("later")
    backed_up(app, later)
    restored(app, file)
    with app.app_context():
        row, same = db.session.get_one(Registration, one.id), db.session.get_one(Registration, other.id)
        assert (row.needs, row.companions, row.email, row.mail_hash, row.email_confirmed_at) == (None, "", "", None, None)
        assert (encryption.unseal(same.id, same.needs), same.companions, same.email) == (("vegan",), "Eero", "aino@post.example")
        db.session.remove()
    restored(app, later)
    with app.app_context():  # made after the change, it has what the guest said last
        assert db.session.get_one(Registration, one.id).email == "new@post.example"


def test_what_is_over_is_deleted_before_anybody_sees_it(app: Flask, client: FlaskClient, file: Path) -> None:
    hold(app, client, "kaskinen-2026", "Xylofon")
    backed_up(app, file)
    with clock.travelled_to(NOON + timedelta(days=29, hours=20)):
        restored(app, file)
    left = everything(app)

    assert (left["registrations"], left["scans"], left["devices"]) == ([], [], [])
    assert len(left["attendance_totals"]) == 2


# Mails, numbers, pages, phones


def test_mails_that_may_have_been_sent_are_held_until_somebody_releases_them(app: Flask, file: Path) -> None:
    """Also the reminder that was owed after the backup; one that is not due yet goes when it is."""
    in_two_days = (NOON + timedelta(days=2)).date()
    with app.app_context():
        event = registrations.open_registration(make_event("kiel-2026", starts_on=in_two_days, ends_on=in_two_days))
        made = registrations.confirmed(event, registrations.signed_up(event, email="aino@post.example"))
        with write_tx() as session:
            registration.enqueue(session, "note", made.id, "en", "tomorrow", NOON + timedelta(days=20))
        db.session.remove()
    backed_up(app, file)
    with clock.travelled_to(NOON + timedelta(days=1)):
        said = restored(app, file)
        with app.app_context():
            states = {
                (one.kind, one.variant[:2]): one.last_error for one in db.session.scalars(sa.select(OutboxMail))
            }  # fmt: skip
            assert reminders.remind(clock.now()) == 0
            db.session.remove()
        released = run(app, "mail", "retry", "--reason", HELD)

    assert "Mails held because they may have been sent already: 3." in said
    assert states == {
        ("registration.confirm", ""): HELD, ("registration.ticket", ""): HELD, ("registration.reminder", "24"): HELD,
        ("note", "to"): "",
    }  # fmt: skip
    assert released == (0, "3 mails are due again, 0 stay given up\n")


def test_counters_are_set_right(app: Flask, client: FlaskClient, file: Path) -> None:
    hold(app, client, "kaskinen-2026", "Xylofon")
    with app.app_context():
        before = dict(
            db.session.execute(sa.select(ListCounter.list_id, sa.func.sum(ListCounter.inside)).group_by("list_id")).all()
        )
        with write_tx() as session:
            session.execute(sa.update(ListCounter).values(inside=99))
        db.session.remove()
    backed_up(app, file)
    restored(app, file)
    with app.app_context():
        after = dict(
            db.session.execute(sa.select(ListCounter.list_id, sa.func.sum(ListCounter.inside)).group_by("list_id")).all()
        )

    assert (after, sum(before.values()) > 0) == (before, True)


def test_pages_kept_from_before_are_not_taken_for_the_present_ones(app: Flask, client: FlaskClient, file: Path) -> None:
    with app.app_context():
        event = make_event()
        version = event.version
        db.session.remove()
    backed_up(app, file)
    tag = client.get("/en/events/kaskinen-2026/").headers["ETag"]
    restored(app, file)
    with app.app_context():
        assert get_event("kaskinen-2026").version == version + LEAP
    assert client.get("/en/events/kaskinen-2026/", headers={"If-None-Match": tag}).status_code == 200


def test_phones_fetch_the_whole_list_again(app: Flask, client: FlaskClient, file: Path) -> None:
    with app.app_context():
        at_door = scans.make_door()
        db.session.remove()
    backed_up(app, file)
    headers = {"Authorization": f"Bearer {at_door.token}"}
    cursor = client.get("/api/v1/lists/main-door/tickets", headers=headers).json["cursor"]
    assert client.get(f"/api/v1/lists/main-door/tickets?since={cursor}", headers=headers).json["full"] is False
    restored(app, file)

    assert client.get(f"/api/v1/lists/main-door/tickets?since={cursor}", headers=headers).json["full"] is True


# Nothing happens by halves


def test_one_that_fails_on_the_way_brings_the_present_database_back(
    app: Flask, client: FlaskClient, file: Path, tmp_path: Path
) -> None:
    hold(app, client, "kaskinen-2026", "Xylofon")
    backed_up(app, file)
    with app.app_context():
        make_event("later-2026")
    before = everything(app)
    good, app.extensions["migrate"].directory = (
        app.extensions["migrate"].directory,
        directory_with(tmp_path, "raise RuntimeError"),
    )
    failed, said = run(app, "restore", file, "--yes")
    app.extensions["migrate"].directory = good

    assert failed == 1, said
    assert everything(app) == before
    require_whole(app.extensions["settings"])
    restored(app, file)


def refusal(app: Flask, file: Path, *words: str) -> str:
    """What it says, having changed nothing."""
    before = everything(app)
    code, said = run(app, "restore", file, "--yes", *words)
    assert (code, everything(app) == before) == (1, True), said
    return said.splitlines()[0].removeprefix("Error: ")


def test_what_is_not_ours_is_refused(app: Flask, file: Path, tmp_path: Path) -> None:
    on_sqlite = app.config["SQLALCHEMY_DATABASE_URI"].startswith("sqlite")
    backed_up(app, file)
    assert refusal(app, tmp_path / "nothing") == f"There is no file {tmp_path / 'nothing'}."
    (tmp_path / "words").write_text("words")
    kind = "It is no SQLite database." if on_sqlite else "It is no dump of pg_dump --format=custom."
    assert refusal(app, tmp_path / "words") == kind
    torn = tmp_path / "torn"
    torn.write_bytes(file.read_bytes()[: file.stat().st_size * 2 // 3])
    assert refusal(app, torn).startswith("It is damaged" if on_sqlite else "pg_restore failed")
    if on_sqlite:
        engine = create_engine(f"sqlite:///{tmp_path / 'other'}", poolclass=sa.NullPool)
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE alembic_version (version_num TEXT)")
        assert refusal(app, tmp_path / "other") == "It is no backup of the companion: its tables are others."
        shutil.copyfile(file, tmp_path / "used")
        (tmp_path / "used-wal").write_bytes(b"x")
        assert refusal(app, tmp_path / "used").startswith("used-wal lies beside it")


def test_a_newer_version_is_refused(app: Flask, file: Path, tmp_path: Path) -> None:
    more = directory_with(tmp_path, "op.create_table('more', sa.Column('id', sa.Integer, primary_key=True))")
    with app.app_context():
        flask_migrate.upgrade(directory=more)
    backed_up(app, file)

    assert refusal(app, file).startswith("It was made by a newer version (migration more, unknown here).")


def test_a_database_in_use_is_refused(app: Flask, file: Path) -> None:
    backed_up(app, file)
    engine = create_engine(app.config["SQLALCHEMY_DATABASE_URI"])
    with engine.connect() as connection:
        connection.execute(sa.text("SELECT count(*) FROM events")).all()
        connection.rollback()
        assert refusal(app, file).startswith("The database is in use")
    engine.dispose()
    restored(app, file)


def test_erasures_are_not_lost_unawares(app: Flask, file: Path) -> None:
    """By a backup older than the journal, or on a machine that has none."""
    backed_up(app, file)
    with app.app_context():
        now = service.store().facts_of(file).made_at
    with clock.travelled_to(now + timedelta(days=31)):
        assert refusal(app, file).startswith("It is older than 30 days")
        restored(app, file, "--accept-lost-erasures")
    with app.app_context():
        journal.path().unlink()
    assert refusal(app, file).startswith("There is no journal of erasures here")
    restored(app, file, "--accept-lost-erasures")


def test_it_asks_first(app: Flask, file: Path) -> None:
    backed_up(app, file)
    before = everything(app)
    asked = app.test_cli_runner().invoke(args=["restore", str(file)], input="n\n")

    assert (asked.exit_code, "Replace the present database by" in asked.output, everything(app) == before) == (1, True, True)


def test_an_empty_machine_takes_a_backup(app: Flask, client: FlaskClient, file: Path) -> None:
    """The first restore on a new machine: an empty database, or none at all."""
    hold(app, client, "kaskinen-2026", "Xylofon")
    backed_up(app, file)
    with app.app_context():
        url = db.engine.url
        flask_migrate.downgrade(revision="base")
        db.session.remove()
        db.engine.dispose()
    if url.get_backend_name() == "sqlite":
        Path(str(url.database)).unlink()
    restored(app, file)
    with app.app_context():
        assert find_event("kaskinen-2026") is not None
        assert upkeep.run(clock.now())["registrations"] == 0


def test_unknown_things_are_passed_over(app: Flask, file: Path, noon: datetime) -> None:
    """Entries of guests that this backup never had, and of a version that this code does not know."""
    with app.app_context():
        event = registrations.open_registration()
        db.session.remove()
    backed_up(app, file)
    with at(app, minutes=1):
        one = registrations.signed_up(db.session.get_one(Event, event.id), needs=("vegan",))
        do(editing.edit, one.id, registrations.wish(1, name="Aino"), GUEST)
        do(personal_data.erase, one.id, GUEST)
        journal.write([journal.JournalEntry(clock.now(), "later.verb", one.id)])
        assert one.ticket is not None
        replace_code(one.ticket.id)

    assert "Done again: nothing." in restored(app, file)


def test_one_that_was_interrupted_has_to_be_finished_first(app: Flask, file: Path, tmp_path: Path) -> None:
    """Neither the server nor the mails start meanwhile; a second try that fails changes nothing about that."""
    settings = app.extensions["settings"]
    marker = unfinished_restore(settings)
    backed_up(app, file)
    marker.touch()
    with pytest.raises(SettingsError, match="A restore was interrupted"):
        require_whole(settings)
    assert run(app, "mail", "send")[1].startswith("Error: A restore was interrupted.")
    good, app.extensions["migrate"].directory = (
        app.extensions["migrate"].directory,
        directory_with(tmp_path, "raise RuntimeError"),
    )
    assert run(app, "restore", file, "--yes")[0] == 1
    app.extensions["migrate"].directory = good
    assert marker.exists()
    restored(app, file)
    assert not marker.exists()
    require_whole(settings)


def test_what_was_set_aside_is_deleted_after_thirty_days(app: Flask, file: Path) -> None:
    backed_up(app, file)
    restored(app, file)
    with app.app_context():
        folders = upkeep.database_folders()
        before = upkeep.run(NOON + timedelta(days=30))["databases_set_aside"]
        after = upkeep.run(NOON + timedelta(days=30, minutes=1))["databases_set_aside"]

    assert (before, after, [path for folder in folders for path in folder.glob("before-restore-*")]) == (0, 1, [])
