"""The statutory timetable: every deadline, whose it is, what starts its clock, how long it runs, and its source.

This is the table of docs/reference.md; nothing else in the product knows a length of time. A row that is not
`verified` has not been held against the text of its provision yet, and everything that shows it says so.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from states.decisions import DECISIONS


class Kind(StrEnum):
    """Boundary: passing it changes the case's state. Duty: passing it is recorded as missed, the state stays."""

    BOUNDARY = "boundary"
    DUTY = "duty"


class Unit(StrEnum):
    """What a length is counted in. Months are not 30 days, and weeks are not working days."""

    MONTHS = "months"
    WEEKS = "weeks"
    DAYS = "days"
    DAYS_WITH_THE_FIRST = "days, the first day counted"
    WORKING_DAYS = "working days"
    TRIBUNAL_WORKING_DAYS = "working days without August and Christmas"
    AT_ONCE = "at once"


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One deadline of the timetable.

    `clock` names the facts that start it, the first one recorded counting. `met_by` names the facts any of which
    shows it done, besides `<id>_met_on`. `ended_by` names the facts that end it undone: it no longer applies.
    `instead` is the one of them that shows another road taken, on which it never was to be done. `when` lists, for a
    fact, the values for which the rule runs at all ("": not recorded); `unless` names facts that stop it when they are
    true. `before` names a fact: a clock that starts no earlier starts nothing. `after` is another deadline whose end
    starts this clock. `excuses` are the grounds on which the provision itself excuses it; they excuse, they do not
    reset. `read` names what was read to check the row, where that was not the provision's own words or not all of them.
    """

    id: str
    words: str
    who: str
    clock: tuple[str, ...]
    unit: Unit
    length: int
    source: str
    verified: bool
    met_by: tuple[str, ...] = ()
    ended_by: tuple[str, ...] = ()
    when: Mapping[str, tuple[str, ...]] | None = None
    unless: tuple[str, ...] = ()
    before: str = ""
    after: str | None = None
    instead: str = ""
    kind: Kind = Kind.DUTY
    tribunal: bool = False
    excuses: tuple[str, ...] = ()
    read: str = ""
    in_words: str = ""

    # The names of the facts that the deadline brings with it, and all those that show it met.
    directed_on: str = field(init=False)
    excused: str = field(init=False)
    shows_it_met: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "directed_on", f"{self.id}_directed_on")
        object.__setattr__(self, "excused", f"{self.id}_excused")
        object.__setattr__(self, "shows_it_met", (f"{self.id}_met_on", *self.met_by))

    @property
    def carries_out(self) -> bool:
        """Whether it carries out what was ordered, recommended, conceded or agreed, so that `comply` records it."""
        return self.id.startswith(("order_", "unopposed_", "agreement_", "respond_to_recommendation_"))

    @property
    def span(self) -> str:
        """How long it runs, in words."""
        if self.in_words:
            return self.in_words
        return self.unit.value if self.unit is Unit.AT_ONCE else f"{self.length} {self.unit.value}"


LA, FAMILY, ADVISER, HEALTH = "the council", "the family", "the mediation adviser", "the health body"

# Regs 5(4), 10(4) and 13(3) share their grounds; reg 44(3) is a list of its own.
EXCUSES = (
    "school_closed",
    "early_years_closed",
    "exceptional_circumstances",
    "absent_four_weeks",
)
EXCUSES_44 = ("exceptional_circumstances", "absent_two_weeks", "wishes_representations")

# Something was agreed in the mediation, all or part.
AGREED: Mapping[str, tuple[str, ...]] = {"outcome": ("agreement", "partial", "")}

# The Tribunal recommends on health and social care in all but refusals to assess.
RECOMMENDED: Mapping[str, tuple[str, ...]] = {
    "decision": (*(decision.id for decision in DECISIONS.values() if decision.recommendations), "")
}

M, W, D, WD = Unit.MONTHS, Unit.WEEKS, Unit.DAYS, Unit.WORKING_DAYS
AT_ONCE = Unit.AT_ONCE

# fmt: off
DECISION_RULES = (
    Rule(
        "notify_assessment_refusal", "Tell the family that there will be no assessment", LA,
        ("requested_on",), W, 6, "SEND Regs 2014 reg 5(1)", True,
        met_by=("letter_sent_on",), when={"decision": ("assessment_refused",)}, excuses=EXCUSES,
    ),
    Rule(
        "notify_plan_refusal", "Tell the family that there will be no plan", LA,
        ("requested_on",), W, 16, "SEND Regs 2014 reg 10(1)", True,
        met_by=("letter_sent_on",), when={"decision": ("plan_refused",)}, excuses=EXCUSES,
    ),
    Rule(
        "finalise_plan", "Send the final plan", LA,
        ("requested_on",), W, 20, "SEND Regs 2014 reg 13(2)", True,
        met_by=("letter_sent_on",), when={"decision": ("plan_issued",)}, excuses=EXCUSES,
    ),
    Rule(
        "draft_plan_comments", "Comment on the draft plan", FAMILY,
        ("draft_plan_served_on",), Unit.DAYS_WITH_THE_FIRST, 15, "SEND Regs 2014 reg 13(1)(a)", True,
        met_by=("draft_plan_comments_on",), ended_by=("letter_sent_on",), when={"decision": ("plan_issued",)},
    ),
    Rule(
        "notify_reassessment_refusal", "Tell the family that there will be no reassessment", LA,
        ("requested_on",), D, 15, "SEND Regs 2014 reg 25", False,
        met_by=("letter_sent_on",), when={"decision": ("reassessment_refused",)},
        read="guidance: Kent CC (15 calendar days); the text of reg 27(2) for the cross-reference",
    ),
    Rule(
        "notify_review_decision", "Tell the family what is decided after the review", LA,
        ("review_meeting_on",), W, 4, "SEND Regs 2014 reg 20", False,
        met_by=("amendment_notice_sent_on", "letter_sent_on"),
        when={"decision": ("amendment_refused", "plan_ceased", "plan_issued")},
        read="guidance: Essex CC, Birmingham CC; L v Devon CC [2022] EWHC 493 (Admin) by report",
    ),
    Rule(
        "issue_amended_plan", "Send the amended plan", LA,
        ("amendment_notice_sent_on",), W, 8, "SEND Regs 2014 reg 22(3)", True,
        met_by=("letter_sent_on",), when={"decision": ("plan_issued",)},
        read="the text of reg 22(1)-(3), as on 1 May 2020",
    ),
)

MEDIATION_RULES = (
    Rule(
        "contact_adviser", "Contact the mediation adviser", FAMILY,
        ("letter_sent_on",), M, 2, "SEND Regs 2014 reg 33", True,
        met_by=("adviser_contacted_on",), ended_by=("certificate_issued_on", "appeal_lodged_on"),
        unless=("issued_on_tribunal_order",),
    ),
    Rule(
        "certificate_after_decline", "Issue the certificate: mediation is not wanted", ADVISER,
        ("mediation_declined_on",), WD, 3, "SEND Regs 2014 reg 34(1)", False,
        met_by=("certificate_issued_on",), read="guidance: IPSEA, Sefton, Surrey SENDIASS",
    ),
    Rule(
        "inform_health_body", "Tell the health body of the mediation on health issues", LA,
        ("health_issues_told_on",), WD, 3, "SEND Regs 2014 reg 35", False,
        met_by=("health_body_informed_on",), ended_by=("mediation_declined_on", "certificate_issued_on"),
        read="guidance: IPSEA, the mediation process",
    ),
    Rule(
        "arrange_health_mediation", "Arrange the mediation on health issues", HEALTH,
        ("health_body_informed_on",), D, 30, "SEND Regs 2014 reg 35", False,
        met_by=("health_mediation_arranged_on", "mediation_concluded_on"),
        ended_by=("mediation_declined_on", "certificate_issued_on"), when={"health_issues_alone": ("true", "")},
        read="guidance: IPSEA, the mediation process (health issues alone; the council arranges the mixed ones)",
    ),
    Rule(
        "arrange_mediation", "Arrange mediation and take part in it", LA,
        ("la_told_of_mediation_on", "mediation_requested_on"), D, 30,
        "CFA 2014 s.54; SEND Regs 2014 regs 36-37", False,
        met_by=("mediation_arranged_on", "mediation_concluded_on"),
        ended_by=("certificate_issued_on",), unless=("health_issues_alone",),
        read="guidance: IPSEA, Sefton; explanatory notes to CFA s.52 (the family tells the council)",
    ),
    Rule(
        # As soon as the council realises it, on the guidance; the end of the 30 days is the latest day (so law.md).
        "tell_adviser_no_mediation", "Tell the adviser that no mediation was arranged in time", LA,
        ("la_told_of_mediation_on", "mediation_requested_on"), AT_ONCE, 0, "SEND Regs 2014 reg 36", False,
        met_by=("mediation_not_arranged_on",),
        ended_by=("mediation_arranged_on", "mediation_concluded_on", "certificate_issued_on"),
        unless=("health_issues_alone",),
        after="arrange_mediation",
        read="guidance: IPSEA, Sefton (as soon as the council realises it; the 30th day is the latest)",
    ),
    Rule(
        "certificate_after_no_mediation", "Issue the certificate: no mediation in time", ADVISER,
        ("mediation_not_arranged_on",), WD, 3, "SEND Regs 2014 regs 36-39", False,
        met_by=("certificate_issued_on",), ended_by=("mediation_concluded_on",), read="guidance: IPSEA, Sefton",
    ),
    Rule(
        "certificate_after_mediation", "Issue the certificate: mediation has ended", ADVISER,
        ("mediation_concluded_on",), WD, 3, "SEND Regs 2014 reg 39", False,
        met_by=("certificate_issued_on",), read="guidance: Sefton, Surrey SENDIASS, IPSEA (after every mediation)",
    ),
)

# The window's other length: from the certificate, where that gives the later day.
MONTHS_FROM_CERTIFICATE = 1

LODGE_APPEAL = Rule(
    "lodge_appeal", "Lodge the appeal with the Tribunal", FAMILY,
    ("letter_sent_on", "certificate_issued_on"), M, 2, "HESC Rules 2008 r.20(1)(c)", True,
    met_by=("appeal_lodged_on",), kind=Kind.BOUNDARY, tribunal=True,
    in_words="2 months from the letter, or 1 month from the certificate if that is later",
)

APPEAL_RULES = (
    LODGE_APPEAL,
    Rule(
        "respond_to_appeal", "Respond to the appeal", LA,
        ("appeal_received_on",), Unit.TRIBUNAL_WORKING_DAYS, 30, "HESC Rules 2008 r.21, r.12(3)(b)", False,
        met_by=("appeal_responded_on",), ended_by=("conceded_on", "appeal_withdrawn_on", "order_made_on"),
        tribunal=True, read="guidance: IPSEA (30 working days; August and Christmas not counted); r.21(1) as made",
    ),
    Rule(
        "submit_evidence", "Send the evidence that the Tribunal asked for", LA,
        ("evidence_due_on",), AT_ONCE, 0, "HESC Rules 2008 r.15; the Tribunal's direction", True,
        met_by=("evidence_submitted_on",), ended_by=("appeal_withdrawn_on", "order_made_on"), tribunal=True,
        read="a date that the Tribunal directed is a date (r.12(4)): nothing is reckoned",
    ),
    Rule(
        "respond_to_recommendation_health", "Answer the recommendation on health care", HEALTH,
        ("health_recommended_on",), W, 5, "SI 2017/1306 reg 7", False, when=RECOMMENDED,
        read="guidance: Medway Council, Enfield SENDIASS, IPSEA",
    ),
    Rule(
        "respond_to_recommendation_social_care", "Answer the recommendation on social care", LA,
        ("social_care_recommended_on",), W, 5, "SI 2017/1306 reg 7", False, when=RECOMMENDED,
        read="guidance: Medway Council, Enfield SENDIASS, IPSEA",
    ),
    Rule(
        "agreement_other", "Do what was agreed and could not be appealed", LA,
        ("mediation_concluded_on",), W, 2, "SEND Regs 2014 reg 42(3)", True,
        when={"other_issues_agreed": ("true",), **AGREED},
    ),
    Rule(
        "agreement_inform_la", "Tell the council what was agreed without it", HEALTH,
        ("health_agreement_on",), W, 1, "SEND Regs 2014 reg 42(4)", True,
    ),
)
# fmt: on


@dataclass(frozen=True, slots=True)
class CarryOut:
    """What the council must then do, and the paragraphs of regs 44 and 45 that say so ("": reg 45 does not)."""

    kind: str
    step: str
    words: str
    unit: Unit
    length: int
    ordered: tuple[str, bool]
    unopposed: tuple[str, bool]
    instead: str = ""
    read: str = ""


SEND18 = "guidance: gov.uk SEND18 (1 November 2023)"
SURREY = "guidance: Surrey SENDIASS (the council does not oppose)"

# What was ordered, conceded or agreed; the limits are the same in the three cases (regs 44, 45 and 42(2)).
CARRY_OUT = (
    CarryOut("cease", "", "Let the plan cease", AT_ONCE, 0, ("44(2)(a)", True), ("", False)),
    CarryOut(
        "assess", "_notify", "Tell the family that it will assess", W, 2, ("44(2)(b)", True), ("45(3), (3A)", True)
    ),
    CarryOut(
        "assess", "_no_plan", "Tell the family that there will be no plan, if so decided", W, 10,
        ("44(2)(b)", True), ("45(3), (3A)", True), instead="_plan",
    ),
    CarryOut(
        "assess", "_plan", "Send the final plan, if there is to be one", W, 14,
        ("44(2)(b)", True), ("45(3), (3A)", True), instead="_no_plan",
    ),
    CarryOut("make_plan", "_draft", "Send the draft plan", W, 5, ("44(2)(c)", True), ("45", False)),
    CarryOut("make_plan", "_final", "Send the final plan", W, 11, ("44(2)(c)", True), ("45", False)),
    CarryOut("reconsider", "", "Decide again", W, 2, ("44(2)(d)", False), ("", False)),
    CarryOut("amend_plan", "", "Send the amended plan", W, 5, ("44(2)(e)", False), ("45(4)", True), read=SEND18),
    CarryOut(
        "name_school", "", "Send the plan with the school named", W, 2, ("44(2)(f)", False), ("45", False),
        read=SEND18,
    ),
    CarryOut(
        "continue", "", "Keep the plan", AT_ONCE, 0, ("44(2)(g)", False), ("45", False), read=SEND18
    ),
    CarryOut(
        "continue_and_amend", "", "Keep the plan and send it amended", W, 5, ("44(2)(h)", False), ("45", False)
    ),
)  # fmt: skip

KINDS = tuple(dict.fromkeys(row.kind for row in CARRY_OUT))
UNOPPOSED_KINDS = tuple(dict.fromkeys(row.kind for row in CARRY_OUT if row.unopposed[0]))
DISMISSED = "dismiss"

# What a council that does not oppose an appeal gives, by the decision appealed; the first unless it is said (reg 45).
CONCEDED_ON: Mapping[str, tuple[str, ...]] = {
    "assessment_refused": ("assess",),
    "plan_refused": ("make_plan",),
    "plan_issued": ("amend_plan", "name_school"),
    "reassessment_refused": ("assess",),
    "amendment_refused": ("amend_plan",),
    "plan_ceased": ("continue", "continue_and_amend"),
}

# What the Tribunal orders on such an appeal (reg 43(2), of which (b) and (c) were read); its powers "include" these.
_OF_A_PLAN = ("amend_plan", "name_school", "continue", "continue_and_amend")
ORDERED_ON: Mapping[str, tuple[str, ...]] = {
    "assessment_refused": ("assess",),
    "plan_refused": ("make_plan", "reconsider"),
    "plan_issued": _OF_A_PLAN,
    "reassessment_refused": ("assess",),
    "amendment_refused": _OF_A_PLAN,
    "plan_ceased": ("cease", *_OF_A_PLAN),
}


def _carry_out(
    route: str, clock: str, fact: str, *, also_when: Mapping[str, tuple[str, ...]] | None = None, before: str = "",
    ended_by: tuple[str, ...] = (),
) -> Iterable[Rule]:  # fmt: skip
    """The rows of CARRY_OUT as rules of one route: by order, unopposed, or by a mediation agreement."""
    for row in CARRY_OUT:
        paragraph, verified = {
            "order": row.ordered,
            "unopposed": row.unopposed,
            "agreement": ("42(2)", row.ordered[1]),
        }[route]
        if paragraph:
            instead = f"{route}_{row.kind}{row.instead}_met_on" if row.instead else ""
            yield Rule(
                f"{route}_{row.kind}{row.step}",
                row.words,
                LA,
                (clock,),
                row.unit,
                row.length,
                f"SEND Regs 2014 reg {paragraph}",
                verified,
                ended_by=(instead, *ended_by) if instead else ended_by,
                instead=instead,
                when={fact: (row.kind,), **(also_when or {})},
                before=before,
                excuses=EXCUSES_44 if route == "order" and row.unit is W else (),
                read="" if verified else SURREY if route == "unopposed" else row.read,
            )


RULES: Mapping[str, Rule] = {
    rule.id: rule
    for rule in (
        *DECISION_RULES,
        *MEDIATION_RULES,
        *APPEAL_RULES,
        *_carry_out("order", "order_made_on", "kind"),
        # Reg 45 is for a council that gives way before it has responded; after that the Tribunal makes the order.
        *_carry_out(
            "unopposed", "conceded_on", "conceded_kind", before="appeal_responded_on", ended_by=("order_made_on",)
        ),
        *_carry_out("agreement", "mediation_concluded_on", "agreement_kind", also_when=AGREED),
    )
}


def is_read(deadline: str) -> bool:
    """Whether a deadline's provision was read in its own words, or is none of ours; else its date is to be checked."""
    rule = RULES.get(deadline)
    return rule is None or rule.verified
