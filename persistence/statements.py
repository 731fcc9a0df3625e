"""The statements of the hot road: written in SQLAlchemy Core, compiled once for each database, handed to its driver.

Core looks up, compiles and wraps at every execution, which costs several times what the database takes for a row. What
is said here stays Core's; only the saying is done once.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any, cast

from sqlalchemy import Connection, Delete, Dialect, Insert, Select, Table, Update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import TypeEngine

from persistence.instants import Day, UtcInstant, damaged, day_text, instant_from, instant_text
from persistence.strict import ONLY_LOOK
from states.errors import RecordNotIntact

Core = Select[Any] | Insert | Update | Delete
Values = tuple[Any, ...]
Convert = Callable[[Any], Any]
# Which of the values in a row are converted, by their place, and how; the others are as they are.
Converts = tuple[tuple[int, Convert], ...]


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A statement in one database's words: in which order it wants its values, and what is converted."""

    text: str
    in_order: Callable[[Values], Values] | None
    into: Converts
    out_of: Converts

    def values(self, given: Sequence[Values]) -> list[Values]:
        """The values of each execution as the driver takes them."""
        return _converted(list(given if self.in_order is None else map(self.in_order, given)), self.into)

    def rows(self, found: list[Values]) -> list[Values]:
        """The rows as Python has them. Raises RecordNotIntact for a value that Redress never writes."""
        try:
            return _converted(found, self.out_of)
        except (ValueError, TypeError) as other:
            raise damaged(other) from other


class Statement:
    """A statement whose values are given in the order of `takes`, as Python has them: days, aware instants, text.

    `takes` names the columns or bound parameters, each once. Where it is not `strict`, a text or a number that SQLite
    lets stand for the other is handed out too: whoever uses it will meet it.
    """

    def __init__(self, core: Core, takes: Sequence[str], *, strict: bool = True) -> None:
        self._core = core
        self._takes = tuple(takes)
        self._strict = strict
        self._compiled: dict[str, _Compiled] = {}

    def rows(self, connection: Connection, given: Values) -> list[Values]:
        """Execute it; all its rows."""
        return rows_of_all(connection, ((self, given),))[0]

    def on(self, dialect: Dialect) -> _Compiled:
        """The statement in a database's own words."""
        found = self._compiled.get(dialect.name)
        if found is None:
            found = self._compiled[dialect.name] = _compile(self._core, self._takes, dialect, strict=self._strict)
        return found


Asked = Sequence[tuple[Statement, Values]]
Told = Sequence[tuple[Statement, Sequence[Values]]]


def rows_of_all(connection: Connection, asked: Asked) -> list[list[Values]]:
    """The rows of each statement with its values; on PostgreSQL all are asked before the first answer is waited for."""
    compiled = [(statement.on(connection.dialect), given) for statement, given in asked]
    with driver_faults(connection), _cursors(connection, len(compiled)) as cursors:
        with _at_once(connection, len(compiled)):
            for cursor, (each, given) in zip(cursors, compiled, strict=True):
                cursor.execute(each.text, *each.values((given,)))
        found = [cursor.fetchall() for cursor in cursors]
    return [each.rows(rows) for rows, (each, _) in zip(found, compiled, strict=True)]


def run_all(connection: Connection, told: Told, touches: int) -> bool:
    """Execute each statement for each of its values, in their order; whether the first touched so many rows in all.

    Where it did not, the others may or may not have been executed, and the transaction is to be undone. On PostgreSQL
    all are sent before the first answer is waited for; where one is refused, that is raised at the end.
    """
    compiled = [(statement.on(connection.dialect), given) for statement, given in told]
    with driver_faults(connection), _cursors(connection, len(compiled)) as cursors:
        first, at_once = cursors[0], _at_once(connection, len(compiled))
        try:
            with at_once:
                for cursor, (each, given) in zip(cursors, compiled, strict=True):
                    values = each.values(given)
                    if len(values) == 1:
                        cursor.execute(each.text, values[0])
                    else:
                        cursor.executemany(each.text, values)
                    if cursor is first and isinstance(at_once, nullcontext) and first.rowcount != touches:
                        return False
        except connection.dialect.loaded_dbapi.Error:
            if first.rowcount in (touches, -1):
                raise
            return False  # what came after it was refused since it had touched other rows than it was meant to
        return bool(first.rowcount == touches)


def _at_once(connection: Connection, statements: int) -> AbstractContextManager[object]:
    """The driver's pipeline, where it has one and there is more than one statement to send."""
    if connection.dialect.name != "postgresql" or statements == 1:
        return nullcontext()
    pipeline: AbstractContextManager[object] = cast(Any, connection.connection.driver_connection).pipeline()
    return pipeline


@contextmanager
def _cursors(connection: Connection, number: int) -> Iterator[list[Any]]:
    """So many cursors of the driver's, closed at the end."""
    first = driver_cursor(connection)
    cursors = [first, *(first.connection.cursor() for _ in range(number - 1))]
    try:
        yield cursors
    finally:
        for cursor in cursors:
            cursor.close()


