"""Where mails go: an SMTP server, or in the demo a folder of .eml files. Builds the message and refuses what would break it."""

from __future__ import annotations

import os
import re
import smtplib
import ssl
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self
from urllib.parse import SplitResult, unquote, urlsplit

from email_validator import validate_email

from app.core import clock
from app.mail.headers import POLICY
from app.mail.service import Attachment, HeldMail, Mail

TIMEOUT = 20  # seconds for each step of the talk, so that a lease outlasts a slow server

_WORD = r"""[^\s<>()\[\]\\,;:@"]+"""
_ADDRESS = re.compile(rf"""(?:(?P<name>[^<>"]*?)\s*(?P<open><))?(?P<local>{_WORD})@(?P<domain>{_WORD})(?(open)>)""")


class Refused(Exception):
    """This mail will never be taken, by us or by the server; the message names the fault without the address."""


class NotNow(Exception):
    """This mail was not taken, perhaps it will be later."""


class Unreachable(NotNow):
    """The server cannot be talked to at all: the other mails need not be tried either."""


class Transport(Protocol):
    """Takes a message: returning means that it is taken. Raises `Refused`, `NotNow` or `Unreachable`."""

    def __enter__(self) -> Self: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None: ...

    def send(self, message: EmailMessage) -> None:
        """Hand one message over."""


def transport_for(smtp_url: str, *, demo: bool, folder: Path) -> Transport | None:
    """The server at `smtp_url`; without one the demo's folder; else None: mails wait. Raises `ValueError` for a bad address."""
    if smtp_url:
        return SmtpTransport.at(smtp_url)
    return FolderTransport(folder) if demo else None


def message_for(claimed: HeldMail, mail: Mail, sender: str, host: str) -> EmailMessage:
    """The message, with an id that stays the same however often it is tried, so that a mailbox can drop a double.

    Raises `Refused` for an unusable address and for a line break in a header.
    """
    message = EmailMessage(policy=POLICY)
    try:
        message["From"] = _address(sender)
        message["To"] = _address(mail.to)
        message["Subject"] = _one_line(mail.subject)
    except (ValueError, IndexError, MessageError) as error:
        raise Refused(f"unusable header: {type(error).__name__}") from None
    message["Date"] = format_datetime(clock.now())
    message["Message-ID"] = f"<{claimed.id}@{host}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text, cte="quoted-printable")
    if mail.html is not None:
        _add_twin(message, mail, f"{claimed.id}@{host}")
    for attachment in mail.attachments:
        if not (attachment.cid and mail.html):
            _attach(message, attachment)
    message["Content-Language"] = claimed.language  # last: making a multipart moves the Content- headers into its first part
    return message


def _address(text: str) -> Address:
    match = _ADDRESS.fullmatch(_one_line(text))
    if match is None:
        raise ValueError("no address")
    return Address(display_name=match["name"] or "", username=match["local"], domain=_domain(match["domain"]))


def _domain(text: str) -> str:
    """In ASCII by IDNA 2008; one that is in ASCII stays as it is, also where a stricter reader would refuse it."""
    if text.isascii():
        return text
    return validate_email(f"x@{text}", allow_smtputf8=False, check_deliverability=False).ascii_domain


def _one_line(text: str) -> str:
    if any(ord(char) < 32 or char in "\x7f\x85\u2028\u2029" for char in text):
        raise ValueError("control characters in a header")
    return text


def _add_twin(message: EmailMessage, mail: Mail, own: str) -> None:
    """The HTML beside the text, and inside it (multipart/related) the pictures that it shows.

    A picture's name is made the mail's own: programs that show a thread may take pictures of one name for one picture.
    """
    shown = [attachment for attachment in mail.attachments if attachment.cid]
    html = mail.html or ""
    for attachment in shown:
        html = html.replace(f'"cid:{attachment.cid}"', f'"cid:{attachment.cid}.{own}"')
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    twin = message.get_payload()[-1]  # type: ignore[index]
    for attachment in shown:
        maintype, subtype, _ = _content_type(attachment)
        name, cid = _one_line(attachment.name), f"<{attachment.cid}.{own}>"
        twin.add_related(  # type: ignore[union-attr]
            attachment.data, maintype=maintype, subtype=subtype, cid=cid, filename=name, disposition="inline"
        )


