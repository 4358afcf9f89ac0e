"""Which passes are in while a batch is judged: the locked tickets' history as it was read, and what the batch changes.

No SQL: `queries` reads the rows that it starts from and writes what `new`, `released` and `restored` say at the end.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

SAME_TIME = timedelta(seconds=1)


@dataclass(slots=True)
class Pass:
    """One person of a ticket at one list. `ended_by` is the scan that ended it, `left` says that it was an exit."""

    id: uuid.UUID
    ticket_id: uuid.UUID
    list_id: uuid.UUID
    number: int
    scan_id: uuid.UUID
    at: datetime
    by: str
    ended_by: uuid.UUID | None = None
    left: bool = False
    was_ended_by: uuid.UUID | None = None
    is_new: bool = False

    @property
    def live(self) -> bool:
        """In at this moment."""
        return self.ended_by is None


class Ledger:
    """The passes of some tickets at some lists. The tickets are locked, so what it says stays true until the commit."""

    def __init__(self, passes: Iterable[Pass] = ()) -> None:
        self._passes: dict[tuple[uuid.UUID, uuid.UUID], list[Pass]] = {}
        for entry in passes:
            self._of(entry.ticket_id, entry.list_id).append(entry)

    def _of(self, ticket_id: uuid.UUID, list_id: uuid.UUID) -> list[Pass]:
        return self._passes.setdefault((ticket_id, list_id), [])

    def inside(self, ticket_id: uuid.UUID, list_id: uuid.UUID) -> list[Pass]:
        """The passes that are in."""
        return [entry for entry in self._of(ticket_id, list_id) if entry.live]

    def gone(self, ticket_id: uuid.UUID, list_id: uuid.UUID) -> set[int]:
        """The numbers of passes that left by an exit and did not come back; what was taken back does not count."""
        live = {entry.number for entry in self.inside(ticket_id, list_id)}
        return {entry.number for entry in self._of(ticket_id, list_id) if entry.left} - live

    def first(self, ticket_id: uuid.UUID, list_id: uuid.UUID) -> Pass | None:
        """The pass that came first among those in, else among those that left."""
        known = self.inside(ticket_id, list_id) or [entry for entry in self._of(ticket_id, list_id) if entry.left]
        return min(known, key=lambda entry: entry.at, default=None)

    def by_scan(self, scan_id: uuid.UUID) -> Pass | None:
        """The pass that this scan won."""
        return next((entry for entry in self._all() if entry.scan_id == scan_id), None)

    def admit(
        self, ticket_id: uuid.UUID, list_id: uuid.UUID, scan_id: uuid.UUID, at: datetime, by: str, *,
        party: int, count: int, final: bool,
    ) -> int:  # fmt: skip
        """Let in up to `count` on the next free numbers; returns how many. `final`: who left may not come back."""
        taken = {entry.number for entry in self.inside(ticket_id, list_id)}
        taken |= self.gone(ticket_id, list_id) if final else set()
        free = [number for number in range(1, party + 1) if number not in taken][:count]
        self._of(ticket_id, list_id).extend(
            Pass(uuid.uuid4(), ticket_id, list_id, number, scan_id, at, by, is_new=True) for number in free
        )
        return len(free)

    def leave(self, ticket_id: uuid.UUID, list_id: uuid.UUID, scan_id: uuid.UUID, before: datetime | None, count: int) -> int:
        """Up to `count` go out, the last ones first; returns how many.

        An exit that was made offline ends only what began `before` it: delivered late, or at an equal time, it grants no
        second entry. Times within a second are equal: two clocks agree no better. None is for an exit made online, where the
        order of commits is the truth.
        """
        here = reversed(self.inside(ticket_id, list_id))
        going = [entry for entry in here if before is None or entry.at + SAME_TIME < before][:count]
        for entry in going:
            entry.ended_by, entry.left = scan_id, True
        return len(going)

    def ended_by(self, scan_id: uuid.UUID) -> bool:
        """Whether this scan ended any pass."""
        return any(entry.ended_by == scan_id for entry in self._all())

    def undoable(self, scan_id: uuid.UUID) -> list[Pass]:
        """What taking back this scan would change: its passes that are in, or those it ended whose number is free."""
        won = [entry for entry in self._all() if entry.scan_id == scan_id and entry.live]
        ended = [entry for entry in self._all() if entry.ended_by == scan_id and entry.left]
        return won or [entry for entry in ended if not self._number_taken(entry)]

    def undo(self, scan_id: uuid.UUID, undo_id: uuid.UUID) -> int:
        """Take back an entry or an exit; returns how many passes changed."""
        changed = self.undoable(scan_id)
        for entry in changed:
            entry.ended_by = undo_id if entry.live else None
            entry.left = False
        return len(changed)

    def forget(self, lost: Pass) -> None:
        """The database did not take this pass."""
        self._of(lost.ticket_id, lost.list_id).remove(lost)

    @property
    def new(self) -> list[Pass]:
        """Rows to insert."""
        return [entry for entry in self._all() if entry.is_new]

    @property
    def released(self) -> list[Pass]:
        """Rows whose end is to be noted; done before anything comes to life again."""
        return [entry for entry in self._changed() if not entry.live]

    @property
    def restored(self) -> list[Pass]:
        """Rows that live again."""
        return [entry for entry in self._changed() if entry.live]

    def moves(self) -> Iterable[tuple[Pass, int]]:
        """The passes that the batch let in (1) or ended (-1), by what stands at its end."""
        for entry in self._all():
            was_live = not entry.is_new and entry.was_ended_by is None
            if entry.live != was_live:
                yield entry, 1 if entry.live else -1

    def _changed(self) -> list[Pass]:
        return [entry for entry in self._all() if not entry.is_new and entry.ended_by != entry.was_ended_by]

    def _number_taken(self, entry: Pass) -> bool:
        return any(other.number == entry.number for other in self.inside(entry.ticket_id, entry.list_id))

    def _all(self) -> Iterable[Pass]:
        return (entry for passes in self._passes.values() for entry in passes)
