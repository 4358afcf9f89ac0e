"""Ten thousand registrations for two hundred seats over HTTP, with double clicks, confirmations and cancellations meanwhile.

    python -m tests.bench.bench_registrations [--people 10000] [--seats 200] [--clients 8] [--parties] [--only sqlite]

SQLite in a temporary folder, PostgreSQL on a durable server of its own. Ends with 1 when a seat, a place in the queue or
a mail is not exactly as it should be, or when anything but a 503 with Retry-After was refused.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select

from app import create_app
from app.core.db import db, write_tx
from app.registration.models import Registration
from app.registration.seats import put_settings
from tests.bench.faults import databases
from tests.bench.guests import Guest, Guestbook
from tests.bench.seats import check_seats
from tests.bench.serving import Served, settings
from tests.factories import make_event, make_place

SLUG = "rush-2026"


@dataclass(frozen=True)
class Outcome:
    """What came of a rush. `wrong` is empty when everything is exactly as it should be."""

    book: Guestbook
    seconds: float
    seated: int
    wrong: list[str]


def run(url: str, people: int, seats: int, clients: int = 8, *, parties: bool = False, log: Path | None = None) -> Outcome:
    """Serve the app on this database (its tables are emptied), let everybody come, and check seats, queue and mails."""
    app, book = create_app(settings(url)), Guestbook()
    with app.app_context():
        db.drop_all()
        db.create_all()
        event = make_event(SLUG, place=make_place())
        with write_tx() as session:
            put_settings(session, event.id, capacity=seats)
        db.session.remove()
    with Served(url, log=log) as server:
        shares = [people // clients + (number < people % clients) for number in range(clients)]
        guests = [Guest(app, server.port, SLUG, share, parties, book, seed) for seed, share in enumerate(shares)]
        begun = time.monotonic()
        for guest in guests:
            guest.start()
        for guest in guests:
            guest.join()
        seconds = time.monotonic() - begun
    with app.app_context():
        answered = [key for key, place in book.places.items() if place]
        wrong = [*book.wrong, *check_seats(seats, answered)]
        sat = db.session.scalar(select(func.sum(Registration.party_size)).where(Registration.status == "confirmed"))
        db.session.remove()
        db.engine.dispose()
    return Outcome(book, seconds, sat or 0, wrong)


def show(name: str, outcome: Outcome, seats: int) -> bool:
    """Print the figures; whether everything held."""
    book, took = outcome.book, sorted(outcome.book.took)
    p50, p95, p99 = (took[int(len(took) * part)] * 1000 for part in (0.50, 0.95, 0.99))
    print(
        f"{name}: {len(book.places)} registrations in {outcome.seconds:.1f} s ({len(book.places) / outcome.seconds:.0f}/s)",
        end="",
    )
    print(f", {book.doubled} clicked twice, {book.cancelled} cancelled; {outcome.seated} of {seats} seats taken")
    print(f"  {len(took)} calls: p50 {p50:.0f}  p95 {p95:.0f}  p99 {p99:.0f}  max {took[-1] * 1000:.0f} ms", end="")
    print(f"; refused and sent again {dict(book.trouble)}")
    print(
        "  seats, queue, tickets, mails: exact" if not outcome.wrong else f"  WRONG ({len(outcome.wrong)}): {outcome.wrong[:5]}"
    )
    return not outcome.wrong


def main(argv: list[str] | None = None) -> int:
    """Both databases, or the one that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in {"people": 10_000, "seats": 200, "clients": 8}.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--parties", action="store_true", help="families of two and four among them")
    parser.add_argument("--only", choices=("sqlite", "postgresql"))
    options = parser.parse_args(argv)
    held = []
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        for name, url, _ in databases(stack, folder, options.only):
            log = Path(folder) / f"{name}.log"
            outcome = run(url, options.people, options.seats, options.clients, parties=options.parties, log=log)
            held.append(show(name, outcome, options.seats))
            print("" if held[-1] else log.read_text("utf-8")[-4000:], end="")
    return int(not all(held))


if __name__ == "__main__":
    sys.exit(main())
