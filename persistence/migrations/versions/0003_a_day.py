"""A caseworker's day: events found by their day, for the reports; and the reminders."""

import sqlalchemy as sa
from alembic import op

from persistence.instants import UtcInstant

revision = "0003"
down_revision = "0002"

_EVENTS = (
    "name IN ('decided_on', 'letter_sent_on', 'adviser_contacted_on', 'mediation_requested_on', "
    "'mediation_declined_on', 'mediation_not_arranged_on', 'mediation_concluded_on', 'certificate_issued_on', "
    "'appeal_lodged_on', 'appeal_withdrawn_on', 'conceded_on', 'order_made_on')"
)


def upgrade() -> None:
    op.drop_index("facts_lodged", "facts")
    op.create_index(
        "facts_dated", "facts", ["name", "value", "case_id"], sqlite_where=sa.text(_EVENTS),
        postgresql_where=sa.text(_EVENTS),
    )  # fmt: skip
    op.create_table(
        "reminders",
        sa.Column("case_id", sa.Integer, sa.ForeignKey("cases.id"), primary_key=True),
        sa.Column("deadline", sa.String, primary_key=True),
        sa.Column("due_on", sa.Date, primary_key=True),
        sa.Column("days_before", sa.Integer, primary_key=True),
        sa.Column("send_on", sa.Date, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("try_at", UtcInstant),
        sa.Column("sent_at", UtcInstant),
        sa.Column("why", sa.String),
    )
    waiting = sa.text("status = 'waiting'")
    op.create_index(
        "reminders_waiting", "reminders", ["send_on"], sqlite_where=waiting, postgresql_where=waiting
    )  # fmt: skip
