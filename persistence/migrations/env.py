"""How Alembic reaches the database: by the connection that `persistence.migrate` hands it."""

from alembic import context
from sqlmodel import SQLModel

import persistence.tables  # noqa: F401  (declares the tables)

context.configure(connection=context.config.attributes["connection"], target_metadata=SQLModel.metadata)
context.run_migrations()
