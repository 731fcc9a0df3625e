"""An import whose database fails in the middle: what was in hand is undone, and it is said what failed."""

import resource
import subprocess
from pathlib import Path

import psycopg
import pytest

from persistence.unit import unit_of_work
from states.errors import DatabaseUnreachable
from tests.backends import new_postgres_url, straight_in
from tests.processes.running import command, is_intact, new_database
from workflow.importing import import_file
from workflow.session import Session

NOW = "2026-03-20T09:00:00+00:00"
ROWS, ROOM_BYTES = 60, 300_000


def backlog(folder: Path) -> Path:
    """A file of so many cases whose letters were sent."""
    lines = [f"H-{number},plan_refused,2026-02-20,2026-02-21,email" for number in range(ROWS)]
    file = folder / "backlog.csv"
    file.write_text("\n".join(["reference,decision,decided_on,letter_sent_on,letter_method", *lines]))
    return file


@pytest.mark.parametrize("words", [(), ("--dry-run",), ("--each",)])
def test_a_disk_that_fills_up_meanwhile_leaves_no_row(sqlite_url: str, tmp_path: Path, words: tuple[str, ...]) -> None:
    database = new_database(sqlite_url, NOW)
    with straight_in(sqlite_url) as connection:
        # It keeps a few pages in memory, so that it writes to the disk long before it commits.
        connection.execute("PRAGMA default_cache_size = 10")

    def little_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM_BYTES, ROOM_BYTES))

    done = subprocess.run(
        command(database, "import", str(backlog(tmp_path)), *words),
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=little_room,
    )
    assert (done.returncode, done.stdout) == (7, "")
    assert "disk" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    verdict = is_intact(database)
    assert verdict.intact
    assert verdict.cases == 0


def test_a_unit_that_the_database_has_undone_begins_nothing_more(sqlite_url: str) -> None:
    database = new_database(sqlite_url, NOW)
    with unit_of_work(database) as unit:
        with unit.attempt():
            unit.open("H-1")
        unit.connection.exec_driver_sql("ROLLBACK")
        with pytest.raises(DatabaseUnreachable, match="undone"), unit.attempt():
            unit.open("H-2")
    assert is_intact(database).cases == 0


@pytest.mark.parametrize("each", [False, True])
def test_a_connection_that_is_lost_ends_the_import(tmp_path: Path, each: bool) -> None:
    url = new_postgres_url()
    database = new_database(url, NOW)
    session = Session(url=url)

    def lose_it(number: int, _rows: int) -> None:
        if number == ROWS // 2:
            with psycopg.connect(url, autocommit=True) as other:
                other.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE pid <> pg_backend_pid() AND datname = current_database()"
                )

    with pytest.raises(DatabaseUnreachable):
        import_file(session, backlog(tmp_path), dry_run=False, each=each, done=lose_it)
    session.close()
    database.close()
    assert is_intact(database).cases == 0
