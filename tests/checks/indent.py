"""Each line of a template stands as deep as the elements and the Jinja blocks around it. Only white space at the beginning of lines
is changed, never what a reader sees: djlint's formatter also moves tags and words to other lines, and loses spaces between them."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
STEP = "  "
VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"})
BLOCKS = frozenset({"autoescape", "block", "call", "filter", "for", "if", "macro", "raw", "trans", "with"})
JINJA = re.compile(r"\{#.*?#\}|\{%[-+]?\s*(?P<word>\w+).*?%\}|\{\{.*?\}\}", re.S)
MARKUP = re.compile(
    r"<!--.*?-->|<(?P<kept>pre|textarea|script)\b[^>]*>.*?</(?P=kept)>|<(?P<slash>/?)(?P<name>[a-zA-Z][\w-]*)[^>]*?(?P<empty>/?)>",
    re.S,
)


@dataclass(frozen=True, slots=True, order=True)
class Part:
    """A tag, an expression or a comment: where it stands, and what begins or ends with it. Lines inside a `kept` one stay as they are."""

    start: int
    end: int
    kind: str
    kept: bool = False


@dataclass
class Depth:
    """How deep a place is. Each branch of a condition begins where the condition does; behind it, the first branch counts."""

    elements: int = 0
    blocks: list[tuple[int, int | None]] = field(default_factory=list)

    def __int__(self) -> int:
        return self.elements + len(self.blocks)

    def go_past(self, part: Part) -> None:
        """On to the end of a part."""
        if part.kind in {"open", "close"}:
            self.elements += 1 if part.kind == "open" else -1
        elif part.kind == "begin":
            self.blocks.append((self.elements, None))
        elif part.kind in {"else", "end"}:
            start, first = self.blocks.pop()
            first = self.elements if first is None else first
            self.elements = start if part.kind == "else" else first
            self.blocks += [(start, first)] if part.kind == "else" else []


def indented(source: str) -> str:
    """The template with every line as deep as it stands; IndexError or ValueError where elements or blocks are not closed."""
    depth, parts, lines, place = Depth(), deque(sorted(_parts(source))), [], 0
    for line in source.split("\n"):
        text = line.strip()
        if parts and parts[0].start < place:
            lines.append(line if parts[0].kept or not text else STEP * (int(depth) + 2) + text)
        else:
            lines.append(STEP * _level(depth, parts, source, place + line.find(text)) + text if text else "")
        while parts and parts[0].end <= place + len(line):
            depth.go_past(parts.popleft())
        place += len(line) + 1
    if int(depth):
        raise ValueError(f"{int(depth)} elements or blocks are not closed")
    return "\n".join(lines)


def _level(depth: Depth, parts: deque[Part], source: str, place: int) -> int:
    """How deep a line stands: as what it closes at its beginning."""
    level, depth = int(depth), deepcopy(depth)
    for part in parts:
        if part.start != place or part.kind not in {"close", "else", "end"}:
            break
        depth.go_past(part)
        level = min(level, int(depth) - (part.kind == "else"))
        place = part.end + len(source[part.end :]) - len(source[part.end :].lstrip(" "))
    return level


def _parts(source: str) -> Iterator[Part]:
    """Tags as they are, and Jinja's where it does not stand in a tag."""
    masked, end = JINJA.sub(lambda found: re.sub(r"[^\n]", "\0", found[0]), source), 0
    for tag in MARKUP.finditer(masked):
        yield from _jinja(source, end, tag.start())
        end = tag.end()
        holds = tag["name"] and tag["name"].lower() not in VOID and not tag["empty"]
        yield Part(tag.start(), end, ("close" if tag["slash"] else "open") if holds else "", kept=not tag["name"])
    yield from _jinja(source, end, len(source))


def _jinja(source: str, start: int, end: int) -> Iterator[Part]:
    for found in JINJA.finditer(source, start, end):
        word = found["word"] or ""
        begins = word in BLOCKS or (word == "set" and "=" not in found[0])
        kind = "end" if word.startswith("end") else "else" if word in {"else", "elif"} else "begin" if begins else ""
        yield Part(found.start(), found.end(), kind, kept=found[0].startswith("{#"))


if __name__ == "__main__":
    for path in sorted((ROOT / "templates").rglob("*.html")):
        path.write_text(indented(path.read_text("utf-8")), "utf-8")
