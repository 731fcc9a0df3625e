"""What the pages ask of the whole database: what is due, counted and paged; how cases stand; how duties were kept.

Each question is bounded, so that a page takes no longer in a large database: lists are read page by page behind a
place, and the counts come from an index alone (persistence/tables.py).
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    TextClause,
    and_,
    cast,
    func,
    literal_column,
    or_,
    select,
    text,
)

from persistence.owners import OWNER, Which, seen_to_by
from persistence.places import behind
from persistence.tables import EVENTS
from persistence.unit import CASES, DEADLINES, FACTS

# Written out, since an index that holds some rows only is used where the question says so in these very words.
OPEN = text("deadlines.status IN ('armed', 'missed')")
ENDED = text("deadlines.status IN ('met', 'excused')")
LAPSED = text("deadlines.status = 'superseded' AND deadlines.missed")
_DATED = text(f"lodged.name IN ({EVENTS})")


@dataclass(frozen=True, slots=True)
class Board:
    """Which steps are asked for, and when: `today` is the day in London, `now` aware.

    `not_work_once_missed` names the deadlines that are nobody's to do once they were missed; `only` those asked for
    (None: all); `owner` and `team` who sees to the case (None: whoever).
    """

    today: date
    now: datetime
    not_work_once_missed: Collection[str]
    only: Collection[str] | None = None
    owner: str | None = None
    team: str | None = None

    def is_work(self) -> Which:
        """What is asked for and somebody can still do."""
        missed = and_(DEADLINES.c.status == "missed", DEADLINES.c.deadline.not_in(self.not_work_once_missed))
        asked = or_(DEADLINES.c.status == "armed", missed)
        wanted = DEADLINES.c.deadline.in_(self.only) if self.only is not None else literal_column("1 = 1")
        return and_(OPEN, asked, wanted, seen_to_by(self.owner, self.team, DEADLINES.c.case_id))

    def overdue(self) -> Which:
        """What should have been done: its day has passed, or its hour on this day."""
        late = or_(DEADLINES.c.due_on < self.today, DEADLINES.c.fires_at <= self.now)
        return and_(self.is_work(), DEADLINES.c.due_on <= self.today, late)

    def coming(self, first: date, last: date | None) -> Which:
        """What is due from a day to another, both counted, and not overdue."""
        ahead = or_(DEADLINES.c.due_on > self.today, DEADLINES.c.fires_at > self.now)
        until = DEADLINES.c.due_on <= last if last is not None else literal_column("1 = 1")
        return and_(self.is_work(), DEADLINES.c.due_on >= max(first, self.today), until, ahead)


@dataclass(frozen=True, slots=True)
class Step:
    """A step that is due: the case, its state and who sees to it, and the deadline with its status."""

    due_on: date
    case_id: int
    deadline: str
    status: str
    fires_at: datetime
    reference: str
    state: str
    owner: str | None

    @property
    def place(self) -> tuple[date, int, str]:
        return self.due_on, self.case_id, self.deadline


def steps(connection: Connection, which: Which, limit: int, after: tuple[date, int, str] | None = None) -> list[Step]:
    """The steps that a board asks for, soonest first, at most `limit` of those behind a place."""
    place = (DEADLINES.c.due_on, DEADLINES.c.case_id, DEADLINES.c.deadline)
    query = (
        select(*place, DEADLINES.c.status, DEADLINES.c.fires_at, CASES.c.reference, CASES.c.state, OWNER)
        .join(CASES, CASES.c.id == DEADLINES.c.case_id)
        .where(which)
        .order_by(*place)
        .limit(limit)
    )
    if after is not None:
        query = query.where(DEADLINES.c.due_on >= after[0], behind(after, place))
    return [Step(*row) for row in connection.execute(query)]


def count_steps(connection: Connection, which: Which) -> int:
    """How many steps a board asks for."""
    return int(connection.execute(select(func.count()).select_from(DEADLINES).where(which)).scalar_one())


def steps_by_day(connection: Connection, which: Which) -> dict[date, int]:
    """How many steps are due on each day, the soonest first; days without any are left out."""
    day = DEADLINES.c.due_on
    query = select(day, func.count()).where(which).group_by(day).order_by(day)
    return {row[0]: int(row[1]) for row in connection.execute(query)}


def cases_by_state(connection: Connection) -> dict[str, int]:
    """How many cases are in each state; a state that this version does not know is counted too."""
    query = select(CASES.c.state, func.count()).group_by(CASES.c.state)
    return {str(state): int(number) for state, number in connection.execute(query)}


def cases_in(connection: Connection, state: str, limit: int, after: int = 0) -> list[tuple[int, str, int]]:
    """Cases of a state in the order in which they were opened: id, reference and version, behind an id."""
    query = (
        select(CASES.c.id, CASES.c.reference, CASES.c.version)
        .where(CASES.c.state == state, CASES.c.id > after)
        .order_by(CASES.c.id)
        .limit(limit)
    )
    return [(row[0], row[1], row[2]) for row in connection.execute(query)]


@dataclass(frozen=True, slots=True)
class Kept:
    """How the duties due in one month were kept. `month` is YYYY-MM; each number counts duties.

    Late is met after its day; missed was not met, by now or before it ended.
    """

    month: str
    in_time: int
    late: int
    missed: int
    excused: int


def duties_by_month(connection: Connection, duties: Collection[str], first: date, last: date) -> list[Kept]:
    """How the duties due from a day to another were kept, by the month of their day, months without any left out.

    What still runs is not counted, nor what no longer applied when its day came.
    """
    asked, counts = frozenset(duties), dict[str, dict[str, int]]()
    for ended in endings(connection, first, last):
        if ended.deadline in asked and ended.how != "running":
            month = f"{ended.day:%Y-%m}"
            kept = counts.setdefault(month, dict.fromkeys(("in_time", "late", "missed", "excused"), 0))
            kept[ended.how] += ended.number
    return [Kept(month, **counts[month]) for month in sorted(counts)]


class Ending(NamedTuple):
    """How many deadlines of one id and one day came to the same end.

    `how` is in_time, late (met after its day), missed (not met, by now or before it ended), excused or running.
    `still_owed` is false of those that have ended since.
    """

    day: date
    deadline: str
    how: str
    number: int
    still_owed: bool


def endings(connection: Connection, first: date, last: date) -> Iterator[Ending]:
    """How the deadlines of the days from one to another, both counted, ended.

    They are counted in the order in which the indexes hold them, so that no row is read and nothing sorted; which are
    asked for is looked at afterwards, and not for each of them.
    """
    day, deadline, status = DEADLINES.c.due_on, DEADLINES.c.deadline, DEADLINES.c.status
    orders: tuple[tuple[TextClause, tuple[ColumnElement[Any], ...]], ...] = (
        (ENDED, (day, deadline, status, DEADLINES.c.missed)), (OPEN, (day, deadline, status)),
        (LAPSED, (day, deadline, status)),
    )  # fmt: skip
    for which, order in orders:
        query = select(func.count(), *order).where(which, day.between(first, last)).group_by(*order)
        for number, on, name, stands, *missed in connection.execute(query):
            met = "late" if any(missed) else "in_time"
            how = {"met": met, "armed": "running", "superseded": "missed"}.get(stands, stands)
            yield Ending(on, name, how, int(number), still_owed=which is OPEN)


def days_to_lodging(connection: Connection, since: date) -> list[tuple[int, int]]:
    """How many appeals lodged since a day were lodged so many days after the certificate: (days, appeals)."""
    lodged, certified = FACTS.alias("lodged"), FACTS.alias("certified")
    query = (
        select(days_between(connection, "certified.value", "lodged.value"), func.count())
        .select_from(lodged.join(certified, certified.c.case_id == lodged.c.case_id))
        .where(
            _DATED,
            lodged.c.name == "appeal_lodged_on",
            lodged.c.value >= since.isoformat(),
            certified.c.name == "certificate_issued_on",
        )
        .group_by(text("1"))
        .order_by(text("1"))
    )
    return [(int(days), int(number)) for days, number in connection.execute(query)]


def days_between(connection: Connection, start: str, end: str) -> ColumnElement[int]:
    """The number of days from a day to another, both as the database's own expressions."""
    if connection.dialect.name == "sqlite":
        return cast(literal_column(f"julianday({end}) - julianday({start})"), Integer)
    return literal_column(f"{end}::date - {start}::date", Integer)
