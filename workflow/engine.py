"""The one way in: every change of a case, by a person or by the daemon, goes through `apply`.

A change is one transaction: read the case, let the machine say whether and where it moves, append to the log, bring
the deadlines to what the facts now imply. The caller commits; until then nothing has happened.
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, NamedTuple

from persistence.erasure import erase_texts, why_it_must_stay
from persistence.log import Entry, canonical
from persistence.sealing import is_erased_reference
from persistence.unit import StoredCase, Unit
from states.calendar import london_day
from states.deadlines import Deadline, Reckoner, Status, deadlines, reckon
from states.decisions import EXPIRED, STATES, UNOPENED, Role
from states.definition import version
from states.errors import (
    CaseChanged,
    CaseErased,
    DuplicateReference,
    FactRefused,
    NoSuchCase,
    TransitionRefused,
    UnknownState,
)
from states.facts import REFERENCE, Facts, Value, check_order, fact_rule, in_the_future, parse, stored_facts, text_of
from states.machine import move
from states.rules import LODGE_APPEAL, RULES
from states.situation import SPOKEN, Situation
from states.table import MOVING, rows_from
from workflow.permission import check_change
from workflow.reconcile import Reconciled, moved_dates, reconcile
from workflow.replay import replay
from workflow.second_person import Proposal, waits

NOTE_LENGTH = 500


@dataclass(frozen=True, slots=True)
class Actor:
    """Who makes a change: a login or database user, or the daemon.

    The role is looked up by `Session.acting`. `lent` is true where the policy let somebody else take this name.
    """

    name: str
    role: Role = Role.MANAGER
    lent: bool = False


DAEMON = Actor("redress daemon", Role.SYSTEM)


@dataclass(frozen=True, slots=True)
class Change:
    """What somebody asks the engine to do to one case.

    `on` is the day in London on which it happened, today where it is not given. `facts` are as they were typed.
    `deadline` is the one whose instant has come, on the daemon's changes. `if_version` refuses the change where the
    case has moved on from what the asker saw. `proposed_by` is who proposed a change that a second person now makes.
    """

    kind: Literal["open", "advance", "record", "correct", "fire", "reckon", "erase"]
    reference: str
    actor: Actor
    trigger: str = ""
    on: date | None = None
    facts: Mapping[str, object] = field(default_factory=dict)
    note: str | None = None
    deadline: str | None = None
    if_version: int | None = None
    proposed_by: str = ""


@dataclass(frozen=True, slots=True)
class Applied:
    """The case as it stands after a change, and the entries that were appended for it.

    Of a change that waits for a second person there is none yet, but a proposal.
    """

    case: StoredCase
    entries: tuple[Entry, ...]
    proposal: Proposal | None = None


class _Step(NamedTuple):
    """What one entry will say: where the case goes, on which day, with which facts."""

    trigger: str
    dest: str
    on: date
    facts: Facts
    actor: Actor
    note: str | None = None
    deadline: str | None = None
    late_seconds: int | None = None
    missed: str | None = None
    keeps_dates: bool = False


def apply(unit: Unit, change: Change, now: datetime, reckoner: Reckoner) -> Applied:
    """Make a change in the unit's transaction. `now` is an aware instant; nothing is committed.

    Raises a Refused error where the workflow refuses it, NoSuchCase, or CaseChanged; then nothing is written.
    """
    check_change(unit, change)
    _check_note(change.note)
    case = _opened(unit, change) if change.kind == "open" else _stored(unit, change)
    recorded = stored_facts(case.facts)
    situation = Situation(
        reference=case.reference,
        state=case.state or UNOPENED,
        recorded=recorded,
        now=now,
        reckoner=reckoner,
        on=change.on or date.min,
        role=change.actor.role,
        actor=change.actor.name,
    )
    entries: list[Entry] = []
    steps = _STEPS[change.kind](unit, case, change, situation)
    if steps and (proposal := waits(unit, case, change, steps[0].dest, reckoner.policy, now)):
        return Applied(case, (), proposal)
    for step in steps:
        case, entry = _write(unit, case, step, now, reckoner)
        entries.append(entry)
    if change.kind == "erase":
        case = erase_texts(unit, case)
    return Applied(case, tuple(entries))


def _check_note(note: str | None) -> None:
    if note is not None and (len(note) > NOTE_LENGTH or not note.isprintable()):
        raise FactRefused(
            f"a note is one line of at most {NOTE_LENGTH} printable characters; this has {len(note)}", fact="note"
        )


def _opened(unit: Unit, change: Change) -> StoredCase:
    if not REFERENCE.fullmatch(change.reference):
        raise FactRefused(
            f"{change.reference[:40]!r} is not a case reference: give up to 40 letters, digits and . / _ - (no name)",
            fact="reference",
        )
    if is_erased_reference(change.reference):
        raise FactRefused("an erased case is called so: give another reference", fact="reference")
    if unit.case(change.reference) is not None:
        raise DuplicateReference(reference=change.reference)
    return unit.open(change.reference)


def _stored(unit: Unit, change: Change) -> StoredCase:
    case = unit.case(change.reference)
    if case is None:
        raise NoSuchCase(reference=change.reference)
    if is_erased_reference(case.reference):
        raise CaseErased(reference=case.reference)
    if change.if_version is not None and case.version != change.if_version:
        raise CaseChanged(reference=case.reference)
    if case.state not in STATES:
        raise UnknownState(reference=case.reference, state=case.state)
    return case


def _write(unit: Unit, case: StoredCase, step: _Step, now: datetime, reckoner: Reckoner) -> tuple[StoredCase, Entry]:
    """Append one entry, with the deadlines that follow from it."""
    changed = {} if step.deadline else _changed(case, step.facts)
    definition = version(reckoner.calendar)
    settled = (
        Reconciled((), ())
        if step.keeps_dates
        else reconcile(case.deadlines, deadlines(step.dest, step.facts, reckoner), now, definition, missed=step.missed)
    )
    entry = Entry(
        case=case.reference,
        seq=case.version + 1,
        trigger=step.trigger,
        source=case.state or UNOPENED,
        dest=step.dest,
        on=step.on,
        recorded_at=now,
        actor=step.actor.name,
        note=step.note,
        facts=canonical(changed) if changed else "{}",
        deadlines=canonical(settled.changes),
        deadline=step.deadline,
        late_seconds=step.late_seconds,
        definition=definition,
        previous=case.head,
    )
    written = unit.write(case, entry, settled.rows)
    return written, entry


def _changed(case: StoredCase, facts: Facts) -> dict[str, str | None]:
    """The facts that differ from the stored ones; None for one that is taken back. What time does changes none."""
    texts = {name: text_of(value) for name, value in facts.items()}
    changed: dict[str, str | None] = {name: text for name, text in texts.items() if case.facts.get(name) != text}
    return changed | {name: None for name in case.facts if name not in texts}


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
    return f"it moves the case's state; record it with redress advance REF {MOVING[name]} --on DATE"


def _recorded_already(name: str, situation: Situation) -> str:
    """Why a fact can't be recorded twice."""
    way = " or, when the right passes to the young person, redress advance REF pass_right" if name == "party" else ""
    return (
        f"it is recorded already ({text_of(situation.recorded[name])}); to mend it, use redress correct REF "
        f"{name}=VALUE --reason WHY{way}"
    )


