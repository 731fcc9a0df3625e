"""What a command reads from and writes to may be closed, full, narrow, or no text: then too it does what it says."""

import json
import os
import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.acceptance.command import PATIENCE_SECONDS, REPOSITORY, Redress

pytestmark = [
    pytest.mark.parametrize("backend", ["sqlite"]),
    pytest.mark.skipif(os.name != "posix", reason="by a shell's redirections"),
]

NOTE = "é “x” 😀"
STORY = f"""
    @ 2026-02-24T09:30:00+00:00
    open H-1 --decision plan_refused --decided 2026-02-20 --note '{NOTE}'
"""
SEND = "advance H-1 send_letter --on 2026-02-23"


@pytest.fixture
def redress(after: Callable[[str], Redress]) -> Redress:
    return after(STORY)


def by_shell(redress: Redress, command: str, *, given: bytes = b"", **environment: str) -> tuple[int, bytes, bytes]:
    """A command line with a shell's redirections: its exit code, and what came out on both streams."""
    done = subprocess.run(
        ["sh", "-c", f'exec "$PYTHON" -m workflow.main --database "$URL" {command}'],
        input=given,
        capture_output=True,
        check=False,
        timeout=PATIENCE_SECONDS,
        env={
            "PATH": os.environ["PATH"], "PYTHONPATH": str(REPOSITORY), "PYTHON": sys.executable, "URL": redress.url,
            **environment,
        },
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def test_a_closed_standard_output_hears_nothing_and_the_change_is_made(redress: Redress) -> None:
    assert by_shell(redress, f"{SEND} >&-") == (0, b"", b"")
    assert redress.state() == "letter_sent"
    assert redress.is_intact()


def test_all_streams_closed_is_no_fault_and_the_file_stays_whole(redress: Redress) -> None:
    assert by_shell(redress, f"{SEND} --note n <&- >&- 2>&-") == (0, b"", b"")
    assert redress.story() == ["open", "send_letter"]
    assert redress.is_intact()


def test_with_standard_error_closed_no_warning_gets_into_the_answer(redress: Redress) -> None:
    code, out, _ = by_shell(redress, f"{SEND} --note n --json 2>&-")
    assert (code, json.loads(out)["state"]) == (0, "letter_sent")
    assert by_shell(redress, "show H-9 2>&-") == (4, b"", b"")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is full")
@pytest.mark.parametrize("form", ["", "--json"])
def test_an_answer_that_cannot_be_written_is_said_in_one_sentence(redress: Redress, form: str) -> None:
    code, _, err = by_shell(redress, f"{SEND} {form} >/dev/full")
    assert code == 1
    assert err.decode().count("\n") == 1
    assert b"No space left" in err
    assert b"redress show" in err
    assert redress.state() == "letter_sent"
    assert by_shell(redress, "show H-9 2>/dev/full")[0] == 4


@pytest.mark.parametrize("command", ["audit export", "audit log"])
def test_a_reader_who_has_had_enough_is_no_fault(redress: Redress, command: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    words = [sys.executable, "-m", "workflow.main", "--database", redress.url, *command.split()]
    try:
        done = subprocess.run(
            words, stdout=writing, stderr=subprocess.PIPE, cwd=REPOSITORY, check=False, timeout=PATIENCE_SECONDS
        )
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_what_an_output_cannot_hold_is_written_as_an_escape_that_is_still_json(redress: Redress, encoding: str) -> None:
    code, out, err = by_shell(redress, "audit log H-1 --json", PYTHONIOENCODING=encoding)
    assert (code, err) == (0, b"")
    assert json.loads(out.decode(encoding))[0]["note"] == NOTE
    code, out, err = by_shell(redress, "show H-1", PYTHONIOENCODING=encoding)
    assert (code, err) == (0, b"")
    assert "\\ud83d\\ude00" in out.decode(encoding)


def test_standard_input_that_is_closed_or_no_text_is_answered_like_any_other(redress: Redress) -> None:
    assert by_shell(redress, "calculate --jsonl <&-") == (0, b"", b"")
    code, out, err = by_shell(redress, "calculate --jsonl", given=bytes(range(256)) * 8 + b"\xff\xfe\n")
    assert (code, err) == (0, b"")
    assert all("error" in json.loads(line) for line in out.splitlines())


def test_words_that_are_no_text_are_refused_inert(redress: Redress) -> None:
    for command, expected in (
        ("show $(printf '\\377\\376')", 4),
        ("--database $(printf 'sqlite:///\\377.db') doctor", 2),
    ):
        code, out, err = by_shell(redress, command)
        assert (code, out) == (expected, b"")
        assert err.decode("ascii")[:-1].isprintable()
