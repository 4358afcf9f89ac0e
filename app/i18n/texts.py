"""Reading and writing texts that exist in several languages, with honest fallback.

Reading is one query a page; what is shown always says which language it is in.
"""

from __future__ import annotations

import re
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

from markupsafe import Markup, escape
from sqlalchemy import ColumnElement, String, Table, delete, or_, select, true, type_coerce
from sqlalchemy.orm import Session

from app.core import clock
from app.core.db import db
from app.i18n.folding import search_text
from app.i18n.languages import SOURCE
from app.i18n.models import LocalText, Origin, Translation, TranslationStatus
from app.i18n.text_kinds import text_kind

Key = tuple[uuid.UUID | None, str]  # owner (None: there is none) and kind
ENGLISH_FIRST, SOURCE_FIRST = "en", "source"


@dataclass(frozen=True, slots=True)
class Shown:
    """A text and the language it turned out to be in; empty when there is none at all."""

    text: str
    lang: str
    page_lang: str
    origin: Origin = Origin.HUMAN
    outdated: bool = False

    @property
    def borrowed(self) -> bool:
        """Shown in another language than the page's."""
        return bool(self.text) and self.lang != self.page_lang

    @property
    def paragraphs(self) -> list[Shown]:
        """Its lines that are not empty, each in the same language."""
        return [replace(self, text=line.strip()) for line in self.text.splitlines() if line.strip()]

    def __bool__(self) -> bool:
        return bool(self.text)

    def __str__(self) -> str:
        return self.text

    def __html__(self) -> str:
        """The escaped text, wrapped with its own `lang` when that differs from the page's (WCAG 3.1.2).

        `borrowed_in` counts what was wrapped.
        """
        if self.borrowed:
            return Markup('<span lang="{}" data-borrowed>{}</span>').format(self.lang, self.text)
        return str(escape(self.text))


@dataclass(slots=True)
class Texts:
    """The texts of a page: `texts(item.id, "item.title")` gives a `Shown`; counts what had to be borrowed."""

    lang: str
    prefer: str = ENGLISH_FIRST
    found: dict[tuple[uuid.UUID, str], dict[str, tuple[str, Origin, bool]]] = field(default_factory=dict)
    sources: dict[tuple[uuid.UUID, str], str] = field(default_factory=dict)

    def __call__(self, owner: uuid.UUID, kind: str) -> Shown:
        """The text in the page's language, else by the event's choice of English or source first, else in any."""
        values = self.found.get((owner, kind), {})
        source = self.sources.get((owner, kind), "en")
        chain = (self.lang, "en", source) if self.prefer == ENGLISH_FIRST else (self.lang, source, "en")
        if not values:
            text_kind(kind)  # a name that is misspelt never has a text
        for lang in (*chain, *sorted(values)):
            if lang in values:
                value, origin, outdated = values[lang]
                return Shown(value, lang, self.lang, origin, outdated)
        return Shown("", self.lang, self.lang)

    def every(self) -> Iterator[Shown]:
        """Each text of the page as it is shown."""
        return (self(owner, kind) for owner, kind in self.found)

    @property
    def machine_made(self) -> bool:
        """Whether anything shown came from a machine and nobody has reviewed it."""
        return any(shown.origin == Origin.MACHINE for shown in self.every())


def load(
    scopes: Iterable[uuid.UUID], lang: str, prefer: str = ENGLISH_FIRST, kinds: Iterable[str] | None = None, lean: bool = False
) -> Texts:
    """All texts of these scopes in one query; drafts and empty values are left out.

    `lean` leaves out the languages that a page in `lang` does not show: quicker by half for a page with many texts. Only
    a text that exists in none of its language, English and its source takes a second query.
    """
    texts = Texts(lang, prefer)
    chosen = list(kinds) if kinds is not None else None
    for kind in chosen or ():
        text_kind(kind)
    if wanted := list(scopes):
        where = [_TEXT.c.scope.in_(wanted), *([_TEXT.c.kind.in_(chosen)] if chosen is not None else [])]
        likely = or_(_TRANSLATION.c.lang.in_((lang, SOURCE)), _TRANSLATION.c.lang == _TEXT.c.source_lang)
        missing = _read(texts, where, likely if lean else true())
        if missing and lean:
            _read(texts, [_TEXT.c.id.in_(missing)], true())
    return texts


def wordings(
    session: Session, wanted: Iterable[tuple[uuid.UUID | None, str]]
) -> dict[tuple[uuid.UUID | None, str], dict[str, str]]:
    """What each of these texts, given as (owner, kind), says in every language it has; one query."""
    found: dict[tuple[uuid.UUID | None, str], dict[str, str]] = {one: {} for one in wanted}
    query = select(LocalText.owner, LocalText.kind, Translation.lang, Translation.value).join(Translation)
    query = query.where(LocalText.owner.in_([owner for owner, _ in found if owner]), _SHOWN)
    for owner, kind, lang, value in session.execute(query):
        if (owner, kind) in found:
            found[owner, kind][lang] = value
    return found


