"""Whoever changes the database behind the command's back is found by `audit verify`, which names the case and entry."""

import sqlite3
from collections.abc import Callable
from contextlib import closing

import pytest

from persistence.log import chain_hash
from tests.acceptance.command import Redress

# Three cases; the one in the middle has six entries, with a note, a sweep that came late, and a correction.
STORY = """
    @ 2026-02-24T09:00:00+00:00
    open H-1 --decision plan_refused --decided 2026-02-20
    open H-2 --decision plan_refused --decided 2026-02-20 --note 'by the panel'
    open H-3 --decision plan_refused --decided 2026-02-20
    advance H-2 send_letter --on 2026-02-23 --fact letter_method=email
    @ 2026-04-23T19:00:00+01:00
    daemon --once
    advance H-2 issue_certificate --on 2026-04-22 --fact certificate_reference=C-881 --note 'came by post'
    record H-2 certificate_received_on=2026-04-23
    correct H-2 certificate_received_on=2026-04-22 --reason misread
"""
LAST = 6
WITHOUT_GUARDS = ("DROP TRIGGER log_refuses_update", "DROP TRIGGER log_refuses_delete", "PRAGMA foreign_keys = OFF")

COLUMNS = {
    "case_id": "case_id + 7",
    "seq": "seq + 40",
    "token": "'H-7'",
    "trigger": "trigger || 'x'",
    "source": "source || 'x'",
    "dest": "dest || 'x'",
    "happened_on": "'2026-02-19'",
    "recorded_at": "replace(recorded_at, ':00.0', ':01.0')",
    "actor": "actor || 'x'",
    "note": "coalesce(note, '') || ' '",
    "facts": "replace(facts, '2026', '2025')",
    "deadlines": "replace(deadlines, '2026', '2025')",
    "deadline": "coalesce(deadline, '') || 'x'",
    "late_seconds": "coalesce(late_seconds, 0) + 1",
    "definition": "definition || ' '",
    "previous": "replace(replace(previous, 'a', 'b'), '0', '1')",
    "hash": "replace(hash, 'a', 'b')",
}


@pytest.fixture
def redress(after: Callable[[str], Redress]) -> Redress:
    return after(STORY)


def tamper(redress: Redress, *statements: str) -> None:
    """Change the database directly, its own guards taken away first; the change must be one."""
    before = redress.contents()
    redress.behind_its_back(*WITHOUT_GUARDS, *statements)
    assert redress.contents() != before, "nothing was tampered with"


def fault(redress: Redress) -> dict[str, object]:
    """The first fault that `audit verify` names; both forms of it must exit with 6."""
    spoken = redress.run("audit verify")
    assert (spoken.code, spoken.out) == (6, ""), spoken
    answer = redress.run("audit verify --json")
    assert answer.code == 6
    assert answer.document["intact"] is False
    found: dict[str, object] = answer.document["first_fault"]
    assert str(found["case"]) in spoken.err
    assert found["what"]
    return found


def test_the_story_that_is_tampered_with_is_whole(redress: Redress) -> None:
    assert redress.story("H-2") == ["open", "send_letter", "expire_appeal", "issue_certificate", "record", "correct"]
    assert redress.log("H-2")[2]["late_seconds"] == 7200
    assert redress.is_intact()


@pytest.mark.parametrize("seq", [1, 3, 4, LAST])
@pytest.mark.parametrize("column", COLUMNS)
def test_a_changed_column_of_an_entry_is_found(redress: Redress, column: str, seq: int) -> None:
    changed = COLUMNS[column]
    if column in ("facts", "deadlines"):  # where it holds no date, one byte is put behind
        changed = f"CASE WHEN {column} LIKE '%2026%' THEN {changed} ELSE {column} || ' ' END"
    tamper(redress, f"UPDATE log SET {column} = {changed} WHERE case_id = 2 AND seq = {seq}")
    found = fault(redress)
    is_last_gone = column == "case_id" and seq == LAST  # then the log ends too early
    assert (found["case"], found["seq"]) == ("H-2", LAST - 1 if is_last_gone else seq)


