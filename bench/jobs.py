"""The usual way to fire deadlines in Python: APScheduler with a stored job for each. Its job here does nothing."""

import threading
import time
from datetime import UTC, datetime, timedelta

from apscheduler.events import EVENT_JOB_EXECUTED
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.background import BackgroundScheduler

from bench.places import drop, new_database


def nothing() -> None:
    """What each job does."""


def fire_jobs(kind: str, count: int) -> float:
    """The seconds for each job: from the wake-up until all have run and none is left in the store.

    The store is set as Redress sets its own database: a write-ahead log and synchronous writes.
    """
    database = new_database(kind, None)
    scheduler = BackgroundScheduler(
        timezone=UTC,
        jobstores={"default": SQLAlchemyJobStore(engine=database.engine)},
        executors={"default": ThreadPoolExecutor(1)},
        job_defaults={"misfire_grace_time": None},
    )
    scheduler.start(paused=True)
    due = datetime.now(UTC) - timedelta(minutes=1)
    for number in range(count):
        scheduler.add_job(nothing, "date", run_date=due, id=f"C-{number}")
    start, ran = time.perf_counter(), _Count(count)
    scheduler.add_listener(ran, EVENT_JOB_EXECUTED)
    scheduler.resume()
    ran.done.wait()
    while scheduler.get_jobs():
        time.sleep(0.001)
    seconds = time.perf_counter() - start
    scheduler.shutdown()
    drop(database)
    return seconds / count


class _Count:
    def __init__(self, wanted: int) -> None:
        self._left = wanted
        self.done = threading.Event()

    def __call__(self, _event: object) -> None:
        self._left -= 1
        if self._left == 0:
            self.done.set()
