"""One sweep: whatever is due is found, a batch at a time, and handed on; a batch is one transaction.

Its cases are read at once and written at once. Where that fails, nothing of it stands, and each is fired in a part of
the transaction that can be undone alone.

A sweep that is killed leaves its last batch undone and every earlier one done, so the next sweep does what was missed,
once. One case that can't be handled is left as it is, set aside with the reason, and does not stop the others.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import NamedTuple, Protocol

from persistence.database import Database
from persistence.meta import Hold, read_meta
from persistence.queries import DueDeadline, damaged_deadlines, due
from persistence.unit import Unit, unit_of_work
from states.errors import DatabaseUnreachable, RecordNotIntact, RefusedByDatabase
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
    place: tuple[datetime, int, str] | None = None
    ended = False
    while not ended and not stopping():
        with unit_of_work(database) as unit:
            meta = read_meta(unit.connection, Hold.RECKONING)
            now = meta.now()
            try:
                found = due(unit.connection, now, batch, definition, after=place)
            except RecordNotIntact:
                done = Swept(failed=_in_the_way(unit, definition))
                if not done.failed:
                    raise
            else:
                firing = partial(fire, now=now, reckoner=meta.reckoner)
                done = _fire_all(unit, found, firing) or _fire_each(unit, found, firing)
                ended = len(found) < batch
                place = found[-1].place if found else place
            for failed in done.failed:
                unit.set_aside(failed.case_id, failed.deadline, failed.why, now, definition)
            unit.commit()
        report(done)


def _in_the_way(unit: Unit, definition: str) -> list[Failed]:
    """The cases of which nobody can say when they are due: they are set aside, so that the others can be fired."""
    why = "the database holds {!r} where Redress writes a date; redress audit verify names what was altered"
    return [
        Failed(row.case_id, row.reference, row.deadline, why.format(row.stored))
        for row in damaged_deadlines(unit.connection, definition)
    ]


def _fire_all(unit: Unit, found: list[DueDeadline], fire: Firing) -> Swept | None:
    """Fire all, read and written as one batch; None where one of them could not be, and then none was."""
    done = Swept()
    try:
        with unit.attempt(), unit.batch(row.case for row in found):
            for row in found:
                done.fired += fire(unit, row)
    except DatabaseUnreachable as away:
        if not isinstance(away, RefusedByDatabase):
            raise
        return None
    except Exception:  # noqa: BLE001  (which case it was, and why, is found by firing one by one)
        return None
    return done


def _fire_each(unit: Unit, found: list[DueDeadline], fire: Firing) -> Swept:
    """Fire each, a case that fails being left out from there on, so that its deadlines keep their order."""
    done = Swept()
    left_out: set[int] = set()
    for row in found:
        if row.case_id in left_out:
            continue
        try:
            with unit.attempt():
                fired = fire(unit, row)
        except DatabaseUnreachable as away:
            if not isinstance(away, RefusedByDatabase):
                raise
            why = str(away)
        except Exception as fault:  # noqa: BLE001  (a case that no code can handle must not stop the others)
            why = str(fault) or type(fault).__name__
        else:
            done.fired += fired
            continue
        left_out.add(row.case_id)
        done.failed.append(Failed(row.case_id, row.reference, row.deadline, why))
    return done
