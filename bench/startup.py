"""How long a command takes to say anything, beside the import of its largest dependency alone."""

import subprocess
import sys
from collections.abc import Iterator
from functools import partial

from bench.cases import MORNING, example, fill, letter, opening
from bench.measure import Figure, Sizes, compared, timed, turn_by_turn
from bench.places import drop, new_database


def figures(sizes: Sizes) -> Iterator[Figure]:
    database = new_database("SQLite", MORNING)
    fill(database, example(database, opening("E-1"), letter("E-1")), 100, prefix="C")
    database.close()
    redress = [sys.executable, "-m", "workflow.main", "--database", str(database.url), "show", "C-1"]
    empty = [sys.executable, "-c", "import sqlmodel"]
    for what, words, target in (("redress show", redress, 1.6), ("redress show --json", [*redress, "--json"], 1.6)):
        costs = turn_by_turn(partial(_run, words), partial(_run, empty), 3 * sizes.repeats)
        blank = Figure("5 start-up", what, "python -c 'import sqlmodel'", "ms", target=target)
        yield compared(blank, *([seconds * 1e3 for seconds in side] for side in costs))
    drop(database)


def _run(words: list[str], _repeat: int) -> float:
    return timed(lambda: subprocess.run(words, check=True, stdout=subprocess.DEVNULL))  # noqa: S603
