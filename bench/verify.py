"""Verifying a whole log, beside a bare reading of its rows with a SHA-256 of each; and the memory that it takes."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from bench.cases import EVENING, MORNING, example, fill, letter, opening
from bench.due import sweep_all
from bench.measure import Figure, Sizes, compared, timed, turn_by_turn
from bench.places import KINDS, drop, new_database, set_the_clock
from bench.raw import COLUMNS, Raw
from persistence.database import Database
from persistence.proof import verify
from persistence.unit import unit_of_work

ROOT = Path(__file__).parents[1]
_PAGE = 1000
_IN_A_PROCESS = """
import json, os, sys
from bench.measure import peak_memory
from persistence.database import Database
from persistence.proof import verify
from persistence.unit import unit_of_work
with unit_of_work(Database(sys.argv[1]), writing=False) as unit:
    verdict = verify(unit.connection)
print(json.dumps([verdict.intact, verdict.entries, peak_memory(os.getpid())]))
"""


def figures(sizes: Sizes) -> Iterator[Figure]:
    for kind in KINDS:
        small = None
        for entries in sizes.verified:
            database = _filled(kind, entries)
            costs = turn_by_turn(partial(_verified, database), partial(_bare, database), sizes.repeats_of(entries))
            what = f"{kind}, {entries:,} entries"
            blank = Figure("7 verifying the log", what, "rows read, a SHA-256 of each", "us", target=3)
            yield compared(blank, *([seconds / entries * 1e6 for seconds in side] for side in costs))
            memory = _memory(database, entries)
            small = memory if small is None else small
            blank = Figure("7 memory of verifying", what, f"with {sizes.verified[0]:,}", "MiB", target=1.2)
            yield compared(blank, [memory], [small]) if small else replace(blank, says="read on Linux only")
            drop(database)


def _filled(kind: str, entries: int) -> Database:
    """A database with so many entries: cases of three, a third of them written by a sweep."""
    database = new_database(kind, MORNING)
    made = example(database, opening("E-1"), letter("E-1"))
    fill(database, made, entries // 3, prefix="C", keyed=True)
    set_the_clock(database, EVENING)
    sweep_all(database)
    return database


def _verified(database: Database, _repeat: int) -> float:
    with unit_of_work(database, writing=False) as unit:
        return timed(lambda: verify(unit.connection))


def _bare(database: Database, _repeat: int) -> float:
    raw = Raw(database)
    query = f"SELECT {', '.join(COLUMNS['log'])} FROM log ORDER BY case_id, seq"  # noqa: S608

    def read() -> None:
        raw.begin()
        cursor = raw.connection.cursor(*(() if raw.is_sqlite else ("bare",)))
        cursor.execute(query)
        while rows := cursor.fetchmany(_PAGE):
            for row in rows:
                hashlib.sha256(repr(row).encode()).hexdigest()
        cursor.close()
        raw.commit()

    try:
        return timed(read)
    finally:
        raw.close()


def _memory(database: Database, entries: int) -> float:
    """The peak memory of a process that verifies, in MiB; 0 where it cannot be read."""
    url = database.url.render_as_string(hide_password=False)
    words = [sys.executable, "-c", _IN_A_PROCESS, url]
    done = subprocess.run(words, capture_output=True, text=True, check=True, cwd=ROOT)  # noqa: S603
    intact, read, peak = json.loads(done.stdout)
    if not intact or read < entries - 3:
        raise SystemExit(f"bench: {read} of {entries} entries verified, intact: {intact}")
    return float(peak) / 1024
