"""The `flask` commands: each domain's `commands.py` holds its own, thin calls of its service."""

from __future__ import annotations

import click
from flask import Flask

from app import keys, upkeep
from app.backup import commands as backup_commands
from app.checkin import commands as checkin_commands
from app.core import clock, ports
from app.demo import commands as demo_commands
from app.desk import commands as desk_commands
from app.jobs import commands as job_commands
from app.mail import commands as mail_commands
from app.registration import commands as registration_commands

COMMANDS = (
    job_commands, mail_commands, registration_commands, checkin_commands, desk_commands, demo_commands, backup_commands,
)  # fmt: skip


def init_app(app: Flask) -> None:
    """Add every command to `flask`."""
    domains = (
        job_commands,
        mail_commands,
        registration_commands,
        checkin_commands,
        desk_commands,
        demo_commands,
        backup_commands,
    )
    for group in (group for commands in domains for group in commands.groups):
        app.cli.add_command(group)
    app.cli.add_command(run_upkeep)
    app.cli.add_command(keys.keys)
    app.cli.add_command(require_free_port)


@click.command("upkeep")
def run_upkeep() -> None:
    """Delete personal data whose time is over; to be run every hour. Running it again changes nothing."""
    counts = upkeep.run(clock.now())
    done = [f"{count} {kind.replace('_', ' ')}" for kind, count in counts.items() if count]
    click.echo(f"Deleted: {', '.join(done) or 'nothing was due'}.")


@click.command("port")
@click.argument("number", type=click.IntRange(1, 65535))
@click.option("--host", default="127.0.0.1", help="The address that will be served.")
def require_free_port(number: int, host: str) -> None:
    """Fail when something listens on this port already: the server would share the visitors with it, silently."""
    try:
        ports.require_free(host, number)
    except ports.Taken as taken:
        raise click.ClickException(f"Port {number} is in use{f' by {taken}' if str(taken) else ''}.") from None
    except ports.NotAllowed:
        raise click.ClickException(f"Port {number} needs the rights of root.") from None
