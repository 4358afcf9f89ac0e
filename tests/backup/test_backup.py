"""`flask backup`: whole, readable by its owner only, never written over, and no password on a command line."""

from __future__ import annotations

import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path
from threading import Event as Signal, Thread

import flask_migrate
import pytest
import sqlalchemy as sa
from flask import Flask

from app import create_app
from app.backup import service
from app.backup.files import write_whole
from app.backup.postgres import PostgresStore
from app.backup.rules import BackupRefused
from app.core import clock
from app.core.db import db, write_tx
from tests.conftest import settings_for
from tests.databases import a_database, migrate
from tests.factories import make_event, make_place


def run(app: Flask, *words: object) -> tuple[int, str]:
    done = app.test_cli_runner().invoke(args=[str(word) for word in words])
    return done.exit_code, done.output


def mode_of(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


def test_a_backup_is_readable_by_its_owner_only_whatever_the_umask(app: Flask, file: Path) -> None:
    before = os.umask(0)
    try:
        code, said = run(app, "backup", file)
    finally:
        os.umask(before)

    assert (code, said.startswith(f"Written: {file} (")) == (0, True)
    assert (mode_of(file), [one.name for one in file.parent.iterdir() if one.is_file()]) == (0o600, [file.name])


def test_it_is_not_written_over(app: Flask, file: Path) -> None:
    file.write_text("mine")

    assert run(app, "backup", file) == (1, f"Error: {file} is there already and is not written over.\n")
    assert file.read_text() == "mine"


def test_one_that_fails_leaves_nothing(app: Flask, file: Path) -> None:
    def fail(half: Path) -> None:
        half.write_text("half")
        raise OSError("no room")

    with pytest.raises(OSError, match="no room"):
        write_whole(file, fail)

    assert [one for one in file.parent.iterdir() if one.is_file()] == []
    assert run(app, "backup", file.parent / "nowhere" / "x")[1] == f"Error: There is no folder {file.parent / 'nowhere'}.\n"


def test_a_database_without_tables_is_no_backup(app: Flask, file: Path) -> None:
    with app.app_context():
        flask_migrate.downgrade(revision="base")
        db.session.remove()

    assert run(app, "backup", file) == (1, "Error: There is nothing to back up yet: flask db upgrade makes the tables.\n")
    assert not file.exists()


def test_a_new_database_is_its_owners_only(tmp_path: Path) -> None:
    with a_database(tmp_path) as address:
        migrate(create_app(settings_for(address)))
        url = sa.make_url(address)

        assert url.get_backend_name() == "postgresql" or mode_of(Path(str(url.database))) == 0o600


def test_it_says_when_it_was_made_and_how_far_it_is(app: Flask, file: Path) -> None:
    run(app, "backup", file)
    with app.app_context():
        facts = service.store().facts_of(file)
        head = db.session.scalar(sa.text("SELECT version_num FROM alembic_version"))
    apart = abs(facts.made_at - clock.now())

    assert facts.revision == head
    # SQLite's is our clock's, which stands at the tests' noon; PostgreSQL's own is today's.
    assert app.config["SQLALCHEMY_DATABASE_URI"].startswith("postgresql") or apart.total_seconds() <= 60


def test_it_is_of_one_moment_while_others_write(app: Flask, file: Path) -> None:
    """A town and its names are written together; a backup has both or neither."""
    stop, made = Signal(), 0

    def write() -> None:
        nonlocal made
        with app.app_context():
            while not stop.is_set():
                make_place(f"town-{made}")
                made += 1

    with app.app_context():
        make_event(place=make_place())
    writer = Thread(target=write)
    writer.start()
    try:
        files = [file.with_name(f"backup-{number}") for number in range(3)]
        codes = [run(app, "backup", each)[0] for each in files]
    finally:
        stop.set()
        writer.join()

    assert (codes, made > 3) == ([0, 0, 0], True)
    if not app.config["SQLALCHEMY_DATABASE_URI"].startswith("sqlite"):
        return
    for each in files:
        with closing(sqlite3.connect(each)) as found:
            lonely = "SELECT count(*) FROM places WHERE id NOT IN (SELECT place_id FROM place_names)"
            assert found.execute(lonely).fetchone() == (0,)
            assert found.execute("PRAGMA journal_mode").fetchone() == ("delete",)


def test_the_password_is_in_no_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program in place of pg_dump writes down how it was called."""
    program = tmp_path / "pg_dump"
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {tmp_path}/words\nprintf "%s" "$PGPASSWORD" > {tmp_path}/secret\n')
    program.chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    url = sa.make_url("postgresql://companion:hush%20hush@db1:5433/pearls?sslmode=require")
    PostgresStore(url, tmp_path).dump(tmp_path / "x", clock.now())
    words = (tmp_path / "words").read_text()

    assert ((tmp_path / "secret").read_text(), "hush" in words) == ("hush hush", False)
    assert words.splitlines()[-1].startswith("--dbname=")
    assert {"host=db1", "port=5433", "user=companion", "dbname=pearls", "sslmode=require"} <= set(
        words.splitlines()[-1].removeprefix("--dbname=").split()
    )


def test_a_missing_program_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BackupRefused, match="pg_dump is missing: apt-get install postgresql-client"):
        PostgresStore(sa.make_url("postgresql:///pearls"), tmp_path).dump(tmp_path / "x", clock.now())


def test_writing_goes_on_after_a_backup(app: Flask, file: Path) -> None:
    run(app, "backup", file)
    with app.app_context(), write_tx() as session:
        session.execute(sa.text("DELETE FROM events"))
