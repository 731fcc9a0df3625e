"""Who may do what: the guard that every change passes, and every act upon the whole database.

A trigger's role stands in its row of the workflow table, and the machine asks it. What is no trigger stands here.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from persistence.unit import Unit
from states.decisions import UNOPENED, Role
from states.errors import NotPermitted, not_permitted

if TYPE_CHECKING:
    from workflow.change import Actor, Change

# Who may make a change of each kind. Of an `advance`, the rows of its trigger say more.
KINDS: Mapping[str, tuple[Role, ...]] = {
    "open": (Role.CASEWORKER,),
    "advance": (Role.CASEWORKER,),
    "record": (Role.CASEWORKER,),
    "correct": (Role.CASEWORKER,),
    "undo": (Role.CASEWORKER,),
    "reckon": (Role.MANAGER, Role.SYSTEM),
    "erase": (Role.MANAGER,),
    "fire": (Role.SYSTEM,),
}
# What is done to the database and not to one case: who may, and how a refusal names it.
ACTS: Mapping[str, tuple[tuple[Role, ...], str]] = {
    "confirm": ((Role.CASEWORKER,), "confirming or dropping a proposal"),
    "retry": ((Role.CASEWORKER,), "taking up a case that was set aside"),
    "roles": ((Role.MANAGER,), "giving and taking roles"),
    "policy": ((Role.MANAGER,), "setting the policy"),
    "calendar": ((Role.MANAGER,), "changing the calendar, or moving cases to it"),
    "daemon": ((Role.MANAGER, Role.SYSTEM), "running the daemon"),
}


def check_change(unit: Unit, change: "Change") -> None:
    """Raises NotPermitted where the actor's role may not make a change of this kind at all.

    It is asked before the case is locked, since who only reads could not even do that.
    """
    actor = change.actor
    who_may = KINDS[change.kind]
    if not any(actor.role.may(who) for who in who_may):
        state = UNOPENED if change.kind == "open" else unit.state_of(change.reference) or "no such case"
        what = change.trigger or change.kind
        raise not_permitted(what, change.reference, state, actor.name, actor.role, who_may[0])


def check_act(actor: "Actor", act: str) -> None:
    """Raises NotPermitted where the actor's role may not do this to the database."""
    who_may, words = ACTS[act]
    if not any(actor.role.may(who) for who in who_may):
        raise NotPermitted(
            f"{words} is for {' or '.join(who.words for who in who_may)}, and {actor.name} {actor.role.clause}; "
            "`redress roles` lists who may.",
            actor=actor.name, role=actor.role, act=act, who_may=who_may[0],
        )  # fmt: skip
