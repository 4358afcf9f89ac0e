"""The production server of docs/operations.md under a supervisor like systemd's: what ends is started again at once."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from types import TracebackType
from typing import Self

from app.config import Settings

ROOT = Path(__file__).resolve().parents[2]
SECRET = "bench-only-" + "0123456789abcdef" * 3
WORKERS, THREADS = 2, 8
RESTART_AFTER = 0.1  # seconds: RestartSec of the unit in docs/operations.md
PATIENCE = 30.0


def settings(url: str) -> Settings:
    """What the measured server and the process that measures have in common."""
    return Settings(
        secret_key=SECRET, public_base_url="http://127.0.0.1", database_url=url, trusted_hosts=("127.0.0.1",), demo=True
    )


def environment(url: str, **more: str) -> dict[str, str]:
    """The same settings as variables, with nothing of an installation beside them."""
    own = {"PORT", "HTTPS", "DEMO", "SECRET_KEY", "DATABASE_URL", "PUBLIC_BASE_URL", "TRUSTED_HOSTS", "SMTP_URL", "FLASK_APP"}
    kept = {name: value for name, value in os.environ.items() if name not in own}
    return kept | {
        "DATABASE_URL": url, "SECRET_KEY": SECRET, "PUBLIC_BASE_URL": "http://127.0.0.1", "TRUSTED_HOSTS": "127.0.0.1",
        "DEMO": "1", "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1",
    } | more  # fmt: skip


def compile_assets(url: str) -> None:
    """What a deploy does before it serves: without it a worker takes half a second longer to start."""
    subprocess.run([sys.executable, "-m", "flask", "--app", "wsgi", "assets"], cwd=ROOT, env=environment(url), check=True)


class Served:
    """`wsgi:app` on `port` while the block runs, in a process group of its own."""

    def __init__(self, url: str, workers: int = WORKERS, threads: int = THREADS, log: Path | None = None) -> None:
        self.port = _free_port()
        self._command = [
            "setpriv", "--pdeathsig", "TERM",  # whoever measures may be killed as well: nothing is left serving
            sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(self.port),
            "--workers", str(workers), "--blocking-threads", str(threads), "--respawn-failed-workers",
            "--workers-kill-timeout", "10", "--log-level", "error", "wsgi:app",
        ]  # fmt: skip
        self._environment, self._log = environment(url), log
        self._ending = Event()
        self._process = self._started()
        self._supervisor = Thread(target=self._supervise, daemon=True)
        self.restarts = 0

    def __enter__(self) -> Self:
        self._supervisor.start()
        until = time.monotonic() + PATIENCE
        while not _listens(self.port):
            if time.monotonic() > until:
                self.__exit__(None, None, None)
                raise RuntimeError("the server did not start")
            time.sleep(0.05)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._ending.set()
        _kill_group(self._process.pid)
        if self._supervisor.is_alive():
            self._supervisor.join(15)
        _kill_group(self._process.pid)  # one that was being started meanwhile
        self._process.wait(15)

    @property
    def workers(self) -> list[int]:
        """The process ids of the workers that live now."""
        return [pid for pid in _children(self._process.pid) if "resource_tracker" not in _words(pid)]

    def kill_worker(self) -> bool:
        """SIGKILL for one of the workers; False when there is none at the moment."""
        found = self.workers
        if found:
            with suppress(ProcessLookupError):
                os.kill(random.choice(found), signal.SIGKILL)
        return bool(found)

    def kill_all(self) -> None:
        """SIGKILL for every process of the server."""
        _kill_group(self._process.pid)

    def _started(self) -> subprocess.Popen[bytes]:
        said = self._log.open("ab") if self._log else None
        try:
            return subprocess.Popen(
                self._command, cwd=ROOT, env=self._environment, start_new_session=True, stdin=subprocess.DEVNULL, stdout=said,
                stderr=said,
            )  # fmt: skip
        finally:
            if said:
                said.close()

    def _supervise(self) -> None:
        while not self._ending.is_set():
            self._process.wait()
            _kill_group(self._process.pid)  # workers that outlived their server would keep its port
            if not self._ending.wait(RESTART_AFTER):
                self._process = self._started()
                self.restarts += 1


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 0.2).close()
    except OSError:
        return False
    return True


def _kill_group(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def _children(pid: int) -> list[int]:
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()]
    except OSError:
        return []


def _words(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    except OSError:
        return ""
