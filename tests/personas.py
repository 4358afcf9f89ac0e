"""The four people of the product as test clients: each does what such a person can, by its pages, its API or the terminal, and
nothing else. A browser here runs no scripts and sends forms as they stand on the page."""

from __future__ import annotations

import shlex
import uuid
from pathlib import Path
from typing import Any, Self
from urllib.parse import urljoin, urlsplit

from flask import Flask
from werkzeug.test import TestResponse

from app.core import clock
from app.mail import postbox
from app.mail.postbox import StoredMail
from app.mail.sender import send_due
from app.mail.transports import FolderTransport
from tests import html
from tests.conftest import HOST, OWN, browser_of


class Organiser:
    """Who sets an event up, with the command line."""

    def __init__(self, app: Flask) -> None:
        self.app = app

    def runs(self, command: str) -> str:
        """What `flask <command>` prints. It must go well."""
        done = self.app.test_cli_runner().invoke(args=shlex.split(command))
        assert done.exit_code == 0, done.output
        return done.output

    def sets(self, event: str, *settings: str) -> str:
        """Change settings of an event: `sets("kaskinen-2026", "status=cancelled")`."""
        return self.runs(f"event set {event} {shlex.join(settings)}")

    def enrols(self, event: str, name: str, *lists: str, supervise: bool = False) -> str:
        """The one-time address that makes a phone a scanner of these lists."""
        options = [f"--list={slug}" for slug in lists] + ["--supervise"] * supervise
        return self.runs(f"device enrol {event} {shlex.join(options)} --name={shlex.quote(name)}").split()[-1]


class Reader:
    """Somebody with a browser without scripts that asks for pages in `lang`; `page` is what is open in it."""

    page: TestResponse

    def __init__(self, app: Flask, lang: str) -> None:
        self.lang, self.client = lang, browser_of(app)
        self.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = lang

    def opens(self, address: str) -> Self:
        """Follow an address, also a whole one, to the page it leads to."""
        return self._shows(self.client.get(_path(address), follow_redirects=True))

    def follows(self, words: str) -> Self:
        """Open the link with these words on the page."""
        (address,) = {link.get("href") for link in html.every(self.page, "a[href]") if html.words(link) == words}
        return self.opens(urljoin(self.page.request.path, address))

    def presses(self, words: str = "", **fields: Any) -> Self:
        """Send the form of the button with these words (else the main part's only form) as it stands, with `fields` typed into
        it; open where it leads."""
        (form,) = [each for each in html.every(self.page, "main form") if not words or words in html.texts(each, "button")]
        unknown = fields.keys() - form.fields.keys()
        assert not unknown, f"the form has no fields {unknown}"
        sent = {name: value for name, value in form.form_values() if name not in fields} | fields
        where = urljoin(self.page.request.path, form.get("action", ""))
        send = self.client.post if form.method == "POST" else self.client.get
        named = {"data" if form.method == "POST" else "query_string": sent}
        return self._shows(send(where, headers=OWN, follow_redirects=True, **named))

    def reads(self, css: str | None = None) -> str:
        """The words of the one element that matches, else of the main part."""
        return html.words(self.page, css) if css else html.said(self.page)

    def sees(self, css: str) -> list[str]:
        """The words of each element that matches."""
        return html.texts(self.page, css)

    def _shows(self, answer: TestResponse) -> Self:
        assert answer.status_code == 200, (answer.request.path, answer.status_code, html.said(answer))
        self.page = answer
        return self


class Resident(Reader):
    """Who lives in Kaskinen and wants to know what is on: reads Finnish, or Swedish."""

    def __init__(self, app: Flask, lang: str = "fi") -> None:
        super().__init__(app, lang)


class Visitor(Reader):
    """A guest from Alytus who reads Lithuanian, registers, and reads mail; `folder` is where all mail arrives."""

    def __init__(self, app: Flask, folder: Path, lang: str = "lt", name: str = "Rasa Kazlauskienė") -> None:
        super().__init__(app, lang)
        self.app, self.folder, self.name, self.email = app, folder, name, f"{uuid.uuid4().hex[:8]}@alytus.example"
        self._read: set[str] = set()

    def registers(self, event: str, **fields: Any) -> Self:
        """Fill in the form of an event and send it; the page of the registration opens."""
        values = {"name": self.name, "email": self.email} | fields
        return self.opens(f"/{self.lang}/events/{event}/register").presses(**values)

    def mails(self) -> list[StoredMail]:
        """The mails that this guest has not read yet, when everything that is due has been sent."""
        with self.app.app_context():
            send_due(FolderTransport(self.folder), clock.now())
        names = {path.stem for path in self.folder.glob("*.eml")} - self._read
        self._read |= names
        return [mail for name in names if (mail := postbox.find(self.folder, name)) and mail.to == self.email]

    def opens_mail(self) -> StoredMail:
        """Open the first link of the one mail that has come since; the mail."""
        (mail,) = self.mails()
        self.opens(next(word for word in mail.text.split() if word.startswith("https://")))
        return mail

    def code(self) -> str:
        """What the QR on the open ticket holds."""
        (ticket,) = html.json_ld(self.page)
        return str(ticket["reservedTicket"]["ticketToken"]).rpartition("/")[2]


class Volunteer(Reader):
    """Who holds an enrolled phone at the door; it does by itself what the page's script would."""

    def __init__(self, app: Flask, address: str, lang: str = "fi", check_in_list: str = "main-door") -> None:
        super().__init__(app, lang)
        self.check_in_list, self._sent = check_in_list, 0
        self.opens(address)
        self._posts("/api/v1/enrolments", {"token": urlsplit(address).fragment, "language": lang})

    def scans(self, code: str | None, **fields: Any) -> str:
        """The result of one scan, made now and sent at once."""
        return self.delivers(self.scanned(code, **fields))[0]

    def scanned(self, code: str | None, **fields: Any) -> dict[str, Any]:
        """A scan as the phone keeps it until it has a network: `fields` such as `mode="offline"`, `direction` or `undoes`."""
        self._sent += 1
        return {
            "id": str(uuid.uuid4()), "seq": self._sent, "list": self.check_in_list, "code": code, "at": _now(), "mode": "online",
            "direction": "entry", "count": 1, "local": None,
        } | fields  # fmt: skip

    def delivers(self, *scans: dict[str, Any]) -> list[str]:
        """The results of these scans."""
        answer = self._posts("/api/v1/scans", {"sent_at": _now(), "scans": scans})
        return [each["result"] for each in answer["results"]]

    def _posts(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = self.client.post(path, json=body, headers=OWN | {"Origin": f"https://{HOST}"})
        assert answer.status_code == 200, answer.json
        return dict(answer.get_json())


def _path(address: str) -> str:
    return address.removeprefix(f"https://{HOST}").partition("#")[0]


def _now() -> str:
    return clock.now().isoformat().replace("+00:00", "Z")
