"""Whether the log is intact: every chain whole, and every case, fact and deadline where its log says.

The rows are read as the database holds them, so that a change of one byte shows. Log, cases, facts and deadlines are
read side by side in the order of the cases, in constant memory.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, text

from persistence.database import A_PAGE
from persistence.instants import instant_text
from persistence.log import GENESIS, chain_hash
from persistence.streams import ByCase


@dataclass(frozen=True, slots=True)
class Fault:
    """The first thing that is not as the log says: the case's reference, the entry (None: the case), and what."""

    case: str
    seq: int | None
    what: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a verification found, and how much it read."""

    entries: int
    cases: int
    fault: Fault | None

    @property
    def intact(self) -> bool:
        return self.fault is None


_LOG = text(
    "SELECT case_id, reference, seq, trigger, source, dest, happened_on, recorded_at, actor, note, facts, deadlines, "
    "deadline, late_seconds, definition, previous, hash FROM log ORDER BY case_id, seq"
)
_CASES = text("SELECT id, reference, state, version, head FROM cases ORDER BY id")
_FACTS = text("SELECT case_id, name, value FROM facts ORDER BY case_id, name")
_DEADLINES = text(
    "SELECT case_id, deadline, kind, status, due_on, fires_at, missed, ended_on, definition FROM deadlines "
    "ORDER BY case_id, deadline"
)


def verify(connection: Connection) -> Verdict:
    """Read everything and compare; stops at the first fault."""
    log, facts, deadlines = (
        ByCase(connection.execute(query, execution_options=A_PAGE)) for query in (_LOG, _FACTS, _DEADLINES)
    )
    entries = cases = 0
    for case_id, reference, state, version, head in connection.execute(_CASES, execution_options=A_PAGE):
        if log and log.case_id < case_id:
            return Verdict(entries, cases, _orphan(log))
        for thing, rows in (("fact", facts), ("deadline", deadlines)):
            if rows and rows.case_id < case_id:
                return Verdict(entries, cases, _orphan_row(thing, rows))
        replay = _Replay(str(reference))
        for row in log.take(case_id):
            entries += 1
            if fault := replay.entry(row):
                return Verdict(entries, cases, fault)
        cases += 1
        if fault := (
            replay.ends_as(state, version, head)
            or replay.has_facts(facts.take(case_id))
            or replay.has_deadlines(deadlines.take(case_id))
        ):
            return Verdict(entries, cases, fault)
    fault = _orphan(log) if log else _orphan_row("fact", facts) or _orphan_row("deadline", deadlines)
    return Verdict(entries, cases, fault)


def _orphan(log: ByCase) -> Fault:
    reference, seq = next(log.take(log.case_id))[:2]
    return Fault(str(reference), int(seq), "the log has entries of a case that is gone")


def _orphan_row(thing: str, rows: ByCase) -> Fault | None:
    if not rows:
        return None
    case_id = rows.case_id
    return Fault(f"number {case_id}", None, f"the {thing} {next(rows.take(case_id))[0]} is of a case that never was")


class _Replay:
    """One case, rebuilt from its log."""

    def __init__(self, reference: str) -> None:
        self.reference = reference
        self.seq = 0
        self.state = "unopened"
        self.head = GENESIS
        self.facts: dict[str, str] = {}
        self.deadlines: dict[str, tuple[Any, ...]] = {}

    def fault(self, seq: int | None, what: str) -> Fault:
        return Fault(self.reference, seq, what)

    def entry(self, row: tuple[Any, ...]) -> Fault | None:
        """Take the next entry of the log; what is wrong with it, if anything is."""
        reference, seq, _trigger, source, dest, *_ = row
        facts, deadlines, definition, previous, stored = row[9], row[10], row[13], row[14], row[15]
        self.seq += 1
        if seq != self.seq:
            return self.fault(self.seq, f"entry {self.seq} is missing")
        if reference != self.reference:
            return self.fault(seq, f"the entry names another case, {reference}")
        if previous != self.head:
            return self.fault(seq, "the entry does not follow the one before it")
        if stored != chain_hash(*map(_as_stored, row[:-1])):
            return self.fault(seq, "the entry is not as it was written")
        if source != self.state:
            return self.fault(seq, f"the entry starts from {source}, the one before it ended in {self.state}")
        self.state, self.head = dest, stored
        try:
            self._apply(facts, deadlines, definition)
        except (ValueError, LookupError, TypeError, AttributeError):
            return self.fault(seq, "the entry's content is none that Redress writes")
        return None

    def _apply(self, facts: str, deadlines: str, definition: str) -> None:
        for name, value in json.loads(facts).items():
            if value is None:
                self.facts.pop(name, None)
            else:
                self.facts[name] = value
        for change in json.loads(deadlines):
            fields = ("kind", "status", "due_on", "fires_at", "missed", "ended_on")
            self.deadlines[change["id"]] = (*(change[field] for field in fields), definition)

    def ends_as(self, state: str, version: int, head: str) -> Fault | None:
        """Compare the case's row with where its log ends."""
        if version != self.seq or head != self.head:
            return self.fault(self.seq or None, f"the log ends at entry {self.seq}, the case is at version {version}")
        if state != self.state:
            return self.fault(self.seq, f"the case is in {state}, its log ends in {self.state}")
        return None

    def has_facts(self, rows: Iterable[tuple[Any, ...]]) -> Fault | None:
        """Compare the case's facts with those that its log has set."""
        for name in self._differing(dict(rows), self.facts):
            return self.fault(None, f"the fact {name} is not as the log says")
        return None

    def has_deadlines(self, rows: Iterable[tuple[Any, ...]]) -> Fault | None:
        """Compare the case's deadlines with those that its log has armed, moved or ended."""
        stored = {
            name: (kind, status, _as_stored(due_on), _as_stored(fires_at), missed, _as_stored(ended_on), definition)
            for name, kind, status, due_on, fires_at, missed, ended_on, definition in rows
        }
        for name in self._differing(stored, self.deadlines):
            return self.fault(None, f"the deadline {name} is not as the log says")
        return None

    @staticmethod
    def _differing(stored: dict[Any, Any], said: dict[Any, Any]) -> list[Any]:
        return sorted(name for name in stored.keys() | said.keys() if stored.get(name) != said.get(name))


def _as_stored(value: Any) -> Any:
    """A value as the hash covers it: PostgreSQL hands out dates and instants, SQLite the text that it holds."""
    if isinstance(value, datetime):
        return instant_text(value)
    return value.isoformat() if isinstance(value, date) else value
