"""One case, told again from its log: what is wrong with it, if anything is."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, cast

from persistence.log import GENESIS, chain_hash, chain_hash_of_row
from persistence.sealing import ERASED_BY, SEALED, erased_reference, token_of, unseal
from states.errors import RecordNotIntact

# What the decoder itself calls, which saves a call for each text.
_scan = cast(Any, json.JSONDecoder()).scan_once
_OF_A_DEADLINE = itemgetter("kind", "status", "due_on", "fires_at", "missed", "ended_on")


@dataclass(frozen=True, slots=True)
class Fault:
    """The first thing that is not as the log says: the case's reference, the entry (None: the case), and what.

    `case` is None where it is no case's: then `what` says it all.
    """

    case: str | None
    seq: int | None
    what: str


class Retold:
    """A case rebuilt from its log, entry by entry, then compared with what lies beside the log.

    `known` is the entry that a checkpoint names, with its hash: the case must come by it.
    """

    __slots__ = ("case_id", "deadlines", "facts", "head", "key", "known", "known_as", "reference", "seq", "state",
                 "token", "trigger")  # fmt: skip

    def __init__(
        self, case_id: int, reference: str, token: str, key: tuple[Any, ...] | None, known: tuple[Any, ...] | None
    ) -> None:
        self.case_id = case_id
        self.reference = reference
        self.token = token
        _, self.known_as, self.key = key or (None, None, None)
        _, *self.known = known or (None, 0, GENESIS)
        self.trigger = ""
        self.seq = 0
        self.state = "unopened"
        self.head = GENESIS
        self.facts: dict[str, tuple[str, int]] = {}  # each with the entry that recorded it
        self.deadlines: dict[str, tuple[Any, ...]] = {}

    def fault(self, seq: int | None, what: str) -> Fault:
        return Fault(self.reference, seq, what)

    def tell(self, rows: Iterable[tuple[Any, ...]]) -> Fault | None:
        """Take the entries of the case's log in their order; what is wrong with the first of them that is not right."""
        known_seq, known_hash = self.known
        trigger = self.trigger
        for row in rows:
            (_, token, seq, trigger, source, dest, _on, _at, _actor, note, facts, deadlines, _deadline, _late,
             definition, previous, stored) = row  # fmt: skip
            self.seq += 1
            if seq != self.seq:
                return self.fault(self.seq, f"entry {self.seq} is missing")
            if token != self.token:
                return self.fault(seq, f"the entry names another case, {token}")
            if previous != self.head:
                return self.fault(seq, "the entry does not follow the one before it")
            try:
                is_as_written = stored == chain_hash_of_row(row)
            except TypeError:  # what Redress has not written must not stop the reading
                is_as_written = stored == chain_hash(*map(_as_hashed, row[1:-1]))
            if not is_as_written:
                return self.fault(seq, "the entry is not as it was written")
            if seq == known_seq and stored != known_hash:
                return self.fault(seq, "it is not the checkpoint's entry: it or one before it was written anew")
            if source != self.state:
                return self.fault(seq, f"the entry starts from {source}, the one before it ended in {self.state}")
            self.state, self.head = dest, stored
            try:
                if facts != "{}":
                    self._set_facts(seq, facts)
                if deadlines != "[]":
                    of = self.deadlines
                    for change in _plain(deadlines):
                        of[change["id"]] = (*_OF_A_DEADLINE(change), definition)
                if note is not None and self.key:
                    self._in_plain(seq, "note", note)
            except (ValueError, LookupError, TypeError, AttributeError, RecursionError, RecordNotIntact):
                return self.fault(seq, "the entry's content is none that Redress writes")
        self.trigger = trigger
        return None

    def _set_facts(self, seq: int, text: str) -> None:
        facts, has_sealed = self.facts, SEALED in text
        for name, value in _plain(text).items():
            if has_sealed and value is not None and value.startswith(SEALED):
                value = self._in_plain(seq, name, value) if self.key else None
            if value is None:
                facts.pop(name, None)
            else:
                facts[name] = (value, seq)

    def _in_plain(self, seq: int, name: str, text: str) -> str:
        """A private text, opened. Raises ValueError or RecordNotIntact where it was not sealed so, for this place."""
        if not text.startswith(SEALED):
            raise ValueError(f"the {name} of entry {seq} is not sealed")
        return unseal(str(self.key), self.token, seq, name, text)

    def ends_as(self, state: str, version: int, head: str) -> Fault | None:
        """Compare the case's row, and what the checkpoint knows of it, with where its log ends."""
        if not self.seq:
            return self.fault(None, "the case has no log")
        if version != self.seq or head != self.head:
            return self.fault(self.seq, f"the log ends at entry {self.seq}, the case is at version {version}")
        if self.seq < self.known[0]:
            return self.fault(self.seq, f"the log ends at entry {self.seq}, the checkpoint has entry {self.known[0]}")
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
        stored = {row[1]: row[2:] for row in rows}
        if stored == self.facts:
            return None
        return self.fault(None, f"the fact {_first_difference(stored, self.facts)} is not as the log says")

    def has_deadlines(self, rows: Iterable[tuple[Any, ...]]) -> Fault | None:
        """Compare the case's deadlines with those that its log has armed, moved or ended."""
        stored = {row[1]: row[2:] for row in rows}
        if stored == self.deadlines:
            return None
        return self.fault(None, f"the deadline {_first_difference(stored, self.deadlines)} is not as the log says")


def _as_hashed(value: Any) -> Any:
    """A value that JSON can say. Redress writes no bytes; where there are any they differ from what was hashed."""
    return repr(value) if isinstance(value, bytes) else value


def _plain(text: str) -> Any:
    """JSON as it is stored, without anything before or behind it. Raises ValueError for any other text."""
    try:
        value, end = _scan(text, 0)
    except StopIteration as none:
        raise ValueError(text) from none
    if end != len(text):
        raise ValueError(text)
    return value


def _first_difference(stored: dict[Any, Any], said: dict[Any, Any]) -> Any:
    return min((name for name in stored.keys() | said.keys() if stored.get(name) != said.get(name)), key=str)
