"""Why not: the guards of the workflow table, by name.

Each is asked of a case as it would stand and answers None (nothing against it), or a clause that says why not and
what would be allowed. They have no side effects: `redress next` asks the same questions as a change does.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from states.calendar import in_utc
from states.counting import last_friday_of_june, words
from states.deadlines import Status, deadlines, reckon
from states.decisions import CLOSED_BY_THE_LAST_DUTY, DECISIONS, WINDOW_STATES, Role
from states.facts import Facts
from states.rules import CONCEDED_ON, DISMISSED, LA, LODGE_APPEAL, Rule
from states.situation import RECOMMENDED_TO, Situation
from states.window import is_section_i_alone, waits_for_certificate, window

WhyNot = str | None
Guard = Callable[[Situation], WhyNot]
Choice = Callable[[Situation], bool]


def may_lodge(case: Situation) -> WhyNot:
    """A certificate, or section I alone, and within the window or with the Tribunal's leave (CFA s.55; r.20, r.5)."""
    facts = case.facts
    if facts.get("issued_on_tribunal_order") and "tribunal_reference" not in facts:
        return (
            "the plan was issued to carry out a Tribunal's order, which brings no routine right of appeal: take "
            "advice; if the Tribunal has registered the appeal, give its tribunal_reference"
        )
    certificate = facts.get("certificate_issued_on")
    if case.asking and could_be_section_i_alone(case):
        return None
    if not is_section_i_alone(facts):
        if not isinstance(certificate, date):
            return (
                "a mediation certificate is needed first (CFA 2014 s.55): record it with issue_certificate; only an "
                "appeal on section I of the plan alone (sections=I, on a plan that was issued) needs none"
            )
        if certificate > case.on:
            return (
                f"the certificate was issued on {words(certificate)}, after the day of lodging, {words(case.on)}: "
                "check both dates, and correct the wrong one"
            )
    found = window(facts, case.reckoner)
    if found and not case.asking and case.on > found.gone_on and "late_permission_on" not in facts:
        return (
            f"the window closed on {words(found.gone_on)}, before {words(case.on)}: out of time unless the Tribunal "
            "extends it (HESC Rules 2008 r.5(3)(a)); if it did, give late_permission_on, the day of its leave"
        )
    return None


def could_be_section_i_alone(case: Situation) -> bool:
    """Whether an appeal on section I alone is still to be thought of: a plan was issued, no other section is named."""
    return case.facts.get("decision") == "plan_issued" and case.facts.get("sections", "I") == "I"


def window_has_passed(case: Situation) -> WhyNot:
    """At or after the instant when both readings of the window have passed, and never before."""
    boundary = reckon(LODGE_APPEAL, case.state, case.facts, case.reckoner)
    if boundary is None or boundary.status is not Status.ARMED:
        return "no window to appeal is running"
    if not boundary.is_due(case.now):
        return f"the family may appeal until {boundary.fires_at.isoformat()}"
    return None


def nothing_open(case: Situation) -> WhyNot:
    """Nothing that the family or the law still waits for, unless a manager gives a reason to close all the same."""
    may_overrule = case.role.may(Role.MANAGER)
    if "closing_reason" in case.facts and may_overrule:
        return None
    running = [d for d in deadlines(case.state, case.facts, case.reckoner) if d.status is Status.ARMED]
    window_open = [d for d in running if d.rule is LODGE_APPEAL and not d.is_due(case.now)]
    owed = [d.rule for d in running if d.rule.who == LA]
    if window_open:
        why = f"the family may still appeal until {words(window_open[0].fires_at.date())}"
    elif case.state in WINDOW_STATES and waits_for_certificate(case.facts):
        why = "the family contacted the adviser in time, and its certificate will bring a month to appeal"
    elif owed:
        why = f"the council still owes {', '.join(rule.id for rule in owed)}; {_how_it_is_done(owed, case.state)}"
    elif case.state == "appeal_lodged":
        why = "the appeal is before the Tribunal; record how it ends with withdraw_appeal, concede or make_order"
    elif case.state in DECISIONS or case.state == "decision_awaited":
        why = "the family has not been told of the decision yet"
    else:
        return None
    if not may_overrule:
        return f"{why}; to close it all the same is for a manager, and {case.actor or 'who asks'} {case.role.clause}"
    return f"{why}; if it must be closed all the same, give closing_reason"


