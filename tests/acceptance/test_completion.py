"""What the shell offers at its Tab key, asked as bash asks it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.acceptance.command import Redress, run_process

STORY = """
    @ 2026-02-24T09:00:00+00:00
    open H-1 --decision plan_refused --decided 2026-02-20
    open H-2 --decision plan_refused --decided 2026-02-20
    open K_1 --decision plan_refused --decided 2026-02-20
"""


def offered(line: str, url: str | None, cwd: Path) -> list[str]:
    """What is offered for the last word of a line."""
    environment = {
        "_REDRESS_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(len(line.split(" ")) - 1),
    }  # fmt: skip
    answer = run_process([], cwd=cwd, environment=environment | ({"REDRESS_DATABASE_URL": url} if url else {}))
    assert answer.err == ""
    return answer.out.split()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("redress show H", ["H-1", "H-2"]),
        ("redress advance K_", ["K_1"]),
        ("redress advance H-1 issue", ["issue_certificate"]),
        ("redress advance H-1 hol", []),
        ("redress explain H-1 lodge", ["lodge_appeal"]),
        ("redress worklist --state mediation-req", ["mediation-requested"]),
        ("redress open H-3 --decision assessment", ["assessment_refused"]),
    ],
)
def test_the_tab_key_offers_what_there_is(
    after: Callable[[str], Redress], tmp_path: Path, line: str, words: list[str]
) -> None:
    assert offered(line, after(STORY).url, tmp_path) == words


@pytest.mark.parametrize("backend", ["sqlite"])
def test_without_a_database_no_case_is_offered_and_none_is_made(backend: str, tmp_path: Path) -> None:
    assert offered("redress show H", None, tmp_path) == []
    assert not (tmp_path / "var").exists()
