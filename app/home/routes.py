"""Stub."""

from flask import Blueprint, Response

from app.core.pagecache import cached
from app.core.web import access, render
from app.events.service import catalogue_version

bp = Blueprint("home", __name__)


@bp.get("/")
@access.public
@cached(version=lambda: catalogue_version())
def index() -> Response:
    """Stub."""
    return render("home/index.html")


@bp.get("/events/")
@access.public
def events() -> Response:
    """Stub."""
    return render("home/index.html")


@bp.get("/towns/")
@access.public
def towns() -> Response:
    """Stub."""
    return render("home/index.html")


@bp.get("/about/", defaults={"page": "site"})
@bp.get("/about/<page>/")
@access.public
def about(page: str) -> Response:
    """Stub."""
    return render("home/index.html")
