"""How long what belongs to an event may be kept: the one answer for every domain."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit.retention import RETENTION
from app.events.days import evening_of
from app.events.models import Event
from app.i18n import formats


def past_keeping(
    session: Session, event_ids: Collection[uuid.UUID], now: datetime, keep: timedelta = RETENTION
) -> set[uuid.UUID]:
    """Which of these events are so long over that nothing kept for `keep` may be left: the privacy notice's promise.

    It is due from the first minute of that day (the thirtieth) after the one on which the event was over, in its zone. An
    event that is known only to the month or year ends with it; one without a date has not been held.
    """
    over = select(Event.id, Event.over_at, Event.timezone).where(Event.id.in_(event_ids), Event.over_at <= now)
    rows = [(ident, at, formats.zone(zone)) for ident, at, zone in session.execute(over)] if event_ids else []
    return {ident for ident, at, zone in rows if at and now.astimezone(zone).date() >= evening_of(at, zone) + keep}


def kept_until(event: Event, keep: timedelta = RETENTION) -> date | None:
    """The day on which `past_keeping` becomes true for the event; None while it has no date."""
    return evening_of(event.over_at, formats.zone(event.timezone)) + keep if event.over_at else None
