"""From the refusal, through the appeal, to the last duty of what was ordered or conceded, and `closed`."""

from typing import NamedTuple

import pytest

from tests.acceptance.command import Redress

# These dates are reckoned before any database is asked; the main road and the worked examples run on both.
pytestmark = pytest.mark.parametrize("backend", ["sqlite"])

# An appeal lodged on 29 May 2026; the council has it from the Tribunal on Monday 8 June.
LODGED = """
    @ 2026-04-13T09:00:00+01:00
    open H-1 --decision {decision} --decided 2026-04-10
    advance H-1 send_letter --on 2026-04-13 --fact letter_method=email
    @ 2026-06-08T09:00:00+01:00
    advance H-1 advise_mediation --on 2026-04-20
    advance H-1 decline_mediation --on 2026-04-21
    advance H-1 issue_certificate --on 2026-04-22
    advance H-1 lodge_appeal --on 2026-05-29 --fact tribunal_reference=EH000/26/00001
    record H-1 appeal_received_on=2026-06-08
"""
RESPONDED = f"{LODGED}\n@ 2026-07-17T09:00:00+01:00\nadvance H-1 respond_to_appeal --on 2026-07-17"
ORDERED = f"{RESPONDED}\n@ 2026-07-24T15:00:00+01:00\nadvance H-1 make_order --fact kind={{kind}}"


class Order(NamedTuple):
    """An order of Friday 24 July 2026: what must be done by when, and the duties done on the road that was taken."""

    decision: str
    kind: str
    dates: dict[str, str]
    done: tuple[tuple[str, str], ...]


ASSESS = {"assess_notify": "2026-08-07", "assess_no_plan": "2026-10-02", "assess_plan": "2026-10-30"}
MAKE_PLAN = {"make_plan_draft": "2026-08-28", "make_plan_final": "2026-10-09"}
ORDERS = (
    Order("plan_ceased", "cease", {"cease": "2026-07-24"}, (("cease", "2026-07-24"),)),
    Order("assessment_refused", "assess", ASSESS, (("assess_notify", "2026-08-07"), ("assess_no_plan", "2026-10-02"))),
    Order("reassessment_refused", "assess", ASSESS, (("assess_notify", "2026-08-03"), ("assess_plan", "2026-09-30"))),
    Order("plan_refused", "make_plan", MAKE_PLAN, tuple(MAKE_PLAN.items())),
    Order("plan_refused", "reconsider", {"reconsider": "2026-08-07"}, (("reconsider", "2026-08-07"),)),
    Order("plan_issued", "amend_plan", {"amend_plan": "2026-08-28"}, (("amend_plan", "2026-08-28"),)),
    Order("plan_issued", "name_school", {"name_school": "2026-08-07"}, (("name_school", "2026-08-07"),)),
    Order("plan_ceased", "continue", {"continue": "2026-07-24"}, (("continue", "2026-07-24"),)),
    Order(
        "plan_ceased", "continue_and_amend", {"continue_and_amend": "2026-08-28"},
        (("continue_and_amend", "2026-08-28"),),
    ),
    Order("amendment_refused", "amend_plan", {"amend_plan": "2026-08-28"}, (("amend_plan", "2026-08-11"),)),
)  # fmt: skip


def ordered(route: str, dates: dict[str, str]) -> dict[str, str]:
    return {f"{route}_{step}": day for step, day in dates.items()}


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: f"{order.decision}-{order.kind}")
def test_an_order_is_carried_out_to_the_last_duty(redress: Redress, order: Order) -> None:
    redress.live(ORDERED.format(decision=order.decision, kind=order.kind))
    assert (redress.state(), redress.case()["facts"]["kind"]) == ("order_made", order.kind)
    assert redress.dates(running=True) == ordered("order", order.dates)
    for number, (step, day) in enumerate(order.done):
        assert redress.state() == "order_made", f"closed before {step}"
        redress.at(f"{day}T18:00:00+01:00").live(f"advance H-1 comply --fact duty=order_{step}")
        assert redress.statuses()[f"order_{step}"] == "met"
        assert redress.deadline(f"order_{step}")["ended_on"] == day
        assert redress.story().count("comply") == number + 1
    assert (redress.state(), redress.dates(running=True)) == ("closed", {})
    redress.at("2027-02-01T09:00:00+00:00")
    assert redress.sweep() == []
    assert redress.is_intact()


