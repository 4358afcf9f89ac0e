"""Every page that a template or a route links to exists: a typo would be found by whoever follows the link."""

from __future__ import annotations

import re

from flask import Flask

from tests.conftest import ROOT

NAMED = re.compile(r"""url_for\(\s*["']([\w.]+)["']""")


def test_every_endpoint_that_is_named_exists(app: Flask) -> None:
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()}
    files = [*(ROOT / "app").rglob("*.py"), *(ROOT / "templates").rglob("*.html"), *(ROOT / "templates").rglob("*.txt")]
    named = {(path.relative_to(ROOT).as_posix(), name) for path in files for name in NAMED.findall(path.read_text("utf-8"))}

    assert len(named) > 40
    assert {
        (path, name) for path, name in named
        if name not in endpoints and not (name.startswith(".") and any(one.endswith(name) for one in endpoints))
    } == set()  # fmt: skip
