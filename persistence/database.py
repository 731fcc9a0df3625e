"""The door to the database: SQLite as a file, or PostgreSQL, by a URL.

SQLite runs with a write-ahead log, foreign keys, a patient lock and `synchronous=FULL` (a committed change survives a
power cut). Every writing transaction begins with BEGIN IMMEDIATE: a read that turns into a write would deadlock.

For pages that only look, a database can be opened so that it refuses every change itself.
"""

import logging
import os
import sqlite3
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, ExceptionContext, make_url
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, DisconnectionError, IntegrityError, NoSuchModuleError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from persistence.instants import damaged
from persistence.schema import SCHEMA, stored_schema
from persistence.statements import driver_faults, is_beyond
from persistence.strict import STRICT
from states.errors import DatabaseUnreachable, NotPermitted, RefusedByDatabase, WrongWords

# SQLite gives its one lock to whoever asks at the right moment, not to who waits longest. With fifty writers that never
# pause the unluckiest waits some 20 seconds (make soak); being told that the database is locked is for a stuck one.
BUSY_MILLISECONDS = 60_000
# How many connections a process has at most, how many of them it keeps for the next use, and how long it waits for one.
CONNECTIONS, KEPT_CONNECTIONS, CONNECTION_SECONDS = 15, 5, 30.0
_WRITING, _FOUND_GOOD = "redress_writing", "redress_found_good"
LOOK_AGAIN_SECONDS = 5.0
ASK_AGAIN_SECONDS, _USED = 1.0, "redress_used"
_OUTSIDE = "redress_outside"
# Where a URL of PostgreSQL may hold a password besides the usual place.
_SECRET_IN_QUERY = ("password", "sslpassword")
# What PostgreSQL, and our triggers there, answer to somebody who may not do a thing.
INSUFFICIENT_PRIVILEGE = "42501"

# For a statement whose rows are many: they are fetched by so many, so that a long log takes no memory. It is given with
# the statement, never to the connection, which would then stream every later statement too.
A_PAGE = {"yield_per": 1000}


class Database:
    """One database, reached by its URL. Connections are made when they are needed, and kept for the next use.

    One that is opened read-only refuses every change itself, whatever it is told: it raises DatabaseUnreachable.
    """

    def __init__(self, url: str, *, read_only: bool = False) -> None:
        self.url = parse_url(url)
        # A pooled connection that died is found out before it is used, and replaced.
        made = _sqlite_engine if self.is_sqlite else _postgres_engine
        self.engine = made(self.url, read_only=read_only)
        self._engines = {writing: self.engine.execution_options(**{_WRITING: writing}) for writing in (False, True)}

    @cached_property
    def is_sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    @cached_property
    def path(self) -> Path | None:
        """The file of a SQLite database; None for PostgreSQL."""
        return Path(str(self.url.database)) if self.is_sqlite else None

    @cached_property
    def shown(self) -> str:
        """The URL as a message may show it, without a password."""
        return without_password(self.url)

    @property
    def has_password(self) -> bool:
        """Whether the URL holds a password, which is never to be shown."""
        return bool(self.url.password) or any(name in self.url.query for name in _SECRET_IN_QUERY)

    def close(self) -> None:
        """Let go of the connections that were kept."""
        self.engine.dispose()

    @contextmanager
    def connect(self, *, writing: bool = False) -> Iterator[Connection]:
        """A connection in one transaction, rolled back at the end unless the caller commits.

        One that is not `writing` reads the database as it stood at one moment, and on PostgreSQL can change nothing.
        Raises DatabaseUnreachable where the database can't be reached, is not ours, or refuses what is written.
        """
        if self.path is not None and not os.path.isfile(self.path):  # it raises nothing, whatever the path
            raise DatabaseUnreachable(f"there is none at {self.shown}; make it with `redress init`.")
        with in_users_words(self.shown), self._engines[writing].connect() as connection:
            yield connection

    @contextmanager
    def outside_transactions(self) -> Iterator[Connection]:
        """A connection in no transaction, for what a database does to its own files. Raises DatabaseUnreachable."""
        engine = self.engine if self.is_sqlite else self.engine.execution_options(isolation_level="AUTOCOMMIT")
        with in_users_words(self.shown), engine.connect() as connection:
            yield connection.execution_options(**{_OUTSIDE: True})

    def require_schema(self, connection: Connection) -> None:
        """Refuse a database that `init` has not made, or of another schema than this version's.

        A connection that was found good is looked at again after some seconds only: each case is read with the schema
        that it is kept in.
        """
        if time.monotonic() - connection.info.get(_FOUND_GOOD, -LOOK_AGAIN_SECONDS) < LOOK_AGAIN_SECONDS:
            return
        found = stored_schema(connection)
        if found is None:
            raise DatabaseUnreachable(f"{self.shown} is not a Redress database yet; make it one with `redress init`.")
        if found > SCHEMA:
            raise DatabaseUnreachable(
                f"{self.shown} has schema {found}, newer than this version of Redress knows ({SCHEMA}); "
                "use the version that made it, or a newer one."
            )
        if found < SCHEMA:
            raise DatabaseUnreachable(
                f"{self.shown} has schema {found}, this version needs {SCHEMA}; upgrade it with `redress init`."
            )
        connection.info[_FOUND_GOOD] = time.monotonic()


