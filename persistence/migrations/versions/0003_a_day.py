"""A caseworker's day: events found by their day, for the reports."""

import sqlalchemy as sa
from alembic import op

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
