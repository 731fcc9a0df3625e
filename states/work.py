"""What is still somebody's work, of the deadlines that are kept."""

from states.deadlines import Status
from states.rules import FAMILY, RULES, Kind, Rule


def is_work(rule: Rule | None, kind: str, status: str) -> bool:
    """Whether somebody can still do it: what runs, and a duty that was missed.

    What the family missed is nobody's work, and a boundary that has passed has done what it does. `rule` is None for a
    deadline that this version does not know.
    """
    if status == Status.ARMED:
        return True
    return status == Status.MISSED and kind == Kind.DUTY and (rule is None or rule.who != FAMILY)


NOT_WORK_ONCE_MISSED = tuple(rule.id for rule in RULES.values() if not is_work(rule, rule.kind, Status.MISSED))
