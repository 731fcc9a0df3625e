"""Corrections late in a case: the state and the duties follow the truth, and nothing is lost in silence."""

from tests.acceptance.command import Redress

DECIDED = """
    @ 2026-06-22T09:00:00+01:00
    open H-1 --decision plan_issued --decided 2026-06-19
"""
SENT = f"{DECIDED}\nadvance H-1 send_letter --on 2026-06-20 --fact letter_method=email"
ORDERED = f"""{SENT}
    @ 2026-07-24T15:00:00+01:00
    advance H-1 lodge_appeal --on 2026-06-29 --fact sections=I
    advance H-1 make_order --fact kind=name_school
"""


def correct(redress: Redress, fact: str) -> None:
    redress.does(["correct", "H-1", fact, "--reason", "misread"])


def test_a_corrected_decision_takes_the_state_with_it(redress: Redress) -> None:
    redress.live(DECIDED)
    correct(redress, "decision=plan_refused")
    assert (redress.state(), redress.case()["decision"]) == ("plan_refused", "plan_refused")
    redress.live("advance H-1 send_letter")
    correct(redress, "decision=plan_ceased")
    assert (redress.state(), redress.case()["decision"]) == ("letter_sent", "plan_ceased")
    assert redress.is_intact()


def test_a_corrected_kind_of_order_takes_its_duties_with_it(redress: Redress) -> None:
    redress.live(ORDERED)
    correct(redress, "kind=amend_plan")
    assert (redress.state(), redress.dates(running=True)) == ("order_made", {"order_amend_plan": "2026-08-28"})
    correct(redress, "kind=dismiss")
    assert (redress.state(), redress.dates(running=True)) == ("appeal_dismissed", {})
    correct(redress, "kind=cease")
    assert (redress.state(), redress.dates(running=True)) == ("order_made", {"order_cease": "2026-07-24"})
    assert redress.is_intact()


def test_a_duty_of_a_decision_that_was_never_made_was_neither_met_nor_late(redress: Redress) -> None:
    """The letter of 20 June meets the duty of the decision that is recorded, and of no other."""
    redress.at("2026-06-22T09:00:00+01:00").live("""
        open H-1 --decision assessment_refused --requested 2026-03-02 --decided 2026-06-19
        advance H-1 send_letter --on 2026-06-20 --fact letter_method=email
    """)
    late = redress.deadline("notify_assessment_refusal")
    assert (late["status"], late["missed"]) == ("met", True)
    correct(redress, "decision=plan_refused")
    never = redress.deadline("notify_assessment_refusal")
    assert (never["status"], never["missed"], never["ended_on"]) == ("superseded", False, None)
    met = redress.deadline("notify_plan_refusal")
    assert (met["status"], met["missed"]) == ("met", False)
    duties = redress.does("report --from 2026-03-01 --to 2026-06-22 --json").document["duties"]
    assert [(duty["id"], duty["in_time"], duty["late"]) for duty in duties] == [("notify_plan_refusal", 1, 0)]
    assert redress.is_intact()


def test_a_duty_that_ended_and_by_a_correction_never_ran_was_not_missed(redress: Redress) -> None:
    redress.live(f"{SENT}\n@ 2026-07-01T09:00:00+01:00\nadvance H-1 lodge_appeal --on 2026-06-29 --fact sections=I")
    redress.live("advance H-1 concede --fact kind=name_school\n@ 2026-07-24T15:00:00+01:00\ndaemon --once")
    redress.live("advance H-1 make_order --fact kind=amend_plan")
    was = redress.deadline("unopposed_name_school")
    assert (was["status"], was["missed"]) == ("superseded", True)
    correct(redress, "conceded_kind=amend_plan")
    assert redress.deadline("unopposed_name_school")["missed"] is False


def test_what_a_later_step_took_back_stays_as_it_was_whatever_is_corrected(redress: Redress) -> None:
    redress.live(f"""{SENT}
        advance H-1 advise_mediation --on 2026-06-20
        advance H-1 request_mediation --on 2026-06-20
        record H-1 mediation_arranged_on=2026-06-21
        advance H-1 decline_mediation --on 2026-06-22
    """)
    correct(redress, "letter_method=post")
    assert redress.statuses()["arrange_mediation"] == "met"


