"""Undoing a slip: the last entry of a case is reversed by another entry. Nothing is deleted, and the log shows both.

A slip is undone by who made it, or a manager, within the hours that the policy gives, and while nothing came after it.
Whatever else is wrong is corrected, which says why.
"""

from collections.abc import Sequence
from datetime import timedelta

from persistence.log import Entry, facts_told
from states.by_time import BY_TIME
from states.deadlines import Status
from states.decisions import Role
from states.errors import TransitionRefused
from states.situation import Situation
from workflow.change import Actor

UNDO = "undo"
CORRECT = "correct what is wrong with redress correct REF FACT=VALUE --reason WHY"
# What is no slip of somebody's hand, or has a way back of its own.
_WAYS = {
    "open": "an opening is not undone: if it was a slip, close the case (redress advance REF close --fact "
    "closing_reason=opened_in_error)",
    UNDO: "the last entry undid a slip itself: if that was wrong, record the step again",
    "hold": "a hold is ended with redress release REF",
    "release": "a case is held again with redress hold REF --for REASON",
    "reckon_again": "the calendar or the rules moved its dates, and no slip did",
}


def facts_before(history: Sequence[Entry]) -> dict[str, str]:
    """The facts of a case, as text, before its last entry."""
    return facts_told(history[:-1])


def missed_before(history: Sequence[Entry]) -> frozenset[str]:
    """The deadlines of a case that were shown as missed before its last entry, so that none is fired again."""
    status = {change["id"]: change["status"] for entry in history[:-1] for change in entry.deadlines_changed()}
    return frozenset(name for name, stood in status.items() if stood == Status.MISSED)


def check_slip(last: Entry, actor: Actor, situation: Situation) -> None:
    """Raises TransitionRefused where the last entry is none that this person may undo now, saying what else can be."""
    why, guard = _why_not(last, actor, situation)
    if why:
        raise TransitionRefused(why, reference=situation.reference, trigger=UNDO, state=situation.state, guard=guard)


def _why_not(last: Entry, actor: Actor, situation: Situation) -> tuple[str, str]:
    """What is against it, and the guard's name; nothing where it may be undone."""
    if last.trigger in _WAYS:
        return _WAYS[last.trigger], "is_a_slip"
    if last.deadline or last.trigger in BY_TIME:
        return f"the last entry ({last.trigger}) was made by the clock, and is no slip; {CORRECT}", "is_a_slip"
    if last.actor != actor.name and not actor.role.may(Role.MANAGER):
        return (
            f"the last entry ({last.trigger}) is {last.actor}'s, who may undo it, or a manager",
            "is_own_slip",
        )
    hours = situation.reckoner.policy.undo_hours
    if situation.now - last.recorded_at >= timedelta(hours=hours):
        within = f"within {hours} hours of recording" if hours else "not at all"
        return f"the policy lets a slip be undone {within}; {CORRECT}", "is_recent"
    return "", ""
