"""The workflow: what may follow what, on which facts, by whom, and why. This one table is the workflow.

The machine, the command line's help, the diagram and the reference page are made from it. A row reads: on this
trigger, from these states, to that one ("=" stays), the day is recorded as this fact; it needs those facts, its guard
must have nothing against it, and this is its source in law, or the office's reason.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

from states.decisions import CLOSED_BY_THE_LAST_DUTY, DECISIONS, STATES, UNOPENED, WINDOW_STATES, Role
from states.facts import PRIVATE, Facts

SAME = "="
ANY = tuple(state for state in STATES if state != UNOPENED)
NOT_CLOSED = tuple(state for state in ANY if state != "closed")

# What comes with a certificate.
OF_THE_CERTIFICATE = ("certificate_reference", "certificate_method", "certificate_received_on")


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One row of the workflow table.

    `sets` is the fact that the trigger's day becomes; `clears` are the facts that it takes back, `also` those that
    it changes. `when` and `choice` pick one row where several share a trigger and a state; `guard` may refuse the one
    that was picked. `fills` names the function that turns words said with the trigger, which are not facts themselves,
    into facts.
    """

    trigger: str
    sources: tuple[str, ...]
    dest: str
    words: str
    source: str
    sets: str = ""
    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    clears: tuple[str, ...] = ()
    also: Mapping[str, str] = field(default_factory=dict)
    when: Mapping[str, tuple[str, ...]] | None = None
    choice: str = ""
    guard: str = ""
    fills: str = ""
    who: Role = Role.CASEWORKER
    main_road: bool = True

    def picked_by(self, facts: Facts) -> bool:
        """Whether `when` picks this row by the facts as they would stand."""
        return self.when is None or all(facts.get(fact, "") in values for fact, values in self.when.items())


def _opening() -> Iterator[Row]:
    for decision in DECISIONS.values():
        yield Row(
            "open", (UNOPENED,), decision.id, f"Open a case: {decision.clause}", decision.source,
            needs=("decision", "party", "decided_on"), when={"decision": (decision.id,)}, choice="is_decided",
        )  # fmt: skip
        yield Row(
            "decide", ("decision_awaited",), decision.id, f"The decision is made: {decision.clause}",
            decision.source, sets="decided_on", when={"decision": (decision.id,)}, main_road=False,
        )  # fmt: skip


