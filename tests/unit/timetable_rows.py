"""The statutory timetable as a table of dates, taken from law.md: what is recorded, the day and the instant.

The clocks go back on 25 October 2026: until then a day is over at +01:00.
"""

from typing import NamedTuple


class Dated(NamedTuple):
    """One deadline: the facts that start it (as text), the law's day, and the instant at which the daemon acts."""

    id: str
    facts: dict[str, str]
    due_on: str
    fires_at: str


REQUEST = {"requested_on": "2026-06-15"}  # a Monday
ORDER = {"order_made_on": "2026-07-24"}  # a Friday; 5 weeks end in August and are not moved (C9)
CONCESSION = {"conceded_on": "2026-07-24"}
AGREEMENT = {"mediation_concluded_on": "2026-07-24"}
WEEKS_2 = ("2026-08-07", "2026-08-08T00:00:00+01:00")
WEEKS_5 = ("2026-08-28", "2026-08-29T00:00:00+01:00")
WEEKS_10 = ("2026-10-02", "2026-10-03T00:00:00+01:00")
WEEKS_11 = ("2026-10-09", "2026-10-10T00:00:00+01:00")
WEEKS_14 = ("2026-10-30", "2026-10-31T00:00:00+00:00")
AT_ONCE = ("2026-07-24", "2026-07-25T00:00:00+01:00")

# What is to be carried out: the kind, the step, and by when after 24 July 2026. The same by order (reg 44),
# unopposed (reg 45; not for cease and reconsider) and by agreement (reg 42(2)).
CARRIED_OUT = (
    ("cease", "cease", AT_ONCE),
    ("assess", "assess_notify", WEEKS_2),
    ("assess", "assess_no_plan", WEEKS_10),
    ("assess", "assess_plan", WEEKS_14),
    ("make_plan", "make_plan_draft", WEEKS_5),
    ("make_plan", "make_plan_final", WEEKS_11),
    ("reconsider", "reconsider", WEEKS_2),
    ("amend_plan", "amend_plan", WEEKS_5),
    ("name_school", "name_school", WEEKS_2),
    ("continue", "continue", AT_ONCE),
    ("continue_and_amend", "continue_and_amend", WEEKS_5),
)

_TO_THE_DECISION = (
    Dated(
        "notify_assessment_refusal", {"decision": "assessment_refused", **REQUEST},
        "2026-07-27", "2026-07-28T00:00:00+01:00",
    ),
    Dated(
        "notify_assessment_refusal", {"decision": "assessment_refused", "requested_on": "2026-07-06"},
        "2026-08-17", "2026-08-18T00:00:00+01:00",  # in August: not moved (C9)
    ),
    Dated(
        "notify_assessment_refusal", {"decision": "assessment_refused", "requested_on": "2026-11-13"},
        "2026-12-25", "2026-12-26T00:00:00+00:00",  # Christmas Day: not moved (C9)
    ),
    Dated("notify_plan_refusal", {"decision": "plan_refused", **REQUEST}, "2026-10-05", "2026-10-06T00:00:00+01:00"),
    Dated("finalise_plan", {"decision": "plan_issued", **REQUEST}, "2026-11-02", "2026-11-03T00:00:00+00:00"),
    Dated(
        "finalise_plan", {"decision": "plan_issued", "requested_on": "2026-01-11"},
        "2026-05-31", "2026-06-01T00:00:00+01:00",  # a Sunday
    ),
    Dated(
        "draft_plan_comments", {"decision": "plan_issued", "draft_plan_served_on": "2026-06-05"},
        "2026-06-19", "2026-06-20T00:00:00+01:00",  # the day of service is counted
    ),
    Dated(
        "notify_reassessment_refusal", {"decision": "reassessment_refused", "requested_on": "2026-06-05"},
        "2026-06-20", "2026-06-21T00:00:00+01:00",  # here it is not; a Saturday
    ),
    Dated(
        "notify_review_decision", {"decision": "amendment_refused", "review_meeting_on": "2026-06-29"},
        "2026-07-27", "2026-07-28T00:00:00+01:00",
    ),
    Dated(
        "notify_review_decision", {"decision": "plan_ceased", "review_meeting_on": "2026-12-01"},
        "2026-12-29", "2026-12-30T00:00:00+00:00",
    ),
    Dated(
        "notify_review_decision", {"decision": "plan_issued", "review_meeting_on": "2026-10-01"},
        "2026-10-29", "2026-10-30T00:00:00+00:00",
    ),
    Dated(
        "issue_amended_plan", {"decision": "plan_issued", "amendment_notice_sent_on": "2026-06-15"},
        "2026-08-10", "2026-08-11T00:00:00+01:00",
    ),
)  # fmt: skip

