"""Keys, response headers, and the refusal of writes that come from other sites."""

from __future__ import annotations

import hashlib
import hmac
from functools import lru_cache

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import Flask, Request, Response, current_app, g, request
from flask.sessions import SessionInterface

from app.core.errors import CrossSite

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
CSP = (
    "default-src 'none'; script-src 'self'{wasm}; worker-src 'self'; connect-src 'self'; img-src 'self' blob:; font-src 'self'; "
    "style-src 'self'; manifest-src 'self'; media-src 'self' blob:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# A page made to be shown by other sites needs its stylesheet, its icon and nothing else.
FRAME_CSP = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors *"


@lru_cache(maxsize=64)
def _derive(secret: str, label: str) -> bytes:
    return HKDF(hashes.SHA256(), 32, salt=None, info=label.encode()).derive(secret.encode())


def key(label: str) -> bytes:
    """32 bytes for one purpose, derived from SECRET_KEY by HKDF; labels never share a key."""
    return _derive(current_app.config["SECRET_KEY"], label)


def keys(label: str) -> list[bytes]:
    """The present key of `label`, which makes what is new, then the older ones of SECRET_KEY_FALLBACKS, which only verify."""
    return [_derive(secret, label) for secret in (current_app.config["SECRET_KEY"], *current_app.config["SECRET_KEY_FALLBACKS"])]


def keyed_hash(label: str, value: str | bytes) -> bytes:
    """HMAC-SHA256 of `value` under the present key of `label`: what is stored in place of a secret."""
    return keyed_hashes(label, value)[0]


def keyed_hashes(label: str, value: str | bytes) -> list[bytes]:
    """What may be stored in place of a secret: the present key's hash, then those of older keys."""
    plain = value.encode() if isinstance(value, str) else value
    return [hmac.digest(one, plain, hashlib.sha256) for one in keys(label)]


def allow_camera() -> None:
    """Let this answer use the camera and the decoder's WebAssembly (the scanner page and its worker only)."""
    g.camera = True


def allow_frames() -> None:
    """Let other sites show this answer in a frame (the embed pages only: they have no form, no script, nothing personal)."""
    g.frames = True


def init_app(app: Flask) -> None:
    """Refuse cross-site writes before any view runs; put the headers on every answer."""
    app.session_interface = NoSession()
    app.before_request(refuse_cross_site)
    app.after_request(add_headers)


def refuse_cross_site() -> None:
    """Unsafe methods need Sec-Fetch-Site same-origin or none, else our own Origin, else a bearer token and no cookie."""
    if request.method in SAFE_METHODS:
        return
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        if site in {"same-origin", "none"}:
            return
        raise CrossSite
    origin = request.headers.get("Origin")
    if origin is not None:
        if origin in current_app.config["OWN_ORIGINS"]:
            return
        raise CrossSite
    if request.headers.get("Authorization", "").startswith("Bearer ") and not request.cookies:
        return
    raise CrossSite


def add_headers(response: Response) -> Response:
    """The strict headers of security.md; WebAssembly and the camera only where `allow_camera` was called, frames on other
    sites only where `allow_frames` was.

    A sealed answer of the page cache carries them already.
    """
    if getattr(response, "sealed", False):
        return response
    headers = response.headers
    for name, value in _wanted_headers():
        headers.setdefault(name, value)
    if current_app.config["SECURE"]:
        headers.setdefault("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
    return response


def _wanted_headers() -> tuple[tuple[str, str], ...]:
    if g.get("frames", False):
        return FRAME_HEADERS
    return CAMERA_HEADERS if g.get("camera", False) else PAGE_HEADERS


def _headers(wasm: str, camera: str) -> tuple[tuple[str, str], ...]:
    return (
        ("Content-Security-Policy", CSP.format(wasm=wasm)),
        ("Permissions-Policy", f"camera={camera}, microphone=(), geolocation=()"),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "strict-origin"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
    )


PAGE_HEADERS = _headers("", "()")
CAMERA_HEADERS = _headers(" 'wasm-unsafe-eval'", "(self)")
FRAME_HEADERS = (
    ("Content-Security-Policy", FRAME_CSP),
    ("Cross-Origin-Resource-Policy", "cross-origin"),
    *(header for header in PAGE_HEADERS if header[0] in {"Permissions-Policy", "X-Content-Type-Options", "Referrer-Policy"}),
)


class NoSession(SessionInterface):
    """Flask's cookie session is switched off: pages read no cookie, and whoever is known is known by a table of ours."""

    def open_session(self, app: Flask, request: Request) -> None:
        """No session at all; reading is empty, writing raises."""
