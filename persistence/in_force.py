"""What is in force for the whole database, held against the office's log: the roles, the policy and the holidays.

They stand in tables of their own, which the command reads. Whoever changes them there, past the command, leaves no act.
On PostgreSQL who is in which role is the server's own, and not asked about here.

`redress init` records what a new database began with. In a database that was made before it did, what no act names is
taken as it is.
"""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import date

from sqlalchemy import Connection, select

from persistence.meta import ROLES_PREFIX, read_meta, stored_holidays
from persistence.office import Act, acts
from persistence.roles import ROLES
from states.calendar import england
from states.policy import Policy, policy_text

# What `redress init` records first.
BEGUN_WITH = "window_basis"


def not_as_recorded(connection: Connection) -> str | None:
    """The first role, policy or holiday that is in force without being what its last act says; None where all are.

    Raises DatabaseUnreachable where the settings are not as Redress writes them.
    """
    recorded = list(acts(connection))
    from_the_start = any(act.act == "set_policy" and act.subject == BEGUN_WITH for act in recorded)
    checks = (_roles, _policy, _holidays)
    return next((what for check in checks for what in check(connection, recorded, from_the_start)), None)


def _last(recorded: Iterable[Act], *kinds: str) -> dict[str, str | None]:
    """What each subject of such acts became by the last of them."""
    return {act.subject: act.became for act in recorded if act.act in kinds}


def _roles(connection: Connection, recorded: list[Act], _from_the_start: bool) -> Iterator[str]:
    """Roles came with the office's log: none was given without an act."""
    prefix = next((act.subject for act in reversed(recorded) if act.act == "set_up_roles"), None)
    if read_meta(connection).roles_prefix != prefix:
        yield f"the database's own roles are not set up as the office's log says ({ROLES_PREFIX})"
    if connection.dialect.name == "postgresql":
        return
    said = {actor: role for actor, role in _last(recorded, "give_role", "take_role").items() if role is not None}
    stand = {row.actor: row.role for row in connection.execute(select(ROLES.c.actor, ROLES.c.role))}
    for actor in sorted(said.keys() | stand.keys(), key=str):
        if said.get(actor) != stand.get(actor):
            yield f"the role of {actor} is {stand.get(actor, 'none')}, by the office's log {said.get(actor, 'none')}"


def _policy(connection: Connection, recorded: list[Act], from_the_start: bool) -> Iterator[str]:
    said = _last(recorded, "set_policy")
    stands, as_new = asdict(read_meta(connection).policy), asdict(Policy())
    for name, value in stands.items():
        if name not in said and not from_the_start:
            continue
        by_the_log = said.get(name, policy_text(as_new[name]))
        if policy_text(value) != by_the_log:
            yield f"the policy {name} is {policy_text(value)}, by the office's log {by_the_log}"


def _holidays(connection: Connection, recorded: list[Act], from_the_start: bool) -> Iterator[str]:
    added, removed = stored_holidays(connection)
    said = _last(recorded, "set_holiday")
    was_none = _first_was_none(recorded)
    for day in sorted(said.keys() | added.keys() | removed):
        if day not in said:
            is_as_said = not from_the_start
        elif (title := said[day]) is None:
            is_as_said = day not in added and (day in removed or day in was_none)
        else:  # a newer version may ship what was added
            is_as_said = day not in removed and (added.get(day) == title or (day not in added and _is_shipped(day)))
        if not is_as_said:
            yield f"the bank holiday of {day} is not as the office's log says"


def _first_was_none(recorded: Iterable[Act]) -> set[str]:
    """The days that were no holidays before anybody made them one."""
    first: dict[str, str | None] = {}
    for act in recorded:
        if act.act == "set_holiday":
            first.setdefault(act.subject, act.was)
    return {day for day, was in first.items() if was is None}


def _is_shipped(day: str) -> bool:
    return date.fromisoformat(day) in england().holidays
