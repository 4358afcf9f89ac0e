"""What a guest may know of the door: when and where their own ticket was scanned."""

from __future__ import annotations

import uuid

from sqlalchemy import select

from app.checkin.models import CheckInList, Scan
from app.core.db import db
from app.i18n import texts
from app.registration.door_notes import Passage


def passages_of(event_id: uuid.UUID, ticket_id: uuid.UUID, lang: str) -> list[Passage]:
    """Every scan of this ticket in the order of arrival, rehearsals and refused ones too; list names in `lang`. Two queries."""
    query = (
        select(Scan, CheckInList)
        .join(CheckInList, CheckInList.id == Scan.list_id)
        .where(CheckInList.event_id == event_id, Scan.ticket_id == ticket_id)
        .order_by(Scan.received_at, Scan.seq)
    )
    rows = db.session.execute(query).all()
    known = texts.load([event_id], lang, kinds=["list.name"])
    return [
        Passage(scan.occurred_at, str(known(at.id, "list.name")) or at.slug, scan.direction, scan.result, scan.reason or "")
        for scan, at in rows
    ]
