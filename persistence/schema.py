"""Which schema a database has, without loading the migrations."""

from sqlalchemy import Connection, inspect, text

from states.errors import DatabaseUnreachable

# The newest migration under persistence/migrations/versions. Revisions are numbers of four digits, so they compare.
SCHEMA = "0005"


def require_same_schema(found: str) -> None:
    """Refuse to go on with a database that another version has upgraded meanwhile. Raises DatabaseUnreachable."""
    if found != SCHEMA:
        raise DatabaseUnreachable(
            f"it was brought to schema {found} meanwhile, and this version needs {SCHEMA}: use the version that did it."
        )


def stored_schema(connection: Connection) -> str | None:
    """The revision of a database that `init` has made; None for any other."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
    return None if found is None else str(found)
