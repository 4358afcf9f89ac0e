"""Translation: all that this app takes of Flask-Babel, imported nowhere else, and its sentences, which end once."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import flask_babel
from flask_babel import Babel, Domain, LazyString, force_locale, get_locale, lazy_gettext, lazy_pgettext

from app.core.punctuation import one_stop

__all__ = [
    "LazyString", "babel", "force_locale", "get_locale", "gettext", "lazy_gettext", "lazy_pgettext", "ngettext", "pgettext",
]  # fmt: skip

# Flask-Babel is untyped; the names stay those that the catalogue's extraction looks for.
gettext: Callable[..., str] = flask_babel.gettext
ngettext: Callable[..., str] = flask_babel.ngettext
pgettext: Callable[..., str] = flask_babel.pgettext


class Sentences(Domain):  # type: ignore[misc]
    """Translations whose full stop is left out where what they were filled with ends in one: "Kl. 5 val.", never "val.."."""

    def get_translations(self) -> Any:
        """The catalogue of the language of the moment, found by its code alone: a page asks a hundred times."""
        locale = get_locale()
        if locale is None:
            return super().get_translations()
        if locale.language not in self.cache:
            self.cache[locale.language] = super().get_translations()
        return self.cache[locale.language]

    def gettext(self, string: str, **variables: object) -> str:
        """As Flask-Babel's."""
        return one_stop(str(super().gettext(string, **variables)))

    def ngettext(self, singular: str, plural: str, num: int, **variables: object) -> str:
        """As Flask-Babel's."""
        return one_stop(str(super().ngettext(singular, plural, num, **variables)))

    def pgettext(self, context: str, string: str, **variables: object) -> str:
        """As Flask-Babel's."""
        return one_stop(str(super().pgettext(context, string, **variables)))

    def npgettext(self, context: str, singular: str, plural: str, num: int, **variables: object) -> str:
        """As Flask-Babel's."""
        return one_stop(str(super().npgettext(context, singular, plural, num, **variables)))


class Languages(Babel):  # type: ignore[misc]
    """Flask-Babel whose sentences end once."""

    @cached_property
    def domain_instance(self) -> Domain:
        """The one domain of translations."""
        return Sentences(domain=self.domain)


babel = Languages()
