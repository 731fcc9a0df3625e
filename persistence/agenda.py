"""The deadlines as a calendar wants them: each with the case's version, and when that was recorded."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import Connection, and_, bindparam, or_, select

from persistence.database import A_PAGE
from persistence.owners import Which
from persistence.unit import CASES, DEADLINES, LOG


class AgendaRow(NamedTuple):
    """A deadline of a case. `version` is the number of the case's last entry, `recorded_at` (aware) its instant."""

    reference: str
    token: str
    version: int
    recorded_at: datetime
    deadline: str
    kind: str
    status: str
    due_on: date
    fires_at: datetime


_COLUMNS = (
    CASES.c.reference, CASES.c.token, CASES.c.version, LOG.c.recorded_at, DEADLINES.c.deadline, DEADLINES.c.kind,
    DEADLINES.c.status, DEADLINES.c.due_on, DEADLINES.c.fires_at,
)  # fmt: skip
_AGENDA = (
    select(*_COLUMNS)
    .select_from(DEADLINES)
    .join(CASES, CASES.c.id == DEADLINES.c.case_id)
    .join(LOG, and_(LOG.c.case_id == CASES.c.id, LOG.c.seq == CASES.c.version))
    .where(
        or_(
            DEADLINES.c.status == "armed",
            and_(DEADLINES.c.status == "missed", DEADLINES.c.kind == "duty"),
            DEADLINES.c.due_on >= bindparam("ended_since"),
        )
    )
    .order_by(DEADLINES.c.due_on, CASES.c.reference, DEADLINES.c.deadline)
)


def agenda(connection: Connection, ended_since: date, whose: Which | None = None) -> Iterator[AgendaRow]:
    """The deadlines that are open, and those that have ended and were due on this day or later; soonest first.

    `whose` keeps the cases that somebody sees to.
    """
    query = _AGENDA if whose is None else _AGENDA.where(whose)
    rows = connection.execute(query, {"ended_since": ended_since}, execution_options=A_PAGE)
    return (AgendaRow(*row) for row in rows)
