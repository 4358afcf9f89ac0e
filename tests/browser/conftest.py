"""The browser tests' ground: the app served on a free port with the demo's data, and Debian's Chromium.

Without Chromium these tests are skipped, and say so; with CI=true that is a failure.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext
from werkzeug.serving import WSGIRequestHandler, make_server

from app import create_app
from app.config import Settings
from app.core.db import db
from app.i18n.languages import LANGUAGES, SOURCE
from tests.browser import probe
from tests.browser.scanner import PHONE, Door, make_door
from tests.browser.seed import seed
from tests.browser.served import Live, new_context
from tests.checks.chromium import CHROMIUM
from tests.conftest import ROOT, SECRET

ARGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream",
]  # fmt: skip
HERE = Path(__file__).parent
CATALOGUES = ROOT / "translations"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test of this folder needs the browser; about half the work is the scanner's."""
    missing = CHROMIUM is None and os.environ.get("CI") != "true"
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if "scan" in item.path.name:
                item.add_marker(pytest.mark.scanner)
            if missing:
                item.add_marker(pytest.mark.skip(reason="browser tests need Chromium: apt-get install chromium"))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Debian's Chromium with the flags that headless runs need; the camera is a fake one."""
    assert CHROMIUM is not None, "browser tests need Chromium: apt-get install chromium"
    return {**browser_type_launch_args, "executable_path": str(CHROMIUM), "args": ARGS}


class KeepAlive(WSGIRequestHandler):
    """HTTP/1.1 without a log line a request."""

    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


@pytest.fixture(scope="session")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """The demo on a free port of 127.0.0.1, served by this process, so that a test may change rows and the clock."""
    uncompiled = [
        lang for lang in LANGUAGES if lang != SOURCE and not Path(f"{CATALOGUES}/{lang}/LC_MESSAGES/messages.mo").exists()
    ]
    assert uncompiled == [], "pages would be looked at in English: make catalogues"
    with serving("127.0.0.1", tmp_path_factory.mktemp("live") / "live.sqlite3") as served:
        yield served


@contextmanager
def serving(host: str, database: Path) -> Iterator[Live]:
    """The demo on a free port of this machine's address `host`."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with socket.create_server((host, 0), backlog=128) as listener:
        port = listener.getsockname()[1]
        app = demo_app(host, port, database)
        server = make_server(host, port, app, threaded=True, request_handler=KeepAlive, fd=listener.fileno())
        server.daemon_threads = True  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield Live(f"http://{host}:{port}", app)
        server.shutdown()
        thread.join()


def demo_app(host: str, port: int, database: Path) -> Flask:
    """A demo installation with its rows and its compressed static files."""
    app = create_app(
        Settings(
            secret_key=SECRET,
            public_base_url=f"http://{host}:{port}",
            database_url=f"sqlite:///{database}",
            trusted_hosts=(host, "localhost"),
            demo=True,
            port=port,
        )
    )
    app.register_blueprint(probe.bp)
    app.extensions["assets"].compress()
    with app.app_context():
        db.create_all()
        seed()
        db.session.remove()
    return app


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A phone of 390 × 844 in English, light, with JavaScript."""
    made = new_context(browser)
    yield made
    made.close()


@pytest.fixture
def door(live: Live) -> Door:
    """A door that is open."""
    return make_door(live)


@pytest.fixture
def phone(browser: Browser) -> Iterator[BrowserContext]:
    """A volunteer's phone."""
    context = new_context(browser, width=PHONE["width"], height=PHONE["height"], permissions=["camera"])
    yield context
    context.close()
