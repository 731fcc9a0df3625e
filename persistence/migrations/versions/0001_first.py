"""The first schema: cases, facts, the log, deadlines, what was set aside, meta; the log made append-only."""

import sqlalchemy as sa
from alembic import op

from persistence.instants import UtcInstant

revision = "0001"
down_revision = None


def upgrade() -> None:
    _tables()
    op.create_index("ix_cases_state", "cases", ["state"])
    op.create_index("ix_log_recorded_at", "log", ["recorded_at"])
    for name, columns, where in (
        ("deadlines_armed", ["fires_at", "case_id", "deadline"], "status = 'armed'"),
        ("deadlines_due", ["due_on"], "status IN ('armed', 'missed')"),
    ):
        op.create_index(name, "deadlines", columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))
    _append_only(op.get_bind().dialect.name)


def _tables() -> None:
    op.create_table(
        "cases",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("reference", sa.String, nullable=False, unique=True),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("head", sa.String, nullable=False),
    )
    op.create_table(
        "facts",
        sa.Column("case_id", sa.Integer, sa.ForeignKey("cases.id"), primary_key=True),
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("value", sa.String, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
    )
    op.create_table(
        "log",
        sa.Column("case_id", sa.Integer, sa.ForeignKey("cases.id"), primary_key=True),
        sa.Column("seq", sa.Integer, primary_key=True),
        *(sa.Column(name, sa.String, nullable=False) for name in ("reference", "trigger", "source", "dest")),
        sa.Column("happened_on", sa.Date, nullable=False),
        sa.Column("recorded_at", UtcInstant, nullable=False),
        sa.Column("actor", sa.String, nullable=False),
        sa.Column("note", sa.String),
        sa.Column("facts", sa.Text, nullable=False),
        sa.Column("deadlines", sa.Text, nullable=False),
        sa.Column("deadline", sa.String),
        sa.Column("late_seconds", sa.Integer),
        *(sa.Column(name, sa.String, nullable=False) for name in ("definition", "previous", "hash")),
    )
    op.create_table(
        "deadlines",
        sa.Column("case_id", sa.Integer, sa.ForeignKey("cases.id"), primary_key=True),
        sa.Column("deadline", sa.String, primary_key=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("due_on", sa.Date, nullable=False),
        sa.Column("fires_at", UtcInstant, nullable=False),
        sa.Column("missed", sa.Boolean, nullable=False),
        sa.Column("ended_on", sa.Date),
        sa.Column("definition", sa.String, nullable=False),
    )
    op.create_table(
        "set_aside",
        sa.Column("case_id", sa.Integer, sa.ForeignKey("cases.id"), primary_key=True),
        sa.Column("deadline", sa.String, nullable=False),
        sa.Column("why", sa.String, nullable=False),
        sa.Column("since", UtcInstant, nullable=False),
        sa.Column("definition", sa.String, nullable=False),
    )
    op.create_table(
        "meta", sa.Column("key", sa.String, primary_key=True), sa.Column("value", sa.String, nullable=False)
    )


def _append_only(dialect: str) -> None:
    """The database itself refuses to change or delete an entry, whoever asks."""
    if dialect == "sqlite":
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER log_refuses_{act.lower()} BEFORE {act} ON log "
                "BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION log_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the log is append-only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER log_refuses_change BEFORE UPDATE OR DELETE ON log "
        "FOR EACH ROW EXECUTE FUNCTION log_is_append_only()"
    )
    op.execute("CREATE TRIGGER log_refuses_truncate BEFORE TRUNCATE ON log EXECUTE FUNCTION log_is_append_only()")