_MEDIATION = (
    Dated("contact_adviser", {"letter_sent_on": "2026-06-20"}, "2026-08-20", "2026-08-21T00:00:00+01:00"),
    Dated("contact_adviser", {"letter_sent_on": "2025-12-31"}, "2026-02-28", "2026-03-01T00:00:00+00:00"),
    Dated("contact_adviser", {"letter_sent_on": "2027-12-31"}, "2028-02-29", "2028-03-01T00:00:00+00:00"),
    Dated("contact_adviser", {"letter_sent_on": "2026-01-02"}, "2026-03-02", "2026-03-03T00:00:00+00:00"),
    Dated(
        "certificate_after_decline", {"mediation_declined_on": "2026-12-23"},
        "2026-12-30", "2026-12-31T00:00:00+00:00",  # 24, 29, 30: Christmas is counted, save for its holidays
    ),
    Dated(
        "certificate_after_decline", {"mediation_declined_on": "2026-08-05"},
        "2026-08-10", "2026-08-11T00:00:00+01:00",
    ),
    Dated(
        "inform_health_body", {"health_issues_told_on": "2026-04-01"},
        "2026-04-08", "2026-04-09T00:00:00+01:00",  # over Easter
    ),
    Dated(
        "arrange_health_mediation", {"health_body_informed_on": "2026-07-24", "health_issues_alone": "true"},
        "2026-08-23", "2026-08-24T00:00:00+01:00",
    ),
    Dated(
        "arrange_mediation", {"la_told_of_mediation_on": "2026-03-02"}, "2026-04-01", "2026-04-02T00:00:00+01:00",
    ),
    Dated(
        "arrange_mediation",
        {"mediation_requested_on": "2026-02-25", "la_told_of_mediation_on": "2026-03-02"},
        "2026-04-01", "2026-04-02T00:00:00+01:00",  # the family's telling the council counts
    ),
    Dated(
        "tell_adviser_no_mediation", {"la_told_of_mediation_on": "2026-03-02"},
        "2026-04-01", "2026-04-02T00:00:00+01:00",
    ),
    Dated(
        "certificate_after_no_mediation", {"mediation_not_arranged_on": "2026-04-01"},
        "2026-04-08", "2026-04-09T00:00:00+01:00",
    ),
    Dated(
        "certificate_after_mediation", {"mediation_concluded_on": "2026-05-21"},
        "2026-05-27", "2026-05-28T00:00:00+01:00",  # over the spring holiday
    ),
)  # fmt: skip

_APPEAL = (
    Dated(
        "lodge_appeal", {"letter_sent_on": "2026-06-20", "letter_method": "email"},
        "2026-09-01", "2026-09-01T17:00:00+01:00",
    ),
    Dated(
        "lodge_appeal",
        {"letter_sent_on": "2025-10-01", "letter_method": "email", "certificate_issued_on": "2025-11-29"},
        "2026-01-02", "2026-01-02T17:00:00+00:00",
    ),
    Dated("respond_to_appeal", {"appeal_received_on": "2026-07-20"}, "2026-09-29", "2026-09-29T17:00:00+01:00"),
    Dated("submit_evidence", {"evidence_due_on": "2026-08-15"}, "2026-08-15", "2026-08-15T17:00:00+01:00"),
    Dated("respond_to_appeal", {"appeal_received_on": "2026-12-01"}, "2027-01-20", "2027-01-20T17:00:00+00:00"),
    Dated(
        "respond_to_recommendation_health", {"health_recommended_on": "2026-07-24"}, *WEEKS_5,
    ),
    Dated(
        "respond_to_recommendation_social_care", {"social_care_recommended_on": "2026-07-24"}, *WEEKS_5,
    ),
    Dated("agreement_other", {"other_issues_agreed": "true", **AGREEMENT}, *WEEKS_2),
    Dated("agreement_inform_la", {"health_agreement_on": "2026-07-24"}, "2026-07-31", "2026-08-01T00:00:00+01:00"),
)  # fmt: skip

ROWS = (
    *_TO_THE_DECISION,
    *_MEDIATION,
    *_APPEAL,
    *(Dated(f"order_{step}", {"kind": kind, **ORDER}, *when) for kind, step, when in CARRIED_OUT),
    *(
        Dated(f"unopposed_{step}", {"conceded_kind": kind, **CONCESSION}, *when)
        for kind, step, when in CARRIED_OUT
        if kind not in ("cease", "reconsider")
    ),
    *(Dated(f"agreement_{step}", {"agreement_kind": kind, **AGREEMENT}, *when) for kind, step, when in CARRIED_OUT),
)

# Every id of law.md's table of time limits, written out; True where law.md marks it v ("the provision's own words").
IN_LAW_MD = {
    "notify_assessment_refusal": True,
    "notify_plan_refusal": True,
    "finalise_plan": True,
    "draft_plan_comments": True,
    "notify_reassessment_refusal": False,
    "notify_review_decision": False,
    "issue_amended_plan": False,
    "contact_adviser": True,
    "certificate_after_decline": False,
    "inform_health_body": False,
    "arrange_health_mediation": False,
    "arrange_mediation": False,
    "tell_adviser_no_mediation": False,
    "certificate_after_no_mediation": False,
    "certificate_after_mediation": False,
    "lodge_appeal": True,
    "respond_to_appeal": False,
    "submit_evidence": True,  # a date that the Tribunal directs
    "order_cease": True,
    "order_assess_notify": True,
    "order_assess_no_plan": True,
    "order_assess_plan": True,
    "order_make_plan_draft": True,
    "order_make_plan_final": True,
    "order_reconsider": False,
    "order_amend_plan": False,
    "order_name_school": False,
    "order_continue": False,
    "order_continue_and_amend": False,
    "unopposed_assess_notify": True,
    "unopposed_assess_no_plan": True,
    "unopposed_assess_plan": True,
    "unopposed_amend_plan": True,
    "unopposed_make_plan_draft": False,
    "unopposed_make_plan_final": False,
    "unopposed_name_school": False,
    "unopposed_continue": False,
    "unopposed_continue_and_amend": False,
    "agreement_cease": True,
    "agreement_assess_notify": True,
    "agreement_assess_no_plan": True,
    "agreement_assess_plan": True,
    "agreement_make_plan_draft": True,
    "agreement_make_plan_final": True,
    "agreement_reconsider": True,
    "agreement_amend_plan": True,
    "agreement_name_school": True,
    "agreement_continue": True,
    "agreement_continue_and_amend": True,
    "agreement_other": True,
    "agreement_inform_la": True,
    "respond_to_recommendation_health": False,
    "respond_to_recommendation_social_care": False,
}
