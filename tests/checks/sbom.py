"""`make sbom`: what this software is made of, as a CycloneDX bill of materials (JSON): the pinned packages and the vendored files.

The packages come from requirements.txt through cyclonedx-py, which writes their hashes; what browsers are sent from
static/vendor and static/fonts is added from its manifest. Argument: the file to write.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
MANIFEST = ROOT / "static" / "vendor" / "MANIFEST.json"
VERSION = "1.6"


def bill() -> dict[str, Any]:
    """The whole bill. The same pins give the same bytes."""
    made = packages()
    made["metadata"]["component"]["licenses"] = [{"license": {"id": "MIT"}}]
    made["components"] = sorted([*made["components"], *map(vendored, json.loads(MANIFEST.read_text("utf-8")))], key=name_of)
    parts = [component["bom-ref"] for component in made["components"]]
    root = made["metadata"]["component"]["bom-ref"]
    made["dependencies"] = [{"ref": root, "dependsOn": sorted(parts)}, *({"ref": part} for part in sorted(parts))]
    return made


def packages() -> dict[str, Any]:
    """The pins of the running app, with their hashes, named after the project in pyproject.toml."""
    command = [
        sys.executable, "-m", "cyclonedx_py", "requirements", "requirements.txt", "--pyproject", "pyproject.toml", "--output-reproducible",
        "--spec-version", VERSION, "--mc-type", "application", "--of", "JSON", "-o", "-",
    ]  # fmt: skip
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True)
    made: dict[str, Any] = json.loads(done.stdout)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    made["metadata"]["component"] |= {"name": project["name"], "version": project["version"]}
    return made


def vendored(package: dict[str, Any]) -> dict[str, Any]:
    """A part of the pages: where it is from, under which licence, and the hash of each of its files."""
    source, _, _ = package["source"].partition(" ")
    name, _, version = source.rstrip(",").removeprefix("npm:").rpartition("@")
    ref = f"pkg:npm/{name.replace('@', '%40')}@{version}"
    files = [
        {"type": "file", "name": f"static/{path}", "bom-ref": f"{ref}#{path}", "hashes": [{"alg": "SHA-256", "content": digest}]}
        for path, digest in sorted(package["files"].items())
    ]
    return {
        "type": "library", "name": package["name"], "version": package["version"], "bom-ref": ref, "purl": ref,
        "licenses": [{"expression": package["licence"]}], "components": files,
    }  # fmt: skip


def name_of(component: dict[str, Any]) -> str:
    return str(component["name"]).lower()


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(bill(), indent=2, ensure_ascii=False) + "\n", "utf-8")
