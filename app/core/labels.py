"""Words that stand in a column and that people read: each knows its label, in the language of the moment."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from app.core.babel import LazyString


class Labelled(StrEnum):
    """`TALK = "talk", lazy_pgettext("kind of row", "Talk")`: the word that is stored, its label, and further sentences.

    Of one without a label people read nothing.
    """

    _value_: str
    texts: tuple[LazyString | str, ...]

    def __new__(cls, value: str, label: LazyString | str = "", *sentences: LazyString | str) -> Self:
        """The word itself; what it is called stands beside it."""
        word = str.__new__(cls, value)
        word._value_ = value
        word.texts = (label, *sentences)
        return word

    @property
    def label(self) -> str:
        """What people read."""
        return str(self.texts[0])
