"""The demo's postbox: the folder where its mails land instead of being sent, read for the page that shows them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import parseaddr
from pathlib import Path

from flask import Flask, current_app
from sqlalchemy import select

from app.audit.retention import RETENTION
from app.core.db import db
from app.mail.models import OutboxMail


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a mail besides its text: a picture shown inside, the HTML, a file."""

    name: str
    content_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class StoredMail:
    """A mail in the folder; `name` is its id in the outbox."""

    name: str
    to: str
    subject: str
    language: str
    written_at: datetime
    text: str
    parts: tuple[Part, ...]


def folder_of(app: Flask) -> Path:
    """Where the demo's mails are written."""
    return Path(app.instance_path) / "mails"


def newest(folder: Path, most: int = 200) -> list[StoredMail]:
    """The mails in the folder, newest first."""
    paths = sorted(_files(folder), key=lambda path: (path.stat().st_mtime, path.name), reverse=True)
    return [mail for path in paths[:most] if (mail := find(folder, path.stem))]


def find(folder: Path, name: str) -> StoredMail | None:
    """The mail of this name, which is a uuid and nothing else; None when there is none."""
    try:
        path = folder / f"{uuid.UUID(name)}.eml"
        message = message_from_bytes(path.read_bytes(), policy=default)
        written_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except (ValueError, OSError):
        return None
    body = message.get_body(("plain",))
    return StoredMail(
        name=path.stem, to=parseaddr(str(message["To"]))[1], subject=str(message["Subject"]),
        language=str(message["Content-Language"] or ""), written_at=written_at,
        text=str(body.get_content()) if body else "", parts=tuple(_parts(message)),
    )  # fmt: skip


def purge(now: datetime) -> dict[str, int]:
    """Delete the demo's files of thirty days ago, and those whose mail is no longer in the outbox. Returns how many."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    if not app.extensions["settings"].demo:
        return {"mail_files": 0}
    known = set(db.session.scalars(select(OutboxMail.id)))
    late = [path for path in _all(folder_of(app)) if _id(path) not in known or _is_old(path, now)]
    for path in late:
        path.unlink(missing_ok=True)
    return {"mail_files": len(late)}


def _parts(message: EmailMessage) -> Iterator[Part]:
    """Everything but the text itself."""
    for part in message.walk():
        if part.is_multipart() or part.get_content_type() == "text/plain":
            continue
        content = part.get_content()
        name = part.get_filename() or "mail.html"
        yield Part(name, part.get_content_type(), content if isinstance(content, bytes) else str(content).encode())


def _files(folder: Path) -> list[Path]:
    return list(folder.glob("*.eml")) if folder.is_dir() else []


def _all(folder: Path) -> list[Path]:
    """Also what a crash left half written."""
    return [path for path in folder.iterdir() if path.is_file()] if folder.is_dir() else []


def _id(path: Path) -> uuid.UUID | None:
    try:
        return uuid.UUID(path.name.removeprefix(".").removesuffix(".eml"))
    except ValueError:
        return None


def _is_old(path: Path, now: datetime) -> bool:
    return path.stat().st_mtime <= (now - RETENTION).timestamp()
