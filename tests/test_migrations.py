"""Migrations on a database of their own: up, down and up again with a row in every table, and nothing left to generate."""

from __future__ import annotations

import ast
import datetime
import re
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import flask_migrate
import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory
from flask import Flask

from app import create_app
from app.core.db import UTCDateTime, db, write_tx
from app.core.schema import HISTORY
from app.demo import loader
from app.events.models import Event
from tests.conftest import ROOT, settings_for
from tests.databases import a_database

MIGRATIONS = ROOT / "app" / "migrations"
MOMENT = datetime.datetime(2026, 6, 16, 12, 0, tzinfo=datetime.UTC)


@contextmanager
def on(address: str) -> Iterator[Flask]:
    """An application on this database, in its context."""
    application = create_app(settings_for(address))
    with application.app_context():
        yield application
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def app(tmp_path: Path, migrated: str) -> Iterator[Flask]:
    """An application on a migrated database of its own, in its context."""
    with a_database(tmp_path, like=migrated) as address, on(address) as application:
        yield application


@pytest.fixture
def empty_app(tmp_path: Path) -> Iterator[Flask]:
    """The same before the first migration."""
    with a_database(tmp_path) as address, on(address) as application:
        yield application


def value_for(table: sa.Table, column: sa.Column[Any], rows: dict[str, dict[str, Any]]) -> Any:
    """A value that the column takes: its parent's key, a word that its check allows, else something of its type."""
    for key in column.foreign_keys:
        if key.column.table is not table:
            return rows[key.column.table.name][key.column.name]
    for constraint in table.constraints:
        if isinstance(constraint, sa.CheckConstraint):
            allowed = re.search(rf"\b{column.name} IN \('(\w+)'", str(constraint.sqltext))
            if allowed:
                return allowed[1]
    samples: dict[type, Any] = {
        sa.Uuid: uuid.uuid4(), UTCDateTime: MOMENT, sa.Date: MOMENT.date(), sa.Boolean: True, sa.Integer: 1, sa.Float: 1.5,
        sa.JSON: ["sv"], sa.LargeBinary: b"x", sa.Text: "words", sa.String: "x",
    }  # fmt: skip
    return next(sample for kind, sample in samples.items() if isinstance(column.type, kind))


def fill_every_table() -> None:
    """One row in each, parents first; keys to the same table stay empty."""
    rows: dict[str, dict[str, Any]] = {}
    with write_tx() as session:
        for table in db.metadata.sorted_tables:
            own = {key.parent.name for key in table.foreign_keys if key.column.table is table}
            rows[table.name] = {column.name: value_for(table, column, rows) for column in table.columns if column.name not in own}
            session.execute(table.insert().values(rows[table.name]))


def counts() -> dict[str, int]:
    """Rows by table."""
    with db.engine.connect() as connection:
        return {
            table.name: connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0
            for table in db.metadata.sorted_tables
        }


def names() -> set[str]:
    """The tables that are there."""
    return set(sa.inspect(db.engine).get_table_names())


def history() -> set[str]:
    """The revisions that the database says were applied."""
    with db.engine.connect() as connection:
        return set(connection.scalars(sa.select(HISTORY.c.revision)))


def directory_with(tmp_path: Path, body: str) -> str:
    """The migrations with one more, whose `upgrade` is `body`."""
    copy = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, copy, ignore=shutil.ignore_patterns("__pycache__"))
    head = ScriptDirectory(str(copy)).get_current_head()
    (copy / "versions" / "99991231_more.py").write_text(
        "import sqlalchemy as sa\nfrom alembic import op\n"
        f'revision, down_revision, branch_labels, depends_on = "more", "{head}", None, None\n'
        f"def upgrade() -> None:\n    {body}\n"
        "def downgrade() -> None:\n    pass\n",
        "utf-8",
    )
    return str(copy)


def test_migrations_go_up_down_and_up_with_rows_in_every_table(empty_app: Flask) -> None:
    flask_migrate.upgrade()
    fill_every_table()
    assert set(counts().values()) == {1}

    flask_migrate.downgrade(revision="base")
    assert names() == {"alembic_version", HISTORY.name}
    assert history() == set()

    flask_migrate.upgrade()
    assert set(counts().values()) == {0}
    fill_every_table()


def test_migrations_leave_nothing_to_generate(app: Flask) -> None:
    flask_migrate.check()  # ends the process with 1 when models and tables differ


def test_check_fails_when_a_table_lacks_a_column(app: Flask, tmp_path: Path) -> None:
    directory = directory_with(tmp_path, 'op.drop_column("events", "featured")')
    flask_migrate.upgrade(directory=directory)

    with pytest.raises(SystemExit):
        flask_migrate.check(directory=directory)


def test_rebuilding_a_parent_keeps_its_children(app: Flask, tmp_path: Path) -> None:
    fill_every_table()
    before = counts()

    body = 'with op.batch_alter_table("events", recreate="always") as batch:\n        batch.alter_column("slug", type_=sa.String(90))'
    if db.engine.dialect.name == "postgresql":
        body = body.replace(', recreate="always"', "")
    flask_migrate.upgrade(directory=directory_with(tmp_path, body))

    assert counts() == before


def test_a_migration_that_orphans_a_row_changes_nothing(app: Flask, tmp_path: Path) -> None:
    fill_every_table()
    before = counts()

    with pytest.raises((SystemExit, sa.exc.IntegrityError)):  # SQLite's check is ours, a RuntimeError that the command words
        flask_migrate.upgrade(directory=directory_with(tmp_path, 'op.execute("DELETE FROM places")'))

    assert counts() == before


