"""One sweep: whatever is due is found, a batch at a time, and handed on, each in a part of the batch's transaction.

A sweep that is killed leaves its last batch undone and every earlier one done, so the next sweep does what was missed,
once. One case that can't be handled is left as it is, reported, and does not stop the others.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from persistence.database import Database
from persistence.meta import read_meta
from persistence.queries import DueDeadline, due
from persistence.unit import Unit, unit_of_work
from states.errors import DatabaseUnreachable, RefusedByDatabase

BATCH = 200


@dataclass(frozen=True, slots=True)
class Fired:
    """What was done about a due deadline: the entry's trigger, the state it led to, and how late in seconds."""

    case: str
    deadline: str
    trigger: str
    state: str
    late_seconds: int


@dataclass(frozen=True, slots=True)
class Failed:
    """A due deadline of a case that could not be handled, and why; it stays due."""

    case: str
    deadline: str
    why: str


@dataclass(slots=True)
class Swept:
    """What a sweep did."""

    fired: list[Fired] = field(default_factory=list)
    failed: list[Failed] = field(default_factory=list)


class Fire(Protocol):
    """What is done with a due deadline, in the unit's transaction: given by the floor above."""

    def __call__(self, unit: Unit, due: DueDeadline, now: datetime, /) -> list[Fired]: ...


def sweep(
    database: Database,
    fire: Fire,
    *,
    stopping: Callable[[], bool] = lambda: False,
    report: Callable[[Swept], None] = lambda swept: None,
    batch: int = BATCH,
) -> Swept:
    """Fire everything that is due, oldest first. `report` is told of each batch once it is committed.

    Between batches it asks whether it is `stopping`. Raises DatabaseUnreachable, the batch in hand undone.
    """
    total = Swept()
    place: tuple[datetime, int, str] | None = None
    while not stopping():
        with unit_of_work(database) as unit:
            now = read_meta(unit.connection).now()
            found = due(unit.connection, now, batch, place)
            done = _fire_each(unit, found, fire, now)
            unit.commit()
        report(done)
        total.fired += done.fired
        total.failed += done.failed
        if len(found) < batch:
            break
        place = found[-1].place
    return total


def _fire_each(unit: Unit, found: list[DueDeadline], fire: Fire, now: datetime) -> Swept:
    done = Swept()
    for row in found:
        try:
            with unit.attempt():
                fired = fire(unit, row, now)
        except DatabaseUnreachable as away:
            if not isinstance(away, RefusedByDatabase):
                raise
            done.failed.append(Failed(row.reference, row.deadline, str(away)))
        except Exception as fault:  # noqa: BLE001  (a case that no code can handle must not stop the others)
            done.failed.append(Failed(row.reference, row.deadline, str(fault) or type(fault).__name__))
        else:
            done.fired += fired
    return done
