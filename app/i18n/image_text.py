"""Our own typeface for pictures: tickets and cards are drawn with it, so they look the same on every machine."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from PIL import ImageFont

FONT = Path(__file__).resolve().parents[2] / "static" / "fonts" / "pearl.ttf"
_MISSING = "\ue000"  # a character that no font of ours has: what it draws is the box for missing ones


@lru_cache(maxsize=64)
def font(size: int) -> ImageFont.FreeTypeFont:
    """The typeface at `size` pixels."""
    return ImageFont.truetype(str(FONT), size, layout_engine=ImageFont.Layout.BASIC)


def drawable(text: str) -> str:
    """The text in letters that the font has: composed, else without their marks, else a question mark."""
    return "".join(_drawable(char) for char in unicodedata.normalize("NFC", text))


def wrap(text: str, size: int, room: int) -> Iterator[str]:
    """Lines at most `room` pixels wide; a word that is too long alone is broken."""
    face, line = font(size), ""
    for word in drawable(text).split():
        joined = f"{line} {word}".strip()
        if face.getlength(joined) <= room:
            line = joined
            continue
        if line:
            yield line
        while face.getlength(word) > room:
            cut = _longest(word, size, room)
            yield word[:cut]
            word = word[cut:]
        line = word
    if line:
        yield line


def clip(text: str, size: int, room: int) -> str:
    """The text in one line of `room` pixels, its end given up for an ellipsis where it must be."""
    text = drawable(text)
    if font(size).getlength(text) <= room:
        return text
    return f"{text[: _longest(text, size, room - round(font(size).getlength('…')))].rstrip()}…"


def _longest(text: str, size: int, room: int) -> int:
    """How many letters of `text` fit, at least one."""
    return next((count for count in range(len(text), 1, -1) if font(size).getlength(text[:count]) <= room), 1)


@lru_cache(maxsize=2000)
def _drawable(char: str) -> str:
    if _has(char):
        return char
    base = "".join(part for part in unicodedata.normalize("NFKD", char) if _has(part))
    return base or ("" if unicodedata.category(char)[0] in "CM" else "?")


@lru_cache(maxsize=1)
def _box() -> bytes:
    return bytes(font(44).getmask(_MISSING))


def _has(char: str) -> bool:
    """Whether the font draws this character itself and not the box that stands for a missing one."""
    shown = char.isprintable() and not unicodedata.combining(char)
    return char in " \u00a0" or (shown and bytes(font(44).getmask(char)) != _box())
