"""What a report counts over a period: events by the day on which they happened, and how duties were kept.

Counted from the record as it stands when it is asked for, so that a corrected date is counted where it belongs.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, select, text

from persistence.overview import ENDED, LAPSED, OPEN, days_between, endings
from persistence.sealing import is_erased_reference
from persistence.tables import EVENTS
from persistence.unit import CASES, DEADLINES, FACTS

# In the index's own words, since an index that holds some rows only is used where the question says so in these.
_DATED = text(f"facts.name IN ({EVENTS})")
_DECISION, _BESIDE = FACTS.alias("decision"), FACTS.alias("beside")


@dataclass(frozen=True, slots=True)
class DutyKept:
    """How one duty was kept where it fell due in a period: in time, late (met after its day), missed (not met, by now
    or before it ended), excused, or still running. The days late are calendar days behind its day, of the late and the
    missed together.
    """

    duty: str
    in_time: int
    late: int
    missed: int
    excused: int
    running: int
    days_late: int
    days_late_most: int


def _in(first: date, last: date) -> ColumnElement[bool]:
    return and_(_DATED, FACTS.c.value.between(first.isoformat(), last.isoformat()))


def events(
    connection: Connection, names: Collection[str], decisions: Collection[str], first: date, last: date
) -> dict[str, dict[str, int]]:
    """How often each event happened from a day to another, both counted, by the case's decision."""
    # By the name alone, in whose order the index holds them; to group by the decision too, SQLite would sort them all.
    query = (
        select(FACTS.c.name, *(func.count().filter(_DECISION.c.value == decision) for decision in decisions))
        .join(_DECISION, and_(_DECISION.c.case_id == FACTS.c.case_id, _DECISION.c.name == "decision"))
        .where(_in(first, last), FACTS.c.name.in_(names))
        .group_by(FACTS.c.name)
    )
    found = {name: dict(zip(decisions, map(int, numbers), strict=True)) for name, *numbers in connection.execute(query)}
    return {name: found.get(name, {}) for name in names}


def beside(connection: Connection, event: str, fact: str, first: date, last: date) -> dict[str | None, int]:
    """Of the cases in which an event happened from a day to another: how many have each value of another fact."""
    query = (
        select(_BESIDE.c.value, func.count())
        .select_from(
            FACTS.join(_BESIDE, and_(_BESIDE.c.case_id == FACTS.c.case_id, _BESIDE.c.name == fact), isouter=True)
        )
        .where(_in(first, last), FACTS.c.name == event)
        .group_by(_BESIDE.c.value)
    )
    return {value: int(number) for value, number in connection.execute(query)}


def recorded_beside(
    connection: Connection, event: str, facts: Collection[str], first: date, last: date
) -> dict[str, int]:
    """Of the cases in which an event happened from a day to another: how many have each of these facts recorded."""
    query = (
        select(_BESIDE.c.name, func.count())
        .select_from(FACTS.join(_BESIDE, _BESIDE.c.case_id == FACTS.c.case_id))
        .where(_in(first, last), FACTS.c.name == event, _BESIDE.c.name.in_(facts))
        .group_by(_BESIDE.c.name)
    )
    return dict.fromkeys(facts, 0) | {name: int(number) for name, number in connection.execute(query)}


def lodged_late(connection: Connection, boundary: str, event: str, leave: str, first: date, last: date) -> int:
    """Of the appeals lodged from a day to another: how many after the statutory day, with the leave recorded."""
    query = (
        select(func.count())
        .select_from(
            FACTS.join(_BESIDE, and_(_BESIDE.c.case_id == FACTS.c.case_id, _BESIDE.c.name == leave)).join(
                DEADLINES, and_(DEADLINES.c.case_id == FACTS.c.case_id, DEADLINES.c.deadline == boundary)
            )
        )
        .where(_in(first, last), FACTS.c.name == event, DEADLINES.c.ended_on > DEADLINES.c.due_on)
    )
    return int(connection.execute(query).scalar_one())


