"""What SQLite lets anybody put into a row past Redress is said in a sentence, and holds up no other case."""

from collections.abc import Callable

import pytest

from tests.acceptance.asking import looking
from tests.acceptance.command import Redress
from tests.acceptance.tampering import tamper, unguarded

pytestmark = pytest.mark.parametrize("backend", ["sqlite"])

# Three letters of one day; of the case in the middle something is sealed.
STORY = """
    @ 2026-02-24T09:00:00+00:00
    policy --set reminders=lodge_appeal:14
    open H-1 --decision plan_refused --decided 2026-02-20
    advance H-1 send_letter --on 2026-02-23 --fact letter_method=email
    open H-2 --decision plan_refused --decided 2026-02-20 --note 'by the panel'
    advance H-2 send_letter --on 2026-02-23 --fact letter_method=email
    open H-3 --decision plan_refused --decided 2026-02-20
    advance H-3 send_letter --on 2026-02-23 --fact letter_method=email
"""
OF_THE_CASE = (
    *(f"UPDATE cases SET {column} WHERE id = 2"
      for column in ("version = 'x'", "state = 5", "state = x'ff'", "head = x'ff'", "token = x'ff'")),
    *(f"UPDATE facts SET {column} WHERE case_id = 2 AND name = 'letter_sent_on'"
      for column in ("value = 5", "value = x'ff'", "name = x'ff'")),
    *(f"UPDATE log SET {column} WHERE case_id = 2 AND seq = 1"
      for column in ("seq = 'x'", "actor = x'ff'", "dest = 'x'", "facts = x'ff'", "late_seconds = 'x'")),
    *(f"UPDATE deadlines SET {column} WHERE case_id = 2 AND deadline = 'lodge_appeal'"
      for column in ("missed = 'x'", "missed = 2.5", "status = 5", "status = x'ff'", "due_on = 5", "fires_at = x'ff'",
                     "deadline = x'ff'")),
    "UPDATE case_keys SET key = 'x' WHERE case_id = 2",
)  # fmt: skip
ELSEWHERE = (
    *(f"INSERT INTO set_aside VALUES (3, {row})"
      for row in ("'lodge_appeal', 'why', x'ff', 'of old'", "x'ff', 'why', '2026-02-24T09:00:00.000000Z', 'of old'",
                  "'lodge_appeal', x'ff', '2026-02-24T09:00:00.000000Z', 'of old'")),
    *(f"UPDATE reminders SET {column} WHERE case_id = 3"
      for column in ("days_before = 'x'", "attempts = x'ff'", "status = x'ff'", "sent_at = 5", "why = x'ff'")),
    "UPDATE office_log SET at = x'ff' WHERE seq = 1",
)  # fmt: skip
READING = (
    "show H-2", "show H-2 --json", "next H-2 --json", "explain H-2 lodge_appeal", "doctor", "audit log", "reminders",
    "audit log H-2 --json", "audit export", "audit prove H-2", "report --month 2026-02", "report --sen2 2026",
    "calendar", "diagram H-2", "subject-access H-2", "rules migrate", "retain --older-than 90d",
)  # fmt: skip
PAGES = ("/", "/due", "/case?reference=H-2", "/cases?state=letter_sent", "/log", "/dashboard", "/report")
CHANGES = (
    "advance H-2 advise_mediation", "record H-2 certificate_reference=C-88", "undo H-2",
    "correct H-2 letter_sent_on=2026-02-24 --reason misread", "assign H-2 --owner jo", "audit checkpoint",
)  # fmt: skip


def in_a_sentence(redress: Redress, command: str) -> None:
    """Done, or said by one of the contract's codes."""
    answer = redress.run(command)
    assert answer.code in (0, 3, 4, 6, 7), (command, answer)
    assert "fault in Redress" not in answer.err, (command, answer)


@pytest.mark.parametrize("statement", OF_THE_CASE)
def test_a_damaged_case_is_said_and_the_others_go_on(after: Callable[[str], Redress], statement: str) -> None:
    redress = after(STORY)
    tamper(redress, statement)
    for command in READING:
        in_a_sentence(redress, command)
    with looking(redress.url) as browser:
        assert all(browser.ask(page).status < 500 for page in PAGES)
    found = redress.run("audit verify --json")
    assert (found.code, found.document["first_fault"]["case"]) == (6, "H-2")
    assert {"H-1", "H-3"} <= {line["reference"] for line in redress.does("worklist --json").document}
    redress.does("show H-1")
    swept = redress.run("--as-at 2026-04-24T17:00:00+01:00 daemon --once --json")
    assert {"H-1", "H-3"} <= {fired["case"] for fired in swept.document["fired"]}
    for command in CHANGES:
        in_a_sentence(redress, command)


@pytest.mark.parametrize("statement", ELSEWHERE)
def test_a_damaged_row_beside_the_cases_is_said(after: Callable[[str], Redress], statement: str) -> None:
    redress = after(STORY)
    redress.behind_its_back(*(unguarded(redress, "office_log") if "office_log" in statement else ()), statement)
    for command in READING:
        in_a_sentence(redress, command)
    assert "intact" in redress.run("audit verify --json").document
    assert "H-1" in {line["reference"] for line in redress.does("worklist --json").document}
    swept = redress.run("--as-at 2026-04-24T17:00:00+01:00 daemon --once --json")
    assert {"H-1", "H-2"} <= {fired["case"] for fired in swept.document["fired"]}
    for command in CHANGES:
        in_a_sentence(redress, command)
