"""`flask seed …` and `flask demo`."""

from __future__ import annotations

import click

groups: tuple[click.Command, ...] = ()
