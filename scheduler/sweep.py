"""One sweep: whatever is due is found, a batch at a time, and handed on; a batch is one transaction.

Its cases are read at once and written at once. Where that fails, nothing of it stands, and it is begun again, each
fired in a part of the transaction that can be undone alone.

A sweep that is killed leaves its last batch undone and every earlier one done, so the next sweep does what was missed,
once. One case that can't be handled is left as it is, set aside with the reason, and does not stop the others.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import NamedTuple, Protocol

from persistence.damage import DamagedCase, damaged_cases
from persistence.database import Database
from persistence.meta import Hold, read_meta
from persistence.queries import DueDeadline, due
from persistence.unit import Unit, unit_of_work
from states.errors import DatabaseUnreachable, RefusedByDatabase
from states.reckoner import Reckoner

BATCH = 200


class Fired(NamedTuple):
    """What was done about a due deadline: the entry's trigger, the state it led to, and how late in seconds."""

    case: str
    deadline: str
    trigger: str
    state: str
    late_seconds: int


@dataclass(frozen=True, slots=True)
class Failed:
    """A due deadline of a case that could not be handled, and why; the case is set aside, the deadline stays due."""

    case_id: int
    case: str
    deadline: str
    why: str


@dataclass(slots=True)
class Swept:
    """What was done in one batch."""

    fired: list[Fired] = field(default_factory=list)
    failed: list[Failed] = field(default_factory=list)


class Fire(Protocol):
    """What is done with a due deadline, in the unit's transaction: given by the floor above."""

    def __call__(self, unit: Unit, due: DueDeadline, /, now: datetime, reckoner: Reckoner) -> list[Fired]: ...


Firing = Callable[[Unit, DueDeadline], list[Fired]]
Place = tuple[datetime, int, str]


def sweep(
    database: Database,
    fire: Fire,
    definition: str,
    *,
    stopping: Callable[[], bool] = lambda: False,
    report: Callable[[Swept], None] = lambda swept: None,
    batch: int = BATCH,
) -> None:
    """Fire everything that is due, oldest first. `report` is told of each batch once it is committed.

    `definition` is the version under which it fires; cases set aside under another are tried again. Between batches
    it asks whether it is `stopping`. Raises DatabaseUnreachable, the batch in hand undone.
    """
    turn = partial(_turn, database, fire, definition, batch)
    place: Place | None = None
    ended = False
    while not ended and not stopping():
        try:
            done, found = turn(place, one_by_one=False)
        except Exception as fault:  # which case it was, and why, is found by firing one by one
            if _is_away(fault):
                raise
            done, found = turn(place, one_by_one=True)
        report(done)
        ended = len(found) < batch
        place = found[-1].place if found else place


def _turn(
    database: Database, fire: Fire, definition: str, batch: int, after: Place | None, *, one_by_one: bool
) -> tuple[Swept, list[DueDeadline]]:
    """One batch as one transaction: what was done, and what was found to be due behind a place."""
    done = Swept()
    with unit_of_work(database) as unit:
        meta = read_meta(unit.connection, Hold.RECKONING)
        now = meta.now()
        set_aside = partial(_set_aside, unit, done, now=now, definition=definition)
        if one_by_one:
            for case in damaged_cases(unit.connection, definition):
                set_aside(case, case.why)
        found = due(unit.connection, now, batch, definition, after=after)
        firing = partial(fire, now=now, reckoner=meta.reckoner)
        if one_by_one:
            _fire_each(unit, found, firing, done, set_aside)
        else:
            with unit.batch(row.case for row in found):
                for row in found:
                    done.fired += firing(unit, row)
        unit.commit()
    return done, found


def _is_away(fault: Exception) -> bool:
    """Whether it is the database that cannot be reached: then no case is at fault, and all wait."""
    return isinstance(fault, DatabaseUnreachable) and not isinstance(fault, RefusedByDatabase)


def _set_aside(
    unit: Unit, done: Swept, row: DueDeadline | DamagedCase, why: str, *, now: datetime, definition: str
) -> None:
    unit.set_aside(row.case_id, row.deadline, why, now, definition)
    done.failed.append(Failed(row.case_id, row.reference, row.deadline, why))


def _fire_each(
    unit: Unit,
    found: list[DueDeadline],
    fire: Firing,
    done: Swept,
    set_aside: Callable[[DueDeadline, str], None],
) -> None:
    """Fire each in a part of the transaction that can be undone alone.

    A case that fails is left out from there on, so that its deadlines keep their order.
    """
    left_out: set[int] = set()
    for row in found:
        if row.case_id in left_out:
            continue
        try:
            with unit.attempt():
                fired = fire(unit, row)
        except Exception as fault:  # a case that no code can handle must not stop the others
            if _is_away(fault):
                raise
            why = str(fault) or type(fault).__name__
        else:
            done.fired += fired
            continue
        left_out.add(row.case_id)
        set_aside(row, why)
