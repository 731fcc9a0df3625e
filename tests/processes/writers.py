"""Many writers on few cases beside two real daemons: the proof, at any size."""

import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass

from persistence.database import Database
from persistence.meta import read_meta
from persistence.queries import log_entries
from persistence.unit import unit_of_work
from tests.processes.fleet import BOUNDARY, many_letters_sent, wait_until_fired
from tests.processes.running import CASEWORKER, daemon, is_intact, letters_sent, set_the_clock
from workflow.change import Change
from workflow.engine import apply

WRITERS, DAEMONS, CASES = 50, 2, 5
TRIGGER = "start_disagreement_resolution"


@dataclass(frozen=True, slots=True)
class Written:
    """What was done: changes by the writers, firings by the daemons, how long in all, how long the slowest change."""

    changes: int
    fired: int
    seconds: float
    slowest: float


@dataclass(frozen=True, slots=True)
class _Writer:
    made: int
    slowest: float


def _write(url: str, writer: int, goes_on: Callable[[int], bool]) -> _Writer:
    """One writer's changes, each by connections of its own, as a command would, in one case or another."""
    made, slowest = 0, 0.0
    while goes_on(made):
        change = Change("advance", f"H-{(writer + made) % CASES}", CASEWORKER, trigger=TRIGGER, note=f"w{writer}")
        started = time.monotonic()
        with closing(Database(url)) as database, unit_of_work(database) as unit:
            meta = read_meta(unit.connection)
            apply(unit, change, meta.now(), meta.reckoner)
            unit.commit()
        made, slowest = made + 1, max(slowest, time.monotonic() - started)
    return _Writer(made, slowest)


def writers_lose_nothing(database: Database, due: int, goes_on: Callable[[int], bool]) -> Written:
    """Every change of every writer is in the log once, and so is every firing; nobody meets an error.

    `goes_on` is asked by each writer, which tells it how many changes it has made. Raises AssertionError, or what a
    writer met.
    """
    cases = letters_sent(database, CASES)
    expired = many_letters_sent(database, due, prefix="DUE")
    set_the_clock(database, BOUNDARY)
    url = database.url.render_as_string(hide_password=False)
    started = time.monotonic()
    with ExitStack() as running:
        daemons = [running.enter_context(daemon(database)) for _ in range(DAEMONS)]
        with ThreadPoolExecutor(WRITERS) as writers:
            written = list(writers.map(lambda writer: _write(url, writer, goes_on), range(WRITERS)))
        took = time.monotonic() - started
        wait_until_fired(database, len(cases) + len(expired))
        assert [each.stop() for each in daemons] == [0] * DAEMONS

    with unit_of_work(database, writing=False) as unit:
        log = list(log_entries(unit.connection))
    by_writer = Counter(entry.note for entry in log if entry.trigger == TRIGGER)
    assert by_writer == Counter({f"w{writer}": each.made for writer, each in enumerate(written)})
    assert Counter(entry.case for entry in log if entry.trigger == "expire_appeal") == Counter([*cases, *expired])
    assert is_intact(database).intact
    made = sum(each.made for each in written)
    return Written(made, len(cases) + len(expired), took, max(each.slowest for each in written))