def test_the_road_not_taken_after_an_assessment_ends(redress: Redress) -> None:
    redress.live(ORDERED.format(decision="assessment_refused", kind="assess"))
    redress.at("2026-10-01T09:00:00+01:00").live("""
        advance H-1 comply --on 2026-08-07 --fact duty=order_assess_notify
        record H-1 plan_to_be_made=true
    """)
    assert redress.dates(running=True) == {"order_assess_plan": "2026-10-30"}
    assert redress.statuses()["order_assess_no_plan"] == "superseded"
    redress.at("2026-10-31T00:00:00+00:00")
    assert redress.sweep() == [("H-1", "order_assess_plan", "miss_duty")]
    redress.live("advance H-1 comply --on 2026-10-31 --fact duty=order_assess_plan")
    plan = redress.deadline("order_assess_plan")
    assert (redress.state(), plan["status"], plan["missed"]) == ("closed", "met", True)


def test_a_decision_that_there_will_be_no_plan_ends_the_other_road(redress: Redress) -> None:
    redress.live(ORDERED.format(decision="assessment_refused", kind="assess"))
    redress.at("2026-09-01T09:00:00+01:00").live("record H-1 plan_to_be_made=false")
    assert redress.statuses()["order_assess_plan"] == "superseded"
    assert redress.statuses()["order_assess_notify"] == "armed"


@pytest.mark.parametrize("decision", ["assessment_refused", "plan_issued"])
def test_a_dismissed_appeal_owes_nothing_and_is_closed_by_a_person(redress: Redress, decision: str) -> None:
    redress.live(ORDERED.format(decision=decision, kind="dismiss"))
    assert (redress.state(), redress.dates(running=True)) == ("appeal_dismissed", {})
    redress.at("2027-02-01T09:00:00+00:00")
    assert redress.sweep() == []
    assert redress.state() == "appeal_dismissed"
    redress.live("advance H-1 close")
    assert redress.state() == "closed"


def test_a_missed_duty_is_shown_until_it_is_met_late(redress: Redress) -> None:
    redress.live(ORDERED.format(decision="plan_issued", kind="name_school"))
    redress.at("2026-08-07T23:59:59+01:00")
    assert redress.sweep() == []
    redress.at("2026-08-08T00:00:00+01:00")
    assert redress.sweep() == [("H-1", "order_name_school", "miss_duty")]
    assert (redress.state(), redress.statuses()["order_name_school"]) == ("order_made", "missed")
    redress.at("2026-09-14T09:00:00+01:00")
    assert redress.sweep() == []
    (line,) = redress.does("worklist --overdue --json").document
    assert (line["deadline"], line["days_left"], line["status"]) == ("order_name_school", -38, "missed")
    redress.live("advance H-1 comply --fact duty=order_name_school")
    duty = redress.deadline("order_name_school")
    assert (duty["status"], duty["missed"], duty["ended_on"], redress.state()) == ("met", True, "2026-09-14", "closed")


def test_a_duty_met_late_was_missed_whether_or_not_the_daemon_had_looked(redress: Redress) -> None:
    redress.live(ORDERED.format(decision="plan_issued", kind="name_school"))
    redress.at("2026-09-14T09:00:00+01:00").live("advance H-1 comply --fact duty=order_name_school")
    duty = redress.deadline("order_name_school")
    assert (duty["status"], duty["ended_on"], duty["missed"]) == ("met", "2026-09-14", True)


