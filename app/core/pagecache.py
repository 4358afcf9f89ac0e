"""Public pages kept rendered and compressed, per process, and answered with 304 when the reader has them already.

An entry stands under (path with its known query, version) and ends at the next moment that changes what is now and what is
next. So "now" moves on without rendering each second, and nobody is shown a page older than its data (by half a second, where
another process wrote: `versions`). It is compressed when a reader first asks for that.
"""

from __future__ import annotations

import gzip
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache, wraps
from threading import Lock
from typing import TYPE_CHECKING, Any

import brotli
from flask import Response, current_app, g, make_response, request
from werkzeug.datastructures import Headers
from werkzeug.datastructures.mixins import ImmutableHeadersMixin

from app.core import clock, security
from app.core.versions import Stamp, Versions

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

MAX_ENTRIES, MAX_BYTES = 2000, 64 * 1024 * 1024
FOREVER = timedelta(days=1)
MIN_COMPRESSED = 400
MAX_PARAM = 80
MAX_ACCEPT = 200
# What a view may say itself; above all no cookie.
OWN_HEADERS = frozenset(
    {"Content-Type", "Content-Language", "Content-Disposition", "Access-Control-Allow-Origin", "Cross-Origin-Resource-Policy"}
)
NOT_FOR_304 = frozenset({"Content-Type", "Content-Length", "Content-Encoding"})


class SealedHeaders(ImmutableHeadersMixin, Headers):  # type: ignore[misc]
    """Headers that many answers share, so nobody may change them."""

    def __init__(self, values: Iterable[tuple[str, str]]) -> None:
        super().__init__()
        self._list: list[tuple[str, str]] = list(values)


class Sealed(Response):
    """An answer that was finished before it was asked for: body and headers go out as they are."""

    sealed = True
    default_mimetype = None  # a 304 has no type, and its headers are not to be touched

    def __init__(self, status: int, headers: SealedHeaders, body: bytes) -> None:
        super().__init__([body] if body else [], status, headers)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """The WSGI answer, without the checks that were made when it was sealed."""
        start_response(self.status, list(self.headers))
        return () if environ["REQUEST_METHOD"] == "HEAD" else self.response  # type: ignore[return-value]


@dataclass(slots=True)
class CachedPage:
    """One page: its bytes and headers in each encoding that was asked for, those of "not modified", and until when it is true."""

    bodies: dict[str, bytes]
    shared: Headers
    etag: str
    until: datetime
    compressible: bool = False
    headers: dict[str, SealedHeaders] = field(default_factory=dict)
    unchanged: SealedHeaders = field(init=False)

    def __post_init__(self) -> None:
        self.unchanged = SealedHeaders([header for header in self.shared if header[0] not in NOT_FOR_304])

    @property
    def encodings(self) -> Container[str]:
        """What the page can be compressed with."""
        return COMPRESS if self.compressible else ()

    @property
    def weight(self) -> int:
        """Bytes of all encodings that were made."""
        return sum(map(len, self.bodies.values()))

    def encoded(self, encoding: str) -> tuple[bytes, SealedHeaders]:
        """Body and headers in this encoding, made once (twice when two readers ask at the same moment)."""
        if encoding not in self.headers:
            body = self.bodies.get(encoding)
            body = self.bodies[encoding] = COMPRESS[encoding](self.bodies["identity"]) if body is None else body
            self.headers[encoding] = _sealed(self.shared, encoding, len(body))
        return self.bodies[encoding], self.headers[encoding]


