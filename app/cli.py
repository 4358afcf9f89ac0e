"""The `flask` commands: each domain's `commands.py` holds its own, thin calls of its service."""

from __future__ import annotations

from flask import Flask

from app.checkin import commands as checkin_commands
from app.demo import commands as demo_commands
from app.mail import commands as mail_commands
from app.registration import commands as registration_commands


def init_app(app: Flask) -> None:
    """Add every command to `flask`."""
    for group in (*mail_commands.groups, *registration_commands.groups, *checkin_commands.groups, *demo_commands.groups):
        app.cli.add_command(group)