def test_what_was_done_in_time_and_recorded_late_was_not_missed(redress: Redress) -> None:
    redress.live(ORDERED.format(decision="plan_issued", kind="name_school"))
    redress.at("2026-09-14T09:00:00+01:00").sweep()
    redress.live("advance H-1 comply --on 2026-08-07 --fact duty=order_name_school")
    duty = redress.deadline("order_name_school")
    assert (duty["status"], duty["missed"]) == ("met", False)


# --- the response and what the Tribunal directs -----------------------------------------------------------------------


def test_the_response_is_due_in_thirty_working_days_without_august(redress: Redress) -> None:
    redress.live(LODGED.format(decision="plan_issued"))
    response = redress.deadline("respond_to_appeal")
    assert (response["due_on"], response["fires_at"]) == ("2026-07-20", "2026-07-20T17:00:00+01:00")
    redress.at("2026-07-20T16:59:59+01:00")
    assert redress.sweep() == []
    redress.at("2026-07-20T17:00:00+01:00")
    assert redress.sweep() == [("H-1", "respond_to_appeal", "miss_duty")]
    assert redress.state() == "appeal_lodged"
    redress.live("advance H-1 respond_to_appeal")
    response = redress.deadline("respond_to_appeal")
    assert (redress.state(), response["status"]) == ("appeal_lodged", "met")
    redress.refuses("advance H-1 respond_to_appeal", "appeal_responded_on is recorded already")


def test_the_response_in_time_is_met(redress: Redress) -> None:
    redress.live(RESPONDED.format(decision="plan_issued"))
    response = redress.deadline("respond_to_appeal")
    assert (response["status"], response["ended_on"], response["missed"]) == ("met", "2026-07-17", False)
    redress.at("2027-01-20T17:00:00+00:00")
    assert redress.sweep() == []


def test_a_date_that_the_tribunal_named_is_not_moved_by_august(redress: Redress) -> None:
    redress.live(LODGED.format(decision="plan_issued"))
    redress.live("record H-1 respond_to_appeal_directed_on=2026-08-15")  # a Saturday in August
    response = redress.deadline("respond_to_appeal")
    assert (response["due_on"], response["fires_at"]) == ("2026-08-15", "2026-08-15T17:00:00+01:00")
    steps = redress.does("explain H-1 respond_to_appeal --json").document["steps"]
    assert any("beats the reckoning" in step["text"] and step["day"] == "2026-08-15" for step in steps)
    redress.live("correct H-1 respond_to_appeal_directed_on=2026-08-17 --reason 'varied by the Tribunal'")
    assert redress.dates()["respond_to_appeal"] == "2026-08-17"


def test_the_hearing_and_the_evidence_are_dates_to_come(redress: Redress) -> None:
    redress.live(LODGED.format(decision="plan_issued"))
    redress.live("record H-1 hearing_on=2026-10-12\nrecord H-1 evidence_due_on=2026-09-18")
    assert any("12 Oct 2026" in sentence for sentence in redress.case()["advice"])
    evidence = redress.deadline("submit_evidence")
    assert (evidence["due_on"], evidence["fires_at"]) == ("2026-09-18", "2026-09-18T17:00:00+01:00")
    redress.live("correct H-1 hearing_on=2026-11-02 --reason 'relisted'")
    assert any("2 Nov 2026" in sentence for sentence in redress.case()["advice"])
    redress.at("2026-09-18T17:00:00+01:00")
    assert ("H-1", "submit_evidence", "miss_duty") in redress.sweep()
    redress.live("record H-1 evidence_submitted_on=2026-09-18")
    assert redress.statuses()["submit_evidence"] == "met"


def test_a_withdrawn_appeal_closes_the_case_and_ends_its_duties(redress: Redress) -> None:
    redress.live(LODGED.format(decision="plan_issued") + "\nadvance H-1 withdraw_appeal")
    assert (redress.state(), redress.statuses()["respond_to_appeal"]) == ("closed", "superseded")
    assert redress.dates(running=True) == {}


# --- concessions ------------------------------------------------------------------------------------------------------

