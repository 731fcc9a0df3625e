"""Whoever changes the database behind the command's back is found by `audit verify`, which names the case and entry."""

from collections.abc import Callable

import pytest

from tests.acceptance.command import Redress
from tests.acceptance.tampering import LAST, STORY, a_second_later, fault, other, rehashed, tamper
from tests.backends import REFUSED_BY_DATABASE

COLUMNS = {
    "case_id": "case_id + 7",
    "seq": "seq + 40",
    "token": other("token"),
    "trigger": "trigger || 'x'",
    "source": "source || 'x'",
    "dest": "dest || 'x'",
    "happened_on": "'2026-02-19'",
    "actor": "actor || 'x'",
    "note": "coalesce(note, '') || ' '",
    "facts": "replace(facts, '2026', '2025')",
    "deadlines": "replace(deadlines, '2026', '2025')",
    "deadline": "coalesce(deadline, '') || 'x'",
    "late_seconds": "coalesce(late_seconds, 0) + 1",
    "definition": "definition || ' '",
    "recorded_at": "",  # each database has its own way with instants
    "previous": other("previous"),
    "hash": other("hash"),
}


@pytest.fixture
def redress(after: Callable[[str], Redress]) -> Redress:
    return after(STORY)


def test_the_story_that_is_tampered_with_is_whole(redress: Redress) -> None:
    assert redress.story("H-2") == ["open", "send_letter", "expire_appeal", "issue_certificate", "record", "correct"]
    assert redress.log("H-2")[2]["late_seconds"] == 7200
    assert redress.is_intact()


@pytest.mark.parametrize("seq", [1, 3, 4, LAST])
@pytest.mark.parametrize("column", COLUMNS)
def test_a_changed_column_of_an_entry_is_found(redress: Redress, column: str, seq: int) -> None:
    changed = COLUMNS[column] or a_second_later(redress, column)
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
    f"UPDATE cases SET head = {other('head')} WHERE id = 2",
    f"UPDATE cases SET token = {other('token')} WHERE id = 2",
    "UPDATE cases SET id = 40 WHERE id = 2",
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
    "UPDATE deadlines SET missed = NOT missed WHERE case_id = 2 AND deadline = 'lodge_appeal'",
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


@pytest.mark.parametrize("seq", range(1, LAST + 1))
def test_a_forged_entry_with_a_hash_of_its_own_is_found_by_the_next(redress: Redress, seq: int) -> None:
    facts = '{"sections":"I"}'
    forged = rehashed(redress, 2, seq, facts=facts)
    tamper(redress, f"UPDATE log SET facts = '{facts}', hash = '{forged}' WHERE case_id = 2 AND seq = {seq}")
    found = fault(redress)
    assert (found["case"], found["seq"]) == ("H-2", min(seq + 1, LAST))


def test_an_entry_with_a_true_hash_and_a_content_that_is_none_is_found(redress: Redress) -> None:
    forged = rehashed(redress, 3, 1, facts="not JSON")
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
        "UPDATE log SET case_id = 3 WHERE case_id = 2 AND seq = 6",
        "DELETE FROM log WHERE case_id = 2 AND seq = 6",
        "DELETE FROM log",
    ],
)
def test_the_database_itself_refuses_to_change_the_log(redress: Redress, statement: str) -> None:
    before = redress.contents()
    with pytest.raises(REFUSED_BY_DATABASE, match="append-only"):
        redress.behind_its_back(statement)
    assert redress.contents() == before
    assert redress.is_intact()
