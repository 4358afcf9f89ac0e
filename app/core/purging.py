"""Deleting what was kept long enough: what every domain's `purge` shares."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, delete
from sqlalchemy.orm import Session

from app.core.db import Model

KEPT = timedelta(days=30)  # the privacy notice promises it: templates/home/about_privacy.html


def delete_where(session: Session, model: type[Model], *where: ColumnElement[bool]) -> int:
    """Delete these rows in one statement, inside a `write_tx()`; returns how many there were."""
    statement = delete(model).where(*where).execution_options(synchronize_session=False)
    return cast("CursorResult[Any]", session.execute(statement)).rowcount
