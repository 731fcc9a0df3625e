"""What only SQLite lets somebody do: other types in a column, REPLACE, its schema table, and the bytes of its file."""

import random
import sqlite3
from collections.abc import Callable
from contextlib import closing

import pytest

from persistence.database import Database
from tests.acceptance.command import Redress
from tests.acceptance.tampering import STORY, fault, tamper

pytestmark = pytest.mark.parametrize("backend", ["sqlite"])

# As many flipped bytes of the file as are tried each time; `python -m tests.fuzz.soak` tries many more.
FLIPS = 60


@pytest.fixture
def redress(after: Callable[[str], Redress]) -> Redress:
    return after(STORY)


OF_ANOTHER_TYPE = (
    *(f"UPDATE log SET {name} = CAST({name} AS BLOB) WHERE case_id = 2 AND seq = 4"
      for name in ("token", "trigger", "source", "dest", "happened_on", "recorded_at", "actor", "note", "facts",
                   "deadlines", "definition", "previous", "hash")),
    "UPDATE log SET case_id = 'two' WHERE case_id = 2",
    "UPDATE log SET case_id = 2.5 WHERE case_id = 2 AND seq = 6",
    "UPDATE log SET case_id = x'02' WHERE case_id = 2",
    "UPDATE log SET seq = 'four' WHERE case_id = 2 AND seq = 4",
    "UPDATE log SET seq = 4.5 WHERE case_id = 2 AND seq = 4",
    "UPDATE log SET late_seconds = 'late' WHERE case_id = 2 AND seq = 3",
    "UPDATE log SET late_seconds = 9e999 WHERE case_id = 2 AND seq = 3",
    "UPDATE log SET actor = actor || char(0) || 'x' WHERE case_id = 2 AND seq = 4",
    *(f"UPDATE cases SET {name} = CAST({name} AS BLOB) WHERE id = 2"
      for name in ("reference", "state", "version", "head", "token")),
    "UPDATE cases SET version = 'six' WHERE id = 2",
    "UPDATE cases SET version = 6.5 WHERE id = 2",
    *(f"UPDATE case_keys SET {name} = CAST({name} AS BLOB) WHERE case_id = 2" for name in ("reference", "key")),
    "UPDATE case_keys SET key = x'00' WHERE case_id = 3",
    *(f"UPDATE facts SET {name} = CAST({name} AS BLOB) WHERE case_id = 2" for name in ("name", "value", "seq")),
    "UPDATE facts SET case_id = 'two' WHERE case_id = 2",
    *(f"UPDATE deadlines SET {name} = CAST({name} AS BLOB) WHERE case_id = 2"
      for name in ("deadline", "kind", "status", "due_on", "fires_at", "missed", "definition")),
    "UPDATE deadlines SET case_id = 'two' WHERE case_id = 2",
    "UPDATE deadlines SET missed = 2 WHERE case_id = 2 AND deadline = 'lodge_appeal'",
)  # fmt: skip


@pytest.mark.parametrize("statement", OF_ANOTHER_TYPE)
def test_a_value_of_another_type_is_found(redress: Redress, statement: str) -> None:
    tamper(redress, statement)
    named = fault(redress)["case"]
    assert str(named) in ("H-2", "H-3", "b'H-2'", "number two")


def test_text_that_is_none_cannot_even_be_read(redress: Redress) -> None:
    redress.behind_its_back(
        "DROP TRIGGER log_refuses_update",
        "UPDATE log SET actor = CAST(x'ff41' AS TEXT) WHERE case_id = 2 AND seq = 4",
    )
    answer = redress.run("audit verify --json")
    assert (answer.code, answer.out) == (7, "")
    assert "UTF-8" in answer.err


def test_an_entry_replaced_past_the_guards_is_found(redress: Redress) -> None:
    """REPLACE deletes without asking a trigger unless the database is told to."""
    redress.behind_its_back(
        "CREATE TEMP TABLE copy AS SELECT * FROM log WHERE case_id = 2 AND seq = 1",
        "UPDATE copy SET note = 'forged'",
        "INSERT OR REPLACE INTO log SELECT * FROM copy",
    )
    assert fault(redress)["case"] == "H-2"


