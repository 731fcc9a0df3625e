"""Separation of duty: what one person proposes and another must confirm, where the policy asks for it.

Two things wait for a second person: the Tribunal's permission for a late appeal, and what undoes an expiry (a
correction of a case that has expired, now or once, or a fact that takes it out of its expiry). The engine asks here, so
no way in passes it by.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, cast

from persistence.log import canonical
from persistence.office import write_act
from persistence.proposals import (
    StoredProposal,
    is_as_proposed,
    not_as_written,
    read_proposal,
    remove_proposal,
    write_proposal,
)
from persistence.unit import StoredCase, Unit
from states.decisions import EXPIRED
from states.errors import CaseChanged, FactRefused, NotPermitted
from states.facts import fact_rule
from states.policy import Policy
from workflow.undoing import UNDO

if TYPE_CHECKING:
    from workflow.change import Change

PERMISSION = "late_permission_on"


@dataclass(frozen=True, slots=True)
class Proposal:
    """A change that waits on a case: by whom and when (aware) it was proposed, and what it would do.

    `stale` is true where the case has changed since, so that it can only be dropped.
    """

    actor: str
    proposed_at: datetime
    kind: str
    trigger: str
    on: date | None
    facts: Mapping[str, Any]
    note: str | None
    stale: bool

    @property
    def words(self) -> str:
        """What was asked, as it would be typed: "correct decided_on=2026-02-19"."""
        said = [self.trigger if self.kind == "advance" else self.kind]
        said += [f"--on {self.on}"] if self.on else []
        return " ".join([*said, *(f"{name}={value}" for name, value in self.facts.items())])

    def as_data(self) -> dict[str, Any]:
        return {
            "proposed_by": self.actor,
            "proposed_at": self.proposed_at.isoformat(),
            "kind": self.kind,
            "trigger": self.trigger or None,
            "on": self.on.isoformat() if self.on else None,
            "facts": dict(self.facts),
            "note": self.note,
            "stale": self.stale,
        }


def proposal_of(unit: Unit, case: StoredCase) -> Proposal | None:
    """What waits on a case; None where nothing does. Raises RecordNotIntact where it is not as it was written."""
    try:
        stored = read_proposal(unit, case)
        if stored is None:
            return None
        asked = json.loads(stored.change)
        on = date.fromisoformat(asked["on"]) if asked["on"] else None
        return Proposal(
            stored.actor, stored.proposed_at, asked["kind"], asked["trigger"], on, asked["facts"], asked["note"],
            stored.version != case.version,
        )  # fmt: skip
    except (ValueError, LookupError, TypeError) as other:
        raise not_as_written(case) from other


def note_with_proposer(note: str | None, proposer: str) -> str:
    """The note of a confirmed entry: what was said, and who proposed it."""
    return f"{note or ''} (proposed by {proposer})".strip()


def waits(unit: Unit, case: StoredCase, change: "Change", dest: str, policy: Policy, now: datetime) -> Proposal | None:
    """The proposal that a change becomes, written; None where it may go on, being confirmed or no such matter.

    `dest` is the state to which the change leads. Raises NotPermitted where nobody else than its proposer confirms
    it, CaseChanged where what is confirmed does not wait, FactRefused where another proposal waits. The same proposal
    again is the one that waits.
    """
    if change.proposed_by is not None:
        _take_up(unit, case, change)
        return None
    if not policy.second_person or not _wants_a_second(unit, case, change, dest):
        return None
    if change.kind == "open":
        raise FactRefused("it waits for a second person: open the case first, then record it", fact=PERMISSION)
    if change.actor.lent:
        raise NotPermitted(
            "this waits for a second person, and who that is must be sure: leave --actor out.", actor=change.actor.name
        )
    there = proposal_of(unit, case)
    if there is not None and not there.stale:
        if _asks_the_same(change, there):
            return there
        raise FactRefused(
            f"{there.actor} has proposed {there.words} already: it must be confirmed or dropped first (redress confirm "
            f"{case.reference} [--drop])",
            fact=case.reference,
        )
    asked = {
        "kind": change.kind, "trigger": change.trigger, "on": change.on.isoformat() if change.on else None,
        "facts": {name: str(value) for name, value in change.facts.items()}, "note": change.note,
    }  # fmt: skip
    hashed = write_proposal(unit, case, StoredProposal(case.version, now, change.actor.name, canonical(asked)))
    write_act(
        unit.connection, now, change.actor.name, "propose", case.token, was=str(case.version),
        became=f"{change.trigger or change.kind} {hashed}",
    )  # fmt: skip
    return proposal_of(unit, case)


def _asks_the_same(change: "Change", there: Proposal) -> bool:
    """Whether who proposed it asks it again: said twice, it waits once."""
    facts = {name: str(value) for name, value in change.facts.items()}
    return (there.actor, there.kind, there.trigger, there.on, there.facts, there.note) == (
        change.actor.name, change.kind, change.trigger, change.on, facts, change.note,
    )  # fmt: skip


def _wants_a_second(unit: Unit, case: StoredCase, change: "Change", dest: str) -> bool:
    if PERMISSION in {fact_rule(name).name for name in change.facts}:
        return True
    if change.kind == "record":
        return case.state == EXPIRED != dest
    if change.kind not in ("correct", UNDO):
        return False
    history = unit.entries(case)
    has_expired = case.state == EXPIRED or any(entry.dest == EXPIRED for entry in history)
    if change.kind == UNDO:  # what waited for a second person is not undone by one
        slip = history[-1]
        return PERMISSION in slip.facts_set() or (has_expired and slip.trigger in ("record", "correct"))
    return has_expired


def _take_up(unit: Unit, case: StoredCase, change: "Change") -> None:
    """Let a confirmed change go on, if it is what waits, as the case still stands, and somebody else proposed it.

    What waits must be what the office's log has: else whoever can write the table could confirm what is his own.
    """
    there = proposal_of(unit, case)
    if there is not None and not is_as_proposed(unit, case):
        raise not_as_written(case)
    asked = as_proposed(change, there) if there else None
    if there is None or there.stale or asked != change:
        raise CaseChanged(reference=case.reference)
    if there.actor == change.actor.name or change.actor.lent:
        raise NotPermitted(
            f"what {there.actor} proposed on {case.reference} is confirmed by a second person; {there.actor} may drop "
            f"it (redress confirm {case.reference} --drop).",
            actor=change.actor.name,
        )
    remove_proposal(unit, case)


def as_proposed(change: "Change", proposal: Proposal) -> "Change":
    """A change made what a proposal asks, in the name of whoever makes it, with a note of who proposed it."""
    return change._replace(
        kind=cast(Any, proposal.kind), trigger=proposal.trigger, on=proposal.on, facts=dict(proposal.facts),
        note=note_with_proposer(proposal.note, proposal.actor), proposed_by=proposal.actor,
    )  # fmt: skip
