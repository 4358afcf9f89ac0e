"""`flask device …`: phones and programs at the door, set up from the organiser's terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import wraps
from typing import Any

import click
from flask import current_app
from flask.cli import AppGroup

from app.audit.models import TERMINAL
from app.checkin import devices, service
from app.checkin.models import Device
from app.core import terminal
from app.core.db import write_tx
from app.core.errors import DomainError
from app.events.models import Event
from app.events.queries import find_event
from app.i18n import formats
from app.i18n.languages import LANGUAGES

device_group = AppGroup("device", help="Phones and programs at the door.")


def _plainly(command: Callable[..., None]) -> Callable[..., None]:
    """A broken rule is one line on the terminal, no traceback."""

    @wraps(command)
    def guarded(*args: Any, **kwargs: Any) -> None:
        try:
            command(*args, **kwargs)
        except DomainError as error:
            raise click.ClickException(str(error.message)) from None

    return guarded


def enrolment_address(token: str, base: str = "") -> str:
    """The one-time address of a phone, without a language: it opens in that of whoever holds the phone. The token stands
    behind the #, which no log ever sees."""
    return f"{base or current_app.config['PUBLIC_BASE_URL']}/door/enrol#{token}"


def scanner_bases() -> dict[str, str]:
    """Where a scanner can be opened, by what it can do there: over plain http, browsers open a camera at localhost only."""
    base = current_app.config["PUBLIC_BASE_URL"]
    if current_app.config["SECURE"]:
        return {"On any phone": base}
    here = f"http://localhost:{current_app.extensions['settings'].port}"
    return {"On this machine, with its camera": here, "On another phone, for typed references and photos of codes": base}


@device_group.command("enrol")
@click.argument("event")
@click.option("--list", "lists", multiple=True, help="Slug of a check-in list; give it several times for several lists.")
@click.option("--name", required=True, help="Who will hold the phone; the initials are shown at the door.")
@click.option("--supervise", is_flag=True, help="May open the supervisor's pages and take back any scan of the event.")
@click.option("--bearer", is_flag=True, help="Print a device token for a program instead of an address for a phone.")
@click.option("--language", type=click.Choice(LANGUAGES), default="en", show_default=True)
@_plainly
def enrol(event: str, lists: Sequence[str], name: str, supervise: bool, bearer: bool, language: str) -> None:
    """Set up a phone for the door of EVENT: prints a one-time address, good for 10 minutes, and its QR code."""
    found, wanted = _event(event), list(dict.fromkeys(lists))
    if not wanted and not supervise:
        raise click.UsageError("Say which lists it is for (--list), or that it supervises (--supervise).")
    _check_lists(found, wanted)
    rights: dict[str, Any] = {"supervise": supervise, "language": language, "bearer": bearer}
    holder = _name(name)
    with write_tx() as session:
        device, token = devices.enrol(session, found, wanted, holder, TERMINAL, **rights)
    if bearer:
        click.echo(token)
        click.echo(_rights(device, found), err=True)  # so that the token alone can be sent to a file
        return
    click.echo(terminal.qr(enrolment_address(token)))
    click.echo(f"{_rights(device, found)}\nOpen this, once, within 10 minutes:")
    for where, base in scanner_bases().items():
        click.echo(f"{where}:\n{enrolment_address(token, base)}")


@device_group.command("list")
@click.argument("event")
@_plainly
def list_devices(event: str) -> None:
    """The phones and programs of EVENT: their rights, when they were seen, and what has not arrived from them yet."""
    found = _event(event)
    for device, missing in devices.devices_of(found.id):
        state = "revoked" if device.revoked_at else "enrolled" if device.enrolled_at else "not enrolled yet"
        seen = f"seen {_time(device.last_seen_at, found)}" if device.last_seen_at else "never seen"
        synced = f"offline list of {_time(device.list_synced_at, found)}" if device.list_synced_at else "no offline list"
        waiting = f"{missing} scans not delivered yet" if missing else "all scans delivered"
        said = f"it says {device.unsent} unsent" if device.unsent else "it says nothing unsent"
        click.echo(f"{device.id}  {_rights(device, found)}\n  {state}; {seen}; {synced}; {waiting}; {said}")


@device_group.command("rename")
@click.argument("name")
@click.argument("new_name")
@_plainly
def rename(name: str, new_name: str) -> None:
    """Call the phone or program with this NAME or id something else, such as after it changed hands."""
    device = _alive(name)
    old, new = device.name, _name(new_name)
    with write_tx() as session:
        devices.rename(session, device.id, new, TERMINAL)
    click.echo(f"Renamed: {old} is {new} now ({device.id})")


@device_group.command("revoke")
@click.argument("name")
@_plainly
def revoke(name: str) -> None:
    """End the phone or program with this NAME or id at once. What it still holds it may deliver; that is set aside."""
    found = _alive(name)
    with write_tx() as session:
        device = devices.revoke(session, found.id, TERMINAL)
    click.echo(f"Revoked: {device.name} ({device.id})")


def _alive(name: str) -> Device:
    """The one device of this name or id that is not revoked."""
    found = [device for device in devices.named(name) if device.revoked_at is None]
    if len(found) == 1:
        return found[0]
    many = "\n".join(f"{device.id}  {device.name}  {device.lists}" for device in found)
    raise click.ClickException(f"Several have this name; give the id:\n{many}" if many else f"No device is called {name!r}.")


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not 1 <= len(name) <= 60:
        raise click.ClickException("A name needs 1 to 60 characters.")
    return name


def _rights(device: Device, event: Event) -> str:
    """`Maija K: scans main-door, coffee; supervises; until 2026-06-17 06:00 (Europe/Helsinki)`."""
    may = [f"scans {device.lists.replace(',', ', ')}"] if device.lists else []
    may += ["supervises"] if device.may_supervise else []
    return f"{device.name}: {'; '.join(may)}; until {_time(device.expires_at, event)} ({event.timezone})"


def _time(moment: datetime, event: Event) -> str:
    return f"{moment.astimezone(formats.zone(event.timezone)):%Y-%m-%d %H:%M}"


def _event(slug: str) -> Event:
    event = find_event(slug)
    if event is None:
        raise click.ClickException(f"There is no event {slug!r}.")
    return event


def _check_lists(event: Event, wanted: Sequence[str]) -> None:
    known = [one.slug for one in service.lists_of(event.id)]
    if unknown := [slug for slug in wanted if slug not in known]:
        raise click.ClickException(f"{event.slug} has no list {unknown[0]!r}; it has: {', '.join(known) or 'none'}.")


groups: tuple[click.Command, ...] = (device_group,)
