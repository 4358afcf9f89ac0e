"""The rules of our templates that no linter knows: nothing inline, forms and links that work without script, and that each says
what it needs."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.checks.indent import indented
from tests.checks.needs import Needs

ROOT = Path(__file__).resolve().parent.parent.parent
COMMENT = re.compile(r"\{#.*?#\}", re.S)
JINJA = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.S)
TAG = re.compile(r"<([a-zA-Z][\w-]*)((?:\s+[^\s=<>\"'/]+(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s>]+))?|\s*\0\d+\0)*)\s*/?>", re.S)
ATTRIBUTE = re.compile(r"([^\s=<>\"'/\0]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>]+)))?", re.S)


def problems(folder: Path) -> list[str]:
    """A sentence for each fault in the templates below `folder`."""
    return [
        f"{path.relative_to(folder)}: {fault}"
        for path, source in ((path, path.read_text("utf-8")) for path in sorted(folder.rglob("*.html")))
        for fault in (*faults(str(path.relative_to(folder)), source), *depth_faults(source))
    ]


def depth_faults(source: str) -> Iterator[str]:
    """Whether its lines stand as deep as `make format` lays them."""
    try:
        if indented(source) != source:
            yield "its lines are not indented: run `make format`"
    except (IndexError, ValueError):
        yield "something begins in it that does not end, or the other way round"


def faults(name: str, source: str) -> Iterator[str]:
    """The faults of one template."""
    if Path(name).name.startswith("_") and not source.startswith("{#"):
        yield "a fragment's first line is a Jinja comment that says what it needs"
    markup = COMMENT.sub("", source)
    if markup.count("hx-post=") != markup.count("data-refusal"):
        yield "a form that htmx sends has a place of its own for a refusal: data-refusal"
    for expression in JINJA.findall(markup):
        if re.search(r"\|\s*safe\b|\bMarkup\(|autoescape\s+false", expression):
            yield f"trusts what somebody may have typed: {expression}"
    if re.search(r"<style\b", markup):
        yield "an inline stylesheet"
    for tag, attributes in tags(markup):
        if name.startswith("email/"):
            yield from remote_faults(tag, attributes)
            attributes = {key: value for key, value in attributes.items() if key != "style"}  # mail programs know no other
        yield from tag_faults(tag, attributes)


def tags(markup: str) -> Iterator[tuple[str, dict[str, str]]]:
    """The start tags with their attributes; an expression inside a value stays as it is written."""
    kept: list[str] = []

    def keep(found: re.Match[str]) -> str:
        kept.append(found[0])
        return f"\0{len(kept) - 1}\0"

    def give_back(text: str) -> str:
        return re.sub(r"\0(\d+)\0", lambda found: kept[int(found[1])], text)

    for found in TAG.finditer(JINJA.sub(keep, markup)):
        pairs = ATTRIBUTE.findall(re.sub(r"(?<=\s)\0\d+\0(?=\s|$)", " ", found[2] + " "))
        yield found[1].lower(), {name.lower(): give_back(double or single or bare) for name, double, single, bare in pairs}


def tag_faults(tag: str, attributes: dict[str, str]) -> Iterator[str]:
    """What is wrong with one tag."""
    for name, value in attributes.items():
        if name == "style" or name.startswith("on") or name.startswith(("hx-on", "hx-vars")):
            yield f"<{tag} {name}>: styles and handlers live in files of their own"
        if value.strip().lower().startswith(("javascript:", "js:")):
            yield f"<{tag} {name}>: script in an attribute"
    if tag == "script" and "src" not in attributes and attributes.get("type") not in {"application/json", "application/ld+json"}:
        yield "an inline script"
    yield from htmx_faults(tag, attributes)


def remote_faults(tag: str, attributes: dict[str, str]) -> Iterator[str]:
    """A mail loads nothing: its pictures come with it."""
    if any(not attributes[key].startswith("cid:") for key in ("src", "srcset", "background") if key in attributes):
        yield f"<{tag}>: a mail loads nothing from anywhere"
    if "url(" in attributes.get("style", "") or tag == "link":
        yield f"<{tag}>: a mail loads nothing from anywhere"


def htmx_faults(tag: str, attributes: dict[str, str]) -> Iterator[str]:
    """Without script the same link and the same form lead to the same place; what polls by itself needs no link."""
    plain = attributes.get("action") if tag == "form" else attributes.get("href")
    polls = "hx-trigger" in attributes and tag not in {"a", "form", "button"}
    if "hx-get" in attributes and not polls and attributes["hx-get"] != plain:
        yield f"<{tag}>: hx-get must repeat href or action"
    if "hx-post" in attributes and attributes["hx-post"] != plain:
        yield f"<{tag}>: hx-post must repeat action"
    if "hx-post" in attributes and attributes.get("method", "").lower() != "post":
        yield f"<{tag}>: hx-post belongs on a form with method=post"


if __name__ == "__main__":
    found = [*problems(ROOT / "templates"), *Needs(ROOT / "templates").faults()]
    print("\n".join(found) or "Templates: nothing inline, everything works without script, each says what it needs.")
    sys.exit(bool(found))
