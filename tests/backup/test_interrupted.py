"""A restore that dies at any moment: nobody is served meanwhile, and the next one ends it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from time import monotonic, sleep

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import config
from app.core.db import db
from app.events.queries import find_event
from tests.backup.test_backup import run
from tests.conftest import HOST, ROOT, SECRET
from tests.factories import make_event
from tests.holdings import hold


def environment(app: Flask) -> dict[str, str]:
    """The same installation, for a process of its own."""
    settings: config.Settings = app.extensions["settings"]
    return os.environ | {
        "SECRET_KEY": SECRET, "PUBLIC_BASE_URL": f"https://{HOST}", "DATABASE_URL": settings.database_url, "PROXIES": "1",
        "JOURNAL": str(settings.journal), "FLASK_APP": "wsgi:app",
    }  # fmt: skip


def killed(app: Flask, file: Path, after: float) -> None:
    """Kill `flask restore` so long after it began to replace the database, if it has not ended by then."""
    marker = config.unfinished_restore(app.extensions["settings"])
    process = subprocess.Popen(
        [sys.executable, "-m", "flask", "restore", str(file), "--yes", "--accept-lost-erasures"], cwd=ROOT, env=environment(app),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    until = monotonic() + 60
    while not marker.exists() and process.poll() is None and monotonic() < until:
        sleep(0.001)
    sleep(after)
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@pytest.mark.parametrize("after", [0.0, 0.05, 0.3])
def test_a_killed_restore_is_ended_by_the_next_one(app: Flask, client: FlaskClient, file: Path, after: float) -> None:
    hold(app, client, "kaskinen-2026", "Xylofon")
    run(app, "backup", file)
    with app.app_context():
        make_event("later-2026")
        db.session.remove()
        db.engine.dispose()
    killed(app, file, after)
    half = config.unfinished_restore(app.extensions["settings"]).exists()
    if half:
        serving = subprocess.run(
            [sys.executable, "-c", "import wsgi"], cwd=ROOT, env=environment(app), capture_output=True, text=True, check=False
        )  # fmt: skip
        assert (serving.returncode, "A restore was interrupted" in serving.stderr) == (1, True)
    code, said = run(app, "restore", file, "--yes", "--accept-lost-erasures")

    assert code == 0, said
    with app.app_context():
        config.require_whole(app.extensions["settings"])
        assert [find_event(slug) is None for slug in ("kaskinen-2026", "later-2026")] == [False, True]
    assert half or after > 0
    assert [path.name for path in file.parent.rglob("*") if path.name.endswith((".half", ".restored", ".sql"))] == []
