"""A second reckoning of every deadline's day, written from the timetable (law.md) alone.

It shares nothing with `states/`: its months are dateutil's, its bank holidays those of the `holidays` library, and its
rules are written out again. Where the two differ, one of them has misread the law.
"""

from collections.abc import Callable, Mapping
from datetime import date, timedelta

import holidays
from dateutil.relativedelta import relativedelta

Case = Mapping[str, date | str | bool]
Length = Callable[[date], date]

BANK_HOLIDAYS = frozenset(holidays.country_holidays("GB", subdiv="ENG", years=range(2012, 2036)))


def works(day: date) -> bool:
    """C3."""
    return day.weekday() not in (5, 6) and day not in BANK_HOLIDAYS


def onwards(day: date) -> date:
    """The day itself if it is a working day, else the next one."""
    return day if works(day) else onwards(day + timedelta(days=1))


def in_recess(day: date) -> bool:
    """The days of r.12(3): August, and 25 December to 1 January."""
    return day.month == 8 or (day.month == 12 and day.day >= 25) or (day.month == 1 and day.day == 1)


def kept_on(end: date) -> date:
    """C5, C6 and C8: looked at once, on the day on which the time itself ends."""
    if end.month == 8:
        return onwards(date(end.year, 9, 1))
    if in_recess(end):
        return onwards(date(end.year + 1 if end.month == 12 else end.year, 1, 2))
    return onwards(end)


def months(count: int) -> Length:
    return lambda start: start + relativedelta(months=count)


def weeks(count: int) -> Length:
    return lambda start: start + timedelta(weeks=count)


def days(count: int) -> Length:
    return lambda start: start + timedelta(days=count)


def working_days(count: int, counted: Callable[[date], bool] = works) -> Length:
    def end(start: date) -> date:
        found, day = 0, start
        while found < count:
            day += timedelta(days=1)
            found += counted(day)
        return day

    return end


def before_the_tribunal(day: date) -> bool:
    """C7."""
    return works(day) and not in_recess(day)


# Without a condition: the clock's event, and the length.
PLAIN: dict[str, tuple[str, Length]] = {
    "contact_adviser": ("letter_sent_on", months(2)),
    "certificate_after_decline": ("mediation_declined_on", working_days(3)),
    "inform_health_body": ("health_issues_told_on", working_days(3)),
    "arrange_health_mediation": ("health_body_informed_on", days(30)),
    "certificate_after_no_mediation": ("mediation_not_arranged_on", working_days(3)),
    "certificate_after_mediation": ("mediation_concluded_on", working_days(3)),
    "respond_to_appeal": ("appeal_received_on", working_days(30, before_the_tribunal)),
    "submit_evidence": ("evidence_due_on", days(0)),  # a directed date is a date
    "respond_to_recommendation_health": ("health_recommended_on", weeks(5)),
    "respond_to_recommendation_social_care": ("social_care_recommended_on", weeks(5)),
    "agreement_inform_la": ("health_agreement_on", weeks(1)),
}

# For some decisions only.
BY_DECISION: dict[str, tuple[tuple[str, ...], str, Length]] = {
    "notify_assessment_refusal": (("assessment_refused",), "requested_on", weeks(6)),
    "notify_plan_refusal": (("plan_refused",), "requested_on", weeks(16)),
    "finalise_plan": (("plan_issued",), "requested_on", weeks(20)),
    "draft_plan_comments": (("plan_issued",), "draft_plan_served_on", days(14)),  # 15 with the day of service
    "notify_reassessment_refusal": (("reassessment_refused",), "requested_on", days(15)),
    "notify_review_decision": (("plan_issued", "amendment_refused", "plan_ceased"), "review_meeting_on", weeks(4)),
    "issue_amended_plan": (("plan_issued",), "amendment_notice_sent_on", weeks(8)),
}

