"""Words in columns: each is one of its kind, has a label where people read it, and stands in no comparison as a bare string."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from flask import Flask

from app.agenda.models import ItemKind, ItemStatus
from app.agenda.rules import State
from app.core.babel import force_locale
from app.core.db import Base, one_of
from app.core.labels import Labelled
from app.events.models import Event, EventStatus
from app.i18n.languages import LANGUAGES, SOURCE
from tests.conftest import ROOT

SILENT = {ItemKind.OTHER, ItemStatus.SCHEDULED, State.ON}  # of these nothing is said
COMPARED = re.compile(r"""\b(\w+)\s*(?:==|!=|not in|in)\s*[(\[]*["'](\w+)["']""")


@cache
def columns() -> dict[str, set[str]]:
    """The names of the columns that hold words, with their words."""
    found: dict[str, set[str]] = defaultdict(set)
    for table in Base.metadata.tables.values():
        for column in table.columns:
            found[column.name].update(getattr(column.type, "enums", ()))
    return found


@pytest.mark.once
def test_every_word_has_a_label_unless_it_is_silent() -> None:
    words = [word for kind in Labelled.__subclasses__() for word in kind]

    assert {word for word in words if not word.label} == SILENT
    assert len(words) > 60


@pytest.mark.parametrize("lang", [lang for lang in LANGUAGES if lang != SOURCE])
def test_labels_are_said_in_the_language_of_the_moment(app: Flask, lang: str) -> None:
    with app.test_request_context("/"), force_locale(lang):
        assert EventStatus.CANCELLED.label != "Cancelled"
        assert EventStatus.CANCELLED.sentence != "This event is cancelled."
        assert EventStatus.CANCELLED.day_sentence != "This whole day is cancelled."


@pytest.mark.once
def test_constraint_names_the_words_in_their_order() -> None:
    made = one_of("status", ItemStatus)

    assert (made.name, str(made.sqltext)) == ("status", "status IN ('scheduled', 'provisional', 'cancelled')")


def test_word_that_is_set_is_one_of_its_kind_at_once(app: Flask) -> None:
    event = Event(status="cancelled")

    assert event.status is EventStatus.CANCELLED
    with pytest.raises(ValueError, match="'cancled' is not a valid EventStatus"):
        event.status = "cancled"  # type: ignore[assignment]


@pytest.mark.once
def test_nobody_compares_a_word_with_a_bare_string() -> None:
    code = [f"{path}: {bare}" for path in modules() for bare in bare_in_code(ast.parse(path.read_text("utf-8")))]
    pages = [
        f"{path}: {name}, {word}"
        for path in (ROOT / "templates").rglob("*.html")
        for name, word in COMPARED.findall(path.read_text("utf-8"))
        if word in columns()[name]
    ]

    assert code + pages == []


def modules() -> Iterator[Path]:
    return (path for path in (ROOT / "app").rglob("*.py") if "migrations" not in path.parts)


def bare_in_code(tree: ast.Module) -> Iterator[str]:
    """`event.status == "cancelled"`, `kind in ("a", "b")`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            left = node.left
            name = left.attr if isinstance(left, ast.Attribute) else left.id if isinstance(left, ast.Name) else ""
            if columns()[name] & {
                one.value for right in node.comparators for one in ast.walk(right) if isinstance(one, ast.Constant)
            }:
                yield ast.unparse(node)
