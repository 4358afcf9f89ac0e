"""Mail senders that are killed in the middle: every mail arrives, and twice only what one of them held when it died."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from email import message_from_bytes

from flask import Flask
from sqlalchemy import select, update

from app.core import clock
from app.core.db import db, write_tx
from app.mail import sender
from app.mail.models import OutboxMail
from app.mail.transports import SmtpTransport
from tests.conftest import HOST, ROOT, SECRET
from tests.mail.smtp_sink import Sink, smtp_sink
from tests.registration.registrations import open_registration, signed_up

MAILS, ROUNDS, SENDERS = 60, 3, 2
PATIENCE = 60.0


@contextmanager
def senders(sink: Sink, url: str) -> Iterator[None]:
    """Two of `flask mail send --loop`, killed where they stand at the end of the block."""
    own = {"PORT", "HTTPS", "DEMO", "TRUSTED_HOSTS", "FLASK_APP"}
    variables = {name: value for name, value in os.environ.items() if name not in own} | {
        "DATABASE_URL": url, "SECRET_KEY": SECRET, "PUBLIC_BASE_URL": f"https://{HOST}", "SMTP_URL": sink.url,
    }  # fmt: skip
    command = [sys.executable, "-m", "flask", "mail", "send", "--loop"]
    running = [subprocess.Popen(command, cwd=ROOT, env=variables, stderr=subprocess.DEVNULL) for _ in range(SENDERS)]
    try:
        yield
    finally:
        for process in running:
            process.kill()
        for process in running:
            process.wait()


def held() -> set[uuid.UUID]:
    """The mails that somebody had in hand and nobody has settled."""
    db.session.rollback()
    unsettled = select(OutboxMail.id).where(OutboxMail.leased_until.is_not(None), OutboxMail.sent_at.is_(None))
    return set(db.session.scalars(unsettled))


def let_leases_end() -> None:
    """As if the five minutes were over."""
    with write_tx() as session:
        leased = update(OutboxMail).where(OutboxMail.leased_until.is_not(None))
        session.execute(leased.values(leased_until=clock.now() - timedelta(seconds=1)))


def test_killed_senders_lose_no_mail_and_double_at_most_what_they_held(app: Flask, database: None) -> None:
    event = open_registration()
    wanted = {signed_up(event, email=f"guest-{number}@example.org").email for number in range(MAILS)}
    url = db.engine.url.render_as_string(hide_password=False)
    in_hand: set[uuid.UUID] = set()
    with smtp_sink() as sink:
        sink.pause = 0.03
        for _ in range(ROUNDS):
            before, until = len(sink.taken), time.monotonic() + PATIENCE
            with senders(sink, url):
                while len(sink.taken) < before + 8:
                    assert time.monotonic() < until, f"{len(sink.taken)} mails in {PATIENCE} s"
                    time.sleep(0.005)
            now_held = held()
            assert len(now_held - in_hand) <= SENDERS
            in_hand |= now_held
            let_leases_end()
        sink.pause = 0
        sender.send_due(SmtpTransport.at(sink.url), clock.now())
        times = Counter(mail.recipients[0] for mail in sink.taken)
        ids = [str(message_from_bytes(mail.data)["Message-ID"]) for mail in sink.taken]

    assert set(times) == wanted
    doubled = {ident for ident, count in Counter(ids).items() if count > 1}
    assert doubled <= {f"<{ident}@{HOST}>" for ident in in_hand}
    assert len(set(ids)) == MAILS
    assert held() == set()
