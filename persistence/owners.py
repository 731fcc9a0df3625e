"""Who sees to a case: the officer and the team that are recorded; without an officer, whoever opened it."""

from collections.abc import Sequence

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    exists,
    func,
    literal_column,
    select,
    text,
    union,
    union_all,
)

from persistence.tables import OPENING, WHOSE
from persistence.unit import CASES, FACTS, LOG

# A condition of the database; whoever holds one hands it back and looks no further.
Which = ColumnElement[bool]

_OWNER, _TEAM = FACTS.alias("of_owner"), FACTS.alias("of_team")


def _recorded(name: str) -> ColumnElement[str]:
    table = {"owner": _OWNER, "team": _TEAM}[name]
    return (
        select(table.c.value)
        .where(table.c.case_id == CASES.c.id, table.c.name == name)
        .correlate(CASES)
        .scalar_subquery()
    )


_OPENED_BY = select(LOG.c.actor).where(LOG.c.case_id == CASES.c.id, LOG.c.seq == 1).correlate(CASES).scalar_subquery()
_FIRST_ACTOR = select(LOG.c.actor).where(LOG.c.case_id == bindparam("of_case"), LOG.c.seq == 1)
OWNER: ColumnElement[str] = func.coalesce(_recorded("owner"), _OPENED_BY)
TEAM: ColumnElement[str] = _recorded("team")


# Each from its own index (persistence/tables.py), however many cases others have.
_GIVEN, _OPENINGS = text(f"given.{WHOSE}"), text(f"opening.{OPENING}")
_OF, _OPENING = FACTS.alias("given"), LOG.alias("opening")


def _given(name: str) -> Select[tuple[int]]:
    return select(_OF.c.case_id).where(_GIVEN, _OF.c.name == name)


def seen_to_by(owner: str | None, team: str | None, case_id: ColumnElement[int] = CASES.c.id) -> Which:
    """Of the cases with this id, those that an officer and a team see to; None asks for nobody in particular."""
    asked: list[Which] = []
    if team is not None:
        asked.append(case_id.in_(_given("team").where(_OF.c.value == team)))
    if owner is not None:
        given = exists().where(_OWNER.c.case_id == _OPENING.c.case_id, _OWNER.c.name == "owner")
        opened = select(_OPENING.c.case_id).where(_OPENINGS, _OPENING.c.actor == owner, ~given)
        asked.append(case_id.in_(union_all(_given("owner").where(_OF.c.value == owner), opened)))
    return and_(*asked) if asked else literal_column("1 = 1")


def known_names(connection: Connection, limit: int) -> tuple[list[str], list[str]]:
    """The officers and the teams that cases are with, by name, at most so many of each."""
    value = _OF.c.value.label("name")
    given = select(value).where(_GIVEN, _OF.c.name == "owner").distinct()
    opened = select(_OPENING.c.actor.label("name")).where(_OPENINGS).distinct()
    teams = select(value).where(_GIVEN, _OF.c.name == "team").distinct()
    found = (union(given, opened).order_by("name").limit(limit), teams.order_by("name").limit(limit))
    officers, known_teams = (list(connection.execute(query).scalars()) for query in found)
    return officers, known_teams


def opened_by(connection: Connection, case_id: int) -> str | None:
    """Who opened a case; None where its log does not say."""
    found: str | None = connection.execute(_FIRST_ACTOR, {"of_case": case_id}).scalar_one_or_none()
    return found


def open_cases_of(connection: Connection, owner: str, team: str | None, final: Sequence[str]) -> list[str]:
    """The references of the cases that an officer sees to, those in a final state left out, in their order."""
    query = select(CASES.c.reference).where(seen_to_by(owner, team), CASES.c.state.not_in(final))
    return list(connection.execute(query.order_by(CASES.c.reference)).scalars())
