"""Languages in addresses: the converter, redirects from unprefixed addresses, and what every template needs."""

from __future__ import annotations

from typing import Any

from babel import Locale
from flask import Blueprint, Flask, Response, current_app, g, redirect, render_template, request, url_for
from flask_babel import force_locale
from werkzeug.exceptions import HTTPException
from werkzeug.routing import BaseConverter, RequestRedirect

from app.core.errors import NotFound
from app.core.extensions import babel
from app.core.web import access, page_path
from app.i18n import formats
from app.i18n.languages import ALIASES, BABEL_LOCALE, ENDONYMS, LANGUAGE_COOKIE, LANGUAGES, OFFERS, SOURCE, negotiate

bp = Blueprint("i18n", __name__)


class LanguageConverter(BaseConverter):
    """One of the nine, in small letters."""

    regex = "|".join(LANGUAGES)


def init_app(app: Flask, translations: str) -> None:
    """Bind Babel, the `lang` converter, and the template helpers. Call before any route with `<lang:lang>` is added."""
    app.url_map.converters["lang"] = LanguageConverter
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = translations
    babel.init_app(app, locale_selector=_locale)
    app.url_value_preprocessor(_take_language)
    app.url_defaults(_give_language)
    app.context_processor(_template_helpers)
    app.jinja_env.filters.update(
        event_day=formats.day, event_date=formats.long_date, event_month=formats.month, clock=formats.clock_time,
        language_name=lambda code: formats.language_name(code, formats.current_language()),
        country_name=lambda code: formats.country_name(code, formats.current_language()),
    )  # fmt: skip


def wanted_language(default: str = SOURCE) -> str:
    """For unprefixed addresses: the saved choice, then Accept-Language, then `default` (an event's own language)."""
    saved = request.cookies.get(LANGUAGE_COOKIE, "")
    return saved if saved in LANGUAGES else negotiate(request.headers.get("Accept-Language"), default=default)


def to_language(path: str, lang: str | None = None) -> Response:
    """302 to `path` (without prefix, leading slash) in the reader's language; private, because it depends on the reader."""
    query = f"?{request.query_string.decode('ascii', 'ignore')}" if request.query_string else ""
    response = redirect(f"/{lang or wanted_language()}{path}{query}", 302)
    response.headers["Vary"] = "Accept-Language, Cookie"
    response.headers["Cache-Control"] = "private, no-store"
    return response  # type: ignore[return-value]


@bp.get("/")
@access.public
def root() -> Response:
    """The bare host: home in the reader's language."""
    return to_language("/")


@bp.get("/<path:rest>")
@access.public
def unprefixed(rest: str) -> Response:
    """An address without its language, or with a country's code in the language's place; else 404 in words."""
    first, _, tail = rest.partition("/")
    if first in ALIASES:
        query = f"?{request.query_string.decode('ascii', 'ignore')}" if request.query_string else ""
        return redirect(f"/{ALIASES[first]}/{tail}{query}", 301)  # type: ignore[return-value]
    if first not in LANGUAGES and (path := _known_path(rest)):
        return to_language(path)
    if first in LANGUAGES:
        g.lang = first
        raise NotFound
    if 2 <= len(first) <= 3 and first.isalpha():
        return _unknown_language()
    g.lang = wanted_language()
    raise NotFound


def _known_path(rest: str) -> str | None:
    """The path (with its trailing slash where the route has one) when a prefixed page answers it, else None."""
    adapter = current_app.url_map.bind("", url_scheme="http")
    try:
        endpoint, _ = adapter.match(f"/{SOURCE}/{rest}", method="GET")
    except RequestRedirect as moved:
        return "/" + moved.new_url.split(f"/{SOURCE}/", 1)[1] if f"/{SOURCE}/" in moved.new_url else None
    except HTTPException:
        return None
    return f"/{rest}" if endpoint != "i18n.unprefixed" else None


def _unknown_language() -> Response:
    g.lang = SOURCE
    with force_locale("en"):
        page = render_template("errors/unknown_language.html", status=404)
    return Response(
        page, 404, content_type="text/html; charset=utf-8", headers={"Content-Language": "en", "Cache-Control": "no-store"}
    )


def _locale() -> Locale:
    return Locale.parse(BABEL_LOCALE[g.get("lang") or _language_of_path()])


def _language_of_path() -> str:
    first = request.path.split("/", 2)[1] if request else ""
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
        "formats": formats,
        "path_without_language": page_path(),
        "in_language": lambda code: _same_page(code),
        "base_url": current_app.config["PUBLIC_BASE_URL"],
    }


def _same_page(code: str) -> str:
    """The address of this very page in another language, with its query; home where the page is an error."""
    query = f"?{request.query_string.decode('ascii', 'ignore')}" if request.query_string else ""
    if "error" in g or not request.path.startswith(f"/{g.get('lang', '')}/"):
        return url_for("home.index", lang=code)
    return f"/{code}{page_path()}{query}"
