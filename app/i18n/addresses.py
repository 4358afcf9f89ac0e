"""The addresses of pages for feeds, mails and print; `base_url` has no slash at its end."""

from __future__ import annotations


def event_path(slug: str) -> str:
    """An event's page, without its language."""
    return f"/events/{slug}/"


def town_path(slug: str) -> str:
    """A town's page, without its language."""
    return f"/towns/{slug}/"


def event_url(base_url: str, lang: str, slug: str) -> str:
    """An event's page; what belongs to it lies below."""
    return f"{base_url}/{lang}{event_path(slug)}"


def item_url(base_url: str, lang: str, slug: str, number: int) -> str:
    """The page of a row of an event's agenda."""
    return f"{event_url(base_url, lang, slug)}items/{number}/"


def card_url(base_url: str, lang: str, slug: str) -> str:
    """The picture that is shown where an event is shared."""
    return f"{event_url(base_url, lang, slug)}card.png"


def short_url(base_url: str, slug: str) -> str:
    """What is shared and printed: it opens an event in the reader's own language."""
    return f"{base_url}/e/{slug}"


def town_url(base_url: str, lang: str, slug: str) -> str:
    """A town's page."""
    return f"{base_url}/{lang}{town_path(slug)}"


def ticket_url(base_url: str, lang: str, secret: str) -> str:
    """The page of a ticket's holder; what can be done with it lies below."""
    return f"{base_url}/{lang}/tickets/{secret}/"


def confirmation_url(base_url: str, lang: str, secret: str) -> str:
    """The page on which the owner of a mail address confirms it."""
    return f"{base_url}/{lang}/confirm/{secret}/"