# --- the kinds of change ---------------------------------------------------------------------------------------------


def _advance(unit: Unit, case: StoredCase, change: Change, situation: Situation) -> list[_Step]:
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
    return [_Step(trigger, situation.state, situation.on, situation.facts, change.actor, change.note)]


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


def _open(unit: Unit, case: StoredCase, change: Change, situation: Situation) -> list[_Step]:
    facts = {fact_rule(name).name: value for name, value in change.facts.items()}
    happened = next(
        (facts[name] for name in ("decided_on", "requested_on", "review_meeting_on") if name in facts), None
    )
    if happened is not None:
        day = parse("decided_on", happened)
        situation.on = day if isinstance(day, date) else situation.on
    return _advance(unit, case, change, situation)


def _record(unit: Unit, case: StoredCase, change: Change, situation: Situation) -> list[_Step]:
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
        facts[name] = parse(name, text)
    check_order(facts, situation.today)
    dest = _settled_state(unit, case, facts, situation)
    return [_Step("record", dest, situation.on, facts, change.actor, change.note)]


def _check_deadline_runs(name: str, situation: Situation) -> None:
    """Refuse a directed date, an excuse or a meeting of a deadline that this case does not have."""
    for suffix in ("_directed_on", "_met_on", "_excused"):
        rule = RULES.get(name.removesuffix(suffix)) if name.endswith(suffix) else None
        if rule is not None and reckon(rule, situation.state, situation.recorded, situation.reckoner) is None:
            raise FactRefused(
                f"the deadline {rule.id} does not run in this case; it starts with {' or '.join(rule.clock)}", fact=name
            )


