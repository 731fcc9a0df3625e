"""Whose clock decides: on PostgreSQL the database's, so that a machine whose clock is wrong fires nothing early."""

from datetime import UTC, datetime, timedelta

import psycopg
import time_machine
from sqlalchemy import text

from persistence.database import Database
from persistence.meta import read_meta
from persistence.queries import due
from persistence.unit import unit_of_work
from states.definition import version
from tests.backends import new_postgres_url, server_url
from tests.processes.running import OPENED, letters_sent
from workflow.doctor import examine
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
