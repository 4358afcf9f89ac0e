"""The very nginx block of docs/operations.md in front of the server: HTTP/2, compression, headers, logs without secrets."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

from app import create_app
from app.core.db import db
from app.demo import certificate
from app.registration import codes
from app.registration.models import Ticket
from tests.bench.serving import environment
from tests.checks.postgres import free_port
from tests.conftest import ROOT, SECRET, settings_for
from tests.registration import registrations

pytestmark = pytest.mark.once

NGINX = Path("/usr/sbin/nginx")
HOST = "pearls.example"
MAIN = "daemon off; master_process off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log error;\n"
TEMPORARY = (
    "client_body_temp_path {0}/a; proxy_temp_path {0}/b; fastcgi_temp_path {0}/c; uwsgi_temp_path {0}/d; scgi_temp_path {0}/e;"
)


@dataclass(frozen=True)
class Site:
    """nginx in front of the server; `secrets` are a ticket's link, a mailed link and a printed code."""

    folder: Path
    port: int
    plain_port: int
    app_port: int
    certificate: Path
    secrets: tuple[str, str, str]

    def curl(self, path: str, *options: str, scheme: str = "https") -> subprocess.CompletedProcess[str]:
        port = self.port if scheme == "https" else self.plain_port
        return subprocess.run(
            ["curl", "-sS", "--max-time", "20", "--cacert", self.certificate, "--resolve", f"{HOST}:{port}:127.0.0.1", *options,
             f"{scheme}://{HOST}:{port}{path}"],
            capture_output=True, text=True, errors="replace", check=False,
        )  # fmt: skip

    def headers(self, path: str, *options: str, scheme: str = "https") -> dict[str, str]:
        """Of the answer, by small names; the status line is `status`."""
        lines = self.curl(path, "-D", "-", "-o", "/dev/null", *options, scheme=scheme).stdout.splitlines()
        return {"status": lines[0].strip()} | {
            name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])
        }

    def logged(self) -> str:
        """Everything that nginx and the server wrote."""
        return "".join(path.read_text("utf-8", "replace") for path in sorted(self.folder.glob("*.log")))


def block() -> str:
    """The block of the handbook."""
    text = (ROOT / "docs" / "operations.md").read_text("utf-8")
    return next(part for part in re.findall(r"```\n(.*?)```", text, re.S) if part.startswith("map $uri"))


def prepared(folder: Path) -> tuple[str, tuple[str, str, str]]:
    """A database with one registration, and its secrets."""
    url = f"sqlite:///{folder / 'site.sqlite3'}"
    app = create_app(settings_for(url))
    with app.app_context():
        db.create_all()
        made = registrations.signed_up(registrations.open_registration(), email="aino@example.org", name="Aino Mäkelä")
        ticket = db.session.scalars(sa.select(Ticket)).one()
        secrets = codes.link_secret(made.id), codes.mail_secret(made.id, made.email), codes.ticket_code(ticket.id, 1)
        db.session.remove()
        db.engine.dispose()
    return url, secrets


