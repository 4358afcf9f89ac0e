"""Server time of the event page, warm and cold, beside a bare Flask route that returns the same bytes.

    python -m tests.bench.bench_event_page [--rows 12] [--rounds 20] [--served]

Both apps are called in this process, in turns, so that a busy machine disturbs both alike; with `--served` both are also
called over HTTP through the production server. No part of `make test`.
"""

from __future__ import annotations

import argparse
import http.client
import os
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from flask import Flask, Response
from werkzeug.test import create_environ

from app import create_app
from app.config import Settings
from app.core import clock
from app.core.db import db, write_tx
from app.i18n import texts
from app.i18n.languages import LANGUAGES
from app.places.models import Venue
from tests import factories

HOST = "pearls.test"
PATH = "/fi/events/kaskinen-today/"
SECRET = "bench-only-" + "0123456789abcdef" * 3
LIMIT_RATIO, LIMIT_COLD = 1.7, 0.015


def settings(url: str) -> Settings:
    """A secure installation on a database of its own."""
    return Settings(secret_key=SECRET, public_base_url=f"https://{HOST}", database_url=url, trusted_hosts=(HOST, "127.0.0.1"))


def fill(app: Flask, rows: int) -> None:
    """One ceremony that is on now, with texts in all nine languages."""
    with app.app_context():
        db.drop_all()
        db.create_all()
        place = factories.make_place()
        venue_id = make_venue(place.id)
        start = clock.now().replace(second=0, microsecond=0)
        event = factories.make_event("kaskinen-today", nine("Folk festival and the Pearl award"), place, venue_id=venue_id)
        put(event.id, event.id, "event.summary", "event.practical", "event.audience")
        for number in range(1, rows + 1):
            at = start + timedelta(minutes=15 * (number - 3))
            item = factories.make_item(
                event, number, nine(f"Greeting by the regional culture director {number}"), starts_at=at, on=start.date(),
                ends_at=at + timedelta(minutes=15), venue_id=venue_id, kind="talk", languages=["fi", "sv"],
                interpretations=[{"kind": "interpreter", "lang": "en", "channel": "2"}],
            )  # fmt: skip
            put(event.id, item.id, "item.description", "item.meeting_point")


def make_venue(place_id: uuid.UUID) -> uuid.UUID:
    """A venue with every fact."""
    venue = Venue(
        id=uuid.uuid4(), place_id=place_id, address="Raatihuoneenkatu 34", latitude=62.3845, longitude=21.2212,
        wheelchair="yes", step_free="partly", toilet="yes", hearing_loop="no",
    )  # fmt: skip
    with write_tx() as session:
        session.add(venue)
    put(place_id, venue.id, "venue.name", "venue.directions")
    return venue.id


def nine(text: str) -> dict[str, str]:
    """The text in every language."""
    return {lang: f"{text} ({lang})" for lang in LANGUAGES}


def put(event_id: uuid.UUID, owner: uuid.UUID, *kinds: str) -> None:
    """A sentence or two for each kind."""
    with write_tx() as session:
        for kind in kinds:
            texts.put(
                session, event_id, owner, kind, nine(f"What {kind} says: parking, food sellers and first aid are near."), "en"
            )


def environ() -> dict[str, Any]:
    """A phone's request."""
    headers = {"Host": HOST, "Accept-Encoding": "gzip, deflate, br", "Accept": "text/html", "Accept-Language": "fi"}
    return create_environ(PATH, base_url=f"https://{HOST}", headers=headers)


def ask(app: Flask) -> tuple[str, list[tuple[str, str]], bytes]:
    """Call the WSGI app as a server does: take the whole body, close it."""
    answer: list[Any] = []
    body: Iterable[bytes] = app(environ_copy(), lambda status, headers, exc_info=None: answer.extend((status, headers)))
    data = b"".join(body)
    close = getattr(body, "close", None)
    if close:
        close()
    if not answer[0].startswith("200"):
        raise RuntimeError(f"the app answered {answer[0]}")
    return answer[0], answer[1], data


ENVIRON = environ()


def environ_copy() -> dict[str, Any]:
    """Apps write into the environ, so each call has its own."""
    return dict(ENVIRON)


def bare_app(status: str, headers: list[tuple[str, str]], data: bytes) -> Flask:
    """The least that Flask can do: one route, the same bytes, the same headers."""
    app = Flask("bare")

    @app.get(PATH)
    def page() -> Response:
        return Response(data, status=status, headers=headers)

    return app


