"""Where a case's history leads with given facts: what a correction and a reinstatement rest on."""

from collections.abc import Sequence

from persistence.log import Entry
from persistence.unit import StoredCase
from states.decisions import EXPIRED, UNOPENED
from states.errors import FactRefused
from states.facts import Facts, Value, parse
from states.machine import picked
from states.situation import Situation
from states.table import SAME, TRIGGERS, rows_from

# What time did is left out: whether it still holds is asked afterwards, of the dates as they then are.
BY_TIME = ("expire_appeal", "miss_duty", "reckon_again")


def replay(case: StoredCase, history: Sequence[Entry], facts: Facts, situation: Situation) -> str:
    """The state to which the case's triggers lead, expiry left out, each choosing its row by these facts.

    A fact that was taken back later keeps, up to there, the value that it had. Raises FactRefused where a later step
    could not have happened with these facts.
    """
    state = UNOPENED
    known: dict[str, Value] = {}
    for entry in history:
        for name, text in entry.facts_set().items():
            if text is None:
                known.pop(name, None)
            else:
                known[name] = facts.get(name, parse(name, text))
        if entry.trigger in TRIGGERS and entry.trigger not in BY_TIME:
            state = _step(entry.trigger, state, known, situation)
    return state


def _step(trigger: str, state: str, known: Facts, situation: Situation) -> str:
    case = Situation(situation.reference, state, known, situation.now, situation.reckoner)
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
