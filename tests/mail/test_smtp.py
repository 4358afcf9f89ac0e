"""The sender against a server that has bad days: refusals, broken connections, encryption, and senders that are killed."""

from __future__ import annotations

import subprocess
import sys
import uuid
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from flask import current_app
from sqlalchemy import select

from app.core import clock
from app.core.db import db, write_tx
from app.mail import service
from app.mail.models import OutboxMail
from app.mail.sender import Counts, send_due
from app.mail.service import Attachment, Mail, enqueue
from app.mail.transports import SmtpTransport
from tests.conftest import ROOT
from tests.factories import waiting_mails
from tests.mail.smtp_sink import Sink, certificate, signed_in_with, smtp_sink

ADDRESSES = ["anna@example.org", "bo@example.org", "cilla@example.org"]
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


@pytest.fixture
def sink() -> Iterator[Sink]:
    with smtp_sink() as server:
        yield server


def owe(*addresses: str) -> list[uuid.UUID]:
    """A mail to each address, due in this order."""
    to = {uuid.uuid4(): address for address in addresses}
    current_app.extensions["mail_renderers"]["note"] = lambda subject, variant: Mail(to[subject], "Hello", "The text.")
    for number, subject in enumerate(to):
        with write_tx() as session:
            enqueue(session, "note", subject, "en", due_at=clock.now() - timedelta(seconds=60 - number))
    return list(to)


def row_of(subject: uuid.UUID) -> OutboxMail:
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalars(select(OutboxMail).where(OutboxMail.subject_id == subject)).one()


def parsed(data: bytes) -> EmailMessage:
    return message_from_bytes(data, policy=policy.default)  # type: ignore[return-value]


def test_one_refused_recipient_does_not_keep_the_others_from_their_mail(database: None, sink: Sink) -> None:
    first, refused, last = owe(*ADDRESSES)
    sink.refuse["bo@example.org"] = "550 5.1.1 <bo@example.org> no such user here"

    assert send_due(SmtpTransport.at(sink.url), clock.now()) == Counts(sent=2, failed=1)
    assert [taken.recipients for taken in sink.taken] == [["anna@example.org"], ["cilla@example.org"]]
    assert [row_of(subject).sent_at is None for subject in (first, refused, last)] == [False, True, False]
    assert row_of(refused).last_error == "SMTPRecipientsRefused 550"


def test_a_broken_connection_is_tried_again_over_a_new_one(database: None, sink: Sink) -> None:
    broken, second = owe(*ADDRESSES[:2])
    sink.hang_up = 1

    assert send_due(SmtpTransport.at(sink.url), clock.now()) == Counts(sent=1, later=1)
    assert (row_of(broken).attempts, row_of(broken).last_error) == (1, "SMTPServerDisconnected")
    with clock.travelled_to(row_of(broken).next_try_at + timedelta(seconds=1)):
        assert send_due(SmtpTransport.at(sink.url), clock.now()) == Counts(sent=1)
    assert [taken.recipients[0] for taken in sink.taken] == ["bo@example.org", "anna@example.org"]
    assert (sink.connections, row_of(second).attempts) == (3, 1)


