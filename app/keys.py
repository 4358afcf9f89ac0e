"""`flask keys rotate`: after a new SECRET_KEY was set and the one before became a fallback."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy.orm import Session

from app.checkin.keys import renew_scans
from app.core.db import write_tx
from app.registration.keys import START, Rehashed, renew_registrations, renew_tickets

keys = AppGroup("keys", help="Secret keys.")


@dataclass(slots=True)
class Rotated:
    """What was stored anew under the present key, and how many pages and codes are still made with an older one."""

    registrations: int = 0
    codes: int = 0
    need_older: int = 0


def rotate() -> Rotated:
    """Store anew what older keys made, 500 rows a transaction, so that nobody at a door waits. Again changes nothing more."""
    done = Rotated()
    for batch in (*_batches(renew_registrations), *_batches(_renew_tickets)):
        done.registrations += batch.registrations
        done.codes += len(batch.codes)
        done.need_older += batch.need_older
    return done


def _batches(renew: Callable[[Session, uuid.UUID], Rehashed | None]) -> Iterator[Rehashed]:
    """One transaction each, until there are no more."""
    batch: Rehashed | None = Rehashed(START)
    while batch:
        with write_tx() as session:
            batch = renew(session, batch.last)
        if batch:
            yield batch


def _renew_tickets(session: Session, after: uuid.UUID) -> Rehashed | None:
    """Tickets, and the scans that point to them."""
    batch = renew_tickets(session, after)
    renew_scans(session, batch.codes if batch else ())
    return batch


@keys.command("rotate")
def rotate_command() -> None:
    """Store anew, under SECRET_KEY, what was made under the keys of SECRET_KEY_FALLBACKS."""
    if not current_app.config["SECRET_KEY_FALLBACKS"]:
        raise click.ClickException("SECRET_KEY_FALLBACKS is empty: put the key from before there, the new one into SECRET_KEY.")
    done = rotate()
    click.echo(f"Stored anew: {done.registrations} registrations, {done.codes} codes.")
    if done.need_older:
        click.echo(
            f"Keep SECRET_KEY_FALLBACKS: {done.need_older} ticket pages and codes are still made with an older key. They go\n"
            "30 days after their events; run this again then. Printed codes and mailed links do not need it any longer."
        )
    else:
        click.echo("Nothing needs SECRET_KEY_FALLBACKS any longer: it can be removed.")
