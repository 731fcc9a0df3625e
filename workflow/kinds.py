"""The kinds of change: what each would do to a case as it stands, as entries. Nothing is written here."""

from collections.abc import Callable, Iterator, Mapping, Set
from datetime import date

from persistence.erasure import why_it_must_stay
from persistence.unit import StoredCase, Unit
from states.calendar import london_day
from states.deadlines import Deadline, Status, reckon
from states.decisions import EXPIRED, Role
from states.errors import FactRefused, TransitionRefused
from states.facts import Facts, Value, check_order, fact_rule, in_the_future, parse, stored_facts, text_of
from states.guards import recommendations_are_possible
from states.machine import move
from states.rules import LODGE_APPEAL, RULES
from states.situation import RECOMMENDED_TO, SPOKEN, Situation
from states.table import MOVING, rows_from
from workflow.change import DAEMON, Change, Step
from workflow.reconcile import moved_dates
from workflow.replay import replay
from workflow.undoing import UNDO, check_slip, facts_before, missed_before

LODGED = "appeal_lodged_on"


def _given(change: Change, situation: Situation, trigger: str) -> dict[str, Value]:
    """The facts that came with a trigger, read and checked against what is recorded already."""
    rows = rows_from(trigger, situation.state)
    own = {name for row in rows for name in (row.sets, *row.needs, *row.takes)}
    given: dict[str, Value] = {}
    for typed, text in change.facts.items():
        name = fact_rule(typed).name
        value = parse(name, text)
        if name in MOVING and name not in own:
            raise FactRefused(_by_its_trigger(name), fact=name)
        if name in situation.recorded and name not in own and name not in SPOKEN:
            raise FactRefused(_recorded_already(name, situation), fact=name)
        given[name] = value
    return given


def _by_its_trigger(name: str) -> str:
    return f"it is recorded by its trigger, which may move the case: redress advance REF {MOVING[name]} --on DATE"


def _recorded_already(name: str, situation: Situation) -> str:
    """Why a fact can't be recorded twice."""
    way = " or, when the right passes to the young person, redress advance REF pass_right" if name == "party" else ""
    return (
        f"it is recorded already ({text_of(situation.recorded[name])}); to mend it, use redress correct REF "
        f"{name}=VALUE --reason WHY{way}"
    )


def _advance(unit: Unit, case: StoredCase, change: Change, situation: Situation) -> list[Step]:
    """A trigger, from a person or the daemon; the opening is one too."""
    trigger = change.trigger
    rows = rows_from(trigger, situation.state)
    if not rows:
        move(trigger, situation)  # refuses, and says from where it is possible
    given = _given(change, situation, trigger)
    sets = rows[0].sets
    said = given.pop(sets, None)
    if isinstance(said, date):
        if change.on is not None and change.on != said:
            raise FactRefused(f"--on says {change.on} and the fact says {said}: give one of them", fact=sets)
        situation.on = said
    situation.given = given
    if situation.on > situation.today:
        raise FactRefused(in_the_future(situation.on, situation.today), fact=sets or trigger)
    move(trigger, situation)
    if case.state == situation.state == EXPIRED:
        _check_still_expired(unit, case, given.keys() - {rows[0].sets, *rows[0].needs, *rows[0].takes}, situation)
    return [Step(trigger, situation.state, situation.on, situation.facts, change.actor, change.note)]


def _check_still_expired(unit: Unit, case: StoredCase, beside: Set[str], situation: Situation) -> None:
    """Refuse facts beside a trigger that show the window open: they reinstate, and that is an entry of its own."""
    facts = {**situation.recorded, **{name: situation.given[name] for name in sorted(beside)}}
    if beside and _settled_state(unit, case, facts, situation) != EXPIRED:
        name = min(beside)
        raise FactRefused(
            "with it the case has not expired, and is to be reinstated first: record it by itself with redress record "
            f"REF {name}={text_of(facts[name])}, then advance",
            fact=name,
        )


