"""Sending: claim, then send, then mark. Slow servers are never waited for inside a transaction.

Two senders never hold the same mail, so it is sent once. One window remains, as in any such system: when the server has
taken a mail and this process dies before that is noted, the mail is sent again after the lease. It carries the same
Message-ID then, by which mailboxes drop doubles.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime

from flask import Flask, current_app
from sqlalchemy.exc import SQLAlchemyError

from app.core.babel import force_locale
from app.core.db import write_tx
from app.mail import postbox, service
from app.mail.service import HeldMail, Mail
from app.mail.transports import NotNow, Refused, Transport, Unreachable, message_for, transport_for

ROUND = 200  # mails before the other jobs have their turn
log = logging.getLogger(__name__)


@dataclass
class Counts:
    """What one round did."""

    sent: int = 0
    dropped: int = 0
    later: int = 0
    failed: int = 0

    @property
    def total(self) -> int:
        """Mails that were in hand."""
        return self.sent + self.dropped + self.later + self.failed


def send_due(transport: Transport, now: datetime, most: int | None = None) -> Counts:
    """Send the mails due by `now`, at most so many. A server that cannot be reached ends the round; one bad mail does not."""
    counts = Counts()
    with transport:
        while (most is None or counts.total < most) and (claimed := _claim(now)):
            if not _send(transport, claimed, counts):
                break
    return counts


def _claim(now: datetime) -> HeldMail | None:
    with write_tx() as session:
        return service.claim(session, now)


def _send(transport: Transport, claimed: HeldMail, counts: Counts) -> bool:
    """Try one mail and note what came of it; False when the server cannot be reached."""
    try:
        if claimed.attempt > service.MAX_ATTEMPTS:
            raise Refused("never finished")
        mail = _rendered(claimed)
        if mail is None:
            with write_tx() as session:
                service.mark_dropped(session, claimed)
            counts.dropped += 1
            return True
        settings = current_app.extensions["settings"]
        transport.send(message_for(claimed, mail, settings.mail_from, settings.host.partition(":")[0]))
    except (Refused, NotNow) as error:
        _note_failure(claimed, str(error), counts, for_good=isinstance(error, Refused))
        return not isinstance(error, Unreachable)
    except SQLAlchemyError:
        raise  # the database is away: the lease brings the mail back
    except Exception as error:  # a renderer's fault must not keep the other mails back
        log.exception("mail %s of kind %s could not be made", claimed.id, claimed.kind)
        _note_failure(claimed, type(error).__name__, counts)
        return True
    with write_tx() as session:
        service.mark_sent(session, claimed)
    counts.sent += 1
    return True


def _rendered(claimed: HeldMail) -> Mail | None:
    """The mail in its language; a request context at the public address makes its links whole."""
    base = current_app.config["PUBLIC_BASE_URL"]
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    with app.test_request_context(f"/{claimed.language}/", base_url=base), force_locale(claimed.language):
        return service.compose(claimed)


def _note_failure(claimed: HeldMail, fault: str, counts: Counts, *, for_good: bool = False) -> None:
    with write_tx() as session:
        given_up = service.mark_failed(session, claimed, fault, for_good=for_good)
    if given_up:
        counts.failed += 1
        log.error("gave up mail %s of kind %s at attempt %s: %s", claimed.id, claimed.kind, claimed.attempt, fault)
    else:
        counts.later += 1
        log.warning("mail %s of kind %s not sent at attempt %s: %s", claimed.id, claimed.kind, claimed.attempt, fault)


def transport_of(app: Flask) -> Transport | None:
    """The transport that the settings ask for; None, with a warning, when mails have to wait for an SMTP_URL."""
    settings = app.extensions["settings"]
    transport = transport_for(settings.smtp_url, demo=settings.demo, folder=postbox.folder_of(app))
    if transport is None:
        log.warning("SMTP_URL is not set: mails stay in the outbox until it is")
    return transport


def send_round(now: datetime) -> bool:
    """Send what is due, one round of it; whether there may be more to send at once. Without a usable SMTP_URL the mails wait."""
    if "mail_transport" not in current_app.extensions:
        current_app.extensions["mail_transport"] = _usable_transport()
    transport: Transport | None = current_app.extensions["mail_transport"]
    return transport is not None and send_due(transport, now, ROUND).total >= ROUND


def _usable_transport() -> Transport | None:
    try:
        return transport_of(current_app._get_current_object())  # type: ignore[attr-defined]
    except ValueError:
        log.exception("mails stay in the outbox")
        return None
