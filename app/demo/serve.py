"""`flask demo`: one command that migrates, seeds, serves on all interfaces, sends mail and keeps up, until Ctrl-C."""

from __future__ import annotations

import fcntl
import logging
import multiprocessing
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from multiprocessing import resource_tracker
from pathlib import Path
from threading import Event, Thread
from time import monotonic
from typing import TYPE_CHECKING, Any

import click
import flask_migrate
from flask import Flask, current_app
from granian.constants import HTTPModes, Interfaces, SSLProtocols
from granian.log import LogLevels
from granian.server import MPServer
from sqlalchemy import delete

from app import config
from app.audit.models import TERMINAL
from app.checkin import devices
from app.checkin.commands import enrolment_address, scanner_bases
from app.checkin.models import Device
from app.config import Settings
from app.core import assets, clock, ports, terminal
from app.core.db import db, write_tx
from app.demo import certificate, loader, redating
from app.events.models import Event as TownEvent
from app.events.queries import find_event
from app.jobs.service import jobs_of

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

ADDRESS = "0.0.0.0"  # noqa: S104 - a phone on the same network is the point of the demo
DOOR_EVENT, DOOR_LISTS = "kaskinen-today", ("main-door", "coffee")
DOOR_PHONES = {"Volunteer": False, "Supervisor": True}  # whether it supervises
THREADS = 8
KILL_AFTER = 5  # seconds for the requests in work when the demo is stopped
CRASHES, CRASH_WINDOW = 5, 60.0


@click.command("demo")
def demo() -> None:
    """Migrate, seed, serve on every interface (PORT, else 8000) and send mail, until Ctrl-C."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    settings: Settings = app.extensions["settings"]
    if not settings.demo:
        raise click.ClickException("This is not a demo: DEMO=1 is not set. `make demo` sets it, in instance/settings.env.")
    refuse_busy_port(settings.port)
    stop = Stop()
    signal.signal(signal.SIGINT, stop)
    prepare(app)
    if stop.asked:
        return
    refuse_busy_port(settings.port)  # preparing takes a while: somebody else may have come
    with serving(config.INSTANCE / config.SERVING, settings), working(app):
        click.echo(welcome(settings))
        db.engine.dispose()
        serve(settings, stop)


class Stop:
    """Ctrl-C until the server listens to it: noted, so that no step is torn in the middle. A second one interrupts."""

    asked = False

    def __call__(self, *_: object) -> None:
        """The signal's handler."""
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True


def refuse_busy_port(port: int) -> None:
    """A plain sentence that names the program which listens there, instead of two servers that share the visitors."""
    try:
        ports.require_free(ADDRESS, port)
    except ports.NotAllowed:
        raise click.ClickException(f"Port {port} needs the rights of root. Choose one above 1024: make demo PORT=8000") from None
    except ports.Taken as taken:
        by = f" by {taken}" if str(taken) else ", perhaps by another demo"
        other = port + 1 if port < 65535 else 8000
        raise click.ClickException(
            f"Port {port} is in use{by}. Stop that one, or choose another: make demo PORT={other}"
        ) from None


def prepare(app: Flask) -> None:
    """Bring the database up to date, with the towns, the events, and the live ones set around the present minute."""
    logging.getLogger("alembic").setLevel(logging.WARNING)
    click.echo("Preparing the demo; the first time this takes up to a minute.")
    assets.prepare(app)
    click.echo("  The database, with towns and events in nine languages")
    flask_migrate.upgrade()
    loader.seed_base()
    loader.seed_demo()
    redating.redate(clock.now())


@contextmanager
def serving(path: Path, settings: Settings) -> Iterator[None]:
    """While the block runs, `flask` commands in another terminal know the port. A second demo leaves the first one's word."""
    with path.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield
            return
        file.truncate(0)
        file.write(f"PORT={settings.port}\nHTTPS={int(settings.secure)}\n")
        file.flush()
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


