"""Every rule of the timetable: its dates, what beats, meets, excuses and ends it, and when it does not run."""

from datetime import timedelta

import pytest
from given import day, facts, reckoner, the_deadline
from timetable_rows import IN_LAW_MD, ROWS, Dated

from states.deadlines import Deadline, Status, deadlines
from states.decisions import DECISIONS, Decision
from states.facts import Facts
from states.rules import RULES, Kind

FIRST_ROWS = {row.id: row for row in reversed(ROWS)}
EXCUSED_BY_REG_5 = ("school_closed", "early_years_closed", "exceptional_circumstances", "absent_four_weeks")
EXCUSED_BY_REG_44 = ("exceptional_circumstances", "absent_two_weeks", "wishes_representations")


def running(row: Dated, **more: str) -> Deadline:
    found = the_deadline(row.id, facts(**row.facts | more), "order_made")
    assert found is not None
    return found


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.id} {row.due_on}")
def test_the_day_and_the_instant(row: Dated) -> None:
    found = running(row)
    assert found.due_on == day(row.due_on)
    assert found.fires_at.isoformat() == row.fires_at
    assert not found.directed
    if row.id != "lodge_appeal":
        assert found.status is Status.ARMED


def test_every_rule_has_a_row() -> None:
    assert [id_ for id_ in RULES if id_ not in FIRST_ROWS] == []


def test_every_time_limit_of_the_law_is_a_rule_and_nothing_else_is() -> None:
    assert sorted(RULES) == sorted(IN_LAW_MD)


def test_only_the_boundary_moves_a_state() -> None:
    assert [rule.id for rule in RULES.values() if rule.kind is Kind.BOUNDARY] == ["lodge_appeal"]
    assert [rule.id for rule in RULES.values() if rule.tribunal] == [
        "lodge_appeal",
        "respond_to_appeal",
        "submit_evidence",
    ]


@pytest.mark.parametrize("id_", IN_LAW_MD)
def test_a_rule_is_verified_only_where_its_text_was_read(id_: str) -> None:
    rule = RULES[id_]
    if rule.verified:
        assert IN_LAW_MD[id_] or rule.read.startswith("the text of reg"), f"{id_} claims more than law.md"
    else:
        assert not IN_LAW_MD[id_] or id_.startswith("agreement_"), f"{id_} claims less than law.md"


def test_an_agreement_s_length_is_no_better_read_than_the_order_s_from_which_it_comes() -> None:
    """Reg 42(2) was read, but it takes its length from reg 44(2), whose (d) to (h) law.md marks m or p."""
    claims_more = [
        id_
        for id_ in IN_LAW_MD
        if id_.startswith("agreement_") and RULES[id_].verified
        if (by_order := RULES.get(id_.replace("agreement_", "order_"))) and not by_order.verified
    ]
    assert claims_more == []


@pytest.mark.parametrize("row", FIRST_ROWS.values(), ids=lambda row: row.id)
def test_an_unread_rule_says_so(row: Dated) -> None:
    warnings = running(row).warnings
    said = any("Check before relying on it" in line and RULES[row.id].source in line for line in warnings)
    assert said is not RULES[row.id].verified


@pytest.mark.parametrize("row", FIRST_ROWS.values(), ids=lambda row: row.id)
@pytest.mark.parametrize("directed", ["2026-01-10", "2027-08-14", "2026-12-25"])
def test_a_directed_date_beats_the_reckoning_and_is_not_moved(row: Dated, directed: str) -> None:
    found = running(row, **{f"{row.id}_directed_on": directed})
    assert (found.due_on, found.directed) == (day(directed), True)
    if row.id in ("lodge_appeal", "respond_to_appeal", "submit_evidence"):
        assert (found.fires_at.date(), found.fires_at.hour) == (day(directed), 17)
    else:
        assert ((found.fires_at.date() - day(directed)).days, found.fires_at.hour) == (1, 0)


# --- met -----------------------------------------------------------------------------------------------------------

