"""One change as one transaction: read a case, write what the engine decided, all of it or nothing.

A unit of work rolls back unless it is told to commit. Its few statements are SQLAlchemy Core on the SQLModel tables,
compiled once: a SQLModel session costs several times as much for each change. Many cases can be read and written as
one batch.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import repeat
from typing import Any, NamedTuple

from sqlalchemy import Connection, Integer, String, bindparam, column, delete, insert, select, text
from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError

from persistence.database import Database, first_line, in_users_words, is_undecided, without_password
from persistence.log import GENESIS, Entry
from persistence.reminders import remind
from persistence.schema import require_same_schema
from persistence.sealing import is_private, new_key, opened, sealed, token_of
from persistence.statements import Statement, rows_of_all
from persistence.tables import CaseRow, DeadlineRow, EntryRow, FactRow, KeyRow, SetAsideRow, table
from persistence.writing import Rows
from states.calendar import london_day
from states.errors import CaseErased, DatabaseUnreachable, DuplicateReference, RefusedByDatabase
from states.facts import REFERENCE
from states.reminders import read_plan

CASES, FACTS, LOG, DEADLINES = table(CaseRow), table(FactRow), table(EntryRow), table(DeadlineRow)
SET_ASIDE, KEYS = table(SetAsideRow), table(KeyRow)

# A change wakes the daemons of PostgreSQL when something is due within so short a time.
SOON = timedelta(minutes=1)
_RETRY = delete(SET_ASIDE).where(SET_ASIDE.c.case_id == bindparam("of_case"))

# A case is read with the schema that it is kept in, so that a database that is upgraded under a daemon is noticed.
SCHEMA_OF_CASES = select(column("version_num", String)).select_from(text("alembic_version")).scalar_subquery()
# In the order of `StoredCase`, and behind the case of `StoredDeadline`.
CASE_COLUMNS = (CASES.c.id, CASES.c.reference, CASES.c.state, CASES.c.version, CASES.c.head, CASES.c.token)
FACT_COLUMNS = (FACTS.c.case_id, FACTS.c.name, FACTS.c.value)
DEADLINE_COLUMNS = (
    DEADLINES.c.case_id, DEADLINES.c.deadline, DEADLINES.c.kind, DEADLINES.c.status, DEADLINES.c.due_on,
    DEADLINES.c.fires_at, DEADLINES.c.missed, DEADLINES.c.ended_on, DEADLINES.c.definition,
)  # fmt: skip
_BY_REFERENCE = select(SCHEMA_OF_CASES, *CASE_COLUMNS).where(CASES.c.reference == bindparam("reference"))
_CASE, _CASE_LOCKED = (
    Statement(query, takes=("reference",)) for query in (_BY_REFERENCE, _BY_REFERENCE.with_for_update())
)
_SOONEST_FIRST = (DEADLINES.c.due_on, DEADLINES.c.deadline)
_OF_REFERENCE = select(CASES.c.id).where(CASES.c.reference == bindparam("reference")).scalar_subquery()
_FACTS = Statement(
    select(FACTS.c.name, FACTS.c.value).where(FACTS.c.case_id == _OF_REFERENCE).order_by(FACTS.c.name),
    takes=("reference",),
)
_DEADLINES = Statement(
    select(*DEADLINE_COLUMNS[1:]).where(DEADLINES.c.case_id == _OF_REFERENCE).order_by(*_SOONEST_FIRST),
    takes=("reference",),
)
# So many cases are read at once. Fewer are filled up with the first, so that the statement is always the same one. To
# look at the kind of each value would cost a sweep a fortieth; one that will not do raises where it is used, and that
# case is set aside.
MANY = 200
_IDS = tuple(f"id_{number}" for number in range(MANY))
_MANY = [bindparam(name, type_=Integer) for name in _IDS]
_FACTS_OF_MANY = Statement(select(*FACT_COLUMNS).where(FACTS.c.case_id.in_(_MANY)), takes=_IDS, strict=False)
_DEADLINES_OF_MANY = Statement(
    select(*DEADLINE_COLUMNS).where(DEADLINES.c.case_id.in_(_MANY)).order_by(*_SOONEST_FIRST),
    takes=_IDS,
    strict=False,
)
_ENTRIES = select(LOG).where(LOG.c.case_id == bindparam("id")).order_by(LOG.c.seq)
_KEY = select(KEYS.c.key).where(KEYS.c.case_id == bindparam("id"))
_ANY = select(CASES.c.id).limit(1)
_NEW_CASE, _NEW_KEY = insert(CASES), insert(KEYS)


# A case's own columns, as `CASE_COLUMNS` lists them.
Columns = tuple[int, str, str, int, str, str]


class StoredDeadline(NamedTuple):
    """A deadline as it stands in the database; `fires_at` is aware."""

    deadline: str
    kind: str
    status: str
    due_on: date
    fires_at: datetime
    missed: bool
    ended_on: date | None
    definition: str


class StoredCase(NamedTuple):
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


@dataclass(slots=True)
class _Batch:
    """Cases that were read at once, as they stand after what was decided; and the rows that are yet to be written."""

    cases: dict[str, StoredCase]
    rows: Rows


class Unit:
    """One transaction. Whoever opens it commits it, or everything in it is undone."""

    def __init__(self, connection: Connection, *, writing: bool = True) -> None:
        self.connection = connection
        self._case = _CASE_LOCKED if writing else _CASE
        self._batch: _Batch | None = None

    def commit(self) -> None:
        """Make it last. Raises RefusedByDatabase where it was not made, such as on a full disk; and DatabaseUnreachable
        where nobody knows, and it is said.
        """
        try:
            self.connection.commit()
        except (OperationalError, InterfaceError) as fault:
            self.connection.invalidate(fault)  # SQLite may hold the transaction open, which the next use would meet
            why = f"{first_line(fault.orig)} ({without_password(self.connection.engine.url)})"
            if not is_undecided(fault):
                raise RefusedByDatabase(f"{why}.") from fault
            raise DatabaseUnreachable(
                f"{why}; that came while the change was being committed, so it may have been made or not: look with "
                "`redress show` before repeating it."
            ) from fault

    def user(self) -> str | None:
        """The database's own user for this session; None on SQLite, which knows none."""
        if self.connection.dialect.name == "sqlite":
            return None
        return str(self.connection.exec_driver_sql("SELECT session_user").scalar_one())

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """A part of the unit that is undone alone when it fails, the rest going on.

        Raises DatabaseUnreachable where the database has undone the whole unit already: what came after would be kept.
        """
        shown = without_password(self.connection.engine.url)
        if self._was_undone():
            raise DatabaseUnreachable(f"it has undone what was begun, and nothing was changed ({shown}).")
        with in_users_words(shown):
            part = self.connection.begin_nested()
            try:
                yield
            except BaseException:
                if not self._was_undone():  # else there is nothing to go back to, and that alone would be said
                    part.rollback()
                raise
            part.commit()

    def _was_undone(self) -> bool:
        """Whether SQLite has undone the transaction by itself, as it does where the disk fails or is full."""
        if self.connection.dialect.name != "sqlite" or not self.connection.in_transaction():
            return False
        driver: Any = self.connection.connection.driver_connection
        return not driver.in_transaction

    @contextmanager
    def batch(self, cases: Iterable[Columns]) -> Iterator[None]:
        """Read the facts and deadlines of these cases at once, and write what happens to them at once, at the end.

        Of each case the columns are given, as this transaction has read and locked them. Raises CaseChanged at the end
        where another transaction has changed one of them; then none is written.
        """
        self._batch = _Batch(self._read_many({case[0]: case for case in cases}), Rows())
        try:
            yield
            self._batch.rows.write(self.connection)
        finally:
            self._batch = None

    def _read_many(self, cases: Mapping[int, Columns]) -> dict[str, StoredCase]:
        left = list(cases.values())
        read: dict[str, StoredCase] = {}
        while left:
            some, left = left[:MANY], left[MANY:]
            read.update(self._read_some(some))
        return read

    def _read_some(self, cases: Sequence[Columns]) -> dict[str, StoredCase]:
        ids = [case[0] for case in cases]
        of = (*ids, *repeat(ids[0], MANY - len(ids)))
        facts: dict[int, dict[str, str]] = {case_id: {} for case_id in ids}
        for case_id, name, value in _FACTS_OF_MANY.rows(self.connection, of):
            facts[case_id][name] = value
        deadlines: dict[int, dict[str, StoredDeadline]] = {case_id: {} for case_id in ids}
        for row in _DEADLINES_OF_MANY.rows(self.connection, of):
            deadlines[row[0]][row[1]] = StoredDeadline._make(row[1:])
        return {case[1]: StoredCase(*case, facts[case[0]], deadlines[case[0]]) for case in cases}

    def case(self, reference: str) -> StoredCase | None:
        """A case with its facts and deadlines, or None; in a writing unit its row is locked until the end."""
        if self._batch is not None and reference in self._batch.cases:
            return self._batch.cases[reference]
        if not REFERENCE.fullmatch(reference):  # it may hold what a database cannot even be asked
            return None
        known = (reference,)
        found, facts, deadlines = rows_of_all(
            self.connection, ((self._case, known), (_FACTS, known), (_DEADLINES, known))
        )
        if not found:
            return None
        schema, case_id, known_as, state, version, head, token = found[0]
        require_same_schema(schema)
        by_name = {row[0]: StoredDeadline(*row) for row in deadlines}
        return StoredCase(case_id, known_as, state, version, head, token, dict(facts), by_name)

    def state_of(self, reference: str) -> str | None:
        """The state of a case, read without locking it; None where there is no such case."""
        if not REFERENCE.fullmatch(reference):
            return None
        found = _CASE.rows(self.connection, (reference,))
        return str(found[0][3]) if found else None

    def entries(self, case: StoredCase) -> list[Entry]:
        """The log of a case, oldest first."""
        key = self.key(case)
        return [opened(entry, case.reference, key) for entry in self.stored_entries(case)]

    def stored_entries(self, case: StoredCase) -> list[Entry]:
        """The log of a case as it is stored, oldest first: under its token, its private texts sealed."""
        return [entry_from(row) for row in self.connection.execute(_ENTRIES, {"id": case.id}).mappings()]

    def key(self, case: StoredCase) -> str | None:
        """The key with which the case's private texts are sealed in the log; None once it was erased."""
        found: str | None = self.connection.execute(_KEY, {"id": case.id}).scalar_one_or_none()
        return found

    def has_cases(self) -> bool:
        """Whether any case was ever opened."""
        return self.connection.execute(_ANY).first() is not None

    def open(self, reference: str) -> StoredCase:
        """A new case, without a state until its first entry is written. Raises DuplicateReference."""
        key = new_key()
        token = token_of(key, reference)
        row = {"reference": reference, "state": "", "version": 0, "head": GENESIS, "token": token}
        try:
            made: Any = self.connection.execute(_NEW_CASE, row).inserted_primary_key
        except IntegrityError as exists:
            raise DuplicateReference(reference=reference) from exists
        case_id = int(made[0])
        self.connection.execute(_NEW_KEY, {"case_id": case_id, "reference": reference, "key": key})
        return StoredCase(case_id, reference, "", 0, GENESIS, token, {}, {})

    def write(self, case: StoredCase, entry: Entry, deadlines: Sequence[StoredDeadline]) -> StoredCase:
        """Append one entry and bring the case's row, facts and deadlines to where it says; the case as it then is.

        `deadlines` are the rows that the entry arms, moves or ends. Raises CaseChanged where another transaction has
        changed the case since it was read.
        """
        changed = entry.facts_set()
        private = case.token != case.reference and is_private(entry.note, changed)
        stored = self._sealed(case, entry) if private else entry
        head = stored.sealed_hash(case.token)
        rows = self._batch.rows if self._batch is not None else Rows()
        rows.move(case, entry, head)
        rows.append(case, stored, head)
        rows.set_facts(case, entry.seq, changed)
        rows.set_deadlines(case, deadlines)
        rows.rings = rows.rings or self._rings(deadlines, entry.recorded_at)
        facts = case.facts
        if changed:
            facts = {name: value for name, value in {**facts, **changed}.items() if value is not None}
        moved = {**case.deadlines, **{row.deadline: row for row in deadlines}}
        written = StoredCase(case.id, case.reference, entry.dest, entry.seq, head, case.token, facts, moved)
        if self._batch is None:
            rows.write(self.connection)
        else:
            self._batch.cases[case.reference] = written
        return written

    def remind(self, case: StoredCase, deadlines: Sequence[StoredDeadline], plan: str, now: datetime) -> None:
        """Bring the reminders of the deadlines that an entry changed to the council's plan, in this transaction."""
        remind(self.connection, case.id, deadlines, read_plan(plan), london_day(now))

    def _sealed(self, case: StoredCase, entry: Entry) -> Entry:
        """The entry with its private texts sealed. Raises CaseErased where they can't be any more."""
        key = self.key(case)
        if key is None:
            raise CaseErased(reference=case.reference)
        return sealed(entry._replace(case=case.token), key)

    def _rings(self, deadlines: Iterable[StoredDeadline], now: datetime) -> bool:
        """Whether the daemons of PostgreSQL are to be woken: for what is due at once; what lies ahead they find."""
        if self.connection.dialect.name != "postgresql":
            return False
        return any(row.status == "armed" and row.fires_at <= now + SOON for row in deadlines)

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


def entry_from(row: Mapping[Any, Any]) -> Entry:
    """An entry, as it is stored, from a row of the log."""
    renamed = {"token": "case", "happened_on": "on"}
    return Entry(**{renamed.get(name, name): value for name, value in row.items() if name != "case_id"})
