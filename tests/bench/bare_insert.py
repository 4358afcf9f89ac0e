"""What scans are measured against: Flask, Flask-SQLAlchemy, one insert, one commit, and nothing else."""

from __future__ import annotations

import os

from flask import Flask, jsonify, request
from flask.typing import ResponseReturnValue
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import String, event
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """The bare endpoint's own base."""


db = SQLAlchemy(model_class=Base)


class Bare(db.Model):  # type: ignore[name-defined]
    """One row a call."""

    __tablename__ = "bare"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(80))


app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = os.environ.get("BENCH_DATABASE_URL", "sqlite://")
if "BENCH_DATABASE_URL" in os.environ:  # a database in memory, when this is only imported, has no pool
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"pool_size": 8, "max_overflow": 24}
db.init_app(app)

with app.app_context():
    if db.engine.dialect.name == "sqlite":

        @event.listens_for(db.engine, "connect")
        def durable(dbapi: object, _record: object) -> None:
            """As durable as ours: a bare endpoint that loses rows would be no yardstick."""
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=15000"):
                dbapi.execute(f"PRAGMA {pragma}")  # type: ignore[attr-defined]


@app.post("/bare")
def bare() -> ResponseReturnValue:
    """Insert, commit, answer."""
    sent = request.get_json()
    row = Bare(id=sent["id"], name=sent["name"])
    db.session.add(row)
    db.session.commit()
    return jsonify(id=row.id)
