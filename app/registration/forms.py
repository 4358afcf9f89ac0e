"""The forms of registration, read strictly: a `Wish` or `Particulars`, or the sentences that say what to change."""

from __future__ import annotations

import re
import unicodedata
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from email_validator import EmailNotValidError, validate_email
from werkzeug.datastructures import MultiDict

from app.core.babel import LazyString, lazy_gettext as _l
from app.core.errors import InvalidInput
from app.core.forms import INCOMPLETE, normal, read_key
from app.i18n.languages import LANGUAGES
from app.registration import encryption
from app.registration.models import RegistrationQuestion
from app.registration.questions import MAX_ANSWER, YES
from app.registration.service import Particulars, Wish

MAX_NAME, MAX_EMAIL = 120, 254
TRAP = "website"
_HIDDEN = frozenset({"Cc", "Cs", "Co", "Cn", "Zl", "Zp"})
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_COUNT = re.compile(r"[0-9]{1,4}")
Wrong = dict[str, LazyString | str]
Sent = MultiDict[str, str]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a form asks for.

    `hold_hours` is how long seats are kept for an address that is not confirmed. `size` is the size that the names set when it
    was left as it is: 1 in an empty form, else that of a party whose names are known; None when names must fit the size that
    is chosen.
    """

    largest: int
    questions: tuple[RegistrationQuestion, ...] = ()
    needs: bool = False
    email_needed: bool = False
    hold_hours: int | None = None
    size: int | None = 1


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed, kept as it was for showing the form again. `answers` are by the question's key."""

    name: str = ""
    email: str = ""
    party_size: str = "1"
    companions: str = ""
    language: str = ""
    needs: tuple[str, ...] = ()
    tell_door: bool = False
    answers: Mapping[str, str] = field(default_factory=dict)
    form_key: str = ""


def blank(language: str) -> Typed:
    """An empty form in the page's language, with a random key: the same key sent twice gets the same answer."""
    return Typed(language=language, form_key=str(uuid.uuid4()))


def filled(stored: Particulars, questions: tuple[RegistrationQuestion, ...]) -> Typed:
    """The form that changes a registration, with what is stored."""
    keys = {question.id: question.key for question in questions}
    return Typed(
        name=stored.name, email=stored.email, party_size=str(stored.party_size), companions=stored.companions,
        language=stored.language, needs=stored.needs, tell_door=stored.tell_door,
        answers={keys[ident]: value for ident, value in stored.answers.items() if ident in keys},
    )  # fmt: skip


def typed(form: Sent, language: str, asked: Asked) -> Typed:
    """The form as it was sent, cut to what a field can hold; without a usable key it gets a new one."""
    key = read_key(form)
    return Typed(
        name=form.get("name", "")[: MAX_NAME * 4],
        email=form.get("email", "")[: MAX_EMAIL * 2],
        party_size=form.get("party_size", "1")[:8],
        companions=form.get("companions", "")[: (MAX_NAME + 2) * 2 * asked.largest],
        language=form.get("language", language)[:8],
        needs=encryption.known(form.getlist("needs")),
        tell_door=bool(form.get("tell_door")),
        answers={one.key: form.get(field_of(one), "")[: MAX_ANSWER * 4] for one in asked.questions},
        form_key=str(key or uuid.uuid4()),
    )


def field_of(question: RegistrationQuestion) -> str:
    """The name of a question's field."""
    return f"q-{question.key}"


def parse(form: Sent, asked: Asked) -> Wish:
    """Read the form of somebody who registers. Raises `InvalidInput`; what is missing in `form` counts as empty."""
    wrong: Wrong = {}
    key = read_key(form)
    said = _particulars(form, asked, wrong)
    if key is None or form.get(TRAP, ""):
        wrong["form_key"] = INCOMPLETE
    if key is None or wrong:
        raise InvalidInput(wrong)
    return Wish(form_key=key, **said)


def parse_change(form: Sent, asked: Asked) -> Particulars:
    """Read the form of somebody who changes a registration. Raises `InvalidInput` with one sentence a field."""
    wrong: Wrong = {}
    said = _particulars(form, asked, wrong)
    if wrong:
        raise InvalidInput(wrong)
    return Particulars(**said)


def parse_address(form: Sent) -> str:
    """The address of somebody who has lost a ticket. Raises `InvalidInput`."""
    wrong: Wrong = {}
    email = _email(form.get("email", ""), True, wrong)
    if wrong:
        raise InvalidInput(wrong)
    return email


