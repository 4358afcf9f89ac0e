"""What the browser's own print makes of a page: its sheets, their letters, their pictures and the codes on them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import zxingcpp
from PIL.Image import Image
from playwright.sync_api import Page
from pypdfium2 import PdfDocument

from tests.browser.served import Live

DOTS = 150  # to the inch
MM = 25.4 / DOTS


def printed(page: Page, live: Live, path: str, size: str = "A4") -> PdfDocument:
    """What the browser's own print makes of the page, on sheets of this size unless the page names its own."""
    page.goto(live.at(path))
    page.evaluate("document.fonts.ready")
    return PdfDocument(page.pdf(format=size, prefer_css_page_size=True))


def letters(document: PdfDocument) -> str:
    """The text layer of all pages, without any space: lines may break anywhere."""
    return "".join(_bare(each.get_textpage().get_text_bounded()) for each in document)


def lacking(said: str, texts: Iterable[str]) -> list[str]:
    """Which of these texts do not stand in these letters; hyphens aside, since one at the end of a line is lost."""
    plain = said.replace("-", "")
    return [text for text in texts if _bare(text).replace("-", "") not in plain]


def _bare(text: str) -> str:
    return re.sub(r"[\s\x02\u00ad\ufffe]+", "", text)


def pictures(document: PdfDocument) -> Iterator[Image]:
    """Each page in grey, at 150 dpi."""
    return (each.render(scale=DOTS / 72).to_pil().convert("L") for each in document)


@dataclass(frozen=True)
class Read:
    """A code that another reader found on a sheet: what it says, and how long its shorter side is, without the quiet zone."""

    text: str
    millimetres: float


def codes_on(document: PdfDocument) -> list[Read]:
    """Every code on the sheets."""
    return [
        Read(code.text, _side(code.position) * MM) for picture in pictures(document) for code in zxingcpp.read_barcodes(picture)
    ]


def _side(at: zxingcpp.Position) -> float:
    corners = [at.top_left, at.top_right, at.bottom_right, at.bottom_left]
    pairs = zip(corners, corners[1:] + corners[:1], strict=True)
    return min(math.dist((one.x, one.y), (other.x, other.y)) for one, other in pairs)
