"""PostgreSQL: `pg_dump` and `pg_restore` of the machine. The password goes by the environment, never on a command line."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, sleep

from psycopg.conninfo import make_conninfo
from sqlalchemy import URL, NullPool, create_engine, text

from app.backup.files import free_name, make_empty, write_whole
from app.backup.rules import OWN_TABLES, BackupFacts, BackupRefused

SUFFIX = ".dump"
MAGIC = b"PGDMP"
PATIENCE = 3.0  # seconds in which a server notices that connections were closed
_MADE = re.compile(r"^; *Archive created at (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)", re.M)
_TABLE = re.compile(r"^\d+; \d+ \d+ TABLE \S+ (\S+)", re.M)
_REVISION = re.compile(r"^COPY \S*alembic_version .*?;\n(.*?)^\\\.", re.M | re.S)
OTHERS = """
    SELECT coalesce(nullif(application_name, ''), 'process ' || pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""
# Everything of ours goes, also tables that are newer than the backup: they would be in the way of it and of later migrations.
EMPTY = """
    SET lock_timeout = '10s';
    DO $$ DECLARE one text; BEGIN
        FOR one IN SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
            WHERE schemaname = current_schema() AND pg_has_role(current_user, tableowner, 'USAGE')
        LOOP EXECUTE 'DROP TABLE ' || one || ' CASCADE'; END LOOP;
    END $$;
"""


@dataclass(frozen=True, slots=True)
class PostgresStore:
    """The database at `url`; asides lie in `folder`."""

    url: URL
    folder: Path

    def dump(self, file: Path, _now: datetime) -> None:
        """A dump as of one moment; it says itself when it was made."""
        self._run("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={file}", self._database())

    def facts_of(self, file: Path) -> BackupFacts:
        """What the file says of itself, read to its end. Raises `BackupRefused` for one that is damaged, or is no such dump."""
        with file.open("rb") as start:
            if start.read(len(MAGIC)) != MAGIC:
                raise BackupRefused("It is no dump of pg_dump --format=custom.")
        contents = self._run("pg_restore", "--list", str(file))
        self._run("pg_restore", "--file=/dev/null", str(file))
        made = _MADE.search(contents)
        tables = frozenset(_TABLE.findall(contents))
        revision = ""
        if tables >= OWN_TABLES:
            said = _REVISION.search(self._run("pg_restore", "--data-only", "--table=alembic_version", "--file=-", str(file)))
            revision = max(said[1].split(), default="") if said else ""
        when = made[1] if made else "1970-01-01 00:00:00"
        return BackupFacts(datetime.fromisoformat(when).replace(tzinfo=UTC), tables, revision)

    def require_alone(self) -> None:
        """Raises `BackupRefused` while anybody else is connected."""
        until, engine = monotonic() + PATIENCE, create_engine(self.url, poolclass=NullPool, hide_parameters=True)
        while True:
            with engine.connect() as connection:
                others = list(connection.scalars(text(OTHERS)))
            if not others:
                return
            if monotonic() > until:
                raise BackupRefused(
                    f"The database is in use ({', '.join(sorted(set(others)))}). Stop the services first:\n"
                    "systemctl stop companion companion-mail"
                )
            sleep(0.1)

    def set_aside(self, name: str, now: datetime) -> Path | None:
        """Dump the present database, also one in which nothing is yet."""
        aside = free_name(self.folder, name, SUFFIX)
        write_whole(aside, lambda half: self.dump(half, now))
        return aside

    def put(self, file: Path) -> None:
        """Replace all tables by the dump's, in one transaction."""
        script = self.folder / ".restoring.sql"  # one that a crash left is replaced: nothing starts before the next restore
        make_empty(script)
        try:
            self._run("pg_restore", "--no-owner", "--no-privileges", f"--file={script}", str(file))
            self._run(
                "psql", "--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", "--output=/dev/null",
                f"--command={EMPTY}", f"--file={script}", "--command=ANALYZE", self._database(),
            )  # fmt: skip
        finally:
            script.unlink(missing_ok=True)

    def bring_back(self, aside: Path | None) -> None:
        """Replace all tables by those that were set aside."""
        if aside is not None:
            self.put(aside)

    def _database(self) -> str:
        """Where it is, without the password."""
        url = self.url
        given: Mapping[str, object] = {
            "host": url.host, "port": url.port, "user": url.username, "dbname": url.database, **url.query
        }  # fmt: skip
        return f"--dbname={make_conninfo('', **{name: str(value) for name, value in given.items() if value})}"

    def _run(self, program: str, *words: str) -> str:
        """What the program printed. Raises `BackupRefused` with its own words, of which those about rows are left out."""
        found = shutil.which(program)
        if found is None:
            raise BackupRefused(f"{program} is missing: apt-get install postgresql-client")
        environment = os.environ | {"TZ": "UTC", "LC_ALL": "C", "PGCONNECT_TIMEOUT": "10"}
        if self.url.password:
            environment["PGPASSWORD"] = str(self.url.password)
        done = subprocess.run(  # noqa: S603 - a program of the machine, asked for by its name
            [found, *words], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )  # fmt: skip
        if done.returncode:
            raise BackupRefused(f"{program} failed: {_first_words(done.stderr)}")
        return done.stdout


def _first_words(said: str) -> str:
    """The first lines of what a program complained of, without the lines that quote rows."""
    lines = [line for line in said.splitlines() if line and not re.match(r"(DETAIL|CONTEXT|LINE \d+|COPY )", line)]
    return "\n".join(lines[:3]) or "it did not say why"
