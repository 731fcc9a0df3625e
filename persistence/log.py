"""The log's entries and the chain that joins them.

Each entry's hash covers its canonical content, byte for byte as it is stored, and the hash of the case's entry before
it. So an entry that was edited, removed or put in between breaks the chain of its case from there on.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from persistence.instants import instant_text

# What the first entry of a case names as the entry before it.
GENESIS = "0" * 64

# The form of the hashed content; raise it when a field is added, so that old entries still verify.
FORM = 1


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: what happened to a case (`on`, a day in London) and when it was recorded (an aware instant).

    As it is stored, `case` is the case's token, and private texts are sealed; as a person reads it, its reference, and
    all is in plain (persistence/sealing.py). The hash is that of what is stored.

    `facts` maps each fact that the entry set to its text, or to None where it took the fact back. `deadlines` lists
    each deadline row that the entry armed, moved or ended, as it then stood, with where it stood before.
    """

    case: str
    seq: int
    trigger: str
    source: str
    dest: str
    on: date
    recorded_at: datetime
    actor: str
    note: str | None
    facts: str
    deadlines: str
    deadline: str | None
    late_seconds: int | None
    definition: str
    previous: str
    hash: str = ""

    def sealed_hash(self, token: str | None = None) -> str:
        """The hash that this content must have; with a token, once the case is called by it."""
        return chain_hash(
            token or self.case, self.seq, self.trigger, self.source, self.dest, self.on.isoformat(),
            instant_text(self.recorded_at), self.actor, self.note, self.facts, self.deadlines, self.deadline,
            self.late_seconds, self.definition, self.previous,
        )  # fmt: skip

    def facts_set(self) -> Mapping[str, str | None]:
        facts: Mapping[str, str | None] = json.loads(self.facts)
        return facts

    def deadlines_changed(self) -> list[dict[str, Any]]:
        changes: list[dict[str, Any]] = json.loads(self.deadlines)
        return changes


_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def canonical(value: object) -> str:
    """JSON with sorted keys and no white space, so that equal contents are equal bytes."""
    return _ENCODER.encode(value)


def chain_hash(*content: object) -> str:
    """The SHA-256 of an entry's fields in the order of `Entry`, behind the form's number."""
    return sha256(canonical([FORM, *content]).encode()).hexdigest()
