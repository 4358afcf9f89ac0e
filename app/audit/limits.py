"""How often something may be done: counters in the database, so that they hold over all workers. Whom a counter belongs to is a
keyed hash; rows are deleted when their window is over. (Wrong codes need no counter: the scans that are stored are counted,
`checkin.misses`.)"""

from __future__ import annotations

import ipaddress
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.audit.models import RateCount
from app.audit.retention import delete_where, there_is
from app.core import clock
from app.core.db import write_tx
from app.core.errors import DomainError, TooMany
from app.core.security import keyed_hash

TEN_MINUTES, DAY = timedelta(minutes=10), timedelta(days=1)


def refuse_too_many(
    session: Session, what: str, who: str | None, most: int, per: timedelta = TEN_MINUTES, refusal: type[DomainError] = TooMany
) -> None:
    """Count one more inside the caller's `write_tx()`. Raises `refusal` above `most`; None is not counted."""
    if who is not None and count_up(session, what, who, per) > most:
        raise refusal


def count_up(session: Session, what: str, who: str, per: timedelta) -> int:
    """Count one more inside the caller's `write_tx()`; returns how often it was done in this window, this time included."""
    now = clock.now()
    window = now - timedelta(seconds=now.timestamp() % per.total_seconds())
    insert: Any = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    counting = insert(RateCount).values(who=keyed_hash("rate", f"{what} {who}"), window_at=window, count=1)
    counting = counting.on_conflict_do_update(index_elements=["who", "window_at"], set_={"count": RateCount.count + 1})
    return int(session.execute(counting.returning(RateCount.count)).scalar_one())


def network_of(address: str | None) -> str | None:
    """The network a visitor comes from: /24 of IPv4 (also inside IPv6), /56 of IPv6; what is no address shares one.

    None for this machine itself, so that nothing is counted: behind a proxy that does not pass addresses on, all visitors
    would share one limit.
    """
    try:
        found = ipaddress.ip_address(address or "127.0.0.1")
    except ValueError:
        return "unreadable"
    found = getattr(found, "ipv4_mapped", None) or found
    if found.is_loopback:
        return None
    return str(ipaddress.ip_network((found, 24 if found.version == 4 else 56), strict=False))


def purge(now: datetime) -> dict[str, int]:
    """Delete the counters of windows that began more than a day ago."""
    over = RateCount.window_at < now - DAY
    if not there_is(RateCount, over):
        return {"rate_counts": 0}
    with write_tx() as session:
        return {"rate_counts": delete_where(session, RateCount, over)}
