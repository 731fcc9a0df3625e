"""What was missed and then no longer applied: it is still counted where it fell due."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    lapsed = sa.text("status = 'superseded' AND missed")
    op.create_index(
        "deadlines_lapsed", "deadlines", ["due_on", "deadline"], sqlite_where=lapsed, postgresql_where=lapsed
    )  # fmt: skip
