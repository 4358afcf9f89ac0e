"""Broken rules as exceptions, and the one place that turns any exception into an answer."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, g, jsonify, render_template, request
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, TimeoutError as PoolTimeout
from sqlalchemy.orm.exc import ObjectDeletedError
from werkzeug.exceptions import HTTPException, SecurityError
from werkzeug.routing import RequestRedirect

from app.core.babel import LazyString, get_locale, lazy_gettext as _l
from app.core.db import db, forget_session
from app.core.extensions import htmx
from app.core.write_queue import QueueTimeout

log = logging.getLogger(__name__)


class DomainError(Exception):
    """A broken rule: `status` is the HTTP answer, `message` a lazy sentence for the reader, `retry_after` the seconds after
    which the same may be tried again, where waiting helps."""

    retry_after: int | None = None
    status = 400
    code = "bad_request"
    message: LazyString | str = _l("This request could not be understood.")

    def __init__(self, message: LazyString | str | None = None) -> None:
        self.message = message or self.message
        super().__init__(str(self.code))


class NotFound(DomainError):
    """Nothing stands at this address, or not for you."""

    status = 404
    code = "not_found"
    message = _l("There is nothing at this address. It may have been typed wrongly, or the page has moved.")


class Unauthorised(DomainError):
    """Nobody is signed in; a subclass says the sentence."""

    status = 401
    code = "unauthorised"


class Forbidden(DomainError):
    """Somebody who is known, and has not this right; a subclass says the sentence."""

    status = 403
    code = "forbidden"


class CrossSite(DomainError):
    """A form was sent from another site."""

    status = 403
    code = "cross_site"
    message = _l("This form was sent from another site, so nothing was saved. Open the page here and send it again.")


class TooMany(DomainError):
    """Too often in a short time from the same network: nothing was saved, and later it works again."""

    status = 429
    retry_after = 600
    code = "too_many"
    message = _l(
        "Too many forms have come from your network in a short time, so this one was not saved. Please send it again in ten "
        "minutes."
    )


class InvalidInput(DomainError):
    """A form with mistakes: `fields` maps a field's name to its sentence."""

    status = 422
    code = "invalid"
    message = _l("Something in the form needs your attention.")

    def __init__(self, fields: Mapping[str, LazyString | str] | None = None, **named: LazyString | str) -> None:
        self.fields: dict[str, LazyString | str] = dict(fields or {}) | named
        super().__init__()


TITLES: dict[int, LazyString] = {
    400: _l("The request could not be understood"),
    401: _l("Not signed in"),
    403: _l("No permission"),
    404: _l("Page not found"),
    405: _l("This does not work here"),
    409: _l("This is no longer possible"),
    410: _l("No longer valid"),
    413: _l("That is too large"),
    422: _l("Please check the form"),
    429: _l("Please wait a little"),
    503: _l("Please try again in a moment"),
    500: _l("Something went wrong"),
}
OTHER_TITLE, OTHER_SENTENCE = _l("This did not work"), _l("This request could not be carried out.")
SENTENCES: dict[int, LazyString] = {
    400: _l("This request could not be understood."),
    404: NotFound.message,
    405: _l("This address cannot be used in this way."),
    413: _l("What you sent is too large. Nothing was saved."),
    500: _l("The fault is ours and has been recorded. Nothing you typed elsewhere is lost. Please try again."),
    503: _l("Too much is going on right now. Nothing was saved. Please try again in a few seconds."),
}
# Where htmx puts the line: templates/errors/_refusal.html, static/js/page/refusals.js.
INSIDE_FORM = {"HX-Retarget": "find [data-refusal]", "HX-Reswap": "innerHTML", "Vary": "HX-Request"}
FOREIGN_HOST = _l("This site is not served under the name in your address bar. Please use the address below.")


