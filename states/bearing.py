"""Which facts bear on a deadline: those that start it, count in its reckoning, meet it, end it or excuse it.

A change of any other fact leaves the deadline as it is; a test holds that against the reckoning itself.
"""

from states.rules import LODGE_APPEAL, RULES, Rule

# What the window to appeal is reckoned from besides its clock: receipts, how the papers were sent, the adviser.
_WINDOW = (
    "letter_received_on",
    "letter_method",
    "certificate_received_on",
    "certificate_method",
    "adviser_contacted_on",
    "contact_adviser_directed_on",
    "issued_on_tribunal_order",
)


def bearing(rule: Rule) -> frozenset[str]:
    """The names of the facts that bear on a deadline."""
    facts = {*rule.clock, *rule.met_by, *rule.ended_by, *rule.unless, *(rule.when or {})}
    facts |= {f"{rule.id}_{end}" for end in ("directed_on", "met_on", "excused")}
    if rule is LODGE_APPEAL:
        facts.update(_WINDOW)
    if rule.after is not None:
        earlier = RULES[rule.after]
        facts |= {*earlier.clock, f"{earlier.id}_directed_on"}
    if rule.id.endswith(("assess_plan", "assess_no_plan")):
        facts.add("plan_to_be_made")
    return frozenset(facts)