def _how_it_is_done(owed: Sequence[Rule], state: str) -> str:
    """What can be done about the duties that are owed in a state."""
    recorded = f"record {owed[0].id}_met_on"
    if all(rule.carries_out for rule in owed):
        return f"record each as done with comply or {recorded}"
    if state in DECISIONS and all("letter_sent_on" in (*rule.met_by, *rule.ended_by) for rule in owed):
        return f"send the letter with send_letter, or {recorded}"
    return f"record each as done: {recorded}" if len(owed) > 1 else recorded


def duty_is_owed(case: Situation) -> WhyNot:
    """The duty named is one that this case owes and has not been met."""
    owed = still_owed(case, case.recorded)
    duty = case.given.get("duty")
    if duty in owed or (case.asking and duty is None and owed):
        return None
    if not owed:
        return "no duty is owed"
    return f"{duty or 'no duty'} is not owed by this case: give duty, one of {', '.join(owed)}"


def still_owed(case: Situation, facts: Facts) -> list[str]:
    """The duties that carry out an order, a concession or an agreement and are neither met nor excused nor ended."""
    return [
        deadline.id
        for deadline in deadlines(case.state, facts, case.reckoner)
        if deadline.status is Status.ARMED and deadline.rule.carries_out
    ]


def recommendations_are_possible(case: Situation) -> WhyNot:
    """The Tribunal may recommend on health and social care in all but refusals to assess (SI 2017/1306).

    A body's time to answer runs from its first recommendation, and another one does not move it.
    """
    if not DECISIONS[str(case.facts["decision"])].recommendations:
        return "the Tribunal cannot make recommendations on an appeal against a refusal to assess (SI 2017/1306)"
    for fact in RECOMMENDED_TO.values():
        if fact in case.recorded and case.facts[fact] != case.recorded[fact]:
            return (
                f"{fact} is recorded already ({case.recorded[fact]}); to mend it, use redress correct REF "
                f"{fact}=DATE --reason WHY, or give recommended_to the other body alone"
            )
    return None


def appeal_was_contested(case: Situation) -> WhyNot:
    """A response is made while the appeal goes on: nothing is left to respond to once the council does not oppose it
    (SEND Regs 2014 reg 45), or the Tribunal has made its order (HESC Rules 2008 r.21)."""
    for fact in ("conceded_on", "order_made_on"):
        over = case.facts.get(fact)
        if isinstance(over, date) and case.on > over and not case.asking:
            return (
                f"{case.on} is after {fact} ({over}), when nothing was left to respond to: give the response's day "
                "with --on, or leave it"
            )
    return None


def kind_can_be_conceded(case: Situation) -> WhyNot:
    """A kind for which reg 45 sets limits on an appeal against this decision."""
    kind, decision = case.facts.get("conceded_kind"), str(case.facts["decision"])
    if kind in CONCEDED_ON[decision]:
        return None
    return (
        f"{kind} cannot be conceded under SEND Regs 2014 reg 45 on an appeal under {DECISIONS[decision].source}: give "
        f"kind, one of {', '.join(CONCEDED_ON[decision])}, or leave it out"
    )


def is_school_leaving_date(case: Situation) -> WhyNot:
    """The last Friday of June, when it is over (Education Act 1996 s.8(3))."""
    leaving = last_friday_of_june(case.on.year)
    if case.facts.get("party") == "young_person" and case.recorded.get("party") == "young_person":
        return "the right is the young person's already"
    if case.asking:
        return None
    if case.on != leaving:
        return f"{words(case.on)} is not the last Friday of June: in {case.on.year} that is {words(leaving)}"
    if case.today <= leaving:
        return f"the young person is of compulsory school age until the end of {words(leaving)}"
    return None


