"""A process on the database, and the crash that waits for it at one of its writes.

Nothing of the database is replaced. A listener on the engine raises at the n-th statement that may write, whatever it
is, or at the COMMIT; where one statement writes many rows, the half of them is written first. The transaction in hand
is undone by the database itself; then the process starts anew, with new connections.
"""

import re
from contextlib import closing
from typing import Any

from sqlalchemy import Connection, event

from persistence.database import Database

_ONLY_READS = re.compile(r"\s*(SELECT|BEGIN|PRAGMA|SHOW|EXPLAIN)\b", re.IGNORECASE)


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
        self._start()

    def _start(self) -> None:
        self.database = Database(self._url)
        event.listen(self.database.engine, "before_cursor_execute", self._on_statement)
        event.listen(self.database.engine, "commit", self._on_commit)

    def arm(self, writes: int | None, *, cut_the_line: bool = False) -> None:
        """Crash at the write of this number; None: live. `cut_the_line` closes the connection as the kernel would."""
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

    def _on_statement(
        self, connection: Connection, cursor: Any, statement: str, parameters: Any, _context: Any, many: bool
    ) -> None:
        if _ONLY_READS.match(statement):
            return
        if many and self._left == 1 and not self._dead:
            with closing(cursor.connection.cursor()) as half:  # an open one would keep SQLite's lock after the crash
                half.executemany(statement, parameters[: len(parameters) // 2])
        self._lives(connection)

    def _on_commit(self, connection: Connection) -> None:
        self._lives(connection)
        self.committed = True

    def _lives(self, connection: Connection | None) -> None:
        if self._left is None:
            return
        self._left -= 1
        if self._left <= 0 or self._dead:
            self._dead = True
            if connection is not None and self._cut_the_line:
                connection.invalidate()
            raise Crash