_TEXT, _TRANSLATION = cast(Table, LocalText.__table__), cast(Table, Translation.__table__)
_SHOWN = (_TRANSLATION.c.status != TranslationStatus.DRAFT) & (_TRANSLATION.c.value != "")
_COLUMNS = (
    type_coerce(_TEXT.c.id, String), type_coerce(_TEXT.c.owner, String),
    _TEXT.c.kind, _TEXT.c.source_lang, _TEXT.c.source_version,
    _TRANSLATION.c.lang, _TRANSLATION.c.value, type_coerce(_TRANSLATION.c.origin, String),
    type_coerce(_TRANSLATION.c.status, String), _TRANSLATION.c.source_version,
)  # fmt: skip


def _read(texts: Texts, where: Iterable[ColumnElement[bool]], among: ColumnElement[bool]) -> list[uuid.UUID]:
    """Fill in what the query finds; returns the texts that none of these languages has.

    Rows come from the bare tables, and a row's key is made once, not once for each of its texts and languages.
    """
    both = _TEXT.outerjoin(_TRANSLATION, (_TRANSLATION.c.text_id == _TEXT.c.id) & _SHOWN & among)
    rows = db.session.connection().execute(select(*_COLUMNS).select_from(both).where(*where))
    keys: dict[object, uuid.UUID] = {}
    missing = []
    for text_id, owner, kind, source, version, language, value, origin, status, made_from in rows:
        if language is None:
            missing.append(_uuid(text_id))
            continue
        key = keys.get(owner) or keys.setdefault(owner, _uuid(owner))
        texts.sources[key, kind] = source
        label = Origin.HUMAN if status == TranslationStatus.REVIEWED else origin
        texts.found.setdefault((key, kind), {})[language] = (value, label, made_from < version)
    return missing


def _uuid(raw: object) -> uuid.UUID:
    """A key as the driver gives it: SQLite keeps 32 letters."""
    return raw if isinstance(raw, uuid.UUID) else uuid.UUID(str(raw))


NOTICE_HERE = Markup("<!--borrowed-->")
_BORROWED = re.compile(r'<span lang="([^"]+)" data-borrowed>(.*?)</span>', re.S)


def borrowed_in(html: str) -> dict[str, int]:
    """How many texts a rendered page prints in another language than its own, each once: language -> count."""
    return dict(Counter(lang for lang, _ in dict.fromkeys(_BORROWED.findall(html))))


def noticed(html: Markup, notice: Markup) -> Markup:
    """The rendered page with the notice where it says `NOTICE_HERE`, else on top."""
    marked = html if NOTICE_HERE in html else NOTICE_HERE + html
    return marked.replace(NOTICE_HERE, notice.strip(), 1)


def put(
    session: Session, scope: uuid.UUID, owner: uuid.UUID, kind: str, values: Mapping[str, str], source_lang: str,
    origin: Origin = Origin.HUMAN, status: TranslationStatus = TranslationStatus.UNREVIEWED,
) -> None:  # fmt: skip
    """Set a text inside a `write_tx()`: the source counts a version up when its wording changes.

    `values` maps language to wording; languages that are left out stay as they are. The source language is `human`
    work unless `origin` says it was imported; only the others take `origin` as it is given.

    Raises `KeyError` for a kind that nobody registered.
    """
    text_kind(kind)
    text = session.scalar(select(LocalText).where(LocalText.owner == owner, LocalText.kind == kind))
    if text is None:
        text = LocalText(id=uuid.uuid4(), scope=scope, owner=owner, kind=kind, source_lang=source_lang, source_version=1)
        session.add(text)
    present = {translation.lang: translation for translation in text.translations}
    source = present.get(source_lang)
    if source is not None and source_lang in values and source.value != values[source_lang]:
        text.source_version += 1
    text.source_lang = source_lang
    for lang, value in values.items():
        made_by = Origin.HUMAN if lang == source_lang and origin == Origin.MACHINE else origin
        _put_one(text, present.get(lang), lang, value, made_by, status)


def _put_one(
    text: LocalText, present: Translation | None, lang: str, value: str, origin: Origin, status: TranslationStatus
) -> None:
    wanted: dict[str, Any] = {"value": value, "folded": search_text(value), "origin": origin, "status": status}
    if present is None:
        present = Translation(lang=lang, updated_at=clock.now(), source_version=text.source_version, **wanted)
        text.translations.append(present)
    elif any(getattr(present, name) != new for name, new in wanted.items()) or present.source_version != text.source_version:
        for name, new in wanted.items():
            setattr(present, name, new)
        present.source_version, present.updated_at = text.source_version, clock.now()


def forget_scope(session: Session, scope: uuid.UUID) -> None:
    """Delete every text of this scope: its event is deleted."""
    session.execute(delete(LocalText).where(LocalText.scope == scope))


def forget(session: Session, owners: Iterable[uuid.UUID]) -> None:
    """Delete the texts of these rows; called by the service that deletes the rows."""
    session.execute(delete(LocalText).where(LocalText.owner.in_(list(owners))))
