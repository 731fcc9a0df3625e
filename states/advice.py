"""What a caseworker should know of a case besides its dates: the gaps and traps that the law leaves."""

from collections.abc import Iterator
from datetime import date

from states.counting import words
from states.deadlines import reckon
from states.decisions import DECISIONS, EXPIRED, WINDOW_STATES
from states.facts import Facts, day_of
from states.reckoner import Reckoner
from states.rules import CONCEDED_ON, DISMISSED, LODGE_APPEAL, ORDERED_ON
from states.window import contacted_in_time, is_section_i_alone, waits_for_certificate, window


def advice(state: str, facts: Facts, reckoner: Reckoner) -> tuple[str, ...]:
    """Sentences on this case, the gravest first. Raises CannotReckon where a day lies outside the calendar."""
    return (
        *_on_the_right(state, facts, reckoner),
        *_on_the_dates(facts),
        *_on_the_appeal(facts, reckoner),
        *_on_what_follows(facts),
    )


def waiting_for_certificate(state: str, facts: Facts) -> bool:
    """Whether the case is shown as waiting for a certificate: no boundary runs until it comes."""
    return state in WINDOW_STATES and "letter_sent_on" in facts and waits_for_certificate(facts)


def _on_the_right(state: str, facts: Facts, reckoner: Reckoner) -> Iterator[str]:
    if facts.get("issued_on_tribunal_order"):
        yield (
            "The plan was issued to carry out a Tribunal's order: there is no routine right of appeal, and no window; "
            "take advice before offering one."
        )
        return
    if state == EXPIRED:
        yield (
            "Out of time unless the Tribunal extends it (HESC Rules 2008 r.5(3)(a)): the family can still ask, and "
            "the merits of a late appeal are weighed (CM v Surrey CC [2014] UKUT 4 (AAC))."
        )
    if waiting_for_certificate(state, facts):
        found = window(facts, reckoner)
        not_before = f", and not before {words(found.due_on)}" if found else ""
        yield (
            "Waiting for a certificate: the window does not close until one month after it is issued" + not_before + "."
        )
    if contacted_in_time(facts) is False and "certificate_issued_on" not in facts and state != "closed":
        yield (
            "The family first contacted the adviser after the 2 months of reg 33: the Tribunal's leave is needed "
            "unless the adviser issues a certificate all the same; if one comes, record it, and it counts."
        )


def _on_the_dates(facts: Facts) -> Iterator[str]:
    if isinstance(hearing := facts.get("hearing_on"), date) and "order_made_on" not in facts:
        yield f"The Tribunal's hearing is on {words(hearing)}."
    dated, sent = facts.get("letter_dated_on"), facts.get("letter_sent_on")
    if isinstance(dated, date) and isinstance(sent, date) and dated != sent:
        yield f"The letter is dated {words(dated)} but was sent on {words(sent)}: the time counts from the sending."
    asked, told = facts.get("mediation_requested_on"), facts.get("la_told_of_mediation_on")
    if isinstance(asked, date) and isinstance(told, date) and asked != told:
        yield (
            f"The adviser's date of the request ({words(asked)}) and the family's telling the council ({words(told)}) "
            "differ: the 30 days count from the family's telling."
        )


def _on_the_appeal(facts: Facts, reckoner: Reckoner) -> Iterator[str]:
    if "appeal_lodged_on" not in facts:
        return
    lodged, boundary = day_of(facts, "appeal_lodged_on"), reckon(LODGE_APPEAL, "", facts, reckoner)
    if boundary and lodged > boundary.due_on:
        allowed = "late_permission_on" in facts
        yield f"Lodged on {words(lodged)}, after the statute's date, {words(boundary.due_on)}" + (
            ": by the Tribunal's leave." if allowed else ": check that the Tribunal took it."
        )
    if is_section_i_alone(facts):
        return
    certificate = facts.get("certificate_issued_on")
    if not isinstance(certificate, date):
        yield (
            "The appeal is recorded without a mediation certificate, which it needs unless it is on section I of "
            "the plan alone (CFA 2014 s.55): check the sections, and ask whether the Tribunal has taken it; if "
            "there is a certificate, record it with issue_certificate."
        )
    elif certificate > lodged:
        yield (
            f"The appeal is recorded as lodged on {words(lodged)}, before its mediation certificate, "
            f"{words(certificate)} (CFA 2014 s.55): check both dates, and correct the wrong one."
        )


def _on_what_follows(facts: Facts) -> Iterator[str]:
    says_what = facts.keys() & {"agreement_kind", "other_issues_agreed"}
    if facts.get("outcome") in ("agreement", "partial") and not says_what:
        yield (
            "What was agreed is not recorded, so no time to do it runs: record agreement_kind (and "
            "other_issues_agreed), or the dates agreed in writing."
        )
    decision = str(facts.get("decision", ""))
    for fact, known, source in (("conceded_kind", CONCEDED_ON, "reg 45"), ("kind", ORDERED_ON, "reg 43(2)")):
        kind = facts.get(fact, DISMISSED)
        if decision in DECISIONS and kind not in (DISMISSED, *known[decision]):
            yield (
                f"{kind} does not go with an appeal against {decision} (SEND Regs 2014 {source}): check both, and "
                "correct the wrong one."
            )
    if "order_made_on" in facts and decision in DECISIONS and facts.get("kind") == "reconsider":
        yield "The new decision is a case of its own: open it when it is made."
