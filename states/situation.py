"""A case as the machine sees it: its state, what is recorded, what is now said to have happened, and who says so.

This is the plain model that the shared machine moves. Attempting a row lays the row's own facts over the recorded
ones, so that a guard sees the case as it would stand; nothing is kept unless the engine writes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING

from states.calendar import london_day
from states.deadlines import Reckoner
from states.decisions import Role
from states.facts import Facts, Value

if TYPE_CHECKING:
    from states.table import Row

# Said with a trigger, and turned into dated facts by it; never recorded under these names.
SPOKEN = frozenset({"duty", "recommended_to"})


@dataclass(slots=True)
class Situation:
    """A case at one moment. `on` is the day in London on which the event happened; `now` the instant it is recorded.

    `facts` are the recorded facts with those of the attempted row laid over them. `asking` is true where somebody
    only asks what could be done: a fact that is merely still to be given does not count against a row then.
    """

    reference: str
    state: str
    recorded: Facts
    now: datetime
    reckoner: Reckoner
    on: date = field(default=date.min)
    given: Facts = field(default_factory=dict)
    role: Role = Role.CASEWORKER
    asking: bool = False
    facts: Mapping[str, Value] = field(default_factory=dict)
    row: Row | None = None

    def __post_init__(self) -> None:
        self.facts = self.recorded
        if self.on == date.min:
            self.on = self.today

    @property
    def today(self) -> date:
        """The day that it is in London."""
        return london_day(self.now)

    def attempt(self, row: Row) -> None:
        """Lay the row's facts over the recorded ones, as if it were applied."""
        facts = {**self.recorded, **{name: value for name, value in self.given.items() if name not in SPOKEN}}
        for name in row.clears:
            facts.pop(name, None)
        for name in row.sets_facts(self.given):
            facts[name] = self.on
        facts.update(row.also)
        self.facts = facts