# Told to the Tribunal on Monday 15 June 2026, before the response; the limits are those of reg 45.
UNOPPOSED = (
    ("assessment_refused", "", "assess", {"assess_notify": "2026-06-29", "assess_no_plan": "2026-08-24",
                                          "assess_plan": "2026-09-21"}),
    ("reassessment_refused", "", "assess", {"assess_notify": "2026-06-29", "assess_no_plan": "2026-08-24",
                                            "assess_plan": "2026-09-21"}),
    ("plan_refused", "", "make_plan", {"make_plan_draft": "2026-07-20", "make_plan_final": "2026-08-31"}),
    ("plan_issued", "", "amend_plan", {"amend_plan": "2026-07-20"}),
    ("plan_issued", "--fact kind=name_school", "name_school", {"name_school": "2026-06-29"}),
    ("amendment_refused", "", "amend_plan", {"amend_plan": "2026-07-20"}),
    ("plan_ceased", "", "continue", {"continue": "2026-06-15"}),
    ("plan_ceased", "--fact kind=continue_and_amend", "continue_and_amend", {"continue_and_amend": "2026-07-20"}),
)  # fmt: skip


@pytest.mark.parametrize(("decision", "said", "kind", "dates"), UNOPPOSED)
def test_a_concession_before_the_response_brings_the_limits_of_reg_45(
    redress: Redress, decision: str, said: str, kind: str, dates: dict[str, str]
) -> None:
    redress.live(f"{LODGED.format(decision=decision)}\n@ 2026-06-15T09:00:00+01:00\nadvance H-1 concede {said}")
    assert (redress.state(), redress.case()["facts"]["conceded_kind"]) == ("appeal_conceded", kind)
    assert redress.dates(running=True) == ordered("unopposed", dates)
    assert redress.statuses()["respond_to_appeal"] == "superseded"
    for duty in redress.dates(running=True):
        if duty in redress.dates(running=True) and not duty.endswith("no_plan"):
            redress.live(f"advance H-1 comply --fact duty={duty}")
    assert (redress.state(), redress.dates(running=True)) == ("closed", {})


def test_a_concession_before_the_response_is_carried_out_although_learned_of_after_it(redress: Redress) -> None:
    redress.live(RESPONDED.format(decision="plan_refused") + "\nadvance H-1 concede --on 2026-07-10")
    assert redress.dates(running=True) == {
        "unopposed_make_plan_draft": "2026-08-14", "unopposed_make_plan_final": "2026-09-25"
    }  # fmt: skip


def test_an_appeal_is_not_conceded_before_it_was_lodged(redress: Redress) -> None:
    redress.live(LODGED.format(decision="plan_refused"))
    redress.refuses("advance H-1 concede --on 2026-05-28", "is before appeal_lodged_on", "2026-05-29")
    redress.live("advance H-1 concede --on 2026-05-29")
    redress.refuses("correct H-1 conceded_on=2026-05-28 --reason x", "appeal_lodged_on", "2026-05-29")


def test_a_body_s_five_weeks_are_not_moved_by_a_second_recommendation(redress: Redress) -> None:
    redress.live(ORDERED.format(decision="plan_refused", kind="make_plan"))
    redress.live("advance H-1 recommend --on 2026-07-24 --fact recommended_to=health")
    assert redress.dates()["respond_to_recommendation_health"] == "2026-08-28"
    redress.at("2026-07-27T09:00:00+01:00").does("show H-1")
    redress.refuses("advance H-1 recommend --fact recommended_to=both", "health_recommended_on is recorded already")
    redress.live("advance H-1 recommend --fact recommended_to=social_care")
    assert redress.dates()["respond_to_recommendation_health"] == "2026-08-28"
    assert redress.dates()["respond_to_recommendation_social_care"] == "2026-08-31"


