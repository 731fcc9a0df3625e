"""The daemon as a process: it sees what others armed, catches up, stops in order, and is harmless twice."""

import signal
from pathlib import Path

import pytest
from sqlalchemy import text

from persistence.database import Database
from persistence.meta import read_meta
from persistence.unit import unit_of_work
from scheduler.alarm import LOOK_SECONDS
from tests.processes.fleet import wait_until_fired
from tests.processes.running import (
    daemon,
    entries,
    is_intact,
    letters_sent,
    new_database,
    redress,
    says,
    set_the_clock,
)

SENT = "2026-02-23T10:00:00+00:00"
LAST_SECOND = "2026-04-23T16:59:59+01:00"
BOUNDARY = "2026-04-23T17:00:00+01:00"


def test_it_fires_what_the_command_armed_while_it_runs(url: str) -> None:
    database = new_database(url, SENT)
    with daemon(database) as running:
        letters_sent(database, 1)
        set_the_clock(database, BOUNDARY)
        event = running.wait_for(says("deadline fired", case="H-0", trigger="expire_appeal"))
    assert LOOK_SECONDS < 5, "what another process armed must be seen within five seconds"
    assert event["deadline"] == "lodge_appeal"
    assert event["late_seconds"] == 0
    assert event["state"] == "appeal_expired"


def test_it_fires_nothing_a_second_early_and_each_deadline_once(url: str) -> None:
    database = new_database(url, SENT)
    letters_sent(database, 3)
    with daemon(database) as running:
        set_the_clock(database, LAST_SECOND)
        # A case that was due a day earlier shows that a sweep at this second has run, and passed the others by.
        letters_sent(database, 1, sent="2026-02-20", prefix="EARLIER")
        running.wait_for(says("deadline fired", case="EARLIER-0", trigger="expire_appeal"))
        assert entries(database, "expire_appeal") == [("EARLIER-0", "lodge_appeal")]
        set_the_clock(database, BOUNDARY)
        for reference in ("H-0", "H-1", "H-2"):
            running.wait_for(says("deadline fired", case=reference, trigger="expire_appeal"))
        set_the_clock(database, "2026-04-24T00:00:00+01:00")
        running.wait_for(says("deadline fired", case="H-2", trigger="miss_duty"))
        assert running.stop() == 0
    expected = ["EARLIER-0", "H-0", "H-1", "H-2"]
    assert sorted(entries(database, "expire_appeal")) == [(case, "lodge_appeal") for case in expected]
    assert is_intact(database).intact


def test_after_an_outage_the_boundary_is_entered_on_its_day_with_the_lateness_beside_it(url: str) -> None:
    database = new_database(url, SENT)
    letters_sent(database, 1)
    set_the_clock(database, "2026-04-26T17:00:00+01:00")
    with daemon(database) as running:
        event = running.wait_for(says("deadline fired", trigger="expire_appeal"))
    assert event["late_seconds"] == 3 * 24 * 3600
    shown = redress(database, "audit", "log", "H-0", "--json").stdout
    assert '"on": "2026-04-23", "recorded_at": "2026-04-26T16:00:00+00:00"' in shown


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_in_order_and_takes_its_heartbeat_back(url: str, number: int) -> None:
    database = new_database(url, SENT)
    with daemon(database, by_interpreter=True) as running:
        set_the_clock(database, BOUNDARY)
        letters_sent(database, 1)
        running.wait_for(says("deadline fired"))
        assert heartbeats(database) == 1
        assert running.stop(number) == 0
        running.wait_for(says("daemon stopped"))
    assert heartbeats(database) == 0
    assert is_intact(database).intact


@pytest.mark.parametrize("backend", ["postgresql"])
@pytest.mark.parametrize("place", ["postgres:S3CRET@", "password=S3CRET&"])
def test_the_password_of_its_database_is_not_shown(url: str, place: str, tmp_path: Path) -> None:
    url = url.replace("postgres:@", place) if "@" in place else url.replace("?", f"?{place}")
    database = new_database(url, SENT)
    with (tmp_path / "shown").open("w") as shown, daemon(database, stdout=shown.fileno()):
        pass
    said = (tmp_path / "shown").read_text()
    assert "type (with the database's URL in REDRESS_DATABASE_URL):\n  redress open H-1042" in said
    assert "S3CRET" not in said


def heartbeats(database: Database) -> int:
    with unit_of_work(database, writing=False) as unit:
        return len(read_meta(unit.connection).heartbeats)


def test_a_second_daemon_on_the_same_file_is_harmless(url: str) -> None:
    database = new_database(url, SENT)
    references = letters_sent(database, 200)
    with daemon(database) as one, daemon(database) as other:
        set_the_clock(database, BOUNDARY)
        wait_until_fired(database, len(references))
        assert (one.stop(), other.stop()) == (0, 0)
    assert sorted(entries(database, "expire_appeal")) == sorted((r, "lodge_appeal") for r in references)
    assert is_intact(database).intact


@pytest.mark.parametrize("backend", ["sqlite"])
def test_a_fault_is_an_event_of_its_log_and_it_goes_on(url: str) -> None:
    """An instant that is none, and behind all others: it is never due, and no alarm can be set to it."""
    database = new_database(url, SENT)
    letters_sent(database, 1)
    with database.connect(writing=True) as connection:
        connection.execute(text("UPDATE deadlines SET fires_at = 'z' WHERE deadline = 'lodge_appeal'"))
        connection.execute(text("DELETE FROM meta WHERE key = 'simulated_now'"))  # else there is no alarm to set
        connection.commit()
    with daemon(database) as running:
        fault = running.wait_for(says("fault", level="error", job="look"))
        assert "a row holds what Redress never writes there" in fault["why"]
        assert "in look" in fault["traceback"]
        letters_sent(database, 1, prefix="LATER")
        running.wait_for(says("deadline fired", case="LATER-0", trigger="expire_appeal"))
        assert running.stop() == 0


def test_doctor_reads_the_heartbeat(url: str) -> None:
    database = new_database(url, SENT)
    assert "LOOK  daemon: none is running" in redress(database, "doctor").stdout
    with daemon(database) as running:
        set_the_clock(database, BOUNDARY)
        letters_sent(database, 1)
        running.wait_for(says("deadline fired"))
        shown = redress(database, "doctor").stdout
        assert "ok    daemon: " in shown
        assert "LOOK" not in shown
