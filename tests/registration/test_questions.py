"""What an event asks: put, changed, retired, and what the answers are in words."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select

from app.core.db import db, write_tx
from app.core.errors import NotFound
from app.i18n.models import Translation
from app.registration.models import RegistrationAnswer
from app.registration.questions import BadQuestion, answer_in_words, put_question, question_texts, questions_of, retire_question
from tests.factories import make_event
from tests.registration.registrations import ask, open_registration, signed_up

LABELS = {"en": "Which food?"}
OPTIONS = {"meat": {"en": "Meat"}, "fish": {"en": "Fish"}}


def test_put_question_twice_changes_nothing(database: None, noon: datetime, queries: list[str]) -> None:
    event = open_registration()
    made = ask(event)
    queries.clear()
    again = ask(event)

    assert (again.id, again.options, questions_of(event.id)) == (made.id, ["coach", "car"], [again])
    assert [sent for sent in queries if not sent.startswith(("SELECT", "BEGIN"))] == []


def test_put_question_changes_what_is_given(database: None, noon: datetime) -> None:
    event = open_registration()
    ask(event)
    changed = ask(
        event, options={"boat": {"en": "By boat"}, "coach": {"en": "By coach"}}, required=True, at_door=True, position=3
    )
    words = question_texts(event.id, "fi", "en", [changed])

    assert (changed.options, changed.required, changed.at_door, changed.position) == (["boat", "coach"], True, True, 3)
    assert str(words(changed.id, "question.label")) == "Miten tulet?"
    assert (words(changed.id, "question.option.boat").text, words(changed.id, "question.option.boat").lang) == ("By boat", "en")


@pytest.mark.parametrize(
    ("key", "fields"),
    [
        ("How", {}),
        ("", {}),
        ("x" * 41, {}),
        ("how", {"kind": "number"}),
        ("how", {"options": {"one": {"en": "One"}}}),
        ("how", {"options": {}}),
        ("how", {"kind": "tick"}),
        ("how", {"options": {"One!": {"en": "One"}, "two": {"en": "Two"}}}),
        ("how", {"options": {"x" * 21: {"en": "One"}, "two": {"en": "Two"}}}),
        ("how", {"labels": {"fi": "Miten?"}}),
        ("how", {"labels": {"en": " "}}),
        ("how", {"options": {"one": {"fi": "Yksi"}, "two": {"en": "Two"}}}),
    ],
)
def test_put_question_refuses_what_nobody_could_answer(database: None, noon: datetime, key: str, fields: dict[str, Any]) -> None:
    event, values = open_registration(), {"kind": "choice", "labels": LABELS, "options": OPTIONS} | fields
    with pytest.raises(BadQuestion), write_tx() as session:
        put_question(session, event.id, key, **values)

    assert questions_of(event.id) == []


def test_the_kind_of_an_answered_question_stays(database: None, noon: datetime) -> None:
    event = open_registration()
    question = ask(event)
    ask(event, kind="text")
    ask(event)
    signed_up(event, answers={question.id: "car"})

    with pytest.raises(BadQuestion, match="retire it"):
        ask(event, kind="text")
    assert questions_of(event.id)[0].kind == "choice"


def test_a_retired_question_is_asked_no_more_and_its_answers_stay(database: None, noon: datetime) -> None:
    event = open_registration()
    question, other = ask(event), ask(event, "note", "text", labels={"en": "Anything else?"}, position=1)
    signed_up(event, answers={question.id: "car"})
    with write_tx() as session:
        retire_question(session, event.id, "how")

    assert questions_of(event.id) == [other]
    assert [answer.value for answer in db.session.scalars(select(RegistrationAnswer))] == ["car"]
    assert [one.key for one in (ask(event), *questions_of(event.id))] == ["how", "how", "note"]


def test_retiring_what_is_not_there_or_another_event_s_is_not_found(database: None, noon: datetime) -> None:
    ask(open_registration())
    other = make_event("varde-2026")

    for key in ("how", "why"):
        with pytest.raises(NotFound), write_tx() as session:
            retire_question(session, other.id, key)


def test_answers_are_said_in_the_reader_s_language(database: None, noon: datetime) -> None:
    event = open_registration()
    question = ask(event)
    words = question_texts(event.id, "fi", "en", [question])
    said = [answer_in_words(words, question.id, value) for value in ("car", "yes", "No <b> nuts")]

    assert said == ["Autolla", "Yes", "No <b> nuts"]
    assert db.session.scalar(select(Translation.value).where(Translation.value == "Autolla")) == "Autolla"
