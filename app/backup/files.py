"""Files that hold everything: readable by their owner only, whole or not there at all, never written over."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path

from app.audit.journal import sync
from app.backup.rules import BackupRefused


def write_whole(file: Path, fill: Callable[[Path], object]) -> None:
    """Make `file` by `fill(temporary path)`: it appears under its name once complete and on the disk. Raises `BackupRefused`
    where something has that name, and whatever `fill` raises."""
    if file.exists():
        raise BackupRefused(f"{file} is there already and is not written over.")
    if not file.parent.is_dir():
        raise BackupRefused(f"There is no folder {file.parent}.")
    half = file.with_name(f".{file.name}.half")
    make_empty(half)
    try:
        fill(half)
        sync(half)
        _take_name(half, file)
    finally:
        half.unlink(missing_ok=True)
    sync(file.parent)


def make_empty(file: Path) -> None:
    """A new empty file, readable by its owner only, in place of what a crash may have left there."""
    file.unlink(missing_ok=True)
    os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))


def free_name(folder: Path, stem: str, suffix: str) -> Path:
    """`stem.suffix` in the folder, else `stem-2.suffix`, …: the first that nothing has."""
    names = (folder / f"{stem}{f'-{number}' if number > 1 else ''}{suffix}" for number in count(1))
    return next(name for name in names if not name.exists())


def _take_name(half: Path, file: Path) -> None:
    """A link fails where the name is taken meanwhile; not every file system has them."""
    try:
        os.link(half, file)
    except FileExistsError:
        raise BackupRefused(f"{file} is there already and is not written over.") from None
    except OSError:
        with suppress(FileNotFoundError):
            half.rename(file)
