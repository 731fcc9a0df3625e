"""The schema: the migrations make what the tables say, and a database of an older schema goes on."""

from datetime import UTC, date, datetime

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlmodel import SQLModel

from persistence.database import Database
from persistence.log import GENESIS, Entry
from persistence.migrate import upgrade
from persistence.schema import SCHEMA, stored_schema
from tests.acceptance.command import Answer, run_here


def redress(url: str, *words: str) -> Answer:
    answer = run_here(["--database", url, *words])
    assert answer.code == 0, answer
    return answer


def test_the_migrations_make_what_the_tables_say(url: str) -> None:
    redress(url, "init")
    database = Database(url)
    with database.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []
    database.close()


def opened_under_the_first_schema(url: str) -> Entry:
    """A database of schema 0001 with one case in it, written as that version wrote it: its log names the reference."""
    entry = Entry(
        case="H-1", seq=1, trigger="open", source="unopened", dest="assessment_refused", on=date(2026, 2, 20),
        recorded_at=datetime(2026, 2, 20, 9, tzinfo=UTC), actor="ann", note="in plain",
        facts='{"decided_on":"2026-02-20","decision":"assessment_refused","party":"parent"}', deadlines="[]",
        deadline=None, late_seconds=None, definition="2026.1, gov.uk 2026-11-25", previous=GENESIS,
    )  # fmt: skip
    database = Database(url)
    upgrade(database, "0001")
    with database.connect(writing=True) as connection:
        values = entry._asdict()
        values |= {"recorded_at": "2026-02-20T09:00:00.000000Z", "on": "2026-02-20", "hash": entry.sealed_hash()}
        for statement in (
            "INSERT INTO cases (id, reference, state, version, head) VALUES (1, :case, :dest, 1, :hash)",
            "INSERT INTO log (case_id, seq, reference, trigger, source, dest, happened_on, recorded_at, actor, note, "
            "facts, deadlines, definition, previous, hash) VALUES (1, 1, :case, :trigger, :source, :dest, :on, "
            ":recorded_at, :actor, :note, :facts, :deadlines, :definition, :previous, :hash)",
            "INSERT INTO facts (case_id, name, value, seq) VALUES (1, 'decided_on', '2026-02-20', 1), "
            "(1, 'decision', 'assessment_refused', 1), (1, 'party', 'parent', 1)",
            "INSERT INTO meta (key, value) VALUES ('policy', '{}')",
        ):
            connection.execute(text(statement), values)
        if not database.is_sqlite:
            connection.execute(text("SELECT setval(pg_get_serial_sequence('cases', 'id'), 1)"))
        connection.commit()
        assert stored_schema(connection) == "0001"
    database.close()
    return entry


def test_a_database_of_the_first_schema_goes_on_and_still_proves_its_log(url: str) -> None:
    opened_under_the_first_schema(url)
    refused = run_here(["--database", url, "show", "H-1"])
    assert refused.code == 7
    assert "upgrade it with `redress init`" in refused.err
    assert "upgraded" in redress(url, "init").out
    redress(url, "advance", "H-1", "send_letter", "--on", "2026-02-23", "--note", "recorded by letter")
    redress(url, "open", "H-2", "--decision", "plan_refused", "--decided", "2026-02-20", "--note", "sealed")
    assert redress(url, "audit", "verify", "--json").document == {"intact": True, "entries": 3, "cases": 2}
    log = redress(url, "audit", "log", "--json").document
    assert [(entry["case"], entry["note"]) for entry in log] == [
        ("H-1", "in plain"), ("H-1", "recorded by letter"), ("H-2", "sealed"),
    ]  # fmt: skip


@pytest.mark.parametrize("words", [["show", "H-1"], ["audit", "verify"], ["worklist"]])
def test_a_newer_schema_is_refused(url: str, words: list[str]) -> None:
    redress(url, "init")
    database = Database(url)
    with database.connect(writing=True) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        connection.commit()
    database.close()
    answer = run_here(["--database", url, *words])
    assert answer.code == 7
    assert SCHEMA in answer.err


def test_a_new_log_says_nothing_in_plain(url: str) -> None:
    """What names a person, or could, is in the log as ciphertext; a person reads it in plain."""
    redress(url, "init")
    redress(url, "open", "CHILD-77", "--decision", "plan_refused", "--decided", "2026-02-20", "--note", "rang at noon")
    redress(url, "advance", "CHILD-77", "send-letter", "--on", "2026-02-23")
    redress(url, "record", "CHILD-77", "certificate_reference=MED/4711")
    database = Database(url)
    with database.connect() as connection:
        rows = repr(connection.execute(text("SELECT * FROM log")).all())
    database.close()
    for private in ("CHILD-77", "rang at noon", "MED/4711"):
        assert private not in rows
    said = redress(url, "audit", "log", "CHILD-77", "--json").document
    assert said[0]["note"] == "rang at noon"
    assert said[2]["facts"] == {"certificate_reference": "MED/4711"}
    assert redress(url, "audit", "verify").code == 0
