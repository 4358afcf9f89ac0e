"""The demo's mails on a page: nobody gets them by post. Outside the demo there is nothing at these addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from flask import Blueprint, Flask, Response, current_app, g

from app.core import clock
from app.core.babel import ngettext
from app.core.errors import NotFound
from app.core.web import access, render
from app.i18n.routing import wanted_language
from app.mail import postbox
from app.mail.postbox import StoredMail

root_bp = Blueprint("demo", __name__)
PICTURE = "image/png"
_ADDRESS = re.compile(r"(https?://\S+)")


@root_bp.get("/demo/mails/")
@access.link
def mails() -> Response:
    """Every mail that the demo wrote, newest first. Raises `NotFound` outside the demo."""
    folder = _folder()
    return render("demo/mails.html", mails=postbox.newest(folder), age=_age, in_language=_same)


@root_bp.get("/demo/mails/<name>")
@access.link
def mail(name: str) -> Response:
    """One mail as its reader sees it: the text with its links, the picture inside, the files. Raises `NotFound`."""
    found = _found(name)
    pictures = [number for number, part in enumerate(found.parts) if part.content_type == PICTURE]
    return render("demo/mail.html", mail=found, pictures=pictures, pieces=_pieces(found.text), age=_age, in_language=_same)


@root_bp.get("/demo/mails/<name>/<int:number>")
@access.link
def part(name: str, number: int) -> Response:
    """A part of a mail: a picture to be shown, anything else (also the HTML) to be saved. Raises `NotFound`."""
    found = _found(name)
    if number >= len(found.parts):
        raise NotFound
    asked = found.parts[number]
    response = Response(asked.data, mimetype=asked.content_type if asked.content_type == PICTURE else "application/octet-stream")
    if asked.content_type != PICTURE:
        response.headers.set("Content-Disposition", "attachment", filename=asked.name)
    return response


def _folder() -> Path:
    """The folder of mails, in the reader's language: these addresses have none of their own."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    g.lang = wanted_language()
    if not app.extensions["settings"].demo:
        raise NotFound
    return postbox.folder_of(app)


def _found(name: str) -> StoredMail:
    found = postbox.find(_folder(), name)
    if found is None:
        raise NotFound
    return found


def _same(code: str) -> str:
    """The switch of languages leads home from here: the mails are in their own languages."""
    return f"/{code}/"


def _age(mail: StoredMail) -> str:
    minutes = max(int((clock.now() - mail.written_at).total_seconds() // 60), 0)
    if minutes < 60:
        return str(ngettext("%(num)s minute ago", "%(num)s minutes ago", minutes))
    hours = minutes // 60
    if hours < 48:
        return str(ngettext("%(num)s hour ago", "%(num)s hours ago", hours))
    return str(ngettext("%(num)s day ago", "%(num)s days ago", hours // 24))


def _pieces(text: str) -> Iterator[tuple[str, bool]]:
    """The text in pieces, each with whether it is an address."""
    return ((piece, number % 2 == 1) for number, piece in enumerate(_ADDRESS.split(text)) if piece)
