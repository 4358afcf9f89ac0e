"""Stub."""

from flask import Blueprint

bp = Blueprint("agenda", __name__)
root_bp = Blueprint("agenda_root", __name__)
