"""A PostgreSQL server for the tests alone: made in a temporary folder, on a free port of this machine, gone afterwards."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FAST = "-c fsync=off -c full_page_writes=off -c max_connections=120"


def find_binaries() -> Path | None:
    """The folder of initdb and pg_ctl of the newest installed version; None when there is none (or nobody may run it)."""
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name.split(".")[0]), reverse=True)
    on_path = shutil.which("initdb")
    places += [Path(on_path).resolve().parent] if on_path else []
    found = next((place for place in places if (place / "initdb").is_file() and (place / "pg_ctl").is_file()), None)
    return None if found and os.getuid() == 0 and shutil.which("runuser") is None else found


@contextmanager
def private_server(binaries: Path) -> Iterator[str]:
    """The address of an empty database on a server of our own. Raises `CalledProcessError` when it cannot be started."""
    folder = Path(tempfile.mkdtemp(prefix="companion-postgres-"))
    owner = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
    if owner:
        shutil.chown(folder, "postgres", "postgres")
    data, port = folder / "data", _free_port()
    try:
        _run(*owner, binaries / "initdb", "-D", data, "-U", "companion", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        options = f"-h 127.0.0.1 -p {port} -k {folder} {FAST}"
        _run(*owner, binaries / "pg_ctl", "-D", data, "-w", "-t", "60", "-l", folder / "log", "-o", options, "start")
        try:
            _run(binaries / "createdb", "-h", "127.0.0.1", "-p", port, "-U", "companion", "companion_test")
            yield f"postgresql://companion@127.0.0.1:{port}/companion_test"
        finally:
            _run(*owner, binaries / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


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


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
