"""Making and upgrading a database: the Alembic migrations, run by `redress init`."""

import sqlite3
from contextlib import closing
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, func, select

from persistence.database import Database
from persistence.meta import Meta, read_meta
from persistence.schema import SCHEMA, stored_schema
from states.errors import DatabaseUnreachable

# "redress" as a number, so that no other program's lock is meant.
ADVISORY_LOCK = int.from_bytes(b"redress", "big")


def upgrade(database: Database, to: str = SCHEMA) -> bool:
    """Bring a database to this version's schema, or to one before it, in one transaction; whether anything was done.

    Raises DatabaseUnreachable for a newer schema, which is left as it is.
    """
    if database.path is not None:
        _make_file(database.path)
    with database.connect(writing=True) as connection:
        hold_the_lock(connection)
        before = stored_schema(connection)
        if before is not None and before >= to:
            database.require_schema(connection)
            return False
        _run(connection, to)
        connection.commit()
    return True


def settings_before(database: Database) -> Meta | None:
    """The settings of a database that stands, of whichever schema that can be upgraded; None where none was made yet.

    Nothing is made or changed. Raises DatabaseUnreachable.
    """
    if database.path is not None and not database.path.is_file():
        return None
    with database.connect() as connection:
        found = stored_schema(connection)
        if found is None or found > SCHEMA:
            return None
        meta = read_meta(connection)
    return meta if meta.made else None


def hold_the_lock(connection: Connection) -> None:
    """Be the only one that makes or upgrades the database, until the transaction ends; SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(ADVISORY_LOCK)))


def _make_file(path: Path) -> None:
    """An empty database in WAL mode, readable by its owner and group only; an existing one is left alone."""
    try:
        if path.is_file() and path.stat().st_size:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o660, exist_ok=True)
        with closing(sqlite3.connect(path)) as made:
            made.execute("PRAGMA journal_mode = WAL")
    except (OSError, sqlite3.Error) as refused:
        raise DatabaseUnreachable(f"{path} cannot be made: {refused}.") from refused


def _run(connection: Connection, to: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, to)
