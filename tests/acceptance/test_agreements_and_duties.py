"""Agreements in mediation, excused duties, the right that passes, disagreement resolution, and cases opened early."""

import pytest

from tests.acceptance.command import Redress

# These dates are reckoned before any database is asked; the main road and the worked examples run on both.
pytestmark = pytest.mark.parametrize("backend", ["sqlite"])

# A mediation that ends on Friday 24 July 2026.
MEDIATED = """
    @ 2026-06-22T09:00:00+01:00
    open H-1 --decision plan_issued --decided 2026-06-19
    advance H-1 send_letter --on 2026-06-20 --fact letter_method=email
    @ 2026-07-24T15:00:00+01:00
    advance H-1 advise_mediation --on 2026-06-25
    advance H-1 request_mediation --on 2026-06-26 --fact la_told_of_mediation_on=2026-06-26
"""
AGREED = f"{MEDIATED}\nadvance H-1 conclude_mediation --fact outcome=agreement"
CERTIFICATE = {"certificate_after_mediation": "2026-07-29"}

# What was agreed, as the order of the same kind (reg 42(2)).
AGREEMENTS = (
    ("cease", {"cease": "2026-07-24"}),
    ("assess", {"assess_notify": "2026-08-07", "assess_no_plan": "2026-10-02", "assess_plan": "2026-10-30"}),
    ("make_plan", {"make_plan_draft": "2026-08-28", "make_plan_final": "2026-10-09"}),
    ("reconsider", {"reconsider": "2026-08-07"}),
    ("amend_plan", {"amend_plan": "2026-08-28"}),
    ("name_school", {"name_school": "2026-08-07"}),
    ("continue", {"continue": "2026-07-24"}),
    ("continue_and_amend", {"continue_and_amend": "2026-08-28"}),
)


@pytest.mark.parametrize(("kind", "dates"), AGREEMENTS)
def test_an_agreement_is_carried_out_like_the_order_of_its_kind(
    redress: Redress, kind: str, dates: dict[str, str]
) -> None:
    redress.live(f"{AGREED} --fact agreement_kind={kind}")
    agreed = {f"agreement_{step}": day for step, day in dates.items()}
    assert (redress.state(), redress.dates(running=True)) == ("agreement_reached", {**agreed, **CERTIFICATE})
    for duty in agreed:
        if not duty.endswith("no_plan"):
            assert redress.state() == "agreement_reached"
            redress.live(f"advance H-1 comply --fact duty={duty}")
            assert redress.statuses()[duty] == "met"
    assert (redress.state(), redress.dates(running=True)) == ("agreement_reached", CERTIFICATE)
    redress.live("advance H-1 issue_certificate")  # the right to appeal is not used up by the agreement's being kept
    assert redress.state() == "certificate_issued"


def test_an_agreement_that_is_not_written_down_is_asked_for(redress: Redress) -> None:
    redress.live(AGREED)
    assert redress.dates(running=True) == CERTIFICATE
    assert any("agreement_kind" in sentence for sentence in redress.case()["advice"])
    redress.live("record H-1 agreement_kind=name_school")
    assert redress.dates(running=True) == {"agreement_name_school": "2026-08-07", **CERTIFICATE}
    assert not any("agreement_kind" in sentence for sentence in redress.case()["advice"])


def test_what_could_not_be_appealed_is_due_in_two_weeks_unless_agreed_otherwise(redress: Redress) -> None:
    redress.live(f"{AGREED} --fact other_issues_agreed=true")
    assert redress.dates(running=True) == {"agreement_other": "2026-08-07", **CERTIFICATE}
    redress.live("record H-1 agreement_other_directed_on=2026-09-30")
    assert redress.dates()["agreement_other"] == "2026-09-30"
    redress.at("2026-09-30T23:59:59+01:00")
    assert redress.sweep() == [("H-1", "certificate_after_mediation", "miss_duty")]
    redress.at("2026-10-01T00:00:00+01:00")
    assert redress.sweep() == [("H-1", "agreement_other", "miss_duty")]
    redress.live("advance H-1 comply --fact duty=agreement_other")
    assert (redress.state(), redress.deadline("agreement_other")["missed"]) == ("agreement_reached", True)


