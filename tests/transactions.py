"""What an edge does for a verb: opens the transaction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy.orm import Session

from app.core.db import write_tx

Asked = ParamSpec("Asked")
Answer = TypeVar("Answer")


def do(verb: Callable[Concatenate[Session, Asked], Answer], *args: Asked.args, **kwargs: Asked.kwargs) -> Answer:
    """The verb's answer, in a transaction of its own."""
    with write_tx() as session:
        return verb(session, *args, **kwargs)
