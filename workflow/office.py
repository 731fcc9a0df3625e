"""What is done to the whole database and not to a case: roles given and taken, the policy set. Each act is recorded."""

from dataclasses import fields, replace
from typing import Any

from persistence.meta import MOST, ROLES_PREFIX, write_meta, write_policy
from persistence.office import write_act
from persistence.postgres_roles import Reserved, name_prefix, set_up_roles, tables_without_rights
from persistence.reminders import plan_again
from persistence.roles import are_on, give_role, is_known_user, owner, roles_given, take_role
from states.by_time import TIME_HAS_PASSED
from states.calendar import london_day
from states.decisions import GIVEN, Role
from states.errors import WrongWords
from states.policy import Policy, policy_text
from states.reminders import plan_words, read_plan
from states.table import TABLE
from workflow.change import DAEMON
from workflow.permission import check_act
from workflow.session import Moment

# What is set at `init` and stays: cases were reckoned with it.
FIXED = ("window_basis",)


def give(moment: Moment, actor: str, role: Role) -> Role | None:
    """Give somebody a role in the place of any other; the role that he had. The caller commits.

    Raises NotPermitted for who may not, and WrongWords for a name that can't be, or that would leave no manager.
    """
    check_act(moment.asker, "roles")
    connection = moment.unit.connection
    if not (actor.isprintable() and 0 < len(actor) <= 64):
        raise WrongWords("a role is given to a user's name of at most 64 printable characters.")
    if not is_known_user(connection, actor):
        raise WrongWords(f"The database has no user {actor} who may log in: make one first (CREATE USER).")
    given = roles_given(connection, moment.meta)
    was = given.get(actor)
    _require_a_manager(moment, {**given, actor: role})
    write_act(
        connection, moment.now, moment.asker.name, "give_role", actor, was=was and was.value, became=role.value
    )  # fmt: skip
    give_role(connection, actor, role)
    return was


def take(moment: Moment, actor: str) -> Role:
    """Take somebody's role away; the role that he had. The caller commits. Raises as `give` does."""
    check_act(moment.asker, "roles")
    given = dict(roles_given(moment.unit.connection, moment.meta))
    was = given.pop(actor, None)
    if was is None:
        raise WrongWords(f"{actor} has no role; `redress roles` lists who has.")
    _require_a_manager(moment, given)
    write_act(moment.unit.connection, moment.now, moment.asker.name, "take_role", actor, was=was.value)
    take_role(moment.unit.connection, actor)
    return was


def _require_a_manager(moment: Moment, given: dict[str, Role]) -> None:
    """On SQLite somebody must be left who can give roles; on PostgreSQL the owner always can."""
    if moment.unit.connection.dialect.name == "sqlite" and given and Role.MANAGER not in given.values():
        raise WrongWords("nobody would be left who may give roles: make somebody a manager first.")


def set_up(moment: Moment) -> list[str]:
    """Make the database's own roles on PostgreSQL; those that were there already. The caller commits."""
    check_act(moment.asker, "roles")
    connection = moment.unit.connection
    if connection.dialect.name != "postgresql":
        raise WrongWords(
            "a file of SQLite knows no users: its permissions are the door (`redress doctor`); `redress roles give` "
            "says who may do what by the command."
        )
    prefix = moment.meta.roles_prefix or name_prefix(connection)
    reserved = Reserved(
        DAEMON.name, TIME_HAS_PASSED,
        sorted({row.trigger for row in TABLE if row.who is Role.MANAGER}),
    )  # fmt: skip
    there = set_up_roles(connection, prefix, reserved)
    write_meta(connection, ROLES_PREFIX, prefix)
    write_act(connection, moment.now, moment.asker.name, "set_up_roles", prefix)
    return there


def listed(moment: Moment) -> dict[str, Any]:
    """Who may do what, as a document."""
    connection = moment.unit.connection
    return {
        "on": are_on(connection, moment.meta),
        "you": {"actor": moment.asker.name, "role": moment.asker.role.value},
        "owner": owner(connection),
        "given": [{"actor": actor, "role": role.value} for actor, role in roles_given(connection, moment.meta).items()],
    }


def without_rights(moment: Moment) -> list[str]:
    """The tables that the roles on PostgreSQL cannot use yet, since they came with an upgrade."""
    prefix = moment.meta.roles_prefix
    if prefix is None or moment.unit.connection.dialect.name != "postgresql":
        return []
    return tables_without_rights(moment.unit.connection, prefix)


def never_set_up(moment: Moment) -> bool:
    """Whether PostgreSQL itself holds nobody to a role yet."""
    return moment.unit.connection.dialect.name == "postgresql" and moment.meta.roles_prefix is None


def role_named(word: str) -> Role:
    """A role by its name. Raises WrongWords."""
    try:
        role = Role(word.lower())
    except ValueError:
        role = Role.STRANGER
    if role not in GIVEN:
        raise WrongWords(f"There is no role {word!r}: it is one of {', '.join(role.value for role in GIVEN)}.")
    return role


# --- the policy ------------------------------------------------------------------------------------------------------


def set_policy(moment: Moment, said: dict[str, str]) -> Policy:
    """Change the policy; as it then stands. The moment is one that is alone, and the caller commits.

    Raises NotPermitted for who may not, WrongWords for what is no policy or stays as it was set.
    """
    check_act(moment.asker, "policy")
    policy = moment.meta.policy
    for name, text in said.items():
        name = name.replace("-", "_")
        value = _value(name, text)
        was = getattr(policy, name)
        changed: dict[str, Any] = {name: value}
        policy = replace(policy, **changed)
        write_act(
            moment.unit.connection, moment.now, moment.asker.name, "set_policy", name, was=policy_text(was),
            became=policy_text(value),
        )  # fmt: skip
    write_policy(moment.unit.connection, policy)
    if policy.reminders != moment.meta.policy.reminders:
        plan_again(moment.unit.connection, read_plan(policy.reminders), london_day(moment.now))
    return policy


def _value(name: str, text: str) -> bool | int | str:
    known = {each.name: each.type for each in fields(Policy)}
    if name not in known:
        raise WrongWords(f"There is no policy {name!r}: it is one of {', '.join(known)}.")
    if name in FIXED:
        raise WrongWords(f"{name} is set when the database is made and stays: cases were reckoned with it.")
    if known[name] in (bool, "bool"):
        if text.lower() not in ("on", "off", "yes", "no", "true", "false"):
            raise WrongWords(f"{name} is on or off, and not {text!r}.")
        return text.lower() in ("on", "yes", "true")
    if known[name] in (str, "str"):
        plan = plan_words(text)
        read_plan(plan)
        return plan
    most, unit = MOST[name], "hours" if name.endswith("_hours") else "working days"
    if not (text.isascii() and text.isdigit() and len(text) < 9 and int(text) <= most):
        raise WrongWords(f"{name} is a number of {unit} from 0 to {most}, and not {text!r}.")
    return int(text)


def policy_data(policy: Policy) -> dict[str, str | int | bool]:
    """The policy as a document."""
    return {each.name: getattr(policy, each.name) for each in fields(policy)}


def policy_words(policy: Policy) -> list[str]:
    """The policy as a person reads it, a choice a line."""
    return [f"{each.name.replace('_', '-')}: {policy_text(getattr(policy, each.name))}" for each in fields(policy)]