@pytest.mark.parametrize(
    ("decision", "kind", "source"),
    [("plan_refused", "assess", "reg 43(2)"), ("assessment_refused", "make_plan", "reg 43(2)"),
     ("plan_refused", "continue", "reg 43(2)"), ("plan_issued", "dismiss", ""), ("plan_ceased", "amend_plan", "")],
)  # fmt: skip
def test_an_order_that_does_not_go_with_the_decision_is_pointed_out(
    redress: Redress, decision: str, kind: str, source: str
) -> None:
    """What the Tribunal ordered is recorded as it ordered it: the powers that regulation 43 lists are not all."""
    redress.live(ORDERED.format(decision=decision, kind=kind))
    said = [sentence for sentence in redress.case()["advice"] if "check both" in sentence]
    assert (len(said), source in " ".join(said)) == ((1, True) if source else (0, True))


def test_a_concession_that_does_not_go_with_a_corrected_decision_is_pointed_out(redress: Redress) -> None:
    redress.live(LODGED.format(decision="plan_refused") + "\nadvance H-1 concede")
    assert not [sentence for sentence in redress.case()["advice"] if "check both" in sentence]
    redress.live("correct H-1 decision=assessment_refused --reason misread")
    (said,) = [sentence for sentence in redress.case()["advice"] if "check both" in sentence]
    assert "make_plan" in said
    assert "reg 45" in said


def test_an_appeal_that_stands_before_its_certificate_is_pointed_out(redress: Redress) -> None:
    redress.live(LODGED.format(decision="plan_refused"))
    redress.live("correct H-1 certificate_issued_on=2026-06-01 --reason 'as the adviser says'")
    assert any("before its mediation certificate" in sentence for sentence in redress.case()["advice"])


def test_a_concession_after_the_response_waits_for_the_order(redress: Redress) -> None:
    redress.live(RESPONDED.format(decision="plan_refused") + "\nadvance H-1 concede")
    assert (redress.state(), redress.dates(running=True)) == ("appeal_conceded", {})
    redress.refuses("advance H-1 comply --fact duty=unopposed_make_plan_draft", "no duty is owed")
    redress.at("2026-07-24T15:00:00+01:00").live("advance H-1 make_order --fact kind=make_plan")
    assert redress.state() == "order_made"
    assert redress.dates(running=True) == ordered("order", MAKE_PLAN)
    redress.live("advance H-1 comply --fact duty=order_make_plan_draft")
    redress.live("advance H-1 comply --fact duty=order_make_plan_final")
    assert redress.state() == "closed"


def test_a_response_before_a_concession_is_recorded_although_learned_of_after_it(redress: Redress) -> None:
    """Reg 45 is for a council that has not responded yet, so its limits never ran, whoever had looked meanwhile."""
    redress.live(f"{LODGED.format(decision='plan_issued')}\n@ 2026-07-17T09:00:00+01:00\nadvance H-1 concede")
    assert redress.dates(running=True) == {"unopposed_amend_plan": "2026-08-21"}
    redress.at("2026-09-01T09:00:00+01:00").sweep()
    redress.refuses("advance H-1 respond_to_appeal --on 2026-07-20", "conceded_on (2026-07-17)", "respond_to_appeal")
    assert redress.why_not("respond_to_appeal") is None
    redress.live("advance H-1 respond_to_appeal --on 2026-07-16")
    assert (redress.state(), redress.dates(running=True)) == ("appeal_conceded", {})
    response, never = redress.deadline("respond_to_appeal"), redress.deadline("unopposed_amend_plan")
    assert (response["status"], response["ended_on"], response["missed"]) == ("met", "2026-07-16", False)
    assert (never["status"], never["missed"]) == ("superseded", False)
    redress.refuses("advance H-1 respond_to_appeal --on 2026-07-16", "appeal_responded_on is recorded already")
    redress.live("advance H-1 make_order --fact kind=amend_plan")
    assert redress.is_intact()


@pytest.mark.parametrize("kind", ["amend_plan", "dismiss"])
def test_a_response_is_recorded_although_learned_of_after_the_order(redress: Redress, kind: str) -> None:
    redress.live(f"""{LODGED.format(decision="plan_issued")}
        @ 2026-07-24T15:00:00+01:00
        daemon --once
        advance H-1 make_order --fact kind={kind}
        @ 2026-07-27T09:00:00+01:00
    """)
    redress.refuses("advance H-1 respond_to_appeal --on 2026-07-25", "order_made_on (2026-07-24)")
    state = redress.state()
    redress.live("advance H-1 respond_to_appeal --on 2026-07-21")
    response = redress.deadline("respond_to_appeal")
    assert (redress.state(), response["status"], response["missed"]) == (state, "met", True)


