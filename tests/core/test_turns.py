"""Writers of an SQLite file queue: threads and processes one at a time, and a process that dies leaves the queue."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from threading import Thread

import pytest

from app.core.turns import OutOfTurn, Turns

HOLD = """
import sys, time
from pathlib import Path
from app.core.turns import Turns
with Turns(Path(sys.argv[1])).take():
    print("mine", flush=True)
    time.sleep(30)
"""


def test_turns_are_taken_by_one_thread_at_a_time(tmp_path):
    turns, inside, most = Turns(tmp_path / "turn"), [], []

    def write() -> None:
        for _ in range(20):
            with turns.take():
                inside.append(1)
                most.append(len(inside))
                inside.pop()

    threads = [Thread(target=write) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (max(most), len(most)) == (1, 120)


def test_a_turn_is_waited_for_across_processes_and_ends_with_a_killed_one(tmp_path):
    path, taken = tmp_path / "turn", []
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, cwd=Path(__file__).resolve().parents[2]
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"mine\n"

    def wait() -> None:
        with Turns(path).take():
            taken.append(time.monotonic())

    waiter = Thread(target=wait)
    waiter.start()
    waiter.join(0.2)
    before = list(taken)
    holder.kill()
    holder.wait()
    holder.stdout.close()
    waiter.join(5)

    assert (before, len(taken)) == ([], 1)


def test_a_turn_that_never_comes_is_given_up(tmp_path):
    turns = Turns(tmp_path / "turn", patience=0.05)

    def wait() -> None:
        with turns.take():
            pass

    with turns.take(), pytest.raises(OutOfTurn):
        wait()


def test_a_turn_ends_with_an_error_inside_it(tmp_path):
    turns = Turns(tmp_path / "turn", patience=0.05)
    with pytest.raises(ValueError, match="inside"), turns.take():
        raise ValueError("inside")

    with turns.take():
        pass