def own_insert(connection: Connection, into: Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT in the words of the database itself: both know ON CONFLICT, and Core does not."""
    own = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    return own(into)


def driver_cursor(connection: Connection, *name: str) -> Any:
    """A cursor of the driver's own, in the connection's transaction; with a name, one that the server keeps."""
    if not connection.in_transaction():
        connection.begin()
    return connection.connection.cursor(*name)


@contextmanager
def driver_faults(connection: Connection) -> Iterator[None]:
    """What the driver raises, as SQLAlchemy raises it; a connection that is lost is not used again.

    Raises RecordNotIntact for a date that Python does not know.
    """
    driver = connection.dialect.loaded_dbapi
    try:
        yield
    except driver.Error as fault:
        if is_beyond(fault):
            raise damaged(fault) from fault
        lost = connection.dialect.is_disconnect(cast(Any, fault), cast(Any, connection.connection), None)
        if lost:
            connection.invalidate(fault)
        as_its_own: Any = DBAPIError.instance(
            None, None, fault, driver.Error, connection_invalidated=lost, dialect=connection.dialect
        )
        raise as_its_own from fault


def is_beyond(fault: BaseException) -> bool:
    """Whether it is psycopg that says it, of a date that Python does not know: the server would have given a code."""
    return type(fault).__name__ == "DataError" and getattr(fault, "sqlstate", "") is None


def _compile(core: Core, takes: tuple[str, ...], dialect: Dialect, *, strict: bool) -> _Compiled:
    # Values go by their place in both databases: by name, a dictionary would be made of every row.
    by_place = dialect if dialect.positional else cast(Any, type(dialect))(paramstyle="format")
    compiled: Any = core.compile(dialect=by_place, column_keys=takes if isinstance(core, Insert) else None)
    own = [name for name in compiled.positiontup if name not in takes]
    wanted = [(*takes, *own).index(name) for name in compiled.positiontup]
    into = [_into(compiled.binds[name].type, dialect) for name in compiled.positiontup]
    columns = core.selected_columns if isinstance(core, Select) else ()
    out_of = [_out_of(column.type, dialect) for column in columns]
    if not strict:
        out_of = [None if convert in ONLY_LOOK else convert for convert in out_of]
    said = tuple(compiled.binds[name].effective_value for name in own)
    return _Compiled(str(compiled), _in_order(wanted, len(takes), said), _placed(into), _placed(out_of))


def _of(kind: TypeEngine[Any], dialect: Dialect) -> TypeEngine[Any]:
    return kind.dialect_impl(dialect)


# SQLite keeps days and instants as text. These write and read what the columns' own types do, at a third of the cost.
@lru_cache(maxsize=4096)
def _as_day_text(day: date | None) -> str | None:
    return None if day is None else day_text(day)


@lru_cache(maxsize=4096)
def _as_instant_text(instant: datetime | None) -> str | None:
    return None if instant is None else instant_text(instant)


@lru_cache(maxsize=4096)
def _as_instant(text: str | None) -> datetime | None:
    return None if text is None else instant_from(text)


def _into(kind: TypeEngine[Any], dialect: Dialect) -> Convert | None:
    if dialect.name == "sqlite" and isinstance(kind, Day):
        return _as_day_text
    if dialect.name == "sqlite" and isinstance(kind, UtcInstant):
        return _as_instant_text
    return _of(kind, dialect).bind_processor(dialect)


def _out_of(kind: TypeEngine[Any], dialect: Dialect) -> Convert | None:
    if dialect.name == "sqlite" and isinstance(kind, UtcInstant):
        return _as_instant
    if dialect.name == "sqlite" and isinstance(kind, Day):
        return _of(kind.impl_instance, dialect).result_processor(dialect, None)
    return _of(kind, dialect).result_processor(dialect, None)


def is_readable(value: Any, kind: TypeEngine[Any], dialect: Dialect) -> bool:
    """Whether what a column of this type holds can be read as such."""
    read = _out_of(kind, dialect)
    try:
        if read is not None:
            read(value)
    except (RecordNotIntact, ValueError, TypeError):
        return False
    return True


def _in_order(wanted: Sequence[int], given: int, own: Values) -> Callable[[Values], Values] | None:
    """What puts the values, and behind them the statement's own, into the order that is wanted; None where they have
    it."""
    if list(wanted) == list(range(given)):
        return None
    in_order = itemgetter(*wanted)
    return (lambda values: in_order(values + own)) if own else in_order


def _placed(converts: Iterable[Convert | None]) -> Converts:
    return tuple((place, convert) for place, convert in enumerate(converts) if convert is not None)


def _converted(rows: list[Values], converts: Converts) -> list[Values]:
    """The rows with their values converted: a column at a time, which for many rows costs half."""
    if not converts or not rows:
        return rows
    if len(rows) == 1:
        values = list(rows[0])
        for place, convert in converts:
            values[place] = convert(values[place])
        return [tuple(values)]
    columns: list[Iterable[Any]] = list(zip(*rows, strict=True))
    for place, convert in converts:
        columns[place] = map(convert, columns[place])
    return list(zip(*columns, strict=True))
