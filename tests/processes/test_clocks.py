"""Whose clock decides: on PostgreSQL the database's, so that a machine whose clock is wrong fires nothing early.

And a machine's clock that is set back keeps the daemon from nothing.
"""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
import time_machine
from sqlalchemy import text

import scheduler.alarm
from persistence.database import Database
from persistence.meta import read_meta
from persistence.queries import due
from persistence.unit import unit_of_work
from scheduler.alarm import Alarm
from states.definition import version
from states.errors import DatabaseUnreachable
from tests.backends import new_postgres_url, server_url
from tests.processes.running import OPENED, PATIENCE_SECONDS, letters_sent
from workflow.doctor import examine
from workflow.firing import DatabaseWatch
from workflow.session import Session
from workflow.setup import make


def test_a_machine_that_is_hours_ahead_fires_nothing_early_and_doctor_says_so() -> None:
    session = Session(url=new_postgres_url())
    make(session, simulated=False, window_basis=None)
    database: Database = session.database
    OPENED.append(database)
    letters_sent(database, 1, sent="2026-02-23")
    with psycopg.connect(server_url()) as connection:
        database_now: datetime = connection.execute("SELECT clock_timestamp()").fetchone()[0]  # type: ignore[index]
    with database.connect(writing=True) as connection:
        in_an_hour = {"at": database_now + timedelta(hours=1)}
        connection.execute(text("UPDATE deadlines SET fires_at = :at, status = 'armed'"), in_an_hour)
        connection.commit()

    with time_machine.travel(datetime.now(UTC) + timedelta(hours=5)):
        with unit_of_work(database, writing=False) as unit:
            now = read_meta(unit.connection).now()
            assert abs(now - database_now) < timedelta(minutes=5)
            assert due(unit.connection, now, 10, version(), claim=False) == []
        with session.moment() as moment:
            clock = next(check for check in examine(moment, database) if check.name == "clock")
    assert not clock.ok
    assert "off the database's" in clock.says


def test_a_heartbeat_is_as_old_as_the_databases_clock_says() -> None:
    """The daemon's machine is hours behind, the one that asks hours ahead."""
    session = Session(url=new_postgres_url())
    make(session, simulated=False, window_basis=None)
    OPENED.append(session.database)
    with time_machine.travel(datetime.now(UTC) - timedelta(hours=5)):
        DatabaseWatch(session.database).beat()
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=5)), session.moment() as moment:
        daemon = next(check for check in examine(moment, session.database) if check.name == "daemon")
    assert daemon.ok, daemon.says


class CountedWatch:
    """Counts what it was woken for. The database is away at the first sweep."""

    def __init__(self) -> None:
        self.done = {what: threading.Semaphore(0) for what in ("sweep", "beat", "remind")}
        self._away = True

    def sweep(self, stopping: Callable[[], bool]) -> None:
        self.done["sweep"].release()
        if self._away:
            self._away = False
            raise DatabaseUnreachable("it is away.")

    def next_boundary(self) -> datetime | None:
        return None

    def wait_for_ring(self, seconds: float) -> bool | None:
        return None

    def beat(self) -> None:
        self.done["beat"].release()

    def remind(self, stopping: Callable[[], bool]) -> None:
        self.done["remind"].release()


def test_a_clock_that_is_set_back_silences_no_daemon(monkeypatch: pytest.MonkeyPatch) -> None:
    for often in ("LOOK_SECONDS", "HEARTBEAT_SECONDS", "REMIND_SECONDS"):
        monkeypatch.setattr(scheduler.alarm, often, 0.05)
    watch = CountedWatch()
    alarm = Alarm(watch)
    running = threading.Thread(target=alarm.run)
    running.start()
    try:
        assert watch.done["sweep"].acquire(timeout=PATIENCE_SECONDS)  # it pauses: the database is away
        with time_machine.travel(datetime.now(UTC) - timedelta(hours=1)):
            for what, done in watch.done.items():
                while done.acquire(blocking=False):
                    pass  # it was done before
                for _ in range(2):  # one may have been on its way
                    assert done.acquire(timeout=PATIENCE_SECONDS), what
    finally:
        alarm.stop()
        running.join(PATIENCE_SECONDS)
    assert not running.is_alive()
