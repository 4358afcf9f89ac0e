"""Public pages kept rendered and compressed, per process, and answered with 304 when the reader has them already.

An entry stands under (path with its known query, build, version) and ends at the next moment that changes what is now
and what is next. So "now" moves on without rendering each second, and nobody is shown a page older than its data.
"""

from __future__ import annotations

import gzip
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from threading import Lock
from typing import Any

import brotli
from flask import Response, current_app, g, make_response, request

from app.core import clock

MAX_ENTRIES = 2000
FOREVER = timedelta(days=1)
MIN_COMPRESSED = 400
MAX_PARAM = 80


@dataclass(frozen=True, slots=True)
class Entry:
    """One page: its bytes in each encoding, and until when it is true."""

    bodies: dict[str, bytes]
    etag: str
    headers: tuple[tuple[str, str], ...]
    status: int
    until: datetime


class PageCache:
    """The least recently used pages, at most `MAX_ENTRIES`; safe for threads."""

    def __init__(self, size: int = MAX_ENTRIES) -> None:
        self._size = size
        self._entries: OrderedDict[tuple[Any, ...], Entry] = OrderedDict()
        self._lock = Lock()

    def find(self, key: tuple[Any, ...], now: datetime) -> Entry | None:
        """The entry under `key` while it is true."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None or now >= entry.until:
                return None
            self._entries.move_to_end(key)
            return entry

    def keep(self, key: tuple[Any, ...], entry: Entry) -> None:
        """Store, dropping the page that was asked for longest ago."""
        with self._lock:
            self._entries[key] = entry
            self._entries.move_to_end(key)
            while len(self._entries) > self._size:
                self._entries.popitem(last=False)

    def clear(self) -> None:
        """Forget everything (tests)."""
        with self._lock:
            self._entries.clear()


def cached(
    version: Callable[..., object | None], params: Iterable[str] = ()
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Keep the answers of a public view while `version(**view_args)` stays the same.

    `params` names the query parameters the page knows: the first value of each, cut at 80 characters; others do not make
    a page of their own and stand in no link of it (`g.page_query`). A version of None means that the thing does not
    exist: the view is asked and raises. The view may call `valid_until(response, moment)`.
    """
    known = tuple(params)

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def guarded(**view_args: Any) -> Response:
            query = tuple((name, request.args[name][:MAX_PARAM]) for name in known if name in request.args)
            g.page_query = query
            current = version(**view_args)
            if current is None:
                return make_response(view(**view_args))
            cache: PageCache = current_app.extensions["pagecache"]
            key = (request.path, query, current)
            now = clock.now()
            entry = cache.find(key, now)
            if entry is None:
                response = make_response(view(**view_args))
                entry = _entry(response, now)
                if entry.status == 200:
                    cache.keep(key, entry)
            return _answer(entry)

        return guarded

    return decorate


def valid_until(response: Response, moment: datetime | None) -> Response:
    """Say when what is shown stops being true (the next start, end or midnight)."""
    response.valid_until = moment  # type: ignore[attr-defined]
    return response


def _entry(response: Response, now: datetime) -> Entry:
    body = response.get_data()
    until = getattr(response, "valid_until", None) or now + FOREVER
    bodies = {"identity": body}
    if len(body) >= MIN_COMPRESSED:
        bodies["br"] = brotli.compress(body, quality=5, mode=brotli.MODE_TEXT)
        bodies["gzip"] = gzip.compress(body, 6, mtime=0)
    kept = tuple(
        (name, value) for name, value in response.headers if name in {"Content-Type", "Content-Language", "Content-Disposition"}
    )
    return Entry(bodies, hashlib.blake2b(body, digest_size=9).hexdigest(), kept, response.status_code, until)


def _answer(entry: Entry) -> Response:
    headers = [*entry.headers, ("Cache-Control", "public, no-cache"), ("Vary", "Accept-Encoding"), ("ETag", f'W/"{entry.etag}"')]
    if entry.status == 200 and entry.etag in request.headers.get("If-None-Match", ""):
        return Response(status=304, headers=[header for header in headers if header[0] != "Content-Type"])
    encoding = best_encoding(request.headers.get("Accept-Encoding", ""), entry.bodies)
    if encoding != "identity":
        headers.append(("Content-Encoding", encoding))
    return Response(entry.bodies[encoding], status=entry.status, headers=headers)


def best_encoding(accepted: str, bodies: dict[str, bytes]) -> str:
    """Brotli, else gzip, else as it is; an encoding refused with q=0 is not taken."""
    offered = set()
    for part in accepted.lower().split(","):
        name, _, quality = part.partition(";")
        if quality.replace(" ", "").rstrip("0.") != "q=":
            offered.add(name.strip())
    return next((encoding for encoding in ("br", "gzip") if encoding in offered and encoding in bodies), "identity")
