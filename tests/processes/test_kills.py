"""`kill -9` at any moment of the daemon or the command: the log stays intact, and what was missed is done once."""

import random
import subprocess
import time

import pytest
from sqlalchemy import text

from persistence.database import Database
from scheduler.sweep import BATCH
from states.errors import TransitionRefused
from tests import forked
from tests.processes.running import (
    CASEWORKER,
    PATIENCE_SECONDS,
    change,
    count_entries,
    entries,
    is_intact,
    letters_sent,
    new_database,
    on,
    redress,
    set_the_clock,
)
from workflow.change import Change

SENT = "2026-02-23T10:00:00+00:00"
BOUNDARY = "2026-04-23T17:00:00+01:00"
DAEMON_KILLS, COMMAND_KILLS = 16, 30  # on each of the two databases
GROUP = 25


def run_and_kill(database: Database, words: tuple[str, ...], after: float) -> bool:
    """Start a command and kill it after so many seconds; whether it was still running."""
    process = forked.start(on(database, *words))
    try:
        process.wait(timeout=after)
        killed = False
    except subprocess.TimeoutExpired:
        killed = True
    process.kill()
    process.wait(PATIENCE_SECONDS)
    until_settled(database)
    return killed


def until_settled(database: Database) -> None:
    """PostgreSQL may still be doing what a killed process has sent: wait until it was done, or undone."""
    if database.is_sqlite:
        return
    busy = text(
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'"
    )
    until = time.monotonic() + PATIENCE_SECONDS
    with database.outside_transactions() as connection:
        while connection.execute(busy).scalar_one():
            assert time.monotonic() < until, "a killed process's session goes on"


def seconds_to_finish(database: Database, *words: str) -> float:
    started = time.monotonic()
    assert redress(database, *words).returncode == 0
    return time.monotonic() - started


def test_the_daemon_killed_at_random_moments_loses_nothing_and_fires_nothing_twice(url: str) -> None:
    """In each round another group is due at once, so that every kill may strike a sweep with work to do."""
    database = new_database(url, SENT)
    redress(database, "doctor")  # the first command of all may have to wait for the process that it is forked from
    set_the_clock(database, BOUNDARY)
    start_up = seconds_to_finish(database, "daemon", "--once")
    references: list[str] = []
    moments = random.Random(20260423)  # noqa: S311  (moments, not secrets)
    left_undone = done = 0
    reach = 1.0  # longer after a kill that came too early, shorter after one that came late, however busy the machine
    for round_ in range(DAEMON_KILLS):
        references += letters_sent(database, GROUP, prefix=f"D{round_}")
        before = count_entries(database, "expire_appeal")
        run_and_kill(database, ("daemon", "--once"), reach * start_up * moments.uniform(0.5, 1.3))
        after = count_entries(database, "expire_appeal")
        assert after == len(references) or (after - before) % BATCH == 0, "a batch is done whole or not at all"
        done += after > before
        left_undone += after == before
        reach *= 0.8 if after > before else 1.2
        verdict = is_intact(database)
        assert verdict.intact, verdict.fault
    assert done, "no kill came after a batch: the moments are too early"
    assert left_undone, "no kill came before a batch: the moments are too late"
    assert redress(database, "daemon", "--once").returncode == 0
    assert sorted(entries(database, "expire_appeal")) == sorted((r, "lodge_appeal") for r in references)
    assert is_intact(database).intact


def test_the_command_killed_at_random_moments_has_done_all_of_its_change_or_none(url: str) -> None:
    database = new_database(url, SENT)
    references = letters_sent(database, COMMAND_KILLS)
    needed = seconds_to_finish(database, "advance", references[0], "advise_mediation")
    moments = random.Random(30)  # noqa: S311  (moments, not secrets)
    reach = 1.0  # as above
    for reference in references[1:]:
        before = count_entries(database, "advise_mediation")
        moment = reach * needed * moments.uniform(0.5, 1.05)
        run_and_kill(database, ("advance", reference, "advise_mediation"), moment)
        reach *= 0.8 if count_entries(database, "advise_mediation") > before else 1.2
        verdict = is_intact(database)
        assert verdict.intact, verdict.fault
    done = {case for case, _ in entries(database, "advise_mediation")}
    assert done, "no command got through: the moments are too early"
    assert len(done) < len(references), "every command got through: the moments are too late"
    for reference in references:
        advance = Change("advance", reference, CASEWORKER, trigger="advise_mediation")
        if reference in done:
            with pytest.raises(TransitionRefused):
                change(database, advance)
        else:
            change(database, advance)
    assert sorted(case for case, _ in entries(database, "advise_mediation")) == sorted(references)
    assert is_intact(database).intact
