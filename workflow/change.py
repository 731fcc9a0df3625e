"""A change of a case as it is asked for, and what comes of it: the words that the engine and its callers share."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple

from persistence.log import Entry
from persistence.unit import StoredCase
from states.decisions import Role
from states.facts import Facts

if TYPE_CHECKING:
    from workflow.second_person import Proposal


@dataclass(frozen=True, slots=True)
class Actor:
    """Who makes a change: a login or database user, or the daemon.

    The role is looked up by `Session.acting`. `lent` is true where the policy let somebody else take this name.
    """

    name: str
    role: Role = Role.MANAGER
    lent: bool = False


DAEMON = Actor("redress daemon", Role.SYSTEM)


class Change(NamedTuple):
    """What somebody asks the engine to do to one case.

    `on` is the day in London on which it happened, today where it is not given. `facts` are as they were typed.
    `deadline` is the one whose instant has come, on the daemon's changes. `if_version` refuses the change where the
    case has moved on from what the asker saw. `proposed_by` is who proposed a change that a second person now makes.
    """

    kind: Literal["open", "advance", "record", "correct", "undo", "fire", "reckon", "erase"]
    reference: str
    actor: Actor
    trigger: str = ""
    on: date | None = None
    facts: Mapping[str, object] = MappingProxyType({})
    note: str | None = None
    deadline: str | None = None
    if_version: int | None = None
    proposed_by: str | None = None


class Applied(NamedTuple):
    """The case as it stands after a change, and the entries that were appended for it.

    Of a change that waits for a second person there is none yet, but a proposal.
    """

    case: StoredCase
    entries: tuple[Entry, ...]
    proposal: "Proposal | None" = None


class Step(NamedTuple):
    """What one entry will say: where the case goes, on which day, with which facts.

    `missed` are the duties that are missed by it, or were missed before and are shown so again.
    """

    trigger: str
    dest: str
    on: date
    facts: Facts
    actor: Actor
    note: str | None = None
    deadline: str | None = None
    late_seconds: int | None = None
    missed: frozenset[str] = frozenset()
    keeps_dates: bool = False
