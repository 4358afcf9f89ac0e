"""`flask mail send`, `flask mail list` and `flask mail retry`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Event

import click
from flask import Flask, current_app
from flask.cli import AppGroup

from app.config import SettingsError, require_whole
from app.core import clock
from app.core.db import write_tx
from app.mail import sender, service

MOMENT = click.DateTime(["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d"])
mail = AppGroup("mail", help="The outbox of mails.")
groups: tuple[click.Command, ...] = (mail,)


@mail.command("send")
@click.option("--loop", is_flag=True, help="The same as `flask jobs`.")
def send(loop: bool) -> None:
    """Send the mails that are due."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    jobs = app.extensions["jobs"]  # the loop is above mail, which is one of its jobs
    try:
        require_whole(app.extensions["settings"])
        transport = sender.transport_of(app)
    except (SettingsError, ValueError) as error:
        raise click.ClickException(str(error)) from None
    if loop:
        jobs.run_forever(app, Event())
        return
    jobs.run(clock.now(), timedelta(minutes=1))  # what is due by now is sent now
    if transport is None:
        raise click.ClickException("SMTP_URL is not set: mails stay in the outbox until it is.")
    counts = sender.send_due(transport, clock.now())
    click.echo(f"sent {counts.sent}, dropped {counts.dropped}, later {counts.later}, given up {counts.failed}")


@mail.command("list")
def show() -> None:
    """Show what waits, per kind with its next try, and what was given up and why; never an address."""
    waiting, failed = service.queues(), service.failed_mails()
    for queue in waiting:
        click.echo(_queue_line(queue))
    for entry in failed:
        click.echo(
            f"given up  {entry.id}  {entry.kind:22}  {entry.language}  {entry.attempts} attempts  {entry.last_error}".rstrip()
        )
    click.echo(f"{sum(queue.count for queue in waiting)} waiting, {len(failed)} given up")


@mail.command("retry")
@click.option("--reason", default="", help="Only those whose fault has these words in it, such as 'SMTPRecipientsRefused 550'.")
@click.option("--since", type=MOMENT, help="Only those given up from this moment on (UTC), such as '2026-06-16 18:00'.")
@click.option("--until", type=MOMENT, help="Only those given up before this moment (UTC).")
@click.option("--kind", default="", help="Only mails of this kind, such as registration.ticket.")
@click.option("--all", "every", is_flag=True, help="All that were given up.")
def retry(reason: str, since: datetime | None, until: datetime | None, kind: str, every: bool) -> None:
    """Make mails that were given up due again, after what was wrong has been put right."""
    if not (every or reason or since or until or kind):
        raise click.UsageError("Say which mails: --reason, --since, --until, --kind, or --all.")
    first, last = (moment.replace(tzinfo=UTC) if moment else None for moment in (since, until))
    with write_tx() as session:
        count = service.retry(session, reason, first, last, kind)
    click.echo(f"{count} {'mail is' if count == 1 else 'mails are'} due again, {len(service.failed_mails())} stay given up")


def _queue_line(queue: service.Queue) -> str:
    now = clock.now()
    age, wait = (int((one - other).total_seconds() // 60) for one, other in ((now, queue.oldest_at), (queue.next_try_at, now)))
    when = f"in {wait + 1} min" if wait >= 0 else "now"
    return f"waits     {queue.kind:22}  {queue.count:6}  oldest {age} min  tried up to {queue.attempts} times  next try {when}"
