"""The whole suite: on SQLite with the browser, then on PostgreSQL; says at the end what this machine could not run.

With CI=true nothing may be missing and nothing skipped. Arguments go to pytest: `make test ARGS="tests/agenda -x"`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

from tests.checks import postgres

ROOT = Path(__file__).resolve().parent.parent.parent
CHROMIUM = Path("/usr/bin/chromium")
PROGRAMS = (Path("/usr/sbin/pgbouncer"), Path("/usr/sbin/nginx"))
NO_TESTS = 5
# Where the schemas of conference schedules lie, if they do: they are under a licence of their own and no part of this project.
C3VOC = Path(os.environ.get("C3VOC_SCHEMAS", ROOT.parent / "shared" / "data" / "c3voc"))


def main(arguments: list[str]) -> int:
    """0 when everything that ran passed, and with CI=true when everything ran."""
    ci = os.environ.get("CI") == "true"
    with ExitStack() as stack:
        address, missing = database(stack)
        if not CHROMIUM.exists():
            missing.append("browser tests (they need Debian's chromium: apt-get install chromium)")
        missing += [f"tests with {program.name} (apt-get install {program.name})" for program in PROGRAMS if not program.exists()]
        if ci and missing:
            print("CI=true and missing: " + "; ".join(missing))
            return 2
        codes = [run("SQLite", None, arguments, browser=CHROMIUM.exists(), ci=ci)]
        if address:
            codes.append(run("PostgreSQL", address, arguments, browser=False, ci=ci))
    if not C3VOC.is_dir():
        missing.append("schedules against C3VOC's schemas (set C3VOC_SCHEMAS to a folder with schema.json and schedule.xml.xsd)")
    print("NOT RUN: " + "; ".join(missing) if missing else "Everything was run: SQLite, browser and PostgreSQL.")
    if all(code == NO_TESTS for code in codes):
        return NO_TESTS
    return next((1 for code in codes if code and not (code == NO_TESTS and arguments)), 0)  # a signal's code is negative


def database(stack: ExitStack) -> tuple[str | None, list[str]]:
    """The address of a PostgreSQL database to test on, and what is missing."""
    if given := os.environ.get("TEST_DATABASE_URL"):
        return given, []
    binaries = postgres.find_binaries()
    if binaries is None:
        return None, ["PostgreSQL tests (they need its server: apt-get install postgresql, or TEST_DATABASE_URL)"]
    try:
        return stack.enter_context(postgres.private_server(binaries)), []
    except (RuntimeError, OSError) as error:
        return None, [f"PostgreSQL tests (its server did not start: {error})"]


def run(name: str, address: str | None, arguments: list[str], *, browser: bool, ci: bool) -> int:
    """One run of pytest on one database."""
    environment = {key: value for key, value in os.environ.items() if key not in OF_AN_INSTALLATION}
    if address:
        environment["TEST_DATABASE_URL"] = address
    options = ([] if browser else ["-m", "not browser"]) + (["-p", "tests.checks.no_skips"] if ci else ["-rs"])
    print(f"== {name}{', with the browser' if browser else ''}", flush=True)
    command = [sys.executable, "-m", "pytest", *options, *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, check=False).returncode


OF_AN_INSTALLATION = {
    "TEST_DATABASE_URL",
    "DATABASE_URL",
    "DATABASE_POOLER",
    "SECRET_KEY",
    "PUBLIC_BASE_URL",
    "TRUSTED_HOSTS",
    "SMTP_URL",
    "DEMO",
    "PORT",
    "HTTPS",
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
