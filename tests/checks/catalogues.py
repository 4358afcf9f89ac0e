"""The eight catalogues: every text there, none fuzzy or left over, placeholders kept, plural forms those of the language."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from functools import cache
from gettext import c2py  # type: ignore[attr-defined]
from pathlib import Path
from typing import TypeAlias

import polib
from babel.messages.catalog import Catalog, Message
from babel.messages.plurals import get_plural
from babel.messages.pofile import read_po

from tests.checks.messages import ROOT, gather

LANGUAGES = ("da", "de", "et", "fi", "lt", "lv", "pl", "sv")
PLACEHOLDER = re.compile(r"%\((\w+)\)[#0\- +]*\d*(?:\.\d+)?[diouxXeEfFgGcrsa]")
COUNTS = {"num", "count", "number"}
MARKUP = re.compile(r"</?[a-zA-Z][^>]*>")
Key: TypeAlias = tuple[str | None, str]


def problems(folder: Path, template: Catalog | None = None) -> list[str]:
    """A sentence for each fault in `<folder>/<language>/LC_MESSAGES/messages.po`."""
    template = template or _gathered()
    found = []
    for language in LANGUAGES:
        path = folder / language / "LC_MESSAGES" / "messages.po"
        if not path.is_file():
            found.append(f"{language}: there is no catalogue")
            continue
        with path.open("rb") as file:
            catalog = read_po(file, locale=language)
        found += [
            f"{language}: {fault}"
            for fault in faults(catalog, template, polib.pofile(str(path)).metadata.get("Plural-Forms", ""))
        ]
    return found


def faults(catalog: Catalog, template: Catalog, plural_forms: str) -> Iterator[str]:
    """The faults of one catalogue, measured against the texts of the interface."""
    yield from plural_faults(catalog, plural_forms)
    wanted, there = by_key(template), by_key(catalog)
    yield from (f"missing: {key[1]!r}" for key in wanted.keys() - there.keys())
    yield from (f"no longer used: {key[1]!r}" for key in there.keys() - wanted.keys())
    for key in wanted.keys() & there.keys():
        yield from message_faults(there[key], wanted[key], catalog.num_plurals)


def by_key(catalog: Catalog) -> dict[Key, Message]:
    """The texts by context and first form."""
    return {(message.context, _forms(message.id)[0]): message for message in catalog if message.id}


def message_faults(message: Message, wanted: Message, forms: int) -> Iterator[str]:
    """What is wrong with one translated text."""
    strings, name = _forms(message.string), repr(_forms(message.id)[0])
    if message.fuzzy:
        yield f"fuzzy: {name}"
    if not all(text.strip() for text in strings) or not strings:
        yield f"not translated: {name}"
        return
    if len(strings) != (forms if wanted.pluralizable else 1):
        yield f"{len(strings)} forms instead of {forms}: {name}"
    yield from (f"{error}: {name}" for error in message.check())
    yield from placeholder_faults(wanted, strings)
    yield from (f"markup in a text: {name}" for text in strings if MARKUP.search(text))


def placeholder_faults(wanted: Message, strings: tuple[str, ...]) -> Iterator[str]:
    """Each form holds the placeholders of the English, no others; a form for one certain number may leave that number out."""
    allowed = {part for text in _forms(wanted.id) for part in PLACEHOLDER.findall(text)}
    needed = allowed - COUNTS if wanted.pluralizable else allowed
    for text in strings:
        held = set(PLACEHOLDER.findall(text))
        if not needed <= held <= allowed:
            yield f"placeholders {sorted(held)} instead of {sorted(allowed)}: {_forms(wanted.id)[0]!r}"
        if "%" in PLACEHOLDER.sub("", text):
            yield f"a stray percent sign: {_forms(wanted.id)[0]!r}"


def plural_faults(catalog: Catalog, plural_forms: str) -> Iterator[str]:
    """The header as written in the file chooses, for every number to 1000, the form that the language's rule chooses."""
    header = re.search(r"nplurals\s*=\s*(\d+)\s*;\s*plural\s*=\s*([^;]+)", plural_forms)
    if header is None:
        yield "no Plural-Forms in the header"
        return
    expected = get_plural(str(catalog.locale))
    written, right = c2py(header[2]), c2py(expected.plural_expr)
    if int(header[1]) != expected.num_plurals or any(written(number) != right(number) for number in range(1001)):
        yield f"Plural-Forms should be {expected}"


def _forms(text: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


@cache
def _gathered() -> Catalog:
    return gather()


if __name__ == "__main__":
    found = problems(ROOT / "translations")
    print("\n".join(found) or f"{len(_gathered())} texts in {len(LANGUAGES)} catalogues: complete.")
    sys.exit(bool(found))