def test_mail_goes_encrypted_and_signed_in(database: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trusted, context = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    with smtp_sink(tls_context=context, **signed_in_with("companion", "a:b c")) as server:
        (subject,) = owe("anna@example.org")
        at = f"127.0.0.1:{server.port}?starttls"

        assert send_due(SmtpTransport.at(f"smtp://companion:wrong@{at}"), clock.now()) == Counts(later=1)
        assert row_of(subject).last_error == "SMTPAuthenticationError 535"
        with clock.travelled_to(row_of(subject).next_try_at + timedelta(seconds=1)):
            assert send_due(SmtpTransport.at(f"smtp://companion:a%3Ab%20c@{at}"), clock.now()) == Counts(sent=1)
        assert server.encrypted == [True]


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_a_server_that_cannot_prove_its_name_gets_no_mail_and_no_password(database: None, tmp_path: Path, scheme: str) -> None:
    _, context = certificate(tmp_path)
    options = {"tls_context": context} if scheme == "smtp" else {"ssl_context": context}
    (subject,) = owe("anna@example.org")
    with smtp_sink(**options) as server:
        transport = SmtpTransport.at(f"{scheme}://companion:pw@127.0.0.1:{server.port}{'?starttls' if scheme == 'smtp' else ''}")

        assert send_due(transport, clock.now()) == Counts(later=1)
        assert (row_of(subject).last_error, server.taken) == ("SSLCertVerificationError", [])


def test_mail_goes_over_a_connection_that_is_encrypted_from_its_start(
    database: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trusted, context = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    owe("anna@example.org")
    with smtp_sink(ssl_context=context) as server:
        assert send_due(SmtpTransport.at(f"smtps://127.0.0.1:{server.port}"), clock.now()) == Counts(sent=1)
        assert [taken.recipients for taken in server.taken] == [["anna@example.org"]]


def test_a_picture_shown_inside_stands_beside_the_html_and_files_outside(database: None, sink: Sink) -> None:
    picture = Attachment("ticket.png", "image/png", PNG, "code")
    calendar = Attachment("event.ics", "text/calendar; charset=utf-8; method=PUBLISH", "SUMMARY:Jāņi\r\n".encode())
    html = '<p>Hi <img src="cid:code" alt="QR code"></p>'
    (subject,) = owe("anna@example.org")
    current_app.extensions["mail_renderers"]["note"] = lambda *_: Mail(
        "anna@example.org", "Hello", "The text.", html, (picture, calendar)
    )
    send_due(SmtpTransport.at(sink.url), clock.now())

    message = parsed(sink.taken[0].data)
    alternative, file = message.iter_parts()
    text, related = alternative.iter_parts()
    twin, shown = related.iter_parts()
    cid = f"code.{row_of(subject).id}@pearls.test"
    kinds = [part.get_content_type() for part in (message, alternative, text, related, twin, shown, file)]
    assert kinds == [
        "multipart/mixed", "multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png", "text/calendar",
    ]  # fmt: skip
    assert (shown["Content-ID"], shown.get_content_disposition(), shown.get_content()) == (f"<{cid}>", "inline", PNG)
    assert twin.get_content().strip() == html.replace("cid:code", f"cid:{cid}")
    assert (file.get_param("method"), file.get_filename(), file.get_content_disposition()) == (
        "PUBLISH",
        "event.ics",
        "attachment",
    )
    assert file.get_content().strip() == "SUMMARY:Jāņi"
    assert message["Content-Language"] == "en"


def sender(server: Sink) -> subprocess.Popen[str]:
    """A sender in another process."""
    database = db.engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "tests.mail.sending", database, server.url]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def test_two_processes_send_each_mail_once(database: None, sink: Sink) -> None:
    sink.pause = 0.02
    owe(*(f"guest{number}@example.org" for number in range(60)))
    processes = [sender(sink), sender(sink)]
    sent = [int(process.communicate(timeout=60)[0]) for process in processes]

    assert (sum(sent), len(sink.taken), len({parsed(taken.data)["Message-ID"] for taken in sink.taken})) == (60, 60, 60)
    assert min(sent) > 0
    assert waiting_mails() == []


def test_a_mail_whose_sender_was_killed_before_it_noted_it_comes_again_under_the_same_id(database: None, sink: Sink) -> None:
    """The one window that no sender can close: the server has taken the mail, and nobody lives to note that."""
    owe(*ADDRESSES)
    with sender(sink) as process:
        sink.on_taken = lambda taken: process.kill() if len(sink.taken) == 2 else None
        assert process.wait(60) == -9

    assert send_due(SmtpTransport.at(sink.url), clock.now()) == Counts(sent=1)  # the third; the second is still held
    with clock.travelled_to(clock.now() + service.LEASE + timedelta(seconds=1)):
        assert send_due(SmtpTransport.at(sink.url), clock.now()) == Counts(sent=1)

    ids = Counter(parsed(taken.data)["Message-ID"] for taken in sink.taken)
    assert sorted(ids.values()) == [1, 1, 2]
    assert waiting_mails() == []