def test_a_corrected_day_of_the_order_moves_its_duties(redress: Redress) -> None:
    redress.live(ORDERED)
    correct(redress, "order_made_on=2026-07-22")
    assert redress.dates(running=True) == {"order_name_school": "2026-08-05"}


def test_a_kind_corrected_after_the_last_duty_opens_the_case_again(redress: Redress) -> None:
    redress.live(f"{ORDERED}\nadvance H-1 comply --fact duty=order_name_school")
    assert redress.state() == "closed"
    correct(redress, "kind=amend_plan")
    assert (redress.state(), redress.dates(running=True)) == ("order_made", {"order_amend_plan": "2026-08-28"})


def test_a_last_duty_that_was_not_done_after_all_is_owed_again(redress: Redress) -> None:
    redress.live(f"{ORDERED}\nadvance H-1 comply --fact duty=order_name_school")
    assert redress.state() == "closed"
    correct(redress, "order_name_school_met_on=")
    assert (redress.state(), redress.dates(running=True)) == ("order_made", {"order_name_school": "2026-08-07"})


def test_a_duty_that_was_not_done_after_all_is_owed_again_while_the_case_is_open(redress: Redress) -> None:
    redress.live(f"{ORDERED}".replace("name_school", "make_plan"))
    redress.live("advance H-1 comply --fact duty=order_make_plan_draft")
    correct(redress, "order_make_plan_draft_met_on=")
    assert (redress.state(), redress.statuses()["order_make_plan_draft"]) == ("order_made", "armed")
    redress.live("advance H-1 comply --fact duty=order_make_plan_final")
    assert redress.state() == "order_made"


def test_a_duty_that_was_missed_and_not_done_after_all_is_missed_and_not_entered_again(redress: Redress) -> None:
    """The order of 24 July gives until 7 August; the duty is entered as missed once for each day that it is due on."""

    def entered() -> list[str]:
        return [entry["on"] for entry in redress.log() if entry["trigger"] == "miss_duty"]

    redress.live(f"""{ORDERED}
        @ 2026-08-10T09:00:00+01:00
        daemon --once
        advance H-1 comply --fact duty=order_name_school
    """)
    correct(redress, "order_name_school_met_on=")
    assert (redress.state(), redress.statuses()["order_name_school"]) == ("order_made", "missed")
    redress.does("daemon --once")
    assert entered() == ["2026-08-07"]
    correct(redress, "order_made_on=2026-07-22")
    redress.does("daemon --once")
    assert redress.dates()["order_name_school"] == "2026-08-05"
    redress.live("advance H-1 comply --fact duty=order_name_school")
    redress.does(["correct", "H-1", "order_name_school_met_on=", "order_made_on=2026-07-21", "--reason", "misread"])
    assert redress.statuses()["order_name_school"] == "armed", "of that day nothing was entered yet"
    redress.does("daemon --once")
    assert entered() == ["2026-08-07", "2026-08-04"]
    assert redress.is_intact()


def test_a_duty_that_moved_to_and_fro_is_entered_as_missed_once_for_one_day(redress: Redress) -> None:
    """The certificate is due on Thursday 25 June, three working days behind Monday the 22nd."""
    redress.live(f"""{SENT}
        advance H-1 advise_mediation --on 2026-06-22
        advance H-1 decline_mediation --on 2026-06-22
        @ 2026-06-26T09:00:00+01:00
        daemon --once
        holidays --add 2026-06-25 --title Visit --apply
    """)
    moved = redress.deadline("certificate_after_decline")
    assert (moved["due_on"], moved["status"]) == ("2026-06-26", "armed")
    redress.live("holidays --remove 2026-06-25 --apply\ndaemon --once")
    back = redress.deadline("certificate_after_decline")
    assert (back["due_on"], back["status"], back["missed"]) == ("2026-06-25", "missed", True)
    correct(redress, "mediation_declined_on=2026-06-24")
    correct(redress, "mediation_declined_on=2026-06-22")
    redress.does("daemon --once")
    assert redress.story().count("miss_duty") == 1
    assert redress.is_intact()


