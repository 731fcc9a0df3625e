"""What stands in the database, read past the product's own reading: whole, as a hash, and case by case."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, select, text

from persistence.database import Database
from persistence.log import Entry
from persistence.meta import read_meta
from persistence.unit import CASES, DEADLINES, FACTS, LOG, SET_ASIDE, StoredDeadline, entry_from
from states.deadlines import Reckoner

_ORDERED = {
    "alembic_version": "version_num",
    "cases": "id",
    "facts": "case_id, name",
    "log": "case_id, seq",
    "deadlines": "case_id, deadline",
    "set_aside": "case_id",
    "meta": "key",
}


@dataclass(frozen=True, slots=True)
class Seen:
    """A case as its rows stand, with the entries behind those that were read before."""

    id: int
    reference: str
    state: str
    version: int
    head: str
    facts: Mapping[str, str]
    deadlines: Mapping[str, StoredDeadline]
    entries: tuple[Entry, ...]


def dump(database: Database) -> str:
    """One hash of every row of every table."""
    whole = sha256()
    with database.connect() as connection:
        for table, order in _ORDERED.items():
            rows = connection.execute(text(f"SELECT * FROM {table} ORDER BY {order}")).all()
            whole.update(repr((table, [tuple(row) for row in rows])).encode())
    return whole.hexdigest()


def moment(database: Database) -> tuple[datetime, Reckoner]:
    """The simulated instant, and what dates are reckoned with."""
    with database.connect() as connection:
        meta = read_meta(connection)
        return meta.now(), meta.reckoner


def references(database: Database) -> list[str]:
    with database.connect() as connection:
        return list(connection.execute(select(CASES.c.reference).order_by(CASES.c.id)).scalars())


def see(database: Database, reference: str, after: int = 0) -> Seen | None:
    """One case, with its entries behind the one of this number."""
    with database.connect() as connection:
        row = connection.execute(select(CASES).where(CASES.c.reference == reference)).one_or_none()
        return None if row is None else _seen(connection, row, after)


def _seen(connection: Connection, row: Any, after: int) -> Seen:
    facts = connection.execute(select(FACTS.c.name, FACTS.c.value).where(FACTS.c.case_id == row.id))
    columns = [DEADLINES.c[name] for name in StoredDeadline.__slots__]
    rows = [StoredDeadline(*each) for each in connection.execute(select(*columns).where(DEADLINES.c.case_id == row.id))]
    log = connection.execute(select(LOG).where(LOG.c.case_id == row.id, LOG.c.seq > after).order_by(LOG.c.seq))
    return Seen(
        row.id, row.reference, row.state, row.version, row.head,
        dict(sorted((each.name, each.value) for each in facts)),
        {each.deadline: each for each in sorted(rows, key=lambda each: each.deadline)},
        tuple(entry_from(each) for each in log.mappings()),
    )  # fmt: skip


def armed(database: Database) -> list[tuple[datetime, str, str]]:
    """Every armed deadline: its instant, its case and its id; the soonest first."""
    query = select(DEADLINES.c.fires_at, CASES.c.reference, DEADLINES.c.deadline).where(
        CASES.c.id == DEADLINES.c.case_id, DEADLINES.c.status == "armed"
    )
    with database.connect() as connection:
        return sorted((row.fires_at, row.reference, row.deadline) for row in connection.execute(query))


def set_aside(database: Database) -> list[str]:
    """The cases that were set aside."""
    query = select(CASES.c.reference).where(CASES.c.id == SET_ASIDE.c.case_id)
    with database.connect() as connection:
        return sorted(connection.execute(query).scalars())
