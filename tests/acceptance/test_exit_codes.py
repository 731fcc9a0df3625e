"""The exit codes of the contract, each by the command as a process of its own, with where each thing is said."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from importlib.metadata import version
from pathlib import Path

import pytest

from persistence.schema import SCHEMA
from states.definition import WORKFLOW
from tests.acceptance.command import Answer, Redress, run_process

STORY = """
    @ 2026-02-24T09:30:00+00:00
    open H-1 --decision assessment_refused --decided 2026-02-20
    advance H-1 send_letter --on 2026-02-23 --fact letter_method=email
"""


@pytest.fixture
def sent(after: Callable[[str], Redress]) -> Redress:
    return after(STORY)


# These are about a file, about words, or about a connection that is not there.
on_a_file = pytest.mark.parametrize("backend", ["sqlite"])


def is_one_sentence(answer: Answer) -> bool:
    """Nothing on standard output, one line on standard error, no traceback."""
    return (
        answer.out == ""
        and answer.err.startswith("redress: ")
        and answer.err[:-1].isprintable()
        and len(answer.err) > 30
    )


def test_0_done(sent: Redress) -> None:
    answer = sent.run("show H-1 --json", process=True)
    assert (answer.code, answer.err) == (0, "")
    assert answer.document["state"] == "letter_sent"


def test_it_says_which_version_it_is_and_makes_no_database(tmp_path: Path) -> None:
    for words in (["--version"], ["show", "H-1", "--version"]):
        answer = run_process(words, cwd=tmp_path)
        assert (answer.code, answer.err) == (0, "")
        assert answer.out == f"redress {version('redress')} (workflow {WORKFLOW}, schema {SCHEMA})\n"
    for words in (["--version", "--json"], ["--json", "--version"], ["show", "H-1", "--version", "--json"]):
        answer = run_process(words, cwd=tmp_path)
        assert (answer.code, answer.err) == (0, "")
        assert answer.document == {"redress": version("redress"), "workflow": WORKFLOW, "schema": SCHEMA}
    assert not list(tmp_path.rglob("*.db"))


@pytest.mark.parametrize(
    ("code", "command", "fragment"),
    [
        (2, "frobnicate H-1", "frobnicate"),
        (3, "advance H-1 lodge_appeal", "certificate"),
        (4, "show H-99", "H-99"),
        (5, "advance H-1 advise_mediation --if-version 1", "redress show H-1"),
    ],
)
def test_a_refusal_is_one_sentence_with_its_code(sent: Redress, code: int, command: str, fragment: str) -> None:
    before = sent.contents()
    answer = sent.run(command, process=True)
    assert answer.code == code
    assert is_one_sentence(answer)
    assert fragment in answer.err
    assert sent.contents() == before


def test_6_the_log_is_not_intact(sent: Redress) -> None:
    sent.behind_its_back("UPDATE cases SET state = 'closed'")
    answer = sent.run("audit verify", process=True)
    assert answer.code == 6
    assert is_one_sentence(answer)
    assert "H-1" in answer.err


def test_6_with_json_names_the_first_fault(sent: Redress) -> None:
    sent.behind_its_back("UPDATE cases SET state = 'closed'")
    answer = sent.run("audit verify --json", process=True)
    assert answer.code == 6
    assert answer.document["intact"] is False
    assert answer.document["first_fault"].keys() == {"case", "seq", "what"}
    assert answer.document["first_fault"]["case"] == "H-1"


def _missing(path: Path) -> None:
    path.unlink()


def _not_a_database(path: Path) -> None:
    path.write_text("This is a letter, and no database. " * 40)


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _somebody_elses(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE cases (id INTEGER)")
        connection.commit()


def _newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()


def _older(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0000'")
        connection.commit()


@on_a_file
@pytest.mark.parametrize("spoil", [_missing, _not_a_database, _empty, _somebody_elses, _newer, _older])
@pytest.mark.parametrize(
    "command", ["show H-1", "open H-2 --decision plan_refused --decided 2026-02-20", "daemon --once", "audit verify"]
)
def test_7_the_database_cannot_be_used(sent: Redress, spoil: Callable[[Path], None], command: str) -> None:
    spoil(sent.path)
    before = sent.path.read_bytes() if sent.path.exists() else None
    answer = sent.run(command)
    assert answer.code == 7
    assert is_one_sentence(answer)
    assert (sent.path.read_bytes() if sent.path.exists() else None) == before


@on_a_file
@pytest.mark.parametrize("spoil", [_not_a_database, _newer])
def test_7_init_leaves_alone_what_it_cannot_upgrade(sent: Redress, spoil: Callable[[Path], None]) -> None:
    spoil(sent.path)
    before = sent.path.read_bytes()
    answer = sent.run("init")
    assert answer.code == 7
    assert is_one_sentence(answer)
    assert sent.path.read_bytes() == before


def test_7_by_the_process(tmp_path: Path) -> None:
    answer = run_process(["--database", f"sqlite:///{tmp_path / 'none.db'}", "show", "H-1"])
    assert answer.code == 7
    assert is_one_sentence(answer)
    assert "redress init" in answer.err


def test_7_init_where_no_file_can_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    answer = Redress(tmp_path / "file" / "redress.db").run("init")
    assert answer.code == 7, answer
    assert is_one_sentence(answer)


def test_7_a_postgresql_that_does_not_answer() -> None:
    answer = run_process(["--database", "postgresql://nobody@127.0.0.1:1/redress", "show", "H-1"])
    assert answer.code == 7, answer
    assert is_one_sentence(answer)


def test_7_with_json_the_doctor_prints_its_document_of_a_server_that_does_not_answer() -> None:
    answer = run_process(["--database", "postgresql://nobody@127.0.0.1:1/redress", "doctor", "--json"])
    assert (answer.code, answer.document["ok"]) == (7, False)


@pytest.mark.parametrize("url", ["redress.db", "mysql://localhost/redress", "sqlite://", "sqlite:///:memory:", "//"])
def test_2_a_url_of_no_database_that_redress_can_use(url: str) -> None:
    answer = run_process(["--database", url, "worklist"])
    assert answer.code == 2
    assert is_one_sentence(answer)
    assert "sqlite:///" in answer.err


def test_a_password_in_the_url_is_never_shown() -> None:
    answer = run_process(["--database", "postgresql://clerk:hunter2@127.0.0.1:1/redress", "show", "H-1"])
    assert answer.code != 0
    assert "hunter2" not in answer.out + answer.err


@on_a_file
@pytest.mark.parametrize(
    "command",
    [
        "show",
        "show H-1 H-2",
        "open H-2",
        "open H-2 --decision plan_refused",
        "open H-2 --decision frob --decided 2026-02-20",
        "open H-2 --decision plan_refused --decided 20.2.2026",
        "open H-2 --decision plan_refused --decided 2026-02-30",
        "open H-2 --decision plan_refused --decided 2026-02-20 --party uncle",
        "advance H-1",
        "advance H-1 frob",
        "advance H-1 advise_mediation --on yesterday",
        "advance H-1 advise_mediation --if-version two",
        "advance H-1 expire",
        "advance H-1 open",
        "advance H-1 miss_duty",
        "record H-1",
        "record H-1 letter_received_on",
        "correct H-1 letter_method=post",
        "correct H-1 letter_method=post --reason ''",
        "correct H-1 letter_method=post --reason '  '",
        "explain H-1 frob",
        "worklist --within -1",
        "worklist --within 99999999999",
        "worklist --state frob",
        "daemon --twice",
        "audit frob",
        "init --window-basis posted",
        "--as-at noon worklist",
    ],
)
def test_2_wrong_words_change_nothing(sent: Redress, command: str) -> None:
    sent.refuses(command, code=2)


@pytest.mark.parametrize(
    "command",
    [
        "show H-99",
        "next H-99",
        "explain H-99 lodge_appeal",
        "advance H-99 advise_mediation",
        "record H-99 letter_received_on=2026-02-24",
        "correct H-99 letter_method=post --reason misread",
        "audit log H-99",
        "diagram H-99",
        "show h-1",
    ],
)
def test_4_no_such_case(sent: Redress, command: str) -> None:
    sent.refuses(command, "no case", "redress worklist", code=4)


def test_5_the_case_was_changed_meanwhile(sent: Redress) -> None:
    for command in (
        "advance H-1 advise_mediation --if-version 1",
        "record H-1 letter_received_on=2026-02-24 --if-version 3",
        "correct H-1 letter_method=post --reason misread --if-version 1",
    ):
        sent.refuses(command, "H-1", "repeat", code=5)
    sent.does("advance H-1 advise_mediation --if-version 2")


def test_a_debugging_run_shows_its_traceback(sent: Redress) -> None:
    answer = sent.run("--debug advance H-1 lodge_appeal", process=True)
    assert answer.code == 3, "the code is the contract's, as without it"
    assert answer.err.startswith("Traceback")
    assert sent.run("show H-9 --debug").code == 4