def timed(call: Callable[[], object], count: int) -> float:
    """Seconds a call, the mean of `count`."""
    start = time.perf_counter()
    for _ in range(count):
        call()
    return (time.perf_counter() - start) / count


def in_turns(first: Callable[[], object], second: Callable[[], object], rounds: int, count: int) -> tuple[float, float]:
    """The best of both over rounds that alternate: what the machine does when nothing disturbs it."""
    times = [(timed(first, count), timed(second, count)) for _ in range(rounds)]
    return min(one for one, _ in times), min(two for _, two in times)


def cold(app: Flask) -> float:
    """One rendering: nothing of the page is kept."""
    app.extensions["pagecache"].clear()
    return timed(lambda: ask(app), 1)


def served(name: str, port: int, url: str) -> subprocess.Popen[bytes]:
    """`app` or `bare` through granian, one worker, as in production."""
    variables = os.environ | {"BENCH_DATABASE": url}
    return subprocess.Popen(
        [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
         "--blocking-threads", "1", "--log-level", "error", "--factory", f"tests.bench.bench_event_page:{name}_factory"],
        env=variables,
    )  # fmt: skip


def app_factory() -> Flask:
    """The application for `served`."""
    return create_app(settings(os.environ["BENCH_DATABASE"]))


def bare_factory() -> Flask:
    """The bare app for `served`, with the bytes of the page."""
    return bare_app(*ask(app_factory()))


def fetch(connection: http.client.HTTPConnection) -> None:
    """One request over a connection that stays open."""
    connection.request("GET", PATH, headers={"Host": HOST, "Accept-Encoding": "gzip, deflate, br"})
    answer = connection.getresponse()
    if answer.status != 200 or not answer.read():
        raise RuntimeError(f"the server answered {answer.status}")


def connect(port: int) -> http.client.HTTPConnection:
    """A connection, as soon as the server answers."""
    for _ in range(300):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            fetch(connection)
        except OSError:
            time.sleep(0.1)
        else:
            return connection
    raise RuntimeError(f"nothing answers on port {port}")


def stop(server: subprocess.Popen[bytes]) -> None:
    """Wait for its end; a server that does not end by itself is ended."""
    try:
        server.wait(20)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def measure_served(url: str, rounds: int) -> tuple[float, float]:
    """Seconds a request through the production server: the page, the bare route."""
    servers = [served("app", 8971, url), served("bare", 8972, url)]
    try:
        page, bare = connect(8971), connect(8972)
        return in_turns(lambda: fetch(page), lambda: fetch(bare), rounds, 200)
    finally:
        for server in servers:
            server.terminate()
        for server in servers:
            stop(server)


def main() -> int:
    """Print the figures; 1 when a limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--served", action="store_true", help="also over HTTP through the production server")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = os.environ.get("TEST_DATABASE_URL") or f"sqlite:///{folder}/bench.sqlite3"
        url = url.replace("postgresql://", "postgresql+psycopg://", 1)
        app = create_app(settings(url))
        fill(app, options.rows)
        status, headers, data = ask(app)
        bare = bare_app(status, headers, data)
        app.extensions["pagecache"].clear()
        colds = [cold(app) for _ in range(options.rounds * 2)]
        warm, plain = in_turns(lambda: ask(app), lambda: ask(bare), options.rounds * 4, 100)
        print(f"event page of {options.rows} rows on {url.split(':')[0]}: {len(data)} bytes sent")
        print(
            f"  cold            {min(colds) * 1e3:8.2f} ms (median {statistics.median(colds) * 1e3:.2f}; limit {LIMIT_COLD * 1e3:.0f})"
        )
        print(f"  warm            {warm * 1e6:8.1f} us")
        print(f"  bare Flask      {plain * 1e6:8.1f} us   ratio {warm / plain:.2f} (limit {LIMIT_RATIO})")
        missed = warm / plain > LIMIT_RATIO or min(colds) > LIMIT_COLD
        if options.served:
            warm, plain = measure_served(url, options.rounds)
            print(f"  served warm     {warm * 1e6:8.1f} us")
            print(f"  served bare     {plain * 1e6:8.1f} us   ratio {warm / plain:.2f}")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
