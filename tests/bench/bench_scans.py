"""Scans against a bare Flask + SQLAlchemy endpoint (one insert, one commit) on the same server, in the same run.

    python -m tests.bench.bench_scans [--server granian|gunicorn] [--workers 2] [--threads 8] [--clients 16] [--calls 3000]
        [--inside 0 10000 900000] [--only sqlite]

Real tickets on a list with a capacity, with nobody, and with as many people in as `--inside` says: the figures must not
depend on it. SQLite always; PostgreSQL too when TEST_DATABASE_URL is set (its tables are emptied). Prints throughput, p50,
p95, p99 and the ratio; tickets scanned again; 50 a call; a fixed 100 a second; one client alone; and 8 processes on the same
tickets with replays, each accepted exactly once.
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import json
import multiprocessing
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from app import create_app
from app.audit.models import TERMINAL
from app.checkin import devices
from app.checkin.service import put_list
from app.config import Settings, database_url
from app.core.db import db, write_tx
from app.events.models import Event
from tests.bench import bare_insert
from tests.bench.crowd import let_in, make_guests
from tests.factories import make_event
from tests.transactions import do

ROOT = Path(__file__).resolve().parents[2]
CAPACITY = 1_000_000
SECRET = "bench-only-" + "0123456789abcdef" * 3


@dataclass
class Ground:
    """A database with an event, and what the clients need to know of it."""

    url: str
    token: str
    codes: list[str]
    inside: int


# The two servers


def settings(url: str) -> Settings:
    return Settings(
        secret_key=SECRET, public_base_url="http://127.0.0.1", database_url=url, trusted_hosts=("127.0.0.1",), demo=True
    )


def prepare(url: str, count: int, inside: int) -> Ground:
    """Empty tables, one event with one list of limited capacity, a bearer device, guests' tickets, and `inside` people in."""
    app = create_app(settings(url))
    with app.app_context():
        db.drop_all()
        db.create_all()
        bare_insert.Base.metadata.drop_all(db.engine)
        bare_insert.Base.metadata.create_all(db.engine)
        event: Event = make_event("bench")
        with write_tx() as session:
            door = put_list(session, event.id, "main-door", {"capacity": CAPACITY}, {"en": "Main door"})
        device, token = do(devices.enrol, event, ["main-door"], "Bench", TERMINAL, bearer=True)
        let_in(door, device, inside)
        codes = make_guests(event.id, count)
        db.engine.dispose()
    return Ground(url, token, codes, inside)


