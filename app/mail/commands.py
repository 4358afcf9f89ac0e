"""`flask mail send` and `flask mail list`."""

from __future__ import annotations

from threading import Event

import click
from flask import Flask, current_app
from flask.cli import AppGroup

from app.core import clock
from app.mail import sender, service
from app.mail.models import OutboxMail

mail = AppGroup("mail", help="The outbox of mails.")
groups: tuple[click.Command, ...] = (mail,)


@mail.command("send")
@click.option("--loop", is_flag=True, help="Go on sending until stopped.")
def send(loop: bool) -> None:
    """Send the mails that are due."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    try:
        transport = sender.transport_of(app)
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    if transport is None:
        raise click.ClickException("SMTP_URL is not set: mails stay in the outbox until it is.")
    if loop:
        sender.run_forever(app, Event())
        return
    counts = sender.send_due(transport, clock.now())
    click.echo(f"sent {counts.sent}, dropped {counts.dropped}, later {counts.later}, given up {counts.failed}")


@mail.command("list")
def show() -> None:
    """Show what waits and what was given up: kinds, ages and attempts, never an address."""
    for state, mails in (("waits", service.waiting_mails()), ("given up", service.failed_mails())):
        for entry in mails:
            click.echo(f"{state:8}  {_line(entry)}")
    click.echo(f"{len(service.waiting_mails())} waiting, {len(service.failed_mails())} given up")


def _line(entry: OutboxMail) -> str:
    age = int((clock.now() - entry.created_at).total_seconds() // 60)
    return f"{entry.id}  {entry.kind:24}  {entry.language}  {age:6} min  {entry.attempts} attempts  {entry.last_error}".rstrip()
