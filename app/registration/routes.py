"""Stub."""

from flask import Blueprint

bp = Blueprint("registration", __name__)
root_bp = Blueprint("registration_root", __name__)
