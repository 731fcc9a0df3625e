"""Whether the log is intact: every chain whole, and every case, fact and deadline where its log says.

The rows are read as the database holds them, so that a change of one byte shows. Log, cases, facts and deadlines are
read side by side in the order of the cases, in constant memory.
"""

import json
from collections.abc import Iterable
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, text

from persistence.database import A_PAGE
from persistence.instants import instant_text
from persistence.log import GENESIS, chain_hash
from persistence.sealing import ERASED_BY, SEALED, erased_reference, token_of, unseal
from persistence.streams import ByCase
from states.errors import DatabaseUnreachable


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
    "SELECT case_id, token, seq, trigger, source, dest, happened_on, recorded_at, actor, note, facts, deadlines, "
    "deadline, late_seconds, definition, previous, hash FROM log ORDER BY case_id, seq"
)
_CASES = text("SELECT id, reference, state, version, head, token FROM cases ORDER BY id")
_KEYS = text("SELECT case_id, reference, key FROM case_keys ORDER BY case_id")
_FACTS = text("SELECT case_id, name, value, seq FROM facts ORDER BY case_id, name")
# A case that was copied. Its reference gives it away, unless it is called an erased one.
_TWICE = text("SELECT max(reference) FROM cases GROUP BY token HAVING count(*) > 1 LIMIT 1")
_DEADLINES = text(
    "SELECT case_id, deadline, kind, status, due_on, fires_at, missed, ended_on, definition FROM deadlines "
    "ORDER BY case_id, deadline"
)


def verify(connection: Connection) -> Verdict:
    """Read everything and compare; stops at the first fault.

    Raises DatabaseUnreachable for a file of SQLite that is damaged.
    """
    with ExitStack() as reading:
        results = [
            reading.enter_context(closing(connection.execute(query, execution_options=A_PAGE)))
            for query in (_CASES, _LOG, _KEYS, _FACTS, _DEADLINES)
        ]
        verdict = _compared(results[0], *map(ByCase, results[1:]))
    if not verdict.intact:
        return verdict
    if (twice := connection.execute(_TWICE).scalar()) is not None:
        return replace(verdict, fault=Fault(str(twice), None, "the case has the log of another"))
    _require_whole_file(connection)
    return verdict


def _require_whole_file(connection: Connection) -> None:
    """Refuse a file of SQLite whose pages disagree: what is read there by an index is not what its table holds."""
    if connection.dialect.name == "sqlite":
        found = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar_one()
        if found != "ok":
            raise DatabaseUnreachable(f"its file is damaged ({found}): restore it from a copy.")


def _compared(rows_of_cases: Iterable[Any], log: ByCase, keys: ByCase, facts: ByCase, deadlines: ByCase) -> Verdict:
    beside = (("key", keys), ("fact", facts), ("deadline", deadlines))
    entries = cases = 0
    for case_id, reference, state, version, head, token in rows_of_cases:
        if log.is_before(case_id):
            return Verdict(entries, cases, _orphan(log, keys))
        for thing, rows in beside:
            if rows.is_before(case_id):
                return Verdict(entries, cases, _orphan_row(thing, rows))
        replay = _Replay(case_id, str(reference), token, next(keys.take(case_id), None))
        for row in log.take(case_id):
            entries += 1
            if fault := replay.entry(row):
                return Verdict(entries, cases, fault)
        cases += 1
        if fault := (
            replay.ends_as(state, version, head)
            or replay.is_named()
            or replay.has_facts(facts.take(case_id))
            or replay.has_deadlines(deadlines.take(case_id))
        ):
            return Verdict(entries, cases, fault)
    fault = _orphan(log, keys) if log else next((f for thing, rows in beside if (f := _orphan_row(thing, rows))), None)
    return Verdict(entries, cases, fault)


def _orphan(log: ByCase, keys: ByCase) -> Fault:
    """The log of a case that is gone: named by what was kept with its key, else by its number."""
    case_id = log.case_id
    while keys.is_before(case_id):
        next(keys.take(keys.case_id))
    reference, _key = next(keys.take(case_id), (f"number {case_id}", None))
    _token, seq = next(log.take(case_id))[:2]
    return Fault(str(reference), seq, "the log has entries of a case that is gone")


def _orphan_row(thing: str, rows: ByCase) -> Fault | None:
    if not rows:
        return None
    case_id = rows.case_id
    name = next(rows.take(case_id))[0]
    return Fault(f"number {case_id}", None, f"the {thing} {name} is of a case that never was")


