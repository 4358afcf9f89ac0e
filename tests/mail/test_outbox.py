"""The outbox and its sender against a real SMTP server."""

from __future__ import annotations

import threading
import uuid
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from flask import Flask, current_app, render_template_string, url_for
from sqlalchemy import select

from app.core import clock
from app.core.db import db, write_tx
from app.jobs import service as jobs
from app.jobs.service import ALWAYS, HOUR, MINUTE, Job, Jobs
from app.mail import sender, service
from app.mail.models import OutboxMail
from app.mail.sender import Counts, send_due
from app.mail.service import Attachment, Mail, enqueue
from app.mail.transports import FolderTransport, SmtpTransport, transport_for
from tests.conftest import NOON
from tests.factories import waiting_mails
from tests.mail.smtp_sink import Sink, smtp_sink
from tests.transactions import do


@pytest.fixture
def sink():
    with smtp_sink() as server:
        yield server


@pytest.fixture
def transport(sink: Sink) -> SmtpTransport:
    return SmtpTransport.at(sink.url)


@pytest.fixture(autouse=True)
def renderer(app: Flask) -> dict[uuid.UUID, Mail | None]:
    """What the mails of kind `note` say; an unknown subject has a plain one."""
    mails: dict[uuid.UUID, Mail | None] = {}
    app.extensions["mail_renderers"]["note"] = lambda subject, variant: mails.get(
        subject, Mail("anna@example.org", "Hello", "The text.")
    )
    return mails


def owe(subject: uuid.UUID | None = None, language: str = "en", variant: str = "") -> uuid.UUID:
    subject = subject or uuid.uuid4()
    with write_tx() as session:
        enqueue(session, "note", subject, language, variant)
    return subject


def outbox(subject: uuid.UUID) -> OutboxMail:
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalars(select(OutboxMail).where(OutboxMail.subject_id == subject)).one()


def parsed(data: bytes) -> EmailMessage:
    return message_from_bytes(data, policy=policy.default)  # type: ignore[return-value]


def test_enqueue_owes_the_same_mail_once(database, noon):
    subject = owe()
    owe(subject)
    owe(subject, variant="moved")

    assert sorted(mail.variant for mail in waiting_mails()) == ["", "moved"]


def test_enqueue_vanishes_with_its_transaction(database, noon):
    def break_off() -> None:
        with write_tx() as session:
            enqueue(session, "note", uuid.uuid4(), "en")
            raise LookupError

    with pytest.raises(LookupError):
        break_off()

    assert waiting_mails() == []


def test_outbox_keeps_no_address_and_no_text():
    assert {column.name for column in OutboxMail.__table__.columns} == {
        "id", "kind", "subject_id", "variant", "language", "created_at", "due_at", "attempts", "next_try_at", "leased_until",
        "sent_at", "failed_at", "dropped_at", "last_error",
    }  # fmt: skip


def test_send_due_sends_each_mail_once_over_one_connection(database, noon, sink, transport):
    first, second = owe(), owe()

    assert send_due(transport, clock.now()) == Counts(sent=2)
    assert send_due(transport, clock.now()) == Counts()
    assert (len(sink.taken), sink.connections) == (2, 1)
    assert (outbox(first).attempts, outbox(second).sent_at is None) == (1, False)


def test_send_due_leaves_what_is_not_due_yet(database, noon, sink, transport):
    with write_tx() as session:
        enqueue(session, "note", uuid.uuid4(), "en", due_at=clock.now() + timedelta(hours=1))

    assert send_due(transport, clock.now()) == Counts()
    assert send_due(transport, clock.now() + timedelta(hours=2)) == Counts(sent=1)