@pytest.mark.parametrize("seq", range(1, LAST + 1))
def test_a_removed_entry_is_found(redress: Redress, seq: int) -> None:
    tamper(redress, f"DELETE FROM log WHERE case_id = 2 AND seq = {seq}")
    found = fault(redress)
    assert found["case"] == "H-2"
    assert found["seq"] == min(seq, LAST - 1)


@pytest.mark.parametrize("length", range(1, LAST + 1))
def test_a_removed_tail_is_found(redress: Redress, length: int) -> None:
    tamper(redress, f"DELETE FROM log WHERE case_id = 2 AND seq > {LAST - length}")
    assert fault(redress)["case"] == "H-2"


@pytest.mark.parametrize("case_id", [1, 2, 3])
def test_a_removed_case_is_found_by_its_log(redress: Redress, case_id: int) -> None:
    tamper(redress, f"DELETE FROM cases WHERE id = {case_id}")
    found = fault(redress)
    assert (found["case"], found["seq"]) == (f"H-{case_id}", 1)


def test_a_case_whose_log_is_removed_is_found(redress: Redress) -> None:
    tamper(redress, "DELETE FROM log WHERE case_id = 3")
    assert fault(redress)["case"] == "H-3"


def test_an_inserted_entry_is_found(redress: Redress) -> None:
    tamper(
        redress,
        "CREATE TEMP TABLE copy AS SELECT * FROM log WHERE case_id = 2 AND seq = 6",
        "UPDATE copy SET seq = 7, previous = hash, note = 'forged'",
        "INSERT INTO log SELECT * FROM copy",
    )
    found = fault(redress)
    assert (found["case"], found["seq"]) == ("H-2", 7)


def test_an_entry_put_in_between_is_found(redress: Redress) -> None:
    tamper(
        redress,
        "UPDATE log SET seq = -seq WHERE case_id = 2 AND seq >= 3",
        "UPDATE log SET seq = 1 - seq WHERE case_id = 2 AND seq < 0",
        "CREATE TEMP TABLE copy AS SELECT * FROM log WHERE case_id = 2 AND seq = 2",
        "UPDATE copy SET seq = 3, previous = hash",
        "INSERT INTO log SELECT * FROM copy",
    )
    found = fault(redress)
    assert (found["case"], found["seq"]) == ("H-2", 3)


def test_two_entries_that_changed_places_are_found(redress: Redress) -> None:
    tamper(
        redress,
        "UPDATE log SET seq = -5 WHERE case_id = 2 AND seq = 5",
        "UPDATE log SET seq = 5 WHERE case_id = 2 AND seq = 4",
        "UPDATE log SET seq = 4 WHERE case_id = 2 AND seq = -5",
    )
    found = fault(redress)
    assert (found["case"], found["seq"]) == ("H-2", 4)


# What lies beside the log, each value changed on its own.
BESIDE = (
    "UPDATE cases SET state = 'closed' WHERE id = 2",
    "UPDATE cases SET version = 5 WHERE id = 2",
    "UPDATE cases SET version = 7 WHERE id = 2",
    "UPDATE cases SET head = replace(head, 'a', 'b') WHERE id = 2",
    "UPDATE cases SET reference = 'H-9' WHERE id = 2",
    "UPDATE facts SET value = '2026-02-22' WHERE case_id = 2 AND name = 'letter_sent_on'",
    "UPDATE facts SET value = 'post' WHERE case_id = 2 AND name = 'letter_method'",
    "UPDATE facts SET name = 'letter_dated_on' WHERE case_id = 2 AND name = 'letter_sent_on'",
    "DELETE FROM facts WHERE case_id = 2 AND name = 'letter_method'",
    "INSERT INTO facts VALUES (2, 'late_permission_on', '2026-04-01', 2)",
    "UPDATE facts SET case_id = 3 WHERE case_id = 2 AND name = 'letter_sent_on'",
    "UPDATE deadlines SET due_on = '2026-05-21' WHERE case_id = 2 AND deadline = 'lodge_appeal'",
    "UPDATE deadlines SET fires_at = '2026-05-23T16:00:00.000000Z' WHERE case_id = 2 AND deadline = 'lodge_appeal'",
    "UPDATE deadlines SET status = 'superseded' WHERE case_id = 2 AND deadline = 'lodge_appeal'",
    "UPDATE deadlines SET missed = 1 - missed WHERE case_id = 2 AND deadline = 'lodge_appeal'",
    "UPDATE deadlines SET ended_on = '2026-04-22' WHERE case_id = 2 AND deadline = 'lodge_appeal'",
    "UPDATE deadlines SET kind = 'duty' WHERE case_id = 2 AND deadline = 'lodge_appeal'",
    "UPDATE deadlines SET definition = definition || 'x' WHERE case_id = 2 AND deadline = 'lodge_appeal'",
    "DELETE FROM deadlines WHERE case_id = 2 AND deadline = 'lodge_appeal'",
    "INSERT INTO deadlines SELECT case_id, 'order_cease', kind, status, due_on, fires_at, missed, ended_on, definition "
    "FROM deadlines WHERE case_id = 2 AND deadline = 'lodge_appeal'",
)


