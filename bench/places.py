"""New and empty databases of both kinds, each with its clock set by hand, and copies of filled ones."""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from pathlib import Path

from persistence.database import Database
from persistence.meta import read_meta, set_clock
from persistence.proof import verify
from persistence.unit import unit_of_work
from tests.backends import SERVER_VARIABLE, new_postgres_url, removed, started_server
from workflow.session import Session
from workflow.setup import make

KINDS = ("SQLite", "PostgreSQL")


@cache
def server_url() -> str:
    """A PostgreSQL that is set as it comes, so that a commit is on the disk before it answers."""
    return os.environ.get(SERVER_VARIABLE) or started_server({}, None)


@cache
def folder() -> Path:
    """A folder of this run; `remove` removes it."""
    return Path(tempfile.mkdtemp(prefix="redress-bench-"))


def remove() -> None:
    if folder.cache_info().currsize:
        shutil.rmtree(folder(), ignore_errors=True)


def new_url(kind: str) -> str:
    """The URL of a database that is not made yet."""
    if kind == "PostgreSQL":
        return new_postgres_url(server=server_url())
    return f"sqlite:///{tempfile.mkdtemp(dir=folder())}/cases.db"


def new_database(kind: str, now: str | None) -> Database:
    """A database whose clock stands at `now`; with None, one that keeps real time."""
    session = Session(url=new_url(kind), as_at=now)
    make(session, simulated=now is not None, window_basis=None)
    return session.database


def set_the_clock(database: Database, now: str) -> None:
    with unit_of_work(database) as unit:
        set_clock(unit.connection, read_meta(unit.connection), datetime.fromisoformat(now))
        unit.commit()


@contextmanager
def copied(database: Database) -> Iterator[Database]:
    """A copy of a database, whose connections are let go of; removed at the end."""
    database.close()
    copy = Database(_copy(database))
    try:
        yield copy
    finally:
        drop(copy)


def _copy(database: Database) -> str:
    if database.path is not None:
        path = Path(tempfile.mkdtemp(dir=folder())) / "cases.db"
        with sqlite3.connect(database.path) as original:
            original.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        original.close()
        shutil.copyfile(database.path, path)
        return f"sqlite:///{path}"
    # PostgreSQL copies the files, and makes a checkpoint before and behind, so that none comes while it is measured.
    return new_postgres_url(copy_of=_url(database), server=server_url())


def drop(database: Database) -> None:
    """Remove a database for good."""
    database.close()
    if database.path is not None:
        shutil.rmtree(database.path.parent, ignore_errors=True)
        return
    removed(_url(database), server=server_url())


def _url(database: Database) -> str:
    return database.url.render_as_string(hide_password=False)


def require_intact(database: Database) -> None:
    """What was measured must be real: every chain whole, every row where its log says. Ends the run otherwise."""
    with unit_of_work(database, writing=False) as unit:
        verdict = verify(unit.connection)
    if not verdict.intact:
        raise SystemExit(f"bench: the database is not intact, so its figures mean nothing: {verdict.fault}")
