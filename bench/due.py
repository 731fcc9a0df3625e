"""Sweeping due deadlines, beside the bare driver's batches of the same size, and beside a job for each deadline."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from functools import partial

from bench.cases import EVENING, MORNING, Example, example, fill, letter, opening
from bench.jobs import run_jobs
from bench.measure import Figure, Sizes, compared, timed, turn_by_turn
from bench.places import KINDS, copied, drop, new_database, new_url, require_intact, set_the_clock
from bench.raw import Raw
from persistence.database import Database
from persistence.instants import instant_text
from persistence.unit import unit_of_work
from scheduler.sweep import BATCH, sweep
from states.definition import version
from workflow.change import DAEMON, Change
from workflow.firing import fire


def figures(sizes: Sizes) -> Iterator[Figure]:
    for kind in KINDS:
        for due in sizes.due:
            filled, fired = _filled(kind, due)
            yield _beside_raw(kind, due, filled, fired, sizes)
            if due == sizes.due[0]:
                yield from _beside_jobs(kind, filled, sizes)
            drop(filled)


def _filled(kind: str, due: int) -> tuple[Database, Example]:
    """A database in which so many boundaries are due and nothing else; and how the engine fires one."""
    database = new_database(kind, MORNING)
    fill(database, example(database, opening("E-1"), letter("E-1")), due, prefix="C")
    set_the_clock(database, EVENING)
    fired = example(database, Change("fire", "C-0", DAEMON, deadline="lodge_appeal"))
    return database, fired


def sweep_all(database: Database) -> None:
    """What the daemon does when it wakes, without its own log."""
    sweep(database, fire, version())


def _swept(filled: Database, due: int, _repeat: int) -> float:
    """The seconds for a due deadline, on a fresh copy."""
    with copied(filled) as database:
        with unit_of_work(database, writing=False):
            pass  # connected, as a running daemon is
        cost = timed(lambda: sweep_all(database))
        _require_fired(database, due)
    return cost / due


def _swept_by_hand(filled: Database, fired: Example, due: int, _repeat: int) -> float:
    now = instant_text(datetime.fromisoformat(EVENING))
    ended = {row.deadline: row for row in fired.changed}
    with copied(filled) as database:
        raw = Raw(database)
        cost = timed(lambda: raw.sweep(now, BATCH, fired.last, ended))
        raw.close()
        _require_fired(database, due)
    return cost / due


def _require_fired(database: Database, due: int) -> None:
    raw = Raw(database)
    found = raw.run("SELECT count(*) FROM log WHERE trigger = 'expire_appeal'").fetchone()[0]
    raw.close()
    if found != due:
        raise SystemExit(f"bench: {found} of {due} deadlines were fired")
    if due <= 1_000:
        require_intact(database)


def _beside_raw(kind: str, due: int, filled: Database, fired: Example, sizes: Sizes) -> Figure:
    costs = turn_by_turn(
        partial(_swept, filled, due), partial(_swept_by_hand, filled, fired, due), sizes.repeats_of(due)
    )
    blank = Figure(
        "2 sweeping what is due", f"{kind}, {due:,} due", f"the bare driver, executemany by {BATCH}", "us",
        target=3,
    )  # fmt: skip
    return compared(blank, *([seconds * 1e6 for seconds in side] for side in costs))


def _beside_jobs(kind: str, filled: Database, sizes: Sizes) -> Iterator[Figure]:
    """First jobs that do nothing at all, then jobs that each do what the sweep does for a deadline."""
    nothing = "its jobs do nothing: no case, no log; each costs a commit, so the disk decides the rate"
    ways = [
        (False, False, "empty", f"{nothing}; in Redress's own database, so a write-ahead log on SQLite"),
        (True, False, "firing", "the same engine, a job and a transaction for each; late jobs kept, not its default"),
    ]
    if kind == "SQLite":
        ways.insert(0, (False, True, "empty, as it comes", f"{nothing}; in a file of its own, set as it sets it"))
    for firing, as_it_comes, jobs, says in ways:
        theirs = partial(_jobs_run, filled, sizes.jobs, firing, as_it_comes)
        costs = turn_by_turn(partial(_swept, filled, sizes.due[0]), theirs, sizes.repeats)
        beside = f"APScheduler, {sizes.jobs:,} stored jobs, {jobs}"
        what = f"{kind}, {sizes.due[0]:,} due"
        blank = Figure("3 a job for each deadline", what, beside, "us", target=8, at_least=True, says=says)
        if firing:
            blank = replace(blank, target=None)
        yield compared(blank, *([seconds * 1e6 for seconds in side] for side in costs), inverse=True)


def _jobs_run(filled: Database, jobs: int, firing: bool, as_it_comes: bool, _repeat: int) -> float:
    with copied(filled) as database:
        cost = run_jobs(database, jobs, firing=firing, store_url=new_url("SQLite") if as_it_comes else None)
        if firing:
            _require_fired(database, jobs)
    return cost
