"""A mail's content, said once and written twice: as plain text and as an HTML twin that says the same."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from flask import render_template

from app.i18n.texts import Shown
from app.mail.service import Attachment, Mail

_BLANK = re.compile(r"\n{3,}")


@dataclass(frozen=True, slots=True)
class Link:
    """Words and a whole address."""

    words: str
    address: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture inside the mail: the `cid` of its attachment, what it shows in words, and its side in pixels."""

    cid: str
    words: str
    side: int


@dataclass(frozen=True, slots=True)
class News:
    """Something that changed: what, and a few lines about it."""

    title: str
    lines: tuple[str, ...]


@dataclass(slots=True)
class Letter:
    """What a mail says, in the order in which it says it; empty parts are left out. Every text is ready to be shown."""

    subject: str
    title: str | Shown
    greeting: str = ""
    opening: list[str] = field(default_factory=list)
    news: list[News] = field(default_factory=list)
    button: Link | None = None
    picture: Picture | None = None
    under_picture: list[str] = field(default_factory=list)
    facts: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    closing: list[str] = field(default_factory=list)
    linked: dict[str, Any] | None = None  # the same for programs, as JSON-LD

    def mail(self, to: str, attachments: tuple[Attachment, ...] = ()) -> Mail:
        """The letter to this address, in the language of the present request context."""
        text = _BLANK.sub("\n\n", render_template("email/letter.txt", letter=self)).strip()
        return Mail(to, self.subject, f"{text}\n", render_template("email/letter.html", letter=self), attachments)
