"""One durable change by the engine, beside the same rows written by the bare driver."""

from collections.abc import Iterator
from datetime import datetime

from bench.cases import MORNING, example, fill, letter, opening
from bench.measure import Figure, Sizes, compared, timed, turn_by_turn
from bench.places import KINDS, drop, new_database, require_intact
from bench.raw import Raw
from persistence.database import Database
from persistence.meta import read_meta
from persistence.unit import unit_of_work
from states.reckoner import Reckoner
from workflow.engine import apply

# The two sides take turns after so many changes; a repeat has as many turns as its changes make.
A_TURN = 25


def figures(sizes: Sizes) -> Iterator[Figure]:
    for kind in KINDS:
        yield one_change(kind, sizes)


def one_change(kind: str, sizes: Sizes) -> Figure:
    """Both sides change cases of their own in one database, which is proved intact at the end."""
    database = new_database(kind, MORNING)
    wanted = example(database, opening("E-1"), letter("E-1"))
    half = sizes.changes * (sizes.repeats + 1)
    fill(database, example(database, opening("E-1")), 2 * half, prefix="C")
    numbers = iter(range(2 * half))
    with unit_of_work(database, writing=False) as unit:
        meta = read_meta(unit.connection)
    raw = Raw(database)

    def ours(_repeat: int) -> float:
        return timed(lambda: by_engine(database, numbers, A_TURN, meta.now(), meta.reckoner)) / A_TURN

    def theirs(_repeat: int) -> float:
        return timed(lambda: _by_hand(raw, numbers)) / A_TURN

    def _by_hand(raw: Raw, numbers: Iterator[int]) -> None:
        for _ in range(A_TURN):
            raw.change(f"C-{next(numbers)}", wanted.last, list(wanted.changed))

    costs = turn_by_turn(ours, theirs, sizes.repeats, turns=sizes.changes // A_TURN)
    raw.close()
    require_intact(database)
    drop(database)
    blank = Figure("1 one durable change", f"{kind}, synchronised", "the same rows by the bare driver", "us", target=2)
    return compared(blank, *([seconds * 1e6 for seconds in side] for side in costs))


def by_engine(database: Database, numbers: Iterator[int], changes: int, now: datetime, reckoner: Reckoner) -> None:
    """So many changes, each a unit of work of its own, committed."""
    for _ in range(changes):
        with unit_of_work(database) as unit:
            apply(unit, letter(f"C-{next(numbers)}"), now, reckoner)
            unit.commit()