def _open(unit: Unit, case: StoredCase, change: Change, situation: Situation) -> list[Step]:
    facts = {fact_rule(name).name: value for name, value in change.facts.items()}
    happened = next((name for name in ("decided_on", "requested_on", "review_meeting_on") if name in facts), None)
    if happened is not None:
        day = parse(happened, facts[happened])
        if isinstance(day, date):
            if day > situation.today:
                raise FactRefused(in_the_future(day, situation.today), fact=happened)
            situation.on = day
    return _advance(unit, case, change, situation)


def _record(unit: Unit, case: StoredCase, change: Change, situation: Situation) -> list[Step]:
    """A fact that moves no state by itself; a case that expired too early by it is reinstated."""
    facts = dict(situation.recorded)
    for typed, text in change.facts.items():
        name = fact_rule(typed).name
        if name in MOVING:
            raise FactRefused(_by_its_trigger(name), fact=name)
        if name in SPOKEN:
            raise FactRefused("it is said with a trigger and not recorded by itself", fact=name)
        if name in facts:
            raise FactRefused(_recorded_already(name, situation), fact=name)
        _check_deadline_runs(name, situation)
        _check_appeal_is_lodged(name, situation)
        _check_recommended(name, situation)
        facts[name] = parse(name, text)
    check_order(facts, situation.today)
    dest = _settled_state(unit, case, facts, situation)
    return [Step("record", dest, situation.on, facts, change.actor, change.note)]


def _check_deadline_runs(name: str, situation: Situation) -> None:
    """Refuse a directed date, an excuse or a meeting of a deadline that this case does not have."""
    for suffix in ("_directed_on", "_met_on", "_excused"):
        rule = RULES.get(name.removesuffix(suffix)) if name.endswith(suffix) else None
        if rule is not None and reckon(rule, situation.state, situation.recorded, situation.reckoner) is None:
            raise FactRefused(
                f"the deadline {rule.id} does not run in this case; it starts with {' or '.join(rule.clock)}", fact=name
            )


def _check_appeal_is_lodged(name: str, situation: Situation) -> None:
    """Refuse what the Tribunal sets or says of an appeal that is not recorded yet."""
    if LODGED in fact_rule(name).follows and LODGED not in situation.recorded:
        raise FactRefused(
            "no appeal is recorded yet: record it first with redress advance REF lodge_appeal --on DATE", fact=name
        )


def _check_recommended(name: str, situation: Situation) -> None:
    """Refuse what the Tribunal cannot have recommended on this decision."""
    why = recommendations_are_possible(situation) if name in RECOMMENDED_TO.values() else None
    if why is not None:
        raise FactRefused(why, fact=name)


def _correct(unit: Unit, case: StoredCase, change: Change, situation: Situation) -> list[Step]:
    """Recorded facts mended; state and dates follow, and a window that is in truth past expires now."""
    facts = dict(situation.recorded)
    for typed, text in change.facts.items():
        name = fact_rule(typed).name
        if name not in facts:
            raise FactRefused(f"it is not recorded, so there is nothing to correct{_how_to_record(name)}", fact=name)
        if text == "":
            if name in MOVING or name in ("decision", "party"):
                raise FactRefused(
                    "it cannot be withdrawn, since the state rests on it; give the right value", fact=name
                )
            del facts[name]
            continue
        facts[name] = parse(name, text)
        if facts[name] == situation.recorded[name]:
            raise FactRefused(f"it is {text_of(facts[name])} already; nothing was changed", fact=name)
    check_order(facts, situation.today)
    dest = _settled_state(unit, case, facts, situation)
    return [
        Step("correct", dest, situation.on, facts, change.actor, change.note),
        *_expiry_now(dest, facts, situation),
    ]


def _undo(unit: Unit, case: StoredCase, change: Change, situation: Situation) -> list[Step]:
    """The last entry, a slip, reversed by an entry of its own: state and facts are what they were before it."""
    history = unit.entries(case)
    check_slip(history[-1], change.actor, situation)
    dest, facts = history[-1].source, stored_facts(facts_before(history))
    return [
        Step(UNDO, dest, situation.today, facts, change.actor, change.note, missed=missed_before(history)),
        *_expiry_now(dest, facts, situation),
    ]


