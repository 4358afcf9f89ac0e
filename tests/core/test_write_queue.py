"""Writers of an SQLite file queue: threads and processes one at a time, and a process that dies leaves the queue."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest

from app import create_app
from app.core.db import BUSY_SECONDS, db, write_tx
from app.core.write_queue import PATIENCE, QueueTimeout, WriteQueue
from tests.conftest import HOST, settings_for

pytestmark = pytest.mark.once

HOLD = """
import sys, time
from pathlib import Path
from app.core.write_queue import WriteQueue
with WriteQueue(Path(sys.argv[1])).take():
    print("mine", flush=True)
    time.sleep(30)
"""


def test_turns_are_taken_by_one_thread_at_a_time(tmp_path):
    turns, inside, most = WriteQueue(tmp_path / "turn"), [], []

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
        with WriteQueue(path).take():
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


CROWD = """
import sys, time
from pathlib import Path
from threading import Thread
from app.core.write_queue import WriteQueue
turns, took = WriteQueue(Path(sys.argv[1])), []
def write():
    for _ in range(4):
        begun = time.monotonic()
        with turns.take():
            took.append(time.monotonic() - begun)
            time.sleep(0.02)
threads = [Thread(target=write) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(len(took), max(took))
"""


def test_a_queue_that_moves_is_never_given_up_and_serves_processes_in_turn(tmp_path):
    """Sixteen writers wait for a third of a second each: longer than anybody waits for a process that is stopped."""
    command = [sys.executable, "-c", CROWD, str(tmp_path / "turn")]
    root = Path(__file__).resolve().parents[2]
    crowds = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=root, text=True) for _ in range(2)]
    said = [crowd.communicate(timeout=60) for crowd in crowds]
    done = [(int(out.split()[0]), float(out.split()[1])) for out, _ in said]

    assert ([count for count, _ in done], [error for _, error in said]) == ([32, 32], ["", ""])
    assert max(longest for _, longest in done) < 4.0


@contextmanager
def held(path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Another process has the turn during the block."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, cwd=Path(__file__).resolve().parents[2]
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"mine\n"
    try:
        yield holder
    finally:
        holder.kill()
        holder.wait()
        holder.stdout.close()


def took(turns: WriteQueue) -> tuple[bool, float]:
    """Whether the turn came, and after how many seconds that was known."""
    begun = time.monotonic()
    try:
        with turns.take():
            pass
    except QueueTimeout:
        return False, time.monotonic() - begun
    return True, time.monotonic() - begun


def test_a_process_that_is_stopped_in_its_turn_is_not_waited_for_for_ever(tmp_path):
    """The first gives up when its patience is over, later ones almost at once; when the turn is free again, all is as before."""
    turns = WriteQueue(tmp_path / "turn", patience=1.0)
    with held(tmp_path / "turn") as holder:
        holder.send_signal(signal.SIGSTOP)
        first, *later = [took(turns) for _ in range(4)]
        crowd: list[tuple[bool, float]] = []
        threads = [Thread(target=lambda: crowd.append(took(turns))) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    again = [took(turns) for _ in range(20)]

    assert [came for came, _ in (first, *later, *crowd)] == [False] * 8
    assert 0.9 < first[1] < 2.5
    assert max(seconds for _, seconds in later + crowd) < 0.9
    assert [came for came, _ in again] == [True] * 20


def test_a_turn_that_was_given_up_keeps_nobody_else_waiting(tmp_path):
    """It comes after all, when nobody wants it any longer: it must be let go at once."""
    turns, others = WriteQueue(tmp_path / "turn", patience=0.1), WriteQueue(tmp_path / "turn", patience=5.0)
    with held(tmp_path / "turn"):
        assert took(turns)[0] is False

    assert took(others)[0] is True


def test_a_request_is_answered_while_a_writer_is_stopped(tmp_path):
    app = create_app(settings_for(f"sqlite:///{tmp_path / 'x.sqlite3'}"))
    app.extensions["write_queue"] = WriteQueue(tmp_path / "x.sqlite3-turn", patience=0.5)

    @app.get("/writes")
    def writes() -> str:
        with write_tx():
            return "written"

    def answer(path: str) -> tuple[int, str | None]:
        got = app.test_client().get(path, base_url=f"https://{HOST}")
        return got.status_code, got.headers.get("Retry-After")

    with held(tmp_path / "x.sqlite3-turn") as holder:
        holder.send_signal(signal.SIGSTOP)
        stopped = [answer(path) for path in ("/writes", "/writes", "/healthz")]
    after = answer("/writes")
    with app.app_context():
        db.engine.dispose()

    assert (stopped, after) == ([(503, "3"), (503, "3"), (200, None)], (200, None))


def test_the_wait_is_shorter_than_that_of_any_proxy():
    """nginx waits 30 s, phones 2.5 s and again: who writes learns in time that nothing was written."""
    assert PATIENCE + BUSY_SECONDS < 15


def test_a_turn_that_never_comes_is_given_up(tmp_path):
    turns = WriteQueue(tmp_path / "turn", patience=0.05)

    def wait() -> None:
        with turns.take():
            pass

    with turns.take(), pytest.raises(QueueTimeout):
        wait()


def test_a_turn_ends_with_an_error_inside_it(tmp_path):
    turns = WriteQueue(tmp_path / "turn", patience=0.05)
    with pytest.raises(ValueError, match="inside"), turns.take():
        raise ValueError("inside")

    with turns.take():
        pass
