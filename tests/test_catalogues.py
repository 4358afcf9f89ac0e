"""The eight catalogues are complete, and the check that says so finds what it should."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.plurals import get_plural
from babel.messages.pofile import read_po, write_po

from tests import conftest
from tests.checks.catalogues import LANGUAGES, by_key, problems
from tests.checks.messages import KEYWORDS, gather
from tests.conftest import ROOT

pytestmark = pytest.mark.once

SEATS = ("%(num)s seat left for %(town)s", "%(num)s seats left for %(town)s")


def template() -> Catalog:
    """Two texts: one plain, one with forms."""
    catalog = Catalog()
    catalog.add("Open %(name)s")
    catalog.add(SEATS)
    return catalog


def write(folder: Path, language: str, plain: str | None = "Auf %(name)s", forms: list[str] | None = None, **flags: bool) -> None:
    """A catalogue for `template`; without a plain text that text is missing."""
    catalog = Catalog(locale=language)
    if plain is not None:
        catalog.add("Open %(name)s", plain, flags=[name for name, on in flags.items() if on])
    wanted = get_plural(language).num_plurals
    catalog.add(SEATS, tuple(forms or ["%(num)s x %(town)s"] * wanted))
    path = folder / language / "LC_MESSAGES" / "messages.po"
    path.parent.mkdir(parents=True, exist_ok=True)
    out = BytesIO()
    write_po(out, catalog)
    path.write_bytes(out.getvalue())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Eight catalogues without a fault."""
    for language in LANGUAGES:
        write(tmp_path, language)
    return tmp_path


def test_catalogues_of_the_project_are_complete() -> None:
    assert problems(ROOT / "translations") == []


def test_template_is_what_the_code_says() -> None:
    with (ROOT / "translations" / "messages.pot").open("rb") as file:
        kept = by_key(read_po(file))

    assert kept.keys() ^ by_key(gather()).keys() == set()  # `make messages` gathers them


def test_no_text_of_the_code_escapes_the_gathering() -> None:
    known = {(entry.context, _first(entry.id)) for entry in gather()}
    asked = {text for path in (ROOT / "app").rglob("*.py") for text in _asked_for(path.read_text("utf-8"))}

    assert asked - known == set()  # Babel does not look into f-strings


def _first(ident: str | tuple[str, ...]) -> str:
    return ident if isinstance(ident, str) else ident[0]


def _asked_for(code: str) -> Iterator[tuple[str | None, str]]:
    """Context and text of each call of gettext and its kin."""
    for node in ast.walk(ast.parse(code)):
        name = getattr(node.func, "id", "") if isinstance(node, ast.Call) else ""
        if name in KEYWORDS and isinstance(node, ast.Call):
            given = [word.value for word in node.args if isinstance(word, ast.Constant)]
            context = given.pop(0) if ("pgettext" in name or name == "_p") and len(given) > 1 else None
            if given:
                yield context, given[0]


def test_check_is_content_with_whole_catalogues(folder: Path) -> None:
    assert problems(folder, template()) == []


def test_check_misses_a_text_that_is_not_there(folder: Path) -> None:
    write(folder, "lv", plain=None)

    assert problems(folder, template()) == ["lv: missing: 'Open %(name)s'"]


def test_check_misses_a_whole_catalogue(folder: Path) -> None:
    (folder / "et" / "LC_MESSAGES" / "messages.po").unlink()

    assert problems(folder, template()) == ["et: there is no catalogue"]


@pytest.mark.parametrize(
    ("plain", "fault"),
    [
        ("", "not translated: 'Open %(name)s'"),
        (" ", "not translated: 'Open %(name)s'"),
        ("Auf", "placeholders [] instead of ['name']: 'Open %(name)s'"),
        ("Auf <b>%(name)s</b>", "markup in a text: 'Open %(name)s'"),
    ],
)
def test_check_finds_a_text_that_is_not_right(folder: Path, plain: str, fault: str) -> None:
    write(folder, "de", plain=plain)

    assert problems(folder, template()) == [f"de: {fault}"]


def test_check_finds_a_placeholder_of_another_name(folder: Path) -> None:
    write(folder, "fi", plain="Avaa %(nimi)s")

    assert "fi: placeholders ['nimi'] instead of ['name']: 'Open %(name)s'" in problems(folder, template())


def test_check_finds_a_fuzzy_text(folder: Path) -> None:
    write(folder, "pl", fuzzy=True)

    assert problems(folder, template()) == ["pl: fuzzy: 'Open %(name)s'"]


def test_check_finds_a_text_that_nobody_uses(folder: Path) -> None:
    known = template()
    known.delete("Open %(name)s")

    assert problems(folder, known) == [f"{language}: no longer used: 'Open %(name)s'" for language in LANGUAGES]


def test_check_lets_a_form_for_one_number_leave_the_number_out(folder: Path) -> None:
    write(folder, "sv", forms=["en plats för %(town)s", "%(num)s platser för %(town)s"])

    assert problems(folder, template()) == []


def test_check_finds_a_form_without_the_town(folder: Path) -> None:
    write(folder, "sv", forms=["%(num)s plats", "%(num)s platser för %(town)s"])

    assert problems(folder, template()) == [f"sv: placeholders ['num'] instead of ['num', 'town']: {SEATS[0]!r}"]


def test_check_finds_a_plural_rule_of_another_language(folder: Path) -> None:
    path = folder / "pl" / "LC_MESSAGES" / "messages.po"
    wrong = path.read_text("utf-8").replace("n%10>=2 && n%10<=4", "n%10>=2 && n%10<=5")
    path.write_text(wrong, "utf-8")

    assert [fault[:30] for fault in problems(folder, template())] == ["pl: Plural-Forms should be npl"]


def test_no_test_begins_without_catalogues(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    compiled = tmp_path / "translations/fi/LC_MESSAGES/messages.mo"
    compiled.parent.mkdir(parents=True)
    compiled.touch()
    monkeypatch.setattr(conftest, "ROOT", tmp_path)
    with pytest.raises(
        pytest.UsageError, match="^No catalogue is compiled for da, de, et, lv, lt, pl, sv: run `make catalogues` first.$"
    ):
        conftest.pytest_configure()
