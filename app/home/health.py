"""For the machine that watches: is the process up, is the database there and migrated."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Blueprint, Response, current_app, jsonify
from sqlalchemy.exc import SQLAlchemyError

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
    """200 when the database answers, can be written to, and every migration is in; else 503 with what is missing."""
    try:
        if obstacle := obstacle_to_writing():
            return _answer(503, status="unavailable", database=obstacle)
        with db.engine.connect() as connection:
            current = MigrationContext.configure(connection).get_current_heads()
    except SQLAlchemyError:
        return _answer(503, status="unavailable", database="away")
    pending = set(_heads(current_app.extensions["migrate"].directory)) != set(current)
    return _answer(
        503 if pending else 200,
        status="unavailable" if pending else "ok",
        database="ok",
        migrations="pending" if pending else "current",
    )


@lru_cache(maxsize=1)
def _heads(directory: str) -> tuple[str, ...]:
    config = Config()
    config.set_main_option("script_location", str(Path(directory)))
    return tuple(ScriptDirectory.from_config(config).get_heads())


def _answer(code: int, **body: str) -> Response:
    response = jsonify(body)
    response.status_code = code
    response.headers["Cache-Control"] = "no-store"
    return response
