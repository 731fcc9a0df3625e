"""The backlog from a spreadsheet: each row opens a case, and what has happened in it is replayed through the engine.

A row says facts. Those that a trigger sets are replayed by that trigger, in the order of their days; the rest are
recorded as soon as what they follow is there. A case that is there already is brought to where its row says, so that
doing it twice changes nothing; at a step that waits for a second person a row stops until it is confirmed. All rows are
one transaction, or with `each` one for so many; a row that is refused is undone alone.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Literal

from persistence.unit import StoredCase, Unit
from states.errors import (
    DatabaseUnreachable,
    FactRefused,
    RedressError,
    Refused,
    RefusedByDatabase,
    TransitionRefused,
)
from states.facts import FACTS, Type, fact_rule, parse, parse_date, shown, text_of
from states.situation import SPOKEN
from states.table import INTERNAL, MOVING, TRIGGERS, rows_from
from workflow.change import Actor, Applied, Change
from workflow.engine import apply
from workflow.replay import facts_that_steps_changed
from workflow.session import Moment, Session
from workflow.sheets import SheetRow, read_sheet
from workflow.words import inert

REFERENCE = "reference"
NEEDED = (REFERENCE, "decision")
# So many rows are committed at once where each stands for itself.
AT_ONCE = 200
_OPENING = ("decision", "party", "requested_on", "review_meeting_on", "decided_on")


@cache
def columns() -> tuple[str, ...]:
    """Every column that a file may have: the reference, then the facts in the order in which things happen."""
    steps = [row.sets for rows in TRIGGERS.values() for row in rows if row.sets]
    order = dict.fromkeys((*_OPENING, *steps, *FACTS))
    return (REFERENCE, *(name for name in order if name in FACTS and not _has_a_command_of_its_own(name)))


def _has_a_command_of_its_own(name: str) -> bool:
    return name in SPOKEN or name == "held_for" or FACTS[name].type is Type.DIGEST


def template() -> str:
    """The heading of a file, with the columns of the main road: the ones that most cases need."""
    main = {name for rows in TRIGGERS.values() for row in rows if row.main_road and row.trigger not in INTERNAL[1:]
            for name in (row.sets, *row.needs, *row.takes)}  # fmt: skip
    return ",".join(name for name in columns() if name in (REFERENCE, *_OPENING) or name in main)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a row: its line, the column (None: the row), and what."""

    line: int
    column: str | None
    what: str


@dataclass(slots=True)
class Imported:
    """What an import did, or with a dry run would have done.

    `waiting` counts the rows that stopped at a step for a second person; each is counted by what was done before, too.
    """

    rows: int = 0
    opened: int = 0
    advanced: int = 0
    unchanged: int = 0
    waiting: int = 0
    errors: list[Fault] = field(default_factory=list)
    applied: bool = False

    def as_data(self) -> dict[str, Any]:
        return {
            "rows": self.rows, "opened": self.opened, "advanced": self.advanced, "unchanged": self.unchanged,
            "waiting": self.waiting, "applied": self.applied,
            "errors": [{"line": each.line, "column": each.column, "what": each.what} for each in self.errors],
        }  # fmt: skip


def import_file(
    session: Session, file: Path, *, dry_run: bool, each: bool, done: Callable[[int, int], None]
) -> Imported:
    """Import a file. `done` is told how many of how many rows were seen.

    With `each` the good rows stand, else all do or none. Raises WrongWords for a file that can't be read, and
    DatabaseUnreachable, the rows in hand undone.
    """
    rows = read_sheet(file, columns(), NEEDED)
    found = Imported(rows=len(rows))
    found.errors += [Fault(row.line, row.fault[0], inert(row.fault[1])) for row in rows if row.fault]
    found.errors += _repeated(rows)
    bad = {fault.line for fault in found.errors}
    at_once = AT_ONCE if each and not dry_run else max(len(rows), 1)
    for start in range(0, len(rows), at_once):
        with session.moment(writing=True) as moment:
            actor = session.acting(moment)
            for number, row in enumerate(rows[start : start + at_once], start + 1):
                if row.line not in bad:
                    _take(moment, actor, row, found)
                done(number, len(rows))
            if not dry_run and (each or not found.errors):
                moment.unit.commit()
                found.applied = True
    return found


def _repeated(rows: Sequence[SheetRow]) -> Iterator[Fault]:
    """The rows whose reference stands in an earlier one."""
    first: dict[str, int] = {}
    for row in rows:
        reference = row.cells.get(REFERENCE, "")
        if reference and first.setdefault(reference, row.line) != row.line:
            yield Fault(row.line, REFERENCE, f"{inert(reference)} stands in line {first[reference]} already")


def _take(moment: Moment, actor: Actor, row: SheetRow, found: Imported) -> None:
    """Bring one row's case to where the row says, or say why not; a row that is refused leaves nothing behind.

    Raises DatabaseUnreachable, which is about no row: the transaction may be gone already.
    """
    try:
        with moment.unit.attempt():
            was_there, steps, waits = _replay(moment, actor, row)
    except Refused as refused:
        found.errors.append(Fault(row.line, _column(refused, row), inert(_why(refused))))
        return
    except RedressError as other:
        if isinstance(other, DatabaseUnreachable) and not isinstance(other, RefusedByDatabase):
            raise
        found.errors.append(Fault(row.line, None, inert(str(other))))
        return
    found.waiting += waits
    if not was_there:
        found.opened += 1
    elif steps:
        found.advanced += 1
    else:
        found.unchanged += 1


def _why(refused: Refused) -> str:
    return str(refused.why) if isinstance(refused, FactRefused) else str(refused)