@contextmanager
def in_users_words(shown: str) -> Iterator[None]:
    """Turn what the driver raises into our errors: the database is away, or it refuses what is written."""
    try:
        yield
    except (IntegrityError, DataError) as refused:
        raise RefusedByDatabase(f"{first_line(refused.orig)} ({shown}).") from refused
    except DBAPIError as away:
        if getattr(away.orig, "sqlstate", None) == INSUFFICIENT_PRIVILEGE:
            raise NotPermitted(
                f"the database refuses it: {first_line(away.orig)} ({shown}).", actor="This user"
            ) from away
        raise DatabaseUnreachable(f"{first_line(away.orig)} ({shown}){_what_to_do(away)}.") from away
    except NoConnectionFree as busy:
        raise DatabaseUnreachable(f"this process has all its {CONNECTIONS} connections in use ({shown}).") from busy
    except UnicodeDecodeError as damaged:  # raised past the driver's own errors where a file's schema is no text
        if not _is_of_the_driver(damaged):
            raise
        raise DatabaseUnreachable(f"it is damaged: it holds bytes that are no text ({shown}).") from damaged


def without_password(url: URL) -> str:
    """A URL as a message may show it, wherever in it the password stands."""
    return url.difference_update_query(_SECRET_IN_QUERY).render_as_string(hide_password=True)


def parse_url(url: str) -> URL:
    """The URL of a database that Redress can use. Raises WrongWords for any other."""
    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
    except (ArgumentError, NoSuchModuleError, ValueError):
        backend = ""
    if not url.isprintable():
        backend = ""
    is_a_file = backend == "sqlite" and parsed.database not in (None, "", ":memory:")
    if is_a_file and parsed.drivername in ("sqlite", "sqlite+pysqlite") and not (parsed.query or parsed.host):
        return parsed
    if backend == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    raise WrongWords(
        "The database is named by a URL: sqlite:///path/to/file.db or postgresql://user@host/name; this is neither."
    )


def _pool() -> dict[str, Any]:
    return {
        "pool_size": KEPT_CONNECTIONS, "max_overflow": CONNECTIONS - KEPT_CONNECTIONS,
        "pool_timeout": CONNECTION_SECONDS,
    }  # fmt: skip


def _postgres_engine(url: URL, *, read_only: bool) -> Engine:
    try:
        engine = create_engine(url, **_pool())
    except ArgumentError as wrong:
        raise WrongWords(f"The URL of the database names no server: {wrong}.") from wrong
    _ask_after_a_pause(engine)
    _read_one_moment(engine)
    _name_dates_beyond(engine)
    # The driver logs what it passes over when a pipeline ends in a fault; the fault itself is raised, and said by us.
    logging.getLogger("psycopg").addHandler(logging.NullHandler())
    if read_only:

        @event.listens_for(engine, "connect")
        def refuse_changes(connection: Any, _record: Any) -> None:
            connection.execute("SET default_transaction_read_only = on")
            connection.commit()

    return engine


def _name_dates_beyond(engine: Engine) -> None:
    """A date that PostgreSQL holds and Python does not know, such as infinity, is a damaged record, as on SQLite."""

    @event.listens_for(engine, "handle_error")
    def name(context: ExceptionContext) -> BaseException | None:
        fault = context.original_exception
        return damaged(first_line(fault)) if is_beyond(fault) else None


def _read_one_moment(engine: Engine) -> None:
    """What is only read is read as it stands at the first statement; else each statement, and each of several cursors,
    would see what was committed before it.

    It goes with the BEGIN. A writing transaction is left to what the server has for it, which may be to refuse it.
    """
    repeatable = engine.dialect.loaded_dbapi.IsolationLevel.REPEATABLE_READ

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        driver: Any = connection.connection.driver_connection
        only_reads = True if connection.get_execution_options().get(_WRITING) is False else None
        if driver.read_only is not only_reads:
            driver.read_only, driver.isolation_level = only_reads, repeatable if only_reads else None


