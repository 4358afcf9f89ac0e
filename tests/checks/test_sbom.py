"""The bill of materials: valid by CycloneDX's own schema, complete, and the same each time."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from tests.checks import sbom
from tests.checks.sbom import MANIFEST, ROOT

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def bill() -> dict[str, Any]:
    """As `make sbom` writes it."""
    return sbom.bill()


def test_bill_is_valid_complete_and_reproducible(bill: dict[str, Any]) -> None:
    pins = re.findall(r"^([a-z0-9._-]+)==(\S+)", (ROOT / "requirements.txt").read_text("utf-8"), re.M)
    parts = [(package["name"], package["version"]) for package in json.loads(MANIFEST.read_text("utf-8"))]

    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(bill)) is None
    assert sorted((part["name"], part["version"]) for part in bill["components"]) == sorted([*pins, *parts])
    assert (bill["bomFormat"], bill["metadata"]["component"]["name"]) == ("CycloneDX", "cultural-pearls-companion")
    assert [part["name"] for part in bill["components"] if not part.get("purl")] == []
    assert bill == sbom.bill()


def test_bill_has_the_hash_of_every_vendored_file(bill: dict[str, Any]) -> None:
    stated = {
        f"static/{name}": digest
        for package in json.loads(MANIFEST.read_text("utf-8"))
        for name, digest in package["files"].items()
    }
    files = [file for part in bill["components"] for file in part.get("components", ())]

    assert {file["name"]: file["hashes"][0]["content"] for file in files} == stated
