"""Doing the work of all who wait in one go: under load, a commit that costs a millisecond is shared instead of queued for."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Hashable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Generic, TypeVar

Job = TypeVar("Job")
Answer = TypeVar("Answer")


@dataclass(eq=False, slots=True)
class _Waiting(Generic[Job, Answer]):
    job: Job
    answer: Answer | None = None
    done: bool = False


class Together(Generic[Job, Answer]):
    """A queue of one process's threads: whoever's turn it is does its own job and those of all who wait by then.

    `work` gets up to `most` jobs in the order they came, no two with a key in common (`keys`), and returns an answer for each,
    or None for all when they could not be done together: then each thread does its own alone. Nobody waits for company: a job
    that comes by itself is done at once.
    """

    def __init__(
        self, work: Callable[[Sequence[Job]], Sequence[Answer] | None], keys: Callable[[Job], Collection[Hashable]], most: int
    ) -> None:
        self._work, self._keys, self._most = work, keys, most
        self._turn, self._queue = Lock(), deque[_Waiting[Job, Answer]]()

    def do(self, job: Job) -> Answer | None:
        """This job's answer; None when it is to be done alone."""
        mine: _Waiting[Job, Answer] = _Waiting(job)
        self._queue.append(mine)
        with self._turn:
            while not mine.done:
                self._do_next(self._take())
        return mine.answer

    def _take(self) -> list[_Waiting[Job, Answer]]:
        taken: list[_Waiting[Job, Answer]] = []
        met: set[Hashable] = set()
        while self._queue and len(taken) < self._most:
            keys = self._keys(self._queue[0].job)
            if not met.isdisjoint(keys):
                break
            met.update(keys)
            taken.append(self._queue.popleft())
        return taken

    def _do_next(self, taken: Sequence[_Waiting[Job, Answer]]) -> None:
        try:
            answers = self._work([waiting.job for waiting in taken])
            for waiting, answer in zip(taken, answers or (), strict=bool(answers)):
                waiting.answer = answer
        finally:
            for waiting in taken:
                waiting.done = True
