"""Threads that wait share one piece of work: in the order they came, nobody twice, nobody lost."""

from __future__ import annotations

import time
from collections.abc import Sequence
from threading import Event, Thread

import pytest

from app.core.together import Together

pytestmark = pytest.mark.once


class Work:
    """Answers each job with its double; stands still until `go` is set, and notes what it was given at once."""

    def __init__(self) -> None:
        self.go, self.begun, self.seen = Event(), Event(), list[list[int]]()
        self.fails: set[int] = set()

    def __call__(self, jobs: Sequence[int]) -> list[int] | None:
        self.seen.append(list(jobs))
        self.begun.set()
        assert self.go.wait(10)
        if self.fails & set(jobs):
            raise RuntimeError(f"cannot do {jobs}")
        return None if 13 in jobs else [2 * job for job in jobs]


def several(work: Work, together: Together[int, int], first: int, others: list[int]) -> dict[int, object]:
    """What each job's thread got, when the `others` come one by one while the first is being done."""
    got: dict[int, object] = {}

    def run(job: int) -> None:
        try:
            got[job] = together.do(job)
        except RuntimeError as error:
            got[job] = str(error)

    threads = [Thread(target=run, args=(first,))]
    threads[0].start()
    assert work.begun.wait(10)
    for number, job in enumerate(others, 1):
        threads.append(Thread(target=run, args=(job,)))
        threads[-1].start()
        while len(together._queue) < number:
            time.sleep(0.001)
    work.go.set()
    for thread in threads:
        thread.join(10)
    return got


def tens(job: int) -> set[int]:
    return {job // 10}


def unlike(job: int) -> set[int]:
    return {job}


def test_a_job_by_itself_is_done_at_once():
    work = Work()
    work.go.set()

    assert [Together(work, unlike, 8).do(job) for job in (1, 2)] == [2, 4]
    assert work.seen == [[1], [2]]


def test_who_waits_is_done_together_in_the_order_they_came():
    work = Work()

    assert several(work, Together(work, unlike, 8), 1, [5, 4, 3]) == {1: 2, 5: 10, 4: 8, 3: 6}
    assert work.seen == [[1], [5, 4, 3]]


def test_no_more_than_so_many_at_once():
    work = Work()

    assert several(work, Together(work, unlike, 2), 1, [2, 3, 4, 5, 6]) == {1: 2, 2: 4, 3: 6, 4: 8, 5: 10, 6: 12}
    assert work.seen == [[1], [2, 3], [4, 5], [6]]


def test_jobs_with_a_key_in_common_are_done_one_after_the_other():
    work = Work()

    assert several(work, Together(work, tens, 8), 1, [11, 22, 12, 31]) == {1: 2, 11: 22, 22: 44, 12: 24, 31: 62}
    assert work.seen == [[1], [11, 22], [12, 31]]


def test_what_cannot_be_done_together_is_left_to_each():
    work = Work()

    assert several(work, Together(work, unlike, 8), 1, [2, 13]) == {1: 2, 2: None, 13: None}


def test_a_fault_meets_one_and_leaves_the_others_to_themselves():
    work = Work()
    work.fails = {3}
    together = Together(work, unlike, 8)
    got = several(work, together, 1, [2, 3, 4])

    assert sorted(map(str, got.values())) == ["2", "None", "None", "cannot do [2, 3, 4]"]
    assert together.do(7) == 14
    with pytest.raises(RuntimeError, match=r"cannot do \[3\]"):
        together.do(3)
