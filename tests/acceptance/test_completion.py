"""What the shell offers at its Tab key, asked as bash asks it."""

import re
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
    """What is offered for the last word of a line, which bash hands over broken at each "="."""
    words = [part for word in line.split(" ") for part in re.split("(=)", word) if part or not word]
    environment = {
        "_REDRESS_COMPLETE": "complete_bash", "COMP_WORDS": "\n".join(words), "COMP_CWORD": str(len(words) - 1),
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
        ("redress worklist --state un", []),
        ("redress open H-3 --decision assessment", ["assessment_refused"]),
        ("redress open H-3 --fact letter_me", ["letter_method="]),
        ("redress advance H-1 e", ["end_disagreement_resolution"]),
        (
            "redress advance H-1 conclude_mediation --fact ",
            [
                "outcome=",
                "agreement_kind=",
                "agreed_issues=",
                "other_issues_agreed=",
                "remaining_issues=",
            ],
        ),
        ("redress advance H-1 send-letter --fact letter_m", ["letter_method="]),
        ("redress advance H-1 send-letter --fact letter-m", ["letter-method="]),
        (
            "redress advance H-1 send_letter --fact letter_method=p",
            [
                "portal",
                "post",
                "post_second_class",
            ],
        ),
        ("redress advance H-1 withdraw_appeal --fact hear", ["hearing_on="]),
        ("redress record H-1 letter_", ["letter_dated_on=", "letter_method=", "letter_sha256=", "letter_received_on="]),
        ("redress correct H-1 letter_s", ["letter_sent_on=", "letter_sha256="]),
        ("redress record H-1 party=", ["parent", "young_person"]),
        ("redress record H-1 plan-to-be-made=t", ["true"]),
        ("redress record H-1 letter_sent_on=2", []),
        ("redress worklist --state=mediation_c", ["mediation_concluded"]),
        ("redress calculate letter_s", ["letter_sent_on=", "letter_sha256="]),
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