def test_a_health_agreement_without_the_council_is_told_within_a_week(redress: Redress) -> None:
    redress.live(f"{MEDIATED}\nrecord H-1 health_agreement_on=2026-07-24")
    told = redress.deadline("agreement_inform_la")
    assert (told["due_on"], told["who"]) == ("2026-07-31", "the health body")


def test_health_issues_bring_the_health_bodys_duties(redress: Redress) -> None:
    redress.live(f"{MEDIATED}\nrecord H-1 health_issues_told_on=2026-07-23")
    assert redress.dates()["inform_health_body"] == "2026-07-28"
    redress.live("record H-1 health_body_informed_on=2026-07-24")
    assert redress.statuses()["inform_health_body"] == "met"
    assert redress.dates()["arrange_health_mediation"] == "2026-08-23"  # a Sunday: not moved


def test_a_mediation_on_health_issues_that_was_held_was_arranged(redress: Redress) -> None:
    redress.live(f"""{MEDIATED}
        record H-1 health_issues_told_on=2026-06-26 health_issues_alone=true
        record H-1 health_body_informed_on=2026-06-29
        advance H-1 conclude_mediation --fact outcome=none
    """)
    held = redress.deadline("arrange_health_mediation")
    assert (held["status"], held["ended_on"], held["missed"]) == ("met", "2026-07-24", False)


def test_a_family_that_declines_mediation_leaves_no_duty_on_its_health_issues(redress: Redress) -> None:
    redress.live(f"{MEDIATED}\nrecord H-1 health_issues_told_on=2026-07-23\nadvance H-1 decline_mediation")
    assert redress.statuses()["inform_health_body"] == "superseded"
    redress.live("record H-1 health_body_informed_on=2026-07-24")
    assert redress.statuses().get("arrange_health_mediation") in (None, "superseded")
    redress.live("advance H-1 issue_certificate")
    redress.at("2026-09-22T09:00:00+01:00")
    assert redress.sweep() == [("H-1", "lodge_appeal", "expire_appeal")]
    redress.live("advance H-1 close")


def test_what_is_left_of_a_partial_agreement_goes_on_to_the_appeal(redress: Redress) -> None:
    said = ("outcome=partial", "agreement_kind=amend_plan", "agreed_issues=B", "remaining_issues=I,F")
    redress.live(f"{MEDIATED}\nadvance H-1 conclude_mediation --fact {' --fact '.join(said)}")
    facts = redress.case()["facts"]
    assert (facts["agreed_issues"], facts["remaining_issues"]) == ("B", "F,I")
    assert redress.state() == "mediation_concluded"
    redress.at("2026-07-28T09:00:00+01:00").live("advance H-1 issue_certificate")
    assert redress.dates(running=True) == {"lodge_appeal": "2026-09-01", "agreement_amend_plan": "2026-08-28"}
    redress.live("advance H-1 lodge_appeal --fact sections=F,I")
    redress.live("advance H-1 comply --fact duty=agreement_amend_plan")
    assert (redress.state(), redress.statuses()["agreement_amend_plan"]) == ("appeal_lodged", "met")


def test_nothing_was_agreed_so_nothing_is_to_be_carried_out(redress: Redress) -> None:
    redress.live(f"{MEDIATED}\nadvance H-1 conclude_mediation --fact outcome=none --fact agreement_kind=assess")
    assert not [name for name in redress.deadlines() if name.startswith("agreement_")]
    redress.live("correct H-1 outcome=partial --reason 'the adviser wrote again'")
    assert redress.statuses()["agreement_assess_notify"] == "armed"
    redress.live("correct H-1 outcome=none --reason 'it was right before'")
    assert "armed" not in {redress.statuses()[n] for n in redress.deadlines() if n.startswith("agreement_")}
    asked = '{"mediation_concluded_on": "2026-06-15", "outcome": "none"}'
    answer = redress.run("calculate --jsonl", asked).lines[0]
    assert not [name for name in answer if name.startswith("agreement_")]
    assert "certificate_after_mediation" in answer