# fmt: off
TABLE: tuple[Row, ...] = (
    *_opening(),
    Row(
        "open", (UNOPENED,), "decision_awaited", "Open a case at the request, the decision still owed",
        "SEND Regs 2014 regs 5, 10, 13, 20, 25", needs=("decision", "party"),
        takes=("requested_on", "review_meeting_on"), guard="decision_is_owed", choice="is_not_decided",
        main_road=False,
    ),
    Row(
        "grant_request", ("decision_awaited",), "closed", "The council grants what was asked: nothing to appeal",
        "CFA 2014 ss.36, 37, 44", sets="closed_on", main_road=False,
    ),
    Row(
        "send_letter", tuple(DECISIONS), "letter_sent", "The decision letter is sent, with reasons and rights",
        "SEND Regs 2014 regs 5(3), 10, 13; CFA 2014 s.51", sets="letter_sent_on",
        takes=("letter_method", "letter_dated_on", "letter_received_on", "issued_on_tribunal_order", "letter_sha256"),
    ),
    Row(
        "advise_mediation", ("letter_sent",), "mediation_advised", "The family contacts the mediation adviser",
        "CFA 2014 s.55; SEND Regs 2014 reg 33", sets="adviser_contacted_on",
    ),
    Row(
        "advise_mediation", ("appeal_expired",), "mediation_advised",
        "Recorded late: the family contacted the adviser in time", "SEND Regs 2014 reg 33",
        sets="adviser_contacted_on", choice="certificate_is_awaited",
    ),
    Row(
        "advise_mediation", ("appeal_expired",), SAME,
        "Recorded late: the family contacted the adviser, which opens no window again",
        "SEND Regs 2014 reg 33", sets="adviser_contacted_on", choice="certificate_is_not_awaited",
    ),
    Row(
        "decline_mediation", ("mediation_advised", "mediation_requested"), "mediation_declined",
        "The adviser is told that mediation is not wanted", "SEND Regs 2014 reg 34(1)", sets="mediation_declined_on",
        clears=("mediation_requested_on", "la_told_of_mediation_on", "mediation_not_arranged_on",
                "mediation_arranged_on"),
    ),
    Row(
        "request_mediation", ("mediation_advised", "mediation_declined"), "mediation_requested",
        "The family wants mediation", "CFA 2014 ss.52-54", sets="mediation_requested_on",
        takes=("la_told_of_mediation_on", "health_issues_told_on", "health_issues_alone"),
        clears=("mediation_declined_on",),
    ),
    Row(
        "mediation_not_arranged", ("mediation_requested",), SAME,
        "The council tells the adviser that it cannot arrange mediation in time", "SEND Regs 2014 regs 36-39",
        sets="mediation_not_arranged_on",
    ),
    Row(
        "conclude_mediation", ("mediation_requested",), "agreement_reached", "Mediation ends, all is agreed",
        "SEND Regs 2014 regs 39, 42", sets="mediation_concluded_on", needs=("outcome",),
        takes=("agreement_kind", "agreed_issues", "other_issues_agreed"), when={"outcome": ("agreement",)},
    ),
    Row(
        "conclude_mediation", ("mediation_requested",), "mediation_concluded",
        "Mediation ends, something or all is left", "SEND Regs 2014 regs 39, 42", sets="mediation_concluded_on",
        needs=("outcome",), when={"outcome": ("partial", "none")},
        takes=("agreement_kind", "agreed_issues", "remaining_issues", "other_issues_agreed"),
    ),
    Row(
        "conclude_mediation", ("certificate_issued", "appeal_lodged", "appeal_expired"), SAME,
        "Mediation ends beside the window or the appeal, and stops no clock", "CFA 2014 s.52; SEND Regs 2014 reg 42",
        sets="mediation_concluded_on", needs=("outcome",),
        takes=("agreement_kind", "agreed_issues", "remaining_issues", "other_issues_agreed"), main_road=False,
    ),
    Row(
        "issue_certificate",
        ("mediation_advised", "mediation_declined", "mediation_requested", "mediation_concluded", "agreement_reached"),
        "certificate_issued", "The adviser issues the mediation certificate", "CFA 2014 s.55(4), (5)",
        sets="certificate_issued_on", takes=OF_THE_CERTIFICATE,
    ),
    Row(
        "issue_certificate", ("appeal_expired",), "certificate_issued",
        "Recorded late: the certificate was issued, and the window is open again", "CFA 2014 s.55(4), (5)",
        sets="certificate_issued_on", takes=OF_THE_CERTIFICATE, choice="window_is_open_again",
    ),
    Row(
        "issue_certificate", ("appeal_expired",), SAME,
        "Recorded late: the certificate was issued, and the window is over all the same",
        "CFA 2014 s.55(4), (5); HESC Rules 2008 r.20(1)(c)",
        sets="certificate_issued_on", takes=OF_THE_CERTIFICATE, choice="window_stays_closed",
    ),
    Row(
        "issue_certificate", ("appeal_lodged", "appeal_conceded", "order_made", "appeal_dismissed"), SAME,
        "The mediation certificate comes, or is recorded, after the appeal was lodged", "CFA 2014 s.55(4), (5)",
        sets="certificate_issued_on", takes=OF_THE_CERTIFICATE,
    ),
    Row(
        "lodge_appeal", (*WINDOW_STATES, "appeal_expired"), "appeal_lodged", "The family lodges its appeal",
        "HESC Rules 2008 r.20; CFA 2014 ss.51, 55", sets="appeal_lodged_on",
        takes=("sections", "tribunal_reference", "appeal_received_on", "late_permission_on"), guard="may_lodge",
    ),
    Row(
        "expire_appeal", WINDOW_STATES, "appeal_expired", "The time to appeal has passed",
        "HESC Rules 2008 r.20(1)(c), r.12", guard="window_has_passed", who=Role.SYSTEM,
    ),
    Row(
        "miss_duty", ANY, SAME, "A duty was not done by its day",
        "The office: what was missed is shown until it is met",
        who=Role.SYSTEM, main_road=False,
    ),
    Row(
        "reckon_again", ANY, SAME, "A stored date is not what the rules and the calendar in force give: it moves",
        "The office: dates are derived, never kept against the rules", who=Role.SYSTEM, main_road=False,
    ),
    Row(
        "respond_to_appeal", ("appeal_lodged",), SAME, "The council responds to the appeal",
        "HESC Rules 2008 r.21", sets="appeal_responded_on", main_road=False,
    ),
    Row(
        "respond_to_appeal", ("appeal_conceded", "order_made", "appeal_dismissed"), SAME,
        "Recorded late: the council had responded to the appeal", "HESC Rules 2008 r.21; SEND Regs 2014 reg 45",
        sets="appeal_responded_on", guard="appeal_was_contested", main_road=False,
    ),
    Row(
        "concede", (*DECISIONS, *WINDOW_STATES, "appeal_expired"), "closed",
        "The council gives the family what it asked, before an appeal",
        "The office: the council may decide afresh at any time", sets="conceded_on", who=Role.MANAGER,
    ),
    Row(
        "concede", ("appeal_lodged",), "appeal_conceded", "The council tells the Tribunal that it will not oppose",
        "SEND Regs 2014 reg 45", sets="conceded_on", takes=("kind",), guard="kind_can_be_conceded",
        fills="kind_conceded", who=Role.MANAGER, main_road=False,
    ),
    Row(
        "withdraw_appeal", ("appeal_lodged",), "closed", "The family withdraws its appeal", "HESC Rules 2008 r.17",
        sets="appeal_withdrawn_on", choice="nothing_is_owed", main_road=False,
    ),
    Row(
        "withdraw_appeal", ("appeal_lodged",), "appeal_withdrawn",
        "The family withdraws its appeal, and what was agreed in mediation is still owed",
        "HESC Rules 2008 r.17; SEND Regs 2014 reg 42", sets="appeal_withdrawn_on", choice="something_is_owed",
        main_road=False,
    ),
    Row(
        "make_order", ("appeal_lodged", "appeal_conceded"), "order_made", "The Tribunal makes an order",
        "SEND Regs 2014 regs 43, 44", sets="order_made_on", needs=("kind",), choice="is_not_dismissed",
        main_road=False,
    ),
    Row(
        "make_order", ("appeal_lodged", "appeal_conceded"), "appeal_dismissed", "The Tribunal dismisses the appeal",
        "CFA 2014 s.51; SEND Regs 2014 reg 43", sets="order_made_on", needs=("kind",), when={"kind": ("dismiss",)},
        main_road=False,
    ),
    Row(
        "recommend", ("order_made", "appeal_dismissed"), SAME, "The Tribunal recommends on health or social care",
        "SI 2017/1306 regs 5-7", needs=("recommended_to",), guard="recommendations_are_possible",
        fills="bodies_recommended_to", main_road=False,
    ),
    Row(
        "comply", ("order_made", "appeal_conceded", "agreement_reached", "mediation_concluded", "certificate_issued",
                   "appeal_lodged", "appeal_expired", "appeal_dismissed", "appeal_withdrawn"),
        SAME, "A duty of the order, concession or agreement is done",
        "SEND Regs 2014 regs 42, 44, 45", needs=("duty",), guard="duty_is_owed", choice="goes_on", fills="duty_done",
        main_road=False,
    ),
    Row(
        "comply", CLOSED_BY_THE_LAST_DUTY, "closed",
        "The last duty of the order, concession or agreement is done", "SEND Regs 2014 regs 42, 44, 45",
        needs=("duty",), guard="duty_is_owed", choice="all_is_done", fills="duty_done", main_road=False,
    ),
    Row(
        "pass_right", NOT_CLOSED, SAME, "The right of appeal passes to the young person",
        "CFA 2014 s.51; Education Act 1996 s.8", sets="school_leaving_on", also={"party": "young_person"},
        guard="is_school_leaving_date", main_road=False,
    ),
    Row(
        "start_disagreement_resolution", ANY, SAME, "Disagreement resolution begins; no state and no date moves",
        "CFA 2014 s.57", sets="disagreement_resolution_started_on", clears=("disagreement_resolution_ended_on",),
        main_road=False,
    ),
    Row(
        "end_disagreement_resolution", ANY, SAME, "Disagreement resolution ends; no state and no date moves",
        "CFA 2014 s.57", sets="disagreement_resolution_ended_on", guard="disagreement_resolution_runs",
        main_road=False,
    ),
    Row(
        "close", NOT_CLOSED, "closed", "A person closes the case", "The office: nothing closes a case by itself",
        sets="closed_on", takes=("closing_reason",), guard="nothing_open",
    ),
    Row(
        "assign", NOT_CLOSED, SAME, "The case is given to an officer or a team",
        "The office: each case has somebody who sees to it", takes=("owner", "team"), guard="is_given_to_somebody_else",
        main_road=False,
    ),
    Row(
        "hold", ANY, SAME, "The case is kept beyond its time",
        "The office: what a complaint or a court may ask for is not erased (UK GDPR art 17(3)(e))",
        needs=("held_for",), guard="is_not_held", main_road=False,
    ),
    Row(
        "release", ANY, SAME, "The case is not kept beyond its time any more", "The office: a hold ends by a person",
        clears=("held_for",), guard="is_held", main_road=False,
    ),
    Row(
        "erase", ("closed",), SAME, "The reference, the notes and the references of others are erased",
        "The office: the council's own retention rule (UK GDPR art 5(1)(e))", clears=tuple(sorted(PRIVATE)),
        guard="is_not_kept", who=Role.MANAGER, main_road=False,
    ),
)
# fmt: on


