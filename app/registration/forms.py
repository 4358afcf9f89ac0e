"""The registration form, read strictly: a `Wish`, or the sentences that say what to change."""

from __future__ import annotations

import re
import unicodedata
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from app.core.errors import InvalidInput
from app.i18n.languages import LANGUAGES
from app.registration.service import Wish

MAX_NAME, MAX_EMAIL = 120, 254
FIELDS = ("name", "email", "party_size", "language")
TRAP = "website"
_HIDDEN = frozenset({"Cc", "Cs", "Co", "Cn", "Zl", "Zp"})
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_LOCAL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}")
_DOMAIN = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]")
_COUNT = re.compile(r"[0-9]{1,4}")


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed, kept as it was for showing the form again."""

    name: str = ""
    email: str = ""
    party_size: str = "1"
    language: str = ""
    form_key: str = ""


def blank(language: str) -> Typed:
    """An empty form in the page's language, with a random key: the same key sent twice gets the same answer."""
    return Typed(language=language, form_key=str(uuid.uuid4()))


def typed(form: Mapping[str, str], language: str) -> Typed:
    """The form as it was sent, cut to what a field can hold; without a usable key it gets a new one."""
    key = _key(form.get("form_key", ""))
    return Typed(
        name=form.get("name", "")[: MAX_NAME * 4],
        email=form.get("email", "")[: MAX_EMAIL * 2],
        party_size=form.get("party_size", "1")[:8],
        language=form.get("language", language)[:8],
        form_key=str(key or uuid.uuid4()),
    )


def parse(form: Mapping[str, str], largest_party: int) -> Wish:
    """Read the form. Raises `InvalidInput` with one sentence a field; what is missing in `form` counts as empty."""
    wrong: dict[str, LazyString | str] = {}
    key = _key(form.get("form_key", ""))
    name, email = _name(form.get("name", ""), wrong), _email(form.get("email", ""), wrong)
    party = _party(form.get("party_size", "1"), largest_party, wrong)
    language = form.get("language", "")
    if language not in LANGUAGES:
        wrong["language"] = _l("Choose one of the languages in the list.")
    if key is None or form.get(TRAP, ""):
        wrong["form_key"] = _l("The form arrived incomplete. Please send it once more.")
    if key is None or wrong:
        raise InvalidInput(wrong)
    return Wish(form_key=key, name=name, email=email, party_size=party, language=language)


def _key(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text) if len(text) == 36 else None
    except ValueError:
        return None


def _name(text: str, wrong: dict[str, LazyString | str]) -> str:
    name = unicodedata.normalize("NFC", text).strip(" ")
    if not any(char.isalnum() for char in name):
        wrong["name"] = _l("Write the name that should stand on the badge.")
    elif len(name) > MAX_NAME:
        wrong["name"] = _l("This name is too long. It can have 120 letters at most.")
    elif any(unicodedata.category(char) in _HIDDEN or char in _BIDI for char in name):
        wrong["name"] = _l("This name has signs in it that cannot be printed. Please type it again, on one line.")
    return " ".join(name.split())


def _email(text: str, wrong: dict[str, LazyString | str]) -> str:
    """The address with its domain in ASCII; empty when none was given."""
    address = text.strip(" ")
    if not address:
        return ""
    local, _, domain = address.rpartition("@")
    try:
        domain = domain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        domain = ""
    dots = local.startswith(".") or local.endswith(".") or ".." in local
    if dots or not _LOCAL.fullmatch(local) or not _DOMAIN.fullmatch(domain) or len(local) + len(domain) >= MAX_EMAIL:
        wrong["email"] = _l("This e-mail address is not complete. It should look like this: name@example.org")
    return f"{local}@{domain}"


def _party(text: str, largest: int, wrong: dict[str, LazyString | str]) -> int:
    number = int(text) if _COUNT.fullmatch(text) else 0
    if not 1 <= number <= largest:
        wrong["party_size"] = _l("Choose how many people are coming, from 1 to %(most)s.", most=largest)
    return number
