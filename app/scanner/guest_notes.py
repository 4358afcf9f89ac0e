"""What the door is told of guests beyond their tickets, in words: needs they wished to be told, answers meant for the door."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import select

from app.core.db import db
from app.events.queries import find_event_by_id
from app.i18n.texts import Texts
from app.registration.door_notes import notes_for_door
from app.registration.models import RegistrationQuestion
from app.registration.questions import answer_in_words, question_texts


@dataclass(frozen=True, slots=True)
class Told:
    """Keys of needs and diets, and (question, answer) in words."""

    needs: tuple[str, ...] = ()
    answers: tuple[tuple[str, str], ...] = ()


NOTHING = Told()


def of_tickets(event_id: uuid.UUID, ticket_ids: Collection[uuid.UUID], lang: str) -> Mapping[uuid.UUID, Told]:
    """What these tickets of one event tell the door, in this language; those that tell nothing are left out."""
    kept = notes_for_door(db.session(), ticket_ids) if ticket_ids else {}
    kept = {ticket_id: note for ticket_id, note in kept.items() if note.needs or note.answers}
    words = _questions(event_id, {question for note in kept.values() for question, _ in note.answers}, lang)
    return {ticket_id: Told(note.needs, _in_words(words, note.answers)) for ticket_id, note in kept.items()}


def _questions(event_id: uuid.UUID, asked: Collection[uuid.UUID], lang: str) -> Texts:
    if not asked:
        return Texts(lang)
    event = find_event_by_id(event_id)
    questions = list(db.session.scalars(select(RegistrationQuestion).where(RegistrationQuestion.id.in_(asked))))
    return question_texts(event_id, lang, event.fallback if event else "en", questions)


def _in_words(words: Texts, answers: Collection[tuple[uuid.UUID, str]]) -> tuple[tuple[str, str], ...]:
    return tuple((str(words(one, "question.label")), answer_in_words(words, one, value)) for one, value in answers)