# What is to be carried out, by its kind (reg 44(2)).
BY_KIND: dict[str, dict[str, Length]] = {
    "cease": {"cease": days(0)},
    "assess": {"assess_notify": weeks(2), "assess_no_plan": weeks(10), "assess_plan": weeks(14)},
    "make_plan": {"make_plan_draft": weeks(5), "make_plan_final": weeks(11)},
    "reconsider": {"reconsider": weeks(2)},
    "amend_plan": {"amend_plan": weeks(5)},
    "name_school": {"name_school": weeks(2)},
    "continue": {"continue": days(0)},
    "continue_and_amend": {"continue_and_amend": weeks(5)},
}
NOT_IN_REG_45 = ("cease", "reconsider")


def due_dates(case: Case) -> dict[str, date]:
    """Every deadline that the facts of a case start, and its day."""
    found = _plain(case) | _by_decision(case) | _mediation(case) | _carried_out(case) | _window(case)
    return {id_: _directed(case, id_) or due_on for id_, due_on in found.items()}


def _on(case: Case, fact: str) -> date | None:
    value = case.get(fact)
    return value if isinstance(value, date) else None


def _directed(case: Case, id_: str) -> date | None:
    return _on(case, f"{id_}_directed_on")


def _plain(case: Case) -> dict[str, date]:
    barred = set()
    if case.get("issued_on_tribunal_order") is True:
        barred.add("contact_adviser")  # no routine right of appeal, so nothing to see an adviser for
    if case.get("health_issues_alone") is False:
        barred.add("arrange_health_mediation")  # the council arranges the mixed ones
    if case.get("decision") == "assessment_refused":
        barred |= {"respond_to_recommendation_health", "respond_to_recommendation_social_care"}
    return {
        id_: length(start)
        for id_, (clock, length) in PLAIN.items()
        if id_ not in barred and (start := _on(case, clock))
    }


def _by_decision(case: Case) -> dict[str, date]:
    return {
        id_: length(start)
        for id_, (decisions, clock, length) in BY_DECISION.items()
        if case.get("decision") in decisions and (start := _on(case, clock))
    }


def _mediation(case: Case) -> dict[str, date]:
    """The family's telling the council starts the 30 days; health issues alone are for the health body."""
    told = _on(case, "la_told_of_mediation_on") or _on(case, "mediation_requested_on")
    if told is None or case.get("health_issues_alone") is True:
        return {}
    thirtieth = told + timedelta(days=30)
    return {
        "arrange_mediation": thirtieth,
        "tell_adviser_no_mediation": _directed(case, "arrange_mediation") or thirtieth,
    }


def _carried_out(case: Case) -> dict[str, date]:
    found: dict[str, date] = {}
    routes = (("order", "order_made_on", "kind"), ("unopposed", "conceded_on", "conceded_kind"))
    for route, clock, said in (*routes, ("agreement", "mediation_concluded_on", "agreement_kind")):
        kind, start = str(case.get(said)), _on(case, clock)
        if start is None or (route == "agreement" and case.get("outcome") == "none"):
            continue
        responded = _on(case, "appeal_responded_on")
        in_reg_45 = kind not in NOT_IN_REG_45 and (responded is None or start < responded)
        if route != "unopposed" or in_reg_45:
            found |= {f"{route}_{step}": length(start) for step, length in BY_KIND.get(kind, {}).items()}
    concluded = _on(case, "mediation_concluded_on")
    if concluded and case.get("other_issues_agreed") is True and case.get("outcome") != "none":
        found["agreement_other"] = concluded + timedelta(weeks=2)
    return found


def _window(case: Case) -> dict[str, date]:
    sent, certificate = _on(case, "letter_sent_on"), _on(case, "certificate_issued_on")
    if sent is None or case.get("issued_on_tribunal_order") is True:
        return {}
    ends = [sent + relativedelta(months=2)]
    if certificate:
        ends.append(certificate + relativedelta(months=1))
    return {"lodge_appeal": kept_on(max(ends))}
