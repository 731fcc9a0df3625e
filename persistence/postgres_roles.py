"""Roles on PostgreSQL: the database's own, with the rights that they need and triggers that hold everybody to the log.

`redress roles setup` runs this, as the owner of the tables; done twice, it changes nothing. The owner and superusers
are not held by it: who can change the schema can change everything, and only copies kept elsewhere show it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, text
from sqlmodel import SQLModel

from persistence.log import GENESIS
from persistence.meta import HEARTBEAT
from persistence.postgres_guards import FUNCTIONS, TRIGGERS
from persistence.roles import role_name
from states.decisions import GIVEN, Role

# What each role may write, table by table; all may read every table. `log` can be appended to and nothing more.
_PERSON = {
    "cases": "INSERT, UPDATE (state, version, head)",
    "case_keys": "INSERT",
    "facts": "INSERT, DELETE",
    "log": "INSERT",
    "deadlines": "INSERT, UPDATE",
    "set_aside": "DELETE",
    "refusals": "INSERT",
    "proposals": "INSERT, DELETE",
    "reminders": "INSERT, UPDATE, DELETE",
    "office_log": "INSERT",
    "meta": "INSERT, UPDATE",
}
RIGHTS: Mapping[Role, Mapping[str, str]] = {
    Role.CASEWORKER: _PERSON,
    Role.MANAGER: {**_PERSON, "checkpoints": "INSERT"},
    Role.AUDITOR: {},
    Role.SYSTEM: {
        "cases": "UPDATE (state, version, head)",
        "facts": "INSERT, DELETE",
        "log": "INSERT",
        "deadlines": "INSERT, UPDATE",
        "set_aside": "INSERT, DELETE",
        "refusals": "INSERT",
        "checkpoints": "INSERT",
        "reminders": "INSERT, UPDATE, DELETE",
        "meta": "INSERT, UPDATE, DELETE",
    },
}
_NUMBERED = {"cases": "id", "refusals": "id", "checkpoints": "number"}
_LONGEST_NAME = 63


@dataclass(frozen=True, slots=True)
class Reserved:
    """What the triggers of the log let only some write: the daemon's name and triggers, a manager's triggers."""

    daemon: str
    daemons: Iterable[str]
    managers: Iterable[str]


def set_up_roles(connection: Connection, prefix: str, reserved: Reserved) -> list[str]:
    """Make the roles, their rights and the triggers, in the caller's transaction; the roles that were there already.

    The database raises where the session may not make roles or does not own the tables.
    """
    there = _make_roles(connection, prefix)
    _grant(connection, prefix)
    values = {
        "schema": _quoted(connection, _schema(connection)),
        "genesis": GENESIS,
        "heartbeats": HEARTBEAT,
        "daemon": reserved.daemon,
        "daemons": _list(reserved.daemons),
        "managers": _list(reserved.managers),
        "given": _list(role.value for role in GIVEN),
        "prefix": _literal(prefix),
        **{role.value: _literal(role_name(prefix, role)) for role in GIVEN},
    }
    for function in FUNCTIONS:
        _run(connection, function, values)
    for statement in TRIGGERS:
        _run(connection, statement, values)
    manager = _quoted(connection, role_name(prefix, Role.MANAGER))
    _run(connection, "REVOKE EXECUTE ON FUNCTION @schema@.redress_give_role(text, text) FROM PUBLIC", values)
    _run(connection, f"GRANT EXECUTE ON FUNCTION @schema@.redress_give_role(text, text) TO {manager}", values)
    return there


def name_prefix(connection: Connection) -> str:
    """What the names of a database's roles begin with: its own name, since roles belong to the whole server."""
    name = str(connection.execute(text("SELECT current_database()")).scalar_one())
    return name[: _LONGEST_NAME - 1 - max(len(role.value) for role in GIVEN)]


def tables_without_rights(connection: Connection, prefix: str) -> list[str]:
    """The tables that an auditor could not read: those that came with an upgrade after the roles were set up."""
    query = text(
        "SELECT name FROM unnest(CAST(:names AS text[])) name "
        "WHERE NOT has_table_privilege(to_regrole(quote_ident(:auditor)), name, 'SELECT')"
    )
    auditor = role_name(prefix, Role.AUDITOR)
    return list(connection.execute(query, {"names": _tables(), "auditor": auditor}).scalars())


def _tables() -> list[str]:
    return sorted(SQLModel.metadata.tables)


def _make_roles(connection: Connection, prefix: str) -> list[str]:
    names = [role_name(prefix, role) for role in GIVEN]
    query = text("SELECT rolname FROM pg_roles WHERE rolname = ANY(:names) ORDER BY rolname")
    there = list(connection.execute(query, {"names": names}).scalars())
    for name in names:
        if name not in there:
            _run(connection, f"CREATE ROLE {_quoted(connection, name)} NOLOGIN", {})
    return there


def _grant(connection: Connection, prefix: str) -> None:
    schema = _quoted(connection, _schema(connection))
    for role, rights in RIGHTS.items():
        to = _quoted(connection, role_name(prefix, role))
        _run(connection, f"GRANT USAGE ON SCHEMA {schema} TO {to}", {})
        for name in (*_tables(), "alembic_version"):
            _run(connection, f"REVOKE ALL ON {schema}.{name} FROM {to}", {})
            _run(connection, f"GRANT SELECT ON {schema}.{name} TO {to}", {})
        for name, what in rights.items():
            _run(connection, f"GRANT {what} ON {schema}.{name} TO {to}", {})
        for name, column in _NUMBERED.items():
            if "INSERT" in rights.get(name, ""):
                sequence = text("SELECT pg_get_serial_sequence(:name, :column)")
                found = connection.execute(sequence, {"name": name, "column": column}).scalar_one()
                _run(connection, f"GRANT USAGE ON SEQUENCE {found} TO {to}", {})


def _schema(connection: Connection) -> str:
    return str(connection.execute(text("SELECT current_schema()")).scalar_one())


def _run(connection: Connection, statement: str, values: Mapping[str, str]) -> None:
    """Run a statement in which each @name@ stands for a value, which must be fit to stand there."""
    for name, value in values.items():
        statement = statement.replace(f"@{name}@", value)
    connection.exec_driver_sql(statement.replace("%", "%%"))


def _quoted(connection: Connection, name: str) -> str:
    return connection.dialect.identifier_preparer.quote_identifier(name)


def _literal(name: str) -> str:
    return "'" + name.replace("'", "''") + "'"


def _list(names: Iterable[str]) -> str:
    return ", ".join(map(_literal, names))
