"""Where a case's history leads with given facts: what a correction and a reinstatement rest on."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from persistence.log import Entry
from persistence.unit import StoredCase
from states.by_time import BY_TIME
from states.decisions import EXPIRED, UNOPENED
from states.errors import FactRefused
from states.facts import Facts, Value, parse
from states.machine import picked
from states.situation import Situation
from states.table import SAME, TRIGGERS, rows_from
from workflow.undoing import UNDO

# The instant at which a replay asks: no window has passed by then, since expiry is left out.
BEFORE_ALL = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class _Said:
    """One fact as one entry said it, mended by the corrections that came after; None: withdrawn, it never was."""

    name: str
    value: Value | None


def replay(case: StoredCase, history: Sequence[Entry], facts: Facts, situation: Situation) -> str:
    """The state to which the case's triggers lead, expiry left out, each choosing its row by these facts.

    A correction mends what the entry before it said, so each step is taken with what in truth held at the time.
    Raises FactRefused where a later step could not have happened with these facts.
    """
    state = UNOPENED
    known: dict[str, Value] = {}
    for entry, said in _mended(history, facts, situation.recorded):
        for each in said:
            if each.value is None:
                known.pop(each.name, None)
            else:
                known[each.name] = each.value
        # What time did is left out: whether it still holds is asked afterwards, of the dates as they then are.
        if entry.trigger in TRIGGERS and entry.trigger not in BY_TIME:
            state = _step(entry.trigger, state, known, situation)
    return state


def _mended(history: Sequence[Entry], facts: Facts, recorded: Facts) -> list[tuple[Entry, list[_Said]]]:
    """What each entry said, as every later correction leaves it, the one that leads from `recorded` to `facts` too."""
    told: list[tuple[Entry, list[_Said]]] = []
    latest: dict[str, _Said] = {}
    for entry in _not_undone(history):
        said = []
        for name, text in entry.facts_set().items():
            value = None if text is None else parse(name, text)
            if entry.trigger == "correct" and name in latest:
                latest[name].value = value
            else:
                latest[name] = _Said(name, value)
                said.append(latest[name])
        told.append((entry, said))
    for name in recorded.keys() | facts.keys():
        if name in latest and recorded.get(name) != facts.get(name):
            latest[name].value = facts.get(name)
    return told


def facts_that_steps_changed(history: Sequence[Entry]) -> dict[str, set[str]]:
    """The values, as text, that a fact had until a later step of the case took it back or changed it.

    What a correction changed was wrong and never held, and what was undone was not said.
    """
    latest: dict[str, str] = {}
    changed: dict[str, set[str]] = defaultdict(set)
    for entry in _not_undone(history):
        for name, text in entry.facts_set().items():
            if name in latest and entry.trigger != "correct":
                changed[name].add(latest[name])
            if text is None:
                latest.pop(name, None)
            else:
                latest[name] = text
    return changed


def _not_undone(history: Sequence[Entry]) -> list[Entry]:
    """The history without what was undone, which is always the entry before, and without the undoing."""
    kept: list[Entry] = []
    for entry in history:
        if entry.trigger == UNDO:
            kept.pop()
        else:
            kept.append(entry)
    return kept


def _step(trigger: str, state: str, known: Facts, situation: Situation) -> str:
    case = Situation(situation.reference, state, known, BEFORE_ALL, situation.reckoner)
    # A certificate or a contact recorded after the expiry has rows from there only.
    rows = rows_from(trigger, state) or rows_from(trigger, EXPIRED)
    row = next((row for row in rows if picked(row, case)), None)
    if row is None:
        raise FactRefused(
            f"with this, {trigger}, which is recorded later, could not have followed {state}; the history would "
            "contradict itself: correct the later step first, or close this case and open it anew",
            fact="correction",
        )
    return state if row.dest == SAME else row.dest