def test_after_an_agreement_the_certificate_is_awaited_and_the_case_is_not_closed_in_silence(redress: Redress) -> None:
    redress.live(f"{MEDIATED}\nadvance H-1 conclude_mediation --fact outcome=agreement")
    assert redress.case()["waiting_for_certificate"] is True
    assert any("Waiting for a certificate" in sentence for sentence in redress.case()["advice"])
    steps = redress.does("explain H-1 lodge_appeal --json").document["steps"]
    assert "the certificate is awaited" in steps[-1]["text"]
    redress.refuses("advance H-1 close", "its certificate will bring a month to appeal", "closing_reason")


def test_an_agreement_does_not_take_the_appeal_away(redress: Redress) -> None:
    redress.live(f"{AGREED} --fact agreement_kind=amend_plan")
    redress.live("advance H-1 issue_certificate\nadvance H-1 lodge_appeal")
    assert redress.state() == "appeal_lodged"
    assert redress.statuses()["agreement_amend_plan"] == "armed"


def test_a_mediation_after_the_lodging_is_recorded_and_what_it_agreed_is_owed(redress: Redress) -> None:
    """No mediation came about in time, so the family appealed; it was held all the same, while the appeal went on."""
    redress.live(f"""{MEDIATED}
        advance H-1 issue_certificate --on 2026-07-20
        advance H-1 lodge_appeal --on 2026-07-24 --fact sections=B,F,I
        @ 2026-08-10T09:00:00+01:00
        advance H-1 conclude_mediation --fact outcome=partial --fact agreement_kind=amend_plan --fact agreed_issues=B,F
    """)
    assert (redress.state(), redress.dates(running=True)) == ("appeal_lodged", {"agreement_amend_plan": "2026-09-14"})
    arranged = redress.deadline("arrange_mediation")
    assert (arranged["status"], arranged["missed"]) == ("superseded", False), "the certificate had ended it in time"
    redress.live("advance H-1 comply --fact duty=agreement_amend_plan")
    assert (redress.state(), redress.statuses()["agreement_amend_plan"]) == ("appeal_lodged", "met")
    redress.refuses("advance H-1 conclude_mediation --fact outcome=none", "mediation_concluded_on is recorded already")


@pytest.mark.parametrize("outcome", ["agreement", "partial", "none"])
@pytest.mark.parametrize("state", ["certificate_issued", "appeal_expired"])
def test_a_mediation_beside_the_window_stops_no_clock(redress: Redress, state: str, outcome: str) -> None:
    redress.live(f"{MEDIATED}\nadvance H-1 issue_certificate --on 2026-07-20")
    redress.at("2026-09-02T09:00:00+01:00" if state == "appeal_expired" else "2026-08-03T09:00:00+01:00").sweep()
    window = redress.deadline("lodge_appeal")
    redress.live(f"advance H-1 conclude_mediation --fact outcome={outcome}")
    assert (redress.state(), redress.deadline("lodge_appeal")) == (state, window)
    redress.live("correct H-1 letter_method=post --reason 'as the post book says'")
    assert redress.is_intact()


APPEALED = f"{AGREED} --fact agreement_kind=make_plan\nadvance H-1 issue_certificate\nadvance H-1 lodge_appeal"


