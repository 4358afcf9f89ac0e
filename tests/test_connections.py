"""An architecture test of its own: nothing that we send to a database outlives its transaction on the connection."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.test_architecture import APP, trees

pytestmark = pytest.mark.once

KEPT_BY_A_SESSION = re.compile(
    r"\bpg_(try_)?advisory_(un)?lock|\bLISTEN\s|\bUNLISTEN\b|\bCREATE\s+(GLOBAL\s+|LOCAL\s+)?TEMP(ORARY)?\b|\bON\s+COMMIT\s+(DROP|DELETE|PRESERVE)"
    r"|^SET\s+(?!LOCAL\b)|;\s*SET\s+(?!LOCAL\b)|\bset_config\([^)]*false\s*\)|\bPREPARE\s|\bDEALLOCATE\b|\bDISCARD\b|\bWITH\s+HOLD\b",
    re.M,
)


def statements_of(tree: ast.Module) -> Iterator[str]:
    """Every text in the code that is no docstring; parts of an f-string joined by a hole."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    docstrings = {id(node.body[0].value) for node in ast.walk(tree) if isinstance(node, documented) and is_docstring(node.body)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "?" for part in node.values)


def is_docstring(body: list[ast.stmt]) -> bool:
    return bool(body) and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)


def test_nothing_is_left_on_a_connection_beyond_its_transaction() -> None:
    """A pooler gives the next transaction another connection: locks, settings, temporary tables and channels would be lost."""
    every = trees() | {path.name: ast.parse(path.read_text("utf-8")) for path in (APP / "migrations").rglob("*.py")}
    keeping = {
        (module, text[:60]) for module, tree in every.items() for text in statements_of(tree) if KEPT_BY_A_SESSION.search(text)
    }

    assert keeping == set()


def test_what_a_connection_would_keep_is_recognised() -> None:
    kept = (
        "SELECT pg_advisory_lock(1)",
        "LISTEN scans",
        "CREATE TEMP TABLE x (y int)",
        "SET lock_timeout = '1s'",
        "PREPARE a AS SELECT 1",
    )
    gone = (
        "SELECT pg_advisory_xact_lock(1)",
        "SET LOCAL lock_timeout = '1s'",
        "UPDATE x SET y = 1",
        "SELECT set_config('a', 'b', true)",
    )

    assert [bool(KEPT_BY_A_SESSION.search(text)) for text in (*kept, *gone)] == [True] * 5 + [False] * 4
