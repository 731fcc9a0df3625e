"""The rows that an entry writes: the case's own, the entry's, its facts' and its deadlines'.

They are collected, of one entry or of many, and written together: a batch costs six statements, however many its
cases.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from persistence.log import Entry
from persistence.statements import Statement, run_all
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
    .values(state=bindparam("to_state"), version=bindparam("to_version"), head=bindparam("to_head")),
    takes=("to_state", "to_version", "to_head", "of_case", "was"),
)
_APPEND = Statement(
    insert(_LOG),
    takes=("case_id", *({"case": "token", "on": "happened_on"}.get(name, name) for name in Entry._fields)),
)
_NEW_FACT = Statement(insert(_FACTS), takes=("case_id", "name", "value", "seq"))
_FORGET_FACT = Statement(
    delete(_FACTS).where(_FACTS.c.case_id == bindparam("of_case"), _FACTS.c.name == bindparam("named")),
    takes=("of_case", "named"),
)
_FIELDS = (
    "deadline", "kind", "status", "due_on", "fires_at", "missed", "ended_on", "definition",
)  # fmt: skip
_NEW_DEADLINE = Statement(insert(_DEADLINES), takes=("case_id", *_FIELDS))
_MOVE_DEADLINE = Statement(
    update(_DEADLINES)
    .where(_DEADLINES.c.case_id == bindparam("of_case"), _DEADLINES.c.deadline == bindparam("named"))
    .values({name: bindparam(f"to_{name}") for name in _FIELDS[2:]}),
    takes=(*(f"to_{name}" for name in _FIELDS[2:]), "of_case", "named"),
)
_RING = select(func.pg_notify(CHANNEL, ""))

Row = tuple[Any, ...]


@dataclass(slots=True)
class Rows:
    """What is to be written, in the order in which it happened. `rings`: the daemons of PostgreSQL are to be woken."""

    references: list[str] = field(default_factory=list)
    moves: list[Row] = field(default_factory=list)
    entries: list[Row] = field(default_factory=list)
    forgotten: list[Row] = field(default_factory=list)
    facts: list[Row] = field(default_factory=list)
    armed: list[Row] = field(default_factory=list)
    moved: list[Row] = field(default_factory=list)
    rings: bool = False

    def move(self, case: "StoredCase", entry: Entry, head: str) -> None:
        """The case's row goes where the entry leads."""
        self.references.append(case.reference)
        self.moves.append((entry.dest, entry.seq, head, case.id, case.version))

    def append(self, case: "StoredCase", entry: Entry, head: str) -> None:
        """The entry, its private texts sealed, under the case's token and with its hash."""
        self.entries.append((case.id, case.token, *entry[1:-1], head))

    def set_facts(self, case: "StoredCase", seq: int, changed: Mapping[str, str | None]) -> None:
        """The facts that an entry sets; None takes one back."""
        for name, value in changed.items():
            if name in case.facts:
                self.forgotten.append((case.id, name))
            if value is not None:
                self.facts.append((case.id, name, value, seq))

    def set_deadlines(self, case: "StoredCase", rows: Iterable["StoredDeadline"]) -> None:
        """The deadlines that an entry arms, moves or ends."""
        for row in rows:
            if row.deadline in case.deadlines:
                name, _, *stands = row
                self.moved.append((*stands, case.id, name))
            else:
                self.armed.append((case.id, *row))

    def write(self, connection: Connection) -> None:
        """Write them. Raises CaseChanged where another transaction has changed a case since it was read."""
        if not self.moves:
            return
        written = [
            (_MOVE_CASE, self.moves),
            (_APPEND, self.entries),
            (_FORGET_FACT, self.forgotten),
            (_NEW_FACT, self.facts),
            (_NEW_DEADLINE, self.armed),
            (_MOVE_DEADLINE, self.moved),
        ]
        if not run_all(connection, [(statement, rows) for statement, rows in written if rows], len(self.moves)):
            raise CaseChanged(reference=self.references[0])
        if self.rings:
            connection.execute(_RING)
