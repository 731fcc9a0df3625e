"""The log's entries and the chain that joins them.

Each entry's hash covers its canonical content, byte for byte as it is stored, and the hash of the case's entry before
it. So an entry that was edited, removed or put in between breaks the chain of its case from there on.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from hashlib import sha256
from json.encoder import encode_basestring as _quoted
from types import NoneType
from typing import Any, NamedTuple

from persistence.instants import damaged, day_text, instant_text

# What the first entry of a case names as the entry before it.
GENESIS = "0" * 64

# The facts of an entry that sets none.
NOTHING = "{}"

# The form of the hashed content; raise it when a field is added, so that old entries still verify.
FORM = 1


class Entry(NamedTuple):
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
        return chain_hash(*self.hashed(token))

    def hashed(self, token: str | None = None) -> list[Any]:
        """What the hash covers, in the order of the fields; with a token, once the case is called by it."""
        return [
            token or self.case, self.seq, self.trigger, self.source, self.dest, day_text(self.on),
            instant_text(self.recorded_at), self.actor, self.note, self.facts, self.deadlines, self.deadline,
            self.late_seconds, self.definition, self.previous,
        ]  # fmt: skip

    def facts_set(self) -> Mapping[str, str | None]:
        """Each fact that it set, as text; None for one that it took back. Raises RecordNotIntact."""
        if self.facts == NOTHING:
            return {}
        facts: Mapping[str, str | None] = self._read(self.facts, dict)
        return facts

    def deadlines_changed(self) -> list[dict[str, Any]]:
        """Each deadline row that it armed, moved or ended. Raises RecordNotIntact."""
        changes: list[dict[str, Any]] = self._read(self.deadlines, list)
        return changes

    def _read(self, text: str, kind: type) -> Any:
        """What an entry's JSON says. Raises RecordNotIntact for what Redress never writes."""
        try:
            found = json.loads(text)
        except (ValueError, TypeError, RecursionError) as other:
            raise damaged(f"entry {self.seq} of {self.case}: {other}") from other
        if not isinstance(found, kind):
            raise damaged(f"entry {self.seq} of {self.case}")
        return found


def facts_told(entries: Iterable[Entry]) -> dict[str, str]:
    """The facts of a case, as text, as these entries of its log leave them, from the first on."""
    facts: dict[str, str] = {}
    for entry in entries:
        for name, text in entry.facts_set().items():
            facts.pop(name, None)
            if text is not None:
                facts[name] = text
    return facts


_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _encoder() -> Callable[[object], str]:
    """The encoder of CPython is made once here; JSONEncoder makes it for each text, which costs more than the text."""
    make, words = getattr(json.encoder, "c_make_encoder", None), getattr(json.encoder, "c_encode_basestring", None)
    if make is None or words is None:
        return _ENCODER.encode
    chunks = make(None, _ENCODER.default, words, None, ":", ",", True, False, True)
    return lambda value: "".join(chunks(value, 0))


_encode = _encoder()


def canonical(value: object) -> str:
    """JSON with sorted keys and no white space, so that equal contents are equal bytes."""
    return _encode(value)


def canonical_hash(value: object) -> str:
    """The SHA-256 of a value's canonical JSON."""
    return sha256(canonical(value).encode()).hexdigest()


def chain_hash(*content: object) -> str:
    """The SHA-256 of an entry's fields in the order of `Entry`, behind the form's number."""
    return canonical_hash([FORM, *content])


def chain_hash_of_row(row: tuple[Any, ...]) -> str:
    """`chain_hash` for a row of the log as text: the case's number, its fields, and the hash that it has.

    The canonical JSON is put together by hand: a verification asks for a million of them, and the encoder takes several
    times as long. Raises TypeError for a field of another kind than Redress writes.
    """
    (_, token, seq, trigger, source, dest, on, recorded_at, actor, note, facts, deadlines, deadline, late, definition,
     previous, _) = row  # fmt: skip
    if type(seq) is not int or type(late) not in (int, NoneType):
        raise TypeError(seq, late)
    return sha256(
        f"[{FORM},{_quoted(token)},{seq},{_quoted(trigger)},{_quoted(source)},{_quoted(dest)},{_quoted(on)},"
        f"{_quoted(recorded_at)},{_quoted(actor)},{'null' if note is None else _quoted(note)},{_quoted(facts)},"
        f"{_quoted(deadlines)},{'null' if deadline is None else _quoted(deadline)},"
        f"{'null' if late is None else late},{_quoted(definition)},{_quoted(previous)}]".encode()
    ).hexdigest()
