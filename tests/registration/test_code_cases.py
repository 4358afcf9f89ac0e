"""What the door reads as a ticket: the same table is run by the scanner's JavaScript (tests/browser/test_scanner.py)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.registration.codes import read_code, read_reference
from tests.conftest import ROOT

pytestmark = pytest.mark.once

TABLE: dict[str, Any] = json.loads((ROOT / "tests" / "data" / "code_cases.json").read_text("utf-8"))


@pytest.mark.parametrize("case", TABLE["cases"], ids=[case["why"] for case in TABLE["cases"]])
def test_scanned_text_is_read_by_the_table(case: dict[str, Any]) -> None:
    assert (read_code(case["text"], TABLE["hosts"]), read_reference(case["text"])) == (case["code"], case["reference"])
