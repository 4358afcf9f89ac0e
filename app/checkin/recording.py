"""One batch of scans inside one transaction: what it found, how each attempt was judged, what will be written.

`service.record` opens the transaction and is the only caller. The order is that of checkin.md §4.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from app.checkin import counters, misses, queries
from app.checkin.kept import Kept, Target, additions, conflict_row, essence, scan_row, target_of_kept, target_of_row
from app.checkin.ledger import Ledger, Pass
from app.checkin.rules import (
    QUARANTINE,
    Attempt,
    Door,
    Facts,
    Faulty,
    First,
    Phone,
    Result,
    UndoFacts,
    Verdict,
    conflict_kind,
    crowding,
    judge,
    judge_undo,
    moment_of,
)
from app.registration import service as registration


class Overtaken(Exception):
    """Somebody stored one of these ids, or admitted one of these tickets, while this batch was judged: judge it again."""


class Recording:
    """One batch inside one transaction: the rows it found and what it will write.

    At first a batch is taken to be new: it is judged, then written with its results at once. When an id turns out to be
    stored already, or a ticket was admitted meanwhile, `Overtaken` ends the transaction, and the second time (`careful`) the
    ids are claimed before anything is judged, and every ticket's history is read.
    """

    def __init__(
        self, session: Session, connection: Connection, phone: Phone, now: datetime, offset: timedelta, *, careful: bool
    ) -> None:
        self.session, self.connection = session, connection
        self.claims_first = self.careful = careful
        self.phone, self.now, self.offset = phone, now, offset
        self.live = phone.is_live(now)
        self.kept: dict[uuid.UUID, Kept] = {}
        self.stored: dict[uuid.UUID, Any] = {}
        self.tickets: dict[uuid.UUID, Any] = {}
        self.by_hash: dict[bytes, Any] = {}
        self.by_reference: dict[str, uuid.UUID] = {}
        self.revoked: set[bytes] = set()
        self.ledger = Ledger()
        self.conflicts: dict[uuid.UUID, str] = {}
        self.taken_back: set[uuid.UUID] = set()

    def keep(self, items: Sequence[Attempt | Faulty]) -> list[Verdict]:
        """Lock the tickets, claim, judge in the order sent, write."""
        attempts = [item for item in items if isinstance(item, Attempt)]
        refused = misses.refused(self.connection, self.phone, attempts, self.now)
        fresh = {attempt.id: attempt for attempt in reversed(attempts) if attempt.id not in refused}
        self._load(fresh, refused.keys())
        self._refuse_guesses(fresh, refused)
        self._claim(fresh)
        self._read_histories()
        verdicts = [self._answer(item, refused) for item in items]
        self._write()
        return verdicts

    # What may be stored, and what was stored before

    def _claim(self, fresh: Mapping[uuid.UUID, Attempt]) -> None:
        """Insert the attempts that are new, or take them to be."""
        new = {ident: attempt for ident, attempt in fresh.items() if ident not in self.stored}
        if self.claims_first:
            claimed = queries.claim(self.connection, [self._row(attempt) for attempt in new.values()])
            raced = new.keys() - claimed
            self.stored |= queries.stored_scans(self.connection, raced)
            new = {ident: attempt for ident, attempt in new.items() if ident in claimed}
        for ident, attempt in new.items():
            door = self.phone.all_doors[attempt.door]
            aside = not self.live or attempt.door not in self.phone.serves(attempt.direction)
            self.kept[ident] = Kept(attempt, door, aside)

    def _refuse_guesses(self, fresh: dict[uuid.UUID, Attempt], refused: dict[uuid.UUID, str]) -> None:
        """Move the codes of nobody that are too many from `fresh` to `refused`; what was stored before is answered again."""
        new = [attempt for ident, attempt in reversed(fresh.items()) if self.live and ident not in self.stored]
        over = misses.excess(self.connection, self.phone, new, self.by_hash.keys(), self.now)
        self.stored |= queries.stored_scans(self.connection, over)
        misses.halt(self.phone, {fresh[ident].mode for ident in over - self.stored.keys()}, self.now)
        refused |= {ident: misses.TOO_MANY for ident in over if fresh.pop(ident)}

    def _load(self, fresh: Mapping[uuid.UUID, Attempt], refused: Set[uuid.UUID]) -> None:
        """Lock the tickets of these attempts, of what they take back, and of replays.

        Tickets are locked before ids are claimed: two calls with the same batch meet at the ticket.
        """
        attempts = list(fresh.values())
        undone = {attempt.undoes for attempt in attempts if attempt.undoes} - fresh.keys()
        sent_before = refused | (fresh.keys() if self.claims_first else set())
        self.stored = queries.stored_scans(self.connection, undone | sent_before)
        references = {attempt.reference for attempt in attempts if attempt.reference}
        self.by_reference = queries.ids_of_references(self.connection, self.phone.scope, references)
        hashes = {each for attempt in attempts if not attempt.reference for each in attempt.hashes}
        ids = {row.ticket_id for row in self.stored.values() if row.ticket_id} | set(self.by_reference.values())
        for ticket in queries.lock_tickets(self.connection, hashes, ids):
            self.tickets[ticket.id] = self.by_hash[ticket.code_hash] = ticket
        if missing := hashes - self.by_hash.keys():
            self._load_revoked(missing)
        self._know_by_present_hash(attempts)

    def _know_by_present_hash(self, attempts: Iterable[Attempt]) -> None:
        """What is stored under a key from before counts as stored under the present one."""
        for attempt in attempts:
            present, *older = attempt.hashes or (b"",)
            for each in older:
                if each in self.by_hash:
                    self.by_hash[present] = self.by_hash[each]
                if each in self.revoked:
                    self.revoked.add(present)

    def _read_histories(self) -> None:
        """A ticket that nobody had seen is taken to have no history. Where that matters beyond the unique index (leaving is
        final, or somebody goes out) the history is read anyway, after the lock."""
        self.careful = self.careful or any(
            kept.attempt.direction != "entry" or not kept.door.re_entry for kept in self.kept.values()
        )
        doors = {door.id for door in self.phone.all_doors.values()}
        read = [ticket.id for ticket in self.tickets.values() if ticket.seen or self.careful]
        self.ledger = queries.ledger(self.connection, read, doors)

    def _load_revoked(self, missing: set[bytes]) -> None:
        replaced = registration.find_revoked(self.session, missing)
        known = {ticket.id: ticket for ticket in queries.read_tickets(self.connection, set(replaced.values()))}
        self.revoked = set(replaced)
        self.by_hash |= {code_hash: known[ticket_id] for code_hash, ticket_id in replaced.items()}

    # One item

    def _answer(self, item: Attempt | Faulty, refused: Mapping[uuid.UUID, str]) -> Verdict:
        if isinstance(item, Faulty):
            return Verdict(item.sent_id, error="invalid", fields=item.fields)
        kept = self.kept.get(item.id)
        if kept is not None and kept.verdict is None:
            kept.verdict = self._judge(kept)
            self._note_conflict(item, kept.verdict)
            return kept.verdict
        if kept is not None and kept.verdict is not None:
            return self._repeat(item, kept.attempt, kept.verdict)
        if item.id in self.stored:
            return self._replay(item, self.stored[item.id])
        return Verdict(item.sent_id, error=refused.get(item.id, "id_reused"))

    def _repeat(self, item: Attempt, earlier: Attempt, verdict: Verdict) -> Verdict:
        """The same id twice in one batch."""
        if (essence(item), item.rehearsal) != (essence(earlier), earlier.rehearsal):
            return Verdict(item.sent_id, error="id_reused")
        self._note_conflict(item, verdict)
        return replace(verdict, sent_id=item.sent_id, replay=True)

    def _replay(self, item: Attempt, row: Any) -> Verdict:
        """The stored answer to the same attempt; a phone that now says it let somebody in adds the conflict."""
        door, ticket = self.phone.all_doors.get(item.door), self.tickets.get(row.ticket_id)
        count = row._mapping["count"]  # a row is a tuple: its .count is something else
        code_hash = item.code_hash if row.code_hash in item.older_hashes else row.code_hash
        same = (row.device_id, item.door, row.seq, code_hash, row.direction, count, row.undoes)
        rehearsed = item.rehearsal or (ticket is not None and ticket.rehearsal)
        if door is None or row.list_id != door.id or same != (self.phone.id, *essence(item)) or row.rehearsal != rehearsed:
            return Verdict(item.sent_id, error="id_reused")
        verdict = Verdict(
            item.sent_id, row.result, replay=True, direction=row.direction, count=count, admitted=row.admitted, door=door
        )
        self._describe(verdict, ticket)
        if row.result == Result.ALREADY_IN and row.winner_id and (won := self.ledger.by_scan(row.winner_id)):
            verdict.first, verdict.left = First(won.at, door.slug, won.by), won.left
        self._note_conflict(item, verdict)
        return verdict

    def _note_conflict(self, item: Attempt, verdict: Verdict) -> None:
        kind = conflict_kind(item.direction, item.local, verdict.result, admitted=verdict.admitted, count=item.count)
        if kind and not item.rehearsal:
            self.conflicts.setdefault(item.id, kind)

    def _judge(self, kept: Kept) -> Verdict:
        attempt = kept.attempt
        verdict = Verdict(attempt.sent_id, direction=attempt.direction, count=attempt.count, door=kept.door)
        if attempt.direction == "undo":
            return self._judge_undo(kept, verdict)
        ticket = self._ticket_of(attempt)
        kept.ticket_id = ticket.id if ticket is not None else None
        if kept.aside:
            verdict.result = QUARANTINE
            return verdict
        facts = self._facts(attempt, kept.door, ticket)
        verdict.result = judge(attempt.direction, facts)
        verdict.ticket = ticket
        if verdict.result == Result.ACCEPTED:
            self._let_in(kept, verdict, facts)
        elif verdict.result == Result.EXITED and kept.door.count_exits and not attempt.rehearsal:
            before = facts.at if attempt.mode == "offline" else None
            self.ledger.leave(ticket.id, kept.door.id, attempt.id, before, attempt.count)
        elif verdict.result == Result.ALREADY_IN and (first := self.ledger.first(ticket.id, kept.door.id)):
            verdict.first, verdict.left = First(first.at, kept.door.slug, first.by), first.left
            verdict.winner_id = first.scan_id
        self._describe(verdict, ticket)
        return verdict

    def _ticket_of(self, attempt: Attempt) -> Any:
        if attempt.reference:
            return self.tickets.get(self.by_reference.get(attempt.reference, attempt.id))
        return self.by_hash.get(attempt.code_hash) if attempt.code_hash else None

    def _facts(self, attempt: Attempt, door: Door, ticket: Any) -> Facts:
        at = self._at(attempt)
        if ticket is None:
            return Facts(at, known=False)
        return Facts(
            at,
            revoked=attempt.code_hash in self.revoked,
            same_event=ticket.scope == self.phone.scope,
            status=ticket.status,
            on_list=ticket.lists is None or door.slug in ticket.lists.split(","),
            opens_at=door.opens_at,
            closes_at=door.closes_at,
            party=ticket.party_size,
            inside=len(self.ledger.inside(ticket.id, door.id)),
            gone=0 if door.re_entry else len(self.ledger.gone(ticket.id, door.id)),
        )

    def _at(self, attempt: Attempt) -> datetime:
        return moment_of(attempt.mode, self.now, attempt.at, self.offset)

    def _let_in(self, kept: Kept, verdict: Verdict, facts: Facts) -> None:
        attempt, ticket = kept.attempt, verdict.ticket
        if attempt.rehearsal:
            verdict.admitted = min(attempt.count, facts.free)
            return
        verdict.admitted = self.ledger.admit(
            ticket.id, kept.door.id, attempt.id, facts.at, self.phone.initials,
            party=ticket.party_size, count=attempt.count, final=not kept.door.re_entry,
        )  # fmt: skip
        verdict.winner_id = attempt.id

    def _describe(self, verdict: Verdict, ticket: Any) -> None:
        verdict.ticket = ticket
        if ticket is not None and verdict.door is not None:
            verdict.arrived = len(self.ledger.inside(ticket.id, verdict.door.id))

    # Taking back

    def _judge_undo(self, kept: Kept, verdict: Verdict) -> Verdict:
        attempt = kept.attempt
        target, kept.ticket_id = self._target(attempt)
        if kept.aside:
            verdict.result = QUARANTINE
            return verdict
        undone = attempt.undoes or attempt.id
        counts = target is not None and (target.rehearsed if attempt.rehearsal else target.exited and self._stands(undone, kept))
        verdict.result = judge_undo(
            UndoFacts(
                found=target is not None,
                same_list=target is not None and target.list_id == kept.door.id,
                own=target is not None and target.device_id == self.phone.id,
                age=self._at(attempt) - (target.at if target else self.now),
                supervises=self.phone.may_supervise,
                takes_back=len(self.ledger.undoable(undone)) or int(counts),
            )
        )
        if verdict.result == Result.UNDONE and not attempt.rehearsal:
            self.ledger.undo(undone, attempt.id)
            self.taken_back.add(undone)
        if kept.ticket_id:
            self._describe(verdict, self.tickets.get(kept.ticket_id))
        return verdict

    def _stands(self, exit_id: uuid.UUID, kept: Kept) -> bool:
        """A way out that ended nothing at its own list, and was not taken back before."""
        unseen = exit_id not in self.taken_back and not self.ledger.ended_by(exit_id)
        return unseen and not queries.is_undone(self.connection, kept.door.id, exit_id)

    def _target(self, attempt: Attempt) -> tuple[Target | None, uuid.UUID | None]:
        """The scan to take back, stored before or judged earlier in this batch, and its ticket."""
        earlier = self.kept.get(attempt.undoes) if attempt.undoes else None
        if earlier is not None and earlier.verdict is not None:
            return target_of_kept(self.phone, earlier, self.now, self.offset), earlier.ticket_id
        row = self.stored.get(attempt.undoes) if attempt.undoes else None
        if row is None or row.list_id not in {door.id for door in self.phone.serves(attempt.direction).values()}:
            return None, None
        return target_of_row(row), row.ticket_id

    # Writing

    def _row(self, attempt: Attempt) -> dict[str, Any]:
        return scan_row(self.phone, attempt, self.now, self.offset)

    def _write(self) -> None:
        if not self.claims_first:
            rows = [self._row(kept.attempt) | self._settled(kept) for kept in self.kept.values()]
            if len(queries.claim(self.connection, rows)) < len(rows):
                raise Overtaken
        lost = queries.write_passes(self.connection, self.ledger)
        if lost and not self.careful:
            raise Overtaken
        for entry in lost:
            self._lose(entry)
        if self.claims_first or lost:
            queries.settle(self.connection, [{"scan": ident} | self._settled(kept) for ident, kept in self.kept.items()])
        queries.complain(self.connection, [conflict_row(scan, kind, self.now) for scan, kind in self.conflicts.items()])
        self._count()

    def _lose(self, entry: Pass) -> None:
        """The unique index has the last word: somebody admitted this pass without locking its ticket."""
        kept = self.kept[entry.scan_id]
        self.ledger.forget(entry)
        if kept.verdict:
            kept.verdict.lose_one()
            self._note_conflict(kept.attempt, kept.verdict)

    def _settled(self, kept: Kept) -> dict[str, Any]:
        verdict = kept.verdict or Verdict(None)
        return {
            "result": str(verdict.result), "winner_id": verdict.winner_id, "ticket_id": kept.ticket_id,
            "admitted": verdict.admitted, "rehearsal": self._is_rehearsal(kept),
        }  # fmt: skip

    def _count(self) -> None:
        """Add to the lists' numbers, and say where that made a list full."""
        real = [kept for kept in self.kept.values() if not self._is_rehearsal(kept)]
        moves = [(entry, number) for entry, number in self.ledger.moves() if not self.tickets[entry.ticket_id].rehearsal]
        inside = counters.add(self.connection, additions(self.kept.values(), real, moves))
        for kept in real:
            if kept.verdict and kept.verdict.admitted:
                kept.verdict.warning = crowding(inside[kept.door.id], kept.door.capacity)

    def _is_rehearsal(self, kept: Kept) -> bool:
        ticket = self.tickets.get(kept.ticket_id) if kept.ticket_id else None
        return kept.attempt.rehearsal or (ticket is not None and bool(ticket.rehearsal))
