"""After a change of SECRET_KEY: scans point to codes by the present key's hash, so that they can be sent again and compared."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.checkin.models import Scan


def renew_scans(session: Session, codes: Iterable[tuple[uuid.UUID, bytes, bytes]]) -> None:
    """Replace hashes from before (ticket, before, now) in the scans of their tickets."""
    for ticket_id, before, now in codes:
        session.execute(update(Scan).where(Scan.ticket_id == ticket_id, Scan.code_hash == before).values(code_hash=now))
