"""How a figure is made: two ways of doing the same are run turn by turn, and the median of their ratios counts."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

REPEATS = 5
A_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table.

    `ours` and `theirs` are medians in `unit`; `ratio` is the median of the repeats' ratios, `low` and `high` the
    outermost of them. `target` is what the ratio is held to (None where nothing is promised), `at_least` which way.
    `says` tells what the other side guarantees, or why there is no figure.
    """

    item: str
    what: str
    beside: str
    unit: str = ""
    ours: float | None = None
    theirs: float | None = None
    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    target: float | None = None
    at_least: bool = False
    says: str = ""

    @property
    def met(self) -> bool | None:
        if self.target is None or self.ratio is None:
            return None
        return self.ratio >= self.target if self.at_least else self.ratio <= self.target


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is run: so many repeats, changes in each, and due deadlines or armed cases."""

    repeats: int = REPEATS
    changes: int = 100
    due: tuple[int, ...] = (1_000, 10_000)
    jobs: int = 1_000
    armed: tuple[int, ...] = (10_000, 100_000)
    verified: tuple[int, ...] = (30_000, 99_999)
    quick: bool = False

    def repeats_of(self, rows: int) -> int:
        """A million rows are counted once: five times would take hours."""
        return self.repeats if rows < A_MILLION else 1


def timed(work: Callable[[], object]) -> float:
    """The seconds that it takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def peak_memory(pid: int) -> int:
    """The peak of a running process in KiB, by Linux; 0 elsewhere.

    Not `ru_maxrss`: a process that was started by another begins with the peak of that other one.
    """
    status = Path(f"/proc/{pid}/status")
    lines = status.read_text(encoding="ascii").splitlines() if status.is_file() else []
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), 0)


def turn_by_turn(
    ours: Callable[[int], float], theirs: Callable[[int], float], repeats: int, *, turns: int = 1
) -> tuple[list[float], list[float]]:
    """Each repeat runs both, each first in every other turn. Both are handed the repeat's number and say their cost.

    With more turns in a repeat, its cost is their mean: a machine whose speed changes from one second to the next then
    slows both sides alike. Repeat 0 warms both up and is not counted.
    """
    mine: list[float] = []
    others: list[float] = []
    for number in range(repeats + 1):
        costs: tuple[list[float], list[float]] = ([], [])
        for turn in range(number, number + turns):
            sides = list(zip((ours, theirs), costs, strict=True))
            for side, spent in sides if turn % 2 else reversed(sides):
                spent.append(side(number))
        if number:
            mine.append(statistics.fmean(costs[0]))
            others.append(statistics.fmean(costs[1]))
    return mine, others


def compared(figure: Figure, ours: list[float], theirs: list[float], *, inverse: bool = False) -> Figure:
    """The figure with its numbers: ours to theirs, or with `inverse` theirs to ours (for rates, given as costs)."""
    ratios = [b / a if inverse else a / b for a, b in zip(ours, theirs, strict=True)]
    return _with(figure, statistics.median(ours), statistics.median(theirs), ratios)


def _with(figure: Figure, ours: float, theirs: float, ratios: list[float]) -> Figure:
    return Figure(
        figure.item, figure.what, figure.beside, figure.unit, ours, theirs, statistics.median(ratios), min(ratios),
        max(ratios), figure.target, figure.at_least, figure.says,
    )  # fmt: skip
