"""The scanner's pages, its workers and what makes it installable. The pages are public shells: who scans for what, the
script asks the API."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Blueprint, Response, current_app, g, url_for

from app.checkin.messages import TITLES
from app.core.assets import asset
from app.core.babel import gettext as _
from app.core.pagecache import cached
from app.core.security import allow_camera
from app.core.web import access, render
from app.registration.codes import own_hosts
from app.scanner.offline_messages import in_all_languages

bp = Blueprint("scanner", __name__)
root_bp = Blueprint("scanner_root", __name__)
DECODERS = {
    "zxing": "vendor/zxing-reader-3.1.4.js",
    "wasm": "vendor/zxing_reader-3.1.4.wasm",
    "qr": "vendor/qr-0.7.0/decode.js",
}
# What the service worker keeps of the static files besides the door's own scripts.
SHELL = (
    *DECODERS.values(), "vendor/qr-0.7.0/index.js", "vendor/htmx-4.0.1.esm.min.js", "css/public.css", "css/door.css", "js/app.js",
    "js/early.js", "fonts/pearl.woff2", "img/icon.svg", "icons/pearl-192.png",
)  # fmt: skip
NO_PAGE_SCRIPTS = frozenset({"worker.js", "sw.js", "sw-off.js"})
OF_OTHER_PAGES = frozenset({"enrol.js", "test.js", "ticket-page.js"})
JAVASCRIPT = "text/javascript; charset=utf-8"


def camera(view: Callable[..., Response]) -> Callable[..., Response]:
    """The answer may use the camera and WebAssembly, also when it comes from the page cache."""

    @wraps(view)
    def guarded(**view_args: Any) -> Response:
        allow_camera()
        return view(**view_args)

    return guarded


def _build() -> str:
    """What these pages depend on: the files of this start, and no row of any table."""
    return str(current_app.extensions["assets"].build)


@bp.app_context_processor
def give_titles() -> dict[str, Any]:
    """The word for each result: the scanner and the offer on the ticket page show the same ones."""
    return {"verdict_titles": TITLES}


@bp.get("/door/")
@access.public
@camera
@cached(version=_build)
def scanner_page() -> Response:
    """The scanner."""
    worker = url_for("scanner_root.worker", build=_build())
    modules = [asset(name) for name in door_scripts() if name.rpartition("/")[2] not in OF_OTHER_PAGES | {"door.js"}]
    return render("scanner/door.html", hosts=sorted(own_hosts()), worker=worker, modules=modules)


@bp.get("/door/test")
@access.public
@camera
@cached(version=_build)
def test() -> Response:
    """Whether this phone is ready for the door, also without a network."""
    worker = url_for("scanner_root.worker", build=_build())
    return render("scanner/test.html", hosts=sorted(own_hosts()), worker=worker)


@bp.get("/door/enrol")
@access.public
@cached(version=_build)
def enrol() -> Response:
    """Where a one-time address leads; its token stands behind the # and reaches no log."""
    return render("scanner/enrol.html")


@root_bp.get("/door/worker.js")
@access.public
@camera
@cached(version=_build)
def worker() -> Response:
    """The decoder's worker: its own answer must allow WebAssembly, so it is a route and no static file."""
    files = {name: asset(path) for name, path in DECODERS.items()}
    return Response(f"const FILES = {json.dumps(files)};\n{_source('worker.js')}", content_type=JAVASCRIPT)


@root_bp.get("/sw.js")
@access.public
@cached(version=_build)
def service_worker() -> Response:
    """The service worker; with SERVICE_WORKER=off one that removes itself and all it kept."""
    if not current_app.extensions["settings"].service_worker:
        return Response(_source("sw-off.js"), content_type=JAVASCRIPT)
    given = f"const BUILD = {json.dumps(_build())};\nconst FILES = {json.dumps(shell_files())};\n"
    return Response(given + _source("sw.js"), content_type=JAVASCRIPT)


@root_bp.get("/door/lines.json")
@access.public
@cached(version=_build)
def lines() -> Response:
    """What a phone without a network says to volunteers and guests, in nine languages."""
    return Response(json.dumps(in_all_languages(), ensure_ascii=False), content_type="application/json")


@bp.get("/door/manifest.webmanifest")
@access.public
@cached(version=_build)
def manifest() -> Response:
    """What the phone shows when the scanner is put on its home screen, in the page's language."""
    described = {
        "id": "/door/",
        "name": f"{_('Scanner')} · {_('Cultural Pearls')}",
        "short_name": _("Scanner"),
        "lang": g.lang,
        "start_url": url_for("scanner.scanner_page"),
        "scope": f"/{g.lang}/door/",
        "display": "standalone",
        "orientation": "portrait",
        "background_color": "#081520",
        "theme_color": "#081520",
        "icons": [
            {"src": asset("icons/pearl-192.png"), "sizes": "192x192", "type": "image/png"},
            {"src": asset("icons/pearl-512.png"), "sizes": "512x512", "type": "image/png"},
            {"src": asset("icons/pearl-maskable-512.png"), "sizes": "512x512", "type": "image/png", "purpose": "maskable"},
        ],
    }
    return Response(json.dumps(described, ensure_ascii=False), content_type="application/manifest+json")


def shell_files() -> list[str]:
    """The addresses of everything the door needs on the phone, apart from its pages: all of this build."""
    return [*(asset(name) for name in (*SHELL, *door_scripts())), url_for("scanner_root.worker", build=_build())]


def door_scripts() -> list[str]:
    """The modules that the door's pages are made of."""
    folder = current_app.extensions["assets"].folder / "js" / "door"
    return [f"js/door/{path.name}" for path in sorted(folder.glob("*.js")) if path.name not in NO_PAGE_SCRIPTS]


def _source(name: str) -> str:
    body: bytes = current_app.extensions["assets"].body(f"js/door/{name}", "identity")
    return body.decode()