def test_an_appeal_that_turns_out_to_need_a_certificate_is_not_taken_in_silence(redress: Redress) -> None:
    """Lodged on section I alone, without a certificate; in truth it was on B, F and I (CFA 2014 s.55)."""
    redress.live(f"{SENT}\nadvance H-1 lodge_appeal --on 2026-06-22 --fact sections=I")
    answer = redress.run(["correct", "H-1", "sections=B,F,I", "--reason", "misread"])
    said = answer.err if answer.code == 3 else " ".join(redress.case()["advice"])
    assert "certificate" in said


def test_the_certificate_of_an_appeal_that_needs_one_after_all_is_recorded_after_the_lodging(redress: Redress) -> None:
    redress.live(f"""{SENT}
        advance H-1 advise_mediation --on 2026-06-20
        advance H-1 decline_mediation --on 2026-06-20
        advance H-1 lodge_appeal --on 2026-06-22 --fact sections=I
    """)
    correct(redress, "sections=B,F,I")
    assert any("issue_certificate" in sentence for sentence in redress.case()["advice"])
    redress.live("advance H-1 issue_certificate --on 2026-06-22 --fact certificate_reference=C-881")
    assert (redress.state(), redress.statuses()["certificate_after_decline"]) == ("appeal_lodged", "met")
    assert not any("certificate" in sentence for sentence in redress.case()["advice"])
    correct(redress, "letter_sent_on=2026-06-19")
    assert (redress.state(), redress.is_intact()) == ("appeal_lodged", True)


def test_a_certificate_is_recorded_whatever_has_become_of_the_appeal(redress: Redress) -> None:
    redress.live(f"{ORDERED}\nadvance H-1 issue_certificate --on 2026-06-30")
    assert redress.state() == "order_made"
    correct(redress, "sections=B,I")
    assert any("before its mediation certificate" in sentence for sentence in redress.case()["advice"])


def test_a_lodging_corrected_to_a_day_after_the_window_is_pointed_out(redress: Redress) -> None:
    redress.live(f"""{SENT}
        advance H-1 advise_mediation
        advance H-1 issue_certificate
        advance H-1 lodge_appeal
        @ 2026-09-07T09:00:00+01:00
    """)
    answer = redress.run("correct H-1 appeal_lodged_on=2026-09-02 --reason misread")
    said = answer.err if answer.code == 3 else " ".join(redress.case()["advice"])
    assert "1 Sep 2026" in said


def test_a_correction_that_the_history_contradicts_is_refused(redress: Redress) -> None:
    redress.live(f"""{SENT}
        @ 2026-07-24T15:00:00+01:00
        advance H-1 advise_mediation --on 2026-06-25
        advance H-1 request_mediation --on 2026-06-26
        advance H-1 conclude_mediation --fact outcome=agreement --fact agreement_kind=cease
        advance H-1 comply --fact duty=agreement_cease
    """)
    redress.refuses("correct H-1 mediation_requested_on=2026-06-24 --reason misread", "before adviser_contacted_on")
    redress.refuses("correct H-1 mediation_concluded_on=2026-06-25 --reason misread", "before mediation_requested_on")


def test_several_facts_are_corrected_at_once_or_not_at_all(redress: Redress) -> None:
    redress.live(SENT)
    redress.refuses(
        ["correct", "H-1", "letter_method=post", "letter_sent_on=2026-06-18", "--reason", "misread"],
        "before decided_on",
    )
    redress.does(["correct", "H-1", "letter_method=post", "letter_sent_on=2026-06-22", "--reason", "misread"])
    assert redress.log()[-1]["facts"] == {"letter_method": "post", "letter_sent_on": "2026-06-22"}
    assert redress.dates()["lodge_appeal"] == "2026-09-01"
