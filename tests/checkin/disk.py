"""A disk that is soon full: a small tmpfs, mounted for one test."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

CHUNK = b"\0" * 4096


@dataclass(frozen=True)
class Disk:
    """A file system of a few megabytes at `folder`."""

    folder: Path

    def fill(self) -> None:
        """Take all the room that is left."""
        with (self.folder / "filler").open("ab", buffering=0) as filler:
            try:
                while filler.write(CHUNK) == len(CHUNK):
                    pass
            except OSError:
                return

    def clear(self) -> None:
        """Give it back."""
        (self.folder / "filler").unlink()


@contextmanager
def small_disk(size: str) -> Iterator[Disk]:
    """Mount one of `size` ("6m"); needs root, as CI has it."""
    if os.getuid():
        pytest.skip("mounting a small disk needs root")
    folder = Path(tempfile.mkdtemp(prefix="companion-disk-"))
    try:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "companion-disk", folder], check=True, capture_output=True)
        try:
            yield Disk(folder)
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)
    finally:
        folder.rmdir()
