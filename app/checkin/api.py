"""Stub."""

from flask import Blueprint

bp = Blueprint("api", __name__, url_prefix="/api/v1")


def load_device() -> object | None:
    """Stub."""
    return None
