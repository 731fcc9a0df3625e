"""The daemon with many armed deadlines: how soon it is ready, what memory it takes, and whether size slows it down."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

from bench.cases import EVENING, MORNING, example, fill, letter, opening
from bench.change import by_engine
from bench.due import sweep_all
from bench.measure import Figure, Sizes, compared, peak_memory, timed, turn_by_turn
from bench.places import KINDS, drop, new_database, set_the_clock
from persistence.database import Database
from persistence.meta import read_meta
from persistence.unit import unit_of_work

# Letters that went out so much later that nothing of theirs is due when the others' time is over.
BACKGROUND = "2026-02-24"
FEW = 1_000


def figures(sizes: Sizes) -> Iterator[Figure]:
    for kind in KINDS:
        yield from _readiness(kind, sizes)
    for kind in KINDS:
        yield from _flatness(kind, sizes)


# --- ready, and how much memory --------------------------------------------------------------------------------------


def _readiness(kind: str, sizes: Sizes) -> Iterator[Figure]:
    """With many armed deadlines, beside a database with as good as none."""
    small = _armed_in_real_time(kind, 1)
    for armed in sizes.armed:
        large = _armed_in_real_time(kind, armed)
        seen: dict[str, list[int]] = {"large": [], "small": []}
        costs = turn_by_turn(
            partial(_started, large, seen["large"]),
            partial(_started, small, seen["small"]),
            sizes.repeats,
        )
        what = f"{kind}, {2 * armed:,} armed"
        blank = Figure("6 daemon ready", what, "the same with 2", "ms", target=1.2)
        yield compared(blank, *([seconds * 1e3 for seconds in side] for side in costs))
        memory = [[size / 1024 for size in seen[name][1:]] for name in ("large", "small")]
        blank = Figure("6 daemon's peak memory", what, "the same with 2", "MiB", target=1.2)
        yield compared(blank, *memory) if all(memory[1]) else replace(blank, says="read on Linux only")
        drop(large)
    drop(small)


def _armed_in_real_time(kind: str, count: int) -> Database:
    """So many cases whose letters went out yesterday: two armed deadlines each, none of them due."""
    database = new_database(kind, None)
    today = datetime.now(UTC).date()
    made = example(
        database,
        opening("E-1", (today - timedelta(days=2)).isoformat()),
        letter("E-1", (today - timedelta(days=1)).isoformat()),
    )
    fill(database, made, count, prefix="B")
    database.close()
    return database


def _started(database: Database, peaks: list[int], _repeat: int) -> float:
    """Seconds from the start of the process to "daemon started"; its peak memory in KiB once it has looked."""
    url = database.url.render_as_string(hide_password=False)
    start = time.perf_counter()
    words = [sys.executable, "-m", "workflow.main", "--database", url, "daemon"]
    process = subprocess.Popen(  # noqa: S603
        words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"}
    )
    if process.stderr is None:
        raise SystemExit("bench: the daemon has no log")
    for line in process.stderr:
        if json.loads(line)["event"] == "daemon started":
            break
    ready = time.perf_counter() - start
    time.sleep(2.5)  # its first look at the database comes now
    peaks.append(peak_memory(process.pid))
    process.terminate()
    process.communicate()
    return ready


# --- the cost of a change and of a firing, by the number of cases ---------------------------------------------------


def _flatness(kind: str, sizes: Sizes) -> Iterator[Figure]:
    """Changing and firing a few cases among many others, beside the same among the smallest number of others."""
    small = _Among(kind, sizes.armed[0], sizes)
    for armed in sizes.armed[1:]:
        large = _Among(kind, armed, sizes)
        for item, way in (("6 arming among many", _Among.arm), ("6 firing among many", _Among.fire)):
            costs = turn_by_turn(_of(way, large), _of(way, small), sizes.repeats)
            blank = Figure(item, f"{kind}, {armed:,} cases", f"among {sizes.armed[0]:,}", "us", target=1.2)
            yield compared(blank, *([seconds * 1e6 for seconds in side] for side in costs))
        large.close()
    small.close()


def _of(way: Callable[["_Among", int], float], among: "_Among") -> Callable[[int], float]:
    return lambda repeat: way(among, repeat)


class _Among:
    """A database of many cases with armed deadlines, in which a few at a time are changed or fired."""

    def __init__(self, kind: str, others: int, sizes: Sizes) -> None:
        self._changes = FEW if not sizes.quick else 100
        self.database = new_database(kind, MORNING)
        opened = example(self.database, opening("E-1"))
        sent = example(self.database, opening("E-1"), letter("E-1"))
        later = example(self.database, opening("E-1"), letter("E-1", BACKGROUND))
        # The smallest is compared with each of the others.
        to_change = self._changes * (sizes.repeats + 1) * max(1, len(sizes.armed) - 1)
        fill(self.database, later, others, prefix="B")
        fill(self.database, opened, to_change, prefix="C", first_id=others + 1)
        self._sent, self._next_id = sent, others + to_change + 1
        self._numbers = iter(range(to_change))
        with unit_of_work(self.database, writing=False) as unit:
            self._meta = read_meta(unit.connection)

    def arm(self, _repeat: int) -> float:
        """Seconds for a change that arms two deadlines."""
        meta = self._meta
        work = timed(lambda: by_engine(self.database, self._numbers, self._changes, meta.now(), meta.reckoner))
        return work / self._changes

    def fire(self, repeat: int) -> float:
        """Seconds for a due deadline. The first time it also fires those that `arm` has armed, and is not counted."""
        fill(self.database, self._sent, self._changes, prefix=f"F{repeat}", first_id=self._next_id)
        self._next_id += self._changes
        set_the_clock(self.database, EVENING)
        return timed(lambda: sweep_all(self.database)) / self._changes

    def close(self) -> None:
        drop(self.database)
