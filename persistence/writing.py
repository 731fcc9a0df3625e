"""The rows that an entry writes: the case's own, the entry's, its facts' and its deadlines'.

They are collected, of one entry or of many, and written together: a batch costs six statements, however many its
cases.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from persistence.log import Entry
from persistence.statements import Statement
from persistence.tables import CaseRow, DeadlineRow, EntryRow, FactRow, table
from states.errors import CaseChanged

if TYPE_CHECKING:
    from persistence.unit import StoredCase, StoredDeadline

# The channel on which a change tells the daemons of PostgreSQL that something is due at once.
CHANNEL = "redress"

_CASES, _FACTS, _LOG, _DEADLINES = table(CaseRow), table(FactRow), table(EntryRow), table(DeadlineRow)
_MOVE_CASE = Statement(
    update(_CASES)
    .where(_CASES.c.id == bindparam("of_case"), _CASES.c.version == bindparam("was"))
    .values(state=bindparam("to_state"), version=bindparam("to_version"), head=bindparam("to_head"))
)
_APPEND, _NEW_FACT, _NEW_DEADLINE = Statement(insert(_LOG)), Statement(insert(_FACTS)), Statement(insert(_DEADLINES))
_FORGET_FACT = Statement(
    delete(_FACTS).where(_FACTS.c.case_id == bindparam("of_case"), _FACTS.c.name == bindparam("named"))
)
_MOVING_FIELDS = ("status", "due_on", "fires_at", "missed", "ended_on", "definition")
_MOVE_DEADLINE = Statement(
    update(_DEADLINES)
    .where(_DEADLINES.c.case_id == bindparam("of_case"), _DEADLINES.c.deadline == bindparam("named"))
    .values({name: bindparam(f"to_{name}") for name in _MOVING_FIELDS})
)
_ENTRY_FIELDS = tuple(name for name in Entry.__slots__ if name not in ("case", "on", "hash"))
_RING = select(func.pg_notify(CHANNEL, ""))

Row = dict[str, Any]


@dataclass(slots=True)
class Rows:
    """What is to be written, in the order in which it happened. `rings`: the daemons of PostgreSQL are to be woken."""

    moves: list[Row] = field(default_factory=list)
    entries: list[Row] = field(default_factory=list)
    forgotten: list[Row] = field(default_factory=list)
    facts: list[Row] = field(default_factory=list)
    armed: list[Row] = field(default_factory=list)
    moved: list[Row] = field(default_factory=list)
    rings: bool = False

    def move(self, case: "StoredCase", entry: Entry, head: str) -> None:
        """The case's row goes where the entry leads."""
        self.moves.append(
            {
                "of_case": case.id,
                "reference": case.reference,
                "was": case.version,
                "to_state": entry.dest,
                "to_version": entry.seq,
                "to_head": head,
            }
        )

    def append(self, case: "StoredCase", entry: Entry, head: str) -> None:
        """The entry, its private texts sealed, under the case's token and with its hash."""
        row = {name: getattr(entry, name) for name in _ENTRY_FIELDS}
        row |= {"case_id": case.id, "token": case.token, "happened_on": entry.on, "hash": head}
        self.entries.append(row)

    def set_facts(self, case: "StoredCase", seq: int, changed: Mapping[str, str | None]) -> None:
        """The facts that an entry sets; None takes one back."""
        for name, value in changed.items():
            if name in case.facts:
                self.forgotten.append({"of_case": case.id, "named": name})
            if value is not None:
                self.facts.append({"case_id": case.id, "name": name, "value": value, "seq": seq})

    def set_deadlines(self, case: "StoredCase", rows: Iterable["StoredDeadline"]) -> None:
        """The deadlines that an entry arms, moves or ends."""
        for row in rows:
            if row.deadline in case.deadlines:
                stands = {f"to_{name}": getattr(row, name) for name in _MOVING_FIELDS}
                self.moved.append({"of_case": case.id, "named": row.deadline, **stands})
            else:
                self.armed.append({"case_id": case.id, **{name: getattr(row, name) for name in row.__slots__}})

    def write(self, connection: Connection) -> None:
        """Write them. Raises CaseChanged where another transaction has changed a case since it was read."""
        if not self.moves:
            return
        if _MOVE_CASE.run_each(connection, self.moves) != len(self.moves):
            raise CaseChanged(reference=self.moves[0]["reference"])
        for statement, rows in (
            (_APPEND, self.entries),
            (_FORGET_FACT, self.forgotten),
            (_NEW_FACT, self.facts),
            (_NEW_DEADLINE, self.armed),
            (_MOVE_DEADLINE, self.moved),
        ):
            if rows:
                statement.run_each(connection, rows)
        if self.rings:
            connection.execute(_RING)
