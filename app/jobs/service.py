"""The loop and its named jobs. A job run twice, or by two loops at once, changes nothing more."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event
from time import monotonic

from flask import Flask, current_app

from app.core import clock
from app.core.db import db

POLL_SECONDS = 5
ALWAYS, MINUTE, HOUR = timedelta(0), timedelta(minutes=1), timedelta(hours=1)
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """Something to be done `every` so often; `run` is given the moment, and returns True when there is more to do at once."""

    name: str
    run: Callable[[datetime], object]
    every: timedelta


class Jobs:
    """The jobs of an application."""

    def __init__(self, jobs: Iterable[Job] = ()) -> None:
        self._jobs = tuple(jobs)
        self._done: dict[Job, float] = {}

    def run(self, now: datetime, every: timedelta) -> None:
        """Do each job of this interval once."""
        for job in self._jobs:
            if job.every == every:
                _run(job, now)

    def run_due(self, now: datetime) -> bool:
        """Do the jobs whose turn it is: all of them when the loop begins. Whether one of them has more to do at once."""
        at = monotonic()
        due = [job for job in self._jobs if job not in self._done or at - self._done[job] >= job.every.total_seconds()]
        self._done |= dict.fromkeys(due, at)
        more = [_run(job, now) for job in due]
        return any(more)

    def run_forever(self, app: Flask, stop: Event) -> None:
        """Do what is due every few seconds until `stop` is set; outlives a database or a server that is away."""
        while not stop.is_set():
            with app.app_context():
                more = self.run_due(clock.now())
            if not more:
                stop.wait(POLL_SECONDS)


def _run(job: Job, now: datetime) -> bool:
    """Whether the job has more to do; one that fails does not stop the others, and is tried again at its next turn."""
    try:
        return job.run(now) is True
    except Exception:
        db.session.rollback()
        log.exception("job %s", job.name)
        return False


def init_app(app: Flask, jobs: Iterable[Job]) -> None:
    """Give the application its jobs."""
    app.extensions["jobs"] = Jobs(jobs)


def jobs_of(app: Flask) -> Jobs:
    """The jobs of this application."""
    found: Jobs = app.extensions["jobs"]
    return found


def run_forever() -> None:
    """The loop of the present application, until the process ends."""
    jobs_of(current_app).run_forever(current_app._get_current_object(), Event())  # type: ignore[attr-defined]