def listens(port: int) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise RuntimeError("nothing listens")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    if not NGINX.exists():
        pytest.skip("needs nginx")
    folder = tmp_path_factory.mktemp("nginx")
    url, secrets = prepared(folder)
    port, plain_port, app_port = free_port(), free_port(), free_port()
    pair = certificate.ensure(folder, (HOST,))
    text = block().replace("127.0.0.1:8000", f"127.0.0.1:{app_port}").replace("/var/log/nginx/", f"{folder}/")
    text = re.sub(r"listen (\[::\]:)?443", lambda found: f"listen {found[1] or ''}{port}", text)
    text = re.sub(r"listen (\[::\]:)?80;", lambda found: f"listen {found[1] or ''}{plain_port};", text)
    text = re.sub(r"/etc/letsencrypt\S+fullchain.pem", str(pair.certificate), text)
    text = re.sub(r"/etc/letsencrypt\S+privkey.pem", str(pair.key), text)
    (folder / "nginx.conf").write_text(
        MAIN.format(folder=folder) + "events {}\nhttp {\n" + TEMPORARY.format(folder) + "access_log off;\n" + text + "}\n",
        "utf-8",
    )
    own = environment(
        url, PUBLIC_BASE_URL=f"https://{HOST}", TRUSTED_HOSTS=HOST, DEMO="", PROXIES="1", SECRET_KEY=SECRET, DATABASE_URL=url
    )
    words = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(app_port), "--workers", "1",
             "--blocking-threads", "8", "--log-level", "warning", "wsgi:app"]  # fmt: skip
    with ExitStack() as stack:
        log = stack.enter_context((folder / "server.log").open("wb"))
        for command in (words, [str(NGINX), "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]):
            process = subprocess.Popen(command, cwd=ROOT, env=own, stdout=log, stderr=log)
            stack.callback(process.wait, 20)
            stack.callback(process.terminate)
        for one in (app_port, port, plain_port):
            listens(one)
        yield Site(folder, port, plain_port, app_port, pair.certificate, secrets)


def test_pages_come_by_http_2_compressed_once_and_with_their_headers(site: Site) -> None:
    found = site.headers("/en/events/kaskinen-2026/", "--http2", "-H", "Accept-Encoding: br, gzip")

    assert (found["status"], found["content-encoding"]) == ("HTTP/2 200", "br")
    assert found["strict-transport-security"] == "max-age=63072000; includeSubDomains"
    assert (found["referrer-policy"], found["content-type"]) == ("strict-origin", "text/html; charset=utf-8")
    assert found["content-security-policy"].startswith("default-src 'none'")


def test_plain_http_leads_to_https_and_missing_slashes_stay_there(site: Site) -> None:
    link = f"/en/tickets/{site.secrets[0]}"

    assert site.headers("/en/", scheme="http")["location"] == f"https://{HOST}/en/"
    assert site.headers(link)["location"] == f"{link}/"


def test_no_log_holds_a_secret(site: Site) -> None:
    """Whatever way they come: as links, with the page as referrer, misspelt, by plain http, and refused as too large."""
    link, mail, code = site.secrets
    paths = [f"/en/tickets/{link}/", f"/en/tickets/{link}", f"/tickets/{link}/", f"/EN/Tickets/{link}/", f"/en/tickets/{link}/picture.png",
             f"/en/confirm/{mail}/", f"/lv//confirm/{mail}/", f"/T/{code}", f"/t/{code}?lang=fi", f"/%74/{code}", f"/fi/t/{code}"]  # fmt: skip
    for path in paths:
        site.curl(path)
        site.curl(path, scheme="http")
        site.curl(path, "-X", "POST", "-H", "Content-Length: 9999999")
    site.curl("/en/events/?q=Aino")
    until = time.monotonic() + 5
    while "/en/events/" not in site.logged() and time.monotonic() < until:
        time.sleep(0.1)
    log = site.logged()

    assert [secret for secret in (*site.secrets, "Aino") if secret.lower() in log.lower()] == []
    assert '"GET /en/tickets/***/ HTTP/2.0" 200' in log
    assert '"GET /en/confirm/***/ HTTP/2.0" 200' in log
    assert log.count("***") >= 2 * len(paths)


def test_slow_bodies_hold_nobody_up(site: Site) -> None:
    """Twenty clients send a form a byte at a time: the proxy holds them, and the app's four threads go on."""
    head = f"POST /en/events/kaskinen-2026/register HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 5000\r\n\r\nname="
    with ExitStack() as stack:
        for _ in range(20):
            slow = subprocess.Popen(
                ["openssl", "s_client", "-quiet", "-connect", f"127.0.0.1:{site.port}", "-servername", HOST],
                stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            stack.callback(slow.wait)
            stack.callback(slow.kill)
            assert slow.stdin is not None
            stack.callback(slow.stdin.close)
            slow.stdin.write(head.encode())
            slow.stdin.flush()
        time.sleep(1.0)
        begun = time.monotonic()
        status = site.headers("/healthz")["status"]
        took = time.monotonic() - begun

    assert (status, took < 3.0) == ("HTTP/2 200", True)


def test_the_server_does_not_start_for_the_public_without_a_proxy(tmp_path: Path) -> None:
    own = environment(f"sqlite:///{tmp_path / 'x.sqlite3'}", PUBLIC_BASE_URL=f"https://{HOST}", DEMO="", PROXIES="0")
    done = subprocess.run([sys.executable, "-c", "import wsgi"], cwd=ROOT, env=own, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr.startswith("The companion does not start: PROXIES is 0")) == (1, True)
