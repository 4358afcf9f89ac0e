"""`flask event …`: what an event is set to, and changing it, until the organiser's desk has pages for it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime
from itertools import groupby
from typing import IO, Any
from zoneinfo import ZoneInfo

import click
from flask.cli import AppGroup

from app.audit.models import TERMINAL
from app.audit.retention import Stored
from app.core.db import write_tx
from app.core.errors import InvalidInput
from app.desk import deletion, forms, queries, service
from app.desk.rules import Setting
from app.events.models import Event
from app.events.queries import find_event
from app.i18n import formats
from app.i18n.languages import SOURCE

WRONG = 2  # the exit code when nothing was changed
event_group = AppGroup("event", help="Events and their settings.")
groups: tuple[click.Command, ...] = (event_group,)


@event_group.command("list")
def list_events() -> None:
    """Every event: its name in addresses, its title, its days."""
    found = queries.all_events()
    widest = max((len(event.slug) for event, _ in found), default=0)
    for event, title in found:
        days = formats.known_dates(event.starts_on, event.ends_on, event.date_precision, SOURCE) or "no day yet"
        click.echo(f"{event.slug:{widest}}  {title}  ({days})")


@event_group.command("show")
@click.argument("slug", metavar="EVENT")
@click.option("--json", "as_json", is_flag=True, help="As JSON: numbers, true and false, and times with their offset.")
def show(slug: str, as_json: bool) -> None:
    """Every setting of EVENT, as lines that `flask event set EVENT --file` takes again."""
    event = _event(slug)
    settings, zone = queries.settings_of(event), formats.zone(event.timezone)
    if as_json:
        values = {setting.key: _plain(setting.value, zone) for setting in settings}
        click.echo(
            json.dumps({"event": event.slug, "timezone": event.timezone, "settings": values}, ensure_ascii=False, indent=2)
        )
        return
    click.echo(f"# {event.slug}. Times are in {event.timezone} ({formats.zone_name(event.timezone, SOURCE)}).")
    for line in _lines(event, settings):
        click.echo(line)


@event_group.command("set")
@click.argument("slug", metavar="EVENT")
@click.argument("pairs", metavar="KEY=VALUE...", nargs=-1)
@click.option(
    "--file", "file", type=click.File(encoding="utf-8"), help="Lines as `flask event show` prints them; - reads the input."
)
def change(slug: str, pairs: Sequence[str], file: IO[str] | None) -> None:
    """Change settings of EVENT: all of them or, when one is wrong, none. `flask event show EVENT` lists them.

    Times are the event's own, such as registration.closes_at="2026-06-16 18:00".
    """
    event = _event(slug)
    given = [*pairs, *(forms.pairs_in(file) if file else ())]
    if not given:
        raise click.UsageError("Say what to change: KEY=VALUE, once or several times.")
    try:
        wanted = forms.parse(given, formats.zone(event.timezone))
        with write_tx() as session:
            changes = service.change(session, event.id, wanted, TERMINAL)
    except InvalidInput as wrong:
        for key, sentence in wrong.fields.items():
            click.echo(f"{key}: {sentence}{'' if str(sentence)[-1] in '?…' else '.'}", err=True)
        click.echo("Nothing was changed.", err=True)
        raise click.exceptions.Exit(WRONG) from None
    for one in changes:
        click.echo(f"{one.key}: {one.old or '(nothing)'} → {one.new or '(nothing)'}")
    click.echo(f"Times are in {event.timezone}." if changes else "Nothing to change: all of it is so already.")
    if changes and (many := service.overbooked(event.id)):
        click.echo(f"More people have seats than there are now: {many} too many. They keep them; nobody new gets one before.")
    if changes and (parties := service.too_large(event.id)):
        named = ", ".join(f"{reference} ({people} people)" for reference, people in parties)
        click.echo(f"Larger than all seats together, and passed over until they become smaller: {named}")


@event_group.command("delete")
@click.argument("slug", metavar="EVENT")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--force", is_flag=True, help="Also while the event is under way.")
def delete(slug: str, yes: bool, force: bool) -> None:
    """Delete EVENT for good, with its guests, tickets, mails, lists, phones and scans. Asks for its name first."""
    event = _event(slug)
    click.echo(f"{slug} will be deleted for good, and with it: {_counted(deletion.contents_of(event.id))}.")
    if not yes and click.prompt(f"Type {slug} to delete it", default="", show_default=False) != slug:
        click.echo("Nothing was deleted.", err=True)
        raise click.exceptions.Exit(WRONG)
    try:
        with write_tx() as session:
            gone = deletion.delete_event(session, event.id, TERMINAL, force=force)
    except deletion.UnderWay:
        raise click.ClickException(f"{slug} is under way. --force deletes it all the same; its phones end at once.") from None
    deletion.leave_no_trace()
    click.echo(f"Deleted: {slug}, and with it: {_counted(gone)}.")


def _counted(stored: Sequence[Stored]) -> str:
    """`registrations: 12, tickets: 12, scans: 40`."""
    return ", ".join(f"{one.kind.replace('_', ' ')}: {one.count}" for one in stored) or "no guests and no scans"


def _event(slug: str) -> Event:
    event = find_event(slug)
    if event is None:
        raise click.ClickException(f"There is no event {slug!r}. `flask event list` shows them.")
    return event


def _lines(event: Event, settings: Sequence[Setting]) -> list[str]:
    """Each part after an empty line, each setting after what it takes; a part's repeated hints are said once."""
    lines: list[str] = [f"# reason.LANGUAGE (why it is cancelled, postponed or online) and place.LANGUAGE take {queries.WORDS}"]
    for _, part in groupby(settings, key=lambda setting: _part(setting.key)):
        lines.append("")
        said = ""
        for setting in part:
            if setting.hint != said:
                lines.append(f"# {setting.hint}")
            said = setting.hint
            if setting.key == "venue":
                lines += [f"#   {key}: {name}" for key, (_, name) in queries.venues_of(event).items()]
            lines.append(f"{setting.key} = {setting.text}")
    return lines


def _part(key: str) -> str:
    """`list.coach` of `list.coach.opens_at`; all of registration, and all of the event's own, are one part each."""
    first, *rest = key.split(".")
    return ".".join((first, rest[0])) if first in {"list", "question"} else first if first == "registration" else ""


def _plain(value: Any, zone: ZoneInfo) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(zone).isoformat()
    return value.isoformat() if isinstance(value, date) else value
