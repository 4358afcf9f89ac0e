"""Texts in several languages: what is shown, in which language, and how many queries it takes."""

from __future__ import annotations

import re
import uuid

import pytest
from markupsafe import Markup
from sqlalchemy import select

from app.core.db import db, write_tx
from app.i18n import texts
from app.i18n.models import LocalText, Translation
from app.i18n.text_kinds import text_kind
from app.i18n.texts import ENGLISH_FIRST, SOURCE_FIRST, Shown
from tests.conftest import ROOT


def put(values: dict[str, str], source: str = "sv", owner: uuid.UUID | None = None, **how: str) -> uuid.UUID:
    owner = owner or uuid.uuid4()
    with write_tx() as session:
        texts.put(session, owner, owner, "item.title", values, source, **how)
    return owner


def shown(owner: uuid.UUID, lang: str, prefer: str = ENGLISH_FIRST) -> Shown:
    return texts.load([owner], lang, prefer)(owner, "item.title")


@pytest.mark.parametrize(
    ("lang", "prefer", "expected"),
    [
        ("fi", ENGLISH_FIRST, ("Tervetuloa", "fi")),
        ("lv", ENGLISH_FIRST, ("Welcome", "en")),
        ("lv", SOURCE_FIRST, ("Välkommen", "sv")),
        ("sv", ENGLISH_FIRST, ("Välkommen", "sv")),
    ],
)
def test_text_falls_back_by_the_events_choice(database, lang, prefer, expected):
    owner = put({"sv": "Välkommen", "en": "Welcome", "fi": "Tervetuloa"})
    text = shown(owner, lang, prefer)
    assert (text.text, text.lang) == expected
    assert text.borrowed == (expected[1] != lang)


def test_text_in_any_language_is_better_than_none(database):
    assert shown(put({"uk": "Вітаємо"}, source="uk"), "fi").lang == "uk"


def test_text_that_does_not_exist_is_empty_and_not_borrowed(database):
    text = texts.load([uuid.uuid4()], "fi")(uuid.uuid4(), "item.title")
    assert (bool(text), text.borrowed, text.__html__()) == (False, False, "")


def test_borrowed_text_carries_its_language_and_is_escaped(database):
    owner = put({"sv": "<b>Å & Ä</b>"})
    assert shown(owner, "fi").__html__() == '<span lang="sv" data-borrowed>&lt;b&gt;Å &amp; Ä&lt;/b&gt;</span>'
    assert shown(owner, "sv").__html__() == "&lt;b&gt;Å &amp; Ä&lt;/b&gt;"


def test_drafts_and_empty_values_are_not_shown(database):
    owner = put({"sv": "Välkommen", "fi": ""})
    put({"lv": "Laipni lūdzam"}, owner=owner, status="draft")
    assert (shown(owner, "fi").lang, shown(owner, "lv").lang) == ("sv", "sv")


def test_borrowed_texts_are_counted_where_a_page_prints_them(database):
    page = Markup("<p>{}</p><p>{}</p><p>{}</p>").format(*(shown(put(words), "en") for words in (
        {"sv": "Ett", "en": "One"}, {"sv": "Två & tre"}, {"fi": "Kolme\nneljä"},
    )))  # fmt: skip

    assert texts.borrowed_in(page + page) == {"sv": 1, "fi": 1}
    assert texts.borrowed_in('<p lang="sv">Ett</p><span lang="fi" translate="no">Kaskinen</span>') == {}


def test_the_notice_stands_where_the_page_wants_it_else_on_top():
    notice = Markup("\n<b>2 texts</b>\n")

    assert texts.noticed(Markup("<h1>A</h1><!--borrowed--><p>B</p>"), notice) == "<h1>A</h1><b>2 texts</b><p>B</p>"
    assert texts.noticed(Markup("<p>B</p>"), notice) == "<b>2 texts</b><p>B</p>"
    assert texts.noticed(Markup("<h1>A</h1><!--borrowed-->"), Markup("")) == "<h1>A</h1>"


def test_put_counts_the_source_version_up_and_marks_translations_outdated(database):
    owner = put({"sv": "Klockan sex", "fi": "Kello kuusi"})
    put({"sv": "Klockan sju"}, owner=owner)
    assert (shown(owner, "sv").outdated, shown(owner, "fi").outdated) == (False, True)
    put({"fi": "Kello seitsemän"}, owner=owner)
    assert shown(owner, "fi").outdated is False


