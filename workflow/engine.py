"""The one way in: every change of a case, by a person or by the daemon, goes through `apply`.

A change is one transaction: read the case, let the machine say whether and where it moves, append to the log, bring
the deadlines to what the facts now imply. The caller commits; until then nothing has happened.
"""

from collections.abc import Iterable
from datetime import date, datetime

from persistence.erasure import erase_texts
from persistence.log import Entry, canonical
from persistence.sealing import is_erased_reference
from persistence.unit import StoredCase, Unit
from states.deadlines import Deadline, deadlines
from states.decisions import STATES, UNOPENED
from states.definition import version
from states.errors import CaseChanged, CaseErased, DuplicateReference, FactRefused, NoSuchCase, UnknownState
from states.facts import REFERENCE, Facts, stored_facts, text_of
from states.reckoner import Reckoner
from states.rules import RULES
from states.situation import Situation
from states.table import TRIGGERS
from workflow.change import Applied, Change, Step
from workflow.kinds import STEPS
from workflow.permission import check_change
from workflow.reconcile import Reconciled, owed_again, reconcile
from workflow.second_person import waits
from workflow.undoing import UNDO

NOTE_LENGTH = 500
_IN_WORDS = {"\n": "a line break", "\r": "a line break", "\t": "a tab"}
# What says that the record was wrong, and not that something happened.
MENDING = ("correct", UNDO)
# What shows, where it is told late, that a clock was never started.
BEFORE = frozenset(rule.before for rule in RULES.values() if rule.before)


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
    steps = STEPS[change.kind](unit, case, change, situation)
    if steps and (proposal := waits(unit, case, change, steps[0].dest, reckoner.policy, now)):
        return Applied(case, (), proposal)
    for step in steps:
        case, entry = _write(unit, case, step, now, reckoner)
        entries.append(entry)
    if change.kind == "erase":
        case = erase_texts(unit, case)
    return Applied(case, tuple(entries))


def _check_note(note: str | None) -> None:
    fault = _fault_of(note) if note else None
    if fault is not None:
        raise FactRefused(
            f"a note is one line of at most {NOTE_LENGTH} printable characters; this {fault}", fact="note"
        )


def _fault_of(note: str) -> str | None:
    """What is wrong with a note; None where nothing is."""
    if len(note) > NOTE_LENGTH:
        return f"has {len(note)}"
    unprintable = next((letter for letter in note if not letter.isprintable()), None)
    if unprintable is None:
        return None
    found = _IN_WORDS.get(unprintable, f"the character U+{ord(unprintable):04X}, which cannot be printed")
    return f"has {found}: leave it out"


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


def _write(unit: Unit, case: StoredCase, step: Step, now: datetime, reckoner: Reckoner) -> tuple[StoredCase, Entry]:
    """Append one entry, with the deadlines that follow from it."""
    changed = {} if step.deadline else _changed(case, step.facts)
    definition = version(reckoner.calendar)
    settled = Reconciled((), ()) if step.keeps_dates else _settled(unit, case, step, now, reckoner, definition)
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
        deadlines=settled.told,
        deadline=step.deadline,
        late_seconds=step.late_seconds,
        definition=definition,
        previous=case.head,
    )
    written = unit.write(case, entry, settled.rows)
    if reckoner.policy.reminders:
        unit.remind(case, settled.rows, reckoner.policy.reminders, now)
    return written, entry


def _settled(
    unit: Unit, case: StoredCase, step: Step, now: datetime, reckoner: Reckoner, definition: str
) -> Reconciled:
    """The deadlines as the step leaves them. A duty that is owed again for a day that was entered as missed is missed,
    so that it is not fired a second time for that day."""
    reckoned = deadlines(step.dest, step.facts, reckoner)
    mended = step.trigger in MENDING or not (step.deadline or BEFORE.isdisjoint(step.facts.keys() - case.facts.keys()))
    never = _never_ran(case, reckoned, reckoner) if mended else frozenset()
    on = step.on if step.trigger in TRIGGERS else None  # what is recorded or mended is no event of that day
    settled = reconcile(case.deadlines, reckoned, now, definition, missed=step.missed, never=never, on=on)
    again = owed_again(settled.rows, case.deadlines, now)
    if not again:
        return settled
    entered = {(entry.deadline, entry.on) for entry in unit.stored_entries(case) if entry.trigger == "miss_duty"}
    missed = step.missed.union(row.deadline for row in again if (row.deadline, row.due_on) in entered)
    return reconcile(case.deadlines, reckoned, now, definition, missed=missed, never=never, on=on)


def _never_ran(case: StoredCase, reckoned: Iterable[Deadline], reckoner: Reckoner) -> frozenset[str]:
    """The deadlines that the recorded facts of a case give and the mended ones do not."""
    before = deadlines(case.state, stored_facts(case.facts), reckoner)
    return frozenset(deadline.id for deadline in before).difference(deadline.id for deadline in reckoned)


def _changed(case: StoredCase, facts: Facts) -> dict[str, str | None]:
    """The facts that differ from the stored ones; None for one that is taken back. What time does changes none."""
    texts = {name: text_of(value) for name, value in facts.items()}
    changed: dict[str, str | None] = {name: text for name, text in texts.items() if case.facts.get(name) != text}
    return changed | {name: None for name in case.facts if name not in texts}
