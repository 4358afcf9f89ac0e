"""`flask jobs`: the loop that a server keeps running beside the website."""

from __future__ import annotations

import click
from flask import current_app

from app.config import SettingsError, require_whole
from app.jobs import service


@click.command("jobs")
def run_jobs() -> None:
    """Go on sending, reminding and deleting what was kept long enough until stopped."""
    try:
        require_whole(current_app.extensions["settings"])
    except SettingsError as error:
        raise click.ClickException(str(error)) from None
    service.run_forever()


groups: tuple[click.Command, ...] = (run_jobs,)
