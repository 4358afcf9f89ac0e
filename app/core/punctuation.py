"""One full stop at the end of a sentence, whatever it was filled with. Scripts do the same: static/js/door/messages.js."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

from jinja2 import Environment, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

Text = TypeVar("Text", bound=str)
# The end of a sentence, perhaps closed by a tag, and another full stop; three dots in a row are an ellipsis and stay.
_TWICE = re.compile(r"(?<![.…])([.!?…](?:</\w+>)*)\.(?!\.)")


def one_stop(text: Text) -> Text:
    """The text without a full stop that follows the end of a sentence ("I. B.." becomes "I. B."); markup stays markup."""
    return type(text)(_TWICE.sub(r"\1", str(text))) if "." in text and _TWICE.search(text) else text


Catalogue = Callable[[], Any]


def init_jinja(environment: Environment, catalogue: Catalogue) -> None:
    """Give templates `_`, `ngettext`, `pgettext` and `npgettext` that end once, in the language of the moment.

    `catalogue()` gives its translations. These take the place of Flask-Babel's, which do the same and take three times as
    long: a page says a hundred sentences.
    """

    @pass_context
    def gettext(context: Context, message: str, /, **variables: Any) -> str:
        return _filled(context, catalogue().ugettext(message), variables)

    @pass_context
    def pgettext(context: Context, about: str, message: str, /, **variables: Any) -> str:
        return _filled(context, catalogue().upgettext(about, message), variables)

    @pass_context
    def ngettext(context: Context, one: str, many: str, num: int, /, **variables: Any) -> str:
        return _filled(context, catalogue().ungettext(one, many, num), {"num": num} | variables)

    @pass_context
    def npgettext(context: Context, about: str, one: str, many: str, num: int, /, **variables: Any) -> str:
        return _filled(context, catalogue().unpgettext(about, one, many, num), {"num": num} | variables)

    environment.globals |= {
        "_": gettext, "gettext": gettext, "ngettext": ngettext, "pgettext": pgettext, "npgettext": npgettext
    }  # fmt: skip


def _filled(context: Context, text: str, variables: dict[str, Any]) -> str:
    """The sentence with its variables, which are escaped where the template escapes."""
    text = Markup(text) if context.eval_ctx.autoescape else text  # noqa: S704 - our own catalogue
    return one_stop(text % variables) if variables else text % ()