MET_BY = {
    "notify_assessment_refusal": ("letter_sent_on",),
    "notify_plan_refusal": ("letter_sent_on",),
    "finalise_plan": ("letter_sent_on",),
    "draft_plan_comments": ("draft_plan_comments_on",),
    "notify_reassessment_refusal": ("letter_sent_on",),
    "notify_review_decision": ("letter_sent_on", "amendment_notice_sent_on"),
    "issue_amended_plan": ("letter_sent_on",),
    "contact_adviser": ("adviser_contacted_on",),
    "certificate_after_decline": ("certificate_issued_on",),
    "inform_health_body": ("health_body_informed_on",),
    "arrange_health_mediation": ("health_mediation_arranged_on", "mediation_concluded_on"),
    "arrange_mediation": ("mediation_arranged_on", "mediation_concluded_on"),
    "tell_adviser_no_mediation": ("mediation_not_arranged_on",),
    "certificate_after_no_mediation": ("certificate_issued_on",),
    "certificate_after_mediation": ("certificate_issued_on",),
    "lodge_appeal": ("appeal_lodged_on",),
    "respond_to_appeal": ("appeal_responded_on",),
    "submit_evidence": ("evidence_submitted_on",),
}


@pytest.mark.parametrize(("id_", "fact"), [(id_, fact) for id_, names in MET_BY.items() for fact in names])
def test_what_meets_it(id_: str, fact: str) -> None:
    found = running(FIRST_ROWS[id_], **{fact: "2026-12-30"})
    assert (found.status, found.ended_on) == (Status.MET, day("2026-12-30"))
    assert found.due_on == day(FIRST_ROWS[id_].due_on)


def test_no_other_fact_than_these_meets_a_rule() -> None:
    assert {rule.id: set(rule.met_by) for rule in RULES.values() if rule.met_by} == {
        id_: set(names) for id_, names in MET_BY.items()
    }


@pytest.mark.parametrize("row", [r for r in FIRST_ROWS.values() if r.id != "lodge_appeal"], ids=lambda row: row.id)
def test_every_duty_can_be_recorded_as_done(row: Dated) -> None:
    found = running(row, **{f"{row.id}_met_on": "2026-12-30"})
    assert (found.status, found.ended_on) == (Status.MET, day("2026-12-30"))
    assert found.due_on == day(row.due_on)


def test_the_first_of_two_facts_that_meet_it_counts() -> None:
    row = FIRST_ROWS["arrange_mediation"]
    both = {"mediation_arranged_on": "2026-03-20", "mediation_concluded_on": "2026-03-25"}
    assert running(row, **both).ended_on == day("2026-03-20")
    assert running(row, **both, arrange_mediation_met_on="2026-03-18").ended_on == day("2026-03-18")


# --- excused -------------------------------------------------------------------------------------------------------

EXCUSES = dict.fromkeys(("notify_assessment_refusal", "notify_plan_refusal", "finalise_plan"), EXCUSED_BY_REG_5) | {
    id_: EXCUSED_BY_REG_44
    for id_ in IN_LAW_MD
    if id_.startswith("order_") and id_ not in ("order_cease", "order_continue")
}


def test_only_these_rules_have_excuses() -> None:
    assert {rule.id: rule.excuses for rule in RULES.values() if rule.excuses} == EXCUSES


@pytest.mark.parametrize(("id_", "ground"), [(id_, ground) for id_, grounds in EXCUSES.items() for ground in grounds])
def test_an_excuse_excuses_and_the_date_stays_on_show(id_: str, ground: str) -> None:
    row = FIRST_ROWS[id_]
    found = running(row, **{f"{id_}_excused": ground})
    assert found.status is Status.EXCUSED
    assert (found.due_on, found.fires_at.isoformat()) == (day(row.due_on), row.fires_at)
    in_time = running(row, **{f"{id_}_excused": ground, f"{id_}_met_on": row.due_on})
    assert in_time.status is Status.MET
    afterwards = {f"{id_}_excused": ground, f"{id_}_met_on": str(day(row.due_on) + timedelta(days=1))}
    found = running(row, **afterwards)
    assert (found.status, str(found.ended_on)) == (Status.EXCUSED, afterwards[f"{id_}_met_on"])


# --- ended otherwise -------------------------------------------------------------------------------------------------

