"""The fixed options of needs and diet in words, and what a party is told that is larger than the event."""

from __future__ import annotations

from collections.abc import Mapping

from app.core.babel import LazyString, gettext, lazy_pgettext, ngettext
from app.registration.queries import Occasion

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


def undated_words(occasion: Occasion) -> str:
    """What stands in place of the date while none is known."""
    if occasion.lapsed:
        return str(gettext("The new date has not been announced yet."))
    return str(gettext("The date has not been announced yet."))


def too_large_words(seats: int) -> str:
    """To a party that waits for more seats than the event has."""
    return str(
        ngettext(
            "This event now has only %(num)s seat, and you asked for more. You keep your place in the queue. If fewer of you "
            "come, change your registration: then you can get it.",
            "This event now has only %(num)s seats, and you asked for more. You keep your place in the queue. If fewer of you "
            "come, change your registration: then you can get seats.",
            seats,
        )
    )