class PageCache:
    """The most recently used pages, at most `MAX_ENTRIES` of at most `MAX_BYTES` together; safe for threads."""

    def __init__(self, size: int = MAX_ENTRIES, room: int = MAX_BYTES) -> None:
        self._size, self._room, self._weight = size, room, 0
        self._entries: OrderedDict[tuple[Any, ...], CachedPage] = OrderedDict()
        self._weights: dict[tuple[Any, ...], int] = {}
        self.versions = Versions()
        self._lock = Lock()

    @property
    def weight(self) -> int:
        """Bytes of everything that is kept."""
        return self._weight

    def find(self, key: tuple[Any, ...], now: datetime) -> CachedPage | None:
        """The entry under `key` while it is true."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None or now >= entry.until:
                return None
            self._entries.move_to_end(key)
            return entry

    def keep(self, key: tuple[Any, ...], entry: CachedPage) -> None:
        """Store, or weigh again what was compressed since, dropping the pages that were asked for longest ago."""
        with self._lock:
            self._drop(key)
            self._entries[key], self._weights[key] = entry, entry.weight
            self._weight += self._weights[key]
            while len(self._entries) > self._size or self._weight > self._room:
                self._drop(next(iter(self._entries)))

    def _drop(self, key: tuple[Any, ...]) -> None:
        if self._entries.pop(key, None) is not None:
            self._weight -= self._weights.pop(key)

    def clear(self) -> None:
        """Forget everything (tests)."""
        with self._lock:
            self._entries.clear()
            self._weights.clear()
            self._weight = 0
        self.versions.forget()


def cached(version: Callable[..., Stamp | str], params: Iterable[str] = ()) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Keep the answers of a public view while its version (`version(**view_args)`, a stamp or a constant) stays the same.

    `params` names the query parameters the page knows: the first value of each, cut at 80 characters; others do not make
    a page of their own and stand in no link of it (`g.page_query`). A version of None means that the thing does not
    exist: the view is asked and raises. The view may call `valid_until(response, moment)`.

    A page is kept under the version that its own transaction read before it: of two servers that differ, an older page
    never stands under the newer version.
    """
    known = tuple(params)

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def guarded(**view_args: Any) -> Response:
            query = tuple((name, request.args[name][:MAX_PARAM]) for name in known if name in request.args)
            g.page_query = query
            stamp, now = version(**view_args), clock.now()
            cache: PageCache = current_app.extensions["pagecache"]
            current = cache.versions.recall(stamp) if isinstance(stamp, Stamp) else stamp
            key = (request.path, query, current)
            entry = cache.find(key, now) if current is not None else None
            if entry is None:
                read = stamp.read_with_page() if isinstance(stamp, Stamp) else stamp
                response = make_response(view(**view_args))
                if read is None or response.status_code != 200:
                    return response
                key, entry = (request.path, query, read), _entry(response, now)
                cache.keep(key, entry)
            return _answer(cache, key, entry)

        return guarded

    return decorate


def valid_until(response: Response, moment: datetime | None) -> Response:
    """Say when what is shown stops being true (the next start, end or midnight)."""
    response.valid_until = moment  # type: ignore[attr-defined]
    return response


def _entry(response: Response, now: datetime) -> CachedPage:
    body = response.get_data()
    etag = hashlib.blake2b(body, digest_size=9).hexdigest()
    response.headers = Headers([header for header in response.headers if header[0] in OWN_HEADERS])
    response.headers.extend({"Cache-Control": "public, no-cache", "Vary": "Accept-Encoding", "ETag": f'W/"{etag}"'})
    shared = security.add_headers(response).headers
    until = getattr(response, "valid_until", None) or now + FOREVER
    packed = (response.mimetype or "").startswith("image/")  # a PNG is compressed already
    return CachedPage({"identity": body}, shared, etag, until, compressible=len(body) >= MIN_COMPRESSED and not packed)


def _sealed(shared: Headers, encoding: str, length: int) -> SealedHeaders:
    own = [("Content-Length", str(length)), *([("Content-Encoding", encoding)] if encoding != "identity" else [])]
    return SealedHeaders([*shared, *own])


def _answer(cache: PageCache, key: tuple[Any, ...], entry: CachedPage) -> Response:
    environ = request.environ
    if entry.etag in environ.get("HTTP_IF_NONE_MATCH", ""):
        return Sealed(304, entry.unchanged, b"")
    encoding = best_encoding(environ.get("HTTP_ACCEPT_ENCODING", ""), entry.encodings)
    before = len(entry.bodies)
    body, headers = entry.encoded(encoding)
    if len(entry.bodies) > before:
        cache.keep(key, entry)
    return Sealed(200, headers, body)


def _brotli(body: bytes) -> bytes:
    return bytes(brotli.compress(body, quality=5, mode=brotli.MODE_TEXT))


def _gzip(body: bytes) -> bytes:
    return gzip.compress(body, 6, mtime=0)


COMPRESS: dict[str, Callable[[bytes], bytes]] = {"br": _brotli, "gzip": _gzip}


def best_encoding(accepted: str, bodies: Container[str]) -> str:
    """Brotli, else gzip, else as it is; an encoding refused with q=0 is not taken."""
    offered = _offered(accepted[:MAX_ACCEPT])
    return next((encoding for encoding in ("br", "gzip") if encoding in offered and encoding in bodies), "identity")


@lru_cache(maxsize=256)
def _offered(accepted: str) -> frozenset[str]:
    """The encodings that are named and not refused. Browsers send one of a few headers, so the answers are kept."""
    offered = set()
    for part in accepted.lower().split(","):
        name, _, quality = part.partition(";")
        if quality.replace(" ", "").rstrip("0.") != "q=":
            offered.add(name.strip())
    return frozenset(offered)
