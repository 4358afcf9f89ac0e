"""Pages, search and feeds with thirty events beside ten thousand, each rendered anew.

    python -m tests.bench.bench_scale [--events 10000] [--towns 2000] [--rounds 7] [--only sqlite]

Thirty events of 42 towns, then as many as asked for, with titles in nine languages; median of the rounds, the page cache
emptied before each. SQLite in a temporary folder, PostgreSQL on a server of its own. Ends with 1 when an address takes more
than twice its time with thirty events and 5 ms more (what a busy machine adds by itself).
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Iterable
from contextlib import ExitStack
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, select, text

from app import create_app
from app.core import clock
from app.core.db import db, write_tx
from app.events.days import over_at, rank
from app.events.models import Event
from app.events.service import index_words
from app.i18n.folding import search_text
from app.i18n.languages import LANGUAGES
from app.i18n.models import LocalText, Translation
from app.places.models import Place, PlaceName
from tests.bench.faults import databases
from tests.bench.serving import settings
from tests.factories import make_item, minutes

LIMIT, GRACE = 2.0, 0.005
ZONE = "Europe/Helsinki"
ADDRESSES = (
    "/fi/", "/fi/now", "/fi/events/", "/fi/events/?page=2", "/fi/events/?page={last}", "/fi/events/?country=FI",
    "/fi/events/?kind=forum", "/fi/events/?town=town-7", "/fi/events/?q=juhla+7", "/fi/events/?q=nothing-like-it",
    "/fi/towns/", "/fi/towns/?q=kyla+7", "/fi/towns/town-7/", "/fi/events/event-7/", "/fi/events/event-7/now",
    "/fi/events.json", "/fi/events.json?page={pages}", "/fi/calendar.ics?town=town-7", "/fi/towns/town-7/calendar.ics",
    "/fi/towns/town-7/changes.atom", "/fi/events/event-7/changes.atom", "/fi/programme/towns/",
)  # fmt: skip


def fill(towns: int, events: int) -> None:
    """Towns in eight countries, events a few hours apart around now, the first of them with twelve rows."""
    now = clock.now()
    with write_tx() as session:
        ids = [uuid.uuid4() for _ in range(towns)]
        session.execute(insert(Place), [_town(ident, number) for number, ident in enumerate(ids)])
        session.execute(insert(PlaceName), [_name(ident, number) for number, ident in enumerate(ids)])
        rows = [_event(number, events, ids[number % towns], now) for number in range(events)]
        session.execute(insert(Event), rows)
        texts = [
            {"id": uuid.uuid4(), "scope": row["id"], "owner": row["id"], "kind": "event.title", "source_lang": "en"}
            for row in rows
        ]
        session.execute(insert(LocalText), texts)
        for start in range(0, len(texts), 1000):
            session.execute(insert(Translation), list(_titles(texts[start : start + 1000], start, now)))
        index_words(session, session.scalars(select(Event)).all())
    for row in rows[:10]:
        event = db.session.get_one(Event, row["id"])
        for number in range(1, 13):
            make_item(event, number, f"Row {number}", starts_at=now + minutes(20 * number))


def _town(ident: uuid.UUID, number: int) -> dict[str, Any]:
    country = ("FI", "SE", "EE", "LV", "LT", "PL", "DE", "DK")[number % 8]
    spot = {"latitude": 54 + number % 90 / 10, "longitude": 10 + number % 170 / 10}
    return {"id": ident, "slug": f"town-{number}", "country": country, "timezone": ZONE, **spot}


def _name(ident: uuid.UUID, number: int) -> dict[str, Any]:
    value = f"Kylä {number}"
    return {"id": uuid.uuid4(), "place_id": ident, "kind": "official", "lang": "fi", "value": value, "folded": search_text(value)}


def _event(number: int, count: int, place_id: uuid.UUID, now: Any) -> dict[str, Any]:
    on = (now + timedelta(days=365 * (number - count / 2) / count)).date()
    kind = ("ceremony", "forum", "meeting", "webinar")[number % 4]
    return {
        "id": uuid.uuid4(), "slug": f"event-{number}", "kind": kind, "place_id": place_id, "country": "FI" if number % 5 else "SE",
        "timezone": ZONE, "starts_on": on, "ends_on": on, "languages": ["fi"], "sources": [], "unverified": [],
        "created_at": now, "updated_at": now, "over_at": over_at(on, on, "day", ZoneInfo(ZONE)), "rank": rank(on, "day"),
    }  # fmt: skip


def _titles(rows: Iterable[dict[str, Any]], start: int, now: Any) -> Iterable[dict[str, Any]]:
    for number, row in enumerate(rows, start):
        for lang in LANGUAGES:
            value = f"Juhla {number} ({lang})"
            yield {"text_id": row["id"], "lang": lang, "value": value, "folded": search_text(value), "updated_at": now}


def timed(app: Flask, client: FlaskClient, address: str, rounds: int) -> tuple[float, int]:
    """Seconds for one answer, the median, and its length."""
    took = []
    for _ in range(rounds + 1):  # the first one compiles templates and statements
        app.extensions["pagecache"].clear()
        begun = time.perf_counter()
        answer = client.get(address, base_url="http://127.0.0.1")
        took.append(time.perf_counter() - begun)
        if answer.status_code != 200:
            raise RuntimeError(f"{address}: {answer.status_code}")
    return statistics.median(took[1:]), len(answer.data)


def measure(url: str, towns: int, events: int, rounds: int) -> dict[str, tuple[float, int]]:
    """Every address on a fresh database of this size."""
    app = create_app(settings(url))
    with app.app_context():
        db.drop_all()
        db.create_all()
        fill(towns, events)
        db.session.execute(text("ANALYZE"))
        db.session.commit()
    client = app.test_client()
    pages = {"last": -(-events // 30), "pages": max(1, -(-events // 100))}
    numbers = pages | {"last": max(1, pages["last"])}
    shown = [address for address in ADDRESSES if "page=2" not in address or events > 30]
    found = {address: timed(app, client, address.format(**numbers), rounds) for address in shown}
    with app.app_context():
        db.engine.dispose()
    return found


def report(name: str, few: dict[str, tuple[float, int]], many: dict[str, tuple[float, int]]) -> int:
    """The table; how many addresses are over the limit."""
    print(f"{name:34} {'few ms':>8} {'many ms':>8} {'ratio':>6} {'few kB':>7} {'many kB':>8}")
    over = 0
    for address, (took, size) in many.items():
        before, length = few.get(address, few["/fi/events/"])
        bad = took > LIMIT * before + GRACE
        over += bad
        numbers = f"{before * 1000:8.1f} {took * 1000:8.1f} {took / before:6.2f} {length / 1000:7.1f} {size / 1000:8.1f}"
        print(f"  {address:32} {numbers}{'  over' if bad else ''}")
    return over


def main(argv: list[str] | None = None) -> int:
    """Both databases, or the one that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=10_000)
    parser.add_argument("--towns", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", choices=("sqlite", "postgresql"))
    options = parser.parse_args(argv)
    over = 0
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        for name, url, _ in databases(stack, folder, options.only):
            few = measure(url, 42, 30, options.rounds)
            over += report(name, few, measure(url, options.towns, options.events, options.rounds))
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
