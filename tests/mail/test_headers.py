"""Subjects and names in From against a strict reader of RFC 2047: every title, every kind of mail, every language."""

from __future__ import annotations

import re
import uuid
from base64 import b64decode
from itertools import product
from quopri import decodestring

import pytest
from flask import Flask

from app.core.babel import force_locale, gettext as _
from app.demo import data
from app.i18n.languages import BABEL_LOCALE, LANGUAGES
from app.mail.service import HeldMail, Mail
from app.mail.transports import message_for
from tests.conftest import ROOT

CLAIM = HeldMail(uuid.uuid4(), "note", uuid.uuid4(), "", "en", 1)
WORD = re.compile(r"=\?utf-8\?([bq])\?([!->@-~]+)\?=", re.I)  # no space and no question mark inside
SUBJECTS = re.findall(r'_\("([^"]*%\(event\)s[^"]*)"', (ROOT / "app/registration/mails.py").read_text())
NASTY = (
    "Święto  z   dwiema spacjami", "a" * 200, "ä" * 200, "word " * 40 + "end", "=?utf-8?q?fake?=", "Opening – ”quoted” (and) more",
    "100 % =? sure ?=", "x" * 66, "Ceremony , two ; marks", "😀 " * 30 + "!", "Näin=20tämä_menee",
)  # fmt: skip


def read(header: str, name: str) -> str:
    """What a strict reader makes of the header: unfolded, white space between two encoded words dropped, each decoded alone."""
    lines = header.split("\r\n")
    assert header.startswith(f"{name}: ")
    assert [line for line in lines if len(line) > 78 or line.strip(" ") == "" or line[-1] == " "] == []
    value = re.sub(r"\r\n(?=[ \t])", "", header)[len(name) + 2 :]
    found = ""
    for gap, part in re.findall(r"(\s*)(\S+)", value):
        word = WORD.fullmatch(part)
        between = "" if word and found.endswith("\0") else gap
        found = found.removesuffix("\0") + between + (f"{decoded(word)}\0" if word else part)
    return found.removesuffix("\0")


def decoded(word: re.Match[str]) -> str:
    """One encoded word, whole characters only."""
    assert len(word[0]) <= 75
    return (b64decode(word[2], validate=True) if word[1] in "bB" else decodestring(word[2].replace("_", " "))).decode("utf-8")


def sent(subject: str = "Hello", sender: str = "events@pearls.test") -> dict[str, str]:
    """The headers of a mail as they go out, by name, still folded."""
    head = (
        message_for(CLAIM, Mail("guest@example.org", subject, "Text."), sender, "pearls.test")
        .as_bytes()
        .partition(b"\r\n\r\n")[0]
    )
    whole = re.split(r"\r\n(?![ \t])", head.decode("ascii"))
    return {line.partition(":")[0]: line for line in whole}


def titles(lang: str) -> list[str]:
    """The titles of all events of the demo, as a mail in this language says them or borrows them."""
    return sorted({text for event in data.events() for text in data.wording(event.texts["title"], (lang,)).values()})


def test_a_strict_reader_gives_back_every_subject(app: Flask) -> None:
    wrong, tried = [], 0
    for lang, subject in product(LANGUAGES, SUBJECTS):
        with app.test_request_context(f"/{lang}/"), force_locale(BABEL_LOCALE[lang]):
            texts = [_(subject, event=title) for title in (*titles(lang), *NASTY)]
        tried += len(texts)
        wrong += [text for text in texts if read(sent(text)["Subject"], "Subject") != text]

    assert wrong == []
    assert tried >= 9 * 5 * (len(NASTY) + 20)


@pytest.mark.parametrize(
    "name", ["Kaskinen", "Kaskö  stad", "Rūjienas svētki, 2026", "Größe & Ehre " * 8 + "GmbH", "St. Mary’s", "a" * 90]
)
def test_a_strict_reader_gives_back_the_senders_name(name: str) -> None:
    header = sent(sender=f"{name} <events@pearls.test>")["From"]
    shown, _space, address = read(header, "From").rpartition(" ")

    assert (shown.strip('"'), address) == (name, "<events@pearls.test>")


def test_a_plain_subject_is_sent_as_it_is() -> None:
    assert sent("Your ticket: Ceremony of light")["Subject"] == "Subject: Your ticket: Ceremony of light"
    assert sent(sender="Kaskinen <events@pearls.test>")["From"] == "From: Kaskinen <events@pearls.test>"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("x@großenbrode.de", "x@xn--groenbrode-73a.de"),
        ("x@grossenbrode.de", "x@grossenbrode.de"),
        ("x@kaskö.fi", "x@xn--kask-8qa.fi"),
        ("companion@localhost", "companion@localhost"),
        ("x@under_score.example", "x@under_score.example"),
    ],
)
def test_an_address_keeps_its_domain_by_the_rules_of_2008(address: str, expected: str) -> None:
    assert sent(sender=address)["From"] == f"From: {expected}"
    message = message_for(CLAIM, Mail(address, "Hello", "Text."), "events@pearls.test", "pearls.test")

    assert message["To"] == expected
