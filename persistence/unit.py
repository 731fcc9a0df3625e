"""One change as one transaction: read a case, write what the engine decided, all of it or nothing.

A unit of work rolls back unless it is told to commit. Its few statements are SQLAlchemy Core on the SQLModel tables,
made once here: a SQLModel session costs several times as much for each change.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Table, bindparam, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError

from persistence.database import Database, in_users_words
from persistence.log import GENESIS, Entry
from persistence.sealing import is_private, new_key, opened, sealed, token_of
from persistence.tables import CaseRow, DeadlineRow, EntryRow, FactRow, KeyRow, SetAsideRow
from states.errors import CaseChanged, CaseErased, DatabaseUnreachable, DuplicateReference
from states.facts import REFERENCE


def table(row: type) -> Table:
    """The Core table of a SQLModel class."""
    found: Table = row.__table__  # type: ignore[attr-defined]
    return found


CASES, FACTS, LOG, DEADLINES = table(CaseRow), table(FactRow), table(EntryRow), table(DeadlineRow)
SET_ASIDE, KEYS = table(SetAsideRow), table(KeyRow)

# The channel on which a change tells the daemons of PostgreSQL that something is due within so short a time.
CHANNEL = "redress"
SOON = timedelta(minutes=1)
_RING = select(func.pg_notify(CHANNEL, ""))
_RETRY = delete(SET_ASIDE).where(SET_ASIDE.c.case_id == bindparam("of_case"))

_CASE = select(CASES.c.id, CASES.c.reference, CASES.c.state, CASES.c.version, CASES.c.head, CASES.c.token).where(
    CASES.c.reference == bindparam("reference")
)
_CASE_LOCKED = _CASE.with_for_update()
_FACTS = select(FACTS.c.name, FACTS.c.value).where(FACTS.c.case_id == bindparam("id"))
_DEADLINES = (
    select(
        DEADLINES.c.deadline,
        DEADLINES.c.kind,
        DEADLINES.c.status,
        DEADLINES.c.due_on,
        DEADLINES.c.fires_at,
        DEADLINES.c.missed,
        DEADLINES.c.ended_on,
        DEADLINES.c.definition,
    )
    .where(DEADLINES.c.case_id == bindparam("id"))
    .order_by(DEADLINES.c.due_on, DEADLINES.c.deadline)
)
_ENTRIES = select(LOG).where(LOG.c.case_id == bindparam("id")).order_by(LOG.c.seq)
_KEY = select(KEYS.c.key).where(KEYS.c.case_id == bindparam("id"))
_NEW_CASE, _NEW_KEY = insert(CASES), insert(KEYS)
_MOVE_CASE = (
    update(CASES)
    .where(CASES.c.id == bindparam("case_id"), CASES.c.version == bindparam("was"))
    .values(state=bindparam("to_state"), version=bindparam("to_version"), head=bindparam("to_head"))
)
_APPEND = insert(LOG)
_NEW_FACT, _FORGET_FACT = (
    insert(FACTS),
    delete(FACTS).where(FACTS.c.case_id == bindparam("of_case"), FACTS.c.name == bindparam("named")),
)
_NEW_DEADLINE = insert(DEADLINES)
_MOVE_DEADLINE = (
    update(DEADLINES)
    .where(DEADLINES.c.case_id == bindparam("of_case"), DEADLINES.c.deadline == bindparam("named"))
    .values(
        **{
            name: bindparam(f"to_{name}")
            for name in ("status", "due_on", "fires_at", "missed", "ended_on", "definition")
        }
    )
)


@dataclass(frozen=True, slots=True)
class StoredDeadline:
    """A deadline as it stands in the database; `fires_at` is aware."""

    deadline: str
    kind: str
    status: str
    due_on: date
    fires_at: datetime
    missed: bool
    ended_on: date | None
    definition: str


@dataclass(frozen=True, slots=True)
class StoredCase:
    """A case as it stands in the database: its facts as text, its deadlines soonest first.

    `head` is the hash of its last entry, `token` its name in the log.
    """

    id: int
    reference: str
    state: str
    version: int
    head: str
    token: str
    facts: Mapping[str, str]
    deadlines: Mapping[str, StoredDeadline]


class Unit:
    """One transaction. Whoever opens it commits it, or everything in it is undone."""

    def __init__(self, connection: Connection, *, writing: bool = True) -> None:
        self.connection = connection
        self._case = _CASE_LOCKED if writing else _CASE

    def commit(self) -> None:
        """Make it last. Raises DatabaseUnreachable where the answer was lost: then nobody knows, and it is said."""
        try:
            self.connection.commit()
        except (OperationalError, InterfaceError) as lost:
            raise DatabaseUnreachable(
                "the connection was lost while the change was being committed, so it may have been made or not: look "
                "with `redress show` before repeating it."
            ) from lost

    def user(self) -> str | None:
        """The database's own user for this session; None on SQLite, which knows none."""
        if self.connection.dialect.name == "sqlite":
            return None
        return str(self.connection.exec_driver_sql("SELECT session_user").scalar_one())

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """A part of the unit that is undone alone when it fails, the rest going on."""
        shown = self.connection.engine.url.render_as_string(hide_password=True)
        with in_users_words(shown), self.connection.begin_nested():
            yield

    def case(self, reference: str) -> StoredCase | None:
        """A case with its facts and deadlines, or None; in a writing unit its row is locked until the end."""
        if not REFERENCE.fullmatch(reference):  # it may hold what a database cannot even be asked
            return None
        found = self.connection.execute(self._case, {"reference": reference}).one_or_none()
        if found is None:
            return None
        of = {"id": found.id}
        facts = {row.name: row.value for row in self.connection.execute(_FACTS, of)}
        rows = [StoredDeadline(*row) for row in self.connection.execute(_DEADLINES, of)]
        return StoredCase(*found, facts, {row.deadline: row for row in rows})

    def state_of(self, reference: str) -> str | None:
        """The state of a case, read without locking it; None where there is no such case."""
        if not REFERENCE.fullmatch(reference):
            return None
        found = self.connection.execute(_CASE, {"reference": reference}).one_or_none()
        return None if found is None else str(found.state)

    def entries(self, case: StoredCase) -> list[Entry]:
        """The log of a case, oldest first."""
        key = self.key(case)
        rows = self.connection.execute(_ENTRIES, {"id": case.id}).mappings()
        return [opened(entry_from(row), case.reference, key) for row in rows]

    def key(self, case: StoredCase) -> str | None:
        """The key with which the case's private texts are sealed in the log; None once it was erased."""
        found: str | None = self.connection.execute(_KEY, {"id": case.id}).scalar_one_or_none()
        return found

    def open(self, reference: str) -> StoredCase:
        """A new case, without a state until its first entry is written. Raises DuplicateReference."""
        key = new_key()
        token = token_of(key, reference)
        row = {"reference": reference, "state": "", "version": 0, "head": GENESIS, "token": token}
        try:
            made = self.connection.execute(_NEW_CASE, row).inserted_primary_key
        except IntegrityError as exists:
            raise DuplicateReference(reference=reference) from exists
        case_id = int(made[0]) if made else 0
        self.connection.execute(_NEW_KEY, {"case_id": case_id, "reference": reference, "key": key})
        return StoredCase(case_id, reference, "", 0, GENESIS, token, {}, {})

    def write(self, case: StoredCase, entry: Entry, deadlines: Iterable[StoredDeadline]) -> StoredCase:
        """Append one entry and bring the case's row, facts and deadlines to where it says; the case as it then is.

        `deadlines` are the rows that the entry arms, moves or ends. Raises CaseChanged where another transaction has
        changed the case since it was read.
        """
        stored = self._sealed(case, entry)
        moved = self.connection.execute(
            _MOVE_CASE,
            {
                "case_id": case.id,
                "was": case.version,
                "to_state": stored.dest,
                "to_version": stored.seq,
                "to_head": stored.hash,
            },
        )
        if moved.rowcount != 1:
            raise CaseChanged(reference=case.reference)
        self.connection.execute(_APPEND, _row_of(case.id, stored))
        facts = self._write_facts(case, entry)
        rows = self._write_deadlines(case, deadlines)
        self._ring(rows, entry.recorded_at)
        return StoredCase(case.id, case.reference, stored.dest, stored.seq, stored.hash, case.token, facts, rows)

    def _sealed(self, case: StoredCase, entry: Entry) -> Entry:
        """The entry as it is stored, with its hash. Raises CaseErased where what it says can't be sealed any more."""
        stored = replace(entry, case=case.token)
        if is_private(entry) and case.token != case.reference:
            key = self.key(case)
            if key is None:
                raise CaseErased(reference=case.reference)
            stored = sealed(stored, key)
        return replace(stored, hash=stored.sealed_hash())

    def _write_facts(self, case: StoredCase, entry: Entry) -> Mapping[str, str]:
        facts = dict(case.facts)
        changed = entry.facts_set()
        gone = [{"of_case": case.id, "named": name} for name in changed if facts.pop(name, None) is not None]
        if gone:
            self.connection.execute(_FORGET_FACT, gone)
        new = {name: value for name, value in changed.items() if value is not None}
        if new:
            self.connection.execute(
                _NEW_FACT,
                [{"case_id": case.id, "name": name, "value": value, "seq": entry.seq} for name, value in new.items()],
            )
        return facts | new

    def _write_deadlines(self, case: StoredCase, deadlines: Iterable[StoredDeadline]) -> Mapping[str, StoredDeadline]:
        rows = dict(case.deadlines)
        armed, moved = [], []
        for row in deadlines:
            if row.deadline in rows:
                moved.append(_moved_row(case.id, row))
            else:
                armed.append({"case_id": case.id, **{name: getattr(row, name) for name in row.__slots__}})
            rows[row.deadline] = row
        if armed:
            self.connection.execute(_NEW_DEADLINE, armed)
        if moved:
            self.connection.execute(_MOVE_DEADLINE, moved)
        return rows

    def _ring(self, rows: Mapping[str, StoredDeadline], now: datetime) -> None:
        """Wake the daemons of PostgreSQL for what is due at once; what lies ahead they find when they look."""
        soon = any(row.status == "armed" and row.fires_at <= now + SOON for row in rows.values())
        if soon and self.connection.dialect.name == "postgresql":
            self.connection.execute(_RING)

    def set_aside(self, case_id: int, deadline: str, why: str, now: datetime, definition: str) -> None:
        """Leave a case that could not be handled until it is retried."""
        self.connection.execute(_RETRY, {"of_case": case_id})
        self.connection.execute(
            insert(SET_ASIDE),
            {"case_id": case_id, "deadline": deadline, "why": why, "since": now, "definition": definition},
        )

    def retry(self, case_id: int) -> bool:
        """Take a case back that was set aside; whether it was."""
        return self.connection.execute(_RETRY, {"of_case": case_id}).rowcount > 0


@contextmanager
def unit_of_work(database: Database, *, writing: bool = True) -> Iterator[Unit]:
    """A unit of work on the database; its schema is checked first. Raises DatabaseUnreachable."""
    with database.connect(writing=writing) as connection:
        database.require_schema(connection)
        yield Unit(connection, writing=writing)


def _row_of(case_id: int, entry: Entry) -> dict[str, object]:
    row = {name: getattr(entry, name) for name in entry.__slots__ if name not in ("case", "on")}
    return {**row, "case_id": case_id, "token": entry.case, "happened_on": entry.on}


def _moved_row(case_id: int, row: StoredDeadline) -> dict[str, object]:
    names = ("status", "due_on", "fires_at", "missed", "ended_on", "definition")
    return {"of_case": case_id, "named": row.deadline, **{f"to_{name}": getattr(row, name) for name in names}}


def entry_from(row: Mapping[Any, Any]) -> Entry:
    """An entry, as it is stored, from a row of the log."""
    renamed = {"token": "case", "happened_on": "on"}
    return Entry(**{renamed.get(name, name): value for name, value in row.items() if name != "case_id"})
