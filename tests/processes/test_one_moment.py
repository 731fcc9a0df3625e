"""What is only read is read as it stood at one moment, whatever is committed meanwhile."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
from sqlalchemy import text

import persistence.proof
from persistence.database import Database
from persistence.queries import count_cases
from persistence.unit import unit_of_work
from states.errors import DatabaseUnreachable
from tests.backends import new_postgres_url
from tests.processes.running import CASEWORKER, change, is_intact, letters_sent, new_database
from workflow.change import Change

SENT = "2026-02-23T10:00:00+00:00"


@pytest.fixture
def database(url: str) -> Database:
    made = new_database(url, SENT)
    letters_sent(made, 3)
    return made


@pytest.fixture
def other(database: Database) -> Iterator[Database]:
    """The same database, as another process has it."""
    made = Database(database.url.render_as_string(hide_password=False))
    yield made
    made.close()


def test_a_change_that_is_committed_between_two_reads_is_not_seen(database: Database, other: Database) -> None:
    with unit_of_work(database, writing=False) as unit:
        before = unit.case("H-0")
        change(other, Change("advance", "H-0", CASEWORKER, trigger="advise_mediation"))
        letters_sent(other, 1, prefix="LATER")
        assert unit.case("H-0") == before
        assert count_cases(unit.connection) == 3
    with unit_of_work(database, writing=False) as unit:
        assert unit.case("H-0") != before
        assert count_cases(unit.connection) == 4


def test_a_proof_is_not_misled_by_a_change_that_is_committed_meanwhile(
    database: Database, other: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, queries = persistence.proof.driver_rows, iter(range(100))

    def rows_after_a_change(connection: Any, query: str) -> AbstractContextManager[Iterator[Any]]:
        if next(queries) == 1:
            change(other, Change("record", "H-0", CASEWORKER, facts={"letter_received_on": "2026-02-23"}))
        return rows(connection, query)

    monkeypatch.setattr(persistence.proof, "driver_rows", rows_after_a_change)
    verdict = is_intact(database)
    assert verdict.intact
    assert verdict.entries == 6
    monkeypatch.undo()
    assert is_intact(database).entries == 7


def test_a_reading_unit_of_postgresql_can_change_nothing() -> None:
    database = new_database(new_postgres_url(), SENT)
    with pytest.raises(DatabaseUnreachable, match="read-only"), unit_of_work(database, writing=False) as unit:
        unit.connection.execute(text("UPDATE cases SET version = 0"))
    letters_sent(database, 1)  # by the same connection
    with unit_of_work(database, writing=False) as unit:
        assert count_cases(unit.connection) == 1
