"""Who has which role: on SQLite a table of ours, on PostgreSQL the membership in the database's own roles."""

from collections.abc import Mapping

from sqlalchemy import Connection, bindparam, delete, exists, insert, select, text

from persistence.meta import Meta
from persistence.tables import RoleRow, table
from states.decisions import GIVEN, Role

ROLES = table(RoleRow)
_OF = select(
    select(ROLES.c.role).where(ROLES.c.actor == bindparam("of_actor")).scalar_subquery().label("role"),
    exists().select_from(ROLES).label("any_given"),
)
_ALL = select(ROLES.c.actor, ROLES.c.role)
_TAKE = delete(ROLES).where(ROLES.c.actor == bindparam("from_actor"))
# A right that is held, not one that could be taken up with SET ROLE: that is what USAGE means here.
_IS_OWNER = text("SELECT pg_has_role(session_user, relowner, 'USAGE') FROM pg_class WHERE oid = to_regclass('log')")
_HELD = text("SELECT rolname FROM pg_roles WHERE rolname = ANY(:names) AND pg_has_role(session_user, oid, 'USAGE')")
_MEMBERS = text(
    "SELECT member.rolname AS actor, held.rolname AS role FROM pg_roles held JOIN pg_roles member "
    "ON member.rolcanlogin AND NOT member.rolsuper AND pg_has_role(member.oid, held.oid, 'USAGE') "
    "WHERE held.rolname = ANY(:names)"
)
_OWNER = text("SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = to_regclass('log')")
_USER_EXISTS = text("SELECT count(*) FROM pg_roles WHERE rolname = :name AND rolcanlogin")
# Of somebody with several, the one that lets him do most.
_RANK = (Role.MANAGER, Role.CASEWORKER, Role.SYSTEM, Role.AUDITOR)


def role_name(prefix: str, role: Role) -> str:
    """The name of a database role, such as redress_auditor."""
    return f"{prefix}_{role.value}"


def are_on(connection: Connection, meta: Meta) -> bool:
    """Whether roles hold: on SQLite from the first that is given, on PostgreSQL once they are set up."""
    if connection.dialect.name == "postgresql":
        return meta.roles_prefix is not None
    return bool(connection.execute(_ALL.limit(1)).first())


def role_of(connection: Connection, meta: Meta, actor: str) -> Role:
    """What somebody may do: while roles are off, all that a person may; later a stranger, unless given a role.

    On PostgreSQL it is the session's user who is asked about, whatever the name; whoever owns the database is a
    manager there.
    """
    if connection.dialect.name == "postgresql":
        return _postgres_role(connection, meta.roles_prefix)
    found = connection.execute(_OF, {"of_actor": actor}).one()
    if not found.any_given:
        return Role.MANAGER
    return _given(found.role)


def _given(word: str | None) -> Role:
    """The role that a row of the table gives; none where it is no word of ours."""
    return Role(word) if word in list(GIVEN) else Role.STRANGER


def _postgres_role(connection: Connection, prefix: str | None) -> Role:
    if prefix is None or connection.execute(_IS_OWNER).scalar_one():
        return Role.MANAGER
    names = {role_name(prefix, role): role for role in GIVEN}
    held = {names[name] for name in connection.execute(_HELD, {"names": list(names)}).scalars()}
    return next((role for role in _RANK if role in held), Role.STRANGER)


def roles_given(connection: Connection, meta: Meta) -> Mapping[str, Role]:
    """Everybody who was given a role, by name."""
    if connection.dialect.name != "postgresql":
        return {row.actor: _given(row.role) for row in connection.execute(_ALL.order_by(ROLES.c.actor))}
    if meta.roles_prefix is None:
        return {}
    names = {role_name(meta.roles_prefix, role): role for role in GIVEN}
    found: dict[str, Role] = {}
    for row in connection.execute(_MEMBERS, {"names": list(names)}):
        role = names[row.role]
        found[row.actor] = min(role, found.get(row.actor, role), key=_RANK.index)
    return dict(sorted(found.items()))


def owner(connection: Connection) -> str | None:
    """Who owns the database's tables and may do everything there; None on SQLite."""
    if connection.dialect.name != "postgresql":
        return None
    return str(connection.execute(_OWNER).scalar_one())


def is_known_user(connection: Connection, actor: str) -> bool:
    """Whether the database could know somebody by this name; SQLite knows nobody, so anybody may be meant."""
    if connection.dialect.name != "postgresql":
        return True
    return bool(connection.execute(_USER_EXISTS, {"name": actor}).scalar_one())


def give_role(connection: Connection, actor: str, role: Role) -> None:
    """Give somebody a role in the place of any other, in the caller's transaction; the act is recorded before."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT redress_give_role(:actor, :role)"), {"actor": actor, "role": role.value})
        return
    connection.execute(_TAKE, {"from_actor": actor})
    connection.execute(insert(ROLES), {"actor": actor, "role": role.value})


def take_role(connection: Connection, actor: str) -> None:
    """Take somebody's role away, in the caller's transaction; the act is recorded before."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT redress_give_role(:actor, NULL)"), {"actor": actor})
        return
    connection.execute(_TAKE, {"from_actor": actor})
