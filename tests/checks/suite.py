"""The whole suite, in parts that run beside each other, as many as there are processors: on SQLite, on PostgreSQL, and in two halves
in the browser; says at the end what this machine could not run.

With CI=true nothing may be missing and nothing skipped. Arguments go to pytest: `make test ARGS="tests/agenda -x"`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from tests.checks import postgres
from tests.checks.chromium import CHROMIUM

ROOT = Path(__file__).resolve().parent.parent.parent
# Where there is room, files that nobody keeps are written to memory.
MEMORY, ROOM = Path("/dev/shm"), 2 * 1024**3  # noqa: S108
PROGRAMS = (Path("/usr/sbin/pgbouncer"), Path("/usr/sbin/nginx"))
NO_TESTS = 5
# Where the schemas of conference schedules lie, if they do: they are under a licence of their own and no part of this project.
C3VOC = Path(os.environ.get("C3VOC_SCHEMAS", ROOT.parent / "shared" / "data" / "c3voc"))


def main(arguments: list[str]) -> int:
    """0 when everything that ran passed, and with CI=true when everything ran."""
    ci = os.environ.get("CI") == "true"
    if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM:
        os.environ.setdefault("TMPDIR", str(MEMORY))
    with ExitStack() as stack:
        address, missing = database(stack)
        if CHROMIUM is None:
            missing.append("browser tests (they need Debian's chromium: apt-get install chromium)")
        if find_extractor() is None:
            missing.append("tickets in a travel app (they need its extractor: apt-get install libkpimitinerary-bin)")
        missing += [f"tests with {program.name} (apt-get install {program.name})" for program in PROGRAMS if not program.exists()]
        if ci and missing:
            print("CI=true and missing: " + "; ".join(missing))
            return 2
        parts = [Part("SQLite", "not browser"), *([Part("PostgreSQL", "not browser and not once", address)] if address else [])]
        if CHROMIUM:  # last and in halves, so that no processor is idle at the end
            parts += [Part("browser", "browser and not scanner"), Part("scanner in the browser", "scanner")]
        with ThreadPoolExecutor(os.cpu_count()) as beside:
            codes = list(beside.map(lambda part: run(part, arguments, ci=ci), parts))
    if not C3VOC.is_dir():
        missing.append("schedules against C3VOC's schemas (set C3VOC_SCHEMAS to a folder with schema.json and schedule.xml.xsd)")
    print("NOT RUN: " + "; ".join(missing) if missing else "Everything was run: SQLite, browser and PostgreSQL.")
    if all(code == NO_TESTS for code in codes):
        return NO_TESTS
    return next((1 for code in codes if code and not (code == NO_TESTS and arguments)), 0)  # a signal's code is negative


def find_extractor() -> Path | None:
    """The program by which KDE's travel app reads mails and pages; Debian keeps it among the libraries."""
    found = sorted(Path("/usr/lib").glob("*/libexec/kf[56]/kitinerary-extractor"))
    return found[-1] if found else None


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


@dataclass(frozen=True)
class Part:
    """The tests with a mark, on SQLite or on the PostgreSQL database at `address`."""

    name: str
    mark: str
    address: str | None = None


def run(part: Part, arguments: list[str], *, ci: bool) -> int:
    """One run of pytest; what it says is printed at its end, so that two at once stay readable."""
    environment = {key: value for key, value in os.environ.items() if key not in OF_AN_INSTALLATION}
    if part.address:
        environment["TEST_DATABASE_URL"] = part.address
    options = ["-m", part.mark, *(["-p", "tests.checks.no_skips"] if ci else ["-rs"])]
    print(f"== {part.name}: begins", flush=True)
    begun, command = time.monotonic(), [sys.executable, "-m", "pytest", *options, *arguments]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        check=False,
    )  # fmt: skip
    with ONE_AT_A_TIME:
        print(f"== {part.name}: {time.monotonic() - begun:.0f} s\n{done.stdout}", flush=True)
    return done.returncode


ONE_AT_A_TIME = Lock()
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
