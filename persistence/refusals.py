"""The attempts that were refused: who tried what on which case, and which guard said no.

An attempt is recorded in a transaction of its own, after the one of the change was rolled back. What a guard says may
repeat what was typed, so its words are sealed with the case's key, as the notes of the log are. A row is never changed
or deleted, and its hash covers it as it is stored.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from persistence.database import A_PAGE
from persistence.instants import instant_text
from persistence.log import canonical_hash
from persistence.sealing import SEALED, seal, unseal
from persistence.tables import RefusalRow, table
from persistence.unit import CASES, KEYS, StoredCase, Unit

REFUSALS = table(RefusalRow)

# What the hash covers, in the order of the columns: everything but the row's number and the hash itself.
HASHED = ("case_id", "at", "actor", "role", "kind", "trigger", "state", "guard", "why")

_NEW = insert(REFUSALS)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refused attempt in plain: `case` is the reference, `at` an aware instant, `state` where the case stood.

    `trigger` is what was tried (`record`, `correct` and `open` by their own names). `guard` is the name of the guard
    that said no, or `state`, `fact` or `role`. `why` is what it said; None once the case was erased.
    """

    case: str
    at: datetime
    actor: str
    role: str
    kind: str
    trigger: str
    state: str
    guard: str
    why: str | None
    hash: str = ""


def refusal_hash(row: Mapping[Any, Any]) -> str:
    """The hash that a stored row must have: the SHA-256 of its fields as canonical JSON, the instant as text."""
    return canonical_hash([_as_stored(row[name]) for name in HASHED])


def record_refusal(unit: Unit, case: StoredCase, refusal: Refusal) -> None:
    """Write down an attempt that was refused; the caller commits. Of an erased case, what was said is left out."""
    key = unit.key(case)
    why = refusal.why or ""
    if key is not None:
        why = seal(key, case.token, 0, _place(refusal.at), why)
    elif case.token != case.reference:
        why = ""
    names = ("at", "actor", "role", "kind", "trigger", "state", "guard")
    row: dict[str, Any] = {"case_id": case.id, **{name: getattr(refusal, name) for name in names}, "why": why}
    unit.connection.execute(_NEW, {**row, "hash": refusal_hash(row)})


def refused_attempts(connection: Connection, *conditions: Any) -> Iterator[Refusal]:
    """The refused attempts in plain, oldest first, a page at a time. `conditions` are on REFUSALS and CASES."""
    joined = REFUSALS.join(CASES, CASES.c.id == REFUSALS.c.case_id)
    joined = joined.outerjoin(KEYS, KEYS.c.case_id == REFUSALS.c.case_id)
    query = select(REFUSALS, CASES.c.reference, CASES.c.token, KEYS.c.key).select_from(joined)
    query = query.where(*conditions).order_by(REFUSALS.c.at, REFUSALS.c.id)
    for row in connection.execute(query, execution_options=A_PAGE).mappings():
        yield _opened(row)


def _opened(row: Mapping[Any, Any]) -> Refusal:
    why = row["why"]
    if why.startswith(SEALED):
        why = unseal(row["key"], row["token"], 0, _place(row["at"]), why) if row["key"] is not None else None
    names = ("at", "actor", "role", "kind", "trigger", "state", "guard", "hash")
    return Refusal(case=row["reference"], why=why or None, **{name: row[name] for name in names})


def _place(at: datetime) -> str:
    """What binds the sealed words to their row: without it, they could be moved to another attempt."""
    return f"refusal at {instant_text(at)}"


def _as_stored(value: Any) -> Any:
    return instant_text(value) if isinstance(value, datetime) else value
