"""What commands print for a phone to read from the screen."""

from __future__ import annotations

import io
import sys

import qrcode

HALVES = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}
BLACK_ON_WHITE, PLAIN = "\x1b[30;107m", "\x1b[0m"


def qr(text: str, *, colours: bool | None = None) -> str:
    """The QR code in half blocks: black on white whatever the terminal's colours; without colours for a dark one."""
    code = qrcode.QRCode(border=2, error_correction=qrcode.constants.ERROR_CORRECT_L)
    code.add_data(text)
    code.make(fit=True)
    if not (sys.stdout.isatty() if colours is None else colours):
        out = io.StringIO()
        code.print_ascii(out=out, invert=True)
        return out.getvalue().replace("\xa0", " ")
    rows = [list(row) for row in code.get_matrix()]
    rows += [[False] * len(rows[0])] * (len(rows) % 2)
    pairs = zip(rows[::2], rows[1::2], strict=True)
    lines = ("".join(HALVES[halves] for halves in zip(upper, lower, strict=True)) for upper, lower in pairs)
    return "".join(f"{BLACK_ON_WHITE}{line}{PLAIN}\n" for line in lines)
