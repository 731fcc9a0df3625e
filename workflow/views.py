"""What is shown of a case, as data: the JSON of contract and scripts, from which the pages are drawn too."""

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from persistence.log import Entry
from persistence.owners import opened_by
from persistence.queries import WorklistRow
from persistence.sealing import is_erased_reference
from persistence.unit import StoredCase, StoredDeadline, Unit
from states.advice import advice, waiting_for_certificate
from states.calendar import LONDON, london_day
from states.counting import Step
from states.deadlines import Deadline, reckon, unverified
from states.decisions import STATES
from states.errors import FactRefused, NoSuchCase, UnknownState, WrongWords
from states.facts import Facts, stored_facts
from states.machine import possible
from states.nearest import did_you_mean
from states.rules import LODGE_APPEAL, RULES, Kind, Rule
from states.situation import Situation
from states.table import INTERNAL, TRIGGERS
from states.work import is_work
from workflow.second_person import Proposal, proposal_of
from workflow.session import Moment

if TYPE_CHECKING:
    from persistence.refusals import Refusal

# Shown at the top of a case, and not again among its facts or in the line of its opening.
HEADINGS = ("decision", "party")


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case, read: its row, its facts with their values, and the situation in which questions are asked of it.

    `proposal` is the change that waits in it for a second person. `opened_by` sees to it until it is given to somebody.
    """

    stored: StoredCase
    facts: Facts
    situation: Situation
    proposal: Proposal | None
    opened_by: str | None

    @property
    def owner(self) -> str | None:
        """The officer who sees to it."""
        return self.stored.facts.get("owner", self.opened_by)

    @property
    def team(self) -> str | None:
        return self.stored.facts.get("team")

    @property
    def today(self) -> date:
        return self.situation.today

    @property
    def next_date(self) -> StoredDeadline | None:
        """The deadline that is to be kept next, of one day a boundary first; None where nothing is to be done."""
        rows = self.stored.deadlines.values()
        return min((row for row in rows if is_open(row)), key=_soonest_first, default=None)

    def as_data(self) -> dict[str, Any]:
        """The document of `show --json`."""
        case = self.stored
        return {
            "reference": case.reference,
            "decision": case.facts.get("decision"),
            "party": case.facts.get("party"),
            "state": case.state,
            "version": case.version,
            "owner": self.owner,
            "team": self.team,
            "facts": {name: _json(value) for name, value in self.facts.items() if name not in HEADINGS},
            "deadlines": [deadline_data(row) for row in case.deadlines.values()],
            "waiting_for_certificate": waiting_for_certificate(case.state, self.facts),
            "proposal": self.proposal.as_data() if self.proposal else None,
            "advice": list(self.advice()),
            "next": self.next_data(),
        }

    def advice(self) -> tuple[str, ...]:
        waits = waiting_words(self.stored.reference, self.proposal) if self.proposal else None
        said = advice(self.stored.state, self.facts, self.situation.reckoner)
        return (waits, *said) if waits else said

    def next_data(self) -> list[dict[str, Any]]:
        """Each trigger that starts in this state: whether it is allowed now, and why not; none once it was erased."""
        if is_erased_reference(self.stored.reference):
            return []
        return [
            {"trigger": trigger, "allowed": why is None, "why_not": why} for trigger, why in possible(self.situation)
        ]

    def elsewhere_data(self) -> list[dict[str, Any]]:
        """The triggers that do not start in this state, with the states from which they do."""
        here = {name for name, _ in possible(self.situation)}
        return [
            {
                "trigger": trigger,
                "allowed": False,
                "why_not": f"it is possible from {', '.join(dict.fromkeys(s for row in rows for s in row.sources))}",
            }
            for trigger, rows in TRIGGERS.items()
            if trigger not in here and trigger not in INTERNAL
        ]


def is_open(row: StoredDeadline) -> bool:
    """Whether somebody can still do what a deadline asks."""
    return is_work(RULES.get(row.deadline), row.kind, row.status)


def _soonest_first(row: StoredDeadline) -> tuple[date, bool, str]:
    return row.due_on, row.kind != Kind.BOUNDARY, row.deadline


def read_case(moment: Moment, reference: str) -> CaseView:
    """A case by its reference. Raises NoSuchCase, or UnknownState for a state that this version does not know."""
    stored = require_case(moment.unit, reference)
    if stored.state not in STATES:
        raise UnknownState(reference=reference, state=stored.state)
    facts = stored_facts(stored.facts)
    situation = Situation(
        reference, stored.state, facts, moment.now, moment.reckoner, role=moment.asker.role, actor=moment.asker.name
    )
    opener = opened_by(moment.unit.connection, stored.id)
    return CaseView(stored, facts, situation, proposal_of(moment.unit, stored), opener)


def waiting_words(reference: str, proposal: Proposal) -> str:
    """That a change waits for a second person, and what that person may do."""
    if proposal.stale:
        way = f"redress confirm {reference} --drop"
        return f"{proposal.actor} proposed {proposal.words}, and the case has changed since: {way}"
    return f"{proposal.actor} proposed {proposal.words}; it waits for a second person: redress confirm {reference}"


def require_case(unit: Unit, reference: str) -> StoredCase:
    """A case as it is stored. Raises NoSuchCase."""
    stored = unit.case(reference)
    if stored is None:
        raise NoSuchCase(reference=reference)
    return stored


def _json(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value


def deadline_data(row: StoredDeadline) -> dict[str, Any]:
    """A deadline as the contract names its fields; `fires_at` bears London's offset."""
    rule = RULES.get(row.deadline)
    return {
        "id": row.deadline,
        "kind": row.kind,
        "status": row.status,
        "due_on": row.due_on.isoformat(),
        "fires_at": row.fires_at.astimezone(LONDON).isoformat(),
        "source": rule.source if rule else None,
        "verified": rule.verified if rule else False,
        "who": rule.who if rule else None,
        "words": rule.words if rule else None,
        "missed": row.missed,
        "ended_on": row.ended_on.isoformat() if row.ended_on else None,
        "definition": row.definition,
        "warning": unverified(rule) if rule and not rule.verified else None,
    }


