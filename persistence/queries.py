"""What is asked of the database without changing it: what is due, what is on the worklist, what the log says."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    Connection,
    Integer,
    Select,
    and_,
    bindparam,
    exists,
    func,
    literal_column,
    or_,
    select,
    tuple_,
)

from persistence.database import A_PAGE
from persistence.log import Entry
from persistence.owners import OWNER, TEAM, Which
from persistence.schema import require_same_schema
from persistence.sealing import opened
from persistence.statements import Statement
from persistence.unit import (
    CASE_COLUMNS,
    CASES,
    DEADLINES,
    KEYS,
    LOG,
    SCHEMA_OF_CASES,
    SET_ASIDE,
    Columns,
    entry_from,
)


class DueDeadline(NamedTuple):
    """An armed deadline whose instant has come, and its case. `fires_at` is aware.

    The instant, the case's id and the deadline's place it in the queue.
    """

    fires_at: datetime
    deadline: str
    case_id: int
    reference: str
    state: str
    version: int
    head: str
    token: str

    @property
    def place(self) -> tuple[datetime, int, str]:
        return self.fires_at, self.case_id, self.deadline

    @property
    def case(self) -> Columns:
        return self[2:]


@dataclass(frozen=True, slots=True)
class WorklistRow:
    """A line of the worklist; without a deadline where a case of the state asked for has none open."""

    reference: str
    state: str
    deadline: str | None
    kind: str | None
    status: str | None
    due_on: date | None
    fires_at: datetime | None
    owner: str | None
    team: str | None


_QUEUE = (DEADLINES.c.fires_at, DEADLINES.c.case_id, DEADLINES.c.deadline)
_ARMED = DEADLINES.c.status == literal_column("'armed'")
LEFT_ALONE = exists().where(
    SET_ASIDE.c.case_id == DEADLINES.c.case_id, SET_ASIDE.c.definition == bindparam("definition")
)
_NOW = bindparam("now", type_=DEADLINES.c.fires_at.type)
_DUE = (
    select(SCHEMA_OF_CASES, DEADLINES.c.fires_at, DEADLINES.c.deadline, *CASE_COLUMNS)
    .join(CASES, CASES.c.id == DEADLINES.c.case_id)
    .where(_ARMED, DEADLINES.c.fires_at <= _NOW, ~LEFT_ALONE)
    .order_by(*_QUEUE)
    .limit(bindparam("batch", type_=Integer))
)
_AFTER = tuple_(*_QUEUE) > tuple_(
    bindparam("after_at", type_=DEADLINES.c.fires_at.type),
    bindparam("after_case", type_=DEADLINES.c.case_id.type),
    bindparam("after_deadline", type_=DEADLINES.c.deadline.type),
)
_PLACE = ("after_at", "after_case", "after_deadline")


def _asked(query: Select[Any]) -> tuple[Statement, Statement]:
    """The question from the start of the queue, and behind a place in it."""
    takes = ("now", "batch", "definition")
    behind = query.where(_AFTER)
    return Statement(query, takes, strict=False), Statement(behind, (*takes, *_PLACE), strict=False)


_LOOK = _asked(_DUE)
# Several daemons share the work: each claims cases that no other holds, and with a case all that is due in it, so that
# its deadlines are fired in their order. SQLite has one writer at a time, and no such clause.
_CLAIM = _asked(_DUE.with_for_update(of=CASES, skip_locked=True))
_NEXT = select(DEADLINES.c.fires_at).where(_ARMED, DEADLINES.c.fires_at > _NOW)


def due(
    connection: Connection,
    now: datetime,
    batch: int,
    definition: str,
    *,
    after: tuple[datetime, int, str] | None = None,
    claim: bool = True,
) -> list[DueDeadline]:
    """The armed deadlines whose instant is at or before `now`, oldest first, at most `batch`, behind a place.

    Cases set aside under this definition are left out. A claim locks the cases for the transaction, and passes over
    those that another holds. Raises RecordNotIntact for what cannot be read (`damaged_cases` names it).
    """
    from_the_start, behind = _CLAIM if claim else _LOOK
    asked = (now, batch, definition)
    rows = from_the_start.rows(connection, asked) if after is None else behind.rows(connection, (*asked, *after))
    if rows:
        require_same_schema(rows[0][0])
    return [DueDeadline(*row[1:]) for row in rows]


@dataclass(frozen=True, slots=True)
class SetAside:
    """A case that could not be handled: the deadline that was due, why, and since when (aware)."""

    reference: str
    deadline: str
    why: str
    since: datetime


def set_aside_cases(connection: Connection) -> list[SetAside]:
    """The cases that were set aside, by reference."""
    columns = (CASES.c.reference, SET_ASIDE.c.deadline, SET_ASIDE.c.why, SET_ASIDE.c.since)
    query = select(*columns).join(CASES, CASES.c.id == SET_ASIDE.c.case_id).order_by(CASES.c.reference)
    return [SetAside(*row) for row in connection.execute(query)]


def next_boundary(connection: Connection, now: datetime) -> datetime | None:
    """The earliest armed instant after `now`, aware; None where nothing is armed."""
    found: datetime | None = connection.execute(
        _NEXT.order_by(DEADLINES.c.fires_at).limit(1), {"now": now}
    ).scalar_one_or_none()
    return found


def worklist(
    connection: Connection,
    not_work_once_missed: Collection[str],
    *,
    due_by: date | None = None,
    overdue_at: datetime | None = None,
    state: str | None = None,
    whose: Which | None = None,
    left_out: Collection[int] = (),
) -> list[WorklistRow]:
    """The deadlines that are open, soonest first: armed, or missed and still to be done.

    `not_work_once_missed` names the deadlines that are nobody's to do once they were missed.
    `due_by` keeps those due by a day, `overdue_at` those whose instant has passed, `state` the cases in one state,
    with or without a deadline, `whose` those that somebody sees to. `left_out` are ids of cases that cannot be read.
    Raises RecordNotIntact for what cannot be read (`damaged_cases` names it).
    """
    is_open = or_(_ARMED, and_(DEADLINES.c.status == "missed", DEADLINES.c.deadline.not_in(not_work_once_missed)))
    columns = (
        CASES.c.reference,
        CASES.c.state,
        DEADLINES.c.deadline,
        DEADLINES.c.kind,
        DEADLINES.c.status,
        DEADLINES.c.due_on,
        DEADLINES.c.fires_at,
        OWNER,
        TEAM,
    )
    joined = and_(DEADLINES.c.case_id == CASES.c.id, is_open)
    every_case = state is not None and due_by is None and overdue_at is None
    query = select(*columns).select_from(CASES.join(DEADLINES, joined, isouter=every_case))
    if state is not None:
        query = query.where(CASES.c.state == state)
    if due_by is not None:
        query = query.where(DEADLINES.c.due_on <= due_by)
    if overdue_at is not None:
        query = query.where(DEADLINES.c.fires_at <= overdue_at)
    if whose is not None:
        query = query.where(whose)
    if left_out:
        query = query.where(CASES.c.id.not_in(left_out))
    query = query.order_by(DEADLINES.c.due_on.is_(None), DEADLINES.c.due_on, CASES.c.reference, DEADLINES.c.deadline)
    return [WorklistRow(*row) for row in connection.execute(query)]


def cases_in_other_states(connection: Connection, known: Collection[str]) -> list[tuple[str, str]]:
    """The cases whose stored state is none of the known ones: reference and state."""
    query = select(CASES.c.reference, CASES.c.state).where(CASES.c.state.not_in(known)).order_by(CASES.c.reference)
    return [(row.reference, row.state) for row in connection.execute(query)]


def count_cases(connection: Connection) -> int:
    """How many cases were ever opened, erased ones counted too."""
    return int(connection.execute(select(func.count()).select_from(CASES)).scalar_one())


def references_from(connection: Connection, beginning: str, limit: int) -> list[str]:
    """The references of cases that begin so, in their order."""
    query = select(CASES.c.reference).where(CASES.c.reference.startswith(beginning, autoescape=True))
    return list(connection.execute(query.order_by(CASES.c.reference).limit(limit)).scalars())


def furthest_due(connection: Connection) -> date | None:
    """The furthest day of an armed deadline."""
    found: date | None = connection.execute(select(func.max(DEADLINES.c.due_on)).where(_ARMED)).scalar_one()
    return found


def log_entries(connection: Connection, *conditions: Any, of_one: bool = False) -> Iterator[Entry]:
    """The log in plain, oldest first, a page at a time; what is of one case, in the order of its entries.

    A case of which nothing but the log is left is named by its token. `conditions` are on the tables LOG and CASES.
    """
    joined = LOG.outerjoin(CASES, CASES.c.id == LOG.c.case_id).outerjoin(KEYS, KEYS.c.case_id == LOG.c.case_id)
    query = select(LOG, func.coalesce(CASES.c.reference, KEYS.c.reference).label("reference"), KEYS.c.key)
    order = (LOG.c.seq,) if of_one else (LOG.c.recorded_at, LOG.c.case_id, LOG.c.seq)
    query = query.select_from(joined).where(*conditions).order_by(*order)
    for row in connection.execute(query, execution_options=A_PAGE).mappings():
        yield in_plain(row)


def in_plain(row: Mapping[Any, Any]) -> Entry:
    """An entry in plain, from a row of the log with the case's reference and key beside it."""
    fields = dict(row)
    known_as, key = fields.pop("reference"), fields.pop("key")
    entry = entry_from(fields)
    return opened(entry, known_as or entry.case, key)
