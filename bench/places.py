"""New and empty databases of both kinds, each with its clock set by hand, and copies of filled ones."""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from itertools import count
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

from persistence.database import Database
from persistence.meta import read_meta, set_clock
from persistence.proof import verify
from persistence.unit import unit_of_work
from tests.backends import SERVER_VARIABLE, started_server
from workflow.session import Session
from workflow.setup import make

KINDS = ("SQLite", "PostgreSQL")
_numbers = count(1)


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
        return _new_on_the_server()
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
    return _new_on_the_server(copy_of=str(database.url.database))


def _new_on_the_server(copy_of: str = "template1") -> str:
    name = f"redress_bench_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(server_url(), autocommit=True) as connection:
        new, old = sql.Identifier(name), sql.Identifier(copy_of)
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(new, old))
        connection.execute("CHECKPOINT")
    return make_url(server_url()).set(database=name).render_as_string(hide_password=False)


def drop(database: Database) -> None:
    """Remove a database for good."""
    database.close()
    if database.path is not None:
        shutil.rmtree(database.path.parent, ignore_errors=True)
        return
    with psycopg.connect(server_url(), autocommit=True) as connection:
        name = sql.Identifier(str(database.url.database))
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


def require_intact(database: Database) -> None:
    """What was measured must be real: every chain whole, every row where its log says. Ends the run otherwise."""
    with unit_of_work(database, writing=False) as unit:
        verdict = verify(unit.connection)
    if not verdict.intact:
        raise SystemExit(f"bench: the database is not intact, so its figures mean nothing: {verdict.fault}")
