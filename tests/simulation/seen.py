"""What stands in the database, read past the product's own reading: whole, as a hash, and case by case."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import select
from sqlmodel import SQLModel

from persistence.database import Database
from persistence.log import Entry
from persistence.meta import read_meta
from persistence.sealing import opened
from persistence.unit import KEYS, LOG, StoredDeadline, entry_from
from states.reckoner import Reckoner

Read = Callable[[str], list[Any]]
_TABLES = {table.name: ", ".join(table.primary_key.columns.keys()) for table in SQLModel.metadata.sorted_tables}


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
    with _cursor(database) as read:
        for table, order in _TABLES.items():
            whole.update(repr((table, read(f"SELECT * FROM {table} ORDER BY {order}"))).encode())
    return whole.hexdigest()


def moment(database: Database) -> tuple[datetime, Reckoner]:
    """The simulated instant, and what dates are reckoned with."""
    with database.connect() as connection:
        meta = read_meta(connection)
        return meta.now(), meta.reckoner


def see(database: Database, reference: str, after: int = 0) -> Seen:
    """One case, with its entries behind the one of this number. Raises AssertionError where there is none."""
    with _cursor(database) as read:
        for row in read("SELECT id, reference, state, version, head FROM cases"):
            if row[1] == reference:
                return _seen(database, read, row, after)
    raise AssertionError(f"{reference} is gone")


def see_all(database: Database, after: Mapping[str, int]) -> list[Seen]:
    """Every case, each with its entries behind the one that was read last."""
    with _cursor(database) as read:
        rows = read("SELECT id, reference, state, version, head FROM cases ORDER BY id")
        return [_seen(database, read, row, after.get(row[1], 0)) for row in rows]


def armed(database: Database) -> list[tuple[datetime, str, str]]:
    """Every armed deadline: its instant, its case and its id; the soonest first."""
    with _cursor(database) as read:
        rows = read(
            "SELECT d.fires_at, c.reference, d.deadline FROM deadlines d JOIN cases c ON c.id = d.case_id "
            "WHERE d.status = 'armed'"
        )
    return sorted((_instant(at), reference, deadline) for at, reference, deadline in rows)


def outbox(database: Database) -> tuple[set[tuple[str, str, date, int]], dict[tuple[str, str], date]]:
    """What waits to be reminded of (the case, the deadline, its day, how many days before), and what runs."""
    with _cursor(database) as read:
        waits = read(
            "SELECT c.reference, r.deadline, r.due_on, r.days_before FROM reminders r JOIN cases c ON c.id = r.case_id "
            "WHERE r.status = 'waiting'"
        )
        runs = read(
            "SELECT c.reference, d.deadline, d.due_on FROM deadlines d JOIN cases c ON c.id = d.case_id "
            "WHERE d.status = 'armed'"
        )
    return (
        {(case, name, _day(due), int(days)) for case, name, due, days in waits},
        {(case, name): _day(due) for case, name, due in runs},
    )


def set_aside(database: Database) -> list[str]:
    """The cases that were set aside."""
    with _cursor(database) as read:
        return sorted(row[0] for row in read("SELECT reference FROM cases JOIN set_aside ON case_id = id"))


@contextmanager
def _cursor(database: Database) -> Iterator[Read]:
    """Reading by the driver's own cursor, in one transaction of which nothing is kept."""
    with database.connect() as connection:
        cursor = connection.connection.cursor()

        def read(query: str) -> list[Any]:
            cursor.execute(query)
            return list(cursor.fetchall())

        yield read
        cursor.close()


def _seen(database: Database, read: Read, case: Any, after: int) -> Seen:
    number, reference, state, version, head = case
    facts = read(f"SELECT name, value FROM facts WHERE case_id = {number} ORDER BY name")
    rows = read(
        "SELECT deadline, kind, status, due_on, fires_at, missed, ended_on, definition FROM deadlines "
        f"WHERE case_id = {number} ORDER BY deadline"
    )
    return Seen(
        number, reference, state, version, head, dict(facts),
        {row[0]: _deadline(*row) for row in rows},
        () if version == after else _entries(database, number, reference, after),
    )  # fmt: skip


def _deadline(name: str, kind: str, status: str, due: Any, at: Any, missed: Any, ended: Any, of: str) -> StoredDeadline:
    return StoredDeadline(name, kind, status, _day(due), _instant(at), bool(missed), _day(ended) if ended else None, of)


def _entries(database: Database, case_id: int, reference: str, after: int) -> tuple[Entry, ...]:
    log = select(LOG).where(LOG.c.case_id == case_id, LOG.c.seq > after).order_by(LOG.c.seq)
    with database.connect() as connection:
        key = connection.execute(select(KEYS.c.key).where(KEYS.c.case_id == case_id)).scalar_one()
        return tuple(opened(entry_from(each), reference, key) for each in connection.execute(log).mappings())


def _day(value: Any) -> date:
    return value if isinstance(value, date) else date.fromisoformat(value)


def _instant(value: Any) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(value)