def windows_closed(connection: Connection, boundary: str, first: date, last: date) -> dict[str, int]:
    """How many windows ended unused, their statutory day from a day to another, by the case's decision; those of cases
    that were closed since are counted too."""
    found: Counter[str] = Counter()
    for ended_unused in (and_(OPEN, DEADLINES.c.status == "missed"), LAPSED):
        query = (
            select(_DECISION.c.value, func.count())
            .select_from(DEADLINES.join(_DECISION, _DECISION.c.case_id == DEADLINES.c.case_id))
            .where(
                _DECISION.c.name == "decision",
                ended_unused,
                DEADLINES.c.deadline == boundary,
                DEADLINES.c.due_on.between(first, last),
            )
            .group_by(_DECISION.c.value)
        )
        found.update({decision: int(number) for decision, number in connection.execute(query)})
    return found


def duties_kept(connection: Connection, boundary: str, first: date, last: date, today: date) -> list[DutyKept]:
    """How each duty that fell due from a day to another was kept, by the duty's id. `today` is the day in London.

    `boundary` is the deadline that is no duty.
    """
    counts: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(_COUNTED, 0))
    for ended in endings(connection, first, last):
        if ended.deadline != boundary:
            of = counts[ended.deadline]
            of[ended.how] += ended.number
            if ended.how == "missed" and ended.still_owed:
                days = (today - ended.day).days
                of["days_late"] += days * ended.number
                of["days_late_most"] = max(of["days_late_most"], days)
    for afterwards in (_met_late, _lapsed_late):
        for duty, days, most in connection.execute(afterwards(connection, boundary, first, last)):
            counts[duty]["days_late"] += int(days)
            counts[duty]["days_late_most"] = max(counts[duty]["days_late_most"], int(most))
    return [DutyKept(duty, **counts[duty]) for duty in sorted(counts)]


_COUNTED = ("in_time", "late", "missed", "excused", "running", "days_late", "days_late_most")


def _met_late(connection: Connection, boundary: str, first: date, last: date) -> Select[Any]:
    table, days = DEADLINES.c, days_between(connection, "deadlines.due_on", "deadlines.ended_on")
    return (
        select(table.deadline, func.sum(days), func.max(days))
        .where(
            ENDED, table.status == "met", table.missed, table.deadline != boundary, table.due_on.between(first, last)
        )
        .group_by(table.deadline)
    )


# The day on which a case was closed, by the last of the facts that say so, as the database's own expression.
_CLOSED = (
    "(SELECT max(facts.value) FROM facts WHERE facts.case_id = deadlines.case_id"
    " AND facts.name IN ('closed_on', 'conceded_on', 'appeal_withdrawn_on'))"
)


def _lapsed_late(connection: Connection, boundary: str, first: date, last: date) -> Select[Any]:
    """Of what was missed and ended undone: the days until it ended, or its case was closed, where that is recorded."""
    table = DEADLINES.c
    days = days_between(connection, "deadlines.due_on", f"(coalesce(CAST(deadlines.ended_on AS TEXT), {_CLOSED}))")
    return (
        select(table.deadline, func.sum(days), func.max(days))
        .where(LAPSED, table.deadline != boundary, table.due_on.between(first, last), days > 0)
        .group_by(table.deadline)
    )


@dataclass(frozen=True, slots=True)
class Lived:
    """A case by its reference, with its facts as text."""

    reference: str
    facts: dict[str, str]


def cases_with(
    connection: Connection, events: Collection[str], wanted: Collection[str], first: date, last: date
) -> Iterator[Lived]:
    """The cases in which one of these events happened from a day to another, by reference, each with the wanted facts.

    Erased ones have no reference any more, and are left out.
    """
    found = select(FACTS.c.case_id).where(_in(first, last), FACTS.c.name.in_(events))
    query = (
        select(CASES.c.reference, _BESIDE.c.name, _BESIDE.c.value)
        .join(_BESIDE, _BESIDE.c.case_id == CASES.c.id)
        .where(CASES.c.id.in_(found), _BESIDE.c.name.in_(wanted))
        .order_by(CASES.c.reference)
    )
    for reference, rows in groupby(connection.execute(query), itemgetter(0)):
        if not is_erased_reference(reference):  # asked here, since SQLite's LIKE takes no notice of capitals
            yield Lived(reference, {name: value for _, name, value in rows})
