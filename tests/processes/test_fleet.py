"""A fleet on PostgreSQL: daemons that share the work, a change that wakes them, and a database that goes away."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

import psycopg
import pytest

import scheduler.alarm
from persistence.database import Database
from persistence.meta import read_meta
from persistence.unit import unit_of_work
from persistence.writing import CHANNEL
from scheduler.alarm import Alarm
from states.errors import DatabaseUnreachable
from tests.backends import new_postgres_url, server_url
from tests.processes.fleet import BOUNDARY, SENT, fleet_fires_all, wait_until_fired
from tests.processes.running import (
    CASEWORKER,
    PATIENCE_SECONDS,
    change,
    daemon,
    entries,
    is_intact,
    letters_sent,
    new_database,
    redress,
    says,
    set_the_clock,
)
from workflow.change import Change
from workflow.engine import apply
from workflow.firing import DatabaseWatch


@pytest.fixture
def shared() -> Database:
    return new_database(new_postgres_url(), SENT)


def on_the_server(statement: str) -> None:
    """Run a statement as the server's administrator, outside the database under test."""
    with psycopg.connect(server_url(), autocommit=True) as connection:
        connection.execute(statement)  # type: ignore[call-overload]


def cut_all_connections(database: Database) -> None:
    on_the_server(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database.url.database}'")


def test_four_daemons_of_which_two_are_killed_fire_everything_once(shared: Database) -> None:
    fleet_fires_all(shared, 600, Random(1))  # noqa: S311  (no secret)


@contextmanager
def an_alarm(database: Database) -> Iterator[None]:
    """The alarm clock and its watch in a thread of this process."""
    watch = DatabaseWatch(database)
    alarm = Alarm(watch)
    running = threading.Thread(target=alarm.run)
    running.start()
    try:
        yield
    finally:
        alarm.stop()
        running.join(PATIENCE_SECONDS)
        watch.leave()


def wait_until_it_listens(database: Database) -> None:
    """What is said before somebody listens is heard by nobody."""
    url = database.url.set(drivername="postgresql").render_as_string(hide_password=False)
    listening = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle' AND query = %s"
    until = time.monotonic() + PATIENCE_SECONDS
    with psycopg.connect(url, autocommit=True) as eyes:
        while eyes.execute(listening, (f"LISTEN {CHANNEL}",)).fetchone() is None:
            assert time.monotonic() < until, "nobody listens"


def test_a_change_wakes_a_daemon_that_is_not_looking(shared: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduler.alarm, "LOOK_SECONDS", 3600.0)
    set_the_clock(shared, BOUNDARY)
    letters_sent(shared, 1, prefix="FIRST")  # its firing shows that the first look is over
    watch = Database(shared.url.render_as_string(hide_password=False))
    with an_alarm(watch):
        wait_until_fired(shared, 1)
        wait_until_it_listens(shared)
        letters_sent(shared, 1, prefix="RUNG")
        wait_until_fired(shared, 2)
    watch.close()


def test_a_daemon_waits_for_a_database_that_is_away_and_goes_on_by_itself(shared: Database) -> None:
    name = shared.url.database
    letters_sent(shared, 1)
    with daemon(shared) as running:
        on_the_server(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        cut_all_connections(shared)
        first = running.wait_for(says("database away"))
        second = running.wait_for(says("database away"))
        assert second["next_try_in_seconds"] > first["next_try_in_seconds"]
        refused = redress(shared, "show", "H-0")
        assert (refused.returncode, refused.stdout) == (7, "")
        assert len(refused.stderr.splitlines()) == 1
        on_the_server(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        running.wait_for(says("database back"))
        set_the_clock(shared, BOUNDARY)
        running.wait_for(says("deadline fired", case="H-0", trigger="expire_appeal"))
        assert running.stop() == 0


def test_a_commit_whose_connection_was_cut_is_told_apart_and_never_applied_twice(shared: Database) -> None:
    letters_sent(shared, 1)
    advance = Change("advance", "H-0", CASEWORKER, trigger="advise_mediation", if_version=2)
    with unit_of_work(shared) as unit:
        meta = read_meta(unit.connection)
        apply(unit, advance, meta.now(), meta.reckoner)
        cut_all_connections(shared)
        with pytest.raises(DatabaseUnreachable, match="may have been made or not"):
            unit.commit()
    change(shared, advance)  # it had not been made, as its version says; had it been, this would be refused
    assert entries(shared, "advise_mediation") == [("H-0", "None")]
    assert is_intact(shared).intact


def test_a_read_only_database_is_said_in_one_sentence(shared: Database) -> None:
    letters_sent(shared, 1)
    on_the_server(f"ALTER DATABASE {shared.url.database} SET default_transaction_read_only = on")
    refused = redress(shared, "advance", "H-0", "advise_mediation")
    assert refused.returncode == 7
    assert "read-only" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1


def test_a_connection_cut_before_a_read_is_the_users_error_and_is_not_used_again(shared: Database) -> None:
    letters_sent(shared, 1, prefix="C")
    with unit_of_work(shared, writing=False) as unit:
        (reference,) = unit.connection.exec_driver_sql("SELECT reference FROM cases").scalars()

    let_go = []

    def cut_between_two_reads() -> None:
        with unit_of_work(shared) as unit:
            unit.case(reference)
            cut_all_connections(shared)
            try:
                unit.case(reference)
            finally:
                let_go.append(unit.connection.invalidated)

    with pytest.raises(DatabaseUnreachable):
        cut_between_two_reads()
    assert let_go == [True]
    with unit_of_work(shared) as unit:
        assert unit.case(reference).reference == reference
