"""The interface's texts as they stand in code and templates, gathered as babel.cfg says; writes the template catalogue."""

from __future__ import annotations

import sys
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import write_po

ROOT = Path(__file__).resolve().parent.parent.parent
KEYWORDS = DEFAULT_KEYWORDS | {
    "_l": None,
    "_p": ((1, "c"), 2),
    "lazy_gettext": None,
    "lazy_ngettext": (1, 2),
    "lazy_pgettext": ((1, "c"), 2),
}
HEADER = "# The texts of the Cultural Pearls companion. Same licence as the project (MIT)."
COMMENTS = ("Translators:",)


def gather(root: Path = ROOT) -> Catalog:
    """Every text of the interface, with the files it stands in."""
    with (root / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)
    catalog = Catalog(project="Cultural Pearls companion", header_comment=HEADER, charset="utf-8")
    for folder in ("app", "templates"):
        prefixed = [(pattern.removeprefix(f"{folder}/"), name) for pattern, name in methods if pattern.startswith(f"{folder}/")]
        kept = {pattern.removeprefix(f"{folder}/"): value for pattern, value in options.items()}
        for name, _line, message, comments, context in extract_from_dir(
            root / folder, prefixed, kept, keywords=KEYWORDS, comment_tags=COMMENTS, strip_comment_tags=True
        ):
            catalog.add(message, None, [(f"{folder}/{name}", None)], auto_comments=comments, context=context)
    return catalog


def main(target: Path) -> None:
    """Write the template, unless nothing but its date would change."""
    fresh = BytesIO()
    write_po(fresh, gather(), width=120, sort_by_file=True, include_lineno=False)
    if not target.exists() or _undated(target.read_bytes()) != _undated(fresh.getvalue()):
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(fresh.getvalue())


def _undated(content: bytes) -> list[bytes]:
    return [line for line in content.splitlines() if not line.startswith(b'"POT-Creation-Date')]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