def test_sent_message_carries_language_text_html_and_attachment(database, noon, sink, transport, renderer):
    subject = owe(language="lv")
    calendar = Attachment("ticket.ics", "text/calendar", b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n")
    renderer[subject] = Mail("Jānis <janis@example.org>", "Rūjienas svētki", "Sveiki, Jāni!\n.\n", "<p>Sveiki</p>", (calendar,))
    send_due(transport, clock.now())

    (taken,), row = sink.taken, outbox(subject)
    message = parsed(taken.data)
    assert (taken.sender, taken.recipients) == ("companion@localhost", ["janis@example.org"])
    assert (message["Subject"], message["Content-Language"]) == ("Rūjienas svētki", "lv")
    assert (message["Message-ID"], message["Auto-Submitted"]) == (f"<{row.id}@pearls.test>", "auto-generated")
    assert message.get_body(("plain",)).get_content().replace("\r\n", "\n") == "Sveiki, Jāni!\n.\n"
    assert message.get_body(("html",)).get_content().strip() == "<p>Sveiki</p>"
    assert [part.get_content_type() for part in message.iter_attachments()] == ["text/calendar"]


def test_renderer_runs_in_the_mails_language_at_the_public_address(database, noon, sink, transport):
    def render(_subject: uuid.UUID, _variant: str) -> Mail:
        return Mail(
            "a@example.org", "x", render_template_string("{{ lang }} {{ url }}", url=url_for("site.index", _external=True))
        )

    current_app.extensions["mail_renderers"]["note"] = render
    owe(language="fi")
    send_due(transport, clock.now())

    assert parsed(sink.taken[0].data).get_content().strip() == "fi https://pearls.test/fi/"


def test_renderer_with_nothing_to_send_drops_the_mail(database, noon, sink, transport, renderer):
    subject = owe()
    renderer[subject] = None

    assert send_due(transport, clock.now()) == Counts(dropped=1)
    assert (sink.taken, waiting_mails()) == ([], [])


def test_renderer_fault_does_not_keep_the_other_mails_back(database, noon, sink, transport, renderer):
    bad = owe()
    renderer[bad] = "no mail at all"  # type: ignore[assignment]
    owe()

    assert send_due(transport, clock.now()) == Counts(sent=1, later=1)
    assert outbox(bad).last_error == "AttributeError"


def test_server_down_is_tried_again_later_and_stops_the_round(database, noon):
    with smtp_sink() as gone:
        pass
    transport = SmtpTransport.at(gone.url)
    first, second = sorted((owe(), owe()), key=lambda subject: (outbox(subject).next_try_at, outbox(subject).id))

    assert send_due(transport, clock.now()) == Counts(later=1)
    assert [outbox(first).attempts, outbox(second).attempts] == [1, 0]
    assert outbox(first).next_try_at - clock.now() == pytest.approx(service.WAITS[0], abs=timedelta(seconds=5))
    assert outbox(first).last_error == "ConnectionRefusedError"


def test_mail_goes_out_once_the_server_is_back(database, sink, transport):
    subject = uuid.uuid4()
    with clock.travelled_to(NOON):
        owe(subject)
        sink.answer_data = "451 later"
        assert send_due(transport, clock.now()) == Counts(later=1)
        sink.answer_data = "250 taken"
        assert send_due(transport, clock.now()) == Counts()
    with clock.travelled_to(NOON + timedelta(minutes=2)):
        assert send_due(transport, clock.now()) == Counts(sent=1)
    assert (outbox(subject).attempts, len(sink.taken)) == (2, 1)


def test_sender_gives_up_after_the_last_attempt_and_says_so(database, sink, transport, caplog):
    subject, sink.answer_data = uuid.uuid4(), "451 later"
    for day in range(service.MAX_ATTEMPTS):
        with clock.travelled_to(NOON + timedelta(days=day)):
            owe(subject)
            last = send_due(transport, clock.now())

    assert (last, outbox(subject).attempts) == (Counts(failed=1), service.MAX_ATTEMPTS)
    assert [mail.last_error for mail in service.failed_mails()] == ["SMTPDataError 451"]
    assert "gave up mail" in caplog.text


@pytest.mark.parametrize(("answer", "expected"), [("550 no such user", Counts(failed=1)), ("450 greylisted", Counts(later=1))])
def test_refused_recipient_is_final_only_when_the_server_says_so(database, noon, sink, transport, answer, expected, caplog):
    sink.refuse["anna@example.org"] = answer
    subject = owe()

    assert send_due(transport, clock.now()) == expected
    assert outbox(subject).last_error == f"SMTPRecipientsRefused {answer[:3]}"
    assert "anna" not in caplog.text


@pytest.mark.parametrize(
    "mail",
    [
        Mail("a@example.org", "Hello\r\nBcc: thief@example.org", "x"),
        Mail("a@example.org\r\nBcc: thief@example.org", "Hello", "x"),
        Mail("A\nB <a@example.org>", "Hello", "x"),
        Mail("a@example.org, thief@example.org", "Hello", "x"),
        Mail("a@example.org> RCPT TO:<thief@example.org", "Hello", "x"),
        Mail("nobody", "Hello", "x"),
        Mail("", "Hello", "x"),
        Mail("a@example.org", "Hello\u2028Bcc: thief@example.org", "x"),
    ],
)
def test_header_injection_is_refused_for_good(database, noon, sink, transport, renderer, mail):
    subject = owe()
    renderer[subject] = mail

    assert send_due(transport, clock.now()) == Counts(failed=1)
    assert sink.taken == []


def test_two_senders_send_each_mail_once(app: Flask, database, noon, sink):
    sink.pause = 0.01
    for _ in range(20):
        owe()
    rounds: list[Counts] = []

    def work() -> None:
        with app.app_context():
            rounds.append(send_due(SmtpTransport.at(sink.url), clock.now()))
            db.session.remove()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(counts.sent for counts in rounds) == len(sink.taken) == 20
    assert len({parsed(taken.data)["Message-ID"] for taken in sink.taken}) == 20


def test_crashed_senders_mail_comes_back_after_its_lease(database, sink, transport):
    with clock.travelled_to(NOON):
        owe()
        lost = do(service.claim, clock.now())
        assert send_due(transport, clock.now()) == Counts()
    with clock.travelled_to(NOON + service.LEASE + timedelta(seconds=1)):
        assert send_due(transport, clock.now()) == Counts(sent=1)
        assert do(service.mark_failed, lost, "too late") is False

    assert (waiting_mails(), len(sink.taken)) == ([], 1)


def test_nothing_is_locked_while_the_server_takes_its_time(app: Flask, database, noon, sink):
    owe()
    sink.pause = 0.5
    done = threading.Event()

    def work() -> None:
        with app.app_context():
            send_due(SmtpTransport.at(sink.url), clock.now())
            db.session.remove()
        done.set()

    thread = threading.Thread(target=work)
    thread.start()
    while not sink.connections:
        threading.Event().wait(0.01)
    other = owe()

    assert (done.is_set(), outbox(other).attempts) == (False, 0)
    thread.join()


def test_folder_holds_one_file_a_mail(database, noon, tmp_path: Path):
    subject = owe(language="pl")
    folder = tmp_path / "mails"

    assert send_due(FolderTransport(folder), clock.now()) == Counts(sent=1)
    assert [path.name for path in folder.iterdir()] == [f"{outbox(subject).id}.eml"]
    assert parsed((folder / f"{outbox(subject).id}.eml").read_bytes())["To"] == "anna@example.org"


def test_run_forever_sends_until_it_is_stopped(app: Flask, database, noon, sink, monkeypatch):
    monkeypatch.setitem(app.extensions, "mail_transport", SmtpTransport.at(sink.url))
    monkeypatch.setattr(jobs, "POLL_SECONDS", 0.01)
    stop = threading.Event()
    thread = threading.Thread(target=jobs.jobs_of(app).run_forever, args=(app, stop))
    thread.start()
    owe()
    while not sink.taken:
        threading.Event().wait(0.01)
    stop.set()
    thread.join(5)

    assert (thread.is_alive(), len(sink.taken)) == (False, 1)


def test_transport_is_the_server_else_the_demos_folder_else_none(tmp_path: Path):
    assert transport_for("", demo=False, folder=tmp_path) is None
    assert isinstance(transport_for("", demo=True, folder=tmp_path), FolderTransport)
    assert transport_for("smtp://a%40b:p%3Aw@mail.example:2525?starttls", demo=True, folder=tmp_path) == SmtpTransport(
        "mail.example", 2525, "a@b", "p:w", starttls=True
    )
    assert transport_for("smtps://mail.example", demo=False, folder=tmp_path) == SmtpTransport("mail.example", 465, tls=True)


@pytest.mark.parametrize("url", ["mail.example", "http://mail.example", "smtp://", "smtp://h:abc", "smtp://h?tls=1"])
def test_transport_refuses_an_unusable_address(tmp_path: Path, url: str):
    with pytest.raises(ValueError, match="SMTP_URL"):
        transport_for(url, demo=False, folder=tmp_path)


def test_mail_send_says_when_there_is_nowhere_to_send(app: Flask, database):
    result = app.test_cli_runner().invoke(args=["mail", "send"])

    assert (result.exit_code, result.output) == (1, "Error: SMTP_URL is not set: mails stay in the outbox until it is.\n")


def test_mail_list_shows_kinds_and_next_tries_but_no_address(app: Flask, database, noon, sink, transport):
    owe(language="da")
    owe()
    with write_tx() as session:
        enqueue(session, "reminder", uuid.uuid4(), "en", due_at=clock.now() + timedelta(minutes=30, seconds=30))
    lost = owe(variant="lost")
    do(
        service.mark_failed,
        next(one for one in iter(lambda: do(service.claim, clock.now()), None) if one.subject_id == lost),
        "Refused 550",
        for_good=True,
    )
    result = app.test_cli_runner().invoke(args=["mail", "list"])

    assert [line.split() for line in result.output.splitlines()] == [
        ["waits", "note", "2", "oldest", "0", "min", "tried", "up", "to", "1", "times", "next", "try", "now"],
        ["waits", "reminder", "1", "oldest", "0", "min", "tried", "up", "to", "0", "times", "next", "try", "in", "31", "min"],
        ["given", "up", str(outbox(lost).id), "note", "en", "1", "attempts", "Refused", "550"],
        ["3", "waiting,", "1", "given", "up"],
    ]  # fmt: skip


def test_mail_send_owes_what_is_due_by_the_minute_and_sends_it(app: Flask, database, noon, sink, monkeypatch):
    monkeypatch.setattr(sender, "transport_of", lambda _app: SmtpTransport.at(sink.url))
    wanted = [Job("remind", lambda now: owe(), MINUTE), Job("upkeep", lambda now: owe(), HOUR)]
    monkeypatch.setitem(app.extensions, "jobs", Jobs(wanted))

    result = app.test_cli_runner().invoke(args=["mail", "send"])

    assert (result.output, len(sink.taken)) == ("sent 1, dropped 0, later 0, given up 0\n", 1)


def test_the_loop_does_its_jobs_without_a_server_and_outlives_one_that_fails(app: Flask, database, monkeypatch, caplog):
    done, stop = [], threading.Event()

    def fail(now: object) -> None:
        done.append("fails")
        raise RuntimeError("no database")

    wanted = [
        Job("fail", fail, MINUTE),
        Job("work", lambda now: done.append("often"), ALWAYS),
        Job("stop", lambda now: stop.set() if len(done) > 4 else None, ALWAYS),
    ]
    monkeypatch.setattr(jobs, "POLL_SECONDS", 0.01)
    Jobs(wanted).run_forever(app, stop)

    assert done == ["fails", "often", "often", "often", "often"]
    assert "job fail" in caplog.text


def test_the_loop_goes_on_at_once_while_a_job_has_more_to_do(app: Flask, database, monkeypatch):
    monkeypatch.setattr(jobs, "POLL_SECONDS", 60)
    rounds, stop = [], threading.Event()

    def work(now: object) -> bool:
        rounds.append(now)
        if len(rounds) == 3:
            stop.set()
        return len(rounds) < 3

    Jobs([Job("work", work, ALWAYS)]).run_forever(app, stop)

    assert len(rounds) == 3


def give_up(fault: str) -> uuid.UUID:
    subject = owe()
    do(service.mark_failed, do(service.claim, clock.now()), fault, for_good=True)
    return subject


@pytest.mark.parametrize(
    ("args", "again"),
    [
        (["--reason", "SMTPRecipientsRefused 550"], ["first", "late"]),
        (["--reason", "550", "--since", "2026-06-16 13:00"], ["late"]),
        (["--until", "2026-06-16 13:00"], ["first", "other"]),
        (["--kind", "reminder", "--all"], []),
        (["--reason", "_"], []),
        (["--all"], ["first", "other", "late"]),
    ],
)
def test_mail_retry_makes_what_was_given_up_due_again(app: Flask, database, sink, transport, args, again):
    with clock.travelled_to(NOON):
        given_up = {"first": give_up("SMTPRecipientsRefused 550"), "other": give_up("Refused 554")}
    with clock.travelled_to(NOON + timedelta(hours=1)):
        given_up["late"] = give_up("SMTPRecipientsRefused 550")
        result = app.test_cli_runner().invoke(args=["mail", "retry", *args])
        db.session.expire_all()
        due = [name for name, subject in given_up.items() if outbox(subject).failed_at is None and not outbox(subject).attempts]
        counts = send_due(transport, clock.now())

    verb = "mail is" if len(again) == 1 else "mails are"
    assert result.output == f"{len(again)} {verb} due again, {3 - len(again)} stay given up\n"
    assert (due, counts.sent) == (again, len(again))


def test_mail_retry_wants_to_be_told_which(app: Flask, database):
    result = app.test_cli_runner().invoke(args=["mail", "retry"])

    assert (result.exit_code, "Say which mails" in result.output) == (2, True)
