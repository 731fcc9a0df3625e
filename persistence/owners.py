"""Who sees to a case: the officer and the team that are recorded; without an officer, whoever opened it."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, and_, bindparam, func, literal_column, select

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


def seen_to_by(owner: str | None, team: str | None) -> Which:
    """Of the cases, those that an officer and a team see to; None asks for nobody in particular."""
    asked = [column == name for column, name in ((OWNER, owner), (TEAM, team)) if name is not None]
    return and_(*asked) if asked else literal_column("1 = 1")


def opened_by(connection: Connection, case_id: int) -> str | None:
    """Who opened a case; None where its log does not say."""
    found: str | None = connection.execute(_FIRST_ACTOR, {"of_case": case_id}).scalar_one_or_none()
    return found


def open_cases_of(connection: Connection, owner: str, team: str | None, final: Sequence[str]) -> list[str]:
    """The references of the cases that an officer sees to, those in a final state left out, in their order."""
    query = select(CASES.c.reference).where(seen_to_by(owner, team), CASES.c.state.not_in(final))
    return list(connection.execute(query.order_by(CASES.c.reference)).scalars())
