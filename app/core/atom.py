"""Atom feeds (RFC 4287): what others subscribe to, to hear of changes. Knows no domain: a feed is its entries."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree import ElementTree

from app.core.plain import xml_text

NAMESPACE = "http://www.w3.org/2005/Atom"
TYPE = "application/atom+xml"
MOST = 100  # entries
ElementTree.register_namespace("", NAMESPACE)


@dataclass(frozen=True, slots=True)
class AtomEntry:
    """One change of one thing, under an id of its own, and when it was. `lines` say it in plain words; `lang` is the title's
    language."""

    id: uuid.UUID
    title: str
    lang: str
    updated_at: datetime
    link: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed at the address `own`, of what the page `page` shows, in one language. `subject` is the id of the thing it is about:
    with it the feed stays the same one when the site moves."""

    subject: uuid.UUID
    title: str
    lang: str
    author: str
    own: str
    page: str


def write(feed: Feed, entries: Iterable[AtomEntry], began_at: datetime) -> bytes:
    """The document, its entries in the order in which they are given, the newest first. It is as new as they are; `began_at`
    while there is none."""
    newest = list(entries)
    root = ElementTree.Element(_name("feed"), {"xml:lang": feed.lang})
    _say(root, "id", f"urn:uuid:{uuid.uuid5(feed.subject, f'changes {feed.lang}')}")
    _say(root, "title", feed.title)
    _say(root, "updated", moment(newest[0].updated_at if newest else began_at))
    _say(ElementTree.SubElement(root, _name("author")), "name", feed.author)
    ElementTree.SubElement(root, _name("link"), {"rel": "self", "type": TYPE, "href": feed.own})
    _link(root, feed.page, feed.lang)
    for entry in newest:
        _add(root, entry, feed.lang)
    document: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return document


def moment(value: datetime) -> str:
    """`2026-06-16T15:04:05Z`."""
    return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _add(root: ElementTree.Element, entry: AtomEntry, lang: str) -> None:
    node = ElementTree.SubElement(root, _name("entry"), {} if entry.lang == lang else {"xml:lang": entry.lang})
    _say(node, "id", f"urn:uuid:{entry.id}")
    _say(node, "title", entry.title)
    _say(node, "updated", moment(entry.updated_at))
    _link(node, entry.link, lang)
    _say(node, "summary", "\n".join(entry.lines))


def _link(parent: ElementTree.Element, page: str, lang: str) -> None:
    ElementTree.SubElement(parent, _name("link"), {"rel": "alternate", "type": "text/html", "hreflang": lang, "href": page})


def _say(parent: ElementTree.Element, name: str, text: str) -> None:
    ElementTree.SubElement(parent, _name(name)).text = xml_text(text)


def _name(local: str) -> str:
    return f"{{{NAMESPACE}}}{local}"
