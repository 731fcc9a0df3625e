"""A case in each state, with the facts that such a case has, and no more than a row of the workflow asks for."""

from datetime import datetime

from given import day, facts, reckoner

from states.calendar import LONDON
from states.decisions import DECISIONS, UNOPENED, Role
from states.facts import FACTS, Type
from states.situation import Situation
from states.table import Row

NOW = datetime(2026, 12, 1, 9, 0, tzinfo=LONDON)

OPENED = {"decision": "plan_refused", "party": "parent", "decided_on": "2026-03-02"}
LETTER = OPENED | {"letter_sent_on": "2026-03-03", "letter_method": "email"}
CONTACTED = LETTER | {"adviser_contacted_on": "2026-03-10"}
REQUESTED = CONTACTED | {"mediation_requested_on": "2026-03-11"}
CONCLUDED = REQUESTED | {"mediation_concluded_on": "2026-03-20", "outcome": "partial"}
AGREED = {"outcome": "agreement", "agreement_kind": "name_school"}
CERTIFIED = CONCLUDED | {"certificate_issued_on": "2026-03-23"}
LODGED = CERTIFIED | {"appeal_lodged_on": "2026-03-30"}
RECORDED: dict[str, dict[str, str]] = {
    UNOPENED: {},
    "decision_awaited": {"decision": "plan_refused", "party": "parent", "requested_on": "2026-02-02"},
    **{id_: OPENED | {"decision": id_} for id_ in DECISIONS},
    "letter_sent": LETTER,
    "mediation_advised": CONTACTED,
    "mediation_declined": CONTACTED | {"mediation_declined_on": "2026-03-11"},
    "mediation_requested": REQUESTED,
    "mediation_concluded": CONCLUDED | {"agreement_kind": "amend_plan"},
    "agreement_reached": CONCLUDED | AGREED,
    "certificate_issued": CERTIFIED | {"agreement_kind": "amend_plan"},
    "appeal_lodged": LODGED | {"agreement_kind": "amend_plan"},
    "appeal_expired": LETTER | {"health_agreement_on": "2026-03-12"},
    "appeal_conceded": LODGED | {"conceded_on": "2026-04-07", "conceded_kind": "name_school"},
    "order_made": LODGED | {"order_made_on": "2026-04-07", "kind": "name_school"},
    "appeal_dismissed": LODGED | {"order_made_on": "2026-04-07", "kind": "dismiss", "agreement_kind": "amend_plan"},
    "appeal_withdrawn": LODGED | {"appeal_withdrawn_on": "2026-04-07", "agreement_kind": "amend_plan"},
    "closed": OPENED | {"conceded_on": "2026-03-03"},
}
DUTIES = {"order_made": "order_name_school", "appeal_conceded": "unopposed_name_school"}
DUTIES |= {"agreement_reached": "agreement_name_school", "appeal_expired": "agreement_inform_la"}
DUTIES |= {"appeal_withdrawn": "agreement_amend_plan"}


def a_value(name: str) -> str:
    """Some value of the fact's type: one that lets a case go on."""
    by_name = {"kind": "name_school", "decided_on": "2026-03-02", "requested_on": "2026-02-02"}
    rule = FACTS[name]
    by_type = {Type.CHOICE: rule.values[-1:] or ("",), Type.YES_NO: ("true",), Type.SECTIONS: ("B,F",)}
    return by_name.get(name) or by_type.get(rule.type, ("2026-04-14",))[0]


def minimal(row: Row, source: str) -> Situation:
    """A case in the row's source state, with no more than the row asks for."""
    recorded = dict(RECORDED[source])
    told = {name: a_value(name) for name in row.needs}
    told |= {name: values[0] for name, values in (row.when or {}).items()}
    on = "2026-06-26" if row.guard == "is_school_leaving_date" else "2026-04-14"
    if row.guard == "appeal_was_contested":
        on = "2026-04-02"  # before it was conceded, or the order made
    if row.choice == "certificate_is_not_awaited":
        on = "2026-05-05"  # after the two months
    if row.choice == "window_is_open_again":
        on = "2026-11-16"
    if row.trigger in ("issue_certificate", "conclude_mediation"):
        recorded.pop(row.sets, None)
    if row.choice == "nothing_is_owed":
        recorded.pop("agreement_kind", None)
    if row.guard == "may_lodge" and "certificate_issued_on" not in recorded:
        recorded |= {"adviser_contacted_on": "2026-03-10", "certificate_issued_on": "2026-03-23"}
    if row.guard == "window_has_passed" and "certificate_issued_on" not in recorded:
        recorded.pop("adviser_contacted_on", None)  # else a certificate is waited for
    if row.guard == "nothing_open":
        told["closing_reason"] = "moved_away"
    if row.guard == "decision_is_owed":
        told["requested_on"] = a_value("requested_on")
    if row.guard == "disagreement_resolution_runs":
        recorded["disagreement_resolution_started_on"] = "2026-03-03"
    if row.guard == "is_given_to_somebody_else":
        told["owner"] = "ann"
    if row.guard == "is_held":
        recorded["held_for"] = "inquiry"
    if row.guard == "duty_is_owed":
        told["duty"] = DUTIES.get(source, "agreement_amend_plan")
        if row.choice == "goes_on" and source in DUTIES:
            recorded |= {"mediation_concluded_on": "2026-03-20", "other_issues_agreed": "true"}
    if row.trigger == "decide":
        del recorded["decision"]
    role = Role.MANAGER if row.guard == "nothing_open" else row.who  # a reason to close all the same is a manager's
    return Situation("T-1", source, facts(**recorded), NOW, reckoner(), on=day(on), given=facts(**told), role=role)