def test_a_withdrawn_appeal_leaves_what_was_agreed_in_mediation_owed(redress: Redress) -> None:
    """A family that has its agreement often withdraws its appeal; regulation 42 is none of the appeal's business."""
    redress.live(f"{APPEALED}\nadvance H-1 withdraw_appeal")
    agreed = {"agreement_make_plan_draft": "2026-08-28", "agreement_make_plan_final": "2026-10-09"}
    assert (redress.state(), redress.dates(running=True)) == ("appeal_withdrawn", agreed)
    redress.at("2026-08-29T09:00:00+01:00")
    assert redress.sweep() == [("H-1", "agreement_make_plan_draft", "miss_duty")]
    redress.refuses("advance H-1 close", "still owes agreement_make_plan_draft, agreement_make_plan_final")
    redress.live("advance H-1 comply --fact duty=agreement_make_plan_draft")
    assert redress.state() == "appeal_withdrawn"
    redress.live("advance H-1 comply --fact duty=agreement_make_plan_final")
    assert (redress.state(), redress.dates(running=True)) == ("closed", {})
    redress.live("correct H-1 agreement_make_plan_final_met_on= --reason 'it was another plan'")
    assert (redress.state(), redress.is_intact()) == ("appeal_withdrawn", True)


def test_a_withdrawn_appeal_closes_the_case_where_what_was_agreed_is_done(redress: Redress) -> None:
    redress.live(f"""{APPEALED}
        advance H-1 comply --fact duty=agreement_make_plan_draft
        advance H-1 comply --fact duty=agreement_make_plan_final
        advance H-1 withdraw_appeal
    """)
    assert (redress.state(), redress.dates(running=True)) == ("closed", {})


def test_what_was_agreed_and_is_never_done_was_late_until_the_closing_and_not_the_withdrawal(redress: Redress) -> None:
    redress.live(f"""{APPEALED.replace("make_plan", "name_school")}
        @ 2026-07-27T09:00:00+01:00
        advance H-1 withdraw_appeal
        @ 2026-08-17T09:00:00+01:00
        daemon --once
    """)
    redress.refuses("advance H-1 close --on 2026-07-26 --fact closing_reason=moved_away", "appeal_withdrawn_on")
    redress.live("advance H-1 close --fact closing_reason=moved_away")
    duties = redress.does("report --from 2026-08-01 --to 2026-08-31 --json").document["duties"]
    (kept,) = [duty for duty in duties if duty["id"] == "agreement_name_school"]
    assert (kept["missed"], kept["days_late"]) == (1, 10)


# --- what ended undone ---

# A story that leaves a duty running, how it then ends undone, the duty, and whether its day had passed by then.
ENDED = {
    "conceded after its day": (
        "{lodged}\n@ 2026-10-20T09:00:00+01:00", "advance H-1 concede", "respond_to_appeal", True,
    ),
    "conceded before its day": (
        "{lodged}\n@ 2026-10-20T09:00:00+01:00", "advance H-1 concede --on 2026-08-03", "respond_to_appeal", False,
    ),
    "told of in the other order": (
        "{appealed}\n@ 2026-10-20T09:00:00+01:00\nadvance H-1 concede", "record H-1 appeal_received_on=2026-07-24",
        "respond_to_appeal", True,
    ),
    "certified after its day": (
        "{mediated}\n@ 2026-08-03T09:00:00+01:00", "advance H-1 issue_certificate", "arrange_mediation", True,
    ),
    "taken back after its day": (
        "{mediated}\n@ 2026-08-03T09:00:00+01:00", "advance H-1 decline_mediation", "arrange_mediation", True,
    ),
    "taken back before its day": (
        "{mediated}\n@ 2026-08-03T09:00:00+01:00", "advance H-1 decline_mediation --on 2026-07-26",
        "arrange_mediation", False,
    ),
    "closed after its day": (
        "{mediated}\n@ 2026-08-03T09:00:00+01:00", "advance H-1 close --fact closing_reason=moved_away",
        "arrange_mediation", True,
    ),
    "closed before its day": (
        "{mediated}\n@ 2026-08-03T09:00:00+01:00",
        "advance H-1 close --on 2026-07-26 --fact closing_reason=moved_away", "arrange_mediation", False,
    ),
    "the road that was not taken": (
        "{appealed}\nadvance H-1 make_order --fact kind=assess\n@ 2026-10-20T09:00:00+01:00",
        "advance H-1 comply --fact duty=order_assess_plan", "order_assess_no_plan", False,
    ),
    "the road that is not taken": (
        "{appealed}\nadvance H-1 make_order --fact kind=assess\n@ 2026-10-20T09:00:00+01:00",
        "record H-1 plan_to_be_made=true", "order_assess_no_plan", False,
    ),
}  # fmt: skip


