"""The shared machine: one `transitions.Machine`, made from the workflow table at import, that moves any case.

A machine for each case would cost some thirty times what an event on this one costs. It is asked by the trigger's name
(`events[trigger].trigger(situation)`), so that no method is added to a case at run time.
"""

from typing import cast

from transitions import EventData, Machine, Transition

from states.check import check_definition
from states.decisions import STATES, UNOPENED, Role
from states.errors import CannotReckon, TransitionRefused, UnknownState, WrongWords, not_permitted
from states.facts import check_order
from states.guards import CHOICES, GUARDS
from states.nearest import did_you_mean
from states.situation import Situation
from states.table import INTERNAL, OWN_COMMANDS, SAME, TABLE, TRIGGERS, Row, rows_from


def why_not(row: Row, case: Situation) -> str | None:
    """Why a row may not be applied to a case as it would stand; None where nothing is against it."""
    if not case.role.may(row.who):
        return _not_yours(row, case)
    missing = [name for name in row.needs if name not in case.facts and name not in case.given]
    if missing and not case.asking:
        return f"{' and '.join(missing)} must be given (--fact {missing[0]}=...)"
    repeated = row.sets if row.sets in case.recorded and row.sets not in row.clears else ""
    if repeated and row.trigger != "start_disagreement_resolution":
        return f"{repeated} is recorded already ({case.recorded[repeated]}); to mend it, use redress correct"
    return GUARDS[row.guard](case) if row.guard else None


def _not_yours(row: Row, case: Situation) -> str:
    if row.who is Role.SYSTEM:
        return "only the daemon does this, at its instant" + (
            f"; {reason}" if row.guard and (reason := GUARDS[row.guard](case)) else ""
        )
    return f"it is for {row.who.words}, and {case.actor or 'who asks'} {case.role.clause}"


def picked(row: Row, case: Situation) -> bool:
    """Whether this is the row meant, of those that share a trigger and a state."""
    return row.picked_by(case.facts) and (not row.choice or CHOICES[row.choice](case))


class _RowTransition(Transition):
    """A row of the table from one of its states. Its one condition: the row is the one meant, nothing is against it.

    No callback hangs on any transition or state, so none is looked for, which is most of what an event costs.
    """

    row: Row

    def execute(self, event_data: EventData) -> bool:
        """Move the case and say that the row was applied; False where it was not, and then only `facts` is changed."""
        case = cast(Situation, event_data.model)
        case.attempt(self.row)
        if not picked(self.row, case) or why_not(self.row, case) is not None:
            return False
        case.row = self.row
        case.state = self.dest or case.state
        return True


class _TableMachine(Machine):
    transition_cls = _RowTransition


def _build() -> Machine:
    check_definition()
    machine = _TableMachine(
        model=None,
        states=list(STATES),
        initial=UNOPENED,
        auto_transitions=False,
        send_event=True,
        ignore_invalid_triggers=True,
    )
    for row in TABLE:
        for source in row.sources:
            machine.add_transition(row.trigger, source, source if row.dest == SAME else row.dest)
            cast(_RowTransition, machine.events[row.trigger].transitions[source][-1]).row = row
    return machine


MACHINE = _build()


def require_trigger(name: str) -> str:
    """A trigger's id, hyphens taken for underscores. Raises WrongWords for an unknown one."""
    trigger = name.replace("-", "_")
    if trigger in OWN_COMMANDS:
        raise WrongWords(f"There is no trigger {name!r}: it is a command of its own, redress {trigger}.")
    if trigger not in TRIGGERS or trigger in INTERNAL:
        known = [name for name in TRIGGERS if name not in INTERNAL]
        hint = did_you_mean(trigger, known, f"it is one of {', '.join(known)}.")
        raise WrongWords(f"There is no trigger {name!r}: {hint}")
    return trigger


def move(trigger: str, case: Situation) -> Row:
    """Apply a trigger to a case: its state and facts change, or TransitionRefused says why not.

    Raises UnknownState for a state that this version does not know, FactRefused for a day that cannot be.
    """
    if case.state not in STATES:
        raise UnknownState(reference=case.reference, state=case.state)
    rows = rows_from(trigger, case.state)
    if not rows:
        raise TransitionRefused(_not_from_here(trigger, case), **_about(trigger, case, "state"))
    case.attempt(rows[0])
    if case.facts is not case.recorded and case.facts != case.recorded:  # what is recorded was checked when it was
        check_order(case.facts, case.today)
    before = case.state
    if not MACHINE.events[trigger].trigger(case):
        case.state = before
        reason, guard, row = _first_reason(rows, case)
        case.facts = case.recorded
        if row is not None and row.who is not Role.SYSTEM and not case.role.may(row.who):
            raise not_permitted(trigger, case.reference, case.state, case.actor, case.role, row.who)
        raise TransitionRefused(reason, **_about(trigger, case, guard))
    return cast(Row, case.row)


def _about(trigger: str, case: Situation, guard: str) -> dict[str, object]:
    return {"reference": case.reference, "trigger": trigger, "state": case.state, "guard": guard}


def _first_reason(rows: tuple[Row, ...], case: Situation) -> tuple[str, str, Row | None]:
    """The reason of the row that was meant, or of the first that has one, the name of what said no, and that row."""
    reasons = []
    for number, row in enumerate(rows):
        case.attempt(row)
        reason = why_not(row, case)
        if reason is not None:
            reasons.append((not picked(row, case), reason, _guard_of(row, case, reason), number))
    if not reasons:
        return "what was given fits no row of the workflow", "fact", None
    _, reason, guard, number = min(reasons)
    return reason, guard, rows[number]


def _guard_of(row: Row, case: Situation, reason: str) -> str:
    """Who gave this reason: the row's guard by its name, else `role` or `fact`."""
    if reason == _not_yours(row, case):
        return "role"
    return row.guard if row.guard and reason == GUARDS[row.guard](case) else "fact"


def _not_from_here(trigger: str, case: Situation) -> str:
    """Where a trigger starts, and what could be done instead."""
    sources = dict.fromkeys(source for row in TRIGGERS[trigger] for source in row.sources)
    can = [name for name, reason in possible(case) if reason is None]
    recorded = next((row.sets for row in TRIGGERS[trigger] if row.sets in case.recorded), None)
    done = (
        f"{recorded} is recorded already ({case.recorded[recorded]}; to mend it, use redress correct); "
        if recorded
        else ""
    )
    return f"{done}it is possible from {', '.join(sources)}; now possible: {', '.join(can) if can else 'nothing'}"


def possible(case: Situation) -> list[tuple[str, str | None]]:
    """Each trigger that starts in the case's state, with what is against it now (None: nothing). Never raises."""
    found: list[tuple[str, str | None]] = []
    asking = Situation(
        case.reference, case.state, case.recorded, case.now, case.reckoner,
        role=case.role, actor=case.actor, asking=True,
    )  # fmt: skip
    for trigger in TRIGGERS:
        rows = [row for row in rows_from(trigger, case.state) if trigger not in INTERNAL]
        if rows:
            reasons = []
            for row in rows:
                asking.attempt(row)
                try:
                    reasons.append(why_not(row, asking))
                except CannotReckon as unknown:
                    reasons.append(str(unknown))
            found.append((trigger, None if None in reasons else reasons[0]))
    return found
