"""Looking up a guest by name, online only: few hits, seldom, and each phone's searches are counted."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import case, or_, update

from app.checkin.models import Device
from app.checkin.rules import Phone
from app.core import clock
from app.core.db import write_tx
from app.core.errors import DomainError
from app.registration import service as registration
from app.registration.service import Hit

MAX_SEARCHES, WINDOW, HITS = 20, timedelta(minutes=10), 5


class TooManySearches(DomainError):
    """This phone has searched as often as it may for now."""

    status = 429
    retry_after = int(WINDOW.total_seconds())
    code = "too_many_searches"
    message = _l("This phone has searched very often. Please wait a few minutes, then try again.")


def by_name(phone: Phone, text: str) -> list[Hit]:
    """At most five tickets of the phone's event with somebody on them who is called so; at least three letters, else none.

    Counts the search. Raises `TooManySearches` after 20 in 10 minutes.
    """
    _count(phone, clock.now())
    return registration.search_tickets(phone.scope, text, HITS)


def _count(phone: Phone, now: datetime) -> None:
    """One statement, so that many at once are all counted; a window begins with its first search."""
    over = or_(Device.searches_since.is_(None), Device.searches_since <= now - WINDOW)
    counted = (
        update(Device)
        .where(Device.id == phone.id)
        .values(
            searches=case((over, 1), else_=Device.searches + 1), searches_since=case((over, now), else_=Device.searches_since)
        )
        .returning(Device.searches)
        .execution_options(synchronize_session=False)
    )
    with write_tx() as session:
        number = session.scalar(counted)
    if number is None or number > MAX_SEARCHES:
        raise TooManySearches
