"""The usual way to fire deadlines in Python: APScheduler with a stored job for each."""

import threading
import time
from datetime import UTC, datetime, timedelta

from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_EXECUTED, JobExecutionEvent
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.background import BackgroundScheduler

from persistence.database import Database
from persistence.meta import read_meta
from persistence.unit import unit_of_work
from workflow.change import DAEMON, Change
from workflow.engine import apply

# Where a job finds its case: a job is stored by name, with its number, and can be handed nothing else.
_databases: list[Database] = []


def nothing(_number: int) -> None:
    """A job that does nothing."""


def fire_one(number: int) -> None:
    """A job that fires its deadline by the engine, in a transaction of its own."""
    with unit_of_work(_databases[-1]) as unit:
        meta = read_meta(unit.connection)
        change = Change("fire", f"C-{number}", DAEMON, deadline="lodge_appeal")
        apply(unit, change, meta.now(), meta.reckoner)
        unit.commit()


def run_jobs(database: Database, count: int, *, firing: bool, store_url: str | None = None) -> float:
    """The seconds for each job: from the wake-up until all have run and none is left in the store.

    The store is in the database, so it is as durable as Redress: a write-ahead log and synchronous writes. With
    `store_url` it is a new database, set as APScheduler's package sets it. One worker, as Redress has: more would stand
    in each other's way on SQLite.
    """
    _databases.append(database)
    store = SQLAlchemyJobStore(url=store_url) if store_url else SQLAlchemyJobStore(engine=database.engine)
    scheduler = BackgroundScheduler(
        timezone=UTC,
        jobstores={"default": store},
        executors={"default": ThreadPoolExecutor(1)},
        job_defaults={"misfire_grace_time": None},
    )
    scheduler.start(paused=True)
    due = datetime.now(UTC) - timedelta(minutes=1)
    for number in range(count):
        scheduler.add_job(fire_one if firing else nothing, "date", run_date=due, args=[number])
    start, ran = time.perf_counter(), _Count(count)
    scheduler.add_listener(ran, EVENT_JOB_EXECUTED | EVENT_JOB_ERROR)
    scheduler.resume()
    ran.done.wait()
    while scheduler.get_jobs():
        time.sleep(0.001)
    seconds = time.perf_counter() - start
    scheduler.shutdown()
    if ran.failed:
        raise SystemExit(f"bench: {ran.failed} jobs failed")
    return seconds / count


class _Count:
    """Counts the jobs that have run, and those that failed."""

    def __init__(self, wanted: int) -> None:
        self._left = wanted
        self.failed = 0
        self.done = threading.Event()

    def __call__(self, event: JobExecutionEvent) -> None:
        self._left -= 1
        self.failed += event.exception is not None
        if self._left == 0:
            self.done.set()
