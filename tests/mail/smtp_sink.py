"""A real SMTP server (aiosmtpd) on a free port: keeps what it is given, refuses whom it is told to, hangs up when asked."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass
class Taken:
    """One message as the server got it."""

    sender: str
    recipients: list[str]
    data: bytes


@dataclass
class Sink:
    """The server's handler. `refuse` maps a recipient to the server's answer; `pause` seconds pass before a message is taken.

    `hang_up` ends the connection instead of answering to so many messages that are whole. `on_taken` is called with each
    message that the server has kept, before it says so.
    """

    port: int = 0
    taken: list[Taken] = field(default_factory=list)
    refuse: dict[str, str] = field(default_factory=dict)
    answer_data: str = "250 taken"
    pause: float = 0
    hang_up: int = 0
    connections: int = 0
    encrypted: list[bool] = field(default_factory=list)
    on_taken: Callable[[Taken], None] = lambda _: None
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, answers: list[str]
    ) -> list[str]:
        session.host_name = hostname
        if session.ssl is None:  # a second EHLO follows STARTTLS
            self.connections += 1
        return answers

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        answer = self.refuse.get(address, "250 ok")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        await asyncio.sleep(self.pause)
        if self.hang_up > 0:
            self.hang_up -= 1
            assert server.transport is not None
            server.transport.abort()
            return "421 gone"
        if self.answer_data.startswith("250"):
            assert isinstance(envelope.content, bytes)
            message = Taken(str(envelope.mail_from), list(envelope.rcpt_tos), envelope.content)
            with self.lock:
                self.taken.append(message)
                self.encrypted.append(session.ssl is not None)
            self.on_taken(message)
        return self.answer_data


@contextmanager
def smtp_sink(**options: Any) -> Iterator[Sink]:
    """A server that runs while the block does; `options` are aiosmtpd's, such as `tls_context`."""
    sink = Sink()
    controller = Controller(sink, hostname="127.0.0.1", port=free_port(), **options)
    controller.start()
    sink.port = controller.port
    try:
        yield sink
    finally:
        controller.stop()


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def signed_in_with(user: str, password: str) -> dict[str, Any]:
    """Options of a server that wants this user, over TLS only."""

    def check(server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: Any) -> AuthResult:
        known = isinstance(given, LoginPassword) and given == LoginPassword(user.encode(), password.encode())
        return AuthResult(success=known, handled=known)  # else the server sends the refusal

    return {
        "authenticator": check, "auth_required": True, "auth_require_tls": True, "auth_exclude_mechanism": ["LOGIN"],
    }  # fmt: skip


def certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """A certificate for 127.0.0.1 that vouches for itself: its file, for who shall trust it, and the server's context."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    trusted, private = folder / "server.pem", folder / "server.key"
    trusted.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(trusted, private)
    return trusted, context
