"""Bringing the stored deadlines to what the facts imply: after every change the difference is armed, moved or ended."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple

from persistence.instants import day_text, instant_text
from persistence.log import canonical
from persistence.unit import StoredCase, StoredDeadline
from states.calendar import in_utc, london_day
from states.deadlines import Deadline, Status, deadlines
from states.definition import version
from states.facts import Facts
from states.reckoner import Reckoner
from states.rules import Kind

# Of a stored deadline: its status, day, instant, whether it was missed, and the day it ended.
STANDS = slice(2, 7)
ARMED, DUTY = Status.ARMED.value, Kind.DUTY.value
OPEN = (ARMED, Status.MISSED.value)


class Reconciled(NamedTuple):
    """The rows that change, and the same for the log, each as canonical JSON: how it stands now, and how it stood."""

    rows: tuple[StoredDeadline, ...]
    changes: tuple[str, ...]

    @property
    def told(self) -> str:
        """What an entry says of them: the canonical JSON of the list."""
        return f"[{','.join(self.changes)}]"


def reconcile(
    stored: Mapping[str, StoredDeadline],
    reckoned: Iterable[Deadline],
    now: datetime,
    definition: str,
    missed: frozenset[str] = frozenset(),
    never: frozenset[str] = frozenset(),
    on: date | None = None,
) -> Reconciled:
    """The difference between the stored rows and the reckoned deadlines. `missed` are duties that are now missed.

    `never` are those that a mended record shows never to have run, so that they were neither met nor missed. `on` is
    the day of the event by which a duty may end now, where no fact of its own ends it.
    """
    rows: list[StoredDeadline] = []
    found = []
    for deadline in reckoned:
        name = deadline.rule.id
        found.append(name)
        row = _row(deadline, stored.get(name), now, definition, missed, on)
        if row is not None:
            rows.append(row)
    for name, row in stored.items():
        if name in found:
            continue
        if name in never:
            if row.missed or row.status != Status.SUPERSEDED:
                rows.append(_ended(row, definition, missed=False))
        elif row.status in OPEN:
            rows.append(_ended(row, definition, missed=_missed_by(row, on)))
    return Reconciled(tuple(rows), tuple([_change(row, stored.get(row.deadline)) for row in rows]))


def owed_again(
    rows: Iterable[StoredDeadline], stored: Mapping[str, StoredDeadline], now: datetime
) -> list[StoredDeadline]:
    """Of the rows that change: those of duties that had ended or were due on another day, and run overdue."""
    return [
        row
        for row in rows
        if row.status == ARMED
        and row.kind == DUTY
        and row.fires_at <= now
        and row.deadline in stored
        and (stored[row.deadline].status != ARMED or stored[row.deadline].due_on != row.due_on)
    ]


def moved_dates(
    case: StoredCase, facts: Facts, reckoner: Reckoner, now: datetime
) -> tuple[tuple[StoredDeadline, StoredDeadline | None], ...]:
    """The deadlines of a case that are not as its facts imply: each as it should be, and as it is stored."""
    reckoned = deadlines(case.state, facts, reckoner)
    found = reconcile(case.deadlines, reckoned, now, version(reckoner.calendar))
    return tuple((row, case.deadlines.get(row.deadline)) for row in found.rows)


def _row(
    deadline: Deadline,
    was: StoredDeadline | None,
    now: datetime,
    definition: str,
    missed_now: frozenset[str],
    on: date | None,
) -> StoredDeadline | None:
    """The row of a reckoned deadline, or None where it stands already as it should, or had ended before it was told."""
    rule, status, due_on, ended_on = deadline.rule, deadline.status, deadline.due_on, deadline.ended_on
    fires_at = in_utc(deadline.fires_at)
    if rule.kind is Kind.DUTY and deadline.is_due(now):
        is_missed = rule.id in missed_now or (was is not None and was.status == Status.MISSED)
        status = Status.MISSED if is_missed else status
    missed = _was_missed(deadline, status, was, now, on)
    if was is None and status is Status.SUPERSEDED and not missed:
        return None
    # Where nothing but the version of the definition differs, it is no change.
    if was is not None and (status, due_on, fires_at, missed, ended_on) == was[STANDS]:
        return None
    return StoredDeadline(rule.id, str(rule.kind), str(status), due_on, fires_at, missed, ended_on, definition)


def _was_missed(deadline: Deadline, status: Status, was: StoredDeadline | None, now: datetime, on: date | None) -> bool:
    """Whether the day passed before it was met, or before it ended otherwise, whether or not the daemon had looked."""
    is_duty = deadline.rule.kind is Kind.DUTY
    if status is Status.MET or (status is Status.SUPERSEDED and is_duty and deadline.ended_on is not None):
        return not _ended_in_time(deadline) and not deadline.not_taken
    if status is Status.SUPERSEDED and was is not None and _missed_by(was, on):
        return in_utc(deadline.fires_at) <= now and not deadline.waits and not deadline.not_taken
    return status is Status.MISSED


def _missed_by(was: StoredDeadline, on: date | None) -> bool:
    """Whether a deadline was missed by the day of an event by which it ends; where it had ended before, as it stood."""
    return on > was.due_on if on is not None and was.status in OPEN and was.kind == DUTY else was.missed


def _ended_in_time(deadline: Deadline) -> bool:
    """Whether it is known to have ended by its last day."""
    last = deadline.due_on if deadline.rule.kind is Kind.DUTY else london_day(deadline.fires_at)
    return deadline.ended_on is not None and deadline.ended_on <= last


def _ended(row: StoredDeadline, definition: str, *, missed: bool) -> StoredDeadline:
    """A deadline that the facts no longer start."""
    return StoredDeadline(
        row.deadline, row.kind, Status.SUPERSEDED.value, row.due_on, row.fires_at, missed, None, definition
    )


# What ends on one day ends alike in many cases.
@lru_cache(maxsize=4096)
def _change(row: StoredDeadline, was: StoredDeadline | None) -> str:
    """A changed row as the log keeps it; the log replays to the rows."""
    change = {
        "id": row.deadline,
        "kind": row.kind,
        "status": row.status,
        "due_on": day_text(row.due_on),
        "fires_at": instant_text(row.fires_at),
        "missed": row.missed,
        "ended_on": day_text(row.ended_on) if row.ended_on else None,
        "was": {"status": was.status, "due_on": day_text(was.due_on)} if was else None,
    }
    return canonical(change)
