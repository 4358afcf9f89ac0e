"""Reading what somebody typed: its length is judged before anything else is done with it.

Normalising text takes quadratic time: 200 kB of combining marks held a worker for nine seconds.
"""

from __future__ import annotations

import unicodedata
import uuid
from collections.abc import Mapping

from app.core.babel import lazy_gettext as _l

INCOMPLETE = _l("The form arrived incomplete. Please send it once more.")
MOST_PARTS = 4  # one letter in NFC is at most four code points when it is taken apart (Unicode, UAX 15)


def normal(text: str, most: int) -> str:
    """The text in NFC without spaces around it; of one that cannot fit into `most` letters only the start, which is too long."""
    short = text.strip()[: MOST_PARTS * most + 1]
    return short if len(short) > MOST_PARTS * most else unicodedata.normalize("NFC", short)


def read_key(form: Mapping[str, str]) -> uuid.UUID | None:
    """The form's random key; None where there is none that is usable."""
    text = form.get("form_key", "")
    try:
        return uuid.UUID(text) if len(text) == 36 else None
    except ValueError:
        return None