def _ask_after_a_pause(engine: Engine) -> None:
    """A connection that was not used for a while is asked first whether it is still one, and replaced if it is not.

    SQLAlchemy's own pre-ping asks each time, which costs a change in a busy minute as much as one of its statements.
    """

    @event.listens_for(engine, "checkin")
    def used(_connection: Any, record: Any) -> None:
        record.info[_USED] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def ask(connection: Any, record: Any, _proxy: Any) -> None:
        if time.monotonic() - record.info.get(_USED, time.monotonic()) < ASK_AGAIN_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as gone:
            raise DisconnectionError(str(gone)) from gone


def _sqlite_engine(url: URL, *, read_only: bool) -> Engine:
    opened: dict[str, Any] = {}
    if read_only:
        opened["creator"] = lambda: opened_read_only(url)
    elif stands_still(url):
        opened["creator"] = lambda: opened_read_only(url, still=True)
    engine = create_engine(url, **opened, **_pool())
    engine.dialect.colspecs = {**engine.dialect.colspecs, **STRICT}

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we begin transactions ourselves, below
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}")
        connection.execute("PRAGMA synchronous = FULL")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        if not options.get(_OUTSIDE, False):
            with driver_faults(connection):
                connection.connection.cursor().execute("BEGIN IMMEDIATE" if options.get(_WRITING, False) else "BEGIN")

    return engine


def stands_still(url: URL) -> bool:
    """Whether a file can only be read as one that nobody changes, such as an auditor's copy on a medium or a share.

    Beside a file that others write SQLite keeps two more, and makes them where they are missing: here it may not.
    """
    path = os.path.abspath(str(url.database))
    its_rights = {"effective_ids": True} if os.access in os.supports_effective_ids else {}
    folder_is_closed = not os.access(os.path.dirname(path), os.W_OK, **its_rights)
    return folder_is_closed and os.path.isfile(path) and not os.path.exists(f"{path}-wal")


def opened_read_only(url: URL, *, still: bool = False) -> sqlite3.Connection:
    """The file opened for reading alone; a pool hands it from one thread to another, never to two at once.

    One that stands still is read without a look at what others do. It is for one command, not for a service.
    """
    path = quote(os.path.abspath(str(url.database)))
    how = "mode=ro&immutable=1" if still else "mode=ro"
    connection = sqlite3.connect(f"file:{path}?{how}", uri=True, check_same_thread=False)
    connection.execute("PRAGMA query_only = ON")
    return connection


# What SQLite's own words leave out: what somebody can do.
_TODO = {
    sqlite3.SQLITE_BUSY: (
        f": another program holds it, and did not let go within {BUSY_MILLISECONDS // 1000} seconds; nothing was "
        "changed, try again"
    ),
    sqlite3.SQLITE_READONLY: (
        ": this user lacks a right on the file, or on its folder, where SQLite keeps two more beside it; to read it, "
        "copy it (and the file ending in -wal, if there is one) to a folder of your own"
    ),
}
_TODO[sqlite3.SQLITE_CANTOPEN] = _TODO[sqlite3.SQLITE_READONLY]


def _what_to_do(refused: DBAPIError) -> str:
    """What to do where SQLite says no by one of its codes; the low byte names the kind."""
    code = getattr(refused.orig, "sqlite_errorcode", None)
    return "" if code is None else _TODO.get(code & 0xFF, "")


def is_undecided(fault: DBAPIError) -> bool:
    """Whether a COMMIT that ended so may have been kept all the same.

    It may where the answer was lost; and on SQLite where all was written and the disk then failed: who opens the file
    next takes up what it finds whole. What could not even be written is undone.
    """
    code = getattr(fault.orig, "sqlite_errorcode", sqlite3.SQLITE_OK)
    failed_later = code & 0xFF == sqlite3.SQLITE_IOERR and code != sqlite3.SQLITE_IOERR_WRITE
    return fault.connection_invalidated or failed_later


def first_line(fault: BaseException | None) -> str:
    """What a driver says of a fault, in a line; where it says nothing, the fault's name."""
    return (str(fault).strip() or type(fault).__name__).splitlines()[0]


def _is_of_the_driver(fault: Exception) -> bool:
    """Whether it was raised by a driver, which leaves no trace of its own, and not by what is done with its rows."""
    *_, (frame, _line) = traceback.walk_tb(fault.__traceback__)
    return str(frame.f_globals["__name__"]).partition(".")[0] in ("sqlalchemy", "psycopg", "persistence")
