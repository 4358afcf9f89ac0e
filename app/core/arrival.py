"""Requests as they arrive, before Flask: whose address a visitor has, and which host they asked for."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from flask import Flask

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication

_HOST = re.compile(r"(.*?)\.?(:\d*)?")
_WITH_PORT = re.compile(r"\[([^\]]*)\](?::\d+)?|([^:]*):\d+")
UNREADABLE = "unreadable"


def init_app(app: Flask, proxies: int) -> None:
    """Put requests in order as they arrive; `proxies` of our own stand in front."""
    app.wsgi_app = Arrival(app.wsgi_app, proxies)  # type: ignore[method-assign]


class Arrival:
    """Takes the visitor's address from the last `proxies` entries of X-Forwarded-For, which our own proxies wrote, and reads
    `Host` as names are read: `PEARLS.example.` is `pearls.example`.

    Never the host or the scheme from a header of a proxy: those are PUBLIC_BASE_URL's.
    """

    def __init__(self, app: WSGIApplication, proxies: int) -> None:
        self._app, self._proxies = app, proxies

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """One request."""
        if host := environ.get("HTTP_HOST"):
            environ["HTTP_HOST"] = plain_host(host)
        if self._proxies and (visitor := _visitor(environ.get("HTTP_X_FORWARDED_FOR", ""), self._proxies)):
            environ["REMOTE_ADDR"] = visitor
        return self._app(environ, start_response)


def plain_host(host: str) -> str:
    """`host` or `host:port` in small letters, without the dot that may end a full name."""
    found = _HOST.fullmatch(host.lower())
    return f"{found[1]}{found[2] or ''}" if found else host


def _visitor(forwarded: str, proxies: int) -> str | None:
    """The address that the outermost of our proxies saw, without a port; None when they wrote nothing.

    Split at commas and nothing else: what a visitor sent stands further left, and no quotation mark of theirs reaches ours.
    """
    entries = [entry.strip() for entry in forwarded.split(",")]
    if not forwarded or len(entries) < proxies:
        return None
    entry = entries[-proxies]
    with_port = _WITH_PORT.fullmatch(entry)
    return (with_port[1] or with_port[2] if with_port else entry) or UNREADABLE
