"""Templates compiled ahead: `flask assets` writes their bytecode, workers only read it. Compiling them takes a second."""

from __future__ import annotations

import shutil
from pathlib import Path

from jinja2 import Environment, FileSystemBytecodeCache
from jinja2.bccache import Bucket

FOLDER = "dist"  # below the templates, beside nothing that is served


class ReadOnly(FileSystemBytecodeCache):
    """What stands in the folder is used; a template that is missing there, or has changed, is compiled in memory."""

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Write nothing: serving needs no right to."""


def read_compiled(environment: Environment, templates: Path, build: str) -> None:
    """Let the environment take its templates from what was compiled for this build, if it was."""
    folder = templates / FOLDER / build
    if folder.is_dir():
        environment.bytecode_cache = ReadOnly(str(folder))


def compile_all(environment: Environment, templates: Path, build: str) -> int:
    """Compile every template for this build, drop what was compiled for older ones; returns how many there are."""
    for older in (templates / FOLDER).glob("*"):
        if older.name != build:
            shutil.rmtree(older, ignore_errors=True)
    folder = templates / FOLDER / build
    folder.mkdir(parents=True, exist_ok=True)
    fresh = environment.overlay(cache_size=0, bytecode_cache=FileSystemBytecodeCache(str(folder)))
    names = template_names(environment)
    for name in names:
        fresh.get_template(name)
    read_compiled(environment, templates, build)
    return len(names)


def template_names(environment: Environment) -> list[str]:
    """Every template of the app."""
    return environment.list_templates(extensions=["html", "txt"])
