"""Every worked example of the statutory timetable, through a whole case and through `calculate --jsonl`."""

import json
from typing import Any, NamedTuple

import pytest

from tests.acceptance.command import Redress, run_here


class Example(NamedTuple):
    """Letter sent, certificate issued -> the law's last day to appeal, its instant, and the last day of reg 33."""

    sent: str
    certificate: str | None
    due_on: str
    offset: str
    contact_by: str

    @property
    def fires_at(self) -> str:
        return f"{self.due_on}T17:00:00{self.offset}"


GMT, BST = "+00:00", "+01:00"
WINDOWS = (
    Example("2026-06-20", None, "2026-09-01", BST, "2026-08-20"),  # 20 Aug is in August
    Example("2026-06-20", "2026-07-10", "2026-09-01", BST, "2026-08-20"),  # 2 months is the later
    Example("2026-06-30", "2026-08-20", "2026-09-21", BST, "2026-08-30"),  # 20 Sep is a Sunday
    Example("2025-10-01", "2025-11-29", "2026-01-02", GMT, "2025-12-01"),  # 29 Dec is in 25 Dec - 1 Jan
    Example("2026-10-31", None, "2027-01-04", GMT, "2026-12-31"),  # then Fri 1 Jan, Sat, Sun
    Example("2026-12-31", None, "2027-03-01", GMT, "2027-02-28"),  # 28 Feb is a Sunday
    Example("2027-12-31", None, "2028-02-29", GMT, "2028-02-29"),  # leap year
    Example("2027-05-31", None, "2027-08-02", BST, "2027-07-31"),  # 31 Jul is a Saturday: August is not reached
    Example("2026-02-03", None, "2026-04-07", BST, "2026-04-03"),  # Good Friday, Easter Monday
    Example("2026-04-30", "2026-06-30", "2026-07-30", BST, "2026-06-30"),  # not August
    Example("2026-04-30", "2026-07-01", "2026-09-01", BST, "2026-06-30"),  # one day later: 1 Aug
    Example("2026-01-02", None, "2026-03-02", GMT, "2026-03-02"),  # "60 days" would say 3 Mar
)
ORDER = {"order_made_on": "2026-07-24"}  # a Friday; nothing stretches the council's weeks
# What else the timetable's examples say: what is recorded, which deadline, the day and the instant.
OTHERS = (
    ({"appeal_received_on": "2026-07-20"}, "respond_to_appeal", "2026-09-29", "2026-09-29T17:00:00+01:00"),
    ({"appeal_received_on": "2026-12-01"}, "respond_to_appeal", "2027-01-20", "2027-01-20T17:00:00+00:00"),
    (
        {"decision": "assessment_refused", "requested_on": "2026-06-15"},
        "notify_assessment_refusal", "2026-07-27", "2026-07-28T00:00:00+01:00",
    ),
    (
        {"decision": "plan_refused", "requested_on": "2026-06-15"},
        "notify_plan_refusal", "2026-10-05", "2026-10-06T00:00:00+01:00",
    ),
    (
        {"decision": "plan_issued", "requested_on": "2026-06-15"},
        "finalise_plan", "2026-11-02", "2026-11-03T00:00:00+00:00",
    ),
    (
        {"decision": "plan_issued", "draft_plan_served_on": "2026-06-05"},
        "draft_plan_comments", "2026-06-19", "2026-06-20T00:00:00+01:00",
    ),
    ({"mediation_declined_on": "2026-12-23"}, "certificate_after_decline", "2026-12-30", "2026-12-31T00:00:00+00:00"),
    ({"kind": "assess", **ORDER}, "order_assess_notify", "2026-08-07", "2026-08-08T00:00:00+01:00"),
    ({"kind": "amend_plan", **ORDER}, "order_amend_plan", "2026-08-28", "2026-08-29T00:00:00+01:00"),
    ({"kind": "assess", **ORDER}, "order_assess_no_plan", "2026-10-02", "2026-10-03T00:00:00+01:00"),
    ({"kind": "make_plan", **ORDER}, "order_make_plan_final", "2026-10-09", "2026-10-10T00:00:00+01:00"),
    ({"kind": "assess", **ORDER}, "order_assess_plan", "2026-10-30", "2026-10-31T00:00:00+00:00"),
)  # fmt: skip

