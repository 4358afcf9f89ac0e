"""Whether the first line of each template names what it needs: "Needs event, texts (or none), and what _fields.html needs."

A template uses the variables of its own file and those of the files that it extends, includes or imports with its context, but for
what it binds itself. What every template has (functions, `lang`, `request`) is not named; what is only asked whether it is defined
may be.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, cached_property
from pathlib import Path

from flask import Flask
from jinja2 import nodes
from jinja2.meta import find_undeclared_variables

from app import create_app
from tests.conftest import settings_for

LISTED = re.compile(r"(?:\bNeeds|: needs) ([^.;:]*(?:\.html[^.;:]*)*)")
OF_ANOTHER = re.compile(r"\bwhat ([\w/]+\.html) needs\b")
BINDING = (nodes.For, nodes.With, nodes.Macro, nodes.CallBlock)
WORD = re.compile(r"\b(?!and\b)[a-z_]\w*")


class Needs:
    """What the templates below `folder` use, and what they say they need."""

    def __init__(self, folder: Path) -> None:
        self.app, self.folder = _app(), folder
        self._used: dict[str, tuple[set[str], set[str]]] = {}

    @cached_property
    def everywhere(self) -> set[str]:
        """The names that every template has."""
        context: dict[str, object] = {}
        with self.app.test_request_context("/en/", base_url=self.app.config["PUBLIC_BASE_URL"]):
            self.app.update_template_context(context)
        return {*self.app.jinja_env.globals, *context}

    def faults(self) -> Iterator[str]:
        """A sentence for each template that uses what it does not name, or names what it does not use."""
        for path in sorted(self.folder.rglob("*.html")):
            name = str(path.relative_to(self.folder))
            used, optional = self.used(name)
            said = self.named(name)
            if not used <= said <= used | optional:
                missing, idle = (", ".join(sorted(names)) or "nothing" for names in (used - said, said - used - optional))
                yield f"{name}: uses without naming it: {missing}; names without using it: {idle}"

    def used(self, name: str) -> tuple[set[str], set[str]]:
        """The variables that must be there when a template is rendered, and those that may be."""
        if name not in self._used:
            tree = self._tree(name)
            own = find_undeclared_variables(tree) - _assigned(tree) - self.everywhere
            optional = own & {getattr(test.node, "name", "") for test in tree.find_all(nodes.Test) if test.name == "defined"}
            used = own - optional
            for other, hidden in _sharing(tree, _assigned(tree)):
                needed, welcome = (names - hidden for names in self.used(other))
                used, optional = used | needed, optional | welcome
            self._used[name] = used, optional - used
        return self._used[name]

    def named(self, name: str) -> set[str]:
        """The variables in the list of its first line; of another file named there, what that one uses."""
        first = (self.folder / name).read_text("utf-8").partition("\n")[0]
        listed = LISTED.search(re.sub(r"\([^()]*\)", "", first)) if first.startswith("{#") else None
        if listed is None or listed[1].split()[:1] == ["nothing"]:
            return set()
        tree = self._tree(name)
        shared = {Path(other).name: self.used(other)[0] - hidden for other, hidden in _sharing(tree, _assigned(tree))}
        others = (shared[Path(other).name] for other in OF_ANOTHER.findall(listed[1]))
        return set(WORD.findall(OF_ANOTHER.sub("", listed[1]))).union(*others)

    def _tree(self, name: str) -> nodes.Template:
        return self.app.jinja_env.parse((self.folder / name).read_text("utf-8"))


@cache
def _app() -> Flask:
    """The app, for what it gives its templates; its database is never opened."""
    return create_app(settings_for("sqlite:////nowhere/never.sqlite3"))


def _sharing(node: nodes.Node, hidden: set[str]) -> Iterator[tuple[str, set[str]]]:
    """The files that see a template's variables, each with the names that the template itself gives a value there."""
    for child in node.iter_child_nodes():
        if isinstance(child, nodes.Extends) or getattr(child, "with_context", False):
            yield child.template.value, hidden
        yield from _sharing(child, hidden | _stored(child) if isinstance(child, BINDING) else hidden)


def _assigned(tree: nodes.Template) -> set[str]:
    """The names that a template sets, imports or defines, wherever it does so."""
    parts = (part for node in tree.find_all(nodes.FromImport) for part in node.names)
    return {part[1] if isinstance(part, tuple) else part for part in parts}.union(
        *map(_stored, tree.find_all((nodes.Assign, nodes.AssignBlock))),
        (node.target for node in tree.find_all(nodes.Import)),
        (node.name for node in tree.find_all(nodes.Macro)),
    )


def _stored(node: nodes.Node) -> set[str]:
    return {name.name for name in node.find_all(nodes.Name) if name.ctx != "load"}
