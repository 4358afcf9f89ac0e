"""Kill what serves the door while phones scan, and look whether anything was lost or doubled.

    python -m tests.bench.faults [--seconds 60] [--phones 8] [--only sqlite] [--worker-every 1] [--server-every 4]

SQLite in a temporary folder, PostgreSQL on a server of its own (durable, unlike the suite's), restarted at once in the
middle and each ten seconds. Templates are compiled ahead, as on a server. Ends with 1 when an answered scan is lost, doubled or changed, or when it took 3 s to recover.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from bisect import bisect_left
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from app import create_app
from app.config import database_url
from app.core.db import db
from tests.bench import checker
from tests.bench.phones import Diary, Phone, prepare
from tests.bench.serving import Served, compile_assets, settings
from tests.checks import postgres

RECOVERY, PATIENCE = 3.0, 30.0
TICKETS = 400


@dataclass(frozen=True)
class Plan:
    """How long, and every how many seconds what is killed; 0 never. `crash` restarts the database, once in the middle."""

    seconds: float = 60
    phones: int = 8
    worker_every: float = 1
    server_every: float = 4
    database_every: float = 0
    crash: Callable[[], None] | None = None


@dataclass(frozen=True)
class Kill:
    """What was killed, when, and how long nobody was answered who asked afterwards (None: nobody asked any more)."""

    what: str
    at: float
    recovered: float | None


@dataclass(frozen=True)
class Report:
    """What came of a run. `wrong` is empty when nothing was lost, doubled or changed."""

    diary: Diary
    kills: list[Kill]
    wrong: list[str]

    @property
    def answered(self) -> int:
        """Scans that got an answer."""
        return sum(bool(scan.answers) for scan in self.diary.sent.values())

    def slowest(self, what: str) -> float:
        """Seconds from a kill of this kind to the first good answer to a call sent after it, at worst."""
        return max((kill.recovered for kill in self.kills if kill.what == what and kill.recovered is not None), default=0.0)


def run(url: str, plan: Plan, log: Path | None = None) -> Report:
    """Serve the app on this database (its tables are emptied), let phones scan, kill, and check what is left."""
    ground = prepare(url, plan.phones, TICKETS)
    diary, stop = Diary(), Event()
    with Served(url, log=log) as server:
        phones = [
            Phone(server.port, token, ground.codes, diary, stop, seed) for seed, token in enumerate(ground.tokens)
        ]  # fmt: skip
        for phone in phones:
            phone.start()
        kills = list(sabotage(server, plan))
        until = time.monotonic() + PATIENCE
        while kills and recovery(sorted(diary.good), kills[-1][1]) is None and time.monotonic() < until:
            time.sleep(0.1)
        stop.set()
        for phone in phones:
            phone.join(90)
    with create_app(settings(url)).app_context():
        wrong = [*diary.wrong, *checker.check_door(diary.sent)]
        db.session.remove()
        db.engine.dispose()
    good = sorted(diary.good)
    return Report(diary, [Kill(what, at, recovery(good, at)) for what, at in kills], wrong)


def sabotage(server: Served, plan: Plan) -> Iterator[tuple[str, float]]:
    """Kill by the clock until the time is over; yields (what, when)."""
    begun = time.monotonic()
    every = {"worker": plan.worker_every, "server": plan.server_every, "database": plan.database_every or plan.seconds / 2}
    if plan.crash is None:
        del every["database"]
    due = {what: begun + gap for what, gap in every.items() if gap}
    while due and min(due.values()) < begun + plan.seconds:
        what = min(due, key=lambda name: due[name])
        time.sleep(max(0.0, due[what] - time.monotonic()))
        due[what] += every[what]
        moment = time.monotonic()
        if kill(server, plan, what):
            yield what, moment


def kill(server: Served, plan: Plan, what: str) -> bool:
    """One kill; False when there was nothing to kill just then."""
    if what == "worker":
        return server.kill_worker()
    if what == "server":
        server.kill_all()
    elif plan.crash:
        plan.crash()
    return True


def recovery(good: list[tuple[float, float]], at: float) -> float | None:
    """Seconds until the first good answer to a call that was sent after `at`; `good` is sorted."""
    answers = [answered for _, answered in good[bisect_left(good, (at, 0.0)) :]]
    return min(answers) - at if answers else None


def longest_silence(diary: Diary) -> float:
    """The longest time between two good answers to anybody."""
    times = sorted(answered for _, answered in diary.good)
    return max((later - earlier for earlier, later in zip(times, times[1:], strict=False)), default=0.0)


def show(name: str, report: Report, seconds: float) -> bool:
    """Print the figures; whether everything held."""
    diary, whats = report.diary, [kill.what for kill in report.kills]
    took = sorted(answered - sent for sent, answered in diary.good)
    p50, p95, p99 = (took[int(len(took) * part)] * 1000 for part in (0.50, 0.95, 0.99))
    kills = ", ".join(f"{whats.count(what)} x {what}" for what in dict.fromkeys(whats))
    print(f"{name}: {report.answered} scans answered in {len(took)} calls ({len(took) / seconds:.0f}/s); killed {kills}")
    print(
        f"  p50 {p50:.0f}  p95 {p95:.0f}  p99 {p99:.0f}  max {took[-1] * 1000:.0f} ms; refused and sent again {dict(diary.trouble)}"
    )
    slow = {what: round(report.slowest(what), 2) for what in dict.fromkeys(whats)}
    print(f"  until the first answer, at worst: {slow} s; longest silence {longest_silence(diary):.2f} s (limit {RECOVERY})")
    print("  lost, doubled, changed: 0" if not report.wrong else f"  WRONG ({len(report.wrong)}): {report.wrong[:5]}")
    return not report.wrong and all(value < RECOVERY for value in slow.values())


def databases(stack: ExitStack, folder: str, only: str | None) -> Iterator[tuple[str, str, Callable[[], None] | None]]:
    """(name, address, crash) of the databases that this machine has."""
    if only != "postgresql":
        yield "sqlite", f"sqlite:///{folder}/bench.sqlite3", None
    binaries = postgres.find_binaries()
    if only != "sqlite" and binaries:
        made = stack.enter_context(postgres.cluster(binaries))
        yield "postgresql", database_url(made.address), made.crash


def main(argv: list[str] | None = None) -> int:
    """Both databases, or the one that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--phones", type=int, default=8)
    parser.add_argument("--worker-every", type=float, default=1)
    parser.add_argument("--server-every", type=float, default=4)
    parser.add_argument("--database-every", type=float, default=10)
    parser.add_argument("--only", choices=("sqlite", "postgresql"))
    options = parser.parse_args(argv)
    held = []
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        for name, url, crash in databases(stack, folder, options.only):
            compile_assets(url)
            plan = Plan(
                options.seconds, options.phones, options.worker_every, options.server_every, options.database_every, crash
            )  # fmt: skip
            log = Path(folder) / f"{name}.log"
            held.append(show(name, run(url, plan, log), options.seconds))
            print("" if held[-1] else log.read_text("utf-8")[-4000:], end="")
    return int(not all(held))


if __name__ == "__main__":
    sys.exit(main())
