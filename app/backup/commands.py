"""`flask backup FILE` and `flask restore FILE`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click
from flask.cli import with_appcontext

from app.backup import service
from app.backup.rules import BackupRefused

FILE = click.argument("file", type=click.Path(dir_okay=False, path_type=Path))


@click.command("backup")
@FILE
@with_appcontext
def back_up(file: Path) -> None:
    """Write a backup of the database to FILE, while everything goes on. It is readable by its owner only."""
    try:
        size = service.back_up(file)
    except (BackupRefused, OSError) as failed:
        raise click.ClickException(f"{failed}") from None
    click.echo(f"Written: {file} ({size / 1_000_000:.1f} MB)")


@click.command("restore")
@FILE
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--accept-lost-erasures", "accepted", is_flag=True, help="Also where people who were erased would come back.")
@with_appcontext
def restore(file: Path, yes: bool, accepted: bool) -> None:
    """Bring the database back as it was in FILE. Stop the services first; the present database is set aside.

    It is brought up to date, and what was erased, deleted or disconnected since stays so. Mails that are due are held.
    """
    if not yes:
        click.confirm(f"Replace the present database by {file}?", abort=True)
    try:
        done = service.restore(file, accepted=accepted)
    except (BackupRefused, OSError) as failed:
        raise click.ClickException(f"{failed}\nThe database is as it was.") from None
    click.echo(f"Restored: {file}, made {done.facts.made_at:%Y-%m-%d %H:%M} UTC (migration {done.facts.revision}).")
    if done.aside:
        click.echo(f"The database from before is in {done.aside}. It holds personal data: delete it when it is needed no more.")
    click.echo(
        f"Done again: {_counted(done.replayed.again)}. Deleted because its time is over: {_counted(done.replayed.deleted)}."
    )
    if done.replayed.held:
        click.echo(
            f"Mails held because they may have been sent already: {done.replayed.held}. `flask mail list` shows them;\n"
            '`flask mail retry --reason "held after a restore"` sends them all the same.'
        )


def _counted(counts: Mapping[str, int]) -> str:
    """`registration.erase: 2`."""
    return ", ".join(f"{kind.replace('_', ' ')}: {count}" for kind, count in counts.items() if count) or "nothing"


groups: tuple[click.Command, ...] = (back_up, restore)