def _correct(unit: Unit, case: StoredCase, change: Change, situation: Situation) -> list[_Step]:
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
    steps = [_Step("correct", dest, situation.on, facts, change.actor, change.note)]
    boundary = reckon(LODGE_APPEAL, dest, facts, situation.reckoner)
    if boundary and boundary.status is Status.ARMED and boundary.fires_at <= situation.now:
        expiring = Situation(situation.reference, dest, facts, situation.now, situation.reckoner, role=Role.SYSTEM)
        steps.append(_expiry(expiring, boundary))
    return steps


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
    still_past = boundary and boundary.status is Status.ARMED and boundary.fires_at <= situation.now
    return EXPIRED if still_past else after


def _expiry(case: Situation, boundary: Deadline) -> _Step:
    """The expiry of a case, entered at its boundary, with the real lateness beside it."""
    case.on = london_day(boundary.fires_at)
    move("expire_appeal", case)
    return _Step(
        "expire_appeal", case.state, case.on, case.recorded, DAEMON,
        deadline=boundary.id, late_seconds=int((case.now - boundary.fires_at).total_seconds()),
    )  # fmt: skip


def _fire(unit: Unit, case: StoredCase, change: Change, situation: Situation) -> list[_Step]:
    """A deadline's instant has come: the boundary expires the case, a duty is recorded as missed, once.

    Nothing happens where the row has ended meanwhile. Where the date in truth lies later (the calendar or a rule has
    changed since it was armed), it is moved and not fired.
    """
    row = case.deadlines.get(change.deadline or "")
    if row is None or row.status != Status.ARMED:
        return []
    rule = RULES.get(row.deadline)
    reckoned = reckon(rule, case.state, situation.recorded, situation.reckoner) if rule else None
    if reckoned is None or reckoned.status is not Status.ARMED or reckoned.fires_at > situation.now:
        return [
            _Step("reckon_again", case.state, situation.today, situation.recorded, change.actor, deadline=row.deadline)
        ]
    if rule is LODGE_APPEAL:
        return [_expiry(situation, reckoned)]
    return [
        _Step(
            "miss_duty", case.state, reckoned.due_on, situation.recorded, change.actor,
            deadline=row.deadline, missed=row.deadline,
            late_seconds=int((situation.now - reckoned.fires_at).total_seconds()),
        )
    ]  # fmt: skip


def _reckon(unit: Unit, case: StoredCase, change: Change, situation: Situation) -> list[_Step]:
    """The calendar or the rules have changed: open dates move to what they now give; nothing where none does.

    A case that expired under the old date is left for a person: whether it is to be reinstated is no matter of form.
    """
    if case.state == EXPIRED or not moved_dates(case, situation.recorded, situation.reckoner, situation.now):
        return []
    return [_Step("reckon_again", case.state, situation.today, situation.recorded, change.actor, change.note)]


def _erase(unit: Unit, case: StoredCase, change: Change, situation: Situation) -> list[_Step]:
    """What names a person goes, as the workflow table allows it; the dates stay as they were reckoned at the time."""
    reason = why_it_must_stay(unit, case)
    if reason is not None:
        raise TransitionRefused(reason, reference=case.reference, trigger="erase", state=case.state)
    move("erase", situation)
    return [_Step("erase", case.state, situation.today, situation.facts, change.actor, keeps_dates=True)]


_STEPS = {
    "open": _open,
    "advance": _advance,
    "record": _record,
    "correct": _correct,
    "fire": _fire,
    "reckon": _reckon,
    "erase": _erase,
}
