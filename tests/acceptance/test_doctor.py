"""What the doctor says of the door of a SQLite file (who else can write it, or replace it), and of what is damaged."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.acceptance.command import Redress
from tests.acceptance.tampering import STORY
from tests.backends import path_of

pytestmark = pytest.mark.parametrize("backend", ["sqlite"])


@pytest.mark.parametrize(
    ("file", "folder", "said"),
    [
        (0o600, 0o700, []),
        (0o644, 0o755, []),
        (0o606, 0o1777, [("file", "every user of this machine: chmod o-w")]),
        (0o660, 0o700, [("file", "its group")]),
        (0o600, 0o707, [("folder", "every user of this machine: chmod o-w")]),
        (0o600, 0o770, [("folder", "its group")]),
        (
            0o666,
            0o777,
            [("file", "every user"), ("file", "its group"), ("folder", "every user"), ("folder", "its group")],
        ),
    ],
)
def test_who_else_can_write_the_file_or_its_folder(
    redress: Redress, file: int, folder: int, said: list[tuple[str, str]]
) -> None:
    path = path_of(redress.url)
    path.chmod(file)
    path.parent.chmod(folder)
    checks = redress.does("doctor --json").document["checks"]
    found = [(each["name"], each["says"]) for each in checks if each["name"] in ("file", "folder")]
    assert [name for name, _ in found] == [name for name, _ in said]
    assert all(words in says for (_, words), (_, says) in zip(said, found, strict=True)), found


DAMAGED = (
    "UPDATE deadlines SET due_on = 'x' WHERE case_id = 2 AND deadline = 'contact_adviser'",
    "UPDATE deadlines SET due_on = '' WHERE case_id = 2 AND deadline = 'contact_adviser'",
    "UPDATE deadlines SET fires_at = 'x' WHERE case_id = 2 AND deadline = 'contact_adviser'",
    "UPDATE deadlines SET due_on = x'00' WHERE case_id = 2 AND deadline = 'contact_adviser'",
)


@pytest.mark.parametrize("statement", DAMAGED)
def test_a_day_or_an_instant_that_is_none_is_damage_and_the_doctor_goes_on(
    after: Callable[[str], Redress], statement: str
) -> None:
    redress = after(STORY)
    redress.behind_its_back(statement)
    document = redress.does("doctor --json").document
    assert document["ok"] is False
    (said,) = [check["says"] for check in document["checks"] if check["name"] == "record"]
    assert "redress audit verify" in said
    assert {"schema", "clock", "holidays", "daemon"} <= {check["name"] for check in document["checks"]}
    for command in ("show H-2", "rules migrate", "holidays --add 2026-06-03"):
        redress.refuses(command, "redress audit verify", code=6)
    assert redress.run("audit verify").code == 6
    redress.does("show H-1")


def test_what_meets_a_damaged_day_says_so(after: Callable[[str], Redress]) -> None:
    redress = after("""
        @ 2026-02-24T09:00:00+00:00
        open H-1 --decision plan_refused --decided 2026-02-20
        advance H-1 send_letter --on 2026-02-23 --fact letter_method=email
    """)
    redress.behind_its_back("UPDATE deadlines SET due_on = 'x' WHERE deadline = 'lodge_appeal'")
    for command in ("calendar", "rules migrate"):
        redress.refuses(command, "redress audit verify", code=6)
    assert "H-1 is left out: the database holds 'x'" in redress.does("worklist").err


def test_a_set_aside_case_whose_instant_is_none_is_said(after: Callable[[str], Redress]) -> None:
    redress = after(STORY)
    redress.behind_its_back("INSERT INTO set_aside VALUES (1, 'lodge_appeal', 'why', 'x', '2026.3')")
    checks = redress.does("doctor --json").document["checks"]
    assert any(check["name"] == "record" and not check["ok"] for check in checks)
    assert "redress audit verify" in redress.does("worklist").err


@pytest.mark.parametrize("column", ["send_on", "try_at"])
def test_a_reminder_whose_day_never_comes_is_said(after: Callable[[str], Redress], column: str) -> None:
    redress = after("""
        @ 2026-02-24T09:00:00+00:00
        policy --set reminders=lodge_appeal:14
        open H-1 --decision plan_refused --decided 2026-02-20
        advance H-1 send_letter --on 2026-02-23 --fact letter_method=email
    """)
    assert not any(check["name"] == "record" for check in redress.does("doctor --json").document["checks"])
    redress.behind_its_back(f"UPDATE reminders SET {column} = 'x'")
    assert any(check["name"] == "record" for check in redress.does("doctor --json").document["checks"])


def _gone(path: Path) -> None:
    path.unlink()


def _no_database(path: Path) -> None:
    path.write_text("This is a letter, and no database. " * 40)


def _older(path: Path) -> None:
    Redress(path).behind_its_back("UPDATE alembic_version SET version_num = '0002'")


@pytest.mark.parametrize("spoil", [_gone, _no_database, _older])
def test_of_a_database_that_cannot_be_used_the_doctor_prints_its_document_too(
    redress: Redress, spoil: Callable[[Path], None]
) -> None:
    spoil(redress.path)
    answer = redress.run("doctor --json")
    assert answer.code == 7
    (check,) = answer.document["checks"]
    assert (answer.document["ok"], check["name"], check["ok"]) == (False, "database", False)
    assert check["says"] in answer.err
    spoken = redress.run("doctor")
    assert (spoken.code, spoken.out) == (7, "")