@pytest.mark.parametrize("statement", BESIDE)
def test_whatever_is_not_as_the_log_says_is_found(redress: Redress, statement: str) -> None:
    tamper(redress, statement)
    assert fault(redress)["case"] in ("H-2", "H-9")


@pytest.mark.parametrize("table", ["facts", "deadlines"])
def test_rows_of_a_case_that_never_was_are_found(redress: Redress, table: str) -> None:
    tamper(
        redress,
        f"CREATE TEMP TABLE copy AS SELECT * FROM {table} WHERE case_id = 2",
        "UPDATE copy SET case_id = 9",
        f"INSERT INTO {table} SELECT * FROM copy",
    )
    assert redress.run("audit verify").code == 6


def resealed(redress: Redress, case_id: int, seq: int, facts: str) -> str:
    """The hash that an entry would have with other facts: what somebody forges who knows how the chain is made."""
    with closing(sqlite3.connect(redress.path)) as connection:
        row = connection.execute("SELECT * FROM log WHERE case_id = ? AND seq = ?", (case_id, seq)).fetchone()
    _, number, reference, *to_note = row[:10]
    return chain_hash(reference, number, *to_note, facts, *row[11:-1])


@pytest.mark.parametrize("seq", range(1, LAST + 1))
def test_a_forged_entry_with_a_hash_of_its_own_is_found_by_the_next(redress: Redress, seq: int) -> None:
    facts = '{"sections":"I"}'
    forged = resealed(redress, 2, seq, facts)
    tamper(redress, f"UPDATE log SET facts = '{facts}', hash = '{forged}' WHERE case_id = 2 AND seq = {seq}")
    found = fault(redress)
    assert (found["case"], found["seq"]) == ("H-2", min(seq + 1, LAST))


def test_an_entry_with_a_true_hash_and_a_content_that_is_none_is_found(redress: Redress) -> None:
    forged = resealed(redress, 3, 1, "not JSON")
    tamper(
        redress,
        f"UPDATE log SET facts = 'not JSON', hash = '{forged}' WHERE case_id = 3",
        f"UPDATE cases SET head = '{forged}' WHERE id = 3",
    )
    found = fault(redress)
    assert (found["case"], found["seq"]) == ("H-3", 1)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE log SET note = 'x' WHERE case_id = 2 AND seq = 1",
        "UPDATE log SET hash = hash",
        "UPDATE OR REPLACE log SET seq = 1 WHERE case_id = 2 AND seq = 2",
        "DELETE FROM log WHERE case_id = 2 AND seq = 6",
        "DELETE FROM log",
    ],
)
def test_the_database_itself_refuses_to_change_the_log(redress: Redress, statement: str) -> None:
    before = redress.contents()
    with pytest.raises(sqlite3.DatabaseError, match="append-only"):
        redress.behind_its_back(statement)
    assert redress.contents() == before
    assert redress.is_intact()


def test_an_entry_replaced_past_the_guards_is_refused_or_found(redress: Redress) -> None:
    """REPLACE deletes without asking a trigger unless the database is told to."""
    replace = "INSERT OR REPLACE INTO log SELECT * FROM copy"
    try:
        redress.behind_its_back(
            "CREATE TEMP TABLE copy AS SELECT * FROM log WHERE case_id = 2 AND seq = 1",
            "UPDATE copy SET note = 'forged'",
            replace,
        )
    except sqlite3.DatabaseError:
        assert redress.is_intact()
    else:
        assert fault(redress)["case"] == "H-2"
