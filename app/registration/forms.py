"""The forms of registration, read strictly: a `Wish` or `Particulars`, or the sentences that say what to change."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from email_validator import EmailNotValidError, validate_email
from werkzeug.datastructures import MultiDict

from app.core.babel import lazy_gettext as _l
from app.core.forms import INCOMPLETE, Form, Sent, is_seen, normal
from app.i18n.languages import LANGUAGES
from app.registration import encryption
from app.registration.models import QuestionKind, RegistrationQuestion
from app.registration.questions import MAX_ANSWER, YES
from app.registration.service import Particulars, Wish

MAX_NAME, MAX_EMAIL = 120, 254
TRAP = "website"
_COUNT = re.compile(r"[0-9]{1,4}")


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


def filled(stored: Particulars, questions: tuple[RegistrationQuestion, ...]) -> Sent:
    """The form that changes a registration, with what is stored."""
    answers = {field_of(one): stored.answers.get(one.id, "") for one in questions}
    return MultiDict(answers | {
        "name": stored.name, "email": stored.email, "party_size": str(stored.party_size), "companions": stored.companions,
        "language": stored.language, "needs": list(stored.needs), "tell_door": "yes" if stored.tell_door else "",
    })  # fmt: skip


def field_of(question: RegistrationQuestion) -> str:
    """The name of a question's field."""
    return f"q-{question.key}"


def parse(sent: Sent, asked: Asked) -> Wish:
    """Read the form of somebody who registers. Raises `InvalidInput`; what is missing in `sent` counts as empty."""
    form = Form(sent)
    wish = Wish(**_particulars(form, asked), form_key=form.key())
    form.refuse("form_key", (sent.get(TRAP, ""), INCOMPLETE))
    return form.checked(wish)


def parse_change(sent: Sent, asked: Asked) -> Particulars:
    """Read the form of somebody who changes a registration. Raises `InvalidInput` with one sentence a field."""
    form = Form(sent)
    return form.checked(Particulars(**_particulars(form, asked)))


def parse_address(sent: Sent) -> str:
    """The address of somebody who has lost a ticket. Raises `InvalidInput`."""
    form = Form(sent)
    return form.checked(_email(form, needed=True))


def _particulars(form: Form, asked: Asked) -> dict[str, Any]:
    """What the fields say, read in the order of the page."""
    name = _name(form)
    size = _party(form, asked.largest)
    companions = _companions(form, asked) if asked.largest > 1 else []
    if companions and not form.wrong.keys() & {"party_size", "companions"}:
        size = _size_with_names(form, size, len(companions) + 1, asked)
    language = form.sent.get("language", "")
    form.refuse("language", (language not in LANGUAGES, _l("Choose one of the languages in the list.")))
    email = _email(form, needed=asked.email_needed)
    needs = encryption.known(form.sent.getlist("needs")) if asked.needs else ()
    answers = {question.id: answer for question in asked.questions if (answer := _answer(form, question))}
    return {
        "name": name, "email": email, "party_size": size, "language": language, "companions": "\n".join(companions),
        "needs": needs, "tell_door": bool(needs and form.sent.get("tell_door")), "answers": answers,
    }  # fmt: skip


def _name(form: Form) -> str:
    name = form.text("name", MAX_NAME)
    form.refuse(
        "name",
        (not _has_letters(name), _l("Write the name that should be on the badge.")),
        (len(name) > MAX_NAME, _l("This name is too long. It can have 120 characters at most.")),
        (not is_seen(name), _l("This name has characters in it that cannot be printed. Please type it again, on one line.")),
    )
    return " ".join(name.split())


def _has_letters(text: str) -> bool:
    return any(char.isalnum() for char in text)


def _party(form: Form, largest: int) -> int:
    text = form.sent.get("party_size", "1")
    number = int(text) if _COUNT.fullmatch(text) else 0
    sentence = _l("Choose how many people are coming, from 1 to %(most)s.", most=largest)
    form.refuse("party_size", (not 1 <= number <= largest, sentence))
    return number


def _companions(form: Form, asked: Asked) -> list[str]:
    """The names of the others, one a line; empty lines do not count."""
    text, longest = form.sent.get("companions", ""), (MAX_NAME + 2) * 2 * asked.largest
    lines = text[:longest].replace("\r\n", "\n").split("\n")
    names = [name for line in lines if (name := normal(line, MAX_NAME))]
    too_long = len(text) > longest or any(len(name) > MAX_NAME for name in names)
    too_many = _l("These are too many names. With you, %(most)s people can come at most.", most=asked.largest)
    are_names = all(is_seen(name) and _has_letters(name) for name in names)
    form.refuse(
        "companions",
        (too_long, _l("One of these names is too long. Each can have 120 characters at most.")),
        (not are_names, _l("One of these lines is not a name. Please write one name on each line.")),
        (len(names) + 1 > asked.largest, too_many),
    )
    return [" ".join(name.split()) for name in names]


def _size_with_names(form: Form, chosen: int, named: int, asked: Asked) -> int:
    """Names set the size where nobody chose another one; else the two have to agree."""
    sentence = _l(
        "With you, these names make %(named)s people, but you chose %(chosen)s. Please correct one of the two numbers.",
        named=named, chosen=chosen,
    )  # fmt: skip
    form.refuse("companions", (chosen not in {named, asked.size}, sentence))
    return named


def _email(form: Form, *, needed: bool) -> str:
    """The address with its domain in ASCII (IDNA 2008, as browsers and mail servers write it); empty when none was given."""
    address = form.sent.get("email", "").strip()
    if not address:
        sentence = _l("Write your e-mail address. We send a link to it: open the link and press the button on that page.")
        form.refuse("email", (needed, sentence))
        return ""
    try:
        if len(address) > MAX_EMAIL:
            raise EmailNotValidError
        return validate_email(address, allow_smtputf8=False, check_deliverability=False).ascii_email or ""
    except EmailNotValidError:
        form.refuse("email", (True, _l("This e-mail address is not complete. It should look like this: name@example.org")))
        return ""


def _answer(form: Form, question: RegistrationQuestion) -> str:
    """What is stored for an answer: empty when there is none."""
    name, answer, missing = field_of(question), form.text(field_of(question), MAX_ANSWER), _l("Please answer this question.")
    if question.kind == QuestionKind.TICK:
        answer = YES if form.sent.get(name) else ""
        missing = _l("Please tick this box: without it you cannot register.")
    is_choice = question.kind == QuestionKind.CHOICE and answer
    form.refuse(
        name,
        (question.required and not answer, missing),
        (is_choice and answer not in question.options, _l("Choose one of the answers in the list.")),
        (len(answer) > MAX_ANSWER, _l("This answer is too long. It can have 300 characters at most.")),
        (
            not is_seen(answer),
            _l("This answer has characters in it that cannot be printed. Please type it again, on one line."),
        ),
    )
    return answer
