"""`kill -9` at any moment of the daemon or the command: the log stays intact, and what was missed is done once."""

import random
import subprocess
import time

import pytest

from persistence.database import Database
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
    return killed


def seconds_to_finish(database: Database, *words: str) -> float:
    started = time.monotonic()
    assert redress(database, *words).returncode == 0
    return time.monotonic() - started


def test_the_daemon_killed_at_random_moments_loses_nothing_and_fires_nothing_twice(url: str) -> None:
    """Each round a day passes and another group falls due, so that every kill may strike a sweep with work to do."""
    database = new_database(url, SENT)
    start_up = seconds_to_finish(database, "daemon", "--once")
    references: list[str] = []
    for day in range(DAEMON_KILLS):
        references += letters_sent(database, GROUP, sent=f"2026-02-{20 + day % 4}", prefix=f"D{day}")
    moments = random.Random(20260423)  # noqa: S311  (moments, not secrets)
    left_undone = done = 0
    reach = 1.0  # longer after a kill that came too early, shorter after one that came late, however busy the machine
    for round_ in range(DAEMON_KILLS):
        if round_ % 4 == 0:
            set_the_clock(database, f"2026-04-{20 + round_ // 4}T17:00:00+01:00")
        before = count_entries(database, "expire_appeal")
        run_and_kill(database, ("daemon", "--once"), reach * start_up * moments.uniform(0.5, 1.3))
        after = count_entries(database, "expire_appeal")
        done += after > before
        left_undone += after == before
        reach *= 0.9 if after > before else 1.15
        verdict = is_intact(database)
        assert verdict.intact, verdict.fault
    assert done, "no kill came after a batch: the moments are too early"
    assert left_undone, "no kill came before a batch: the moments are too late"
    set_the_clock(database, BOUNDARY)
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
