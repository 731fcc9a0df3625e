"""Two commands changing one case at one moment, and effects that fail after the state has moved."""

import json
import resource
import sqlite3
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

import workflow.checkpointing as checkpointing
import workflow.setup as setup
from persistence.database import Database, is_undecided
from persistence.meta import Meta
from persistence.unit import unit_of_work
from states.errors import RefusedByDatabase
from tests import forked
from tests.backends import new_postgres_url, straight_in
from tests.processes.running import (
    PATIENCE_SECONDS,
    command,
    is_intact,
    letters_sent,
    new_database,
    on,
    redress,
    redress_here,
)
from workflow.session import Session

SENT = "2026-02-23T10:00:00+00:00"


def at_one_moment(database: Database, *lines: tuple[str, ...]) -> list[int]:
    """Start the commands together; their exit codes."""
    processes = [forked.start(on(database, *line)) for line in lines]
    return [process.wait(timeout=PATIENCE_SECONDS) for process in processes]


def shown(database: Database, reference: str) -> str:
    """All that the product says of a case: the case and its log."""
    return (
        redress_here(database, "show", reference, "--json").stdout
        + redress_here(database, "audit", "log", "--json").stdout
    )


@pytest.mark.parametrize("round_", range(2))
def test_of_two_that_saw_the_same_version_one_wins_and_the_other_is_told(url: str, round_: int) -> None:
    database = new_database(url, SENT)
    letters_sent(database, 1)
    seen = ("--if-version", "2")
    codes = at_one_moment(
        database,
        ("advance", "H-0", "advise_mediation", *seen),
        ("record", "H-0", "letter_received_on=2026-02-23", *seen),
    )
    assert sorted(codes) == [0, 5]
    assert json.loads(redress_here(database, "show", "H-0", "--json").stdout)["version"] == 3
    assert is_intact(database).intact


def test_without_a_version_the_second_is_applied_after_the_first(url: str) -> None:
    database = new_database(url, SENT)
    letters_sent(database, 1)
    codes = at_one_moment(
        database,
        ("record", "H-0", "letter_received_on=2026-02-23"),
        ("record", "H-0", "letter_dated_on=2026-02-23"),
        ("advance", "H-0", "advise_mediation"),
    )
    assert codes == [0, 0, 0]
    log = json.loads(redress_here(database, "audit", "log", "H-0", "--json").stdout)
    assert [entry["seq"] for entry in log] == [1, 2, 3, 4, 5]
    assert is_intact(database).intact


def test_two_cases_cannot_be_opened_under_one_reference(url: str) -> None:
    database = new_database(url, SENT)
    line = ("open", "H-1", "--decision", "plan_refused", "--decided", "2026-02-20")
    assert sorted(at_one_moment(database, line, line)) == [0, 3]
    assert is_intact(database).cases == 1


REFUSALS = {
    "the log": "CREATE TRIGGER no BEFORE INSERT ON log BEGIN SELECT RAISE(ABORT, 'not today'); END",
    "a fact": "CREATE TRIGGER no BEFORE INSERT ON facts BEGIN SELECT RAISE(ABORT, 'not today'); END",
    "a deadline": "CREATE TRIGGER no BEFORE UPDATE ON deadlines BEGIN SELECT RAISE(ABORT, 'not today'); END",
}


@pytest.mark.parametrize("refused", REFUSALS)
def test_an_effect_that_fails_leaves_state_log_and_deadlines_as_they_were(sqlite_url: str, refused: str) -> None:
    database = new_database(sqlite_url, SENT)
    letters_sent(database, 1)
    before = shown(database, "H-0")
    with database.connect(writing=True) as connection:
        connection.exec_driver_sql(REFUSALS[refused])
        connection.commit()
    done = redress(database, "advance", "H-0", "advise_mediation")
    assert done.returncode == 7
    assert "nothing was changed: not today" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert shown(database, "H-0") == before


def test_a_full_disk_leaves_everything_as_it_was(sqlite_url: str) -> None:
    database = new_database(sqlite_url, SENT)
    letters_sent(database, 1)
    before = shown(database, "H-0")

    def no_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

    done = subprocess.run(
        command(database, "advance", "H-0", "advise_mediation"),
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=no_room,
    )
    assert done.returncode == 7, done.stderr
    assert "nothing was changed: disk I/O error" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert shown(database, "H-0") == before
    assert is_intact(database).intact


def test_a_commit_that_a_reader_holds_up_is_undone_and_called_so(sqlite_url: str) -> None:
    """Without a write-ahead log, as on a share that can hold none, who reads keeps others from committing."""
    database = new_database(sqlite_url, SENT)
    letters_sent(database, 1)
    database.close()
    with straight_in(sqlite_url) as reader:
        reader.execute("PRAGMA journal_mode = DELETE")
        reader.execute("BEGIN")
        before = reader.execute("SELECT * FROM log").fetchall()
        with unit_of_work(database) as unit:
            unit.connection.exec_driver_sql("PRAGMA busy_timeout = 0")
            unit.open("H-1")
            with pytest.raises(RefusedByDatabase, match=r"nothing was changed: database is locked \(sqlite"):
                unit.commit()
        reader.execute("ROLLBACK")
        assert reader.execute("SELECT * FROM log").fetchall() == before
    assert is_intact(database).cases == 1


