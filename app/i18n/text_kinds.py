"""Which texts there are: each is registered beside the model that owns it, and one that nobody registered is a fault at once."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TextKind:
    """A text of a row, such as `event.title`: how many letters it may have, and whether it may be empty.

    A name that ends in `.*` stands for a family: `question.option.*` for each option of a question.
    """

    name: str
    limit: int = 500
    required: bool = False


_KNOWN: dict[str, TextKind] = {}


def register(*kinds: TextKind) -> tuple[TextKind, ...]:
    """Make these texts known, in the order in which they are translated; called where a model is defined."""
    _KNOWN.update({kind.name: kind for kind in kinds})
    return kinds


def text_kind(name: str) -> TextKind:
    """The kind of this name. Raises `KeyError` when there is none."""
    found = _KNOWN.get(name) or _KNOWN.get(f"{name.rpartition('.')[0]}.*")
    if found is None:
        raise KeyError(f"no text {name!r}: register it beside its model")
    return found
