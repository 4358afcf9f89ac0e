"""`flask device …`: phones and programs at the door, set up from the organiser's terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import click
from flask import current_app
from flask.cli import AppGroup

from app.checkin import devices, service
from app.checkin.models import Device
from app.core import terminal
from app.core.errors import DomainError
from app.events.models import Event
from app.events.service import find_event
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


def enrolment_address(device: Device, token: str) -> str:
    """The one-time address of a phone; the token stands behind the #, which no log ever sees."""
    return f"{current_app.config['PUBLIC_BASE_URL']}/{device.language}/door/enrol#{token}"


@device_group.command("enrol")
@click.argument("event")
@click.option("--list", "lists", multiple=True, required=True, help="Slug of a check-in list; may be given several times.")
@click.option("--name", required=True, help="Who will hold the phone; the initials are shown at the door.")
@click.option("--supervise", is_flag=True, help="May take back any scan of the event.")
@click.option("--bearer", is_flag=True, help="Print a device token for a program instead of an address for a phone.")
@click.option("--language", type=click.Choice(LANGUAGES), default="en", show_default=True)
@_plainly
def enrol(event: str, lists: Sequence[str], name: str, supervise: bool, bearer: bool, language: str) -> None:
    """Set up a phone for the door of EVENT: prints a one-time address, good for 10 minutes, and its QR code."""
    found, wanted = _event(event), list(dict.fromkeys(lists))
    _check_lists(found, wanted)
    name = " ".join(name.split())
    if not 1 <= len(name) <= 60:
        raise click.ClickException("--name needs 1 to 60 characters.")
    device, token = devices.enrol(found, wanted, name, supervise=supervise, language=language, bearer=bearer)
    if bearer:
        click.echo(token)
        return
    address = enrolment_address(device, token)
    click.echo(terminal.qr(address))
    click.echo(f"{device.name} · {', '.join(wanted)} · once, within 10 minutes:\n{address}")


@device_group.command("list")
@click.argument("event")
@_plainly
def list_devices(event: str) -> None:
    """The phones and programs of EVENT, and how many of their scans are not delivered yet."""
    for device, missing in devices.devices_of(_event(event).id):
        state = "revoked" if device.revoked_at else "enrolled" if device.enrolled_at else "not enrolled yet"
        waiting = f"{missing} scans not delivered yet" if missing else "all scans delivered"
        click.echo(
            f"{device.id}  {device.name}  {device.lists}  {state}  until {device.expires_at:%Y-%m-%d %H:%M} UTC  {waiting}"
        )


@device_group.command("revoke")
@click.argument("name")
@_plainly
def revoke(name: str) -> None:
    """End the phone or program with this NAME or id at once. What it still holds it may deliver; that is kept apart."""
    found = [device for device in devices.named(name) if device.revoked_at is None]
    if len(found) != 1:
        many = "\n".join(f"{device.id}  {device.name}  {device.lists}" for device in found)
        raise click.ClickException(f"Several have this name; give the id:\n{many}" if many else f"No device is called {name!r}.")
    device = devices.revoke(found[0].id)
    click.echo(f"Revoked: {device.name} ({device.id})")


def _event(slug: str) -> Event:
    event = find_event(slug)
    if event is None:
        raise click.ClickException(f"There is no event {slug!r}.")
    return event


def _check_lists(event: Event, wanted: Sequence[str]) -> None:
    known = [door.slug for door in service.lists_of(event.id)]
    if unknown := [slug for slug in wanted if slug not in known]:
        raise click.ClickException(f"{event.slug} has no list {unknown[0]!r}; it has: {', '.join(known) or 'none'}.")


groups: tuple[click.Command, ...] = (device_group,)