def _by_trigger() -> Mapping[str, tuple[Row, ...]]:
    found: dict[str, list[Row]] = {}
    for row in TABLE:
        found.setdefault(row.trigger, []).append(row)
    return {trigger: tuple(rows) for trigger, rows in found.items()}


TRIGGERS = _by_trigger()

# What only the product itself does, besides the daemon's expire_appeal, or has a command of its own; nobody can ask for
# these by name.
OWN_COMMANDS = ("open", "assign", "hold", "release")
INTERNAL = (*OWN_COMMANDS, "miss_duty", "reckon_again", "erase")

# Facts that only a trigger records, since a state goes with them.
MOVING: Mapping[str, str] = {row.sets: row.trigger for row in reversed(TABLE) if row.sets}


def row_of(trigger: str, source: str, dest: str) -> Row | None:
    """The row that an entry of the log was made by; None for one that was made by no trigger."""
    wanted = (SAME, dest) if source == dest else (dest,)
    rows = TRIGGERS.get(trigger, ())
    return next((row for row in rows if source in row.sources and row.dest in wanted), None)


# What an entry says happened that no row made, since it moves a case as its facts do.
BY_NO_ROW: Mapping[str, str] = {"record": "Recorded", "correct": "Corrected", "undo": "Undone: the entry before"}


def words_of(trigger: str, source: str, dest: str) -> str:
    """What an entry of the log says happened, in the words of the row that it was made by."""
    row = row_of(trigger, source, dest)
    return row.words if row else BY_NO_ROW.get(trigger, trigger)


@cache
def rows_from(trigger: str, state: str) -> tuple[Row, ...]:
    """The rows of a trigger that start in a state, in the order of the table."""
    return tuple(row for row in TRIGGERS[trigger] if state in row.sources)


def what_it_does(trigger: str, state: str) -> str:
    """What a trigger does from a state, in its rows' words: which one it is may depend on what is yet to be given."""
    first, *others = (row.words for row in rows_from(trigger, state))
    return "; or ".join([first, *(words[0].lower() + words[1:] for words in others)])
