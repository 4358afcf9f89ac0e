"""Rendering for page and fragment, and the access class that every route must declare."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, TypeVar

from flask import Flask, Response, current_app, g, make_response, render_template, request

from app.core.babel import get_locale
from app.core.extensions import htmx

View = TypeVar("View", bound=Callable[..., Any])
CLASSES = frozenset({"public", "link", "device", "staff", "admin"})


class Access:
    """Decorators that say who may call a view: `@access.public`, `@access.link`, `@access.device`."""

    @staticmethod
    def public(view: View) -> View:
        """Anyone; the answer holds nothing personal and reads no cookie."""
        return _declare(view, "public")

    @staticmethod
    def link(view: View) -> View:
        """Whoever holds the secret address; never cached, never found by a search."""

        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Response:
            response = make_response(view(*args, **kwargs))
            response.headers["Cache-Control"] = "no-store"
            response.headers["X-Robots-Tag"] = "noindex"
            return response

        return _declare(guarded, "link")  # type: ignore[return-value]

    @staticmethod
    def device(view: View) -> View:
        """An enrolled phone or a program with a device token; `g.device` is set. Raises what its loader raises."""

        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Response:
            g.device = current_app.extensions["loaders"]["device"]()
            response = make_response(view(*args, **kwargs))
            response.headers["Cache-Control"] = "no-store"
            return response

        return _declare(guarded, "device")  # type: ignore[return-value]


access = Access()


def init_app(app: Flask, loaders: Mapping[str, Callable[[], object]]) -> None:
    """How a device (or, later, a staff session) is found from the request; each raises a `DomainError` when there is none."""
    app.extensions["loaders"] = dict(loaders)


def _declare(view: View, kind: str) -> View:
    view.access = kind  # type: ignore[attr-defined]
    return view


def require_declared_access(app: Flask) -> None:
    """Stop the start when a route does not say who may call it."""
    undeclared = sorted(
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if getattr(app.view_functions[rule.endpoint], "access", "") not in CLASSES
    )
    if undeclared:
        raise RuntimeError(f"routes without a declared access: {', '.join(undeclared)}")


def wants_fragment() -> bool:
    """htmx asks for one element: not boosted, not restoring history."""
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def render(page: str, fragment: str | None = None, status: int = 200, **context: Any) -> Response:
    """The page, or its fragment when htmx asks for it; an answer that differs by header is never stored."""
    template = fragment if fragment and wants_fragment() else page
    response = make_response(render_template(template, **context), status)
    response.headers["Content-Language"] = locale.language if (locale := get_locale()) else "en"
    if fragment:
        response.headers["Cache-Control"] = "no-store"
        response.headers["Vary"] = "HX-Request"
    return response


def frame_theme() -> str:
    """`light` or `dark` where the address of an embed page says so; else empty, and the reader's device decides."""
    asked = request.args.get("theme", "")
    return asked if asked in {"light", "dark"} else ""


def page_path() -> str:
    """The address without its language prefix: what is shared, printed, and `x-default`."""
    path = request.path
    lang = (request.view_args or {}).get("lang") or g.get("lang", "")
    return path.removeprefix(f"/{lang}") if lang and path.startswith(f"/{lang}/") else path
