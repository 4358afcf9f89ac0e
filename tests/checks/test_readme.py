"""The README's pictures: there, light, and said in words for those who do not see them."""

from __future__ import annotations

import re

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.once

MOST_BYTES = 120_000


def test_pictures_are_there_light_and_described() -> None:
    pictures = re.findall(r"!\[(.*?)\]\((.*?)\)", (ROOT / "README.md").read_text("utf-8"))

    assert [name for _, name in pictures] == ["docs/agenda-ticket-door.webp"]
    assert all(len(words) > 40 and (ROOT / name).stat().st_size <= MOST_BYTES for words, name in pictures)