class _Replay:
    """One case, rebuilt from its log."""

    def __init__(self, case_id: int, reference: str, token: str, key: tuple[Any, ...] | None) -> None:
        self.case_id = case_id
        self.reference = reference
        self.token = token
        self.known_as, self.key = key or (None, None)
        self.trigger = ""
        self.seq = 0
        self.state = "unopened"
        self.head = GENESIS
        self.facts: dict[str, tuple[str, int]] = {}  # each with the entry that recorded it
        self.deadlines: dict[str, tuple[Any, ...]] = {}

    def fault(self, seq: int | None, what: str) -> Fault:
        return Fault(self.reference, seq, what)

    def entry(self, row: tuple[Any, ...]) -> Fault | None:
        """Take the next entry of the log; what is wrong with it, if anything is."""
        token, seq, self.trigger, source, dest, *_ = row
        note, facts, deadlines, definition, previous, stored = row[8], row[9], row[10], row[13], row[14], row[15]
        self.seq += 1
        if seq != self.seq:
            return self.fault(self.seq, f"entry {self.seq} is missing")
        if token != self.token:
            return self.fault(seq, f"the entry names another case, {token}")
        if previous != self.head:
            return self.fault(seq, "the entry does not follow the one before it")
        if stored != chain_hash(*map(_as_stored, row[:-1])):
            return self.fault(seq, "the entry is not as it was written")
        if source != self.state:
            return self.fault(seq, f"the entry starts from {source}, the one before it ended in {self.state}")
        self.state, self.head = dest, stored
        try:
            self._apply(seq, facts, deadlines, definition)
            if note is not None and self.key:
                self._in_plain(seq, "note", note)
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            return self.fault(seq, "the entry's content is none that Redress writes")
        return None

    def _apply(self, seq: int, facts: str, deadlines: str, definition: str) -> None:
        for name, value in json.loads(facts).items():
            if value is not None and value.startswith(SEALED):
                value = self._in_plain(seq, name, value) if self.key else None
            if value is None:
                self.facts.pop(name, None)
            else:
                self.facts[name] = (value, seq)
        for change in json.loads(deadlines):
            fields = ("kind", "status", "due_on", "fires_at", "missed", "ended_on")
            self.deadlines[change["id"]] = (*(change[field] for field in fields), definition)

    def _in_plain(self, seq: int, name: str, text: str) -> str:
        """A private text, opened. Raises ValueError where it was not sealed with this case's key for this place."""
        if not text.startswith(SEALED):
            raise ValueError(f"the {name} of entry {seq} is not sealed")
        return unseal(str(self.key), self.token, seq, name, text)

    def ends_as(self, state: str, version: int, head: str) -> Fault | None:
        """Compare the case's row with where its log ends."""
        if not self.seq:
            return self.fault(None, "the case has no log")
        if version != self.seq or head != self.head:
            return self.fault(self.seq, f"the log ends at entry {self.seq}, the case is at version {version}")
        if state != self.state:
            return self.fault(self.seq, f"the case is in {state}, its log ends in {self.state}")
        return None

    def is_named(self) -> Fault | None:
        """Compare the case's reference with the one that its token was made from; after an erasure there is none."""
        if self.key is not None:
            if self.known_as != self.reference or not self._is_its_key():
                return self.fault(None, "the case's reference or key is not the one that its log was begun with")
        elif self.trigger == ERASED_BY:
            if self.reference != erased_reference(self.case_id):
                return self.fault(None, "the case was erased, and has a reference again")
        elif self.token != self.reference:
            return self.fault(None, "the case's key is gone, and its log does not say that it was erased")
        return None

    def _is_its_key(self) -> bool:
        try:
            return token_of(str(self.key), self.reference) == self.token
        except ValueError:  # it is no key at all
            return False

    def has_facts(self, rows: Iterable[tuple[Any, ...]]) -> Fault | None:
        """Compare the case's facts with those that its log has set."""
        for name in self._differing({name: (value, seq) for name, value, seq in rows}, self.facts):
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
        return sorted((n for n in stored.keys() | said.keys() if stored.get(n) != said.get(n)), key=str)


def _as_stored(value: Any) -> Any:
    """A value as the hash covers it: PostgreSQL hands out dates and instants, SQLite what it holds.

    Redress writes no bytes. Where there are any they differ from what was hashed, and must not stop the reading.
    """
    if isinstance(value, bytes):
        return repr(value)
    if isinstance(value, datetime):
        return instant_text(value)
    return value.isoformat() if isinstance(value, date) else value
