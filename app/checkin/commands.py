"""`flask device …` and `flask tickets …`."""

from __future__ import annotations

import click

groups: tuple[click.Command, ...] = ()
