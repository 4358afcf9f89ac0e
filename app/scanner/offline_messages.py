"""What a phone says when it judges alone: the sentences of messages.py in nine languages, kept on the phone beforehand."""

from __future__ import annotations

from typing import Any

from app.checkin import messages
from app.checkin.rules import Result, Verdict
from app.core.babel import force_locale, lazy_gettext as _l
from app.i18n.languages import BABEL_LOCALE, LANGUAGES

# What a phone can answer by itself (static/js/door/judge.js).
ALONE = (
    Result.ACCEPTED, Result.EXITED, Result.ALREADY_IN, Result.UNKNOWN, Result.REVOKED, Result.CANCELLED, Result.WAITLISTED,
    Result.WRONG_LIST, Result.NOT_YET, Result.TOO_LATE, Result.UNDONE, Result.UNDO_REFUSED,
)  # fmt: skip
UNHEARD = _l("Without a network this phone cannot look this ticket up. Please ask a supervisor.")


def in_all_languages() -> dict[str, dict[str, dict[str, Any]]]:
    """Per language what the volunteer and the guest are told for each result, and the two warnings of a filling list."""
    return {lang: _in(lang) for lang in LANGUAGES}


def _in(lang: str) -> dict[str, dict[str, Any]]:
    said = {str(result): Verdict(None, result=result, count=0) for result in ALONE}
    with force_locale(BABEL_LOCALE[lang]):
        unheard = str(UNHEARD)
    return {
        "volunteer": {name: messages.for_volunteer(it, None, lang) for name, it in said.items()} | {"unheard": unheard},
        "guest": {name: messages.for_guest(it, None, lang) for name, it in said.items()} | {"unheard": ""},
        "warnings": {name: messages.for_crowding(name, lang) for name in ("full", "nearly_full")},
    }