@pytest.mark.parametrize("table", ["cases", "facts", "deadlines", "case_keys"])
def test_a_row_replaced_is_found(redress: Redress, table: str) -> None:
    column = {"cases": "state", "facts": "value", "deadlines": "status", "case_keys": "key"}[table]
    of_case = "id" if table == "cases" else "case_id"
    tamper(
        redress,
        f"CREATE TEMP TABLE copy AS SELECT * FROM {table} WHERE {of_case} = 2",
        f"UPDATE copy SET {column} = 'closed'",
        f"INSERT OR REPLACE INTO {table} SELECT * FROM copy",
    )
    assert fault(redress)["case"] == "H-2"


def in_the_schema_table(redress: Redress, statement: str) -> None:
    """Change the table that tells SQLite what the other tables are."""
    with closing(sqlite3.connect(redress.path)) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute(statement)
        connection.commit()


def test_guards_removed_from_the_schema_table_hide_nothing(redress: Redress) -> None:
    in_the_schema_table(redress, "DELETE FROM sqlite_master WHERE type = 'trigger'")
    redress.behind_its_back("UPDATE log SET actor = 'somebody' WHERE case_id = 2 AND seq = 4")
    assert fault(redress)["case"] == "H-2"


def test_two_tables_that_change_names_in_the_schema_table_are_found_or_cannot_be_read(redress: Redress) -> None:
    in_the_schema_table(
        redress,
        "UPDATE sqlite_master SET rootpage = (SELECT rootpage FROM sqlite_master WHERE name = 'facts') "
        "WHERE name = 'log'",
    )
    answer = redress.run("audit verify --json")
    assert answer.code in (6, 7), answer
    assert "Traceback" not in answer.err


def test_a_column_that_changes_places_in_the_schema_table_is_found(redress: Redress) -> None:
    """The log's source and destination read the other way round."""
    in_the_schema_table(
        redress,
        "UPDATE sqlite_master SET sql = replace(replace(replace(sql, 'source', 'dost'), 'dest', 'source'), 'dost', "
        "'dest') WHERE name = 'log' AND type = 'table'",
    )
    assert fault(redress)["case"] == "H-1"


# --- the bytes of the file --------------------------------------------------------------------------------------------


def flipped(redress: Redress, seed: int) -> str:
    """Flip one bit of one byte of the file; which."""
    content = bytearray(redress.path.read_bytes())
    chosen = random.Random(seed)  # noqa: S311
    place, bit = chosen.randrange(len(content)), 1 << chosen.randrange(8)
    content[place] ^= bit
    redress.path.write_bytes(content)
    return f"bit {bit} of byte {place}"


# Each was once missed: in the schema, so that it is no text; and in a table's page, where the index says otherwise.
MISSED_ONCE = (1302, 2545, 3027, 3032)


@pytest.mark.parametrize("seed", [*range(FLIPS), *MISSED_ONCE])
def test_a_flipped_bit_of_the_file_is_never_a_traceback_and_never_a_change_unseen(redress: Redress, seed: int) -> None:
    """Found (6), the file refused (7), or in a place that says nothing: then every row is as it was."""
    before = redress.contents()
    where = flipped(redress, seed)
    answer = redress.run("audit verify --json")
    assert "Traceback" not in answer.err, where
    assert answer.code in (0, 6, 7), (where, answer)
    if answer.code == 0:
        proved = ("cases", "case_keys", "facts", "log", "deadlines")
        now = redress.contents()
        # A key's letters may be written large: it is the same key.
        assert repr([now[name] for name in proved]).lower() == repr([before[name] for name in proved]).lower(), where


def test_a_fault_of_whoever_asks_is_not_called_a_damaged_file(redress: Redress) -> None:
    with closing(Database(redress.url)) as database, pytest.raises(UnicodeDecodeError), database.connect():
        b"\xff".decode()


def test_a_file_cut_short_is_refused(redress: Redress) -> None:
    content = redress.path.read_bytes()
    redress.path.write_bytes(content[: len(content) // 2])
    answer = redress.run("audit verify --json")
    assert answer.code in (6, 7), answer
    assert "Traceback" not in answer.err
