"""Which cases somebody has damaged past Redress, so that their rows cannot be read.

SQLite lets anything stand in a column; PostgreSQL lets in infinity, and years that Python does not know.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Text, and_, case, cast, or_, select

from persistence.database import A_PAGE
from persistence.owners import OWNER, TEAM
from persistence.queries import LEFT_ALONE
from persistence.statements import is_readable
from persistence.strict import as_stored
from persistence.unit import CASE_COLUMNS, CASES, DEADLINE_COLUMNS, DEADLINES

_READ = (*CASE_COLUMNS, *DEADLINE_COLUMNS, OWNER, TEAM)
_OPEN = and_(DEADLINES.c.case_id == CASES.c.id, DEADLINES.c.status.in_(("armed", "missed")))

_NO_DAY = or_(DEADLINES.c.due_on < date.min, DEADLINES.c.due_on > date.max)
_NO_INSTANT = or_(
    DEADLINES.c.fires_at < datetime.min.replace(tzinfo=UTC), DEADLINES.c.fires_at > datetime.max.replace(tzinfo=UTC)
)
_BEYOND = (
    select(
        CASES.c.id, CASES.c.reference, DEADLINES.c.deadline,
        case((_NO_DAY, cast(DEADLINES.c.due_on, Text)), else_=cast(DEADLINES.c.fires_at, Text)),
    )
    .join(CASES, _OPEN)
    .where(or_(_NO_DAY, _NO_INSTANT))
    .order_by(CASES.c.id)
)  # fmt: skip


class DamagedCase(NamedTuple):
    """A case with a value in its row, in an open deadline or as its owner that Redress never writes there.

    `deadline` is the open one with which it was read; empty where the case has none.
    """

    case_id: int
    reference: str
    deadline: str
    stored: object

    @property
    def why(self) -> str:
        return f"the database holds {self.stored!r:.60} where Redress writes something else; redress audit verify"


def damaged_cases(connection: Connection, waiting_for: str | None = None) -> list[DamagedCase]:
    """The cases that cannot be read, by id.

    With a definition, those alone that have an open deadline and are not set aside under it. All cases with their open
    deadlines are read: it is for when damage was met.
    """
    if connection.dialect.name != "sqlite":
        return _beyond(connection, waiting_for)
    query = (
        select(*map(as_stored, _READ))
        .select_from(CASES.join(DEADLINES, _OPEN, isouter=waiting_for is None))
        .order_by(CASES.c.id)
    )
    if waiting_for is not None:
        query = query.where(~LEFT_ALONE)
    found: dict[int, DamagedCase] = {}
    rows: Iterable[Any] = connection.execute(query, {"definition": waiting_for}, execution_options=A_PAGE)
    for row in rows:
        for value, column in zip(row, _READ, strict=True):
            if not is_readable(value, column.type, connection.dialect):
                found.setdefault(row[0], DamagedCase(row[0], str(row[1]), str(row[len(CASE_COLUMNS) + 1] or ""), value))
    return list(found.values())


def _beyond(connection: Connection, waiting_for: str | None) -> list[DamagedCase]:
    query = _BEYOND if waiting_for is None else _BEYOND.where(~LEFT_ALONE)
    return [DamagedCase(*row) for row in connection.execute(query, {"definition": waiting_for})]
