"""What an event asks of everybody who registers, and what was answered, in words.

Texts of a question stand in the event's scope: question.label, question.help, and question.option.<key> for each option.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Collection, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock
from app.core.babel import pgettext
from app.core.db import db
from app.core.errors import NotFound
from app.i18n import texts
from app.i18n.languages import SOURCE
from app.i18n.texts import Texts
from app.registration.models import QuestionKind, RegistrationAnswer, RegistrationQuestion

MAX_ANSWER = 300
YES = "yes"
_QUESTION_KEY = re.compile(r"[a-z0-9-]{1,40}")
_OPTION_KEY = re.compile(r"[a-z0-9_-]{1,20}")
Words = Mapping[str, str]  # language -> wording


class BadQuestion(ValueError):
    """A question that nobody could answer; the message says in English what is wrong with it."""


def put_question(
    session: Session, event_id: uuid.UUID, key: str, *, kind: str, labels: Words, options: Mapping[str, Words] | None = None,
    required: bool = False, at_door: bool = False, position: int = 0, help_texts: Words | None = None, source_lang: str = SOURCE,
) -> RegistrationQuestion:  # fmt: skip
    """Ask a question of this event, or change it, inside a `write_tx()`; the same call again changes nothing.

    `key` is its name in the event; `labels`, `help_texts` and each of `options` (two at least for a choice, none for the
    others) map a language to the wording. A retired question is asked again. Raises `BadQuestion`; the kind of a question
    that has been answered cannot change. The caller calls `events.service.touch`.
    """
    offered = dict(options or {})
    _check(key, kind, labels, offered, source_lang)
    found = find_question(session, event_id, key)
    question = found or RegistrationQuestion(id=uuid.uuid4(), event_id=event_id, key=key, kind=kind)
    if found is None:
        session.add(question)
    elif found.kind != kind and _is_answered(session, found.id):
        raise BadQuestion(f"{key}: it has been answered as a {found.kind}, so it cannot become a {kind}; retire it")
    wanted = {"kind": kind, "options": list(offered), "required": required, "at_door": at_door, "position": position}
    for name, value in (wanted | {"retired_at": None}).items():
        if getattr(question, name) != value:
            setattr(question, name, value)
    session.flush()
    for part, words in _parts(labels, help_texts or {}, offered):
        texts.put(session, event_id, question.id, part, words, source_lang)
    return question


def retire_question(session: Session, event_id: uuid.UUID, key: str) -> RegistrationQuestion:
    """Ask it no more, inside a `write_tx()`; what was answered stays. Raises `NotFound`."""
    question = find_question(session, event_id, key)
    if question is None:
        raise NotFound
    question.retired_at = question.retired_at or clock.now()
    return question


def find_question(session: Session, event_id: uuid.UUID, key: str) -> RegistrationQuestion | None:
    """The event's question of this name, retired or not."""
    query = select(RegistrationQuestion).where(RegistrationQuestion.event_id == event_id, RegistrationQuestion.key == key)
    return session.scalars(query).one_or_none()


def questions_of(event_id: uuid.UUID) -> list[RegistrationQuestion]:
    """What the event asks now, in its order."""
    query = select(RegistrationQuestion).where(
        RegistrationQuestion.event_id == event_id, RegistrationQuestion.retired_at.is_(None)
    )
    return list(db.session.scalars(query.order_by(RegistrationQuestion.position, RegistrationQuestion.key)))


def question_texts(event_id: uuid.UUID, lang: str, prefer: str, questions: Collection[RegistrationQuestion]) -> Texts:
    """The wording of these questions and of their options, in one query."""
    kinds = {"question.label", "question.help", *(option_kind(key) for one in questions for key in one.options)}
    return texts.load([event_id], lang, prefer, sorted(kinds)) if questions else Texts(lang, prefer)


def option_kind(key: str) -> str:
    """The kind of the text that names an option."""
    return f"question.option.{key}"


def answer_in_words(known: Texts, question_id: uuid.UUID, value: str) -> str:
    """What was answered, as people read it: the option's wording, "Yes" for a tick, else the text itself."""
    option = known(question_id, option_kind(value))
    return option.text or (pgettext("access", "Yes") if value == YES else value)


def _check(key: str, kind: str, labels: Words, options: Mapping[str, Words], source_lang: str) -> None:
    if not _QUESTION_KEY.fullmatch(key):
        raise BadQuestion(f"{key!r} is no name of a question: small letters, digits and hyphens, 40 at most")
    if kind not in set(QuestionKind):
        raise BadQuestion(f"{key}: a question is one of {', '.join(QuestionKind)}")
    if (len(options) < 2) if kind == QuestionKind.CHOICE else options:
        raise BadQuestion(f"{key}: a choice has two options at least, and no other kind has any")
    if bad := [option for option in options if not _OPTION_KEY.fullmatch(option)]:
        raise BadQuestion(f"{key}: {bad[0]!r} is no name of an option: small letters, digits, - and _, 20 at most")
    if any(not words.get(source_lang, "").strip() for words in (labels, *options.values())):
        raise BadQuestion(f"{key}: the wording in {source_lang} is missing")


def _parts(labels: Words, help_texts: Words, options: Mapping[str, Words]) -> list[tuple[str, Words]]:
    named = [(option_kind(key), words) for key, words in options.items()]
    return [("question.label", labels), *([("question.help", help_texts)] if help_texts else []), *named]


def _is_answered(session: Session, question_id: uuid.UUID) -> bool:
    query = select(RegistrationAnswer.question_id).where(RegistrationAnswer.question_id == question_id).limit(1)
    return session.scalar(query) is not None
