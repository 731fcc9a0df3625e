"""The alarm clock: a date job wakes at the earliest boundary, an interval job looks for what others have armed.

No job stands for a case. Whatever is due is found in the database, so nothing is lost with this process, and a restart
with any number of armed deadlines costs one indexed query.

APScheduler goes by the machine's clock. Where that is set back, the jobs are added anew, so that nothing waits until it
has caught up.
"""

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Protocol

import structlog
from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_EXECUTED, JobExecutionEvent
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from states.errors import DatabaseUnreachable

LOOK_SECONDS = 2.0
HEARTBEAT_SECONDS = 15.0
LISTEN_SECONDS = 1.0
REMIND_SECONDS = 60.0
LONGEST_PAUSE_SECONDS = 60.0
# So far may the machine's clock be set back before it is noticed: no job is later for it than by that.
SET_BACK_SECONDS = 1.0

# APScheduler's own words would get between the lines of the daemon's log. A fault is told there by an event; that one
# look is left out while another goes on is as it is meant.
logging.getLogger("apscheduler").addHandler(logging.NullHandler())


class Watch(Protocol):
    """What the alarm clock is handed: the work itself, and the questions that it must answer."""

    def sweep(self, stopping: Callable[[], bool]) -> object:
        """Do what is due; it is asked between two batches whether it is to stop. Raises DatabaseUnreachable."""

    def next_boundary(self) -> datetime | None:
        """The instant (aware) to wake at; None where none is known. Raises DatabaseUnreachable."""

    def wait_for_ring(self, seconds: float) -> bool | None:
        """Wait for so long, or until another process says that something is due; whether one did, None where none can.

        Raises DatabaseUnreachable.
        """

    def beat(self) -> None:
        """Say that this daemon lives. Raises DatabaseUnreachable."""

    def remind(self, stopping: Callable[[], bool]) -> object:
        """Send the reminders whose day has come. Raises DatabaseUnreachable."""


class Alarm:
    """Wakes the watch at each boundary until it is told to stop; the change in hand is finished first."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._stop = threading.Event()
        self._log = structlog.get_logger()
        self._pause = 0.0
        self._not_before = 0.0  # of the clock that is never set
        # One worker: looking, sweeping and the heartbeat never overlap, and late jobs are never dropped. The post has a
        # worker of its own, so that a slow mail server delays no firing.
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(1), "post": ThreadPoolExecutor(1)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        self._faults: dict[str, str] = {}  # of each job, what it met last, unless it has gone well since
        self._scheduler.add_listener(self._tell_fault, EVENT_JOB_ERROR)
        self._scheduler.add_listener(self._forget_fault, EVENT_JOB_EXECUTED)

    def stop(self) -> None:
        """Ask for the end; safe to call from a signal handler and more than once."""
        self._stop.set()

    def run(self) -> None:
        """Run until `stop` is called."""
        self._beat()
        ahead = _wall_ahead()
        self._add_jobs()
        self._scheduler.start()
        listener = threading.Thread(target=self._listen, name="listener")
        listener.start()
        try:
            self._wait_for_the_end(ahead)
        finally:
            self._scheduler.shutdown(wait=True)
            listener.join()

    def _add_jobs(self) -> None:
        """The jobs, from now on; those that were added before are replaced."""
        add, now = partial(self._scheduler.add_job, trigger="interval", replace_existing=True), _now()
        add(self.look, seconds=LOOK_SECONDS, id="look", next_run_time=now)
        add(self._beat, seconds=HEARTBEAT_SECONDS, id="heartbeat")
        add(self._remind, seconds=REMIND_SECONDS, id="post", executor="post", next_run_time=now)

    def _wait_for_the_end(self, ahead: float) -> None:
        """Wait until it is to stop, by the clock that is never set; on the way, see whether the other was set back.

        `ahead` is by how much it was ahead before the jobs were added.
        """
        while not self._stop.wait(LOOK_SECONDS):
            was, ahead = ahead, _wall_ahead()
            if was - ahead > SET_BACK_SECONDS:
                self._log.warning("clock set back", by_seconds=round(was - ahead))
                self._add_jobs()

    def _listen(self) -> None:
        """Look at once when another process says that something is due; where none can say so, looking must do."""
        while not self._stop.is_set():
            try:
                rung = self._watch.wait_for_ring(LISTEN_SECONDS)
            except DatabaseUnreachable:
                self._stop.wait(LISTEN_SECONDS)  # looking meets the same trouble, and says so
                continue
            if rung is None:
                return
            if rung and not self._stop.is_set():
                self._scheduler.add_job(self.look, id="rung", replace_existing=True)

    def look(self) -> None:
        """Sweep what is due, then set the alarm for the earliest boundary that is still to come."""
        if self._stop.is_set() or time.monotonic() < self._not_before:
            return
        try:
            self._watch.sweep(self._stop.is_set)
            self._set_alarm(self._watch.next_boundary())
        except DatabaseUnreachable as away:
            self._wait_for_the_database(away)
        else:
            self._database_is_back()

    def _tell_fault(self, event: JobExecutionEvent) -> None:
        """A fault of ours ends the job that meets it; the daemon goes on, and the next job may fare better.

        One that stays as it is is told once, and not every few seconds until somebody has mended it.
        """
        was, why = self._faults.get(event.job_id), repr(event.exception)
        self._faults[event.job_id] = why
        if why != was:
            self._log.error("fault", job=event.job_id, why=why, traceback=event.traceback)

    def _forget_fault(self, event: JobExecutionEvent) -> None:
        self._faults.pop(event.job_id, None)

    def _set_alarm(self, boundary: datetime | None) -> None:
        if boundary is not None:
            self._scheduler.add_job(self.look, "date", run_date=boundary, id="boundary", replace_existing=True)

    def _beat(self) -> None:
        if time.monotonic() < self._not_before:
            return
        try:
            self._watch.beat()
        except DatabaseUnreachable as away:
            self._wait_for_the_database(away)

    def _remind(self) -> None:
        if self._stop.is_set() or time.monotonic() < self._not_before:
            return
        try:
            self._watch.remind(self._stop.is_set)
        except DatabaseUnreachable as away:
            self._log.warning("reminders wait for the database", why=str(away))

    def _wait_for_the_database(self, away: DatabaseUnreachable) -> None:
        """Pause, twice as long each time up to a minute; nothing is lost, since the rows are the truth."""
        self._pause = min(max(self._pause * 2, 1.0), LONGEST_PAUSE_SECONDS)
        self._not_before = time.monotonic() + self._pause
        self._log.warning("database away", why=str(away), next_try_in_seconds=self._pause)

    def _database_is_back(self) -> None:
        if self._pause:
            self._log.info("database back")
        self._pause = 0.0


def _now() -> datetime:
    return datetime.now(UTC)


def _wall_ahead() -> float:
    """By how many seconds the machine's clock is ahead of the one that is never set: any number, which stays."""
    return time.time() - time.monotonic()