@pytest.mark.parametrize("looked", [True, False], ids=["looked", "not"])
@pytest.mark.parametrize("how", ENDED)
def test_what_ended_undone_was_missed_where_its_day_had_passed_whether_or_not_the_daemon_looked(
    redress: Redress, how: str, looked: bool
) -> None:
    story, end, duty, missed = ENDED[how]
    appealed = MEDIATED.replace("plan_issued", "reassessment_refused")
    appealed = f"{appealed}\nadvance H-1 issue_certificate\nadvance H-1 lodge_appeal"
    lodged = f"{appealed}\nrecord H-1 appeal_received_on=2026-07-24"
    redress.live(story.format(mediated=MEDIATED, appealed=appealed, lodged=lodged))
    if looked:
        redress.sweep()
    redress.live(end)
    ended = redress.deadline(duty)
    assert (ended["status"], ended["missed"]) == ("superseded", missed)
    assert redress.is_intact()


# --- excuses ----------------------------------------------------------------------------------------------------------


def test_an_excuse_excuses_and_does_not_reset(redress: Redress) -> None:
    redress.at("2026-06-15T09:00:00+01:00").live("open H-1 --decision assessment_refused --requested 2026-06-15")
    redress.live("record H-1 notify_assessment_refusal_excused=school_closed")
    duty = redress.deadline("notify_assessment_refusal")
    assert (duty["status"], duty["due_on"]) == ("excused", "2026-07-27")
    redress.at("2026-09-15T09:00:00+01:00")
    assert redress.sweep() == []
    assert redress.does("worklist --overdue --json").document == []
    redress.live("advance H-1 decide --on 2026-09-14\nadvance H-1 send_letter --on 2026-09-15")
    duty = redress.deadline("notify_assessment_refusal")
    assert (duty["status"], duty["due_on"], duty["missed"]) == ("excused", "2026-07-27", False)
    assert duty["ended_on"] == "2026-09-15"


@pytest.mark.parametrize("excused_first", [True, False])
def test_whether_the_excuse_or_the_daemon_came_first_is_all_one(redress: Redress, excused_first: bool) -> None:
    redress.at("2026-06-15T09:00:00+01:00").live("open H-1 --decision assessment_refused --requested 2026-06-15")
    steps = ["record H-1 notify_assessment_refusal_excused=school_closed", "daemon --once"]
    redress.at("2026-07-28T09:00:00+01:00").live("\n".join(steps if excused_first else steps[::-1]))
    redress.live("advance H-1 decide --on 2026-07-28\nadvance H-1 send_letter --on 2026-07-28")
    duty = redress.deadline("notify_assessment_refusal")
    assert (duty["status"], duty["missed"], duty["ended_on"]) == ("excused", False, "2026-07-28")
    report = redress.does("report --from 2026-07-01 --to 2026-07-28 --json").document
    kept = next(each for each in report["duties"] if each["id"] == "notify_assessment_refusal")
    assert (kept["excused"], kept["in_time"], kept["late"], kept["days_late"]) == (1, 0, 0, 0)


def test_what_is_excused_and_done_in_time_is_met(redress: Redress) -> None:
    redress.at("2026-06-15T09:00:00+01:00").live("open H-1 --decision assessment_refused --requested 2026-06-15")
    redress.live("record H-1 notify_assessment_refusal_excused=school_closed")
    redress.at("2026-07-27T09:00:00+01:00").live("advance H-1 decide\nadvance H-1 send_letter")
    assert redress.statuses()["notify_assessment_refusal"] == "met"


