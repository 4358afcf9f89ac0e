"""An event with a main door and a phone at it, at noon."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.core import clock
from app.core.db import db
from tests.checkin.scans import Door, make_door, make_ticket


@pytest.fixture
def door(app: Flask, client: FlaskClient, noon: datetime) -> Door:
    """Main door of kaskinen-2026, with Maija Korhonen's phone."""
    with app.app_context():
        return make_door()


@pytest.fixture
def ticket(app: Flask, door: Door) -> Callable[..., Any]:
    """Makes tickets for the door's event, or for `event`."""

    def make(**fields: Any) -> Any:
        event = fields.pop("event", door.event)
        with app.app_context():
            return make_ticket(event, **fields)

    return make


@pytest.fixture
def rows(app: Flask, client: FlaskClient) -> Callable[..., Any]:
    """`rows(Model)` reads a table; `rows(Model, count=True)` counts it."""

    def read(model: Any, *, count: bool = False) -> Any:
        with app.app_context():
            if count:
                return db.session.scalar(select(func.count()).select_from(model))
            return list(db.session.scalars(select(model)))

    return read


@pytest.fixture
def later(noon: datetime) -> Callable[..., Any]:
    """`with later(minutes=16): …` moves the clock on from noon."""

    @contextmanager
    def move(**span: float) -> Iterator[None]:
        with clock.travelled_to(noon + timedelta(**span)):
            yield

    return move
