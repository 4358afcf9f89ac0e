"""How long registrations are kept: thirty days after the event their rows are deleted and only numbers stay."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from app.core.db import write_tx
from app.core.purging import delete_where
from app.events.service import past_keeping
from app.registration.models import Registration, RegistrationTotal, RevokedCode, Ticket


def purge(now: datetime) -> dict[str, int]:
    """Delete registrations and tickets, cancelled and rehearsal ones too, of events past keeping; add up `RegistrationTotal`.

    The door's admissions of these tickets have to be gone before. Returns how many of each were deleted.
    """
    with write_tx() as session:
        scopes = set(session.scalars(select(Registration.scope).union(select(Ticket.scope))))
        due = past_keeping(session, scopes, now)
        _keep_totals(session, due)
        mine = select(Ticket.id).where(Ticket.scope.in_(due))
        delete_where(session, RevokedCode, RevokedCode.ticket_id.in_(mine))
        tickets = delete_where(session, Ticket, Ticket.scope.in_(due))
        return {"registrations": delete_where(session, Registration, Registration.scope.in_(due)), "tickets": tickets}


def _keep_totals(session: Session, due: Collection[uuid.UUID]) -> None:
    """Add what is about to be deleted to the event's numbers: an event that was moved to a later day may be purged twice."""
    confirmed = Registration.status == "confirmed"
    query = select(
        Registration.scope,
        func.sum(case((confirmed, 1), else_=0)),
        func.sum(case((confirmed, Registration.party_size), else_=0)),
        func.sum(case((Registration.status == "waitlisted", 1), else_=0)),
        func.sum(case((Registration.status == "cancelled", 1), else_=0)),
    )
    for scope, parties, people, waiting, cancelled in session.execute(
        query.where(Registration.scope.in_(due)).group_by(Registration.scope)
    ):
        total = session.get(RegistrationTotal, scope) or RegistrationTotal(
            scope=scope, confirmed=0, people=0, waitlisted=0, cancelled=0
        )
        session.add(total)
        total.confirmed += parties
        total.people += people
        total.waitlisted += waiting
        total.cancelled += cancelled
