"""Changing a database behind the command's back, past its own guards, and what `audit verify` then says."""

from datetime import date, datetime

from persistence.instants import instant_text
from persistence.log import chain_hash
from tests.acceptance.command import Redress
from tests.backends import is_sqlite

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
# How somebody with the database's own rights gets past its guards.
PAST_THE_GUARDS = {
    "sqlite": ("DROP TRIGGER log_refuses_update", "DROP TRIGGER log_refuses_delete", "PRAGMA foreign_keys = OFF"),
    "postgresql": ("SET session_replication_role = replica",),
}


def other(text: str) -> str:
    """SQL for a text that differs from this one in its first letter."""
    return f"CASE WHEN substr({text}, 1, 1) = '0' THEN '1' ELSE '0' END || substr({text}, 2)"


def kind(redress: Redress) -> str:
    return "sqlite" if is_sqlite(redress.url) else "postgresql"


def a_second_later(redress: Redress, column: str) -> str:
    """SQL for an instant moved by one second."""
    return f"replace({column}, ':00.0', ':01.0')" if is_sqlite(redress.url) else f"{column} + interval '1 second'"


def tamper(redress: Redress, *statements: str) -> None:
    """Change the database directly, its own guards taken away first; the change must be one."""
    before = redress.contents()
    redress.behind_its_back(*PAST_THE_GUARDS[kind(redress)], *statements)
    assert redress.contents() != before, "nothing was tampered with"


def fault(redress: Redress) -> dict[str, object]:
    """The first fault that `audit verify` names; both forms of it must exit with 6."""
    spoken = redress.run("audit verify")
    assert (spoken.code, spoken.out) == (6, ""), spoken
    answer = redress.run("audit verify --json")
    assert answer.code == 6
    assert answer.document["intact"] is False
    found: dict[str, object] = answer.document["first_fault"]
    assert str(found["case"] or "The record is not intact") in spoken.err
    assert found["what"]
    return found


CONTENT = (
    "token, seq, trigger, source, dest, happened_on, recorded_at, actor, note, facts, deadlines, deadline, "
    "late_seconds, definition, previous"
)


def rehashed(redress: Redress, case_id: int, seq: int, **changed: object) -> str:
    """The hash that an entry would have if it said something else: what somebody forges who knows how it is made."""
    (row,) = redress.rows(f"SELECT {CONTENT} FROM log WHERE case_id = {case_id} AND seq = {seq}")
    content = {**dict(zip(CONTENT.split(", "), row, strict=True)), **changed}
    return chain_hash(*map(as_hashed, content.values()))


def as_hashed(value: object) -> object:
    if isinstance(value, datetime):
        return instant_text(value)
    return value.isoformat() if isinstance(value, date) else value


def moved_to(redress: Redress, case_id: int, seq: int, **changed: object) -> tuple[str, str]:
    """SQL that rewrites the last entry of a case with its hash recomputed, and the case's head to match."""
    forged = rehashed(redress, case_id, seq, **changed)
    said = ", ".join(f"{name} = {quoted(value)}" for name, value in {**changed, "hash": forged}.items())
    return (
        f"UPDATE log SET {said} WHERE case_id = {case_id} AND seq = {seq}",
        f"UPDATE cases SET head = '{forged}' WHERE id = {case_id}",
    )


def quoted(value: object) -> str:
    """A value as SQL writes it."""
    return (
        str(value) if isinstance(value, int) else "NULL" if value is None else "'" + str(value).replace("'", "''") + "'"
    )


def past_the_guards(redress: Redress, *statements: str) -> None:
    """Change the database directly, the log's own guards taken away first."""
    redress.behind_its_back(*PAST_THE_GUARDS[kind(redress)], *statements)


def unguarded(redress: Redress, table: str) -> list[str]:
    """SQL that takes another table's guards away, where `past_the_guards` does not."""
    return [f"DROP TRIGGER {table}_refuse_{what}" for what in ("update", "delete")] if is_sqlite(redress.url) else []