def test_a_missed_duty_may_be_excused_afterwards_and_the_excuse_withdrawn(redress: Redress) -> None:
    redress.at("2026-06-15T09:00:00+01:00").live("open H-1 --decision assessment_refused --requested 2026-06-15")
    redress.at("2026-07-28T00:00:00+01:00").sweep()
    assert redress.statuses() == {"notify_assessment_refusal": "missed"}
    redress.live("record H-1 notify_assessment_refusal_excused=absent-four-weeks")
    assert redress.statuses() == {"notify_assessment_refusal": "excused"}
    redress.live("correct H-1 notify_assessment_refusal_excused= --reason 'it was three weeks'")
    redress.sweep()
    assert redress.statuses() == {"notify_assessment_refusal": "missed"}


@pytest.mark.parametrize("ground", ["absent_two_weeks", "exceptional_circumstances"])
def test_reg_44_has_grounds_of_its_own(redress: Redress, ground: str) -> None:
    redress.live(f"""{MEDIATED}
        advance H-1 issue_certificate
        advance H-1 lodge_appeal
        advance H-1 make_order --fact kind=amend_plan
    """)
    redress.refuses("record H-1 order_amend_plan_excused=school_closed", "absent_two_weeks")
    redress.live(f"record H-1 order_amend_plan_excused={ground}")
    duty = redress.deadline("order_amend_plan")
    assert (duty["status"], duty["due_on"], redress.state()) == ("excused", "2026-08-28", "order_made")
    redress.at("2026-10-01T09:00:00+01:00")
    assert redress.sweep() == []


# --- whose right, and disagreement resolution -------------------------------------------------------------------------


def test_the_right_passes_when_the_last_friday_of_june_is_over(redress: Redress) -> None:
    redress.live("""
        @ 2026-06-26T23:59:59+01:00
        open H-1 --decision plan_ceased --decided 2026-05-29
        advance H-1 send_letter --on 2026-05-29 --fact letter_method=email
    """)
    redress.refuses("advance H-1 pass_right --on 2026-06-26", "26 Jun 2026")
    redress.refuses("advance H-1 pass_right --on 2026-06-19", "last Friday of June", "26 Jun 2026")
    before = redress.deadlines()
    redress.at("2026-06-27T00:00:00+01:00").live("advance H-1 pass_right --on 2026-06-26")
    assert (redress.case()["party"], redress.state(), redress.deadlines()) == ("young_person", "letter_sent", before)
    redress.refuses("advance H-1 pass_right --on 2026-06-26", "already")


WHILE = {
    "decision_awaited": "open H-1 --decision plan_issued --requested 2026-06-19",
    "plan_issued": "open H-1 --decision plan_issued --decided 2026-06-19",
    "letter_sent": "{sent}",
    "mediation_advised": "{sent}\nadvance H-1 advise_mediation",
    "mediation_requested": "{sent}\nadvance H-1 advise_mediation\nadvance H-1 request_mediation",
    "certificate_issued": "{sent}\nadvance H-1 advise_mediation\nadvance H-1 issue_certificate",
    "appeal_lodged": "{sent}\nadvance H-1 lodge_appeal --fact sections=I\nrecord H-1 appeal_received_on=2026-06-22",
    "order_made": "{sent}\nadvance H-1 lodge_appeal --fact sections=I\nadvance H-1 make_order --fact kind=name_school",
    "closed": "{sent}\nadvance H-1 concede",
}
SENT = """
    open H-1 --decision plan_issued --requested 2026-03-02 --decided 2026-06-19
    advance H-1 send_letter --on 2026-06-22 --fact letter_method=email
"""


@pytest.mark.parametrize("state", WHILE)
def test_disagreement_resolution_never_moves_a_state_or_a_date(redress: Redress, state: str) -> None:
    redress.at("2026-06-22T09:00:00+01:00").live(WHILE[state].format(sent=SENT))
    assert redress.state() == state
    before = redress.deadlines()
    redress.live("advance H-1 start_disagreement_resolution --on 2026-06-22")
    assert (redress.state(), redress.deadlines()) == (state, before)
    redress.at("2026-06-23T09:00:00+01:00").live("advance H-1 end_disagreement_resolution")
    assert (redress.state(), redress.deadlines()) == (state, before)
    assert redress.case()["facts"]["disagreement_resolution_ended_on"] == "2026-06-23"
    redress.live("advance H-1 start_disagreement_resolution")
    assert (redress.state(), redress.deadlines()) == (state, before)
    assert "disagreement_resolution_ended_on" not in redress.case()["facts"]


