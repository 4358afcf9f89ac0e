"""Reading what somebody typed: its length is judged before anything else is done with it.

Normalising text takes quadratic time: 200 kB of combining marks held a worker for nine seconds.
"""

from __future__ import annotations

import unicodedata

MOST_PARTS = 4  # one letter in NFC is at most four code points when it is taken apart (Unicode, UAX 15)


def normal(text: str, most: int) -> str:
    """The text in NFC without spaces around it; of one that cannot fit into `most` letters only the start, which is too long."""
    short = text.strip()[: MOST_PARTS * most + 1]
    return short if len(short) > MOST_PARTS * most else unicodedata.normalize("NFC", short)
