"""When the calendar or the rules change: which open cases' dates would move, and moving them as logged changes.

A date is derived from facts, so a new bank holiday and a new version of the rules are one operation: reckon again.
First it is only said what would move; then each case is changed through the engine, so that the log shows it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from persistence.streams import open_cases
from persistence.unit import StoredDeadline, Unit
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
    """A deadline that is stored otherwise than the facts now imply. `for_a_person`: its case has expired meanwhile."""

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
            "was": {"due_on": was.due_on.isoformat(), "status": was.status} if was else None,
            "now": {"due_on": now.due_on.isoformat(), "status": now.status},
            "for_a_person": self.for_a_person,
        }


def find_moved(moment: Moment, reckoner: Reckoner) -> Iterator[Moved]:
    """Every deadline of an open case that this policy and calendar would set otherwise; those that ended stay.

    A case that this version can't read is passed over: `doctor` names it.
    """
    for case in open_cases(moment.unit.connection, FINAL):
        if case.state not in STATES:
            continue
        try:
            found = moved_dates(case, stored_facts(case.facts), reckoner, moment.now)
        except RedressError:
            continue
        expired = case.state == EXPIRED
        for row, was in found:
            if not expired or row.deadline == LODGE_APPEAL.id:
                yield Moved(case.reference, row.deadline, was, row, expired)


def move_all(unit: Unit, moved: Iterable[Moved], moment: Moment, reckoner: Reckoner, actor: Actor, note: str) -> int:
    """Change the cases whose dates move, each through the engine; how many were changed. The caller commits."""
    references = dict.fromkeys(each.reference for each in moved if not each.for_a_person)
    changed = 0
    for reference in references:
        change = Change("reckon", reference, actor, note=note)
        changed += bool(apply(unit, change, moment.now, reckoner).entries)
    return changed