def _particulars(form: Sent, asked: Asked, wrong: Wrong) -> dict[str, Any]:
    """What the fields say, read in the order of the page, in which `wrong` lists them too."""
    name = _name(form.get("name", ""), wrong)
    size = _party(form.get("party_size", "1"), asked.largest, wrong)
    companions = _companions(form.get("companions", ""), asked, wrong) if asked.largest > 1 else []
    if companions and "party_size" not in wrong and "companions" not in wrong:
        size = _size_with_names(size, len(companions) + 1, asked, wrong)
    language = form.get("language", "")
    if language not in LANGUAGES:
        wrong["language"] = _l("Choose one of the languages in the list.")
    email = _email(form.get("email", ""), asked.email_needed, wrong)
    needs = encryption.known(form.getlist("needs")) if asked.needs else ()
    return {
        "name": name, "email": email, "party_size": size, "language": language, "companions": "\n".join(companions),
        "needs": needs, "tell_door": bool(needs and form.get("tell_door")), "answers": _answers(form, asked, wrong),
    }  # fmt: skip


def _is_printable(text: str) -> bool:
    return not any(unicodedata.category(char) in _HIDDEN or char in _BIDI for char in text)


def _name(text: str, wrong: Wrong) -> str:
    name = normal(text, MAX_NAME)
    if not any(char.isalnum() for char in name):
        wrong["name"] = _l("Write the name that should be on the badge.")
    elif len(name) > MAX_NAME:
        wrong["name"] = _l("This name is too long. It can have 120 characters at most.")
    elif not _is_printable(name):
        wrong["name"] = _l("This name has characters in it that cannot be printed. Please type it again, on one line.")
    return " ".join(name.split())


def _companions(text: str, asked: Asked, wrong: Wrong) -> list[str]:
    """The names of the others, one a line; empty lines do not count."""
    longest = (MAX_NAME + 2) * 2 * asked.largest
    lines = text[:longest].replace("\r\n", "\n").split("\n")
    names = [name for line in lines if (name := normal(line, MAX_NAME))]
    if len(text) > longest or any(len(name) > MAX_NAME for name in names):
        wrong["companions"] = _l("One of these names is too long. Each can have 120 characters at most.")
    elif not all(_is_printable(name) and any(char.isalnum() for char in name) for name in names):
        wrong["companions"] = _l("One of these lines is not a name. Please write one name on each line.")
    elif len(names) + 1 > asked.largest:
        wrong["companions"] = _l("These are too many names. With you, %(most)s people can come at most.", most=asked.largest)
    return [" ".join(name.split()) for name in names]


def _size_with_names(chosen: int, named: int, asked: Asked, wrong: Wrong) -> int:
    """Names set the size where nobody chose another one; else the two have to agree."""
    if chosen not in {named, asked.size}:
        wrong["companions"] = _l(
            "With you, these names make %(named)s people, but you chose %(chosen)s. Please correct one of the two numbers.",
            named=named, chosen=chosen,
        )  # fmt: skip
    return named


def _email(text: str, needed: bool, wrong: Wrong) -> str:
    """The address with its domain in ASCII (IDNA 2008, as browsers and mail servers write it); empty when none was given."""
    address = text.strip()
    if not address:
        if needed:
            wrong["email"] = _l(
                "Write your e-mail address. We send a link to it: open the link and press the button on that page."
            )
        return ""
    try:
        if len(address) > MAX_EMAIL:
            raise EmailNotValidError
        return validate_email(address, allow_smtputf8=False, check_deliverability=False).ascii_email or ""
    except EmailNotValidError:
        wrong["email"] = _l("This e-mail address is not complete. It should look like this: name@example.org")
        return ""


def _party(text: str, largest: int, wrong: Wrong) -> int:
    number = int(text) if _COUNT.fullmatch(text) else 0
    if not 1 <= number <= largest:
        wrong["party_size"] = _l("Choose how many people are coming, from 1 to %(most)s.", most=largest)
    return number


def _answers(form: Sent, asked: Asked, wrong: Wrong) -> dict[uuid.UUID, str]:
    found = {question.id: _answer(question, form.get(field_of(question), ""), wrong) for question in asked.questions}
    return {ident: value for ident, value in found.items() if value}


def _answer(question: RegistrationQuestion, text: str, wrong: Wrong) -> str:
    """What is stored for an answer: empty when there is none."""
    name, answer = field_of(question), normal(text, MAX_ANSWER)
    if question.kind == "tick":
        answer = YES if text else ""
        missing = _l("Please tick this box: without it you cannot register.")
    else:
        missing = _l("Please answer this question.")
    if question.required and not answer:
        wrong[name] = missing
    elif question.kind == "choice" and answer and answer not in question.options:
        wrong[name] = _l("Choose one of the answers in the list.")
    elif len(answer) > MAX_ANSWER:
        wrong[name] = _l("This answer is too long. It can have 300 characters at most.")
    elif not _is_printable(answer):
        wrong[name] = _l("This answer has characters in it that cannot be printed. Please type it again, on one line.")
    return answer
