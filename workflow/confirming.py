"""The second person's answer to a proposal: confirmed, it goes through the engine as any change; or it is dropped."""

from persistence.office import write_act
from persistence.proposals import remove_proposal
from persistence.unit import StoredCase
from states.errors import CaseErased, FactRefused, RecordNotIntact
from workflow.change import Actor, Applied, Change
from workflow.engine import apply
from workflow.permission import check_act
from workflow.second_person import Proposal, as_proposed, proposal_of
from workflow.session import Moment
from workflow.views import require_case


def confirm(moment: Moment, reference: str, actor: Actor) -> Applied:
    """Make the change that waits on a case, in the confirming person's name. The caller commits.

    Raises FactRefused where nothing waits, NotPermitted for the one who proposed it, CaseChanged where the case has
    changed since, and whatever the change itself is refused for.
    """
    check_act(actor, "confirm")
    _, proposal = _waiting(moment, reference)
    change = as_proposed(Change("record", reference, actor), proposal)
    return apply(moment.unit, change, moment.now, moment.reckoner)


def drop(moment: Moment, reference: str, actor: Actor) -> str:
    """Let what waits on a case be forgotten; what it was, in words. The caller commits.

    That it was dropped, and by whom, is recorded. What cannot be read any more is dropped too: else the case is stuck.
    """
    check_act(actor, "confirm")
    try:
        case, proposal = _waiting(moment, reference)
        kind, words = proposal.trigger or proposal.kind, proposal.words
    except (RecordNotIntact, CaseErased):
        case, kind, words = require_case(moment.unit, reference), "unreadable", "what could not be read"
    remove_proposal(moment.unit, case)
    write_act(moment.unit.connection, moment.now, actor.name, "drop_proposal", case.token, was=kind)
    return words


def _waiting(moment: Moment, reference: str) -> tuple[StoredCase, Proposal]:
    case = require_case(moment.unit, reference)
    proposal = proposal_of(moment.unit, case)
    if proposal is None:
        raise FactRefused("nothing waits for a second person in this case", fact=reference)
    return case, proposal