def init_app(app: Flask) -> None:
    """Register the handlers; each rolls back first."""
    app.register_error_handler(DomainError, _domain_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(OperationalError, _database_away)
    app.register_error_handler(InterfaceError, _database_away)
    app.register_error_handler(DBAPIError, _database_failed)
    app.register_error_handler(ObjectDeletedError, _gone)
    app.register_error_handler(PoolTimeout, _database_away)
    app.register_error_handler(QueueTimeout, _database_away)
    app.register_error_handler(Exception, _unexpected)


def wants_json() -> bool:
    """Programs are answered with problem+json, people with a page."""
    return request.path.startswith("/api/")


def answer(status: int, code: str, sentence: LazyString | str | None, headers: Mapping[str, str] | None = None) -> Response:
    """The error as problem+json for programs, as a line inside the form that htmx sent, else as a page; never cached.

    Pages and lines are in the reader's language. The line leaves what was typed where it is.
    """
    text = sentence or SENTENCES.get(status, SENTENCES[500] if status >= 500 else OTHER_SENTENCE)
    title = TITLES.get(status, TITLES[500] if status >= 500 else OTHER_TITLE)
    if wants_json():
        response = jsonify(_problem(status, code, str(title), str(text)))
        response.content_type = "application/problem+json"
    else:
        g.setdefault("error", status)
        inside = bool(htmx) and request.method == "POST"
        template = "errors/_refusal.html" if inside else "errors/error.html"
        response = Response(
            render_template(template, status=status, title=title, sentence=text), content_type="text/html; charset=utf-8"
        )
        response.headers["Content-Language"] = locale.language if (locale := get_locale()) else "en"
        response.headers.update(INSIDE_FORM if inside else {})
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    response.headers.extend(headers or {})
    return response


def _problem(status: int, code: str, title: str, detail: str) -> dict[str, Any]:
    return {"type": "about:blank", "title": title, "status": status, "code": code, "detail": detail}


def _domain_error(error: DomainError) -> Response:
    db.session.rollback()
    later = {"Retry-After": str(error.retry_after)} if error.retry_after is not None else None
    return answer(error.status, error.code, error.message, later)


def _http_error(error: HTTPException) -> Any:
    db.session.rollback()
    if error.response is not None or (error.code or 500) < 400:
        return error.get_response()
    if isinstance(error, SecurityError):
        return _foreign_host()
    status = error.code or 500
    headers = {name: value for name, value in error.get_headers() if name in {"Allow", "Retry-After"}}
    phrase = HTTPStatus(status).phrase.lower().replace(" ", "_") if status in HTTPStatus._value2member_map_ else "error"
    return answer(status, phrase, SENTENCES.get(status), headers)


def to_slash(error: RequestRedirect) -> Response:
    """To the same address with its slash, on whatever host and scheme the reader used. It may hold a secret: not stored."""
    target = urlsplit(error.new_url)
    query = f"?{target.query}" if target.query else ""
    headers = {"Location": f"/{target.path.lstrip('/')}{query}", "Cache-Control": "no-store"}
    return Response("", error.code, headers, content_type="text/plain; charset=utf-8")


def _foreign_host() -> Response:
    """The request names a host that is not ours: no address can be built, so the page stands alone and links home."""
    if wants_json():
        return answer(400, "foreign_host", FOREIGN_HOST)
    locale = get_locale()
    language = locale.language if locale else "en"
    page = render_template("errors/foreign_host.html", title=TITLES[400], sentence=FOREIGN_HOST, language=language)
    headers = {"Content-Language": language, "Cache-Control": "no-store"}
    return Response(page, 400, headers, content_type="text/html; charset=utf-8")


def _database_away(error: Exception) -> Response:
    _quiet_rollback()
    log.error("database away: %s", type(error).__name__)
    return answer(503, "unavailable", None, {"Retry-After": "3"})


def _database_failed(error: DBAPIError) -> Response:
    """A connection that cannot be used any longer is no fault of ours: the next one serves the next try."""
    return _database_away(error) if error.connection_invalidated else _unexpected(error)


def _gone(_error: ObjectDeletedError) -> Response:
    """What the request is about was deleted while it was in work."""
    return _domain_error(NotFound())


def _unexpected(error: Exception) -> Response:
    _quiet_rollback()
    log.exception("unexpected error")
    return answer(500, "internal", None)


def _quiet_rollback() -> None:
    try:
        db.session.rollback()
    except Exception:  # the connection is gone; there is nothing left to undo
        forget_session()