@contextmanager
def working(app: Flask) -> Iterator[None]:
    """Send mail, remind and keep up from a thread of this process while the block runs. The live events are set around
    the present minute before, or the upkeep would find them long over."""
    stop = Event()
    thread = Thread(target=jobs_of(app).run_forever, args=(app, stop), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(timeout=5)


def serve(settings: Settings, stop: Stop) -> None:
    """Serve `wsgi:app` until a signal. Workers that die are replaced, also when several die at once."""
    multiprocessing.set_start_method("spawn", force=True)  # a fork would share SQLite's locks and the threads'
    os.environ |= {"PORT": str(settings.port), "HTTPS": str(int(settings.secure))}
    os.environ.pop("FLASK_RUN_FROM_CLI", None)  # the workers are no commands
    crashes: list[float] = []
    while not stop.asked:
        signal.signal(signal.SIGINT, stop)
        server = make_server(settings)
        server.stop = stop
        try:
            server.serve(target_loader=load_worker, wrap_loader=False)
            return
        except SystemExit:  # the server gives up when a new worker dies within seconds
            now = monotonic()
            crashes = [moment for moment in crashes if now - moment < CRASH_WINDOW] + [now]
            if server.interrupt_signal or len(crashes) > CRASHES:
                raise


def load_worker() -> WSGIApplication:
    """What a worker serves."""
    application: WSGIApplication = import_module("wsgi").app
    return application


class Server(MPServer):
    """Granian whose workers are deaf to Ctrl-C from their first instruction.

    It reaches every process of the terminal: one that is still starting would print a trace, and a worker that is told twice
    to stop may hang. So they leave it to this process, which tells each of them once.
    """

    stop: Stop

    def startup(self, *args: Any, **kwargs: Any) -> None:
        """Start the workers; Ctrl-C may have come just before the server listened to it."""
        super().startup(*args, **kwargs)  # type: ignore[no-untyped-call]
        if self.stop.asked:
            self.signal_handler_interrupt()  # type: ignore[no-untyped-call]

    def _spawn_workers(self, *args: Any, **kwargs: Any) -> None:
        with ctrl_c_blocked():
            super()._spawn_workers(*args, **kwargs)  # type: ignore[no-untyped-call]

    def _respawn_workers(self, *args: Any, **kwargs: Any) -> None:
        with ctrl_c_blocked():
            super()._respawn_workers(*args, **kwargs)


@contextmanager
def ctrl_c_blocked() -> Iterator[None]:
    """Ctrl-C waits (or goes to another thread of ours) during the block; processes that start in it inherit that for good."""
    resource_tracker.ensure_running()  # it would be started in the block, and unblocks Ctrl-C when it has
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def make_server(settings: Settings) -> Server:
    """The production server as docs/decisions/0003-server.md sets it, with a certificate of its own for https."""
    pair = certificate.ensure(config.INSTANCE, ("localhost", "127.0.0.1", *config.local_addresses())) if settings.secure else None
    return Server(
        "wsgi:app",
        address=ADDRESS,
        port=settings.port,
        interface=Interfaces.WSGI,
        http=HTTPModes.auto,
        workers=min(4, os.cpu_count() or 1),
        blocking_threads=THREADS,
        respawn_failed_workers=True,
        workers_kill_timeout=KILL_AFTER,
        log_level=LogLevels.warning,
        working_dir=config.ROOT,
        ssl_cert=pair.certificate if pair else None,
        ssl_key=pair.key if pair else None,
        ssl_protocol_min=SSLProtocols.tls12,
    )


def welcome(settings: Settings) -> str:
    """What a person who started the demo needs to know, with a QR code for a phone on the same network."""
    base = settings.public_base_url
    own = f"{base.partition(':')[0]}://localhost:{settings.port}/"
    parts = [
        f"\nThe demo is running.\n\n  On this machine      {own}\n  On the same network  {base}/\n",
        pages(own),
        terminal.qr(f"{base}/"),
        door_lines(),
        f"Mails are not sent. Read them at {base}/demo/mails/ (the files are in {config.INSTANCE.name}/mails/).\n"
        if not settings.smtp_url
        else "",
        HTTPS_NOTE if settings.secure else PLAIN_NOTE,
        "Stop with Ctrl-C.\n",
    ]
    return "\n".join(part for part in parts if part)


def pages(base: str) -> str:
    """Where to begin: five pages that show most of it."""
    return "\n".join(["Five pages to begin with:\n", *(f"  {what:<19}  {base}{path}" for what, path in FIRST_PAGES), ""])


FIRST_PAGES = (
    ("Now and next", f"en/events/{DOOR_EVENT}/"),
    ("A visit's agenda", "lv/events/visit-today/"),
    ("Register yourself", f"en/events/{DOOR_EVENT}/register"),
    ("All events", "fi/events/"),
    ("The programme", "pl/"),
)
PLAIN_NOTE = (
    "Phones open their camera only over https: for the door's camera on another phone, start with `make demo HTTPS=1`.\n"
    "On this machine (localhost) the camera works as it is.\n"
)
HTTPS_NOTE = (
    "The browser will warn that the certificate is not trusted: this machine made it for itself a moment ago, and nobody\n"
    "vouches for it. That is expected here; choose to go on. A real installation has a certificate from an authority.\n"
)


def _fresh_tokens(event: TownEvent) -> dict[str, str]:
    """A one-time token for each of two phones. Those of an earlier start that nobody set up are in nobody's way any more."""
    with write_tx() as session:
        unused = Device.event_id == event.id, Device.name.in_(DOOR_PHONES), Device.enrolled_at.is_(None)
        session.execute(delete(Device).where(*unused))
        return {
            name: devices.enrol(session, event, DOOR_LISTS, name, TERMINAL, supervise=may)[1] for name, may in DOOR_PHONES.items()
        }


def door_lines() -> str:
    """Fresh one-time addresses that make a phone a scanner at the live ceremony, and where its supervisor looks."""
    event = find_event(DOOR_EVENT)
    if event is None:
        return f"There is no door to open: {DOOR_EVENT} was deleted.\n"
    tokens = _fresh_tokens(event)
    lines = [
        f'The door of "{event.slug}", lists {" and ".join(DOOR_LISTS)}. '
        "Each code makes one phone a scanner, once, within 10 minutes;\n"
        "the overview opens on the phone that has used the supervisor's."
    ]
    for where, base in scanner_bases().items():
        lines += ["", f"  {where}:", ""]
        lines += [f"    {name:<17}  {enrolment_address(token, base)}" for name, token in tokens.items()]
        lines.append(f"    {'Overview':<17}  {base}/door/overview")
    lists = " ".join(f"--list {slug}" for slug in DOOR_LISTS)
    lines.append(f"\nMore phones: .venv/bin/flask device enrol {DOOR_EVENT} {lists} --name NAME\n")
    return "\n".join(lines)
