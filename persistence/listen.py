"""Waiting for what other processes say: PostgreSQL's LISTEN, which costs nothing while nothing is said."""

from typing import TYPE_CHECKING, Any

from persistence.database import Database, first_line
from persistence.writing import CHANNEL
from states.errors import DatabaseUnreachable

if TYPE_CHECKING:
    import psycopg


class Bell:
    """One process's ear on the channel; the connection is kept, so that nothing said between two waits is lost.

    psycopg keeps what is said then since its 3.2.4.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: psycopg.Connection[Any] | None = None

    def wait(self, seconds: float) -> bool | None:
        """Wait until a change says that something is due at once, or so many seconds; whether it was said.

        None on SQLite, which has no such channel. Raises DatabaseUnreachable; the next wait connects anew.
        """
        if self._database.is_sqlite:
            return None
        import psycopg

        try:
            return any(True for _ in self._listening().notifies(timeout=seconds, stop_after=1))
        except psycopg.Error as away:
            self.close()
            raise DatabaseUnreachable(f"{first_line(away)} ({self._database.shown}).") from away

    def _listening(self) -> "psycopg.Connection[Any]":
        import psycopg

        if self._connection is None:
            url = self._database.url.set(drivername="postgresql").render_as_string(hide_password=False)
            self._connection = psycopg.connect(url, autocommit=True)
            self._connection.execute(f"LISTEN {CHANNEL}")
        return self._connection

    def close(self) -> None:
        """Stop listening."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None
