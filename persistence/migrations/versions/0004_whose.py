"""Whose cases: an officer's and a team's cases are found by their name."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    whose, opening = sa.text("name IN ('owner', 'team')"), sa.text("seq = 1")
    op.create_index(
        "facts_whose", "facts", ["name", "value", "case_id"], sqlite_where=whose, postgresql_where=whose
    )  # fmt: skip
    op.create_index("log_opened", "log", ["actor", "case_id"], sqlite_where=opening, postgresql_where=opening)
