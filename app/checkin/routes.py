"""The scanner's pages and its worker. The pages are public shells: who scans for what, the script asks the API."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Blueprint, Response, current_app, url_for

from app.checkin.messages import TITLES
from app.core.assets import asset
from app.core.pagecache import cached
from app.core.security import allow_camera
from app.core.web import access, render
from app.registration.codes import own_hosts

bp = Blueprint("checkin", __name__)
root_bp = Blueprint("checkin_root", __name__)
DECODERS = {
    "zxing": "vendor/zxing-reader-3.1.4.js",
    "wasm": "vendor/zxing_reader-3.1.4.wasm",
    "qr": "vendor/qr-0.7.0/decode.js",
}


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
def door() -> Response:
    """The scanner."""
    worker = url_for("checkin_root.worker", build=_build())
    return render("checkin/door.html", hosts=sorted(own_hosts()), worker=worker)


@bp.get("/door/enrol")
@access.public
@cached(version=_build)
def enrol() -> Response:
    """Where a one-time address leads; its token stands behind the # and reaches no log."""
    return render("checkin/enrol.html")


@root_bp.get("/door/worker.js")
@access.public
@camera
@cached(version=_build)
def worker() -> Response:
    """The decoder's worker: its own answer must allow WebAssembly, so it is a route and no static file."""
    files = {name: asset(path) for name, path in DECODERS.items()}
    script = current_app.extensions["assets"].body("js/door/worker.js", "identity").decode()
    return Response(f"const FILES = {json.dumps(files)};\n{script}", content_type="text/javascript; charset=utf-8")
