"""Languages in addresses: the converter, redirects from unprefixed addresses, and what every template needs."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote, urlencode

from babel import Locale
from flask import Blueprint, Flask, Response, abort, current_app, g, redirect, render_template, request, url_for
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import BaseConverter, RequestRedirect

from app.core import punctuation
from app.core.babel import babel, force_locale
from app.core.errors import NotFound, wants_json
from app.core.security import SAFE_METHODS
from app.core.web import access, page_path
from app.i18n import formats, texts
from app.i18n.languages import (
    ALIASES,
    BABEL_LOCALE,
    ENDONYMS,
    LANGUAGE_COOKIE,
    LANGUAGES,
    OFFERS,
    SOCIAL_LOCALE,
    SOURCE,
    negotiate,
)

bp = Blueprint("i18n", __name__)
CATCH_ALL = "i18n.unprefixed"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
# `fr`, `FI`, `pt-BR`, `zh-Hans`: written like a language, so an unknown one is told which nine there are.
_LIKE_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_IN_PATH = "/~@!$&'()*+,;=:"
_IN_QUERY = _IN_PATH + "?%"


class LanguageConverter(BaseConverter):
    """One of the nine, in small letters."""

    regex = "|".join(LANGUAGES)


def init_app(app: Flask, translations: str) -> None:
    """Bind Babel, the `lang` converter, and the template helpers. Call before any route with `<lang:lang>` is added."""
    app.url_map.converters["lang"] = LanguageConverter
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = translations
    babel.init_app(app, locale_selector=_locale)
    punctuation.init_jinja(app.jinja_env, lambda: babel.domain_instance.get_translations())
    app.url_value_preprocessor(_take_language)
    app.url_defaults(_give_language)
    app.before_request(_refuse_control_characters)
    app.context_processor(_template_helpers)
    app.jinja_env.filters.update(
        event_day=formats.day, event_date=formats.long_date, event_month=formats.month, clock=formats.clock_time,
        language_name=lambda code: formats.language_name(code, formats.current_language()),
        country_name=lambda code: formats.country_name(code, formats.current_language()),
        borrowed=texts.borrowed_in, noticed=texts.noticed,
    )  # fmt: skip
    app.jinja_env.globals["borrowed_notice"] = texts.NOTICE_HERE


def wanted_language(default: str = SOURCE) -> str:
    """For unprefixed addresses: the saved choice, then Accept-Language, then `default` (an event's own language)."""
    saved = request.cookies.get(LANGUAGE_COOKIE, "")
    return saved if saved in LANGUAGES else negotiate(request.headers.get("Accept-Language"), default=default)


def to_language(path: str, lang: str | None = None) -> Response:
    """302 to `path` (without prefix, leading slash) in the reader's language; private, because it depends on the reader."""
    response = _moved(f"/{lang or wanted_language()}{path}", 302)
    response.headers["Vary"] = "Accept-Language, Cookie"
    response.headers["Cache-Control"] = "private, no-store"
    return response


@bp.get("/")
@access.public
def root() -> Response:
    """The bare host: home in the reader's language."""
    return to_language("/")


@bp.route("/<path:rest>", methods=METHODS)
@access.public
def unprefixed(rest: str) -> Response:
    """An address without its language, or with a country's code in the language's place; else 404 in words.

    It takes every method, so that a form sent to nowhere is told "not found" and one sent to a page "not this way".
    """
    if request.method not in SAFE_METHODS:
        raise _unusable(rest)
    first, _, tail = rest.partition("/")
    code = ALIASES.get(first.lower(), first.lower())
    if code in LANGUAGES and code != first:
        return _moved(f"/{code}/{tail}", 301)
    if first in LANGUAGES:
        g.lang = first
        raise NotFound
    if path := _known_path(rest):
        return to_language(path)
    if _LIKE_LANGUAGE.fullmatch(first) and not wants_json():
        return _unknown_language()
    g.lang = wanted_language()
    raise NotFound


def _moved(path: str, status: int) -> Response:
    """A redirect inside this host: `path` starts with a language; the query goes along."""
    query = quote(request.query_string.decode("latin-1"), safe=_IN_QUERY)
    return redirect(quote(path, safe=_IN_PATH) + (f"?{query}" if query else ""), status)  # type: ignore[return-value]


def _unusable(rest: str) -> Exception:
    """405 where a page stands at this address (with or without its language), else 404."""
    adapter = current_app.url_map.bind("", url_scheme="http")
    for path in (f"/{rest}", f"/{SOURCE}/{rest}"):
        allowed = [method for method in adapter.allowed_methods(path) if not _is_catch_all(adapter, path, method)]
        if allowed:
            return MethodNotAllowed(valid_methods=sorted(allowed))
    return NotFound()


def _is_catch_all(adapter: Any, path: str, method: str) -> bool:
    try:
        endpoint, _ = adapter.match(path, method=method)
    except HTTPException:
        return False
    return bool(endpoint == CATCH_ALL) or method == "OPTIONS"


def _known_path(rest: str) -> str | None:
    """The path (with its trailing slash where the route has one) when a prefixed page answers it, else None."""
    adapter = current_app.url_map.bind("", url_scheme="http")
    try:
        endpoint, _ = adapter.match(f"/{SOURCE}/{rest}", method="GET")
    except RequestRedirect as moved:
        return f"/{rest}/" if moved.new_url.rstrip("/").endswith(quote(rest, safe=_IN_PATH)) else None
    except HTTPException:
        return None
    return f"/{rest}" if endpoint != CATCH_ALL else None


def _unknown_language() -> Response:
    g.lang = SOURCE
    g.error = 404
    with force_locale("en"):
        page = render_template("errors/unknown_language.html", status=404)
    return Response(
        page, 404, content_type="text/html; charset=utf-8", headers={"Content-Language": "en", "Cache-Control": "no-store"}
    )


def _refuse_control_characters() -> None:
    """No address of ours holds one; a database must not be asked for a NUL."""
    if _CONTROL.search(request.path):
        abort(400)


def _locale() -> Locale:
    return Locale.parse(BABEL_LOCALE[g.get("lang") or _language_of_path()])


def _language_of_path() -> str:
    first = request.path.split("/", 2)[1] if request and request.path.startswith("/") else ""
    return first if first in LANGUAGES else (wanted_language() if request else SOURCE)


def _take_language(_endpoint: str | None, values: dict[str, Any] | None) -> None:
    if values and "lang" in values:
        g.lang = values.pop("lang")


def _give_language(endpoint: str, values: dict[str, Any]) -> None:
    if "lang" not in values and current_app.url_map.is_endpoint_expecting(endpoint, "lang"):
        values["lang"] = g.get("lang") or _language_of_path()


def _template_helpers() -> dict[str, Any]:
    lang = g.get("lang") or _language_of_path()
    return {
        "lang": lang,
        "endonyms": ENDONYMS,
        "language_offers": OFFERS,
        "social_locales": SOCIAL_LOCALE,
        "formats": formats,
        "path_without_language": page_path(),
        "in_language": lambda code: _same_page(code),
        "base_url": current_app.config["PUBLIC_BASE_URL"],
    }


def _same_page(code: str) -> str:
    """The address of this very page in another language, with its query; home where the page is an error.

    A cached page repeats only the query it knows: it is the same bytes for everybody.
    """
    if "error" in g or not request.path.startswith(f"/{g.get('lang', '')}/"):
        return url_for("site.index", lang=code)
    query = urlencode(g.page_query) if "page_query" in g else quote(request.query_string.decode("latin-1"), safe=_IN_QUERY)
    return quote(f"/{code}{page_path()}", safe=_IN_PATH) + (f"?{query}" if query else "")