def _expiry_now(state: str, facts: Facts, situation: Situation) -> Iterator[Step]:
    """The expiry of a case in this state, where by these facts its window is past already."""
    boundary = reckon(LODGE_APPEAL, state, facts, situation.reckoner)
    if boundary and boundary.is_due(situation.now):
        expiring = Situation(situation.reference, state, facts, situation.now, situation.reckoner, role=Role.SYSTEM)
        yield _expiry(expiring, boundary)


def _how_to_record(name: str) -> str:
    trigger = MOVING.get(name)
    return f"; record it with redress {f'advance REF {trigger}' if trigger else f'record REF {name}=VALUE'}"


def _settled_state(unit: Unit, case: StoredCase, facts: Facts, situation: Situation) -> str:
    """The state that the history gives with these facts.

    A case that expired is where it was before, if its window is in truth open; else it stays expired.
    """
    history = unit.entries(case)
    before = replay(case, history, situation.recorded, situation)
    after = replay(case, history, facts, situation)
    if case.state != EXPIRED:
        return after if after != before else case.state
    boundary = reckon(LODGE_APPEAL, after, facts, situation.reckoner)
    still_past = boundary and boundary.is_due(situation.now)
    return EXPIRED if still_past else after


def _expiry(case: Situation, boundary: Deadline) -> Step:
    """The expiry of a case, entered at its boundary, with the real lateness beside it."""
    case.on = london_day(boundary.fires_at)
    move("expire_appeal", case)
    return Step(
        "expire_appeal", case.state, case.on, case.recorded, DAEMON,
        deadline=boundary.id, late_seconds=int(boundary.late_by(case.now).total_seconds()),
    )  # fmt: skip


def _fire(unit: Unit, case: StoredCase, change: Change, situation: Situation) -> list[Step]:
    """A deadline's instant has come: the boundary expires the case, a duty is recorded as missed, once.

    Nothing happens where the row has ended meanwhile. Where the date in truth lies later (the calendar or a rule has
    changed since it was armed), it is moved and not fired.
    """
    row = case.deadlines.get(change.deadline or "")
    if row is None or row.status != Status.ARMED:
        return []
    rule = RULES.get(row.deadline)
    reckoned = reckon(rule, case.state, situation.recorded, situation.reckoner) if rule else None
    if reckoned is None or not reckoned.is_due(situation.now):
        return [
            Step("reckon_again", case.state, situation.today, situation.recorded, change.actor, deadline=row.deadline)
        ]
    if rule is LODGE_APPEAL:
        return [_expiry(situation, reckoned)]
    return [
        Step(
            "miss_duty", case.state, reckoned.due_on, situation.recorded, change.actor,
            deadline=row.deadline, missed=frozenset((row.deadline,)),
            late_seconds=int(reckoned.late_by(situation.now).total_seconds()),
        )
    ]  # fmt: skip


def _reckon(unit: Unit, case: StoredCase, change: Change, situation: Situation) -> list[Step]:
    """The calendar or the rules have changed: open dates move to what they now give; nothing where none does.

    The window of a case that expired under the old date is left for a person: to reinstate it is no matter of form.
    """
    moved = moved_dates(case, situation.recorded, situation.reckoner, situation.now)
    if all(case.state == EXPIRED and row.deadline == LODGE_APPEAL.id for row, _ in moved):
        return []
    return [Step("reckon_again", case.state, situation.today, situation.recorded, change.actor, change.note)]


def _erase(unit: Unit, case: StoredCase, change: Change, situation: Situation) -> list[Step]:
    """What names a person goes, as the workflow table allows it; the dates stay as they were reckoned at the time."""
    reason = why_it_must_stay(unit, case)
    if reason is not None:
        raise TransitionRefused(reason, reference=case.reference, trigger="erase", state=case.state)
    move("erase", situation)
    return [Step("erase", case.state, situation.today, situation.facts, change.actor, keeps_dates=True)]


STEPS: Mapping[str, Callable[[Unit, StoredCase, Change, Situation], list[Step]]] = {
    "open": _open,
    "advance": _advance,
    "record": _record,
    "correct": _correct,
    "undo": _undo,
    "fire": _fire,
    "reckon": _reckon,
    "erase": _erase,
}
