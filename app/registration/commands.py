"""`flask tickets …`: rehearsal tickets for volunteers and benchmarks."""

from __future__ import annotations

import csv
import os
import re
from pathlib import Path

import click
from flask.cli import AppGroup

from app.core.db import write_tx
from app.events.queries import find_event
from app.registration.tickets import make_rehearsal_tickets

MAX_COUNT = 100_000
COLUMNS = ("code", "reference", "name", "list")
tickets = AppGroup("tickets", help="Tickets of an event.")
groups: tuple[click.Command, ...] = (tickets,)


@tickets.command("rehearse")
@click.argument("event_slug", metavar="EVENT")
@click.option("--count", default=20, show_default=True, type=click.IntRange(1, MAX_COUNT), help="How many tickets.")
@click.option("--csv", "path", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The file to write.")
@click.option("--list", "list_slug", default="main-door", show_default=True, help="The check-in list that they are for.")
def rehearse(event_slug: str, count: int, path: Path, list_slug: str) -> None:
    """Make rehearsal tickets: they are scanned like real ones and count nowhere. The file holds secret codes."""
    event = find_event(event_slug)
    if event is None:
        raise click.ClickException(f"There is no event {event_slug!r}.")
    if not re.fullmatch(r"[a-z0-9-]{1,40}", list_slug):
        raise click.ClickException(f"{list_slug!r} is no name of a check-in list: small letters, digits and hyphens only.")
    try:
        file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8", newline="")
    except OSError as error:
        raise click.ClickException(f"{path} cannot be written: {error.strerror}.") from None
    with file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        with write_tx() as session:
            made = make_rehearsal_tickets(session, event.id, count, [list_slug])
        writer.writerows((code, reference, name, list_slug) for code, reference, name, _ in made)
    click.echo(f"{count} rehearsal tickets for {event_slug} in {path}")
