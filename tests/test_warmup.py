"""A fresh worker does the slow things before its first reader comes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask
from jinja2 import Environment, FileSystemBytecodeCache, TemplateNotFound
from jinja2.environment import Template

from app import create_app, warmup
from app.core import assets, compiled
from app.core.babel import babel
from app.core.db import db
from app.i18n.languages import LANGUAGES
from tests.conftest import HOST, ROOT, settings_for
from tests.factories import make_event, make_item

FIRST_PAGES = """
import sys
from time import process_time
from app import create_app, warmup
from tests.conftest import HOST, settings_for
app = create_app(settings_for(sys.argv[1]))
if sys.argv[2] == "warm":
    warmup.warm(app)
visitor, took = app.test_client(), []
for lang in ("fi", "lv", "pl"):
    begun = process_time()
    assert visitor.get(f"/{lang}/events/kaskinen-2026/", base_url=f"https://{HOST}").status_code == 200
    took.append(process_time() - begun)
print(*took)
"""


@pytest.fixture
def filled(tmp_path: Path) -> str:
    """The address of a database with one event."""
    url = f"sqlite:///{tmp_path / 'warm.sqlite3'}"
    app = create_app(settings_for(url))
    with app.app_context():
        db.create_all()
        make_item(make_event())
        db.session.remove()
        db.engine.dispose()
    return url


def first_pages(url: str, how: str) -> list[float]:
    """Seconds of work for the first pages of a fresh process, in three languages."""
    done = subprocess.run([sys.executable, "-c", FIRST_PAGES, url, how], cwd=ROOT, capture_output=True, text=True, check=True)
    return [float(word) for word in done.stdout.split()]


def test_the_first_page_takes_hardly_longer_than_the_next(filled: str) -> None:
    cold, warm = first_pages(filled, "cold"), first_pages(filled, "warm")

    assert warm[0] < 3 * min(warm)
    assert warm[0] < cold[0] / 4


def test_templates_and_catalogues_are_there_before_anybody_asks(filled: str) -> None:
    app = create_app(settings_for(filled))
    with app.app_context():
        babel.domain_instance.cache.clear()
    warmup.warm(app)
    with app.app_context():
        prepared = len(app.jinja_env.cache or {}), set(babel.domain_instance.cache)
        db.engine.dispose()

    assert prepared[0] >= len(compiled.template_names(app.jinja_env))
    assert prepared[1] >= set(LANGUAGES)


def test_a_database_that_is_not_migrated_or_away_stops_no_start(tmp_path: Path) -> None:
    for url in (f"sqlite:///{tmp_path / 'empty.sqlite3'}", f"sqlite:///{tmp_path / 'no-such-folder' / 'x.sqlite3'}"):
        app = create_app(settings_for(url))
        warmup.warm(app)

        assert app.test_client().get("/en/about/privacy/", base_url=f"https://{HOST}").status_code in {200, 503}


class NoCompiler(Environment):
    """An environment that may only read what was compiled."""

    def compile(self, *_args: object, **_options: object) -> object:
        """Never."""
        raise AssertionError("compiled while serving")


def test_workers_read_what_was_compiled_ahead_and_write_nothing(app: Flask, tmp_path: Path) -> None:
    for older in ("aa", "bb"):
        (tmp_path / "dist" / older).mkdir(parents=True)
    count = compiled.compile_all(app.jinja_env.overlay(), tmp_path, "bb")
    written = sorted((tmp_path / "dist").rglob("*"))
    worker = NoCompiler(loader=app.jinja_env.loader)
    compiled.read_compiled(worker, tmp_path, "bb")

    assert [isinstance(worker.get_template(name), Template) for name in compiled.template_names(app.jinja_env)] == [True] * count
    assert sorted((tmp_path / "dist").rglob("*")) == written
    assert [path.name for path in (tmp_path / "dist").iterdir()] == ["bb"]


def test_a_template_that_was_not_compiled_ahead_is_compiled_in_memory(app: Flask, tmp_path: Path) -> None:
    (tmp_path / "dist" / "cc").mkdir(parents=True)
    worker = app.jinja_env.overlay(cache_size=0)
    compiled.read_compiled(worker, tmp_path, "cc")

    assert isinstance(worker.get_template("errors/error.html"), Template)
    assert list((tmp_path / "dist" / "cc").iterdir()) == []
    with pytest.raises(TemplateNotFound):
        worker.get_template("no/such.html")


def test_the_compiled_templates_are_not_served_and_make_no_build_of_their_own(app: Flask) -> None:
    before = app.extensions["assets"].build
    build, _, count = assets.prepare(app)

    assert (build, assets.Assets(ROOT / "static", ROOT / "templates").build) == (before, before)
    assert compiled_files(app) <= {path.name for path in (ROOT / "templates" / "dist" / build).iterdir()}
    assert len(compiled_files(app)) == count


def compiled_files(app: Flask) -> set[str]:
    """One file for each template of this checkout; what the same build was compiled to elsewhere may lie beside them."""
    key = FileSystemBytecodeCache().get_cache_key
    names = compiled.template_names(app.jinja_env)
    return {f"__jinja2_{key(name, str(ROOT / 'templates' / name))}.cache" for name in names}
