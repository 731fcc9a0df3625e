"""Undoing a slip: reversed by an entry of its own, by who made it or a manager, soon after it, and nothing deleted."""

from collections.abc import Callable

import pytest

from tests.acceptance.command import Redress

ON_SQLITE = pytest.mark.parametrize("backend", ["sqlite"])
STORY = """
    @ 2026-02-24T09:00:00+00:00
    open H-1 --decision plan_refused --decided 2026-02-20
    advance H-1 send_letter --on 2026-02-20 --fact letter_method=email
"""
CERTIFIED = """
    @ 2026-02-24T09:00:00+00:00
    open H-1 --decision plan_refused --decided 2026-02-20
    advance H-1 send_letter --on 2026-02-20 --fact letter_method=email
    advance H-1 advise_mediation --on 2026-02-23
    advance H-1 decline_mediation --on 2026-02-23
    advance H-1 issue_certificate --on 2026-02-24
"""


def test_a_slip_is_undone_and_the_log_shows_both(after: Callable[[str], Redress]) -> None:
    redress = after(STORY)
    before = redress.case()
    redress.does("advance H-1 advise_mediation --on 2026-02-23")
    redress.at("2026-02-24T09:05:00+00:00").does("undo H-1 --note 'it was H-2'")
    after_it = redress.case()
    for part in ("state", "facts", "next", "waiting_for_certificate"):
        assert after_it[part] == before[part]
    armed = [(d["id"], d["status"], d["due_on"], d["fires_at"]) for d in after_it["deadlines"]]
    assert armed == [(d["id"], d["status"], d["due_on"], d["fires_at"]) for d in before["deadlines"]]
    slip, undone = redress.log()[-2:]
    assert (slip["trigger"], slip["dest"]) == ("advise_mediation", "mediation_advised")
    assert (undone["trigger"], undone["source"], undone["dest"]) == ("undo", "mediation_advised", "letter_sent")
    assert (undone["facts"], undone["note"]) == ({"adviser_contacted_on": None}, "it was H-2")
    assert redress.is_intact()
    redress.does("advance H-1 advise_mediation --on 2026-02-24")
    assert redress.case()["facts"]["adviser_contacted_on"] == "2026-02-24"


def test_a_person_reads_that_the_entry_before_was_undone(after: Callable[[str], Redress]) -> None:
    redress = after(STORY)
    redress.does("record H-1 letter_received_on=2026-02-21")
    said = redress.does("undo H-1").out
    assert said.startswith("H-1  undo: still letter_sent (version 4)")
    assert "Undone: the entry before (letter_received_on taken back)" in redress.does("show H-1").out
    told = redress.does("audit log H-1 --trigger undo").out
    assert "#4  A slip is undone: the entry before (undo): stays letter_sent" in told
    assert "letter_received_on" in told


def test_a_correction_is_undone_to_what_was_recorded(after: Callable[[str], Redress]) -> None:
    redress = after(STORY)
    redress.does("correct H-1 letter_sent_on=2026-02-23 --reason typo")
    assert redress.deadline("lodge_appeal")["due_on"] == "2026-04-23"
    redress.does("undo H-1")
    assert redress.deadline("lodge_appeal")["due_on"] == "2026-04-20"
    assert redress.log()[-1]["facts"] == {"letter_sent_on": "2026-02-20"}
    redress.does("correct H-1 letter_sent_on=2026-02-24 --reason 'the post book'")
    assert redress.deadline("lodge_appeal")["due_on"] == "2026-04-24"


def test_a_later_correction_reads_the_history_without_what_was_undone(after: Callable[[str], Redress]) -> None:
    redress = after(CERTIFIED)
    redress.does("undo H-1")
    redress.does("advance H-1 issue_certificate --on 2026-02-23")
    redress.does("correct H-1 letter_sent_on=2026-02-21 --reason 'the post book'")
    assert redress.state() == "certificate_issued"
    assert redress.is_intact()


def test_an_appeal_entered_on_the_wrong_case_gives_its_window_back(after: Callable[[str], Redress]) -> None:
    redress = after(CERTIFIED)
    was = redress.deadline("lodge_appeal")
    redress.does("advance H-1 lodge_appeal --on 2026-02-24")
    assert redress.deadline("lodge_appeal")["status"] == "met"
    redress.does("undo H-1")
    assert (redress.state(), redress.deadline("lodge_appeal")) == ("certificate_issued", was)
    redress.at("2026-04-20T17:00:00+01:00")
    assert redress.sweep() == [("H-1", "lodge_appeal", "expire_appeal")]


