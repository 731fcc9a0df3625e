"""A SQLite file that may only be read, such as an auditor's copy; and one that another program holds."""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

import persistence.database
from tests.acceptance.command import Redress
from tests.backends import copied

pytestmark = pytest.mark.parametrize("backend", ["sqlite"])

STORY = """
    @ 2026-02-24T09:00:00+00:00
    open H-1 --decision plan_refused --decided 2026-02-20
    advance H-1 send_letter --on 2026-02-23 --fact letter_method=email
"""
READS = (
    "show H-1", "audit verify", "worklist", "report --from 2026-01-01 --to 2026-01-31", "audit log", "doctor",
    "next H-1",
)  # fmt: skip
NOBODY = 65534


@pytest.fixture
def copy(after: Callable[[str], Redress]) -> Iterator[Redress]:
    """A copy in a folder where nobody may write, though any user may look."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        made = Redress(copied(after(STORY).url, Path(folder)))
        for command in READS:
            made.does(command)  # so that all that it imports is there before the rights are given up
        _let_go(made.path)
        made.path.chmod(0o444)
        made.path.parent.chmod(0o555)
        yield made
        made.path.parent.chmod(0o755)


def _let_go(path: Path) -> None:
    """Nothing is left beside the file."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for beside in path.parent.glob(f"{path.name}-*"):
        beside.unlink()


@contextmanager
def somebody_else() -> Iterator[None]:
    """Root may write anywhere: where the tests run as root, do this as nobody."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize("command", READS)
def test_a_copy_that_may_only_be_read_is_read(copy: Redress, command: str) -> None:
    with somebody_else():
        answer = copy.run(command)
    assert (answer.code, answer.err) == (0, ""), answer
    assert [path.name for path in copy.path.parent.iterdir()] == [copy.path.name]


def test_a_copy_that_may_only_be_read_is_not_written(copy: Redress) -> None:
    before = copy.path.read_bytes()
    with somebody_else():
        answer = copy.run("open H-2 --decision plan_refused --decided 2026-02-20")
    assert answer.code == 7
    assert "copy it" in answer.err
    assert copy.path.read_bytes() == before


def test_a_copy_with_changes_left_beside_it_says_what_to_do(copy: Redress) -> None:
    """What was committed may be in the file beside: read without it, the copy would say less than there is."""
    beside = copy.path.parent / f"{copy.path.name}-wal"
    copy.path.parent.chmod(0o755)
    shutil.copy(copy.path, beside)
    beside.chmod(0o444)
    copy.path.parent.chmod(0o555)
    with somebody_else():
        answer = copy.run("show H-1")
    assert answer.code == 7
    assert "to a folder of your own" in answer.err


def test_a_database_that_another_program_holds_says_so(
    after: Callable[[str], Redress], monkeypatch: pytest.MonkeyPatch
) -> None:
    held = after(STORY)
    monkeypatch.setattr(persistence.database, "BUSY_MILLISECONDS", 1)
    with closing(sqlite3.connect(held.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        answer = held.run("open H-2 --decision plan_refused --decided 2026-02-20")
    assert answer.code == 7
    assert "another program holds it" in answer.err
    assert "try again" in answer.err
    held.does("open H-2 --decision plan_refused --decided 2026-02-20")
