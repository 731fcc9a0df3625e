"""What the record said at the end of a day: a case as its log tells it up to then, so that a reviewer sees what could
be seen.

The state, the facts and the deadlines are those that the log says stood, and none is reckoned anew. What could be done
next, and the advice, are asked of them as of that day, with the bank holidays under which the last entry was made.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from persistence.instants import instant_from
from persistence.log import Entry, facts_told
from persistence.unit import StoredCase, StoredDeadline
from states.calendar import end_of, london_day
from states.counting import words
from states.decisions import STATES
from states.errors import NotYetRecorded, UnknownState, WrongWords
from states.facts import stored_facts
from states.reckoner import Reckoner
from states.situation import Situation
from workflow.session import Moment
from workflow.views import CaseView, require_case


@dataclass(frozen=True, slots=True)
class AsKnown:
    """A case as the record had it at the end of `day` (in London), and the entries that were in its log by then."""

    view: CaseView
    entries: tuple[Entry, ...]
    day: date

    def as_data(self) -> dict[str, Any]:
        """The document of `show --json`, with the day."""
        return {**self.view.as_data(), "as_known_on": self.day.isoformat()}


def as_known_on(moment: Moment, reference: str, day: date) -> AsKnown:
    """A case as it was known on a day. Raises NoSuchCase, or NotYetRecorded before its first entry."""
    if day > london_day(moment.now):
        raise WrongWords(f"--as-known-on {day} has not come yet: give today or an earlier day.")
    case = require_case(moment.unit, reference)
    over = end_of(day)
    entries = moment.unit.entries(case)
    known = tuple(entry for entry in entries if entry.recorded_at < over)
    if not known:
        raise NotYetRecorded(reference=reference, day=words(day), first=words(london_day(entries[0].recorded_at)))
    stored = _as_told(case, known)
    if stored.state not in STATES:
        raise UnknownState(reference=reference, state=stored.state)
    facts = stored_facts(stored.facts)
    now = min(moment.now, over - datetime.resolution)
    reckoner = _reckoner_under(known[-1].definition, moment.reckoner)
    situation = Situation(
        reference, stored.state, facts, now, reckoner, role=moment.asker.role, actor=moment.asker.name
    )
    return AsKnown(CaseView(stored, facts, situation, None, known[0].actor), known, day)


def _reckoner_under(definition: str, reckoner: Reckoner) -> Reckoner:
    """How dates were reckoned under a definition: a later holiday that had moved one would have made an entry."""
    _, _, calendar = definition.partition(", ")
    return Reckoner(reckoner.policy, reckoner.calendar.as_in(calendar))


def _as_told(case: StoredCase, entries: Sequence[Entry]) -> StoredCase:
    """The case as these entries leave it."""
    deadlines: dict[str, StoredDeadline] = {}
    for entry in entries:
        for change in entry.deadlines_changed():
            deadlines[change["id"]] = _deadline(change, entry.definition)
    last = entries[-1]
    soonest = sorted(deadlines.values(), key=lambda row: (row.due_on, row.deadline))
    return StoredCase(
        case.id, case.reference, last.dest, last.seq, last.hash, case.token, facts_told(entries),
        {row.deadline: row for row in soonest},
    )  # fmt: skip


def _deadline(change: dict[str, Any], definition: str) -> StoredDeadline:
    return StoredDeadline(
        deadline=change["id"],
        kind=change["kind"],
        status=change["status"],
        due_on=date.fromisoformat(change["due_on"]),
        fires_at=instant_from(change["fires_at"]),
        missed=change["missed"],
        ended_on=date.fromisoformat(change["ended_on"]) if change["ended_on"] else None,
        definition=definition,
    )