ENDED_BY = (
    ("draft_plan_comments", "letter_sent_on"),
    ("contact_adviser", "certificate_issued_on"),
    ("contact_adviser", "appeal_lodged_on"),
    ("inform_health_body", "mediation_declined_on"),
    ("inform_health_body", "certificate_issued_on"),
    ("arrange_health_mediation", "mediation_declined_on"),
    ("arrange_health_mediation", "certificate_issued_on"),
    ("arrange_mediation", "certificate_issued_on"),
    ("tell_adviser_no_mediation", "mediation_arranged_on"),
    ("tell_adviser_no_mediation", "mediation_concluded_on"),
    ("tell_adviser_no_mediation", "certificate_issued_on"),
    ("certificate_after_no_mediation", "mediation_concluded_on"),
    ("respond_to_appeal", "conceded_on"),
    ("respond_to_appeal", "appeal_withdrawn_on"),
    ("respond_to_appeal", "order_made_on"),
    ("submit_evidence", "appeal_withdrawn_on"),
    ("submit_evidence", "order_made_on"),
    ("order_assess_no_plan", "order_assess_plan_met_on"),
    ("order_assess_plan", "order_assess_no_plan_met_on"),
    ("agreement_assess_no_plan", "agreement_assess_plan_met_on"),
    ("agreement_assess_plan", "agreement_assess_no_plan_met_on"),
    ("unopposed_assess_no_plan", "unopposed_assess_plan_met_on"),
    ("unopposed_assess_plan", "unopposed_assess_no_plan_met_on"),
    *((id_, fact) for id_ in IN_LAW_MD if id_.startswith("unopposed_") for fact in ("order_made_on",)),
)


@pytest.mark.parametrize(("id_", "fact"), ENDED_BY)
def test_what_ends_it_undone(id_: str, fact: str) -> None:
    found = running(FIRST_ROWS[id_], **{fact: "2026-12-30"})
    assert (found.status, found.ended_on) == (Status.SUPERSEDED, day("2026-12-30"))


def test_nothing_else_ends_a_rule() -> None:
    pairs = {(rule.id, fact) for rule in RULES.values() for fact in rule.ended_by}
    assert pairs == set(ENDED_BY)


@pytest.mark.parametrize("route", ["order", "unopposed", "agreement"])
@pytest.mark.parametrize(("made", "runs", "ended"), [("true", "plan", "no_plan"), ("false", "no_plan", "plan")])
def test_after_an_assessment_one_of_the_two_roads_is_taken(route: str, made: str, runs: str, ended: str) -> None:
    statuses = {
        step: running(FIRST_ROWS[f"{route}_assess_{step}"], plan_to_be_made=made).status for step in (runs, ended)
    }
    assert statuses == {runs: Status.ARMED, ended: Status.SUPERSEDED}
    assert running(FIRST_ROWS[f"{route}_assess_notify"], plan_to_be_made=made).status is Status.ARMED


@pytest.mark.parametrize("row", FIRST_ROWS.values(), ids=lambda row: row.id)
def test_nothing_runs_in_a_closed_case(row: Dated) -> None:
    found = the_deadline(row.id, facts(**row.facts), "closed")
    assert found is not None
    assert found.status is Status.SUPERSEDED


# --- when a rule does not run --------------------------------------------------------------------------------------


def ids(given: Facts) -> set[str]:
    return {deadline.id for deadline in deadlines("letter_sent", given, reckoner())}


@pytest.mark.parametrize(
    ("decision", "expected"),
    [
        ("assessment_refused", {"notify_assessment_refusal"}),
        ("plan_refused", {"notify_plan_refusal"}),
        ("plan_issued", {"finalise_plan", "draft_plan_comments", "notify_review_decision", "issue_amended_plan"}),
        ("reassessment_refused", {"notify_reassessment_refusal"}),
        ("amendment_refused", {"notify_review_decision"}),
        ("plan_ceased", {"notify_review_decision"}),
    ],
)
def test_each_decision_has_its_own_limits(decision: str, expected: set[str]) -> None:
    clocks = ("requested_on", "draft_plan_served_on", "review_meeting_on", "amendment_notice_sent_on")
    assert ids(facts(decision=decision, **dict.fromkeys(clocks, "2026-06-15"))) == expected


@pytest.mark.parametrize("kind", sorted({row.facts["kind"] for row in ROWS if row.id.startswith("order_")}))
def test_an_order_s_kind_picks_its_limits(kind: str) -> None:
    assert ids(facts(kind=kind, order_made_on="2026-07-24")) == {
        row.id for row in ROWS if row.id.startswith("order_") and row.facts["kind"] == kind
    }


