"""What stands in place of a date, and what a party is told that is larger than the event."""

from __future__ import annotations

from app.agenda.rules import State
from app.core.babel import gettext, ngettext
from app.registration.queries import Occasion


def undated_words(occasion: Occasion) -> str:
    """What stands in place of the date while none is known."""
    if occasion.lapsed:
        return str(gettext("The new date has not been announced yet."))
    return State.UNDATED.label


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