# The same through whole cases: what was done, on which day, until the deadline runs.
DRAFTED = "open H-1 --decision plan_issued --requested 2026-03-02 --fact draft_plan_served_on=2026-06-05"
LODGED = """
    open H-1 --decision plan_refused --decided {decided}
    advance H-1 send_letter --on {decided} --fact letter_method=email
    advance H-1 advise_mediation --on {decided}
    advance H-1 issue_certificate --on {decided}
    advance H-1 lodge_appeal --on {lodged}
"""
LODGED_IN_JULY = LODGED.format(decided="2026-05-29", lodged="2026-07-17")
CASES = (
    ("2026-06-15", "open H-1 --decision assessment_refused --requested 2026-06-15", "notify_assessment_refusal"),
    ("2026-06-15", "open H-1 --decision plan_refused --requested 2026-06-15", "notify_plan_refusal"),
    ("2026-06-15", "open H-1 --decision plan_issued --requested 2026-06-15", "finalise_plan"),
    ("2026-06-05", DRAFTED, "draft_plan_comments"),
    (
        "2026-12-23",
        "open H-1 --decision plan_refused --decided 2026-12-01\nadvance H-1 send_letter\nadvance H-1 advise_mediation\n"
        "advance H-1 decline_mediation --on 2026-12-23",
        "certificate_after_decline",
    ),
    ("2026-07-20", f"{LODGED_IN_JULY}\nrecord H-1 appeal_received_on=2026-07-20", "respond_to_appeal"),
    (
        "2026-12-01",
        f"{LODGED.format(decided='2026-10-29', lodged='2026-11-27')}\nrecord H-1 appeal_received_on=2026-12-01",
        "respond_to_appeal",
    ),
    *(
        ("2026-07-24", f"{LODGED_IN_JULY}\nadvance H-1 make_order --on 2026-07-24 --fact kind={kind}", deadline)
        for kind, deadline in (
            ("assess", "order_assess_notify"),
            ("amend_plan", "order_amend_plan"),
            ("assess", "order_assess_no_plan"),
            ("make_plan", "order_make_plan_final"),
            ("assess", "order_assess_plan"),
        )
    ),
)


def calculate(line: dict[str, Any]) -> dict[str, dict[str, Any]]:
    answer = run_here(["calculate", "--jsonl"], json.dumps(line) + "\n")
    assert (answer.code, answer.err) == (0, "")
    (found,) = answer.lines
    assert "error" not in found, found
    return dict(found)


@pytest.mark.parametrize("example", WINDOWS, ids=str)
@pytest.mark.parametrize("basis", ["sent", "received", None])
def test_the_window_by_calculate(example: Example, basis: str | None) -> None:
    found = calculate({
        "decision": "assessment_refused", "letter_sent_on": example.sent, "letter_method": "email",
        "certificate_issued_on": example.certificate, "window_basis": basis or "received",
    })  # fmt: skip
    assert found["lodge_appeal"]["due_on"] == example.due_on
    assert found["lodge_appeal"]["fires_at"] == example.fires_at
    assert found["contact_adviser"]["due_on"] == example.contact_by


@pytest.mark.parametrize("example", WINDOWS, ids=str)
def test_the_window_by_a_whole_case(redress: Redress, example: Example) -> None:
    redress.at(f"{example.sent}T12:00:00+00:00").live(f"""
        open H-1 --decision assessment_refused --decided {example.sent}
        advance H-1 send_letter --fact letter_method=email
    """)
    if example.certificate:
        redress.live("advance H-1 advise_mediation")
        redress.at(f"{example.certificate}T12:00:00+00:00").live("advance H-1 issue_certificate")
    window = redress.deadline("lodge_appeal")
    assert (window["due_on"], window["fires_at"], window["status"]) == (example.due_on, example.fires_at, "armed")
    assert redress.dates()["contact_adviser"] == example.contact_by
    state = redress.state()
    redress.at(f"{example.due_on}T16:59:59{example.offset}")
    assert ("H-1", "lodge_appeal", "expire_appeal") not in redress.sweep()
    assert redress.state() == state
    redress.at(example.fires_at)
    assert redress.sweep() == [("H-1", "lodge_appeal", "expire_appeal")]
    assert (redress.state(), redress.deadline("lodge_appeal")["status"]) == ("appeal_expired", "missed")
    assert redress.sweep() == []
    assert redress.story().count("expire_appeal") == 1


@pytest.mark.parametrize(("facts", "deadline", "due_on", "fires_at"), OTHERS)
def test_the_others_by_calculate(facts: dict[str, str], deadline: str, due_on: str, fires_at: str) -> None:
    found = calculate(facts)[deadline]
    assert (found["due_on"], found["fires_at"]) == (due_on, fires_at)


@pytest.mark.parametrize(("today", "story", "deadline"), CASES)
def test_the_others_by_a_whole_case(redress: Redress, today: str, story: str, deadline: str) -> None:
    redress.at(f"{today}T12:00:00+00:00").live(story)
    expected = {(name, due_on, fires_at) for _, name, due_on, fires_at in OTHERS if name == deadline}
    found = redress.deadline(deadline)
    assert (found["id"], found["due_on"], found["fires_at"]) in expected
    assert found["status"] == "armed"


def test_the_two_responses_differ_by_the_day_of_receipt(redress: Redress) -> None:
    redress.at("2026-12-01T12:00:00+00:00").live(LODGED.format(decided="2026-10-29", lodged="2026-11-27"))
    redress.live("record H-1 appeal_received_on=2026-12-01")
    assert redress.dates()["respond_to_appeal"] == "2027-01-20"
    redress.live("correct H-1 appeal_received_on=2026-11-30 --reason misread")
    assert redress.dates()["respond_to_appeal"] == "2027-01-19"
