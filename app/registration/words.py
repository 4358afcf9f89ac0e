"""The fixed options of needs and diet in words."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import LazyString, lazy_pgettext

NEED_WORDS: Mapping[str, LazyString] = {
    "wheelchair": lazy_pgettext("need", "Space for a wheelchair"),
    "hearing_loop": lazy_pgettext("need", "Hearing loop"),
    "sign_language": lazy_pgettext("need", "Sign language interpreting"),
    "interpreter": lazy_pgettext("need", "Interpreter into my language"),
    "vegetarian": lazy_pgettext("diet", "Vegetarian"),
    "vegan": lazy_pgettext("diet", "Vegan"),
    "no_gluten": lazy_pgettext("diet", "No gluten"),
    "no_lactose": lazy_pgettext("diet", "No lactose"),
    "no_nuts": lazy_pgettext("diet", "No nuts"),
    "no_pork": lazy_pgettext("diet", "No pork"),
}
