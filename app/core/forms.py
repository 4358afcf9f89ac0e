"""Forms, read field by field: one sentence for each that is wrong, in the order of the page, and what was typed is kept.

The length of a text is judged before anything else is done with it: normalising takes quadratic time, and 200 kB of combining
marks held a worker for nine seconds.
"""

from __future__ import annotations

import unicodedata
import uuid
from collections.abc import Mapping
from typing import Any, TypeVar

from werkzeug.datastructures import MultiDict

from app.core.babel import LazyString, lazy_gettext as _l
from app.core.errors import InvalidInput

INCOMPLETE = _l("The form arrived incomplete. Please send it once more.")
MOST_PARTS = 4  # one letter in NFC is at most four code points when it is taken apart (Unicode, UAX 15)
MOST_SHOWN = 50_000  # letters of a field that are shown again: more than any form takes
HIDDEN = frozenset({"Cc", "Cs", "Co", "Cn", "Zl", "Zp"})
BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
Sent = MultiDict[str, str]
Value = TypeVar("Value")


class Form:
    """A form as it was sent, and what is wrong with it so far."""

    def __init__(self, sent: Sent) -> None:
        self.sent, self.wrong = sent, dict[str, LazyString | str]()

    def text(self, name: str, most: int) -> str:
        """What a field says, as `normal` leaves it; empty where it was not sent."""
        return normal(self.sent.get(name, ""), most)

    def key(self) -> uuid.UUID:
        """The form's random key: the same key sent twice gets the same answer. Wrong when it is not usable."""
        key = read_key(self.sent)
        self.refuse("form_key", (key is None, INCOMPLETE))
        return key or uuid.uuid4()

    def refuse(self, name: str, *faults: tuple[object, LazyString | str]) -> None:
        """Say the sentence of the first fault that is there; a field has one sentence, the first that was said."""
        for sentence in [sentence for fault, sentence in faults if fault][:1]:
            self.wrong.setdefault(name, sentence)

    def checked(self, value: Value) -> Value:
        """What was read, when nothing is wrong. Raises `InvalidInput`."""
        if self.wrong:
            raise InvalidInput(self.wrong)
        return value


def blank(**fields: Any) -> Sent:
    """An empty form with a random key, but for these fields."""
    return MultiDict({"form_key": str(uuid.uuid4())} | fields)


def echo(sent: Sent) -> Sent:
    """What was sent, for showing it again; without a usable key it gets a new one."""
    shown = MultiDict((name, text[:MOST_SHOWN]) for name, text in sent.items(multi=True))
    shown["form_key"] = str(read_key(sent) or uuid.uuid4())
    return shown


def read_key(form: Mapping[str, str]) -> uuid.UUID | None:
    """The form's random key; None where there is none that is usable."""
    text = form.get("form_key", "")
    try:
        return uuid.UUID(text) if len(text) == 36 else None
    except ValueError:
        return None


def read_page(args: Mapping[str, str]) -> int:
    """The number of the page that is asked for, from 1; what is no number is the first."""
    text = args.get("page", "1")
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) <= 6 else 1


def normal(text: str, most: int) -> str:
    """The text in NFC without spaces around it; of one that cannot fit into `most` letters only the start, which is too long."""
    short = text.strip()[: MOST_PARTS * most + 1]
    return short if len(short) > MOST_PARTS * most else unicodedata.normalize("NFC", short)


def is_seen(text: str, but: str = "") -> bool:
    """Whether all of it is seen, and in its order; `but` may be in it all the same."""
    return not any((unicodedata.category(char) in HIDDEN or char in BIDI) and char not in but for char in text)


def plain(text: str, but: str = "") -> str:
    """A space for each sign that nobody sees, except `but`."""
    return "".join(char if char.isprintable() or char in but else " " for char in text)
