"""Batches of scans inside one transaction: how each attempt is judged, and what is written.

`service.record` opens the transaction and is the only caller. The order is that of checkin.md §4.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from app.checkin import claims, counters, misses, queries
from app.checkin.claims import Batch, Claim, Overtaken, Target
from app.checkin.found import Found
from app.checkin.ledger import Ledger, Pass
from app.checkin.models import QUARANTINE, Direction, ScanMode
from app.checkin.rules import (
    Attempt,
    Faulty,
    First,
    Result,
    ScanFacts,
    UndoFacts,
    Verdict,
    conflict_kind,
    crowding,
    judge,
    judge_undo,
)


class Recording:
    """Batches inside one transaction: the rows they are judged by and what will be written.

    At first batches are taken to be new: they are judged, then written with their results at once. When an id turns out to be
    stored already, or a ticket was admitted meanwhile, `Overtaken` ends the transaction, and the second time (`careful`) the
    ids are claimed before anything is judged, and every ticket's history is read. Several batches share no id.
    """

    def __init__(self, session: Session, connection: Connection, *, careful: bool) -> None:
        self.connection, self.found = connection, Found(session, connection)
        self.claims_first = self.careful = careful
        self.kept: dict[uuid.UUID, Claim] = {}
        self.ledger = Ledger()
        self.conflicts: dict[uuid.UUID, tuple[str, datetime]] = {}
        self.taken_back: set[uuid.UUID] = set()

    def keep(self, batches: Sequence[Batch]) -> list[list[Verdict]]:
        """Lock the tickets, claim, judge in the order sent, write; a list of verdicts for each batch."""
        refused: dict[uuid.UUID, str] = {}
        fresh: dict[uuid.UUID, Claim] = {}
        for batch in batches:
            refused |= misses.refused(self.connection, batch.device, batch.attempts, batch.now)
            fresh |= {
                attempt.id: Claim(batch, attempt, batch.device.all_lists[attempt.check_in_list])
                for attempt in reversed(batch.attempts)
                if attempt.id not in refused
            }
        self.found.load(fresh, refused.keys() | (fresh.keys() if self.claims_first else set()))
        for batch in batches:
            self._refuse_guesses(batch, fresh, refused)
        self._claim(fresh)
        self._read_histories(batches)
        verdicts = [[self._answer(batch, item, refused) for item in batch.items] for batch in batches]
        self._write()
        return verdicts

    # What may be stored, and what was stored before

    def _refuse_guesses(self, batch: Batch, fresh: dict[uuid.UUID, Claim], refused: dict[uuid.UUID, str]) -> None:
        """Move the codes of nobody that are too many from `fresh` to `refused`; what was stored before is answered again."""
        if not batch.device.is_live(batch.now):
            return
        sent = [kept.attempt for kept in reversed(fresh.values()) if kept.batch is batch]
        new = [attempt for attempt in sent if attempt.id not in self.found.stored]
        over = misses.excess(self.connection, batch.device, new, self.found.known_hashes, batch.now)
        self.found.add_stored(over)
        misses.halt(batch.device, {fresh[ident].attempt.mode for ident in over - self.found.stored.keys()}, batch.now)
        refused |= {ident: misses.TOO_MANY for ident in over if fresh.pop(ident)}

    def _claim(self, fresh: Mapping[uuid.UUID, Claim]) -> None:
        """Insert the attempts that are new, or take them to be."""
        self.kept = {ident: kept for ident, kept in fresh.items() if ident not in self.found.stored}
        if self.claims_first:
            claimed = queries.claim(self.connection, [claims.scan_row(kept) for kept in self.kept.values()])
            self.found.add_stored(self.kept.keys() - claimed)
            self.kept = {ident: kept for ident, kept in self.kept.items() if ident in claimed}

    def _read_histories(self, batches: Sequence[Batch]) -> None:
        """A ticket that nobody had seen is taken to have no history. Where that matters beyond the unique index (leaving is
        final, or somebody goes out) the history is read anyway, after the lock."""
        self.careful = self.careful or any(
            kept.attempt.direction != Direction.ENTRY or not kept.check_in_list.re_entry for kept in self.kept.values()
        )
        check_in_lists = {one.id for batch in batches for one in batch.device.all_lists.values()}
        read = [ticket.id for ticket in self.found.tickets.values() if ticket.seen or self.careful]
        self.ledger = queries.ledger(self.connection, read, check_in_lists)

    # One item

    def _answer(self, batch: Batch, item: Attempt | Faulty, refused: Mapping[uuid.UUID, str]) -> Verdict:
        if isinstance(item, Faulty):
            return Verdict(item.sent_id, error="invalid", fields=item.fields)
        kept = self.kept.get(item.id)
        if kept is not None and kept.verdict is None:
            kept.verdict = self._judge(kept)
            self._note_conflict(batch, item, kept.verdict)
            return kept.verdict
        if kept is not None and kept.verdict is not None:
            return self._repeat(batch, item, kept.attempt, kept.verdict)
        if item.id in self.found.stored:
            return self._replay(batch, item, self.found.stored[item.id])
        return Verdict(item.sent_id, error=refused.get(item.id, "id_reused"))

    def _repeat(self, batch: Batch, item: Attempt, earlier: Attempt, verdict: Verdict) -> Verdict:
        """The same id twice in one batch."""
        if (claims.essence(item), item.rehearsal) != (claims.essence(earlier), earlier.rehearsal):
            return Verdict(item.sent_id, error="id_reused")
        self._note_conflict(batch, item, verdict)
        return replace(verdict, sent_id=item.sent_id, replay=True)

    def _replay(self, batch: Batch, item: Attempt, row: Any) -> Verdict:
        """The stored answer to the same attempt; a phone that now says it let somebody in adds the conflict."""
        check_in_list, ticket = batch.device.all_lists.get(item.check_in_list), self.found.tickets.get(row.ticket_id)
        count = row._mapping["count"]  # a row is a tuple: its .count is something else
        code_hash = item.code_hash if row.code_hash in item.older_hashes else row.code_hash
        same = (row.device_id, item.check_in_list, row.seq, code_hash, row.direction, count, row.undoes)
        rehearsed = item.rehearsal or (ticket is not None and ticket.rehearsal)
        if (
            check_in_list is None
            or row.list_id != check_in_list.id
            or same != (batch.device.id, *claims.essence(item))
            or row.rehearsal != rehearsed
        ):
            return Verdict(item.sent_id, error="id_reused")
        verdict = Verdict(
            item.sent_id,
            row.result,
            replay=True,
            direction=row.direction,
            count=count,
            admitted=row.admitted,
            check_in_list=check_in_list,
        )
        self._describe(verdict, ticket)
        if row.result == Result.ALREADY_IN and row.winner_id and (won := self.ledger.by_scan(row.winner_id)):
            verdict.first, verdict.left = First(won.at, check_in_list.slug, won.by), won.left
        self._note_conflict(batch, item, verdict)
        return verdict

    def _note_conflict(self, batch: Batch, item: Attempt, verdict: Verdict) -> None:
        kind = conflict_kind(item.direction, item.local, verdict.result, admitted=verdict.admitted, count=item.count)
        if kind and not item.rehearsal:
            self.conflicts.setdefault(item.id, (kind, batch.now))

    def _judge(self, kept: Claim) -> Verdict:
        attempt = kept.attempt
        verdict = Verdict(attempt.sent_id, direction=attempt.direction, count=attempt.count, check_in_list=kept.check_in_list)
        if attempt.direction == Direction.UNDO:
            return self._judge_undo(kept, verdict)
        ticket = self.found.ticket_of(kept)
        kept.ticket_id = ticket.id if ticket is not None else None
        if kept.aside:
            verdict.result = QUARANTINE
            return verdict
        facts = self._facts(kept, ticket)
        verdict.result = judge(attempt.direction, facts)
        verdict.ticket = ticket
        if verdict.result == Result.ACCEPTED:
            self._let_in(kept, verdict, facts)
        elif verdict.result == Result.EXITED and kept.check_in_list.count_exits and not attempt.rehearsal:
            before = facts.at if attempt.mode == ScanMode.OFFLINE else None
            self.ledger.leave(ticket.id, kept.check_in_list.id, attempt.id, before, attempt.count)
        elif verdict.result == Result.ALREADY_IN and (first := self.ledger.first(ticket.id, kept.check_in_list.id)):
            verdict.first, verdict.left = First(first.at, kept.check_in_list.slug, first.by), first.left
            verdict.winner_id = first.scan_id
        self._describe(verdict, ticket)
        return verdict

    def _facts(self, kept: Claim, ticket: Any) -> ScanFacts:
        at, check_in_list = kept.at, kept.check_in_list
        if ticket is None:
            return ScanFacts(at, known=False)
        return ScanFacts(
            at,
            revoked=kept.attempt.code_hash in self.found.revoked,
            same_event=ticket.event_id == kept.batch.device.event_id,
            status=ticket.status,
            on_list=ticket.lists is None or check_in_list.slug in ticket.lists.split(","),
            opens_at=check_in_list.opens_at,
            closes_at=check_in_list.closes_at,
            party=ticket.party_size,
            inside=len(self.ledger.inside(ticket.id, check_in_list.id)),
            gone=0 if check_in_list.re_entry else len(self.ledger.gone(ticket.id, check_in_list.id)),
        )

    def _let_in(self, kept: Claim, verdict: Verdict, facts: ScanFacts) -> None:
        attempt, ticket = kept.attempt, verdict.ticket
        if attempt.rehearsal:
            verdict.admitted = min(attempt.count, facts.free)
            return
        verdict.admitted = self.ledger.admit(
            ticket.id, kept.check_in_list.id, attempt.id, facts.at, kept.batch.device.initials,
            party=ticket.party_size, count=attempt.count, final=not kept.check_in_list.re_entry,
        )  # fmt: skip
        verdict.winner_id = attempt.id

    def _describe(self, verdict: Verdict, ticket: Any) -> None:
        verdict.ticket = ticket
        if ticket is not None and verdict.check_in_list is not None:
            verdict.arrived = len(self.ledger.inside(ticket.id, verdict.check_in_list.id))

    # Taking back

    def _judge_undo(self, kept: Claim, verdict: Verdict) -> Verdict:
        attempt = kept.attempt
        target, kept.ticket_id = self._target(kept)
        if kept.aside:
            verdict.result = QUARANTINE
            return verdict
        undone = attempt.undoes or attempt.id
        counts = target is not None and (target.rehearsed if attempt.rehearsal else target.exited and self._stands(undone, kept))
        verdict.result = judge_undo(
            UndoFacts(
                found=target is not None,
                same_list=target is not None and target.list_id == kept.check_in_list.id,
                own=target is not None and target.device_id == kept.batch.device.id,
                age=kept.at - (target.at if target else kept.batch.now),
                supervises=kept.batch.device.may_supervise,
                takes_back=len(self.ledger.undoable(undone)) or int(counts),
            )
        )
        if verdict.result == Result.UNDONE and not attempt.rehearsal:
            self.ledger.undo(undone, attempt.id)
            self.taken_back.add(undone)
        if kept.ticket_id:
            self._describe(verdict, self.found.tickets.get(kept.ticket_id))
        return verdict

    def _stands(self, exit_id: uuid.UUID, kept: Claim) -> bool:
        """A way out that ended nothing at its own list, and was not taken back before."""
        unseen = exit_id not in self.taken_back and not self.ledger.ended_by(exit_id)
        return unseen and not queries.is_undone(self.connection, kept.check_in_list.id, exit_id)

    def _target(self, kept: Claim) -> tuple[Target | None, uuid.UUID | None]:
        """The scan to take back, stored before or judged earlier in this transaction, and its ticket."""
        attempt = kept.attempt
        earlier = self.kept.get(attempt.undoes) if attempt.undoes else None
        if earlier is not None and earlier.verdict is not None:
            return claims.target_of_claim(earlier), earlier.ticket_id
        row = self.found.stored.get(attempt.undoes) if attempt.undoes else None
        if row is None or row.list_id not in {one.id for one in kept.batch.device.serves(attempt.direction).values()}:
            return None, None
        return claims.target_of_row(row), row.ticket_id

    # Writing

    def _write(self) -> None:
        if not self.claims_first:
            rows = [claims.scan_row(kept) | self._settled(kept) for kept in self.kept.values()]
            if len(queries.claim(self.connection, rows)) < len(rows):
                raise Overtaken
        lost = queries.write_passes(self.connection, self.ledger)
        if lost and not self.careful:
            raise Overtaken
        for entry in lost:
            self._lose(entry)
        if self.claims_first or lost:
            queries.settle(self.connection, [{"scan": ident} | self._settled(kept) for ident, kept in self.kept.items()])
        queries.complain(self.connection, [claims.conflict_row(scan, kind, at) for scan, (kind, at) in self.conflicts.items()])
        self._count()

    def _lose(self, entry: Pass) -> None:
        """The unique index has the last word: somebody admitted this pass without locking its ticket."""
        kept = self.kept[entry.scan_id]
        self.ledger.forget(entry)
        if kept.verdict:
            kept.verdict.lose_one()
            self._note_conflict(kept.batch, kept.attempt, kept.verdict)

    def _settled(self, kept: Claim) -> dict[str, Any]:
        verdict = kept.verdict or Verdict(None)
        return {
            "result": str(verdict.result), "winner_id": verdict.winner_id, "ticket_id": kept.ticket_id,
            "admitted": verdict.admitted, "rehearsal": self.found.is_rehearsal(kept),
        }  # fmt: skip

    def _count(self) -> None:
        """Add to the lists' numbers, and say where that made a list full."""
        real = [kept for kept in self.kept.values() if not self.found.is_rehearsal(kept)]
        moves = [(entry, number) for entry, number in self.ledger.moves() if not self.found.tickets[entry.ticket_id].rehearsal]
        inside = counters.add(self.connection, claims.additions(self.kept.values(), real, moves))
        for kept in real:
            if kept.verdict and kept.verdict.admitted:
                kept.verdict.warning = crowding(inside[kept.check_in_list.id], kept.check_in_list.capacity)
