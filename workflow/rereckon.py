"""When the calendar or the rules change: which open cases' dates would move, and moving them as logged changes.

A date is derived from facts, so a new bank holiday and a new version of the rules are one operation: reckon again.
First it is only said what would move; then each case is changed through the engine, so that the log shows it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from persistence.streams import open_cases
from persistence.unit import StoredDeadline
from states.calendar import LONDON
from states.deadlines import reckon
from states.decisions import EXPIRED, FINAL, STATES
from states.errors import RedressError
from states.facts import stored_facts
from states.reckoner import Reckoner
from states.rules import LODGE_APPEAL
from workflow.change import Actor, Change
from workflow.engine import apply
from workflow.reconcile import moved_dates
from workflow.session import Moment


@dataclass(frozen=True, slots=True)
class Moved:
    """A deadline that is stored otherwise than the facts now imply. `for_a_person`: the window of an expired case."""

    reference: str
    deadline: str
    was: StoredDeadline | None
    now: StoredDeadline
    for_a_person: bool

    def as_data(self) -> dict[str, Any]:
        was, now = self.was, self.now
        return {
            "reference": self.reference,
            "deadline": self.deadline,
            "was": _stands(was) if was else None,
            "now": _stands(now),
            "for_a_person": self.for_a_person,
        }


def _stands(row: StoredDeadline) -> dict[str, str]:
    fires_at = row.fires_at.astimezone(LONDON)
    return {"due_on": row.due_on.isoformat(), "fires_at": fires_at.isoformat(), "status": row.status}


def find_moved(moment: Moment, reckoner: Reckoner) -> Iterator[Moved]:
    """Every deadline of an open case that this policy and calendar would set otherwise; those that ended stay.

    The window of a case that expired is among them as long as it is open by its facts, whatever was recorded since. A
    case that this version can't read is passed over: `doctor` names it.
    """
    for case in open_cases(moment.unit.connection, FINAL):
        if case.state not in STATES:
            continue
        try:
            facts = stored_facts(case.facts)
            found = moved_dates(case, facts, reckoner, moment.now)
            expired = case.state == EXPIRED
            boundary = reckon(LODGE_APPEAL, case.state, facts, reckoner) if expired else None
        except RedressError:
            continue
        is_open = boundary is not None and boundary.late_by(moment.now) < timedelta()
        if is_open and all(row.deadline != LODGE_APPEAL.id for row, _ in found):
            row = case.deadlines[LODGE_APPEAL.id]
            found = (*found, (row, row))
        for row, was in found:
            yield Moved(case.reference, row.deadline, was, row, expired and row.deadline == LODGE_APPEAL.id)


def move_all(moment: Moment, moved: Iterable[Moved], reckoner: Reckoner, actor: Actor, note: str) -> int:
    """Change the cases whose dates move, each through the engine; how many were changed. The caller commits."""
    references = dict.fromkeys(each.reference for each in moved if not each.for_a_person)
    changed = 0
    for reference in references:
        change = Change("reckon", reference, actor, note=note)
        changed += bool(apply(moment.unit, change, moment.now, reckoner).entries)
    return changed
