"""The dates that are none: what stands in place of a deadline's day or instant and was never written there by Redress.

SQLite lets anything stand in a column; PostgreSQL lets in infinity, and years that Python does not know.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import NamedTuple

from sqlalchemy import Connection, String, Text, case, cast, or_, select, type_coerce

from persistence.database import A_PAGE
from persistence.instants import is_day, is_instant
from persistence.queries import LEFT_ALONE
from persistence.unit import CASES, DEADLINES

_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
_OPEN = (
    select(CASES.c.id, CASES.c.reference, DEADLINES.c.deadline)
    .join(CASES, CASES.c.id == DEADLINES.c.case_id)
    .where(DEADLINES.c.status.in_(("armed", "missed")))
    .order_by(CASES.c.reference, DEADLINES.c.deadline)
)
_AS_STORED = _OPEN.add_columns(type_coerce(DEADLINES.c.due_on, String), type_coerce(DEADLINES.c.fires_at, String))
_NO_DAY = or_(DEADLINES.c.due_on < date.min, DEADLINES.c.due_on > date.max)
_NO_INSTANT = or_(DEADLINES.c.fires_at < _FIRST, DEADLINES.c.fires_at > _LAST)
_BEYOND = _OPEN.where(or_(_NO_DAY, _NO_INSTANT)).add_columns(
    case((_NO_DAY, cast(DEADLINES.c.due_on, Text)), else_=cast(DEADLINES.c.fires_at, Text))
)


class DamagedDeadline(NamedTuple):
    """An open deadline of which nobody can say when it is due, and what stands there, as text."""

    case_id: int
    reference: str
    deadline: str
    stored: str


def damaged_deadlines(connection: Connection, definition: str | None = None) -> Iterator[DamagedDeadline]:
    """The open deadlines whose day or instant is none. It reads all that are open: it is for when one was met.

    With a definition those of cases that are set aside under it are left out.
    """
    on_sqlite = connection.dialect.name == "sqlite"
    query = _AS_STORED if on_sqlite else _BEYOND
    if definition is not None:
        query = query.where(~LEFT_ALONE)
    rows = connection.execute(query, {"definition": definition}, execution_options=A_PAGE)
    if not on_sqlite:
        yield from (DamagedDeadline(*row) for row in rows)
        return
    for case_id, reference, deadline, due_on, fires_at in rows:
        if not (is_day(due_on) and is_instant(fires_at)):
            yield DamagedDeadline(case_id, reference, deadline, str(fires_at if is_day(due_on) else due_on))
