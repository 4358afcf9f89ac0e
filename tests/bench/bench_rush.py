"""Twenty scanners while two thousand phones open the agenda within a minute, through the production server.

    python -m tests.bench.bench_rush [--phones 2000] [--seconds 60] [--scanners 20] [--rate 5] [--only postgresql]

A phone asks for the event's page (half of the phones know it already and only ask whether it has changed), takes its assets,
and then asks each 20 seconds what is on now, each time over a new connection: harder than nginx in
front. A scanner keeps its connection and scans by the clock; its time counts from the moment at which the scan was due.
Server, database and load share the machine. Ends with 1 on any error, or when scans take 250 ms or pages 300 ms (p95).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import re
import sys
import tempfile
import time
import uuid
from collections import Counter, defaultdict
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from app import create_app
from app.audit.models import TERMINAL
from app.checkin import devices
from app.checkin.service import put_list
from app.core.db import db, write_tx
from app.events.queries import get_event
from tests.bench.bench_event_page import fill
from tests.bench.faults import databases
from tests.bench.light import Answer, Light
from tests.bench.phones import make_tickets
from tests.bench.serving import Served, settings
from tests.transactions import do

SLUG, ROWS, POLL = "kaskinen-today", 12, 20.0
LIMITS = {"scan": 250.0, "page": 300.0}
LANGUAGES = ("fi", "fi", "fi", "sv", "sv", "en", "de", "lv", "pl", "et")
PHONE = {"Accept-Encoding": "gzip, deflate, br", "Accept": "text/html", "Accept-Language": "fi"}
ASSET = re.compile(rb'(?:href|src)="(/static/[^"]+\.(?:css|js|mjs|svg|png|woff2|ico))"')


@dataclass
class Seen:
    """Milliseconds by kind of call, answers by kind and status, and what went wrong."""

    took: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    answers: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def note(self, kind: str, begun: float, answer: Answer, good: tuple[int, ...] = (200, 304)) -> None:
        """Keep one answer."""
        self.took[kind].append((time.perf_counter() - begun) * 1000)
        self.answers[f"{kind} {answer.status}"] += 1
        if answer.status not in good:
            self.wrong.append(f"{kind}: {answer.status} {answer.body[:200]!r}")


@dataclass(frozen=True)
class Rush:
    """Who comes how often."""

    phones: int
    seconds: float
    scanners: int
    rate: float


def prepare(url: str, rush: Rush) -> tuple[list[str], list[str]]:
    """Empty tables with the live event, its door, tickets enough for every scan, and phones; (tokens, codes)."""
    app = create_app(settings(url))
    app.extensions["assets"].compress()  # as a deploy does
    fill(app, ROWS)
    with app.app_context():
        event = get_event(SLUG)
        with write_tx() as session:
            put_list(session, event.id, "main-door", {"capacity": 500}, {"en": "Main door"})
        tokens = [
            do(devices.enrol, event, ["main-door"], f"Phone {number}", TERMINAL, bearer=True)[1]
            for number in range(rush.scanners)
        ]
        printed = make_tickets(event.id, int(rush.scanners * rush.rate * rush.seconds) + 100)
        db.session.remove()
        db.engine.dispose()
    return tokens, printed


async def scanner(port: int, token: str, printed: list[str], rush: Rush, start: float, seen: Seen) -> None:
    """Scan by the clock: mostly new tickets, one in five that was scanned already."""
    light, chance, used = Light(port), random.Random(token), []
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    await asyncio.sleep(max(0.0, start - time.perf_counter()) + chance.random() / rush.rate)
    begun = time.perf_counter()
    for number in range(int(rush.seconds * rush.rate)):
        due = begun + number / rush.rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        code = chance.choice(used) if used and chance.random() < 0.2 else printed.pop()
        used.append(code)
        at = datetime.now(UTC).isoformat()
        item = {"id": str(uuid.UUID(int=chance.getrandbits(128))), "seq": number + 1, "list": "main-door", "code": code, "at": at}
        try:
            answer = await light.ask("POST", "/api/v1/scans", headers, json.dumps({"sent_at": at, "scans": [item]}).encode())
        except (OSError, EOFError) as error:
            seen.wrong.append(f"scan: {type(error).__name__}")
            await light.close()
            continue
        seen.note("scan", due, answer, (200,))
    await light.close()


async def visitor(port: int, lang: str, known: dict[str, str], assets: list[str], until: float, seen: Seen) -> None:
    """Open the page with its assets, then ask what is on now until the rush is over. `known` maps addresses to ETags."""
    path = f"/{lang}/events/{SLUG}/"
    light = Light(port)
    try:
        await ask(light, "page", path, known, seen)
        for address in assets:
            await ask(light, "asset", address, known, seen)
        await light.close()
        tag = ""
        while time.perf_counter() + POLL < until:
            await asyncio.sleep(POLL)
            now = await ask(light, "now", f"{path}now", {f"{path}now": tag} if tag else {}, seen)
            tag = now.headers.get("etag", tag)
            await light.close()
    except (OSError, EOFError) as error:
        seen.wrong.append(f"visitor: {type(error).__name__}")
    finally:
        await light.close()


async def ask(light: Light, kind: str, path: str, known: dict[str, str], seen: Seen) -> Answer:
    """One GET as a browser sends it, with the tag that it has."""
    headers = PHONE | ({"If-None-Match": known[path]} if known.get(path) else {})
    begun = time.perf_counter()
    answer = await light.ask("GET", path, headers)
    seen.note(kind, begun, answer)
    return answer


async def tags(port: int, lang: str) -> dict[str, str]:
    """What a phone that was here before knows: the page and its assets with their ETags."""
    light, seen, path = Light(port), Seen(), f"/{lang}/events/{SLUG}/"
    answer = await light.ask("GET", path, {"Accept": "text/html"})  # not compressed, to be read
    found = {path: answer.headers["etag"]}
    for address in sorted({match.decode() for match in ASSET.findall(answer.body)}):
        known = await ask(light, "asset", address, {}, seen)
        found[address] = known.headers.get("etag", "")
    await light.close()
    return found


async def rushed(port: int, tokens: list[str], printed: list[str], rush: Rush) -> Seen:
    """Everybody at once."""
    seen, chance = Seen(), random.Random(8)
    known = {lang: await tags(port, lang) for lang in set(LANGUAGES)}
    start = time.perf_counter() + 1
    until = start + rush.seconds

    async def come(lang: str, after: float, again: bool) -> None:
        await asyncio.sleep(max(0.0, start + after - time.perf_counter()))
        assets = [path for path in known[lang] if path.startswith("/static/")]
        await visitor(port, lang, known[lang] if again else {}, assets, until, seen)

    tasks = [scanner(port, token, printed, rush, start, seen) for token in tokens]
    for number in range(rush.phones):
        tasks.append(come(chance.choice(LANGUAGES), chance.random() * rush.seconds * 0.97, number % 2 == 0))
    await asyncio.gather(*tasks)
    return seen


def show(name: str, seen: Seen, rush: Rush) -> bool:
    """Print the figures; whether everything held."""
    calls = sum(len(took) for took in seen.took.values())
    print(f"{name}: {rush.phones} phones and {rush.scanners} scanners at {rush.rate:g}/s in {rush.seconds:g} s", end="")
    print(f", {calls} calls ({calls / rush.seconds:.0f}/s), {len(seen.wrong)} errors")
    held = not seen.wrong
    for kind in ("page", "asset", "now", "scan"):
        took = sorted(seen.took[kind]) or [0.0]
        p50, p95, p99 = (took[int(len(took) * part)] for part in (0.50, 0.95, 0.99))
        held = held and p95 < LIMITS.get(kind, 1e9)
        limit = f"  (p95 limit {LIMITS[kind]:.0f})" if kind in LIMITS else ""
        print(f"  {kind:<5} {len(took):6}  p50 {p50:6.1f}  p95 {p95:6.1f}  p99 {p99:6.1f}  max {took[-1]:6.1f} ms{limit}")
    print(f"  {dict(sorted(seen.answers.items()))}" + (f"\n  WRONG: {seen.wrong[:5]}" if seen.wrong else ""))
    return held


def main(argv: list[str] | None = None) -> int:
    """Both databases, or the one that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--phones", type=int, default=2000)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--scanners", type=int, default=20)
    parser.add_argument("--rate", type=float, default=5)
    parser.add_argument("--only", choices=("sqlite", "postgresql"))
    options = parser.parse_args(argv)
    rush, held = Rush(options.phones, options.seconds, options.scanners, options.rate), []
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        for name, url, _ in databases(stack, folder, options.only):
            tokens, printed = prepare(url, rush)
            log = Path(folder) / f"{name}.log"
            print(f"load average before: {os.getloadavg()[0]:.2f}")
            with Served(url, log=log) as server:
                seen = asyncio.run(rushed(server.port, tokens, printed, rush))
            held.append(show(name, seen, rush))
            print("" if held[-1] else log.read_text("utf-8")[-4000:], end="")
    return int(not all(held))


if __name__ == "__main__":
    sys.exit(main())