def test_migrations_import_nothing_from_the_app() -> None:
    files = sorted((MIGRATIONS / "versions").glob("*.py"))

    assert files != []
    assert [path.name for path in files if re.search(r"^\s*(from|import) app\b", path.read_text("utf-8"), re.M)] == []


def test_readyz_tells_whether_migrations_are_in(empty_app: Flask) -> None:
    client = empty_app.test_client()
    address = {"base_url": "https://pearls.test"}

    before = client.get("/readyz", **address)
    flask_migrate.upgrade()
    after = client.get("/readyz", **address)

    assert (before.status_code, before.json["migrations"]) == (503, "pending")
    assert (after.status_code, after.json["migrations"]) == (200, "current")


def standing(application: Flask) -> tuple[int, str]:
    answer = application.test_client().get("/readyz", base_url="https://pearls.test")
    with application.app_context():
        db.engine.dispose()
    return answer.status_code, answer.json["migrations"]


def test_older_code_stays_ready_while_newer_code_migrates(app: Flask, tmp_path: Path) -> None:
    """Two checkouts on one database: the newer one knows a migration more, and applies it while the older one serves."""
    newer = create_app(settings_for(app.config["SQLALCHEMY_DATABASE_URI"]))
    newer.extensions["migrate"].directory = directory_with(tmp_path, 'op.add_column("places", sa.Column("motto", sa.Text()))')
    before = (standing(app), standing(newer))

    with newer.app_context():
        flask_migrate.upgrade(directory=newer.extensions["migrate"].directory)
        db.session.remove()
        db.engine.dispose()
    after = (standing(app), standing(newer))
    fill_every_table()

    assert before == ((200, "current"), (503, "pending"))
    assert after == ((200, "ahead"), (200, "current"))
    assert set(counts().values()) == {1}


def test_a_database_of_other_code_is_not_ready(app: Flask) -> None:
    """Its last revision is unknown and our own head was never applied."""
    with write_tx() as session:
        session.execute(sa.text("UPDATE alembic_version SET version_num = 'of-others'"))
        session.execute(HISTORY.delete().where(HISTORY.c.revision.in_(ScriptDirectory(str(MIGRATIONS)).get_heads())))

    assert standing(app) == (503, "pending")


def test_the_history_holds_every_revision_and_shrinks_with_a_downgrade(app: Flask) -> None:
    every = {script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()}
    flask_migrate.upgrade()
    up = history()
    flask_migrate.downgrade(revision="0002")

    assert (up, history()) == (every, {"0001", "0002"})


def test_a_database_from_before_the_history_gets_it_whole(empty_app: Flask, tmp_path: Path) -> None:
    flask_migrate.upgrade(revision="0003")
    with write_tx() as session:
        session.execute(sa.text("DROP TABLE schema_history"))
    flask_migrate.upgrade()

    assert history() == {script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()}


FIRST_RELEASE = ("20261123_", "20261124_")
TAKES_AWAY = {"drop_table", "drop_column", "rename_table"}


def takes_away(tree: ast.Module) -> list[str]:
    """What a migration removes, renames or forbids while older code still serves."""
    upgrade = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "upgrade")
    calls = [node for node in ast.walk(upgrade) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    named = [
        (call.func.attr, {word.arg: word.value for word in call.keywords})
        for call in calls
        if isinstance(call.func, ast.Attribute)
    ]
    removed = [name for name, _ in named if name in TAKES_AWAY]
    removed += [
        word for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
        for word in re.findall(r"RENAME (?:COLUMN|TO)|DROP (?:TABLE|COLUMN)", node.value)
    ]  # fmt: skip
    renamed = [name for name, words in named if name == "alter_column" and "new_column_name" in words]
    required = [
        name for name, words in named
        if name == "Column" and ast.unparse(words.get("nullable", ast.Constant(True))) == "False"
        and not {"server_default", "primary_key"} & words.keys() and not in_new_table(upgrade, calls, words)
    ]  # fmt: skip
    return removed + renamed + required


def in_new_table(upgrade: ast.FunctionDef, calls: list[ast.Call], words: dict[str | None, ast.expr]) -> bool:
    """Whether a column belongs to a table that this migration makes."""
    made = [call for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr == "create_table"]
    inner = {id(word.value) for table in made for node in ast.walk(table) if isinstance(node, ast.Call) for word in node.keywords}
    return any(id(value) in inner for value in words.values())


def test_migrations_only_add_while_older_code_serves() -> None:
    """Expand first, contract a release later: then the removal stands here with the release that stopped using it.

    0013 renames before the first release is out: docs/operations.md says to stop the service for it.
    """
    files = [path for path in (MIGRATIONS / "versions").glob("*.py") if not path.name.startswith(FIRST_RELEASE)]

    assert {path.name: found for path in files if (found := takes_away(ast.parse(path.read_text("utf-8"))))}.keys() == {
        "20261128_event_id.py"
    }


def test_an_upgrade_finds_when_each_event_is_over(app: Flask) -> None:
    loader.seed_base()
    loader.seed_demo()
    asked = (
        sa.select(Event.id, Event.programme_ends_at, Event.over_at).where(Event.programme_ends_at.is_not(None)).order_by(Event.id)
    )
    before = db.session.execute(asked).all()
    db.session.rollback()
    flask_migrate.downgrade(revision="0008")
    with write_tx() as session:
        session.execute(sa.update(Event).where(Event.id.in_([row.id for row in before])).values(over_at=None))
    flask_migrate.upgrade()
    db.session.rollback()

    assert db.session.execute(asked).all() == before
    assert len(before) > 10
