"""Bringing the stored deadlines to what the facts imply: after every change the difference is armed, moved or ended."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from persistence.instants import instant_text
from persistence.unit import StoredCase, StoredDeadline
from states.calendar import london_day
from states.deadlines import Deadline, Reckoner, Status, deadlines
from states.definition import version
from states.facts import Facts
from states.rules import Kind

OPEN = (Status.ARMED.value, Status.MISSED.value)


@dataclass(frozen=True, slots=True)
class Reconciled:
    """The rows that change, and the same for the log: how each stands now, and how it stood."""

    rows: tuple[StoredDeadline, ...]
    changes: tuple[dict[str, object], ...]


def reconcile(
    stored: Mapping[str, StoredDeadline],
    reckoned: Iterable[Deadline],
    now: datetime,
    definition: str,
    missed: str | None = None,
) -> Reconciled:
    """The difference between the stored rows and the reckoned deadlines. `missed` is a duty that is now missed."""
    rows: list[StoredDeadline] = []
    found = set()
    for deadline in reckoned:
        found.add(deadline.id)
        row = _row(deadline, stored.get(deadline.id), now, definition, missed)
        if row is not None:
            rows.append(row)
    for name, row in stored.items():
        if name not in found and row.status in OPEN:
            rows.append(_ended(row, definition))
    return Reconciled(tuple(rows), tuple(_change(row, stored.get(row.deadline)) for row in rows))


def moved_dates(
    case: StoredCase, facts: Facts, reckoner: Reckoner, now: datetime
) -> tuple[tuple[StoredDeadline, StoredDeadline | None], ...]:
    """The deadlines of a case that are not as its facts imply: each as it should be, and as it is stored."""
    reckoned = deadlines(case.state, facts, reckoner)
    found = reconcile(case.deadlines, reckoned, now, version(reckoner.calendar))
    return tuple((row, case.deadlines.get(row.deadline)) for row in found.rows)


def _row(
    deadline: Deadline, was: StoredDeadline | None, now: datetime, definition: str, missed: str | None
) -> StoredDeadline | None:
    """The row of a reckoned deadline, or None where it stands already as it should, or never ran."""
    if was is None and deadline.status is Status.SUPERSEDED:
        return None
    status = deadline.status
    if status is Status.ARMED and deadline.fires_at <= now:
        is_missed = deadline.id == missed or (was is not None and was.status == Status.MISSED)
        status = Status.MISSED if is_missed and deadline.rule.kind is Kind.DUTY else status
    row = StoredDeadline(
        deadline=deadline.id,
        kind=deadline.rule.kind.value,
        status=status.value,
        due_on=deadline.due_on,
        fires_at=deadline.fires_at,
        missed=_was_missed(deadline, status, was, now),
        ended_on=deadline.ended_on,
        definition=definition,
    )
    return None if was is not None and _same(row, was) else row


def _was_missed(deadline: Deadline, status: Status, was: StoredDeadline | None, now: datetime) -> bool:
    """Whether the day passed before it was met, whether or not the daemon had looked; or before it ended otherwise."""
    if status is Status.MET and deadline.ended_on is not None and not deadline.excused:
        last = deadline.due_on if deadline.rule.kind is Kind.DUTY else london_day(deadline.fires_at)
        return deadline.ended_on > last
    passed = was is not None and was.missed and deadline.fires_at <= now
    return status is Status.MISSED or (passed and status is not Status.ARMED)


def _same(row: StoredDeadline, was: StoredDeadline) -> bool:
    """Whether nothing but the version of the definition differs, which is no change."""
    return (row.status, row.due_on, row.fires_at, row.missed, row.ended_on) == (
        was.status, was.due_on, was.fires_at, was.missed, was.ended_on,
    )  # fmt: skip


def _ended(row: StoredDeadline, definition: str) -> StoredDeadline:
    """A deadline that the facts no longer start."""
    return StoredDeadline(
        row.deadline, row.kind, Status.SUPERSEDED.value, row.due_on, row.fires_at, row.missed, None, definition
    )


def _change(row: StoredDeadline, was: StoredDeadline | None) -> dict[str, object]:
    """A changed row as the log keeps it; the log replays to the rows."""
    return {
        "id": row.deadline,
        "kind": row.kind,
        "status": row.status,
        "due_on": row.due_on.isoformat(),
        "fires_at": instant_text(row.fires_at),
        "missed": row.missed,
        "ended_on": row.ended_on.isoformat() if row.ended_on else None,
        "was": {"status": was.status, "due_on": was.due_on.isoformat()} if was else None,
    }