def test_put_twice_changes_nothing(database):
    owner = put({"sv": "Ett", "en": "One"}, origin="machine")
    before = [
        (row.lang, row.value, row.origin, row.source_version, row.updated_at)
        for row in db.session.scalars(select(Translation).order_by(Translation.lang))
    ]
    put({"sv": "Ett", "en": "One"}, owner=owner, origin="machine")
    db.session.rollback()
    db.session.expire_all()
    after = [
        (row.lang, row.value, row.origin, row.source_version, row.updated_at)
        for row in db.session.scalars(select(Translation).order_by(Translation.lang))
    ]
    assert after == before
    assert [row[2] for row in after] == ["machine", "human"]


def test_machine_made_is_said_until_somebody_has_reviewed_it(database):
    owner = put({"sv": "Ett", "en": "One"}, origin="machine")
    assert texts.load([owner], "en").machine_made is True
    assert texts.load([owner], "sv").machine_made is False
    put({"en": "One"}, owner=owner, origin="machine", status="reviewed")
    assert texts.load([owner], "en").machine_made is False


def test_load_asks_once_however_many_texts_there_are(database, queries):
    owners = [put({"sv": f"Rad {number}", "en": f"Row {number}"}) for number in range(30)]
    db.session.rollback()
    db.session.expire_all()
    queries.clear()
    assert len(list(texts.load(owners, "sv").every())) == 30
    assert len([query for query in queries if query.lstrip().startswith("SELECT")]) == 1


def test_forget_deletes_the_texts_with_their_translations(database):
    owner, kept = put({"sv": "Ett", "en": "One"}), put({"sv": "Två"})
    with write_tx() as session:
        texts.forget(session, [owner])
    assert list(db.session.scalars(select(LocalText.owner))) == [kept]
    assert len(list(db.session.scalars(select(Translation.value)))) == 1


def test_lean_load_finds_what_a_page_shows_and_asks_again_only_for_what_is_in_no_likely_language(database, queries):
    scope = uuid.uuid4()
    known = {
        "item.title": {"en": "Song", "fi": "Laulu", "lv": "Dziesma"},
        "item.when": {"lv": "vakarā"},
        "item.note": {"pl": "Uwaga", "de": "Hinweis"},
    }
    with write_tx() as session:
        for kind, values in known.items():
            texts.put(session, scope, scope, kind, values, "lv" if kind != "item.note" else "pl")
    queries.clear()
    found = texts.load([scope], "fi", lean=True)
    asked = [sql for sql in queries if "BEGIN" not in sql]
    with write_tx() as session:
        session.delete(session.scalars(select(Translation).where(Translation.lang == "pl")).one())
    queries.clear()
    again = texts.load([scope], "fi", lean=True)

    assert [str(found(scope, kind)) for kind in known] == ["Laulu", "vakarā", "Uwaga"]
    assert [str(again(scope, kind)) for kind in known] == ["Laulu", "vakarā", "Hinweis"]
    assert (len(asked), len([sql for sql in queries if "BEGIN" not in sql])) == (1, 2)


def test_a_text_that_nobody_registered_is_a_fault_at_once(database):
    ident = uuid.uuid4()

    with pytest.raises(KeyError, match="item.titel"), write_tx() as session:
        texts.put(session, ident, ident, "item.titel", {"en": "Song"}, "en")
    with pytest.raises(KeyError, match="item.titel"):
        texts.load([ident], "en", kinds=["item.title", "item.titel"])
    with pytest.raises(KeyError, match="item.titel"):
        texts.load([ident], "en")(ident, "item.titel")
    assert text_kind("question.option.bus").limit == 120


def test_every_text_that_code_and_templates_name_is_registered():
    named = re.compile(r"""["']((?:event|day|item|track|person|venue|room|question|list)\.[a-z_]+(?:\.[a-z]+)?)["']""")
    files = [*(ROOT / "app").rglob("*.py"), *(ROOT / "templates").rglob("*.html")]
    called = re.compile(r"(?:texts|shown|words|known|side\.texts|scene\.texts|agenda\.texts|\bt)\([^()]*?" + named.pattern)
    found = {kind for path in files for kind in called.findall(path.read_text("utf-8"))}

    assert len(found) > 20
    assert {text_kind(kind).name for kind in found} == found