def entry_data(entry: Entry) -> dict[str, Any]:
    """An entry of the log as the contract names its fields."""
    return {
        "case": entry.case,
        "seq": entry.seq,
        "trigger": entry.trigger,
        "source": entry.source,
        "dest": entry.dest,
        "on": entry.on.isoformat(),
        "recorded_at": entry.recorded_at.isoformat(),
        "actor": entry.actor,
        "note": entry.note,
        "facts": dict(entry.facts_set()),
        "deadlines": entry.deadlines_changed(),
        "deadline": entry.deadline,
        "late_seconds": entry.late_seconds,
        "definition": entry.definition,
        "previous": entry.previous,
        "hash": entry.hash,
    }


def refusal_data(refusal: "Refusal") -> dict[str, Any]:
    """A refused attempt, told from an entry by its `refused`; `why` is null once the case was erased."""
    return {
        "refused": True,
        "case": refusal.case,
        "at": refusal.at.isoformat(),
        "actor": refusal.actor,
        "role": refusal.role,
        "kind": refusal.kind,
        "trigger": refusal.trigger,
        "state": refusal.state,
        "guard": refusal.guard,
        "why": refusal.why,
        "hash": refusal.hash,
    }


def worklist_data(row: WorklistRow, moment: Moment) -> dict[str, Any]:
    """A line of the worklist, with the days left (negative: days late)."""
    rule = RULES.get(row.deadline or "")
    return {
        "reference": row.reference,
        "state": row.state,
        "deadline": row.deadline,
        "kind": row.kind,
        "status": row.status,
        "due_on": row.due_on.isoformat() if row.due_on else None,
        "fires_at": row.fires_at.astimezone(LONDON).isoformat() if row.fires_at else None,
        "days_left": (row.due_on - london_day(moment.now)).days if row.due_on else None,
        "overdue": row.fires_at is not None and row.fires_at <= moment.now,
        "verified": rule.verified if rule else None,
        "who": rule.who if rule else None,
        "words": rule.words if rule else None,
        "owner": row.owner,
        "team": row.team,
    }


def require_deadline(name: str) -> Rule:
    """A deadline by its id, hyphens taken for underscores. Raises WrongWords for an unknown one."""
    rule = RULES.get(name.replace("-", "_"))
    if rule is None:
        hint = did_you_mean(name, RULES, "docs/reference.md lists them.")
        raise WrongWords(f"There is no deadline {name!r}: {hint}")
    return rule


@dataclass(frozen=True, slots=True)
class Explanation:
    """How a date was reckoned, step by step."""

    deadline: Deadline
    steps: tuple[Step, ...]
    stored: StoredDeadline | None

    def as_data(self, reference: str) -> dict[str, Any]:
        deadline = self.deadline
        return {
            "reference": reference,
            "deadline": deadline.id,
            "words": deadline.rule.words,
            "status": self.stored.status if self.stored else deadline.status.value,
            "due_on": deadline.due_on.isoformat(),
            "fires_at": deadline.fires_at.isoformat(),
            "source": deadline.rule.source,
            "verified": deadline.rule.verified,
            "steps": [
                {"text": step.text, "day": step.day.isoformat() if step.day else None, "source": step.source}
                for step in self.steps
            ],
            "warnings": list(deadline.warnings),
        }


def explain(view: CaseView, rule: Rule) -> Explanation:
    """The reckoning of one deadline of a case. Raises FactRefused where it does not run there."""
    steps: list[Step] = []
    deadline = reckon(rule, view.stored.state, view.facts, view.situation.reckoner, steps)
    if deadline is None:
        if rule is LODGE_APPEAL and steps:
            raise FactRefused(f"it does not run in {view.stored.reference}: {steps[-1].text}", fact=rule.id)
        raise FactRefused(
            f"it does not run in {view.stored.reference}: its clock starts with {' or '.join(rule.clock)}"
            + (f", where {conditions}" if (conditions := _conditions(rule)) else ""),
            fact=rule.id,
        )
    return Explanation(deadline, tuple(steps), view.stored.deadlines.get(rule.id))


def _conditions(rule: Rule) -> str:
    """What must hold besides its clock, as a clause; empty where nothing must."""
    found = [
        f"{fact} is {' or '.join(value or 'not recorded' for value in values)}"
        for fact, values in (rule.when or {}).items()
    ]
    found += [f"{fact} is not true" for fact in rule.unless]
    found += [f"it comes before {rule.before}"] if rule.before else []
    return " and ".join(found)
