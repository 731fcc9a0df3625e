"""A process on the database, and the crash that waits for it at one of its writes.

Nothing of the database is replaced. The driver's own cursors, made a little otherwise, raise at the n-th statement
that may write, whatever it is, or at the COMMIT; where one statement writes many rows, the half of them is written
first. The transaction in hand is undone by the database itself; then the process starts anew, with new connections.
"""

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg
from sqlalchemy import Connection, event

from persistence.database import Database

_ONLY_READS = re.compile(r"\s*(SELECT|BEGIN|PRAGMA|SHOW|EXPLAIN)\b", re.IGNORECASE)


Tell = Callable[[Any, str, Any, bool], None]


def _telling(cursor: type[Any], tell: Tell) -> type[Any]:
    """A driver's cursor that tells of each statement before it goes out."""

    class Telling(cursor):  # type: ignore[misc]
        def execute(self, statement: str, parameters: Any = (), **named: Any) -> Any:
            tell(self, statement, parameters, False)
            return super().execute(statement, parameters, **named)

        def executemany(self, statement: str, parameters: Any, **named: Any) -> Any:
            tell(self, statement, parameters, True)
            return super().executemany(statement, parameters, **named)

    return Telling


def _untold(cursor: Any) -> Any:
    """A plain cursor of the same connection."""
    if isinstance(cursor, sqlite3.Cursor):
        return sqlite3.Connection.cursor(cursor.connection, sqlite3.Cursor)
    return psycopg.Cursor(cursor.connection)


class Crash(BaseException):
    """The process is gone."""


class Process:
    """One process: its own connections, and how many writes it has left to live."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._left: int | None = None
        self._dead = False
        self._cut_the_line = False
        self.committed = False
        self._connection: Connection | None = None
        self._start()

    def _start(self) -> None:
        self.database = Database(self._url)
        event.listen(self.database.engine, "do_connect", self._with_our_cursors)
        event.listen(self.database.engine, "begin", self._on_begin)
        event.listen(self.database.engine, "commit", self._on_commit)

    def _with_our_cursors(self, _dialect: Any, _record: Any, _given: Any, named: dict[str, Any]) -> None:
        """Let the driver make connections whose cursors tell us of each statement before it goes out."""
        tell = self._on_statement
        if self.database.is_sqlite:
            own = _telling(sqlite3.Cursor, tell)

            class Connected(sqlite3.Connection):
                def cursor(self, factory: Any = own) -> Any:
                    return super().cursor(factory)

            named["factory"] = Connected
        else:
            named["cursor_factory"] = _telling(psycopg.Cursor, tell)

    def arm(self, writes: int | None, *, cut_the_line: bool = False) -> None:
        """Crash at the write of this number; None: live. `cut_the_line` closes PostgreSQL's as the kernel would."""
        self._left, self._dead, self.committed, self._cut_the_line = writes, False, False, cut_the_line

    def restart(self) -> None:
        """A new process in the place of the one that is gone."""
        self.close()
        self.arm(None)
        self._start()

    def close(self) -> None:
        self.database.close()

    def point(self) -> None:
        """A place between two writes, such as the one behind a commit whose answer nobody hears any more."""
        self._lives(None)

    @contextmanager
    def to_the_end(self) -> Iterator[None]:
        """Round all that the process does: once it is gone, whatever it still raises is its end. Raises Crash."""
        try:
            yield
        except Exception as after:
            if self._dead:
                raise Crash from after
            raise

    def _on_begin(self, connection: Connection) -> None:
        self._connection = connection

    def _on_statement(self, cursor: Any, statement: str, parameters: Any, many: bool) -> None:
        if _ONLY_READS.match(statement):
            return
        if many and self._left == 1 and not self._dead:
            with closing(_untold(cursor)) as half:  # an open one would keep SQLite's lock after the crash
                half.executemany(statement, parameters[: len(parameters) // 2])
        self._lives(self._connection)

    def _on_commit(self, connection: Connection) -> None:
        self._lives(connection)
        self.committed = True

    def _lives(self, connection: Connection | None) -> None:
        if self._left is None:
            return
        self._left -= 1
        if self._left <= 0 or self._dead:
            self._dead = True
            if connection is not None and self._cut_the_line and not self.database.is_sqlite:
                connection.invalidate()
            raise Crash
