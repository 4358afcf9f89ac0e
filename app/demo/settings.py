"""The demo's settings file, written once by `make demo`; never overwritten, so keys and codes outlive a restart."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from app.config import INSTANCE

LINES = """\
# Written once by `make demo`; every `flask` command reads it. README has a table of all settings.
SECRET_KEY={secret}
DEMO=1
"""


def write_once(path: Path) -> bool:
    """Write the file with a random key, readable by its owner only; False when there is one already."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(LINES.format(secret=secrets.token_hex(32)))
    return True


if __name__ == "__main__":
    write_once(INSTANCE / "settings.env")