def test_disagreement_resolution_does_not_hold_the_window_open(redress: Redress) -> None:
    redress.at("2026-06-22T09:00:00+01:00").live(f"{SENT}\nadvance H-1 start_disagreement_resolution")
    redress.at("2026-09-01T17:00:00+01:00")
    assert ("H-1", "lodge_appeal", "expire_appeal") in redress.sweep()


# --- opened at the request --------------------------------------------------------------------------------------------

# The decision that is owed, what starts its time (a Monday, 15 June 2026), the duty and its day.
OWED = (
    ("assessment_refused", "--requested 2026-06-15", "notify_assessment_refusal", "2026-07-27"),
    ("plan_refused", "--requested 2026-06-15", "notify_plan_refusal", "2026-10-05"),
    ("plan_issued", "--requested 2026-06-15", "finalise_plan", "2026-11-02"),
    ("reassessment_refused", "--requested 2026-06-15", "notify_reassessment_refusal", "2026-06-30"),
    ("amendment_refused", "--fact review_meeting_on=2026-06-15", "notify_review_decision", "2026-07-13"),
    ("plan_ceased", "--fact review_meeting_on=2026-06-15", "notify_review_decision", "2026-07-13"),
)


@pytest.mark.parametrize(("decision", "since", "duty", "due_on"), OWED)
def test_a_decision_owed_is_missed_shown_and_met_by_the_letter(
    redress: Redress, decision: str, since: str, duty: str, due_on: str
) -> None:
    redress.at("2026-06-15T09:00:00+01:00").live(f"open H-1 --decision {decision} {since}")
    assert (redress.state(), redress.dates(running=True)) == ("decision_awaited", {duty: due_on})
    redress.refuses("advance H-1 send_letter", "decision_awaited")
    redress.at("2026-11-16T09:00:00+00:00")
    assert redress.sweep() == [("H-1", duty, "miss_duty")]
    assert (redress.state(), redress.statuses()) == ("decision_awaited", {duty: "missed"})
    assert [line["deadline"] for line in redress.does("worklist --overdue --json").document] == [duty]
    redress.live("advance H-1 decide --on 2026-11-13")
    assert (redress.state(), redress.statuses()[duty]) == (decision, "missed")
    redress.live("advance H-1 send_letter --fact letter_method=email")
    met = redress.deadline(duty)
    assert (redress.state(), met["status"], met["missed"], met["ended_on"]) == (
        "letter_sent",
        "met",
        True,
        "2026-11-16",
    )
    assert redress.dates()["lodge_appeal"] == "2027-01-18"  # 16 January is a Saturday


def test_a_request_that_is_granted_closes_the_case(redress: Redress) -> None:
    redress.at("2026-06-15T09:00:00+01:00").live("open H-1 --decision assessment_refused --requested 2026-06-15")
    redress.at("2026-07-20T09:00:00+01:00").live("advance H-1 grant_request")
    assert (redress.state(), redress.statuses()) == ("closed", {"notify_assessment_refusal": "superseded"})
    redress.at("2026-08-20T09:00:00+01:00")
    assert redress.sweep() == []


def test_a_letter_in_time_meets_the_duty(redress: Redress) -> None:
    redress.at("2026-07-27T22:00:00+01:00").live("""
        open H-1 --decision assessment_refused --requested 2026-06-15 --decided 2026-07-24
        advance H-1 send_letter
    """)
    duty = redress.deadline("notify_assessment_refusal")
    assert (duty["status"], duty["missed"], duty["ended_on"]) == ("met", False, "2026-07-27")
