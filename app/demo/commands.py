"""`flask seed …` and `flask demo`."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from app.demo import loader, serve

seed = AppGroup("seed", help="Fill the database with the programme's towns and events.")


@seed.command("base")
def seed_base() -> None:
    """Towns, with their names in nine languages and their years. Running it again changes nothing."""
    loader.seed_base()
    click.echo("Towns are up to date.")


@seed.command("demo")
def seed_demo() -> None:
    """Events with their agendas, and the two live events. Towns are seeded first. Running it again changes nothing."""
    loader.seed_base()
    loader.seed_demo()
    click.echo("Events are up to date.")


groups: tuple[click.Command, ...] = (seed, serve.demo)
