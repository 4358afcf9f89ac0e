"""A ticket in other forms: a calendar entry and one picture for a door without network."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

from icalendar import Calendar, Event
from PIL import Image, ImageDraw, ImageFont

from app.i18n import formats
from app.registration.qr import Code
from app.registration.queries import Occasion

FONT = Path(__file__).resolve().parents[2] / "static" / "fonts" / "pearl.ttf"
WIDTH, MARGIN, GAP, MODULE = 1080, 72, 24, 25
INK, PAPER = 16, 255
_MISSING_GLYPHS: dict[str, str] = {}


def calendar(occasion: Occasion, base_url: str, address: str, cancelled: bool) -> bytes:
    """One entry for the event in its own zone, whole days where no hours are known; one UID in all languages.

    Nothing secret is inside: calendars are shared and synced. `address` is the event's public page.
    """
    event, zone = occasion.event, formats.zone(occasion.event.timezone)
    entry = Event()
    entry.add("uid", f"ticket-{event.id}@{urlsplit(base_url).hostname}")
    entry.add("summary", str(occasion.title))
    entry.add("dtstamp", event.updated_at)
    entry.add("last-modified", event.updated_at)
    entry.add("sequence", event.sequence)
    entry.add("status", "CANCELLED" if cancelled or event.status == "cancelled" else "CONFIRMED")
    entry.add("location", ", ".join(occasion.where))
    entry.add("url", f"{base_url}{address}")
    if occasion.begins_at is not None:
        entry.add("dtstart", occasion.begins_at.astimezone(zone))
        if occasion.ends_at is not None and occasion.ends_at > occasion.begins_at:
            entry.add("dtend", occasion.ends_at.astimezone(zone))
    elif event.starts_on is not None:
        entry.add("dtstart", event.starts_on)
        entry.add("dtend", (event.ends_on or event.starts_on) + timedelta(days=1))
    book = Calendar()
    book.add("prodid", "-//Cultural Pearls companion//ticket//EN")
    book.add("version", "2.0")
    book.add("method", "PUBLISH")
    book.add_component(entry)
    if event.starts_on is not None:
        book.add_missing_timezones(date(event.starts_on.year - 1, 1, 1), date(event.starts_on.year + 2, 1, 1))
    return bytes(book.to_ical())


def picture(occasion: Occasion, code: Code, reference: str, words: list[str]) -> bytes:
    """A PNG with the QR, the reference in large letters, title, place and time, in the occasion's language.

    Long lines are wrapped and the picture grows: nothing is ever cut off. `words` are the lines that close it.
    """
    when = [part for part in (occasion.days, f"{occasion.hours} ({occasion.zone})" if occasion.hours else "") if part]
    blocks = [(str(occasion.title), 60), (" · ".join(when), 44), (", ".join(occasion.where), 44)]
    lines = [line for text, size in blocks for line in _lines(text, size)]
    foot = [(reference, 104), *(line for word in words for line in _lines(word, 36))]
    side = code.size * MODULE
    height = MARGIN * 2 + side + sum(_height(size) for _, size in (*lines, *foot)) + GAP * 2
    image = Image.new("L", (WIDTH, height), PAPER)
    pen = ImageDraw.Draw(image)
    top = _write(pen, lines, MARGIN) + GAP
    _paint(pen, code, (WIDTH - side) // 2, top)
    _write(pen, foot, top + side + GAP)
    data = io.BytesIO()
    image.save(data, "PNG", optimize=True)
    return data.getvalue()


@lru_cache(maxsize=8)
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(FONT), size, layout_engine=ImageFont.Layout.BASIC)


def _height(size: int) -> int:
    return round(size * 1.3)


def drawable(text: str) -> str:
    """The text in letters that the font has: composed, else without their marks, else a question mark."""
    return "".join(_drawable(char) for char in unicodedata.normalize("NFC", text))


@lru_cache(maxsize=2000)
def _drawable(char: str) -> str:
    if _has(char):
        return char
    base = "".join(part for part in unicodedata.normalize("NFKD", char) if _has(part))
    return base or ("" if unicodedata.category(char)[0] in "CM" else "?")


def _has(char: str) -> bool:
    """Whether the font draws this character itself and not the box that stands for a missing one."""
    font = _font(44)
    box = _MISSING_GLYPHS.setdefault("box", bytes(font.getmask("\ue000")).hex())
    return char in " \u00a0" or (
        char.isprintable() and not unicodedata.combining(char) and bytes(font.getmask(char)).hex() != box
    )


def _lines(text: str, size: int) -> Iterator[tuple[str, int]]:
    """Lines that fit between the margins; a word that is too long alone is broken."""
    font, room, line = _font(size), WIDTH - 2 * MARGIN, ""
    for word in drawable(text).split():
        joined = f"{line} {word}".strip()
        if font.getlength(joined) <= room:
            line = joined
            continue
        if line:
            yield line, size
        line = word
        while font.getlength(line) > room:
            fits = next(count for count in range(len(line) - 1, 0, -1) if font.getlength(line[:count]) <= room)
            yield line[:fits], size
            line = line[fits:]
    if line:
        yield line, size


def _write(pen: ImageDraw.ImageDraw, lines: list[tuple[str, int]], top: int) -> int:
    for text, size in lines:
        pen.text((WIDTH // 2, top), text, INK, _font(size), anchor="ma")
        top += _height(size)
    return top


def _paint(pen: ImageDraw.ImageDraw, code: Code, left: int, top: int) -> None:
    for y, row in enumerate(code.rows):
        for x, dark in enumerate(row):
            if dark:
                corner = (left + x * MODULE, top + y * MODULE)
                pen.rectangle((*corner, corner[0] + MODULE - 1, corner[1] + MODULE - 1), 0)
