"""The demo as a person starts it: a process of its own on a copy of the checkout, so that instance/ stays untouched."""

from __future__ import annotations

import http.client
import os
import re
import shutil
import signal
import socket
import ssl
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click
import pytest
import zxingcpp
from cryptography import x509
from PIL import Image

from app.core import terminal
from app.demo import certificate, serve, settings
from tests.conftest import ROOT

pytestmark = pytest.mark.once

PATIENCE = 60.0


@dataclass
class Demo:
    """A demo that runs in `folder` on `port`."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes]

    def get(self, path: str) -> tuple[int, str]:
        """Status and body; raises `OSError` while nobody listens."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read().decode()
        connection.close()
        return answer.status, body

    def wait_for(self, path: str) -> tuple[int, str]:
        """The first answer."""
        until = time.monotonic() + PATIENCE
        while True:
            try:
                return self.get(path)
            except OSError:
                assert self.process.poll() is None, self.said()
                assert time.monotonic() < until, self.said()
                time.sleep(0.1)

    def workers(self) -> list[int]:
        """The process ids of the server's workers."""
        listed = subprocess.run(
            ["pgrep", "-P", str(self.process.pid), "-f", "spawn_main"], capture_output=True, text=True, check=False
        )
        return [int(word) for word in listed.stdout.split()]

    def said(self) -> str:
        """What it printed so far."""
        return (self.folder / "said.txt").read_text("utf-8")

    def run(self, *command: str) -> str:
        """A `flask` command in the same checkout, with nothing in the environment but what instance/ holds."""
        done = subprocess.run(flask(*command), cwd=self.folder, env=environment(), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout


def flask(*words: str) -> list[str]:
    return [sys.executable, "-m", "flask", *words]


def environment(**more: str) -> dict[str, str]:
    """Ours without anything of an installation."""
    own = {"PORT", "HTTPS", "DEMO", "SECRET_KEY", "DATABASE_URL", "PUBLIC_BASE_URL", "TRUSTED_HOSTS", "SMTP_URL", "FLASK_APP"}
    return {name: value for name, value in os.environ.items() if name not in own} | {"PYTHONUNBUFFERED": "1"} | more


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the app is made of, with an instance/ of its own."""
    folder = tmp_path_factory.mktemp("checkout")
    shutil.copytree(ROOT / "app", folder / "app", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "wsgi.py", folder)
    for name in ("templates", "static", "translations"):
        (folder / name).symlink_to(ROOT / name)
    assert settings.write_once(folder / "instance" / "settings.env")
    return folder


@contextmanager
def started(checkout: Path) -> Iterator[Demo]:
    """The demo in a session of its own, as a terminal starts it; ended with the block."""
    port = free_port()
    with (checkout / "said.txt").open("wb") as said:
        process = subprocess.Popen(
            flask("demo"),
            cwd=checkout,
            env=environment(PORT=str(port)),
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,
        )
    yield Demo(checkout, port, process)
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@pytest.fixture(scope="module")
def demo(checkout: Path) -> Iterator[Demo]:
    """The demo, up."""
    with started(checkout) as running:
        running.wait_for("/healthz")
        yield running


def test_demo_serves_its_live_event_on_a_current_database(demo: Demo) -> None:
    status, page = demo.get("/en/events/kaskinen-today/")

    assert (status, demo.get("/readyz")[0]) == (200, 200)
    assert 'aria-current="time"' in page


def test_demo_prints_its_address_and_two_enrolments(demo: Demo) -> None:
    said = demo.said()
    here, door = f"http://localhost:{demo.port}", said.partition("On this machine, with its camera:")[2]
    found = re.findall(r" (Volunteer|Supervisor|Overview) +(http://\S+)/door/(?:enrol#(\S+)|overview\n)", door)
    there = found[-1][1]
    with_camera, without = ([(name, token) for name, base, token in found if base == wanted] for wanted in (here, there))

    assert re.fullmatch(rf"http://[\d.]+:{demo.port}", there)
    assert "On another phone, for typed references and photos of codes:" in door
    assert with_camera == without
    assert [name for name, _ in without] == ["Volunteer", "Supervisor", "Overview"]
    assert len({token for _, token in without}) == 3
    assert (f"{here}/\n" in said, f"{there}/\n" in said) == (True, True)
    assert f"Mails are not sent. Read them at {there}/demo/mails/" in said
    assert ("not warm" in said, "database away" in said) == (False, False)
    assert "--list main-door --list coffee --name NAME" in said


def test_commands_in_another_terminal_use_the_demos_port(demo: Demo) -> None:
    printed = demo.run("device", "enrol", "kaskinen-today", "--list", "main-door", "--name", "Maija K")

    assert re.search(rf"photos of codes:\nhttp://[\d.]+:{demo.port}/door/enrol#", printed)
    assert f"with its camera:\nhttp://localhost:{demo.port}/door/enrol#" in printed


def test_demo_refuses_a_port_that_is_taken(demo: Demo) -> None:
    second = subprocess.run(
        flask("demo"), cwd=demo.folder, env=environment(PORT=str(demo.port)), capture_output=True, text=True, check=False
    )

    assert second.returncode == 1
    assert f"Port {demo.port} is in use" in second.stderr
    assert "Traceback" not in second.stderr


def test_demo_serves_on_when_a_worker_is_killed(demo: Demo) -> None:
    before = demo.workers()
    os.kill(before[0], signal.SIGKILL)
    until = time.monotonic() + PATIENCE
    while before[0] in demo.workers() or len(demo.workers()) < len(before):
        assert time.monotonic() < until, demo.said()
        time.sleep(0.1)

    assert demo.wait_for("/healthz")[0] == 200


def test_demo_stops_cleanly_by_ctrl_c(demo: Demo) -> None:
    """A terminal sends it to every process at once."""
    note = demo.folder / "instance" / "serving.env"
    assert note.read_text("utf-8") == f"PORT={demo.port}\nHTTPS=0\n"

    os.killpg(demo.process.pid, signal.SIGINT)

    assert demo.process.wait(20) == 0
    assert (note.exists(), demo.workers()) == (False, [])
    assert complaints(demo) == []


@pytest.mark.parametrize("later", [0.0, 0.1, 0.3, 0.6])
def test_demo_stops_as_cleanly_while_its_workers_start(checkout: Path, later: float) -> None:
    with started(checkout) as demo:
        until = time.monotonic() + PATIENCE
        while "The demo is running" not in demo.said():
            assert time.monotonic() < until, demo.said()
            time.sleep(0.01)
        time.sleep(later)

        os.killpg(demo.process.pid, signal.SIGINT)

        assert demo.process.wait(20) == 0
        assert (demo.workers(), complaints(demo)) == ([], []), demo.said()


def complaints(demo: Demo) -> list[str]:
    """What nobody who stops a demo should have to read."""
    return [word for word in ("Traceback", "KeyboardInterrupt", "Killing worker") if word in demo.said()]


def test_demo_needs_its_setting(checkout: Path, tmp_path: Path) -> None:
    given = environment(
        SECRET_KEY="0123456789abcdef" * 4,
        DEMO="0",
        PUBLIC_BASE_URL="https://pearls.example",
        DATABASE_URL=f"sqlite:///{tmp_path / 'x'}",
    )
    asked = subprocess.run(flask("demo"), cwd=checkout, env=given, capture_output=True, text=True, check=False)

    assert (asked.returncode, "DEMO=1 is not set" in asked.stderr) == (1, True)


def test_settings_are_written_once_for_their_owner(tmp_path: Path) -> None:
    path = tmp_path / "instance" / "settings.env"

    first = settings.write_once(path)
    content = path.read_text("utf-8")
    second = settings.write_once(path)

    assert (first, second, path.read_text("utf-8")) == (True, False, content)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert re.findall(r"^(\w+)=(\w+)$", content, re.M)[1] == ("DEMO", "1")


def test_settings_differ_from_one_demo_to_the_next(tmp_path: Path) -> None:
    paths = [tmp_path / name / "settings.env" for name in ("a", "b")]
    for path in paths:
        settings.write_once(path)

    assert paths[0].read_text("utf-8") != paths[1].read_text("utf-8")


def test_a_busy_port_is_named_in_words() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(click.ClickException, match=r"is in use by .* \(process \d+\)\. Stop that one"):
            serve.refuse_busy_port(taken.getsockname()[1])


def test_certificate_names_this_machine_and_is_kept(tmp_path: Path) -> None:
    first = certificate.ensure(tmp_path, ["localhost", "127.0.0.1", "192.0.2.7"])
    content = first.certificate.read_bytes()
    names = x509.load_pem_x509_certificate(content).extensions.get_extension_for_class(x509.SubjectAlternativeName).value

    assert [str(name.value) for name in names] == ["localhost", "127.0.0.1", "192.0.2.7"]
    assert stat.S_IMODE(first.key.stat().st_mode) == 0o600
    assert certificate.ensure(tmp_path, ["localhost", "127.0.0.1", "192.0.2.7"]).certificate.read_bytes() == content
    assert certificate.ensure(tmp_path, ["localhost", "127.0.0.1", "192.0.2.8"]).certificate.read_bytes() != content
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(first.certificate, first.key)


@pytest.mark.parametrize("colours", [True, False])
def test_terminal_qr_is_read_by_a_scanner(colours: bool) -> None:
    address = "http://192.168.100.200:8000/door/enrol#vaO8ibIbw-igdFQgvM37Lg"
    drawn = terminal.qr(address, colours=colours).replace(terminal.BLACK_ON_WHITE, "").replace(terminal.PLAIN, "")
    lines = drawn.splitlines()
    ink, paper = (0, 255) if colours else (255, 0)  # without colours the blocks are the terminal's light on its dark
    picture = Image.new("L", (len(lines[0]), 2 * len(lines)), 255)
    for y, line in enumerate(lines):
        for x, character in enumerate(line):
            picture.putpixel((x, 2 * y), ink if character in "█▀" else paper)
            picture.putpixel((x, 2 * y + 1), ink if character in "█▄" else paper)
    big = picture.resize((picture.width * 6, picture.height * 6), Image.Resampling.NEAREST)

    assert [found.text for found in zxingcpp.read_barcodes(big)] == [address]