def _attach(message: EmailMessage, attachment: Attachment) -> None:
    maintype, subtype, params = _content_type(attachment)
    message.add_attachment(
        attachment.data, maintype=maintype, subtype=subtype, params=params, filename=_one_line(attachment.name)
    )


def _content_type(attachment: Attachment) -> tuple[str, str, dict[str, str]]:
    """`text/calendar; method=PUBLISH` in its parts."""
    kind, *rest = (part.strip() for part in attachment.content_type.split(";"))
    maintype, _, subtype = kind.partition("/")
    return maintype, subtype, {name: value for name, _, value in (part.partition("=") for part in rest)}


class FolderTransport:
    """The demo's postbox: each mail a file that any mail program opens. The same mail again is the same file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        pass

    def send(self, message: EmailMessage) -> None:
        """Write `<id>.eml`, whole or not at all."""
        name = message["Message-ID"].strip("<>").partition("@")[0]
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            half = self.folder / f".{name}"
            half.write_bytes(message.as_bytes())
            os.utime(half, (clock.now().timestamp(),) * 2)  # our clock's: by it the file is deleted again
            half.replace(self.folder / f"{name}.eml")
        except OSError as error:
            raise Unreachable(type(error).__name__) from None


@dataclass
class SmtpTransport:
    """One SMTP server; the connection is opened for the first message and kept for the rest of a `with` block."""

    host: str
    port: int
    user: str = ""
    password: str = ""
    tls: bool = False
    starttls: bool = False
    _server: smtplib.SMTP | None = None

    @classmethod
    def at(cls, url: str) -> SmtpTransport:
        """From `smtp://user:pw@host:port?starttls` or `smtps://…`. Raises `ValueError` that never repeats the password."""
        parts = urlsplit(url)
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or parts.query not in {"", "starttls"}:
            raise ValueError("SMTP_URL must look like smtp://user:password@host:587?starttls or smtps://user:password@host.")
        tls = parts.scheme == "smtps"
        return cls(
            host=parts.hostname,
            port=_port(parts) or (465 if tls else 587 if parts.query else 25),
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            tls=tls,
            starttls=parts.query == "starttls",
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._hang_up()

    def send(self, message: EmailMessage) -> None:
        """Hand one message over; a broken connection is not used again."""
        server = self._connected()
        try:
            server.send_message(message)
        except smtplib.SMTPServerDisconnected as error:
            self._hang_up()
            raise NotNow(type(error).__name__) from None
        except (smtplib.SMTPException, OSError) as error:
            self._hang_up()
            raise _judged(error) from None

    def _connected(self) -> smtplib.SMTP:
        if self._server is None:
            try:
                self._server = self._connect()
            except (smtplib.SMTPException, OSError) as error:
                raise Unreachable(_fault(error)) from None
        return self._server

    def _connect(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        if self.tls:
            server: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=TIMEOUT, context=context)
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=TIMEOUT)
        try:
            if self.starttls:
                server.starttls(context=context)
            if self.user:
                server.login(self.user, self.password)
        except BaseException:
            server.close()
            raise
        return server

    def _hang_up(self) -> None:
        server, self._server = self._server, None
        if server is None:
            return
        try:
            server.quit()
        except (smtplib.SMTPException, OSError):
            server.close()


def _port(parts: SplitResult) -> int | None:
    try:
        return parts.port
    except ValueError:
        raise ValueError("SMTP_URL: the port must be a number from 1 to 65535.") from None


def _judged(error: Exception) -> Refused | NotNow:
    """A 5xx about the recipient or the content is final; anything about us (sender, sign-in) may be mended meanwhile."""
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return Refused(_fault(error))
    if isinstance(error, smtplib.SMTPRecipientsRefused | smtplib.SMTPDataError) and _code(error) >= 500:
        return Refused(_fault(error))
    return NotNow(_fault(error))


def _code(error: Exception) -> int:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return max((code for code, _ in error.recipients.values()), default=0)
    return error.smtp_code if isinstance(error, smtplib.SMTPResponseException) else 0


def _fault(error: Exception) -> str:
    return f"{type(error).__name__} {_code(error) or ''}".strip()