def test_undone_when_the_window_is_past_the_case_expires_at_once(after: Callable[[str], Redress]) -> None:
    redress = after(CERTIFIED)
    redress.at("2026-04-20T16:30:00+01:00").does("advance H-1 lodge_appeal --on 2026-04-20")
    redress.at("2026-04-20T17:30:00+01:00").does("undo H-1")
    assert redress.state() == "appeal_expired"
    assert redress.story()[-2:] == ["undo", "expire_appeal"]
    assert redress.sweep() == []
    redress.refuses("undo H-1", "was made by the clock")


def test_back_to_its_expiry_and_no_second_firing(after: Callable[[str], Redress]) -> None:
    redress = after(STORY)
    redress.at("2026-05-01T09:00:00+01:00").sweep()
    assert redress.state() == "appeal_expired"
    redress.does("advance H-1 advise_mediation --on 2026-03-02")
    assert redress.state() == "mediation_advised"
    redress.does("undo H-1")
    assert (redress.state(), redress.deadline("lodge_appeal")["status"]) == ("appeal_expired", "missed")
    assert redress.sweep() == []


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("", "an opening is not undone"),
        ("hold H-1 --for inquiry", "redress release REF"),
        ("hold H-1 --for inquiry; release H-1", "redress hold REF"),
        ("advance H-1 send_letter; undo H-1", "undid a slip itself"),
    ],
)
def test_what_is_no_slip_is_not_undone(after: Callable[[str], Redress], command: str, said: str) -> None:
    redress = after("@ 2026-02-24T09:00:00+00:00\nopen H-1 --decision plan_refused --decided 2026-02-20")
    for each in filter(None, command.split("; ")):
        redress.does(each)
    redress.refuses("undo H-1", "undo is refused in the state", said)


def test_only_soon_after_it(after: Callable[[str], Redress]) -> None:
    redress = after(STORY)
    redress.at("2026-02-25T08:59:59+00:00").does("undo H-1")
    redress.does("advance H-1 send_letter --on 2026-02-20")
    redress.at("2026-02-26T08:59:59+00:00").refuses("undo H-1", "within 24 hours of recording", "redress correct")
    redress.does("policy --set undo-hours=48")
    redress.does("undo H-1")
    redress.does("advance H-1 send_letter --on 2026-02-20")
    redress.does("policy --set undo-hours=0")
    redress.refuses("undo H-1", "the policy lets a slip be undone not at all")
    redress.refuses("policy --set undo-hours=721", "a number of hours from 0 to 720", code=2)


def test_a_refused_undo_is_in_the_record(after: Callable[[str], Redress]) -> None:
    redress = after("@ 2026-02-24T09:00:00+00:00\nopen H-1 --decision plan_refused --decided 2026-02-20")
    redress.refuses("undo H-1", "an opening")
    refused = redress.does("audit log H-1 --refused --json").document[-1]
    assert (refused["trigger"], refused["guard"], refused["refused"]) == ("undo", "is_a_slip", True)


def test_undo_knows_the_version_that_was_seen(after: Callable[[str], Redress]) -> None:
    redress = after(STORY)
    redress.refuses("undo H-1 --if-version 1", "changed by somebody else", code=5)
    redress.does("undo H-1 --if-version 2")
    redress.refuses("undo H-2", "There is no case", code=4)


@ON_SQLITE
def test_by_who_made_it_or_a_manager(after: Callable[[str], Redress]) -> None:
    redress = after(STORY)
    for who, role in (("mia", "manager"), ("cal", "caseworker"), ("bob", "caseworker"), ("aud", "auditor")):
        redress.does(f"roles give {who} {role}" + (" --actor mia" if who != "mia" else ""))
    redress.does("advance H-1 advise_mediation --on 2026-02-23 --actor cal")
    redress.refuses("undo H-1 --actor bob", "is cal's, who may undo it, or a manager")
    redress.refuses("undo H-1 --actor aud", "is for a caseworker, and aud is an auditor")
    redress.does("undo H-1 --actor cal")
    redress.does("advance H-1 advise_mediation --on 2026-02-23 --actor cal")
    redress.does("undo H-1 --actor mia")
    assert redress.log()[-1]["actor"] == "mia"


def test_what_waited_for_a_second_person_is_not_undone_by_one(after: Callable[[str], Redress]) -> None:
    redress = after(STORY)
    redress.does("policy --set second-person=on")
    redress.at("2026-05-01T09:00:00+01:00").sweep()
    redress.does("correct H-1 letter_sent_on=2026-04-01 --reason 'the post book' --actor ann")
    redress.does("confirm H-1 --actor bob")
    assert redress.state() == "letter_sent"
    assert "undo waits for a second person: redress confirm H-1." in redress.does("undo H-1 --actor bob").out
    assert redress.state() == "letter_sent"
    redress.refuses("confirm H-1 --actor bob", "is confirmed by a second person")
    redress.does("confirm H-1 --actor ann")
    assert redress.state() == "appeal_expired"
    assert redress.is_intact()