def test_without_its_kind_nothing_is_to_be_carried_out() -> None:
    assert ids(facts(order_made_on="2026-07-24", conceded_on="2026-07-24")) == set()
    assert ids(facts(order_made_on="2026-07-24", kind="dismiss")) == set()
    assert ids(facts(mediation_concluded_on="2026-07-24")) == {"certificate_after_mediation"}
    assert ids(facts(mediation_concluded_on="2026-07-24", other_issues_agreed="false")) == {
        "certificate_after_mediation"
    }


def test_mediation_on_health_alone_is_the_health_body_s_to_arrange() -> None:
    told = {"la_told_of_mediation_on": "2026-03-02", "health_body_informed_on": "2026-03-03"}
    assert ids(facts(**told, health_issues_alone="true")) == {"arrange_health_mediation"}
    assert ids(facts(**told, health_issues_alone="false")) == {"arrange_mediation", "tell_adviser_no_mediation"}
    everything = {"arrange_health_mediation", "arrange_mediation", "tell_adviser_no_mediation"}
    assert ids(facts(**told)) == everything


@pytest.mark.parametrize("decision", DECISIONS.values(), ids=lambda decision: decision.id)
def test_a_recommendation_is_answered_in_all_but_refusals_to_assess(decision: Decision) -> None:
    recommended = {"health_recommended_on": "2026-07-24", "social_care_recommended_on": "2026-07-24"}
    answers = {"respond_to_recommendation_health", "respond_to_recommendation_social_care"}
    expected = answers if decision.id != "assessment_refused" else set()
    assert ids(facts(decision=decision.id, **recommended)) == expected


def test_the_adviser_is_told_by_the_end_of_the_30_days_also_where_that_was_agreed_otherwise() -> None:
    agreed = facts(la_told_of_mediation_on="2026-03-02", arrange_mediation_directed_on="2026-05-01")
    found = the_deadline("tell_adviser_no_mediation", agreed)
    assert found is not None
    assert found.due_on == day("2026-05-01")


@pytest.mark.parametrize(
    ("certificate", "mediated", "status", "ended_on"),
    [
        ("2026-03-20", "2026-05-01", Status.SUPERSEDED, "2026-03-20"),
        ("2026-04-01", "2026-04-01", Status.MET, "2026-04-01"),
        ("2026-04-02", "2026-05-01", Status.MET, "2026-05-01"),
    ],
)
def test_a_duty_that_ended_in_time_is_not_done_late_afterwards(
    certificate: str, mediated: str, status: Status, ended_on: str
) -> None:
    """Mediation was to be arranged by 1 April; the certificate ends that, if it comes by then."""
    told = {"la_told_of_mediation_on": "2026-03-02", "certificate_issued_on": certificate}
    found = the_deadline("arrange_mediation", facts(**told, mediation_concluded_on=mediated))
    assert found is not None
    assert (found.due_on, found.status, found.ended_on) == (day("2026-04-01"), status, day(ended_on))
    done = the_deadline("arrange_mediation", facts(**told, arrange_mediation_met_on=mediated))
    assert done is not None
    assert (done.status, done.ended_on) == (Status.MET, day(mediated)), "what is recorded as done is done"


def test_a_plan_issued_on_an_order_gives_no_time_to_contact_an_adviser() -> None:
    assert ids(facts(letter_sent_on="2026-03-02", issued_on_tribunal_order="true")) == set()


def test_the_adviser_s_date_of_the_request_serves_until_the_family_s_is_known() -> None:
    found = the_deadline("arrange_mediation", facts(mediation_requested_on="2026-02-25"))
    assert found is not None
    assert (found.started_by, found.due_on) == ("mediation_requested_on", day("2026-03-27"))


@pytest.mark.parametrize("row", FIRST_ROWS.values(), ids=lambda row: row.id)
def test_it_does_not_run_before_its_clock_has_started(row: Dated) -> None:
    without = {name: text for name, text in row.facts.items() if not name.endswith("_on")}
    assert the_deadline(row.id, facts(**without)) is None


def test_a_date_beyond_the_published_years_says_so_only_where_it_hangs_on_them() -> None:
    counted = running(FIRST_ROWS["respond_to_appeal"], appeal_received_on="2029-03-01")
    calendar_days = running(FIRST_ROWS["notify_plan_refusal"], requested_on="2029-03-01")
    assert any("not published yet" in line for line in counted.warnings)
    assert not any("not published" in line for line in calendar_days.warnings)