def _column(refused: Refused, row: SheetRow) -> str | None:
    """The column that a refusal is about."""
    about = refused.about
    named = str(about.get("fact", ""))
    if not named and isinstance(refused, TransitionRefused):
        named = next((each.sets for each in TRIGGERS.get(str(about["trigger"]), ()) if each.sets), "")
    return named if named in row.cells else REFERENCE if named == REFERENCE else None


def _replay(moment: Moment, actor: Actor, row: SheetRow) -> tuple[bool, int, bool]:
    """Whether the case was there, how many changes were made, and whether the next one waits for a second person.

    Raises what the engine raises.
    """
    facts = dict(row.cells)
    reference = facts.pop(REFERENCE, "")
    if not reference:
        raise FactRefused("it is empty: each row names its case", fact=REFERENCE)
    _check_dates(facts)
    case = moment.unit.case(reference)
    was_there = case is not None
    if case is None:
        opening = {name: facts.pop(name) for name in _OPENING if name in facts}
        opening.setdefault("party", "parent")
        case = _change(moment, actor, reference, "open", "open", opening).case
    else:
        facts = _not_recorded_yet(moment.unit, case, facts)
    steps = 0 if was_there else 1
    while facts:
        kind, trigger, given = _next(case, facts)
        for name in given:
            del facts[name]
        applied = _change(moment, actor, reference, kind, trigger, given)
        if applied.proposal is not None:
            # What comes after it must wait as well: a change would make the proposal stale.
            return was_there, steps, True
        case = applied.case
        steps += 1
    return was_there, steps, False


def _check_dates(facts: Mapping[str, str]) -> None:
    for name, text in facts.items():
        if FACTS[name].type is not Type.DATE or parse_date(text):
            continue
        if re.fullmatch(r"\d+[/. -]\d+[/. -]\d\d", text):
            raise FactRefused(f"{text} has a year of two digits: write all four", fact=name)
        if re.fullmatch(r"\d{5}(\.\d+)?", text):
            raise FactRefused(
                f"{text} is a spreadsheet's own number for a day: give the column a date's format, and save it",
                fact=name,
            )
        raise FactRefused(f"{shown(text)} is not a day: write it as 2026-05-22 or 22/05/2026", fact=name)


def _not_recorded_yet(unit: Unit, case: StoredCase, facts: Mapping[str, str]) -> dict[str, str]:
    """What a row says beyond what was recorded, a later step's change of it or not.

    Raises FactRefused where the case says something else.
    """
    texts = {name: text_of(parse(name, text)) for name, text in facts.items()}
    differing = [name for name, text in texts.items() if case.facts.get(name) != text]
    changed = facts_that_steps_changed(unit.entries(case)) if differing else {}
    new: dict[str, str] = {}
    for name in differing:
        if texts[name] in changed.get(name, ()):
            continue
        if name in case.facts:
            raise FactRefused(
                f"the case says {case.facts[name]} and the file {facts[name]}: mend the file, or the case with "
                "redress correct",
                fact=name,
            )
        new[name] = facts[name]
    return new


def _next(case: StoredCase, facts: Mapping[str, str]) -> tuple[Literal["advance", "record"], str, dict[str, str]]:
    """The next change: what can be recorded now, else the trigger whose day comes first."""
    moving, said = [name for name in facts if name in MOVING], frozenset(facts)
    owned = {name for fact in moving for name in _own(_trigger_of(fact, case.state, said), case.state)}
    free = {
        name: text
        for name, text in facts.items()
        if name not in MOVING and name not in owned and all(f in case.facts or f not in facts for f in _follows(name))
    }
    if free and not (moving and _waits(free, moving, facts)):
        return "record", "", free
    if not moving:
        return "record", "", dict(facts)
    # Of what happened on one day, first what is possible from here.
    order = columns()
    first = min(moving, key=lambda name: (facts[name], not _is_possible(name, case.state, said), order.index(name)))
    trigger = _trigger_of(first, case.state, said)
    own = {name: text for name, text in facts.items() if name == first or name in _own(trigger, case.state)}
    return "advance", trigger, {name: text for name, text in own.items() if name == first or name not in MOVING}


def _follows(name: str) -> tuple[str, ...]:
    return fact_rule(name).follows


def _waits(free: Mapping[str, str], moving: Sequence[str], facts: Mapping[str, str]) -> bool:
    """Whether a step comes before anything that is to be recorded: days are entered in their order."""
    days = [text for name, text in free.items() if FACTS[name].type is Type.DATE]
    return bool(days) and min(days) > min(facts[name] for name in moving)


def _is_possible(fact: str, state: str, said: frozenset[str]) -> bool:
    return bool(rows_from(_trigger_of(fact, state, said), state))


@lru_cache(maxsize=4096)
def _trigger_of(fact: str, state: str, said: frozenset[str]) -> str:
    """The trigger that records a fact from this state, or the one that would elsewhere.

    Of several, the one to which most belongs of what else is said.
    """
    ways = [name for name in TRIGGERS if any(row.sets == fact for row in rows_from(name, state))]
    return max(ways, key=lambda name: len(_own(name, state) & said), default=MOVING[fact])


def _own(trigger: str, state: str) -> set[str]:
    """The facts that come with a trigger."""
    rows = rows_from(trigger, state) or TRIGGERS[trigger]
    return {name for row in rows for name in (*row.needs, *row.takes)}


def _change(
    moment: Moment, actor: Actor, reference: str, kind: Literal["open", "advance", "record"], trigger: str,
    facts: Mapping[str, str],
) -> Applied:  # fmt: skip
    change = Change(kind, reference, actor, trigger=trigger, facts=facts)
    return apply(moment.unit, change, moment.now, moment.reckoner)
