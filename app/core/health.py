"""For the machine that watches: is the process up, is the database there and migrated."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, jsonify
from sqlalchemy.exc import SQLAlchemyError

from app.core import schema
from app.core.db import db, obstacle_to_writing
from app.core.web import access

bp = Blueprint("health", __name__)


@bp.get("/healthz")
@access.public
def healthz() -> Response:
    """200 while the process answers."""
    return _answer(200, status="ok")


@bp.get("/readyz")
@access.public
def readyz() -> Response:
    """200 when the database takes writes and has every migration that this code knows; else 503 with what is missing."""
    try:
        if obstacle := obstacle_to_writing():
            return _answer(503, status="unavailable", database=obstacle)
        with db.engine.connect() as connection:
            stands = schema.standing(connection, current_app.extensions["migrate"].directory)
    except SQLAlchemyError:
        return _answer(503, status="unavailable", database="away")
    pending = stands is schema.Standing.PENDING
    return _answer(
        503 if pending else 200,
        status="unavailable" if pending else "ok",
        database="ok",
        migrations=stands.value,
    )


def _answer(code: int, **body: str) -> Response:
    response = jsonify(body)
    response.status_code = code
    response.headers["Cache-Control"] = "no-store"
    return response