def test_an_order_after_a_concession_takes_the_place_of_its_limits(redress: Redress) -> None:
    redress.live(f"{LODGED.format(decision='plan_issued')}\n@ 2026-06-15T09:00:00+01:00\nadvance H-1 concede")
    redress.at("2026-07-24T15:00:00+01:00").sweep()
    redress.live("advance H-1 make_order --fact kind=amend_plan")
    assert redress.dates(running=True) == {"order_amend_plan": "2026-08-28"}
    missed = redress.deadline("unopposed_amend_plan")
    assert (missed["status"], missed["missed"]) == ("superseded", True)


# --- recommendations on health and social care ------------------------------------------------------------------------

HEALTH, CARE = "respond_to_recommendation_health", "respond_to_recommendation_social_care"


@pytest.mark.parametrize(("to", "duties"), [("health", {HEALTH}), ("social_care", {CARE}), ("both", {HEALTH, CARE})])
@pytest.mark.parametrize("kind", ["amend_plan", "dismiss"])
def test_a_recommendation_is_answered_in_five_weeks(redress: Redress, kind: str, to: str, duties: set[str]) -> None:
    redress.live(ORDERED.format(decision="plan_issued", kind=kind))
    state = redress.state()
    redress.live(f"advance H-1 recommend --fact recommended_to={to}")
    assert redress.state() == state
    dates = redress.dates(running=True)
    assert {name: day for name, day in dates.items() if name in (HEALTH, CARE)} == dict.fromkeys(duties, "2026-08-28")
    redress.at("2026-08-29T00:00:00+01:00")
    assert {deadline for _, deadline, _ in redress.sweep()} - {"order_amend_plan"} == duties
    for duty in duties:
        redress.live(f"record H-1 {duty}_met_on=2026-08-28")
        assert (redress.statuses()[duty], redress.deadline(duty)["missed"]) == ("met", False)


def test_a_recommendation_comes_with_the_order_and_not_before_it(redress: Redress) -> None:
    redress.live(ORDERED.format(decision="plan_issued", kind="name_school"))
    redress.refuses(
        "advance H-1 recommend --on 2026-07-23 --fact recommended_to=both", "before order_made_on (2026-07-24)"
    )
    redress.live("advance H-1 recommend --on 2026-07-24 --fact recommended_to=both")


def test_no_recommendation_is_recorded_of_a_refusal_to_assess_by_any_way(redress: Redress) -> None:
    redress.live(ORDERED.format(decision="assessment_refused", kind="assess"))
    for body in ("health", "social_care"):
        redress.refuses(f"record H-1 {body}_recommended_on=2026-07-24", "refusal to assess", "SI 2017/1306")


def test_what_was_recommended_falls_away_where_the_decision_was_a_refusal_to_assess(redress: Redress) -> None:
    redress.live(ORDERED.format(decision="reassessment_refused", kind="assess"))
    redress.live("advance H-1 recommend --fact recommended_to=both")
    redress.live("correct H-1 decision=assessment_refused --reason 'it was the first request'")
    assert (redress.statuses()[HEALTH], redress.statuses()[CARE]) == ("superseded", "superseded")


def test_a_recommendation_outlives_the_last_duty_of_the_order(redress: Redress) -> None:
    """The health body's five weeks are shown until it has answered, also where the council has done its part."""
    redress.live(ORDERED.format(decision="plan_issued", kind="name_school"))
    redress.live("advance H-1 recommend --fact recommended_to=health")
    redress.at("2026-08-07T09:00:00+01:00").live("advance H-1 comply --fact duty=order_name_school")
    assert redress.dates(running=True) == {HEALTH: "2026-08-28"}