@pytest.mark.parametrize(
    ("code", "undecided"),
    [
        (sqlite3.SQLITE_FULL, False), (sqlite3.SQLITE_BUSY, False), (sqlite3.SQLITE_IOERR_WRITE, False),
        (sqlite3.SQLITE_IOERR_FSYNC, True), (sqlite3.SQLITE_IOERR_SHMSIZE, True),
    ],
)  # fmt: skip
def test_what_was_written_whole_before_the_disk_failed_may_be_kept(code: int, undecided: bool) -> None:
    fault = sqlite3.OperationalError("disk I/O error")
    fault.sqlite_errorcode = code
    assert is_undecided(OperationalError("COMMIT", None, fault)) is undecided


def test_a_commit_that_postgresql_refuses_is_undone_and_called_so() -> None:
    """What it looks at no earlier than at the commit, as it does with serializable transactions."""
    database = new_database(new_postgres_url(), SENT)
    letters_sent(database, 1)
    with database.connect(writing=True) as connection:
        connection.exec_driver_sql(
            "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE 'not today' USING ERRCODE = 'serialization_failure'; END $$"
        )
        connection.exec_driver_sql(
            "CREATE CONSTRAINT TRIGGER no AFTER INSERT ON log DEFERRABLE INITIALLY DEFERRED "
            "FOR EACH ROW EXECUTE FUNCTION no()"
        )
        connection.commit()
    done = redress_here(database, "advance", "H-0", "advise_mediation")
    assert done.returncode == 7
    assert "nothing was changed: not today" in done.stderr
    assert is_intact(database).entries == 2


def test_of_two_daemons_that_want_the_days_checkpoint_one_makes_it(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both have seen that it is wanting before either begins."""
    database = new_database(url, SENT)
    letters_sent(database, 1)
    monkeypatch.setenv(checkpointing.FOLDER_VARIABLE, str(tmp_path))
    monkeypatch.setenv(checkpointing.KEY_VARIABLE, str(tmp_path / "key"))
    both_have_seen = threading.Barrier(2, timeout=PATIENCE_SECONDS)
    sees = checkpointing._is_wanting

    def sees_and_waits(of: Database) -> bool:
        wanting = sees(of)
        both_have_seen.wait()
        return wanting

    monkeypatch.setattr(checkpointing, "_is_wanting", sees_and_waits)
    with ThreadPoolExecutor(2) as daemons:
        mine, yours = (Database(database.url.render_as_string(hide_password=False)) for _ in range(2))
        made = list(daemons.map(checkpointing.make_daily, (mine, yours)))
        mine.close()
        yours.close()
    assert [header["number"] for header in made if header is not None] == [1]
    assert [file.name for file in tmp_path.glob("*.jsonl")] == ["checkpoint-000001.jsonl"]
    assert is_intact(database).intact


def test_of_two_who_make_one_database_neither_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has seen that it is new goes on when the other has seen it too, or waits for it."""
    url = new_postgres_url()
    reads, seen = setup.read_meta, []

    with psycopg.connect(url, autocommit=True) as eyes, ThreadPoolExecutor(2) as threads:

        def somebody_waits() -> bool:
            asked = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            return eyes.execute(asked).fetchone() is not None

        def read_meta(connection: Connection) -> Meta:
            found = reads(connection)
            seen.append(found.made)
            end = time.monotonic() + PATIENCE_SECONDS
            while len(seen) < 2 and not somebody_waits():
                assert time.monotonic() < end, "the other neither reads nor waits"
            return found

        def make(session: Session) -> str:
            try:
                return str(setup.make(session, simulated=True, window_basis=None)["done"])
            finally:
                session.close()

        monkeypatch.setattr(setup, "read_meta", read_meta)
        assert sorted(threads.map(make, (Session(url=url), Session(url=url)))) == ["made", "up to date"]
    assert seen == [False, True]


def test_only_who_gives_a_database_its_policy_says_it_was_made(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One makes the tables; before it goes on, another comes, finds them there and does the rest."""
    upgrades, done = setup.upgrade, []

    def make() -> None:
        session = Session(url=url)
        done.append(setup.make(session, simulated=True, window_basis=None)["done"])
        session.close()

    def upgrade_and_be_overtaken(database: Database) -> bool:
        monkeypatch.setattr(setup, "upgrade", upgrades)
        changed = upgrades(database)
        make()
        return changed

    monkeypatch.setattr(setup, "upgrade", upgrade_and_be_overtaken)
    make()
    assert done == ["made", "up to date"]
