"""Kept pages: what is kept, for how long, in which encoding, and under which headers."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import datetime, timedelta

import brotli
import pytest
from flask import Flask, Response, request
from flask.testing import FlaskClient
from werkzeug.datastructures import Headers

from app.core import clock, pagecache, security
from app.core.pagecache import PageCache, cached, valid_until
from tests.conftest import NOON

pytestmark = pytest.mark.once

TEXT = "<p>Kulttuurihelmi</p>" * 100


class Site:
    """A small site with one page; counts how often the page was made."""

    def __init__(self) -> None:
        self.version: int | None = 1
        self.made = 0
        self.until: datetime | None = None
        self.app = Flask("site")
        self.app.config.update(SECURE=True, OWN_ORIGINS=frozenset())
        self.app.extensions["pagecache"] = PageCache()
        security.init_app(self.app)
        self.app.add_url_rule("/", view_func=cached(lambda: self.version, params=("q",))(self.page))

    def page(self) -> Response:
        """The page, with its number."""
        self.made += 1
        status = 503 if self.version == 503 else 200
        body = f"{TEXT} {self.made} {request.args.get('q', '')}"
        return valid_until(Response(body, status, {"Content-Language": "fi", "Set-Cookie": "a=b"}), self.until)


@pytest.fixture
def site() -> Site:
    """A fresh site."""
    return Site()


@pytest.fixture
def visitor(site: Site) -> Iterator[FlaskClient]:
    """Somebody who looks at it."""
    with site.app.test_client() as browser:
        yield browser


def test_page_is_made_once_for_each_version(site, visitor):
    first, second = visitor.get("/").data, visitor.get("/").data
    site.version = 2

    assert first == second != visitor.get("/").data
    assert site.made == 2


def test_page_is_made_again_when_it_stops_being_true(site, visitor, noon):
    site.until = NOON + timedelta(minutes=5)
    bodies = []
    for passed in (0, 4, 5):
        with clock.travelled_to(NOON + timedelta(minutes=passed)):
            bodies.append(visitor.get("/").data)

    assert bodies[0] == bodies[1] != bodies[2]


def test_only_known_parameters_make_a_page_of_their_own(site, visitor):
    for query in ("", "?utm=1", "?q=a", "?q=a&x=2", "?q=b"):
        visitor.get("/" + query)

    assert site.made == 3


def test_nothing_is_kept_of_what_is_not_there_or_not_well(site, visitor):
    for version in (None, None, 503, 503):
        site.version = version
        visitor.get("/")

    assert site.made == 4


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br", "br"), ("br;q=0.1, gzip", "br"), ("gzip", "gzip"), ("br;q=0, gzip", "gzip"), ("br; q=0.000", None),
        ("BR", "br"), ("", None), ("identity", None), ("x" * 5000 + ", br", None), (";;,,q=", None),
    ],
)  # fmt: skip
def test_encoding_is_the_best_that_is_accepted(visitor, accepted, encoding):
    answer = visitor.get("/", headers={"Accept-Encoding": accepted})
    unpacked = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}[encoding](answer.data)

    assert answer.headers.get("Content-Encoding") == encoding
    assert unpacked.startswith(TEXT.encode())
    assert int(answer.headers["Content-Length"]) == len(answer.data)


def test_every_answer_has_one_etag_and_the_strict_headers(visitor):
    answers = [visitor.get("/", headers={"Accept-Encoding": accepted}) for accepted in ("br", "gzip", "", "br")]

    assert len({answer.headers["ETag"] for answer in answers}) == 1
    for answer in answers:
        names = [name for name, _ in answer.headers]
        assert len(names) == len(set(names))
        assert answer.headers["Cache-Control"] == "public, no-cache"
        assert answer.headers["Vary"] == "Accept-Encoding"
        assert answer.headers["Content-Language"] == "fi"
        assert dict(security.PAGE_HEADERS).items() <= dict(answer.headers).items()
        assert "Strict-Transport-Security" in names
        assert "Set-Cookie" not in names


@pytest.mark.parametrize("sent", ["{etag}", '"other", {etag}', "{strong}"])
def test_reader_who_has_the_page_is_told_so(visitor, sent):
    etag = visitor.get("/").headers["ETag"]
    answer = visitor.get("/", headers={"If-None-Match": sent.format(etag=etag, strong=etag.removeprefix("W/"))})

    assert (answer.status_code, answer.data, answer.headers["ETag"]) == (304, b"", etag)
    assert not {"Content-Type", "Content-Length", "Content-Encoding"} & set(dict(answer.headers))


def test_head_is_answered_without_the_body(visitor):
    answer, page = visitor.head("/"), visitor.get("/")

    assert (answer.data, answer.headers["Content-Length"]) == (b"", page.headers["Content-Length"])


def test_headers_of_a_kept_page_cannot_be_changed(site):
    with site.app.test_request_context("/"):
        kept = site.app.view_functions["page"]()

        with pytest.raises(TypeError, match="immutable"):
            kept.headers["Set-Cookie"] = "a=b"


def test_cache_drops_the_page_that_was_asked_for_longest_ago():
    cache = PageCache(size=2)
    entry = pagecache.CachedPage({}, Headers(), "", NOON + timedelta(days=1))
    for key in ("a", "b"):
        cache.keep((key,), entry)
    cache.find(("a",), NOON)
    cache.keep(("c",), entry)

    assert [cache.find((key,), NOON) is not None for key in ("a", "b", "c")] == [True, False, True]


def test_cache_drops_pages_when_they_weigh_too_much_together():
    cache = PageCache(room=100)

    def entry(length):
        return pagecache.CachedPage({"identity": b"x" * length, "br": b"x" * 10}, Headers(), "", NOON + timedelta(days=1))

    for key in ("a", "b", "c"):
        cache.keep((key,), entry(20))
    for _ in range(5):
        cache.keep(("c",), entry(25))  # made anew, not counted twice
    assert [cache.find((key,), NOON) is not None for key in ("a", "b", "c")] == [True, True, True]
    cache.keep(("d",), entry(30))

    # 30 + 30 + 35 + 40: two must go, those that were found longest ago
    assert [cache.find((key,), NOON) is not None for key in ("a", "b", "c", "d")] == [False, False, True, True]
    cache.keep(("huge",), entry(1000))
    assert cache.find(("huge",), NOON) is None


def test_a_page_is_compressed_when_somebody_asks_for_that_and_weighs_what_was_made(site, visitor, monkeypatch):
    packed = []
    for encoding, pack in pagecache.COMPRESS.items():
        monkeypatch.setitem(
            pagecache.COMPRESS, encoding, lambda body, pack=pack, name=encoding: packed.append(name) or pack(body)
        )
    cache, weights = site.app.extensions["pagecache"], []
    for accepted in ("", "br", "br", "gzip", "br, gzip", ""):
        answer = visitor.get("/", headers={"Accept-Encoding": accepted})
        weights.append(cache.weight)

    assert packed == ["br", "gzip"]
    assert weights[0] == len(answer.data)
    assert weights[0] < weights[1] == weights[2] < weights[3] == weights[4] == weights[5]
    assert site.made == 1
