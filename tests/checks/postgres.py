"""PostgreSQL servers for the tests alone: made in a temporary folder, on a free port of this machine, gone afterwards."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

FAST = "-c fsync=off -c full_page_writes=off"
ROOM = "-c max_connections=120"


def find_binaries() -> Path | None:
    """The folder of initdb and pg_ctl of the newest installed version; None when there is none (or nobody may run it)."""
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name.split(".")[0]), reverse=True)
    on_path = shutil.which("initdb")
    places += [Path(on_path).resolve().parent] if on_path else []
    found = next((place for place in places if (place / "initdb").is_file() and (place / "pg_ctl").is_file()), None)
    return None if found and os.getuid() == 0 and shutil.which("runuser") is None else found


@dataclass(frozen=True)
class Cluster:
    """A server of our own on `port`, its data in `folder`."""

    binaries: Path
    folder: Path
    port: int

    @property
    def address(self) -> str:
        """Its one database."""
        return f"postgresql://companion@127.0.0.1:{self.port}/companion_test"

    def control(self, *words: object) -> None:
        """`pg_ctl` with these words. Raises `RuntimeError` with its own."""
        data = self.folder / "data"
        _run(*_owner(), self.binaries / "pg_ctl", "-D", data, "-w", "-t", "60", "-l", self.folder / "log", *words)

    def start(self, options: str) -> None:
        """Up, until `control("stop")`."""
        self.control("-o", f"-h 127.0.0.1 -p {self.port} -k {self.folder} {options}", "start")

    def crash(self) -> None:
        """Everything ends where it stands, and comes up again by what the write-ahead log holds."""
        self.control("-m", "immediate", "restart")


@contextmanager
def private_server(binaries: Path) -> Iterator[str]:
    """The address of an empty database on a fast server of our own. Raises `RuntimeError` when it cannot be started."""
    with cluster(binaries, FAST) as made:
        yield made.address


@contextmanager
def cluster(binaries: Path, options: str = "", inside: Path | None = None) -> Iterator[Cluster]:
    """A server with an empty database, as durable as `options` leave it, in a folder below `inside` (else the usual place)."""
    folder = Path(tempfile.mkdtemp(prefix="companion-postgres-", dir=inside))
    if _owner():
        shutil.chown(folder, "postgres", "postgres")
    made = Cluster(binaries, folder, free_port())
    try:
        _run(
            *_owner(), binaries / "initdb", "-D", folder / "data", "-U", "companion", "-A", "trust", "-E", "UTF8", "--locale=C",
            "--no-sync",
        )  # fmt: skip
        made.start(f"{ROOM} {options}")
        try:
            _run(binaries / "createdb", "-h", "127.0.0.1", "-p", made.port, "-U", "companion", "companion_test")
            yield made
        finally:
            made.control("-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _owner() -> list[str]:
    return ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []


def _run(*command: object) -> None:
    """Run quietly from a folder that every user may enter; raises with the command's own words."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        close_fds=True,
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed:\n{done.stdout}")


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
