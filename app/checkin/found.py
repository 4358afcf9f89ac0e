"""The rows that a transaction judges by: the tickets of its attempts, locked, and the scans that were stored before."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping, Set
from typing import Any

from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from app.checkin import queries
from app.checkin.claims import Claim
from app.checkin.rules import Attempt
from app.registration.tickets import find_revoked


class Found:
    """What `load` found. Tickets stay locked until the transaction ends."""

    def __init__(self, session: Session, connection: Connection) -> None:
        self._session, self._connection = session, connection
        self.stored: dict[uuid.UUID, Any] = {}
        self.tickets: dict[uuid.UUID, Any] = {}
        self.revoked: set[bytes] = set()
        self._by_hash: dict[bytes, Any] = {}
        self._by_reference: dict[tuple[uuid.UUID, str], uuid.UUID] = {}

    def load(self, fresh: Mapping[uuid.UUID, Claim], sent_before: Set[uuid.UUID]) -> None:
        """Lock the tickets of these attempts, of what they take back, and of the scans that were `sent_before`.

        Tickets are locked before ids are claimed: two calls with the same batch meet at the ticket.
        """
        attempts = [kept.attempt for kept in fresh.values()]
        undone = {attempt.undoes for attempt in attempts if attempt.undoes} - fresh.keys()
        self.stored = queries.stored_scans(self._connection, undone | sent_before)
        self._by_reference = self._references(fresh.values())
        hashes = {each for attempt in attempts if not attempt.reference for each in attempt.hashes}
        ids = {row.ticket_id for row in self.stored.values() if row.ticket_id} | set(self._by_reference.values())
        for ticket in queries.lock_tickets(self._connection, hashes, ids):
            self.tickets[ticket.id] = self._by_hash[ticket.code_hash] = ticket
        if missing := hashes - self._by_hash.keys():
            self._load_revoked(missing)
        self._know_by_present_hash(attempts)

    def add_stored(self, ids: Collection[uuid.UUID]) -> None:
        """Read scans that somebody else stored meanwhile."""
        self.stored |= queries.stored_scans(self._connection, ids)

    @property
    def known_hashes(self) -> Collection[bytes]:
        """The codes that are somebody's, or were."""
        return self._by_hash.keys()

    def ticket_of(self, kept: Claim) -> Any:
        """The ticket that an attempt is about; None for one that nobody knows."""
        attempt = kept.attempt
        if attempt.reference:
            return self.tickets.get(self._by_reference.get((kept.batch.device.event_id, attempt.reference), attempt.id))
        return self._by_hash.get(attempt.code_hash) if attempt.code_hash else None

    def is_rehearsal(self, kept: Claim) -> bool:
        """Whether an attempt was a rehearsal, or its ticket is for one."""
        ticket = self.tickets.get(kept.ticket_id) if kept.ticket_id else None
        return kept.attempt.rehearsal or (ticket is not None and bool(ticket.rehearsal))

    def _references(self, every: Iterable[Claim]) -> dict[tuple[uuid.UUID, str], uuid.UUID]:
        typed: dict[uuid.UUID, set[str]] = {}
        for kept in every:
            if kept.attempt.reference:
                typed.setdefault(kept.batch.device.event_id, set()).add(kept.attempt.reference)
        found: dict[tuple[uuid.UUID, str], uuid.UUID] = {}
        for event_id, references in typed.items():
            ids = queries.ids_of_references(self._connection, event_id, references)
            found |= {(event_id, reference): ident for reference, ident in ids.items()}
        return found

    def _load_revoked(self, missing: set[bytes]) -> None:
        replaced = find_revoked(self._session, missing)
        known = {ticket.id: ticket for ticket in queries.read_tickets(self._connection, set(replaced.values()))}
        self.revoked = set(replaced)
        self._by_hash |= {code_hash: known[ticket_id] for code_hash, ticket_id in replaced.items()}

    def _know_by_present_hash(self, attempts: Iterable[Attempt]) -> None:
        """What is stored under a key from before counts as stored under the present one."""
        for attempt in attempts:
            present, *older = attempt.hashes or (b"",)
            for each in older:
                if each in self._by_hash:
                    self._by_hash[present] = self._by_hash[each]
                if each in self.revoked:
                    self.revoked.add(present)
