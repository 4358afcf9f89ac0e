"""Bringing rows up to date: doing it twice changes nothing."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from app.core.db import Base

Row = TypeVar("Row", bound="Base")


def set_changed(row: Base, values: Mapping[str, Any]) -> bool:
    """Set the columns that differ; whether any did."""
    differing = {name: value for name, value in values.items() if getattr(row, name) != value}
    for name, value in differing.items():
        setattr(row, name, value)
    return bool(differing)


def put(session: Session, model: type[Row], key: uuid.UUID, values: Mapping[str, Any]) -> Row:
    """The row with this id, made if it is missing, with these columns; inside a `write_tx()`."""
    row = session.get(model, key)
    if row is None:
        row = model(id=key)
        session.add(row)
    set_changed(row, values)
    session.flush()
    return row
