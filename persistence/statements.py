"""The statements of the hot road: written in SQLAlchemy Core, compiled once for each database, handed to its driver.

Core looks up, compiles and wraps at every execution, which costs several times what the database takes for a row. What
is said here stays Core's; only the saying is done once.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Delete, Dialect, Insert, Select, Update
from sqlalchemy.types import TypeEngine

Values = Mapping[str, Any]
Convert = Callable[[Any], Any] | None


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A statement in one database's words: how its values and its columns are converted, None: not at all."""

    text: str
    positional: bool
    into: tuple[tuple[str, Convert], ...]
    out_of: tuple[Convert, ...]

    def values(self, given: Values) -> Any:
        """The values as the driver takes them: in their order as SQLite stores them, or by name as they are."""
        if self.positional:
            return tuple([given[name] if convert is None else convert(given[name]) for name, convert in self.into])
        return given

    def row(self, found: Sequence[Any]) -> tuple[Any, ...]:
        """A row as Python has it."""
        pairs = zip(found, self.out_of, strict=True)
        return tuple([value if convert is None else convert(value) for value, convert in pairs])


class Statement:
    """A statement whose values are given by name, as Python has them: days, aware instants, text, numbers."""

    def __init__(self, core: Select[Any] | Insert | Update | Delete) -> None:
        self._core = core
        self._compiled: dict[str, _Compiled] = {}

    def run(self, connection: Connection, given: Values) -> int:
        """Execute it once; how many rows it touched."""
        compiled = self._for(connection.dialect)
        return connection.exec_driver_sql(compiled.text, compiled.values(given)).rowcount

    def run_each(self, connection: Connection, given: Sequence[Values]) -> int:
        """Execute it for each of the values, in their order; how many rows were touched in all."""
        if len(given) == 1:
            return self.run(connection, given[0])
        compiled = self._for(connection.dialect)
        return connection.exec_driver_sql(compiled.text, [compiled.values(each) for each in given]).rowcount

    def rows(self, connection: Connection, given: Values) -> list[tuple[Any, ...]]:
        """Execute it; all its rows."""
        compiled = self._for(connection.dialect)
        result = connection.exec_driver_sql(compiled.text, compiled.values(given))
        found: list[tuple[Any, ...]] = list(result.cursor.fetchall()) if result.cursor is not None else []
        result.close()
        return [compiled.row(row) for row in found] if any(compiled.out_of) else found

    def _for(self, dialect: Dialect) -> _Compiled:
        found = self._compiled.get(dialect.name)
        if found is None:
            found = self._compiled[dialect.name] = _compile(self._core, dialect)
        return found


def _compile(core: Select[Any] | Insert | Update | Delete, dialect: Dialect) -> _Compiled:
    compiled: Any = core.compile(dialect=dialect)
    names = compiled.positiontup if compiled.positional else compiled.binds
    into = tuple((name, _into(compiled.binds[name].type, dialect)) for name in names)
    columns = core.selected_columns if isinstance(core, Select) else ()
    out_of = tuple(_out_of(column.type, dialect) for column in columns)
    return _Compiled(str(compiled), compiled.positional, into, out_of)


def _into(kind: TypeEngine[Any], dialect: Dialect) -> Convert:
    return kind.dialect_impl(dialect).bind_processor(dialect)


def _out_of(kind: TypeEngine[Any], dialect: Dialect) -> Convert:
    return kind.dialect_impl(dialect).result_processor(dialect, None)
