"""Stub."""

from flask import Blueprint

bp = Blueprint("checkin", __name__)
root_bp = Blueprint("checkin_root", __name__)