@contextmanager
def server(kind: str, target: str, url: str, workers: int, threads: int) -> Iterator[int]:
    """The production server with `target` on a free port; ended at the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    commands = {
        "granian": [
            "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--workers", str(workers),
            "--blocking-threads", str(threads), "--no-ws", "--log-level", "error", target,
        ],
        "gunicorn": [
            "gunicorn", "-k", "gthread", "--threads", str(threads), "-w", str(workers), "-b", f"127.0.0.1:{port}",
            "--keep-alive", "75", "--log-level", "error", target,
        ],
    }  # fmt: skip
    command = [str(Path(sys.executable).parent / commands[kind][0]), *commands[kind][1:]]
    environ = os.environ | {
        "DATABASE_URL": url, "BENCH_DATABASE_URL": url, "SECRET_KEY": SECRET, "PUBLIC_BASE_URL": "http://127.0.0.1",
        "TRUSTED_HOSTS": "127.0.0.1", "DEMO": "1", "PYTHONPATH": str(ROOT) + ":" + os.environ.get("PYTHONPATH", ""),
    }  # fmt: skip
    process = subprocess.Popen(command, cwd=ROOT, env=environ)
    try:
        _wait_for(port)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def _wait_for(port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
        except OSError:
            time.sleep(0.05)
        else:
            time.sleep(0.5)
            return
    raise RuntimeError("the server did not start")


# Clients

Call = tuple[str, bytes]


class Client:
    """One keep-alive connection."""

    def __init__(self, port: int, token: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def post(self, call: Call) -> bytes:
        path, body = call
        self.connection.request("POST", path, body, self.headers)
        response = self.connection.getresponse()
        data = response.read()
        if response.status != 200:
            raise RuntimeError(f"{response.status} {data[:300]!r}")
        return data


def scan(code: str, seq: int) -> dict[str, object]:
    return {"id": str(uuid.uuid4()), "seq": seq, "list": "main-door", "code": code, "at": now(), "mode": "online", "local": None}


def now() -> str:
    return datetime.now(UTC).isoformat()


def batch(items: list[dict[str, object]]) -> Call:
    return "/api/v1/scans", json.dumps({"sent_at": now(), "scans": items}).encode()


def work(port: int, token: str, calls: list[Call], gap: float, start: float, out: multiprocessing.Queue[list[float]]) -> None:
    """One client process: as fast as it goes, or one call each `gap` seconds by the clock."""
    client, took = Client(port, token), []
    time.sleep(max(0.0, start - time.time()))
    begun = time.perf_counter()
    for number, call in enumerate(calls):
        due = begun + number * gap
        if gap:
            time.sleep(max(0.0, due - time.perf_counter()))
        sent = time.perf_counter() if not gap else due
        client.post(call)
        took.append(time.perf_counter() - sent)
    out.put([begun, time.perf_counter(), *took])


def measure(port: int, token: str, per_client: list[list[Call]], gap: float = 0.0) -> tuple[float, list[float]]:
    """Run the clients at once; returns (seconds, every call's time, sorted)."""
    context = multiprocessing.get_context("fork")
    out: multiprocessing.Queue[list[float]] = context.Queue()
    start = time.time() + 0.7
    processes = [
        context.Process(target=work, args=(port, token, calls, gap, start + (gap * index / len(per_client)), out))
        for index, calls in enumerate(per_client)
    ]
    for process in processes:
        process.start()
    found = [out.get(timeout=90) for _ in processes]
    for process in processes:
        process.join()
    seconds = max(one[1] for one in found) - min(one[0] for one in found)
    return seconds, sorted(itertools.chain.from_iterable(one[2:] for one in found))


def split(items: Iterable[Call], clients: int) -> list[list[Call]]:
    found = list(items)
    return [found[index::clients] for index in range(clients)]


def line(label: str, seconds: float, took: list[float], scans: int = 1) -> float:
    rate = len(took) * scans / seconds
    p50, p95, p99 = (took[min(len(took) - 1, int(len(took) * part))] * 1000 for part in (0.50, 0.95, 0.99))
    print(f"  {label:<34} {rate:8.0f}/s   p50 {p50:6.1f}  p95 {p95:6.1f}  p99 {p99:6.1f}  max {took[-1] * 1000:6.1f} ms")
    return rate


# What is measured


def compare(kind: str, ground: Ground, options: argparse.Namespace) -> None:
    """One scan a call beside the bare endpoint, alternating, so that a noisy machine treats both alike."""
    clients, calls = options.clients, options.calls
    codes = iter(ground.codes)
    bare = [("/bare", json.dumps({"id": str(uuid.uuid4()), "name": "x" * 40}).encode()) for _ in range(calls)]
    ours, theirs = [], []
    with (
        server(kind, "tests.bench.bare_insert:app", ground.url, options.workers, options.threads) as bare_port,
        server(kind, "wsgi:app", ground.url, options.workers, options.threads) as port,
    ):
        warm = [batch([scan(next(codes), 0)]) for _ in range(64)]
        measure(port, ground.token, split(warm, clients))
        measure(bare_port, ground.token, split(bare[:64], clients))
        used: list[str] = []
        for round_number in range(options.rounds):
            used = list(itertools.islice(codes, calls))
            one = split((batch([scan(code, n)]) for n, code in enumerate(used)), clients)
            fresh = [(path, body.replace(b'"id": "', b'"id": "%d' % round_number)) for path, body in bare]
            theirs.append(line("bare: one insert, one commit", *measure(bare_port, ground.token, split(fresh, clients))))
            ours.append(line("one scan a call", *measure(port, ground.token, one)))
        print(f"  {'ratio':<34} {sum(ours) / sum(theirs):8.2f}")
        again = split((batch([scan(code, n)]) for n, code in enumerate(used)), clients)
        line("the same tickets again", *measure(port, ground.token, again))
        alone = [[batch([scan(code, n)]) for n, code in enumerate(itertools.islice(codes, 500))]]
        line("one client alone", *measure(port, ground.token, alone))
        if ground.inside:
            return
        fifty = [batch([scan(code, n) for n, code in enumerate(itertools.islice(codes, 50))]) for _ in range(options.batches)]
        line("50 scans a call", *measure(port, ground.token, split(fifty, min(clients, 4))), scans=50)
        fixed = split((batch([scan(code, n)]) for n, code in enumerate(itertools.islice(codes, 1000))), 10)
        line("fixed 100/s", *measure(port, ground.token, fixed, gap=0.1))
        once(port, ground, list(itertools.islice(codes, 1000)))


def contend(port: int, token: str, codes: list[str], seed: int, out: multiprocessing.Queue[list[tuple[str, str, bool]]]) -> None:
    """Scan every ticket in the same order; a quarter of the calls is sent twice."""
    client, chance, found = Client(port, token), random.Random(seed), []
    for seq, code in enumerate(codes):
        call = batch([scan(code, seq)])
        for _ in range(2 if chance.random() < 0.25 else 1):
            answer = json.loads(client.post(call))["results"][0]
            found.append((code, answer["result"], answer["replay"]))
    out.put(found)


def once(port: int, ground: Ground, codes: list[str]) -> None:
    """8 processes on the same tickets: each accepted exactly once."""
    context = multiprocessing.get_context("fork")
    out: multiprocessing.Queue[list[tuple[str, str, bool]]] = context.Queue()
    processes = [context.Process(target=contend, args=(port, ground.token, codes, seed, out)) for seed in range(8)]
    begun = time.perf_counter()
    for process in processes:
        process.start()
    found = [answer for _ in processes for answer in out.get(timeout=600)]
    for process in processes:
        process.join()
    seconds = time.perf_counter() - begun
    accepted = Counter(code for code, result, replay in found if result == "accepted" and not replay)
    right = len(accepted) == len(codes) and set(accepted.values()) == {1}
    print(f"  8 processes, the same {len(codes)} tickets, {len(found)} calls: {len(found) / seconds:.0f}/s, ", end="")
    print("each accepted exactly once" if right else f"WRONG: {Counter(accepted.values())}, {len(accepted)} accepted")
    if not right:
        raise SystemExit(1)


def main(argv: list[str] | None = None) -> None:
    """Both databases, or the one there is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", choices=("granian", "gunicorn"), default="granian")
    numbers: dict[str, int] = {"workers": 2, "threads": 8, "clients": 16, "calls": 3000, "rounds": 3, "batches": 60}
    for name, default in numbers.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--inside", type=int, nargs="+", default=[0, 10_000])
    parser.add_argument("--only", choices=("sqlite", "postgresql"))
    options = parser.parse_args(argv)
    needed = 64 + options.calls * options.rounds + 500 + 50 * options.batches + 1000 + 1000
    with tempfile.TemporaryDirectory() as folder:
        urls = {"sqlite": f"sqlite:///{folder}/bench.sqlite3", "postgresql": os.environ.get("TEST_DATABASE_URL", "")}
        for name, url in urls.items():
            if not url or options.only not in {None, name}:
                continue
            print(f"{name}, {options.server}, {options.workers} workers x {options.threads} threads, {options.clients} clients")
            for inside in options.inside:
                print(f" {inside} people in")
                compare(options.server, prepare(database_url(url), needed, inside), options)


if __name__ == "__main__":
    main()
