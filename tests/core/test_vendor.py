"""What others wrote and we ship: named, licensed, and byte for byte what the manifest says."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.once

STATIC = ROOT / "static"
MANIFEST: list[dict[str, Any]] = json.loads((STATIC / "vendor" / "MANIFEST.json").read_text("utf-8"))


def shipped() -> set[str]:
    """Every vendored file below static/: the folder of each version, and the fonts."""
    vendored = {path for path in (STATIC / "vendor").rglob("*") if path.is_file() and "LICENSES" not in path.parts}
    fonts = set((STATIC / "fonts").glob("*.woff2"))
    return {str(path.relative_to(STATIC)) for path in vendored | fonts} - {"vendor/MANIFEST.json"}


def test_manifest_names_every_vendored_file_with_its_hash() -> None:
    stated = {name: digest for package in MANIFEST for name, digest in package["files"].items()}

    assert {name: hashlib.sha256((STATIC / name).read_bytes()).hexdigest() for name in shipped()} == stated


def test_manifest_names_version_and_licence_text_of_each_package() -> None:
    told = [package["name"] for package in MANIFEST if package["version"] and package["licence"] and package["source"]]
    texts = [STATIC / name for package in MANIFEST for name in package["licence_files"]]

    assert told == ["htmx.org", "zxing-wasm", "qr", "Atkinson Hyperlegible Next"]
    assert [path.name for path in texts if path.stat().st_size < 500] == []


def test_vendored_javascript_files_carry_their_version_in_their_address() -> None:
    for package in MANIFEST:
        scripts = [name for name in package["files"] if Path(name).parts[0] == "vendor"]
        assert [name for name in scripts if package["version"] not in name] == []
