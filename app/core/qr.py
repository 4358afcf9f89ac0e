"""The QR code of a ticket: what it holds, as a matrix, and as one compact SVG path (the library's own SVG is 13 kB)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

import qrcode
from qrcode.util import QRData

QUIET = 4
PREFIX = "/T/"


@dataclass(frozen=True, slots=True)
class Code:
    """A QR code with its quiet zone: `size` modules a side, dark where `rows` is true."""

    rows: tuple[tuple[bool, ...], ...]

    @property
    def size(self) -> int:
        """Modules a side, quiet zone included."""
        return len(self.rows)

    @property
    def path(self) -> str:
        """Dark runs as strokes one module thick: `M` to a row's first run, then `h` and `m` by turns. Shift by half a module."""
        return "".join(_row_path(number, row) for number, row in enumerate(self.rows))


def payload(base_url: str, code: str) -> str:
    """`HTTPS://HOST/T/<code>`: capitals, so that the whole is in alphanumeric mode and stays at 29 modules."""
    return f"{base_url}{PREFIX}{code}".upper()


def make(text: str) -> Code:
    """The smallest QR code for `text` at level M, with a quiet zone of four modules."""
    maker = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=QUIET)
    maker.add_data(QRData(text))
    maker.make(fit=True)
    return Code(tuple(tuple(bool(cell) for cell in row) for row in maker.get_matrix()))


def _row_path(number: int, row: tuple[bool, ...]) -> str:
    parts, at = [], None
    for start, length in _runs(row):
        parts.append(f"M{start} {number}h{length}" if at is None else f"m{start - at} 0h{length}")
        at = start + length
    return "".join(parts)


def _runs(row: tuple[bool, ...]) -> Iterator[tuple[int, int]]:
    """The dark runs of a row as (first module, length)."""
    start = 0
    for dark, cells in groupby(row):
        length = len(list(cells))
        if dark:
            yield start, length
        start += length
