"""What has to be done again and again: delete personal data whose time is over. `flask upkeep` and the loop of jobs call it."""

from __future__ import annotations

import logging
from collections import Counter
from datetime import datetime
from pathlib import Path

from app.audit import journal, limits, retention, service
from app.checkin import counters, retention as checkin
from app.core.db import db, write_tx
from app.mail import postbox, service as mail
from app.registration import holds, retention as registration

# In this order: seats lapse before their unconfirmed address goes, admissions point at tickets, and a file of the demo goes
# with its mail.
PURGES = (holds.release, checkin.purge, registration.purge, mail.purge, postbox.purge, limits.purge, service.purge)
FOR_GOOD = ("registration.erase", "event.deleted", "device.revoked")  # noted by audit and in the journal
log = logging.getLogger(__name__)


def run(now: datetime) -> dict[str, int]:
    """Let every domain delete what it may keep no longer; how many rows of each kind were deleted. Again changes nothing.

    Before that, the door's numbers are compared with a count, and set right should they ever differ; what the journal of erasures
    lacks is added, and what is older than any backup is dropped from it.
    """
    _repair_counters()
    counts: Counter[str] = Counter()
    for purge in PURGES:
        counts.update(purge(now))
    service.catch_up(FOR_GOOD, now)
    journal.prune(now)
    counts["databases_set_aside"] = retention.purge_asides(database_folders(), now)
    retention.leave_no_trace()  # also when nothing was deleted: the last time somebody may have been reading
    if counts.total():
        log.info("upkeep deleted %s", dict(counts))
    return dict(counts)


def _repair_counters() -> None:
    """Mostly the numbers are right, and then no writer waits."""
    if counters.differing(db.session.connection()):
        with write_tx() as session:
            counters.repair(session)


def database_folders() -> list[Path]:
    """Where a restore leaves the database that it replaced."""
    file = db.engine.url.database if db.engine.dialect.name == "sqlite" else None
    return [journal.path().parent, *([Path(file).parent] if file else [])]
