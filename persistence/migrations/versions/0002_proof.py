"""Proof: tokens and keys of cases, refused attempts, checkpoints, roles, and proposals for a second person."""

import sqlalchemy as sa
from alembic import op

from persistence.instants import UtcInstant

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    _tokens()
    op.create_table(
        "refusals",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("case_id", sa.Integer, sa.ForeignKey("cases.id"), nullable=False),
        sa.Column("at", UtcInstant, nullable=False),
        *(
            sa.Column(name, sa.String, nullable=False)
            for name in ("actor", "role", "kind", "trigger", "state", "guard", "why", "hash")
        ),
    )
    op.create_index("ix_refusals_case_id", "refusals", ["case_id"])
    op.create_index("ix_refusals_at", "refusals", ["at"])
    op.create_table(
        "checkpoints",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("made_at", UtcInstant, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
    )
    op.create_table(
        "roles", sa.Column("actor", sa.String, primary_key=True), sa.Column("role", sa.String, nullable=False)
    )
    op.create_table(
        "office_log",
        sa.Column("seq", sa.Integer, primary_key=True),
        sa.Column("at", UtcInstant, nullable=False),
        *(sa.Column(name, sa.String, nullable=False) for name in ("actor", "act", "subject")),
        *(sa.Column(name, sa.String) for name in ("was", "became")),
        *(sa.Column(name, sa.String, nullable=False) for name in ("previous", "hash")),
    )
    op.create_table(
        "proposals",
        sa.Column("case_id", sa.Integer, sa.ForeignKey("cases.id"), primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("proposed_at", UtcInstant, nullable=False),
        sa.Column("actor", sa.String, nullable=False),
        sa.Column("change", sa.String, nullable=False),
    )
    for table in ("refusals", "checkpoints", "office_log"):
        _append_only(table, op.get_bind().dialect.name)
    _indexes_of_the_pages()
    if op.get_bind().dialect.name == "postgresql":
        _without_samples()


def _indexes_of_the_pages() -> None:
    """For the review pages: what they count stands in an index alone, and the log is read from its end."""
    op.drop_index("deadlines_due", "deadlines")
    op.drop_index("ix_log_recorded_at", "log")
    op.create_index("log_recorded", "log", ["recorded_at", "case_id", "seq"])
    for name, table, columns, where in (
        ("deadlines_due", "deadlines", ["due_on", "case_id", "deadline", "status", "fires_at"],
         "status IN ('armed', 'missed')"),
        ("deadlines_kept", "deadlines", ["due_on", "deadline", "status", "missed"], "status IN ('met', 'excused')"),
        ("facts_lodged", "facts", ["value", "case_id"], "name = 'appeal_lodged_on'"),
    ):  # fmt: skip
        op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def _tokens() -> None:
    """Cases that are there keep their reference as their name in the log, since its hashes cover it."""
    op.execute("ALTER TABLE log RENAME COLUMN reference TO token")
    op.add_column("cases", sa.Column("token", sa.String, nullable=False, server_default=""))
    op.execute("UPDATE cases SET token = reference")
    op.create_table(
        "case_keys",
        sa.Column("case_id", sa.Integer, sa.ForeignKey("cases.id"), primary_key=True),
        sa.Column("reference", sa.String, nullable=False),
        sa.Column("key", sa.String, nullable=False),
    )


def _without_samples() -> None:
    """The planner's statistics hold samples of columns; of these they would outlive an erasure."""
    for table, column in (("cases", "reference"), ("case_keys", "reference"), ("case_keys", "key"), ("facts", "value")):
        op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STATISTICS 0")


def _append_only(table: str, dialect: str) -> None:
    """The database itself refuses to change or delete a row, whoever asks."""
    why = f"the table {table} is append-only"
    if dialect == "sqlite":
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_refuse_{act.lower()} BEFORE {act} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{why}'); END"
            )
        return
    op.execute(
        f"CREATE FUNCTION {table}_are_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{why}'; END $$"
    )
    for act, each in (("change BEFORE UPDATE OR DELETE", "FOR EACH ROW "), ("truncate BEFORE TRUNCATE", "")):
        op.execute(f"CREATE TRIGGER {table}_refuse_{act} ON {table} {each}EXECUTE FUNCTION {table}_are_append_only()")
