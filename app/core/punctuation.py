"""One full stop at the end of a sentence, whatever it was filled with. Scripts do the same: static/js/door/words.js."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from jinja2 import Environment, pass_context

Text = TypeVar("Text", bound=str)
# The end of a sentence, perhaps closed by a tag, and another full stop; three dots in a row are an ellipsis and stay.
_TWICE = re.compile(r"(?<![.…])([.!?…](?:</\w+>)*)\.(?!\.)")


def one_stop(text: Text) -> Text:
    """The text without a full stop that follows the end of a sentence ("I. B.." becomes "I. B."); markup stays markup."""
    return type(text)(_TWICE.sub(r"\1", str(text))) if "." in text and _TWICE.search(text) else text


def init_jinja(environment: Environment) -> None:
    """Let the translations in templates end once, too; after Flask-Babel has installed them."""
    for name in ("gettext", "ngettext", "pgettext", "npgettext"):
        environment.globals[name] = _ending_once(cast(Callable[..., str], environment.globals[name]))


def _ending_once(translate: Callable[..., str]) -> Callable[..., str]:
    @pass_context
    @wraps(translate)
    def translated(*args: Any, **variables: Any) -> str:
        text = translate(*args, **variables)
        return one_stop(text) if variables else text

    return translated
