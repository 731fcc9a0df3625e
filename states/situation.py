"""A case as the machine sees it: its state, what is recorded, what is now said to have happened, and who says so.

This is the plain model that the shared machine moves. Attempting a row lays the row's own facts over the recorded
ones, so that a guard sees the case as it would stand; nothing is kept unless the engine writes it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING

from states.calendar import london_day
from states.decisions import Role
from states.facts import Facts, Value
from states.reckoner import Reckoner
from states.rules import CONCEDED_ON

if TYPE_CHECKING:
    from states.table import Row

# Said with a trigger, and turned into other facts by it; never recorded under these names.
SPOKEN = frozenset({"duty", "recommended_to"})

# Each body that the Tribunal may recommend to, and the fact that starts its time to answer.
RECOMMENDED_TO: Mapping[str, str] = {"health": "health_recommended_on", "social_care": "social_care_recommended_on"}


def duty_done(facts: dict[str, Value], recorded: Facts, on: date) -> None:
    """The duty named becomes the day on which it was met."""
    duty = facts.pop("duty", None)
    if duty is not None:
        facts[f"{duty}_met_on"] = on


def bodies_recommended_to(facts: dict[str, Value], recorded: Facts, on: date) -> None:
    """Each body that the Tribunal recommended to has a time of its own to answer."""
    to = facts.pop("recommended_to", None)
    for body, fact in RECOMMENDED_TO.items():
        if to in (body, "both"):
            facts[fact] = on


def kind_conceded(facts: dict[str, Value], recorded: Facts, on: date) -> None:
    """What the council gives: the kind said, else the one that follows from the decision appealed."""
    facts["conceded_kind"] = facts.pop("kind", CONCEDED_ON[str(facts["decision"])][0])
    if "kind" in recorded:
        facts["kind"] = recorded["kind"]


FILLS: Mapping[str, Callable[[dict[str, Value], Facts, date], None]] = {
    fill.__name__: fill for fill in (duty_done, bodies_recommended_to, kind_conceded)
}


@dataclass(slots=True)
class Situation:
    """A case at one moment. `on` is the day in London on which the event happened; `now` the instant it is recorded.

    `facts` are the recorded facts with those of the attempted row laid over them. `asking` is true where somebody
    only asks what could be done: a fact that is merely still to be given does not count against a row then. `actor` is
    the name of who acts or asks; without a role, that is somebody who may do all that a person may.
    """

    reference: str
    state: str
    recorded: Facts
    now: datetime
    reckoner: Reckoner
    on: date = field(default=date.min)
    given: Facts = field(default_factory=dict)
    role: Role = Role.MANAGER
    actor: str = ""
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
        if not (self.given or row.sets or row.clears or row.also or row.fills):
            self.facts = self.recorded
            return
        facts = {**self.recorded, **self.given}
        for name in row.clears:
            facts.pop(name, None)
        if row.sets:
            facts[row.sets] = self.on
        facts.update(row.also)
        if row.fills:
            FILLS[row.fills](facts, self.recorded, self.on)
        self.facts = facts
