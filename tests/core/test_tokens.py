"""The palette's contrasts, computed by WCAG 2.2 from the stylesheet itself, in light and dark."""

from __future__ import annotations

import re

import pytest

from tests.conftest import ROOT
from tests.contrast import contrast

pytestmark = pytest.mark.once

TEXT, SHAPE = 4.5, 3.0
PAIRS = [
    ("ink", "bg", TEXT), ("ink", "surface", TEXT), ("ink", "sunken", TEXT),
    ("muted", "bg", TEXT), ("muted", "surface", TEXT), ("muted", "sunken", TEXT),
    ("link", "bg", TEXT), ("link", "surface", TEXT), ("link", "sunken", TEXT),
    ("sea-ink", "sea", TEXT), ("amber-ink", "amber", TEXT),
    ("ok", "ok-bg", TEXT), ("warn", "warn-bg", TEXT), ("bad", "bad-bg", TEXT),
    ("ok", "surface", TEXT), ("warn", "surface", TEXT), ("bad", "surface", TEXT), ("bad", "bg", TEXT),
    ("sea", "bg", SHAPE), ("sea", "surface", SHAPE), ("line-strong", "surface", SHAPE), ("line-strong", "bg", SHAPE),
    ("focus", "bg", SHAPE), ("focus", "surface", SHAPE),
]  # fmt: skip


def palettes() -> dict[str, dict[str, str]]:
    """The custom properties that are colours: the first block is light, the one in the dark media query overrides it."""
    css = (ROOT / "static" / "css" / "tokens.css").read_text("utf-8")
    light, dark = css.split("@media (prefers-color-scheme: dark)")
    found = re.compile(r"--([a-z-]+):\s*(#[0-9a-f]{3,6});")
    first = dict(found.findall(light))
    return {"light": first, "dark": first | dict(found.findall(dark))}


def channels(colour: str) -> list[int]:
    """Red, green and blue of `#rgb` or `#rrggbb`."""
    digits = colour[1:] if len(colour) == 7 else "".join(char * 2 for char in colour[1:])
    return [int(digits[at : at + 2], 16) for at in (0, 2, 4)]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("front", "back", "least"), PAIRS)
def test_colours_contrast_enough(scheme: str, front: str, back: str, least: float) -> None:
    palette = palettes()[scheme]

    assert contrast(channels(palette[front]), channels(palette[back])) >= least