def decision_is_owed(case: Situation) -> WhyNot:
    """A day from which the time to decide runs: the request's, or the review meeting's."""
    if case.facts.keys() & {"requested_on", "review_meeting_on"}:
        return None
    return "give decided_on, or, where the decision is still owed, requested_on (after a review, review_meeting_on)"


def disagreement_resolution_runs(case: Situation) -> WhyNot:
    """Only what has begun can end."""
    return None if "disagreement_resolution_started_on" in case.recorded else "no disagreement resolution has begun"


def is_given_to_somebody_else(case: Situation) -> WhyNot:
    """An officer or a team is named, and is not the one that sees to the case already."""
    said = {name: case.given[name] for name in ("owner", "team") if name in case.given}
    if case.asking or any(case.recorded.get(name) != value for name, value in said.items()):
        return None
    if not said:
        return "give owner, or team, or both"
    return f"it is with {' and '.join(str(value) for value in said.values())} already; nothing was changed"


def is_not_held(case: Situation) -> WhyNot:
    """A case is held for one thing at a time."""
    if "held_for" not in case.recorded:
        return None
    return f"it is held already, for {_held_for(case)}; release it first with redress release {case.reference}"


def is_held(case: Situation) -> WhyNot:
    """Only a case that is held can be released."""
    return None if "held_for" in case.recorded else "it is not held"


def is_not_kept(case: Situation) -> WhyNot:
    """A case that is held is not erased."""
    return f"it is held for {_held_for(case)}" if "held_for" in case.recorded else None


def _held_for(case: Situation) -> str:
    return str(case.recorded["held_for"]).replace("_", " ")


GUARDS: Mapping[str, Guard] = {
    guard.__name__: guard
    for guard in (
        may_lodge,
        window_has_passed,
        nothing_open,
        duty_is_owed,
        recommendations_are_possible,
        appeal_was_contested,
        kind_can_be_conceded,
        is_school_leaving_date,
        decision_is_owed,
        disagreement_resolution_runs,
        is_given_to_somebody_else,
        is_not_held,
        is_held,
        is_not_kept,
    )
}


def certificate_is_awaited(case: Situation) -> bool:
    return waits_for_certificate(case.facts)


def certificate_is_not_awaited(case: Situation) -> bool:
    return not certificate_is_awaited(case)


def window_is_open_again(case: Situation) -> bool:
    """Whether, by the facts as they would stand, the instant at which the window closes is still to come."""
    found = window(case.facts, case.reckoner)
    return found is not None and case.now < in_utc(found.fires_at)


def window_stays_closed(case: Situation) -> bool:
    return not window_is_open_again(case)


def goes_on(case: Situation) -> bool:
    """Whether another duty remains, or the dispute itself is not over.

    After an agreement it is not: the certificate is still to come, and with it a month to appeal.
    """
    return case.state not in CLOSED_BY_THE_LAST_DUTY or something_is_owed(case)


def all_is_done(case: Situation) -> bool:
    return not goes_on(case)


def something_is_owed(case: Situation) -> bool:
    """Whether a duty that carries out an agreement (or an order, or a concession) remains to be done."""
    return bool(still_owed(case, case.facts))


def nothing_is_owed(case: Situation) -> bool:
    return not something_is_owed(case)


def is_decided(case: Situation) -> bool:
    return "decided_on" in case.facts


def is_not_decided(case: Situation) -> bool:
    return "decided_on" not in case.facts


def is_not_dismissed(case: Situation) -> bool:
    return case.facts.get("kind") != DISMISSED


CHOICES: Mapping[str, Choice] = {
    choice.__name__: choice
    for choice in (
        certificate_is_awaited,
        certificate_is_not_awaited,
        window_is_open_again,
        window_stays_closed,
        goes_on,
        all_is_done,
        something_is_owed,
        nothing_is_owed,
        is_decided,
        is_not_decided,
        is_not_dismissed,
    )
}
